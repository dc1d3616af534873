/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-soft-reset.h: for op-soft-reset.c, and for its test, which cannot wait as long as it does.
 */
#ifndef DAEMON_JOB_OP_SOFT_RESET_H
#define DAEMON_JOB_OP_SOFT_RESET_H

#include "job.h"
#include "task.h"

struct op_soft_reset {
    struct job        job;
    struct task       task;
    struct loop_timer delay;
};

#endif
