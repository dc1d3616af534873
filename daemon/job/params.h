/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * job-params.h: a job's figures as libvirt's typed parameters.
 */
#ifndef DAEMON_JOB_PARAMS_H
#define DAEMON_JOB_PARAMS_H

#include "job.h"
#include "wire/remote.h"

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
