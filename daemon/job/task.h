/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * task.h: what a dom0d-worker does for a job; embedded in the operation's struct.
 *
 *   Idle --task_run--> Running --its worker says how it ended--> Idle, operation->worker_done
 *                         | its worker died: the job is Repairing
 *                         v
 *                      Running: another worker finishes what was committed and undoes the rest
 *                         | it died: again after a while, so often; then the task is given up
 *                         v
 *                      Idle, operation->worker_done; the next daemon tries it again (given-up.h)
 *
 * Where a destroy waits, or where files do not answer, only the guest is seen to, and the files are
 * left to a clean-up that nobody waits for (cleanup.h).
 */
#ifndef DAEMON_JOB_TASK_H
#define DAEMON_JOB_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "eventloop/loop.h"
#include "wire/state.h"

struct job;
struct pool_worker;
struct task_image;

struct task {
    struct job         *job;
    struct pool_worker *worker;     /* NULL: Idle */
    struct task_image  *image;      /* while its domain XML is read; its worker waits */
    worker_operation    operation;  /* of the task that runs or was run last; 0: none yet */
    unsigned            sequence;   /* how many the job has had */
    bool                identified; /* what is in the image is the domain's definition */
    bool                undone;     /* its worker died, and what it left was undone */
    bool                committed;  /* its worker has said so: what is left is to destroy */
    bool                guest_only; /* files did not answer while that was tried: the guest first */
    bool                silent;     /* its worker was killed for it said nothing */
    unsigned            repairs;    /* that died, but for those that said nothing */
    uint64_t            patience_usec; /* with one that says nothing */
    struct loop_timer   silence;       /* what must answer soon has said nothing for so long */
    struct err          died;          /* how, while Repairing */
    char               *log;        /* libxl's lines of the last one that ended; NULL: none did */
    uint64_t            begun_usec; /* since 1970 */
    bool                refused;    /* no worker or no record was to be had: nothing was begun */
    char *left_record;       /* of an earlier task, which stands for the job until the next one
                                has its own; NULL: none */
    struct loop_timer again; /* while what must be done cannot begin, or a repair waits */
};

void task_init(struct task *task, struct job *job);
void task_clear(struct task *task);

/** The job has ended, or its next task is recorded: what an earlier one left goes. */
void task_forget_left(struct task *task);

/**
 * Give a worker this operation with the job's parameters (operation->save_params, unless the
 * operation takes none); the job's worker_done is called when it ends, from the loop; but at once,
 * before this returns, where no worker can be had: so it must be last.
 */
void task_run(struct task *task, worker_operation operation);

/** Its worker is told to end soon; nothing while it repairs what another one left. */
void task_abort(struct task *task);

/** The job was aborted while its task repairs: from here on a worker that says nothing is killed,
 * and a repair that waits is begun. */
void task_hurry(struct task *task);

/** For struct job_operation: the abort of a job whose work is its task. */
void task_abort_job(struct job *job);

/** The grace of an abort is over: the worker is killed, and another one repairs.  Not one that
 * destroys, which is what is wanted, and is killed when it says nothing any more. */
void task_grace_over(struct task *task);

/** Of the present task: WORKER_UNDO and how, see worker.x. */
unsigned task_flags(const struct task *task);

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

/** The record of an earlier daemon's task, which lies at record_path, is this job's, and this is
 * its worker; NULL: it is dead, and what it left is repaired.  May end the job: must be last. */
void task_take_up(struct task *task, const task_record *record, const char *record_path,
                  struct pool_worker *worker);

#endif
