/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host-events.c: what Xen tells by itself.  That domains come, stop and go is learnt from xenstore:
 * libxl has events of a domain's end only, and only one by one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "host-private.h"

static const char *const watched_paths[] = {"@introduceDomain", "@releaseDomain"};

/*----- disaster -----*/

void
host_lost(struct host *host, const char *reason)
{
    if (host->lost)
        return;
    host->lost = xstrdup(reason);
    loop_defer_start(&host->disaster);
}

static void
disaster_now(void *arg)
{
    struct host *host = arg;

    loop_io_stop(&host->xs_io);
    host->events->disaster(host->arg, host->lost); /* may free host: must be last */
}

static void
xl_disaster(void *arg, const char *reason)
{
    host_lost(arg, reason);
}

const struct xl_ops host_xl_ops = {.disaster = xl_disaster};

/*----- names -----*/

/* Each domain's is watched by itself: nothing that all have in common changes when one is renamed.
 * A watch's path is its token. */
static void
name_path(uint32_t domid, char path[64])
{
    snprintf(path, 64, HOST_NAME_PATH, domid);
}

void
host_watch_name(struct host *host, uint32_t domid)
{
    char path[64];

    if (!host)
        return;
    name_path(domid, path);
    if (!xs_watch(host->xs, path, path))
        log_warning("cannot watch %s in xenstore: %s", path, strerror(errno));
}

void
host_unwatch_name(struct host *host, uint32_t domid)
{
    char path[64];

    if (!host)
        return;
    name_path(domid, path);
    xs_unwatch(host->xs, path, path);
}

/*----- domains that come and go -----*/

/* All there is at once: one pass over the domains answers any number of them. */
static void
xs_ready(void *arg)
{
    struct host *host = arg;
    bool         any = false;
    char       **watch;
    uint32_t     domid;

    while ((watch = xs_check_watch(host->xs))) {
        if (sscanf(watch[XS_WATCH_TOKEN], HOST_NAME_PATH, &domid) == 1)
            host->events->renamed(host->arg, domid);
        else
            any = true;
        free(watch);
    }
    if (errno != EAGAIN) {
        /* It stays readable for ever. */
        loop_io_stop(&host->xs_io);
        host_lost(host, "xenstored's connection broke");
        return;
    }
    if (any)
        host->events->changed(host->arg); /* may free host: must be last */
}

static int
watch_xenstore(struct host *host, struct err *err)
{
    for (size_t n = 0; n < array_size(watched_paths); n++) {
        if (!xs_watch(host->xs, watched_paths[n], watched_paths[n]))
            return err_set_errno(err, errno, "cannot watch %s in xenstore", watched_paths[n]);
    }
    return loop_io_start(&host->xs_io, xs_fileno(host->xs), true, false, err);
}

int
host_events_open(struct host *host, struct err *err)
{
    loop_defer_init(&host->disaster, host->loop, disaster_now, host);
    loop_io_init(&host->xs_io, host->loop, xs_ready, host);
    host->xs = xs_open(0);
    if (!host->xs)
        return err_set_errno(err, errno, "xenstored does not answer");
    if (watch_xenstore(host, err) < 0) {
        host_events_close(host);
        return -1;
    }
    return 0;
}

void
host_events_close(struct host *host)
{
    loop_defer_stop(&host->disaster);
    loop_io_stop(&host->xs_io);
    if (host->xs)
        xs_close(take_ptr(host->xs));
}
