/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/alloc.h"
#include "ops.h"

const struct job_operation *
job_operation_by_name(const char *name)
{
    static const struct job_operation *const all[] = {
#define TASK(nr, NAME, name, traits) JOB(name)
#define JOB(name) &op_##name,
#include "wire/tasks.def"
#undef TASK
#undef JOB
    };

    for (size_t n = 0; n < array_size(all); n++)
        if (strcmp(all[n]->name, name) == 0)
            return all[n];
    return NULL;
}
