/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job-params.h"
#include "wire/libvirt.h"

int
job_type(const struct job_stats *stats)
{
    if (!stats->operation)
        return JOB_TYPE_NONE;
    if (!stats->ended)
        return stats->total ? JOB_TYPE_BOUNDED : JOB_TYPE_UNBOUNDED;
    if (stats->result == ERR_OPERATION_ABORTED)
        return JOB_TYPE_CANCELLED;
    return stats->result ? JOB_TYPE_FAILED : JOB_TYPE_COMPLETED;
}

uint64_t
job_remaining_usec(const struct job_stats *stats)
{
    if (stats->ended || !stats->processed || stats->processed >= stats->total)
        return 0;
    return (uint64_t)((double)stats->elapsed_usec * (double)(stats->total - stats->processed) /
                      (double)stats->processed);
}

void
job_params_fill(struct params *params_out, const struct job_stats *stats)
{
    uint64_t left = stats->total > stats->processed ? stats->total - stats->processed : 0;

    params_init(params_out, REMOTE_DOMAIN_JOB_STATS_MAX);
    if (!stats->operation)
        return;
    params_add_int(params_out, stats->operation->libvirt, "operation");
    params_add_ullong(params_out, stats->elapsed_usec / 1000, "time_elapsed");
    if (stats->ended)
        params_add_int(params_out, stats->result == ERR_NONE, "success");
    else if (stats->total)
        params_add_ullong(params_out, job_remaining_usec(stats) / 1000, "time_remaining");
    if (!stats->total)
        return;
    /* All that a save moves is memory. */
    params_add_ullong(params_out, stats->total, "data_total");
    params_add_ullong(params_out, stats->processed, "data_processed");
    params_add_ullong(params_out, left, "data_remaining");
    params_add_ullong(params_out, stats->total, "memory_total");
    params_add_ullong(params_out, stats->processed, "memory_processed");
    params_add_ullong(params_out, left, "memory_remaining");
}
