/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sys/stat.h>

#include "loop-private.h"

void
loop_io_init(struct loop_io *io, struct loop *loop, loop_fn *ready, void *arg)
{
    *io = (struct loop_io){.loop = loop, .ready = ready, .arg = arg, .fd = -1};
    loop_defer_init(&io->turn, loop, ready, arg);
}

static void
io_tell_ready(evutil_socket_t fd, short what, void *arg)
{
    struct loop_io *io = arg;

    (void)fd, (void)what;
    if (io->low)
        loop_defer_start(&io->turn);
    else
        io->ready(io->arg); /* may free io: must be last */
}

static void
io_tell_file_ready(evutil_socket_t fd, short what, void *arg)
{
    static const struct timeval pause = {.tv_usec = LOOP_FILE_USEC};
    struct loop_io             *io = arg;

    (void)fd, (void)what;
    evtimer_add(io->event, &pause);
    io->ready(io->arg); /* may free io: must be last */
}

static struct event *
io_new_file_event(struct loop_io *io)
{
    static const struct timeval now;
    struct event               *event = evtimer_new(io->loop->base, io_tell_file_ready, io);

    if (event && evtimer_add(event, &now) == 0)
        return event;
    if (event)
        event_free(event);
    errno = ENOMEM;
    return NULL;
}

static struct event *
io_new_event(struct loop_io *io, int fd, short what)
{
    struct event *event =
        event_new(io->loop->base, fd, (short)(what | EV_PERSIST), io_tell_ready, io);
    int errnum;

    errno = ENOMEM; /* libevent leaves the kernel's reason there, if it was the kernel */
    if (event && event_add(event, NULL) == 0)
        return event;
    errnum = errno;
    if (event)
        event_free(event);
    errno = errnum;
    return NULL;
}

/*
 * What has no poll of its own is always ready: files, folders and disks, which are known by their
 * type, and some character devices, which only epoll knows.  NULL with errno: refused.
 */
static struct event *
io_watch(struct loop_io *io, int fd, short what)
{
    struct stat   st;
    struct event *event;

    if (fstat(fd, &st) < 0)
        return NULL;
    if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode))
        return io_new_file_event(io);
    event = io_new_event(io, fd, what);
    return event || errno != EPERM ? event : io_new_file_event(io);
}

int
loop_io_start(struct loop_io *io, int fd, bool read, bool write, struct err *err)
{
    struct event *event;

    if (io->event && io->fd == fd && io->read == read && io->write == write)
        return 0;
    if (!read && !write) {
        loop_io_stop(io);
        return 0;
    }
    /* The old one goes last: it stays if there is no new one. */
    event = io_watch(io, fd, (short)((read ? EV_READ : 0) | (write ? EV_WRITE : 0)));
    if (!event)
        return err_set_errno(err, errno, "the event loop cannot watch descriptor %d", fd);
    loop_io_stop(io);
    io->event = event;
    io->fd = fd;
    io->read = read;
    io->write = write;
    return 0;
}

void
loop_io_stop(struct loop_io *io)
{
    if (io->event)
        event_free(io->event);
    io->event = NULL;
    loop_defer_stop(&io->turn);
}

void
loop_io_set_low(struct loop_io *io)
{
    io->low = true;
}
