/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-restart.h: for op-restart.c and op-soft-reset.c, and for a test, which cannot wait as long as
 * they do.
 */
#ifndef DAEMON_JOB_OP_RESTART_H
#define DAEMON_JOB_OP_RESTART_H

#include "job.h"
#include "task.h"

struct op_restart {
    struct job        job;
    struct task       task;
    char             *xml;
    struct loop_timer delay;
};

/** How long a guest is to wait that starts anew now, in microseconds: 0, or longer each time where
 * it does so again and again. */
uint64_t restart_delay(struct domain_jobs *of_domain);

/** It could not be started, which is logged.  Returns after how many microseconds to try again:
 * longer each time. */
uint64_t restart_put_off(struct job *job, const char *why, const struct err *err);

#endif
