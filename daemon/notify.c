/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon.h"
#include "domain/table.h"
#include "job/job.h"
#include "notify.h"
#include "rpc/server.h"

#define STATUS_USEC 1000000u

static const char *
plural(unsigned n)
{
    return n == 1 ? "" : "s";
}

static void
tell_status(struct notify *notify)
{
    const struct daemon *daemon = notify->daemon;
    unsigned             domains = domains_count(daemon->domains);
    unsigned             clients = server_client_count(daemon->server);
    unsigned             jobs = jobs_count(daemon->jobs);
    char                 status[sizeof notify->told];

    snprintf(status, sizeof status, "%u domain%s, %u client%s, %u job%s", domains, plural(domains),
             clients, plural(clients), jobs, plural(jobs));
    if (!strcmp(status, notify->told))
        return;
    memcpy(notify->told, status, sizeof status);
    sd_notifyf(0, "STATUS=%s", status);
}

static void
status_due(void *arg)
{
    struct notify *notify = arg;

    tell_status(notify);
    loop_timer_start(&notify->status, STATUS_USEC);
}

/* Fed from the loop: so a loop that hangs is noticed. */
static void
watchdog_due(void *arg)
{
    struct notify *notify = arg;

    sd_notify(0, "WATCHDOG=1");
    loop_timer_start(&notify->watchdog, notify->watchdog_usec);
}

void
notify_start(struct notify *notify, struct daemon *daemon)
{
    uint64_t limit_usec;

    *notify = (struct notify){.daemon = daemon};
    loop_timer_init(&notify->status, daemon->loop, status_due, notify);
    loop_timer_init(&notify->watchdog, daemon->loop, watchdog_due, notify);
    if (sd_notify(0, "READY=1") <= 0)
        return;
    status_due(notify);
    if (sd_watchdog_enabled(0, &limit_usec) <= 0)
        return;
    notify->watchdog_usec = limit_usec / 2;
    watchdog_due(notify);
}

void
notify_stop(struct notify *notify)
{
    sd_notify(0, "STOPPING=1");
    loop_timer_stop(&notify->status);
    loop_timer_stop(&notify->watchdog);
}
