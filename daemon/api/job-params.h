/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * job-params.h: a job's figures as libvirt's clients want them.
 */
#ifndef DAEMON_JOB_PARAMS_H
#define DAEMON_JOB_PARAMS_H

#include "job/job.h"
#include "params.h"

/** virDomainJobType of a job with these figures; operation NULL: none. */
int job_type(const struct job_stats *stats);

/** Microseconds left at the pace so far; 0: not known. */
uint64_t job_remaining_usec(const struct job_stats *stats);

/** For params_clear; empty where there is no job. */
void job_params_fill(struct params *params_out, const struct job_stats *stats);

#endif
