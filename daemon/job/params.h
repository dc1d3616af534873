/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * job-params.h: a job's figures as libvirt's typed parameters.
 */
#ifndef DAEMON_JOB_PARAMS_H
#define DAEMON_JOB_PARAMS_H

#include "job.h"
#include "wire/remote.h"

/* virDomainJobType */
enum {
    JOB_TYPE_NONE = 0,
    JOB_TYPE_BOUNDED = 1,
    JOB_TYPE_UNBOUNDED = 2,
    JOB_TYPE_COMPLETED = 3,
    JOB_TYPE_FAILED = 4,
    JOB_TYPE_CANCELLED = 5,
};

#define JOB_PARAMS_MAX 12

struct job_params {
    struct remote_typed_param list[JOB_PARAMS_MAX];
    unsigned                  count;
};

/** virDomainJobType of a job with these figures; operation NULL: none. */
int job_type(const struct job_stats *stats);

/** Microseconds left at the pace so far; 0: not known. */
uint64_t job_remaining_usec(const struct job_stats *stats);

/** params owns nothing: its strings are constants. */
void job_params_fill(struct job_params *params_out, const struct job_stats *stats);

#endif
