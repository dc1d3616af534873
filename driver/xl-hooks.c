/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-hooks.c: libxl's descriptors and timeouts as sources of our loop.
 *
 * libxl calls a hook with its context locked, and forbids us to call it back from there.  So a
 * hook only edits the loop; the loop calls libxl later, on a stack of its own.  See libxl_event.h,
 * libxl_osevent_register_hooks.
 */
#include <poll.h>
#include <stdlib.h>
#include <sys/time.h>

#include "base/alloc.h"
#include "xl.h"

/* One registration; libxl keeps it as for_app_registration. */
struct xl_fd {
    struct xl     *xl;
    void          *for_libxl;
    int            fd;
    short          events;
    struct loop_io io;
    LIST_ENTRY(xl_fd) link;
};

struct xl_timeout {
    struct xl        *xl;
    void             *for_libxl;
    struct loop_timer timer;
    LIST_ENTRY(xl_timeout) link;
};

/*----- descriptors -----*/

static void
hook_fd_ready(void *arg)
{
    struct xl_fd *f = arg;

    if (f->xl->lost)
        return;
    /* libxl polls the descriptor itself and ignores our revents.  It may deregister the
     * descriptor, and so free f, before it returns: must be last. */
    libxl_osevent_occurred_fd(f->xl->ctx, f->for_libxl, f->fd, f->events, f->events);
}

/* On failure all is as before, as libxl wants it.  It tells its caller no more than the number that
 * it gets, so the reason goes where libxl's own reasons go. */
static int
hook_fd_watch(struct xl_fd *f, short events)
{
    struct err err;

    if (loop_io_start(&f->io, f->fd, events & POLLIN, events & POLLOUT, &err) < 0) {
        xtl_log(&f->xl->log.vtable, XTL_ERROR, -1, "dom0d", "%s", err.message);
        return ERROR_OSEVENT_REG_FAIL;
    }
    f->events = events;
    return 0;
}

static int
hook_fd_modify(void *user, int fd, void **for_app, short events)
{
    (void)user, (void)fd;
    return hook_fd_watch(*for_app, events);
}

static void
hook_fd_free(struct xl_fd *f)
{
    loop_io_stop(&f->io);
    LIST_REMOVE(f, link);
    free(f);
}

static int
hook_fd_register(void *user, int fd, void **for_app_out, short events, void *for_libxl)
{
    struct xl    *xl = user;
    struct xl_fd *f = xcalloc(1, sizeof *f);
    int           rc;

    f->xl = xl;
    f->for_libxl = for_libxl;
    f->fd = fd;
    loop_io_init(&f->io, xl->loop, hook_fd_ready, f);
    LIST_INSERT_HEAD(&xl->fds, f, link);
    rc = hook_fd_watch(f, events);
    if (rc) {
        hook_fd_free(f);
        return rc;
    }
    *for_app_out = f;
    return 0;
}

static void
hook_fd_deregister(void *user, int fd, void *for_app)
{
    (void)user, (void)fd;
    hook_fd_free(for_app);
}

/*----- timeouts -----*/

static void
hook_timeout_free(struct xl_timeout *t)
{
    loop_timer_stop(&t->timer);
    LIST_REMOVE(t, link);
    free(t);
}

static void
hook_timeout_due(void *arg)
{
    struct xl_timeout *t = arg;
    struct xl         *xl = t->xl;
    void              *for_libxl = t->for_libxl;

    /* For libxl the timeout is deregistered on entry to _occurred_timeout. */
    hook_timeout_free(t);
    if (!xl->lost)
        libxl_osevent_occurred_timeout(xl->ctx, for_libxl);
}

/* abs is wall-clock time; the loop counts from now, on a clock that never jumps. */
static int
hook_timeout_register(void *user, void **for_app_out, struct timeval abs, void *for_libxl)
{
    struct xl         *xl = user;
    struct xl_timeout *t = xcalloc(1, sizeof *t);
    struct timeval     now, left = {0, 0};

    gettimeofday(&now, NULL);
    if (timercmp(&abs, &now, >))
        timersub(&abs, &now, &left);
    t->xl = xl;
    t->for_libxl = for_libxl;
    loop_timer_init(&t->timer, xl->loop, hook_timeout_due, t);
    loop_timer_start(&t->timer, (uint64_t)left.tv_sec * 1000000 + (uint64_t)left.tv_usec);
    LIST_INSERT_HEAD(&xl->timeouts, t, link);
    *for_app_out = t;
    return 0;
}

/* abs is always {0, 0}: libxl's way to drop a timeout is to have it fire at once. */
static int
hook_timeout_modify(void *user, void **for_app, struct timeval abs)
{
    struct xl_timeout *t = *for_app;

    (void)user, (void)abs;
    loop_timer_start(&t->timer, 0);
    return 0;
}

/* libxl keeps the pointer, so this outlives every context. */
static const libxl_osevent_hooks hooks = {
    .fd_register = hook_fd_register,
    .fd_modify = hook_fd_modify,
    .fd_deregister = hook_fd_deregister,
    .timeout_register = hook_timeout_register,
    .timeout_modify = hook_timeout_modify,
};

void
xl_hooks_register(struct xl *xl)
{
    libxl_osevent_register_hooks(xl->ctx, &hooks, xl);
}

/* What libxl did not take back itself: timeouts that it dropped but that have not fired yet, and
 * everything of a context that is left where it is. */
void
xl_hooks_drop(struct xl *xl)
{
    while (!LIST_EMPTY(&xl->fds))
        hook_fd_free(LIST_FIRST(&xl->fds));
    while (!LIST_EMPTY(&xl->timeouts))
        hook_timeout_free(LIST_FIRST(&xl->timeouts));
}
