/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fake-xenstore.c: the few keys that dom0d reads, and watches that fire for any change; those of
 * terminals only when one was set. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libxl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xenstore.h>

#include "base/alloc.h"
#include "fake-xen.h"
#include "xl.h"

struct watch {
    char *path; /* which is its token */
    bool  due;
    bool  is_of_terminals;
};

struct xs_handle {
    int           changes; /* of the host */
    int           fired;   /* an eventfd: a new watch, which fires once by itself */
    int           either;  /* an epoll of both */
    struct watch *watches;
    size_t        count;
    unsigned      ttys_seen; /* world's ttys_set when the watches became due */
};

static bool
ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);

    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static void
join(struct xs_handle *xs, int fd)
{
    struct epoll_event event = {.events = EPOLLIN};

    assert(epoll_ctl(xs->either, EPOLL_CTL_ADD, fd, &event) == 0);
}

struct xs_handle *
xs_open(unsigned long flags)
{
    struct xs_handle *xs;

    (void)flags;
    if (fake_call("xs_open", false).rc) {
        errno = ECONNREFUSED;
        return NULL;
    }
    xs = xcalloc(1, sizeof *xs);
    xs->changes = fake_changes_open();
    xs->fired = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    xs->either = epoll_create1(EPOLL_CLOEXEC);
    assert(xs->fired >= 0 && xs->either >= 0);
    join(xs, xs->changes);
    join(xs, xs->fired);
    return xs;
}

void
xs_close(struct xs_handle *xs)
{
    close(xs->either);
    close(xs->fired);
    close(xs->changes);
    for (size_t n = 0; n < xs->count; n++)
        free(xs->watches[n].path);
    free(xs->watches);
    free(xs);
}

bool
xs_watch(struct xs_handle *xs, const char *path, const char *token)
{
    assert(strcmp(path, token) == 0);
    fake_xenstored_await();
    if (fake_call("xs_watch", false).rc) {
        errno = EIO;
        return false;
    }
    xs->watches = xreallocarray(xs->watches, xs->count + 1, sizeof *xs->watches);
    xs->watches[xs->count++] = (struct watch){
        .path = xstrdup(path),
        .due = true,
        .is_of_terminals = ends_with(path, "/console/tty") || ends_with(path, "/serial"),
    };
    assert(eventfd_write(xs->fired, 1) == 0);
    return true;
}

bool
xs_unwatch(struct xs_handle *xs, const char *path, const char *token)
{
    size_t n = 0;

    (void)token;
    fake_xenstored_await();
    while (n < xs->count && strcmp(xs->watches[n].path, path) != 0)
        n++;
    if (n == xs->count) {
        errno = ENOENT;
        return false;
    }
    free(xs->watches[n].path);
    xs->count--;
    memmove(&xs->watches[n], &xs->watches[n + 1], (xs->count - n) * sizeof *xs->watches);
    return true;
}

int
xs_fileno(struct xs_handle *xs)
{
    return xs->either;
}

char **
xs_check_watch(struct xs_handle *xs)
{
    eventfd_t ignored;
    char    **event;
    size_t    n = 0;

    if (fake_world()->xenstore_broken) {
        errno = EINVAL;
        return NULL;
    }
    (void)eventfd_read(xs->fired, &ignored);
    if (fake_changes_drain(xs->changes)) {
        bool ttys = xs->ttys_seen != fake_world()->ttys_set;

        xs->ttys_seen = fake_world()->ttys_set;
        for (size_t k = 0; k < xs->count; k++)
            xs->watches[k].due |= ttys || !xs->watches[k].is_of_terminals;
    }
    while (n < xs->count && !xs->watches[n].due)
        n++;
    /* While it is stopped nothing comes; what is due then is told when it goes on. */
    if (n == xs->count || fake_world()->xenstored_stopped) {
        errno = EAGAIN;
        return NULL;
    }
    xs->watches[n].due = false;
    event = xcalloc(2, sizeof *event);
    event[XS_WATCH_PATH] = event[XS_WATCH_TOKEN] = xs->watches[n].path;
    return event;
}

/*----- values -----*/

static const char *
type_word(int type)
{
    switch (type) {
    case LIBXL_DOMAIN_TYPE_PVH:
        return "pvh";
    case LIBXL_DOMAIN_TYPE_HVM:
        return "hvm";
    default:
        return "pv";
    }
}

static char *
value_of(const char *path)
{
    const struct fake_domain *dom;
    unsigned                  domid, serial;
    int                       end = 0;

    if (sscanf(path, "/local/domain/%u/%n", &domid, &end) == 1 && end &&
        (dom = fake_domain_find(domid))) {
        if (strcmp(path + end, "name") == 0 && dom->name[0])
            return xstrdup(dom->name);
        if (strcmp(path + end, "image/device-model-pid") == 0 && dom->model_pid)
            return xasprintf("%d", dom->model_pid);
        if (strcmp(path + end, "control/shutdown") == 0)
            return xstrdup(dom->asked_to_suspend ? "suspend" : "");
        if (strcmp(path + end, "console/tty") == 0 && dom->ttys[0][0])
            return xstrdup(dom->ttys[0]);
        if (sscanf(path + end, "serial/%u/tty", &serial) == 1 && serial + 1 < FAKE_TERMINALS &&
            dom->ttys[serial + 1][0])
            return xstrdup(dom->ttys[serial + 1]);
    }
    end = 0;
    if (sscanf(path, "/libxl/%u/type%n", &domid, &end) == 1 && end &&
        (dom = fake_domain_find(domid)))
        return xstrdup(type_word(dom->type));
    return NULL;
}

void *
xs_read(struct xs_handle *xs, xs_transaction_t t, const char *path, unsigned int *len)
{
    char *value = NULL;

    (void)xs, (void)t;
    fake_xenstored_await();
    fake_lock();
    if (!fake_world()->xenstore_broken && !fake_call("xs_read", false).rc)
        value = value_of(path);
    fake_unlock();
    *len = value ? (unsigned)strlen(value) : 0;
    return value;
}

/* All that is ever written is that a domain is not to suspend itself after all. */
bool
xs_write(struct xs_handle *xs, xs_transaction_t t, const char *path, const void *data,
         unsigned int len)
{
    unsigned            domid;
    struct fake_domain *dom;
    int                 end = 0;

    (void)xs, (void)data;
    assert(t && len == 0 &&
           sscanf(path, "/local/domain/%u/control/shutdown%n", &domid, &end) == 1 && end);
    fake_xenstored_await();
    dom = fake_domain_find(domid);
    if (!dom || fake_call("xs_write", false).rc)
        return false;
    dom->asked_to_suspend = false;
    return true;
}

xs_transaction_t
xs_transaction_start(struct xs_handle *xs)
{
    (void)xs;
    return 1;
}

bool
xs_transaction_end(struct xs_handle *xs, xs_transaction_t t, bool abort)
{
    (void)xs, (void)t, (void)abort;
    return true;
}

/* The domains, which are all that is ever listed.  One piece of memory, as of the real one. */
char **
xs_directory(struct xs_handle *xs, xs_transaction_t t, const char *path, unsigned int *num)
{
    const struct fake_world *world = fake_world();
    char                   **entries, *text;

    (void)xs, (void)t;
    assert(strcmp(path, "/local/domain") == 0);
    fake_xenstored_await();
    fake_lock();
    entries = xcalloc(fake_domain_count() + 1, sizeof *entries + 11);
    text = (char *)(entries + fake_domain_count() + 1);
    *num = 0;
    for (size_t n = 0; n < world->slots; n++) {
        if (!world->domains[n].used || (n && world->domains[n].domid == world->unlisted))
            continue;
        entries[(*num)++] = text;
        text += sprintf(text, "%u", world->domains[n].domid) + 1;
    }
    fake_unlock();
    return entries;
}

/*----- driver/xl-check.c -----*/

/* A pipe: at its end all connections of this process have ended. */
static int xenstored[2] = {-1, -1};

int
xl_check_host(struct err *err)
{
    if (fake_world()->off)
        return err_set(err, ERR_NO_CONNECT, "this is not a Xen dom0: the fake is off");
    if (fake_world()->xenstored_away)
        return err_set_errno(err, ECONNREFUSED, "xenstored does not answer at its socket");
    if (xenstored[0] < 0 && pipe2(xenstored, O_CLOEXEC) < 0)
        return err_set_errno(err, errno, "pipe");
    return fcntl(xenstored[0], F_DUPFD_CLOEXEC, 0);
}

void
fake_xenstored_goes(void)
{
    for (size_t n = 0; n < array_size(xenstored); n++)
        close(take_fd(xenstored[n]));
}
