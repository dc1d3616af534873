/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "eventloop/framed.h"

/* Read at a time: others have their turn in between. */
#define READ_SIZE 65536

/* Delivered at a time, for the same reason. */
#define FRAMES_AT_ONCE 32

static void framed_ready(void *arg);
static void framed_again(void *arg);

static void
framed_update(struct framed *s)
{
    bool       read = !s->paused && !s->backlog && !s->waits;
    struct err err;

    if (loop_io_start(&s->io, s->fd, read, evbuffer_get_length(s->out) > 0, &err) == 0)
        return;
    s->refused = err.detail;
    loop_defer_start(&s->again);
}

static void
framed_count(struct framed *s)
{
    size_t now = framed_unread(s) + framed_unsent(s);

    for (struct framed_total *total = s->total; total; total = total->all)
        total->bytes += now - s->counted;
    s->counted = now;
}

/* It may hold more than before.  Returns whether the stream is still Open. */
static bool
framed_count_more(struct framed *s)
{
    size_t before = s->counted;

    framed_count(s);
    if (s->total && s->counted > before)
        s->total->grown(s->total->arg);
    return s->fd >= 0;
}

void
framed_init(struct framed *framed, struct loop *loop, int fd, const struct framed_ops *ops,
            void *arg)
{
    *framed = (struct framed){.loop = loop, .ops = ops, .arg = arg, .fd = fd};
    framed->frame_max = SIZE_MAX;
    framed->read_max = READ_SIZE;
    framed->in = evbuffer_new();
    framed->out = evbuffer_new();
    if (!framed->in || !framed->out)
        abort();
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    loop_io_init(&framed->io, loop, framed_ready, framed);
    loop_defer_init(&framed->again, loop, framed_again, framed);
    framed_update(framed);
}

void
framed_count_in(struct framed *framed, struct framed_total *total)
{
    framed->total = total;
    framed->counted = 0;
    framed_count(framed);
}

void
framed_close(struct framed *framed)
{
    if (framed->fd < 0)
        return;
    if (framed->gone)
        *framed->gone = true;
    framed->gone = NULL;
    loop_io_stop(&framed->io);
    loop_defer_stop(&framed->again);
    close(take_fd(framed->fd));
    evbuffer_free(take_ptr(framed->in));
    evbuffer_free(take_ptr(framed->out));
    framed_count(framed);
}

/* Close, and say so: must be last. */
static void
framed_lose(struct framed *s, const struct err *err)
{
    framed_close(s);
    s->ops->closed(s->arg, err);
}

static int
framed_size_next(struct framed *s, size_t *size_out, struct err *err)
{
    unsigned char start[8];
    ev_ssize_t    have = evbuffer_copyout(s->in, start, sizeof start);

    if (s->ops->size_of(start, (size_t)have, size_out, err) < 0)
        return -1;
    if (*size_out > s->frame_max)
        return err_set(err, ERR_RPC, "a frame of %zu bytes, longer than the %zu allowed", *size_out,
                       s->frame_max);
    return 0;
}

static bool
framed_must_wait(struct framed *s)
{
    s->waits = s->waits || (s->ops->must_wait && s->ops->must_wait(s->arg));
    return s->waits;
}

/*
 * Hand over the frames that are whole, until there is no more, others should have a turn, a
 * frame's receiver pauses, or the stream goes.  granted: the first one need not wait.  Returns
 * whether the stream is still Open; if not, it may be freed memory.
 */
static bool
framed_deliver(struct framed *s, bool granted)
{
    bool     gone = false;
    unsigned n = 0;

    s->backlog = false;
    while (!s->paused && !s->closing) {
        size_t     size = 0;
        struct err err;

        if (framed_size_next(s, &size, &err) < 0) {
            framed_lose(s, &err);
            return false;
        }
        if (!size || evbuffer_get_length(s->in) < size)
            break;
        if (n++ == FRAMES_AT_ONCE) {
            s->backlog = true;
            loop_defer_start(&s->again);
            break;
        }
        if (!(granted && n == 1) && framed_must_wait(s))
            break;
        s->gone = &gone;
        s->ops->frame(s->arg, evbuffer_pullup(s->in, (ev_ssize_t)size), size);
        if (gone)
            return false;
        s->gone = NULL;
        evbuffer_drain(s->in, size);
    }
    if (s->closing)
        evbuffer_drain(s->in, evbuffer_get_length(s->in));
    return true;
}

/* Write what the socket takes now.  Returns false if the stream was lost. */
static bool
framed_flush(struct framed *s)
{
    while (evbuffer_get_length(s->out)) {
        /* Not evbuffer_write: SIGPIPE must not come. */
        struct evbuffer_iovec part;
        ssize_t               n;

        evbuffer_peek(s->out, -1, NULL, &part, 1);
        n = send(s->fd, part.iov_base, part.iov_len, MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return true;
        if (n < 0) {
            framed_lose(s, NULL);
            return false;
        }
        evbuffer_drain(s->out, (size_t)n);
    }
    return true;
}

static bool
framed_tell_drained(struct framed *s)
{
    bool gone = false;

    if (evbuffer_get_length(s->out))
        return true;
    if (s->closing) {
        framed_lose(s, NULL);
        return false;
    }
    if (!s->ops->drained)
        return true;
    s->gone = &gone;
    s->ops->drained(s->arg);
    if (!gone)
        s->gone = NULL;
    return !gone;
}

/* Not evbuffer_read: it asks first how much there is, and takes no more than 4 KiB. */
static ssize_t
framed_receive(struct framed *s)
{
    char    bytes[READ_SIZE];
    ssize_t n = recv(s->fd, bytes, s->read_max, MSG_DONTWAIT);

    if (n > 0 && evbuffer_add(s->in, bytes, (size_t)n) < 0)
        abort();
    return n;
}

/* Read once, and hand over.  Returns whether the stream is still Open. */
static bool
framed_read(struct framed *s, bool granted)
{
    ssize_t n = framed_receive(s);

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        framed_lose(s, NULL);
        return false;
    }
    return n < 0 || framed_deliver(s, granted);
}

static void
framed_ready(void *arg)
{
    struct framed *s = arg;
    bool           had_output = evbuffer_get_length(s->out) > 0;

    if (had_output && (!framed_flush(s) || !framed_tell_drained(s)))
        return;
    if (!s->paused && !s->backlog && !framed_must_wait(s) && !framed_read(s, false))
        return;
    if (framed_count_more(s))
        framed_update(s);
}

void
framed_take_turn(struct framed *framed)
{
    size_t     size = 0;
    struct err err;

    if (framed->fd < 0 || !framed->waits)
        return;
    framed->waits = false;
    if (framed->paused || framed->backlog) {
        framed_update(framed);
        return;
    }
    if (framed_size_next(framed, &size, &err) == 0 && size && framed_unread(framed) >= size) {
        if (!framed_deliver(framed, true))
            return;
    } else if (!framed_read(framed, true)) {
        return;
    }
    if (framed_count_more(framed))
        framed_update(framed);
}

static void
framed_again(void *arg)
{
    struct framed *s = arg;
    struct err     err;

    if (s->refused) {
        err_set_errno(&err, s->refused, "the event loop cannot watch the socket");
        framed_lose(s, &err); /* must be last */
        return;
    }
    if (!framed_deliver(s, false))
        return;
    framed_count(s);
    framed_update(s);
}

void
framed_send(struct framed *framed, const void *data, size_t size)
{
    ssize_t n = 0;

    if (framed->fd < 0)
        return;
    /* The usual case costs one system call and no queue.  A failure is noticed by the loop. */
    if (!evbuffer_get_length(framed->out)) {
        n = send(framed->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0)
            n = 0;
    }
    if ((size_t)n == size)
        return;
    evbuffer_add(framed->out, (const char *)data + n, size - (size_t)n);
    framed_update(framed);
    framed_count_more(framed);
}

size_t
framed_unsent(const struct framed *framed)
{
    return framed->fd < 0 ? 0 : evbuffer_get_length(framed->out);
}

size_t
framed_unread(const struct framed *framed)
{
    return framed->fd < 0 ? 0 : evbuffer_get_length(framed->in);
}

bool
framed_peer_is_gone(const struct framed *framed)
{
    struct pollfd peer = {.fd = framed->fd};

    return framed->fd >= 0 && poll(&peer, 1, 0) == 1 && (peer.revents & (POLLHUP | POLLERR));
}

void
framed_set_low(struct framed *framed)
{
    loop_io_set_low(&framed->io);
}

void
framed_set_frame_max(struct framed *framed, size_t size)
{
    framed->frame_max = size;
}

void
framed_set_read_max(struct framed *framed, size_t size)
{
    assert(size <= READ_SIZE);
    framed->read_max = size;
}

void
framed_close_when_drained(struct framed *framed)
{
    if (framed->fd < 0)
        return;
    framed->closing = true;
    if (!evbuffer_get_length(framed->out)) {
        /* The loop closes it: not from inside a call of its owner. */
        shutdown(framed->fd, SHUT_RDWR);
    }
    framed->paused = false;
    framed_update(framed);
}

void
framed_pause(struct framed *framed)
{
    if (framed->fd < 0 || framed->paused)
        return;
    framed->paused = true;
    framed_update(framed);
}

void
framed_resume(struct framed *framed)
{
    if (framed->fd < 0 || !framed->paused)
        return;
    framed->paused = false;
    framed_update(framed);
    loop_defer_start(&framed->again);
}
