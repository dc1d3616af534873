/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host-events.c: what Xen tells by itself.  libxl says when a watched domain shuts down or dies;
 * that domains come and go is learnt from xenstore, because libxl has no event for it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
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

/*----- domains that end -----*/

/* Perhaps from inside one of our functions: it is told by the loop. */
static void
domain_ended(struct host *host, uint32_t domid)
{
    if (host->n_ended == host->max_ended) {
        host->max_ended = host->max_ended ? host->max_ended * 2 : 16;
        host->ended = xreallocarray(host->ended, host->max_ended, sizeof *host->ended);
    }
    host->ended[host->n_ended++] = domid;
    loop_defer_start(&host->report_ended);
}

static void
xl_event(void *arg, const libxl_event *event)
{
    if (event->type == LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN ||
        event->type == LIBXL_EVENT_TYPE_DOMAIN_DEATH)
        domain_ended(arg, event->domid);
}

const struct xl_ops host_xl_ops = {.event = xl_event, .disaster = xl_disaster};

static void
report_ended(void *arg)
{
    struct host           *host = arg;
    cleanup_free uint32_t *ended = take_ptr(host->ended);
    size_t                 count = host->n_ended;

    host->n_ended = host->max_ended = 0;
    for (size_t n = 0; n < count; n++)
        host->events->shutdown(host->arg, ended[n]);
}

static struct host_watches *
bucket(struct host *host, uint32_t domid)
{
    return &host->watches[domid % HOST_WATCH_BUCKETS];
}

static struct host_watch *
find_watch(struct host *host, uint32_t domid)
{
    struct host_watch *watch;

    LIST_FOREACH (watch, bucket(host, domid), link) {
        if (watch->domid == domid)
            return watch;
    }
    return NULL;
}

/* libxl looks at the domain when xenstore speaks next: what has happened already is for us. */
static void
look_once(struct host *host, uint32_t domid)
{
    libxl_dominfo info;

    libxl_dominfo_init(&info);
    if (libxl_domain_info(host->xl.ctx, &info, domid) || info.shutdown || info.dying)
        domain_ended(host, domid);
    libxl_dominfo_dispose(&info);
}

int
host_watch_domain(struct host *host, uint32_t domid, struct err *err)
{
    struct host_watch *watch;
    int                rc;

    if (find_watch(host, domid))
        return 0;
    watch = xcalloc(1, sizeof *watch);
    watch->domid = domid;
    rc = libxl_evenable_domain_death(host->xl.ctx, domid, 0, &watch->evgen);
    if (rc) {
        free(watch);
        return xl_err_set(err, &host->xl, rc, "cannot watch domain %u", domid);
    }
    LIST_INSERT_HEAD(bucket(host, domid), watch, link);
    look_once(host, domid);
    return 0;
}

static void
watch_free(struct host *host, struct host_watch *watch)
{
    if (!host->xl.lost)
        libxl_evdisable_domain_death(host->xl.ctx, watch->evgen);
    LIST_REMOVE(watch, link);
    free(watch);
}

void
host_unwatch_domain(struct host *host, uint32_t domid)
{
    struct host_watch *watch = find_watch(host, domid);

    if (watch)
        watch_free(host, watch);
}

/*----- domains that come and go -----*/

/* All there is at once: one pass over the domains answers any number of them. */
static void
xs_ready(void *arg)
{
    struct host *host = arg;
    bool         any = false;
    char       **watch;

    while ((watch = xs_check_watch(host->xs))) {
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
    loop_io_start(&host->xs_io, xs_fileno(host->xs), true, false);
    return 0;
}

int
host_events_open(struct host *host, struct err *err)
{
    for (size_t n = 0; n < HOST_WATCH_BUCKETS; n++)
        LIST_INIT(&host->watches[n]);
    loop_defer_init(&host->disaster, host->loop, disaster_now, host);
    loop_defer_init(&host->report_ended, host->loop, report_ended, host);
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
    for (size_t n = 0; n < HOST_WATCH_BUCKETS; n++) {
        while (!LIST_EMPTY(&host->watches[n]))
            watch_free(host, LIST_FIRST(&host->watches[n]));
    }
    loop_defer_stop(&host->disaster);
    loop_defer_stop(&host->report_ended);
    free(take_ptr(host->ended));
    loop_io_stop(&host->xs_io);
    if (host->xs)
        xs_close(take_ptr(host->xs));
}
