/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/alloc.h"
#include "daemon.h"
#include "domain/table.h"
#include "job/job.h"
#include "notify.h"
#include "rpc/server.h"

#define STATUS_USEC 1000000u

/*----- the socket -----*/

/* See sd_notify(3); libsystemd's own function waits while the other end does not read. */
static void
notify_open(struct notify *notify)
{
    const char *path = getenv("NOTIFY_SOCKET");
    size_t      length = path ? strlen(path) : 0;

    notify->fd = -1;
    if (length < 2 || length >= sizeof notify->address.sun_path ||
        (path[0] != '/' && path[0] != '@'))
        return;
    notify->address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(notify->address.sun_path, path, length);
    if (path[0] == '@')
        notify->address.sun_path[0] = '\0'; /* no file: a name of the kernel's */
    notify->address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

/* Returns whether systemd has taken it. */
static bool
notify_tell(const struct notify *notify, const char *text)
{
    size_t length = strlen(text);

    return notify->fd >= 0 && sendto(notify->fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT,
                                     (const struct sockaddr *)&notify->address,
                                     notify->address_size) == (ssize_t)length;
}

/*----- what is told -----*/

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

    snprintf(status, sizeof status, "STATUS=%u domain%s, %u client%s, %u job%s", domains,
             plural(domains), clients, plural(clients), jobs, plural(jobs));
    if (strcmp(status, notify->told) != 0 && notify_tell(notify, status))
        memcpy(notify->told, status, sizeof status);
}

static void
status_due(void *arg)
{
    struct notify *notify = arg;

    if (!notify->ready)
        notify->ready = notify_tell(notify, "READY=1");
    tell_status(notify);
    loop_timer_start(&notify->status, STATUS_USEC);
}

/* Fed from the loop: so a loop that hangs is noticed. */
static void
watchdog_due(void *arg)
{
    struct notify *notify = arg;

    (void)notify_tell(notify, "WATCHDOG=1");
    loop_timer_start(&notify->watchdog, notify->watchdog_usec);
}

void
notify_start(struct notify *notify, struct daemon *daemon)
{
    uint64_t limit_usec;

    *notify = (struct notify){.daemon = daemon};
    loop_timer_init(&notify->status, daemon->loop, status_due, notify);
    loop_timer_init(&notify->watchdog, daemon->loop, watchdog_due, notify);
    notify_open(notify);
    if (notify->fd < 0)
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
    (void)notify_tell(notify, "STOPPING=1");
    if (notify->fd >= 0)
        close(take_fd(notify->fd));
    loop_timer_stop(&notify->status);
    loop_timer_stop(&notify->watchdog);
}
