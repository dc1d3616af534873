/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "loop-private.h"

static void
io_ready(evutil_socket_t fd, short what, void *arg)
{
    struct loop_io *io = arg;

    (void)fd, (void)what;
    io->ready(io->arg); /* may free io: must be last */
}

void
loop_io_init(struct loop_io *io, struct loop *loop, loop_fn *ready, void *arg)
{
    *io = (struct loop_io){.loop = loop, .ready = ready, .arg = arg};
}

static bool
is_regular_file(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

static void
start_always_ready(struct loop_io *io)
{
    io->always_ready = true;
    TAILQ_INSERT_TAIL(&io->loop->always, io, always);
    loop_turn_again(io->loop);
}

void
loop_io_start(struct loop_io *io, int fd, bool read, bool write)
{
    short what = (short)(EV_PERSIST | (read ? EV_READ : 0) | (write ? EV_WRITE : 0));

    if (io->event && event_get_fd(io->event) == fd && event_get_events(io->event) == what)
        return;
    loop_io_stop(io);
    if (!read && !write)
        return;
    if (is_regular_file(fd)) {
        start_always_ready(io);
        return;
    }
    io->event = event_new(io->loop->base, fd, what, io_ready, io);
    if (!io->event || event_add(io->event, NULL) < 0) {
        fprintf(stderr, "the event loop refuses descriptor %d\n", fd);
        abort();
    }
}

void
loop_io_stop(struct loop_io *io)
{
    if (io->event)
        event_free(io->event);
    io->event = NULL;
    if (io->always_ready)
        TAILQ_REMOVE(&io->loop->always, io, always);
    io->always_ready = false;
}

/* Each once: a callback may stop or free any of them, so the list is walked by moving its head to
 * its tail, up to a marker. */
void
loop_run_always(struct loop *loop)
{
    struct loop_io marker = {.loop = loop};

    TAILQ_INSERT_TAIL(&loop->always, &marker, always);
    for (;;) {
        struct loop_io *io = TAILQ_FIRST(&loop->always);

        TAILQ_REMOVE(&loop->always, io, always);
        if (io == &marker)
            return;
        TAILQ_INSERT_TAIL(&loop->always, io, always);
        io->ready(io->arg); /* may free io: must be last */
    }
}
