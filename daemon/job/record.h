/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DAEMON_JOB_RECORD_H
#define DAEMON_JOB_RECORD_H

#include "wire/state.h"

struct job;

/* Of the records in RUN_DIR/queue. */
#define JOB_RECORD_SUFFIX ".job"

/** Of the task that the job has or is to have.  Borrows from job. */
task_record job_record(const struct job *job);

/** The same parameters back into a job that was taken up; definition may be empty. */
void job_take_params(struct job *job, const worker_params *params, const char *definition);

/** Have the next daemon begin the job, unless job_record_remove comes first. */
void job_record_write(struct job *job);
void job_record_remove(struct job *job);

#endif
