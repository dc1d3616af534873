/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * limits.h: what the configuration says of jobs and workers.
 */
#ifndef DAEMON_JOB_LIMITS_H
#define DAEMON_JOB_LIMITS_H

struct job_limits {
    unsigned max_queued_jobs; /* of one domain */
    unsigned max_jobs;        /* of all domains */
    unsigned workers_idle;    /* kept ready */
    char    *run_dir;
    char    *dump_dir;
    char    *worker_path;
};

#endif
