/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * obey.c: what on_poweroff, on_reboot and on_crash want done becomes jobs.
 */
#include <time.h>

#include "base/alloc.h"
#include "ops.h"
#include "private.h"

static void
obey_dump(struct jobs *jobs, struct domain *dom)
{
    cleanup_free char *path = NULL;
    time_t             now = time(NULL);
    struct tm          tm;
    char               when[32];

    strftime(when, sizeof when, "%Y%m%d-%H%M%S", localtime_r(&now, &tm));
    path = xasprintf("%s/%s-%s.core", jobs->limits->dump_dir, dom->name, when);
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
    case DOMAIN_ACTION_PRESERVE:
        return;
    }
}
