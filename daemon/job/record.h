/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * record.h: what the next daemon is to know of a job.  While it waits, or has not come to its
 * worker yet, that lies in RUN_DIR/queue; from then on in its task's record, RUN_DIR/jobs (pool.h).
 */
#ifndef DAEMON_JOB_RECORD_H
#define DAEMON_JOB_RECORD_H

#include <stdbool.h>

#include "base/err.h"

struct job;
struct task;
struct pool_worker;
struct pool_worker_ops;

/** Of the name of a file in RUN_DIR/queue. */
#define JOB_RECORD_SUFFIX ".job"

/** Have the next daemon begin the job, unless job_record_remove comes first.  That it cannot be
 * written is logged. */
void job_record_write(struct job *job);
void job_record_remove(struct job *job);

/** Give the task to a worker, its record first; see pool_run.  While the job is Repairing, that is
 * the task to undo.  NULL too where the job's number cannot be kept. */
struct pool_worker *task_record_give(struct task *task, const struct pool_worker_ops *ops,
                                     struct err *err);

/** A worker of its own removes the files that the task has left; see cleanup.h.  guest_runs: an
 * image that bears its name already is one of them. */
void task_record_clean(const struct task *task, bool guest_runs);

/** Write its record again: more is known now. */
int task_record_update(const struct task *task, struct err *err);

#endif
