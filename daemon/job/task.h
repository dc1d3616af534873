/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DAEMON_JOB_WORKER_H
#define DAEMON_JOB_WORKER_H

#include "base/err.h"

struct job;
struct worker_ops;

/** How a job hears its worker; arg is the job. */
extern const struct worker_ops job_worker_ops;

/** The worker of a running job has died: have another one finish or undo what it left. */
void job_undo(struct job *job, const struct err *died);

#endif
