/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "eventloop/stream.h"

/* Read at a time: others have their turn in between. */
#define READ_SIZE 65536

/* Delivered at a time, for the same reason. */
#define FRAMES_AT_ONCE 32

static void stream_ready(void *arg);
static void stream_again(void *arg);

static void
update(struct stream *s)
{
    bool read = !s->paused && !s->backlog;

    loop_io_start(&s->io, s->fd, read, evbuffer_get_length(s->out) > 0);
}

static void
count(struct stream *s)
{
    size_t now = stream_unread(s) + stream_unsent(s);

    if (s->total)
        s->total->bytes += now - s->counted;
    s->counted = now;
}

/* It may hold more than before.  Returns whether the stream is still Open. */
static bool
count_more(struct stream *s)
{
    size_t before = s->counted;

    count(s);
    if (s->total && s->counted > before)
        s->total->grown(s->total->arg);
    return s->fd >= 0;
}

void
stream_init(struct stream *stream, struct loop *loop, int fd, const struct stream_ops *ops,
            void *arg)
{
    *stream = (struct stream){.loop = loop, .ops = ops, .arg = arg, .fd = fd};
    stream->frame_max = SIZE_MAX;
    stream->in = evbuffer_new();
    stream->out = evbuffer_new();
    if (!stream->in || !stream->out)
        abort();
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    loop_io_init(&stream->io, loop, stream_ready, stream);
    loop_defer_init(&stream->again, loop, stream_again, stream);
    update(stream);
}

void
stream_count_in(struct stream *stream, struct stream_total *total)
{
    stream->total = total;
    stream->counted = 0;
    count(stream);
}

void
stream_close(struct stream *stream)
{
    if (stream->fd < 0)
        return;
    if (stream->gone)
        *stream->gone = true;
    stream->gone = NULL;
    loop_io_stop(&stream->io);
    loop_defer_stop(&stream->again);
    close(take_fd(stream->fd));
    evbuffer_free(take_ptr(stream->in));
    evbuffer_free(take_ptr(stream->out));
    count(stream);
}

/* Close, and say so: must be last. */
static void
lost(struct stream *s, const struct err *err)
{
    stream_close(s);
    s->ops->closed(s->arg, err);
}

static int
size_of_next(struct stream *s, size_t *size_out, struct err *err)
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

/*
 * Hand over the frames that are whole, until there is no more, others should have a turn, a
 * frame's receiver pauses, or the stream goes.  Returns whether the stream is still Open; if not,
 * it may be freed memory.
 */
static bool
deliver(struct stream *s)
{
    bool     gone = false;
    unsigned n = 0;

    s->backlog = false;
    while (!s->paused && !s->closing) {
        size_t     size = 0;
        struct err err;

        if (size_of_next(s, &size, &err) < 0) {
            lost(s, &err);
            return false;
        }
        if (!size || evbuffer_get_length(s->in) < size)
            break;
        if (n++ == FRAMES_AT_ONCE) {
            s->backlog = true;
            loop_defer_start(&s->again);
            break;
        }
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
flush(struct stream *s)
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
            lost(s, NULL);
            return false;
        }
        evbuffer_drain(s->out, (size_t)n);
    }
    return true;
}

static bool
drained(struct stream *s)
{
    bool gone = false;

    if (evbuffer_get_length(s->out))
        return true;
    if (s->closing) {
        lost(s, NULL);
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
receive(struct stream *s)
{
    char    bytes[READ_SIZE];
    ssize_t n = recv(s->fd, bytes, sizeof bytes, MSG_DONTWAIT);

    if (n > 0 && evbuffer_add(s->in, bytes, (size_t)n) < 0)
        abort();
    return n;
}

static void
stream_ready(void *arg)
{
    struct stream *s = arg;
    bool           had_output = evbuffer_get_length(s->out) > 0;
    ssize_t        n;

    if (had_output && (!flush(s) || !drained(s)))
        return;
    if (!s->paused && !s->backlog) {
        n = receive(s);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
            lost(s, NULL);
            return;
        }
        if (n > 0 && !deliver(s))
            return;
    }
    if (count_more(s))
        update(s);
}

static void
stream_again(void *arg)
{
    struct stream *s = arg;

    if (!deliver(s))
        return;
    count(s);
    update(s);
}

void
stream_send(struct stream *stream, const void *data, size_t size)
{
    ssize_t n = 0;

    if (stream->fd < 0)
        return;
    /* The usual case costs one system call and no queue.  A failure is noticed by the loop. */
    if (!evbuffer_get_length(stream->out)) {
        n = send(stream->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0)
            n = 0;
    }
    if ((size_t)n == size)
        return;
    evbuffer_add(stream->out, (const char *)data + n, size - (size_t)n);
    update(stream);
    count_more(stream);
}

size_t
stream_unsent(const struct stream *stream)
{
    return stream->fd < 0 ? 0 : evbuffer_get_length(stream->out);
}

size_t
stream_unread(const struct stream *stream)
{
    return stream->fd < 0 ? 0 : evbuffer_get_length(stream->in);
}

bool
stream_peer_is_gone(const struct stream *stream)
{
    struct pollfd peer = {.fd = stream->fd};

    return stream->fd >= 0 && poll(&peer, 1, 0) == 1 && (peer.revents & (POLLHUP | POLLERR));
}

void
stream_set_frame_max(struct stream *stream, size_t size)
{
    stream->frame_max = size;
}

void
stream_close_when_drained(struct stream *stream)
{
    if (stream->fd < 0)
        return;
    stream->closing = true;
    if (!evbuffer_get_length(stream->out)) {
        /* The loop closes it: not from inside a call of its owner. */
        shutdown(stream->fd, SHUT_RDWR);
    }
    stream->paused = false;
    update(stream);
}

void
stream_pause(struct stream *stream)
{
    if (stream->fd < 0 || stream->paused)
        return;
    stream->paused = true;
    update(stream);
}

void
stream_resume(struct stream *stream)
{
    if (stream->fd < 0 || !stream->paused)
        return;
    stream->paused = false;
    update(stream);
    loop_defer_start(&stream->again);
}
