/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/alloc.h"
#include "ops.h"

const struct job_operation *
job_operation_by_name(const char *name)
{
    static const struct job_operation *const all[] = {&op_create,  &op_restore, &op_save,
                                                      &op_destroy, &op_restart, &op_dump,
                                                      &op_pause,   &op_unpause};

    for (size_t n = 0; n < array_size(all); n++)
        if (strcmp(all[n]->name, name) == 0)
            return all[n];
    return NULL;
}
