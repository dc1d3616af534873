/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "wire/frame.h"
#include "wire/task.h"

static const struct task {
    const char *name;
    unsigned    traits;
} tasks[] = {
#define NEEDS_XEN TASK_NEEDS_XEN
#define MAKES_DOMAIN TASK_MAKES_DOMAIN
#define NEEDS_DOMAIN TASK_NEEDS_DOMAIN
#define NEEDS_PATH TASK_NEEDS_PATH
#define HAS_HELPER TASK_HAS_HELPER
#define LEAVES_DOMAIN TASK_LEAVES_DOMAIN
#define TASK(nr, NAME, name, traits) [nr] = {#name, traits},
#include "wire/tasks.def"
#undef TASK
};

static const struct task *
task_find(worker_operation operation)
{
    return (size_t)operation < array_size(tasks) && tasks[operation].name ? &tasks[operation]
                                                                          : NULL;
}

const char *
task_name(worker_operation operation)
{
    const struct task *task = task_find(operation);

    return task ? task->name : NULL;
}

worker_operation
task_by_name(const char *name)
{
    for (size_t n = 0; n < array_size(tasks); n++)
        if (tasks[n].name && strcmp(tasks[n].name, name) == 0)
            return (worker_operation)n;
    return (worker_operation)0;
}

unsigned
task_traits(worker_operation operation)
{
    const struct task *task = task_find(operation);

    return task ? task->traits : 0;
}

const char *
task_path(const worker_params *params)
{
    /* All that have it begin with it: it is the same member of each. */
    return task_traits(params->operation) & TASK_NEEDS_PATH ? params->worker_params_u.restore.path
                                                            : NULL;
}

worker_params
task_params_copy(const worker_params *params)
{
    static const struct wire_header header;
    cleanup_free void              *frame = NULL;
    worker_params                   copy = {.operation = params->operation};
    size_t                          size;
    struct err                      err;
    int                             r;

    r = wire_encode(&header, (xdrproc_t)xdr_worker_params, params, &frame, &size, &err);
    if (r == 0)
        r = wire_decode(frame, size, (xdrproc_t)xdr_worker_params, &copy, &err);
    assert(r == 0);
    (void)r;
    return copy;
}
