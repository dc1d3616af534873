/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * limits.h: what the configuration says of jobs and workers.
 */
#ifndef DAEMON_JOB_LIMITS_H
#define DAEMON_JOB_LIMITS_H

#include <stddef.h>

struct job_limits {
    unsigned max_queued_jobs; /* of one domain */
    unsigned max_jobs;        /* of all domains */
    unsigned workers_idle;    /* kept ready */
    unsigned max_guest_cores; /* in dump_dir, of one guest */
    unsigned max_cores;       /* of all guests */
    size_t   max_guest_core_bytes;
    size_t   max_core_bytes;
    size_t   dom0_min_bytes; /* dom0 gives no memory of these */
    char    *autoballoon;    /* "auto", "on" or "off" */
    char    *run_dir;
    char    *dump_dir;
    char    *worker_path;
};

#endif
