/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>

#include "params.h"
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

static struct remote_typed_param *
add(struct job_params *params, const char *field)
{
    struct remote_typed_param *param = &params->list[params->count++];

    assert(params->count <= JOB_PARAMS_MAX);
    param->field = (char *)(uintptr_t)field;
    return param;
}

static void
add_int(struct job_params *params, const char *field, int value)
{
    struct remote_typed_param *param = add(params, field);

    param->value.type = REMOTE_TYPED_PARAM_INT;
    param->value.remote_typed_param_value_u.i = value;
}

static void
add_ullong(struct job_params *params, const char *field, uint64_t value)
{
    struct remote_typed_param *param = add(params, field);

    param->value.type = REMOTE_TYPED_PARAM_ULLONG;
    param->value.remote_typed_param_value_u.ul = value;
}

void
job_params_fill(struct job_params *params_out, const struct job_stats *stats)
{
    uint64_t left = stats->total > stats->processed ? stats->total - stats->processed : 0;

    *params_out = (struct job_params){.count = 0};
    if (!stats->operation)
        return;
    add_int(params_out, "operation", stats->operation->libvirt);
    add_ullong(params_out, "time_elapsed", stats->elapsed_usec / 1000);
    if (stats->ended)
        add_int(params_out, "success", stats->result == ERR_NONE);
    else if (stats->total)
        add_ullong(params_out, "time_remaining", job_remaining_usec(stats) / 1000);
    if (!stats->total)
        return;
    /* All that a save moves is memory. */
    add_ullong(params_out, "data_total", stats->total);
    add_ullong(params_out, "data_processed", stats->processed);
    add_ullong(params_out, "data_remaining", left);
    add_ullong(params_out, "memory_total", stats->total);
    add_ullong(params_out, "memory_processed", stats->processed);
    add_ullong(params_out, "memory_remaining", left);
}
