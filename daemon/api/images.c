/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* images.c: see images.h. */
#include <string.h>

#include "handlers.h"
#include "images.h"
#include "wire/dom0d.h"
#include "wire/libvirt.h"
#include "wire/worker.h"

bool
images_check_path(struct request *req, const char *path)
{
    if (path[0] == '/' && strlen(path) < WORKER_PATH_MAX)
        return true;
    request_fail_with(req, ERR_INVALID_ARG, "'%s' is not an absolute path", path);
    return false;
}

bool
images_check_states(struct request *req, unsigned flags)
{
    if (!(flags & SAVE_RUNNING && flags & SAVE_PAUSED))
        return true;
    request_fail_with(req, ERR_INVALID_ARG,
                      "a domain cannot be both running and paused (flags 0x%x)", flags);
    return false;
}

unsigned
images_save_flags(unsigned flags)
{
    return (flags & SAVE_RUNNING ? WORKER_SAVE_RUNNING : 0) |
           (flags & SAVE_PAUSED ? WORKER_SAVE_PAUSED : 0) |
           (flags & DOM0D_SAVE_KEEP ? WORKER_SAVE_KEEP : 0);
}
