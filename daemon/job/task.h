/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * task.h: what a dom0d-worker does for a job; embedded in the operation's struct.
 *
 *   Idle --task_run--> Running --its worker says how it ended--> Idle, operation->worker_done
 *                         | its worker died: the job is Repairing
 *                         v
 *                      Running: another worker finishes what was committed and undoes the rest
 */
#ifndef DAEMON_JOB_TASK_H
#define DAEMON_JOB_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/state.h"

struct job;
struct pool_worker;

struct task {
    struct job         *job;
    struct pool_worker *worker;     /* NULL: Idle */
    worker_operation    operation;  /* of the task that runs or was run last; 0: none yet */
    unsigned            sequence;   /* how many the job has had */
    bool                undone;     /* its worker died, and what it left was undone */
    struct err          died;       /* how, while Repairing */
    char               *log;        /* libxl's lines of the last one that ended; NULL: none did */
    uint64_t            begun_usec; /* since 1970 */
};

void task_init(struct task *task, struct job *job);
void task_clear(struct task *task);

/**
 * Give a worker this operation with the job's parameters (operation->save_params, unless the
 * operation takes none); the job's worker_done is called when it ends, from the loop; but at once,
 * before this returns, where no worker can be had: so it must be last.
 */
void task_run(struct task *task, worker_operation operation);

/** Its worker is told to end soon; nothing while it repairs what another one left. */
void task_abort(struct task *task);

/** For struct job_operation: the abort of a job whose work is its task. */
void task_abort_job(struct job *job);

/** The worker is killed, and another one repairs. */
void task_kill(struct task *task);

static inline bool
task_is_running(const struct task *task)
{
    return task->worker;
}

/** libxl's lines; NULL: no task has ended. */
static inline const char *
task_log(const struct task *task)
{
    return task->log;
}

/** What parameters have for no text: "". */
char *task_text(char *text);

/*----- for recover.c -----*/

/** The record of an earlier daemon's task is this job's, and this is its worker; NULL: it is dead,
 * and what it left is repaired.  May end the job: must be last. */
void task_take_up(struct task *task, const task_record *record, struct pool_worker *worker);

#endif
