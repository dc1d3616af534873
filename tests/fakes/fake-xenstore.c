/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fake-xenstore.c: the few keys that dom0d reads, and watches that fire for any change. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libxl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xenstore.h>

#include "base/alloc.h"
#include "fake-xen.h"
#include "xl.h"

struct xs_handle {
    int    changes;
    char **watched; /* paths, which are their tokens */
    size_t count;
    size_t told; /* of them, after the last change */
};

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
    return xs;
}

void
xs_close(struct xs_handle *xs)
{
    close(xs->changes);
    for (size_t n = 0; n < xs->count; n++)
        free(xs->watched[n]);
    free(xs->watched);
    free(xs);
}

bool
xs_watch(struct xs_handle *xs, const char *path, const char *token)
{
    assert(strcmp(path, token) == 0);
    if (fake_call("xs_watch", false).rc) {
        errno = EIO;
        return false;
    }
    xs->watched = xreallocarray(xs->watched, xs->count + 1, sizeof *xs->watched);
    xs->watched[xs->count++] = xstrdup(path);
    /* A new watch fires once by itself. */
    fake_xen_changed();
    return true;
}

bool
xs_unwatch(struct xs_handle *xs, const char *path, const char *token)
{
    size_t n = 0;

    (void)token;
    while (n < xs->count && strcmp(xs->watched[n], path) != 0)
        n++;
    if (n == xs->count) {
        errno = ENOENT;
        return false;
    }
    free(xs->watched[n]);
    xs->count--;
    memmove(&xs->watched[n], &xs->watched[n + 1], (xs->count - n) * sizeof *xs->watched);
    if (n < xs->told)
        xs->told--;
    return true;
}

int
xs_fileno(struct xs_handle *xs)
{
    return xs->changes;
}

char **
xs_check_watch(struct xs_handle *xs)
{
    char **event;

    if (fake_world()->xenstore_broken) {
        errno = EINVAL;
        return NULL;
    }
    if (fake_changes_drain(xs->changes))
        xs->told = 0;
    if (xs->told == xs->count) {
        errno = EAGAIN;
        return NULL;
    }
    event = xcalloc(2, sizeof *event);
    event[XS_WATCH_PATH] = event[XS_WATCH_TOKEN] = xs->watched[xs->told++];
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
    unsigned                  domid;
    int                       end = 0;

    if (sscanf(path, "/local/domain/%u/%n", &domid, &end) == 1 && end &&
        (dom = fake_domain_find(domid))) {
        if (strcmp(path + end, "name") == 0 && dom->name[0])
            return xstrdup(dom->name);
        if (strcmp(path + end, "console/tty") == 0)
            return xasprintf("/dev/pts/%u", domid);
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
    fake_lock();
    if (!fake_world()->xenstore_broken && !fake_call("xs_read", false).rc)
        value = value_of(path);
    fake_unlock();
    *len = value ? (unsigned)strlen(value) : 0;
    return value;
}

/*----- driver/xl-check.c -----*/

/* A pipe: at its end all connections of this process have ended. */
static int xenstored[2] = {-1, -1};

int
xl_check_host(struct err *err)
{
    if (fake_world()->off)
        return err_set(err, ERR_NO_CONNECT, "this is not a Xen dom0: the fake is off");
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
