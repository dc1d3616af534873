/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>
#include <stdio.h>
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
    unsigned             unread = domains_unread(daemon->domains);
    char                 status[sizeof notify->told];
    int length = snprintf(status, sizeof status, "STATUS=%u domain%s, %u client%s, %u job%s",
                          domains, plural(domains), clients, plural(clients), jobs, plural(jobs));

    if (unread)
        snprintf(status + length, sizeof status - (size_t)length,
                 ", %u definition%s could not be read", unread, plural(unread));
    if (strcmp(status, notify->told) != 0 && notify_socket_tell(&notify->socket, status))
        memcpy(notify->told, status, sizeof status);
}

static void
status_due(void *arg)
{
    struct notify *notify = arg;

    if (!notify->ready)
        notify->ready = notify_socket_tell(&notify->socket, "READY=1");
    tell_status(notify);
    loop_timer_start(&notify->status, STATUS_USEC);
}

/* Fed from the loop: so a loop that hangs is noticed. */
static void
watchdog_due(void *arg)
{
    struct notify *notify = arg;

    (void)notify_socket_tell(&notify->socket, "WATCHDOG=1");
    loop_timer_start(&notify->watchdog, notify->watchdog_usec);
}

void
notify_start(struct notify *notify, struct daemon *daemon)
{
    uint64_t limit_usec;

    *notify = (struct notify){.daemon = daemon};
    loop_timer_init(&notify->status, daemon->loop, status_due, notify);
    loop_timer_init(&notify->watchdog, daemon->loop, watchdog_due, notify);
    notify_socket_open(&notify->socket);
    if (notify->socket.fd < 0)
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
    (void)notify_socket_tell(&notify->socket, "STOPPING=1");
    notify_socket_close(&notify->socket);
    loop_timer_stop(&notify->status);
    loop_timer_stop(&notify->watchdog);
}
