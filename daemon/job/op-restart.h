/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-restart.h: for op-restart.c, and for its test, which cannot wait as long as it does.
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

#endif
