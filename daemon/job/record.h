/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DAEMON_JOB_RECORD_H
#define DAEMON_JOB_RECORD_H

#include "wire/worker.h"

struct job;

/* Of the records in RUN_DIR/queue. */
#define JOB_RECORD_SUFFIX ".job"

/** What there is to know of the job; task.operation 0: it has no worker yet.  Borrows from job. */
worker_record job_record(const struct job *job);

/** Have the next daemon begin the job, unless job_record_remove comes first. */
void job_record_write(struct job *job);
void job_record_remove(struct job *job);

#endif
