/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * obey.c: what on_poweroff, on_reboot and the like want done becomes jobs.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "ops.h"
#include "private.h"

/* The date and the job's number behind it need no more than what is left of NAME_MAX. */
#define CORE_GUEST_MAX 200
#define CORE_GUEST_CUT 160

/* The guest in the name of its core; one that is too long for a file, or that no file may have, is
 * told by its UUID. */
static char *
obey_core_guest(const struct domain *dom)
{
    char   uuid[UUID_TEXT_SIZE];
    char  *name;
    size_t length = strlen(dom->name);

    if (length <= CORE_GUEST_MAX && domain_name_is_valid(dom->name))
        return xstrdup(dom->name);
    if (length > CORE_GUEST_CUT)
        length = CORE_GUEST_CUT;
    /* Not within a character. */
    while (length && ((unsigned char)dom->name[length] & 0xc0) == 0x80)
        length--;
    name = xasprintf("%.*s~%s", (int)length, dom->name, uuid_format(dom->uuid, uuid));
    for (char *at = name; *at; at++)
        if (*at == '/' || (unsigned char)*at < ' ')
            *at = '_';
    return name;
}

static void
obey_dump(struct jobs *jobs, struct domain *dom)
{
    cleanup_free char *guest = obey_core_guest(dom);
    cleanup_free char *path = NULL;
    time_t             now = time(NULL);
    struct tm          tm;
    char               when[32];

    strftime(when, sizeof when, "%Y%m%d-%H%M%S", localtime_r(&now, &tm));
    /* With the number of the job: a guest may crash twice in a second. */
    path = xasprintf("%s/%s-%s-%" PRIu64 ".core", jobs->limits->dump_dir, guest, when,
                     jobs->last_id + 1);
    job_submit(op_dump_new(jobs, dom, NULL, path));
}

/* An earlier daemon has got so far. */
static bool
obey_is_dumped(const struct domain *dom)
{
    struct job_stats last = job_last_of_domain(dom);

    return last.operation == &op_dump && last.result == ERR_NONE;
}

void
job_obey(struct jobs *jobs, struct domain *dom, enum domain_action action, int stop_detail)
{
    bool dump =
        action == DOMAIN_ACTION_COREDUMP_DESTROY || action == DOMAIN_ACTION_COREDUMP_RESTART;

    /* Jobs are queued in the order in which they are to run. */
    if (dump && !obey_is_dumped(dom))
        obey_dump(jobs, dom);
    switch (action) {
    case DOMAIN_ACTION_COREDUMP_DESTROY:
    case DOMAIN_ACTION_DESTROY:
        job_submit(op_destroy_new(jobs, dom, NULL, stop_detail));
        return;
    case DOMAIN_ACTION_COREDUMP_RESTART:
    case DOMAIN_ACTION_RESTART:
    case DOMAIN_ACTION_RENAME_RESTART:
        job_submit(job_new(jobs, &op_restart, dom, NULL));
        return;
    case DOMAIN_ACTION_SOFT_RESET:
        job_submit(job_new(jobs, &op_soft_reset, dom, NULL));
        return;
    case DOMAIN_ACTION_PRESERVE:
        return;
    }
}
