/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lifecycle.c: what happens when a guest's kernel stops.
 *
 * on_poweroff, on_reboot and on_crash are dom0d's to obey only for guests that it started: the
 * background xl of a guest made by `xl create` does it for that one, and two must not.
 */
#include <stdio.h>
#include <time.h>

#include "base/alloc.h"
#include "base/log.h"
#include "config.h"
#include "daemon.h"
#include "domain.h"
#include "job/job.h"
#include "rpc/events.h"

/* Which of the guest's wishes a shutdown calls upon, and how STOPPED is told. */
struct consequence {
    enum domain_action action;
    int                stop_detail;
    const char        *word;
};

static struct consequence
consequence_of(const struct domain *dom, enum host_shutdown reason)
{
    static const struct domain_def nobodys = {.on_poweroff = DOMAIN_ACTION_PRESERVE,
                                              .on_reboot = DOMAIN_ACTION_PRESERVE,
                                              .on_crash = DOMAIN_ACTION_PRESERVE};
    const struct domain_def       *def = dom->def ? dom->def : &nobodys;

    switch (reason) {
    case HOST_SHUTDOWN_REBOOT:
    case HOST_SHUTDOWN_SOFT_RESET:
        return (struct consequence){def->on_reboot, STOPPED_SHUTDOWN, "reboots"};
    case HOST_SHUTDOWN_CRASH:
    case HOST_SHUTDOWN_WATCHDOG:
        return (struct consequence){def->on_crash, STOPPED_CRASHED, "has crashed"};
    default:
        return (struct consequence){def->on_poweroff, STOPPED_SHUTDOWN, "powers off"};
    }
}

static void
submit(struct domain *dom, const struct job_operation *operation, int stop_detail)
{
    struct job *job = job_new(dom->daemon, operation, dom, NULL);

    job->stop_detail = stop_detail;
    job_submit(job);
}

static void
submit_dump(struct domain *dom)
{
    struct job *job = job_new(dom->daemon, &op_dump, dom, NULL);
    time_t      now = time(NULL);
    struct tm   tm;
    char        when[32];

    strftime(when, sizeof when, "%Y%m%d-%H%M%S", localtime_r(&now, &tm));
    job->path = xasprintf("%s/%s-%s.core", dom->daemon->config->dump_dir, dom->name, when);
    job_submit(job);
}

/* An earlier daemon has got so far. */
static bool
is_dumped(const struct domain *dom)
{
    return dom->last_job.operation == &op_dump && dom->last_job.result == ERR_NONE;
}

/* Jobs are queued in the order in which they are to run. */
static void
obey(struct domain *dom, const struct consequence *what)
{
    switch (what->action) {
    case DOMAIN_ACTION_COREDUMP_DESTROY:
        if (!is_dumped(dom))
            submit_dump(dom);
        submit(dom, &op_destroy, what->stop_detail);
        return;
    case DOMAIN_ACTION_DESTROY:
        submit(dom, &op_destroy, what->stop_detail);
        return;
    case DOMAIN_ACTION_COREDUMP_RESTART:
        if (!is_dumped(dom))
            submit_dump(dom);
        submit(dom, &op_restart, -1);
        return;
    case DOMAIN_ACTION_RESTART:
    case DOMAIN_ACTION_RENAME_RESTART:
        submit(dom, &op_restart, -1);
        return;
    case DOMAIN_ACTION_PRESERVE:
        return;
    }
}

static void
tell(struct domain *dom, enum host_shutdown reason, const struct consequence *what)
{
    struct event_domain about = domain_for_event(dom);
    struct events      *events = dom->daemon->events;

    if (reason == HOST_SHUTDOWN_REBOOT)
        events_reboot(events, &about);
    if (dom->def && what->action == DOMAIN_ACTION_PRESERVE && what->stop_detail == STOPPED_CRASHED)
        events_lifecycle(events, &about, LIFECYCLE_CRASHED, CRASHED_PANICKED);
    dom->shutdown_told = true;
    domain_remember(dom);
}

void
lifecycle_shutdown(struct domain *dom, const struct host_dominfo *info)
{
    struct consequence what = consequence_of(dom, info->shutdown_reason);
    char               uuid[UUID_TEXT_SIZE];
    struct log_about   line = domain_for_log(dom, uuid);

    /* Asleep, for a save or by its own wish: it will wake up. */
    if (info->shutdown_reason == HOST_SHUTDOWN_SUSPEND)
        return;
    dom->shutdown_seen = true;
    dom->stop_detail = what.stop_detail;
    log_about(LOG_LEVEL_INFO, &line, "the guest %s%s%s", what.word, dom->def ? ": " : "",
              dom->def ? domain_action_name(what.action) : "");
    if (!dom->shutdown_told)
        tell(dom, info->shutdown_reason, &what);
    if (dom->def)
        obey(dom, &what);
}
