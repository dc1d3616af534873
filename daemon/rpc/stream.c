/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "conn.h"
#include "eventloop/loop.h"
#include "request-private.h"
#include "server.h"
#include "stream.h"

/* Bytes that wait, first in, first out. */
struct backlog {
    uint8_t *bytes;
    size_t   at, size; /* of the first one, and how many */
    size_t   room;
};

struct stream {
    TAILQ_ENTRY(stream) link; /* in conn's list */
    struct conn             *conn;
    struct wire_header       header; /* of all its messages, but for the status */
    const struct stream_ops *ops;    /* NULL: Ended */
    void                    *arg;
    struct backlog           out;     /* STREAM_CREDIT at most */
    struct backlog           in;      /* STREAM_KEPT_MAX at most */
    bool                     refused; /* stream_send did not take all: writable() is due */
    bool                     ended, told_end;
    bool                     finished; /* the client: finish() is due or was called */
    bool                    *freed;    /* set while data() runs */
    struct loop_defer        deliver, wake;
};

static loop_fn stream_deliver;
static loop_fn stream_wake;

/*----- what waits -----*/

static void
backlog_add(struct backlog *backlog, const void *data, size_t size)
{
    if (backlog->at + backlog->size + size > backlog->room) {
        if (backlog->size)
            memmove(backlog->bytes, backlog->bytes + backlog->at, backlog->size);
        backlog->at = 0;
    }
    if (backlog->size + size > backlog->room) {
        backlog->room = 2 * (backlog->size + size);
        backlog->bytes = xrealloc(backlog->bytes, backlog->room);
    }
    memcpy(backlog->bytes + backlog->at + backlog->size, data, size);
    backlog->size += size;
}

/* The memory goes with the last byte: most streams are idle most of the time. */
static void
backlog_remove(struct backlog *backlog, size_t size)
{
    backlog->at += size;
    backlog->size -= size;
    if (backlog->size)
        return;
    free(backlog->bytes);
    *backlog = (struct backlog){.bytes = NULL};
}

static void
stream_remove(struct stream *stream, struct backlog *backlog, size_t size)
{
    if (!size)
        return;
    backlog_remove(backlog, size);
    conn_count_stream(stream->conn, -(ssize_t)size);
}

/*----- coming and going -----*/

static struct stream *
stream_find(const struct conn *conn, const struct wire_header *header)
{
    struct stream *stream;

    TAILQ_FOREACH (stream, &conn->streams, link)
        if (stream->header.program == header->program &&
            stream->header.version == header->version &&
            stream->header.procedure == header->procedure &&
            stream->header.serial == header->serial)
            return stream;
    return NULL;
}

struct stream *
stream_open(struct request *req, const void *ret, const struct stream_ops *ops, void *arg,
            struct err *err)
{
    struct conn   *conn = request_conn(req);
    struct stream *stream;

    if (!conn) {
        err_set(err, ERR_OPERATION_ABORTED, "the client has gone");
        return NULL;
    }
    if (conn->n_streams >= STREAMS_MAX || stream_find(conn, &req->header)) {
        err_set_libvirt(err, ERR_OPERATION_FAILED,
                        "this connection may have %u streams, each of a serial of its own",
                        STREAMS_MAX);
        return NULL;
    }
    stream = xcalloc(1, sizeof *stream);
    stream->conn = conn;
    stream->header = req->header;
    stream->header.type = WIRE_STREAM;
    stream->ops = ops;
    stream->arg = arg;
    loop_defer_init(&stream->deliver, conn->setup->loop, stream_deliver, stream);
    loop_defer_init(&stream->wake, conn->setup->loop, stream_wake, stream);
    request_reply(req, ret);
    TAILQ_INSERT_TAIL(&conn->streams, stream, link);
    conn->n_streams++;
    return stream;
}

static void
stream_free(struct stream *stream)
{
    if (stream->freed)
        *stream->freed = true;
    stream_remove(stream, &stream->out, stream->out.size);
    stream_remove(stream, &stream->in, stream->in.size);
    loop_defer_stop(&stream->deliver);
    loop_defer_stop(&stream->wake);
    TAILQ_REMOVE(&stream->conn->streams, stream, link);
    stream->conn->n_streams--;
    free(stream);
}

/* And tell who answered the call, unless it has ended it. */
static void
stream_lose(struct stream *stream)
{
    const struct stream_ops *ops = stream->ops;
    void                    *arg = stream->arg;

    stream_free(stream);
    if (ops && ops->gone)
        ops->gone(arg);
}

void
streams_gone(struct conn *conn)
{
    struct stream *stream;

    while ((stream = TAILQ_FIRST(&conn->streams)))
        stream_lose(stream);
}

static void
stream_encode(const struct stream *stream, uint32_t status, const void *data, size_t size,
              void **frame_out, size_t *frame_size_out)
{
    struct wire_header header = stream->header;

    header.status = status;
    wire_encode_data(&header, data, size, frame_out, frame_size_out);
}

static void
stream_confirm(struct stream *stream)
{
    cleanup_free void *frame = NULL;
    size_t             size;

    stream_encode(stream, WIRE_OK, NULL, 0, &frame, &size);
    conn_send(stream->conn, frame, size);
}

void
stream_close(struct stream *stream)
{
    /* One that the client has not asked for ends the connection: libvirt's clients see to that. */
    assert(stream->finished);
    stream_confirm(stream);
    stream_free(stream);
}

void
stream_fail(struct stream *stream, const struct err *err)
{
    conn_send_error(stream->conn, &stream->header, err);
    stream_free(stream);
}

/* The client did something that ends the stream. */
static void
stream_refuse(struct stream *stream, enum err_code code, const char *reason)
{
    struct err err;

    err_set(&err, code, "%s", reason);
    conn_send_error(stream->conn, &stream->header, &err);
    stream_lose(stream);
}

/*----- output -----*/

size_t
stream_send(struct stream *stream, const void *data, size_t size)
{
    size_t room = STREAM_CREDIT - stream->out.size;
    size_t taken = size < room ? size : room;

    assert(!stream->ended);
    if (taken < size)
        stream->refused = true;
    if (!taken)
        return 0;
    backlog_add(&stream->out, data, taken);
    conn_count_stream(stream->conn, (ssize_t)taken);
    streams_pump(stream->conn);
    return taken;
}

void
stream_end(struct stream *stream)
{
    stream->ops = NULL;
    stream->ended = true;
    stream_remove(stream, &stream->in, stream->in.size);
    loop_defer_stop(&stream->deliver);
    loop_defer_stop(&stream->wake);
    streams_pump(stream->conn);
    if (stream->finished)
        stream_close(stream);
}

static void
stream_send_piece(struct stream *stream)
{
    size_t             piece = stream->out.size < STREAM_PIECE ? stream->out.size : STREAM_PIECE;
    cleanup_free void *frame = NULL;
    size_t             size;

    stream_encode(stream, WIRE_CONTINUE, stream->out.bytes + stream->out.at, piece, &frame, &size);
    stream_remove(stream, &stream->out, piece);
    conn_send_piece(stream->conn, frame, size);
    if (stream->refused && stream->out.size <= STREAM_CREDIT / 2)
        loop_defer_start(&stream->wake);
}

/* An empty piece of data: the client reads an end. */
static void
stream_tell_end(struct stream *stream)
{
    cleanup_free void *frame = NULL;
    size_t             size;

    stream->told_end = true;
    stream_encode(stream, WIRE_CONTINUE, NULL, 0, &frame, &size);
    conn_send_piece(stream->conn, frame, size);
}

static struct stream *
streams_next_to_send(const struct conn *conn)
{
    struct stream *stream;

    TAILQ_FOREACH (stream, &conn->streams, link)
        if (stream->out.size || (stream->ended && !stream->told_end))
            return stream;
    return NULL;
}

void
streams_pump(struct conn *conn)
{
    struct stream *stream;

    while (conn_is_drained(conn) && (stream = streams_next_to_send(conn))) {
        /* The others have their turn before it has another one. */
        TAILQ_REMOVE(&conn->streams, stream, link);
        TAILQ_INSERT_TAIL(&conn->streams, stream, link);
        if (stream->out.size)
            stream_send_piece(stream);
        else
            stream_tell_end(stream);
    }
}

static void
stream_wake(void *arg)
{
    struct stream *stream = arg;

    stream->refused = false;
    if (stream->ops->writable)
        stream->ops->writable(stream->arg);
}

size_t
streams_held(const struct conn *conn)
{
    const struct stream *stream;
    size_t               held = 0;

    TAILQ_FOREACH (stream, &conn->streams, link)
        held += stream->out.size + stream->in.size;
    return held;
}

/*----- input -----*/

/* Returns false when the stream has ended, or its connection is about to and data has gone. */
static bool
stream_offer(struct stream *stream, const void *data, size_t size, size_t *taken_out)
{
    bool freed = false;

    stream->freed = &freed;
    *taken_out = stream->ops->data(stream->arg, data, size);
    if (freed)
        return false;
    stream->freed = NULL;
    return stream->ops && !stream->conn->given_up;
}

/* When nothing is kept any more.  May free stream: must be last. */
static void
stream_finish_if_due(struct stream *stream)
{
    if (!stream->finished || stream->in.size)
        return;
    if (stream->ops && stream->ops->finish)
        stream->ops->finish(stream->arg);
    else
        stream_close(stream);
}

static void
stream_deliver(void *arg)
{
    struct stream *stream = arg;
    size_t         taken = 0;

    if (stream->in.size &&
        !stream_offer(stream, stream->in.bytes + stream->in.at, stream->in.size, &taken))
        return;
    stream_remove(stream, &stream->in, taken);
    stream_finish_if_due(stream); /* must be last */
}

void
stream_resume(struct stream *stream)
{
    if (stream->in.size)
        loop_defer_start(&stream->deliver);
}

/* finish() comes from the loop. */
void
stream_drop(struct stream *stream)
{
    stream_remove(stream, &stream->in, stream->in.size);
    if (stream->finished)
        loop_defer_start(&stream->deliver);
}

/* May free stream: must be last. */
static void
stream_receive_finish(struct stream *stream)
{
    if (stream->finished)
        return;
    stream->finished = true;
    if (stream->in.size && stream->ops && stream->ops->finishing)
        stream->ops->finishing(stream->arg);
    stream_finish_if_due(stream); /* must be last */
}

/* May free stream: must be last. */
static void
stream_receive_data(struct stream *stream, const char *data, size_t size)
{
    size_t taken = 0;

    if (!stream->ops || stream->finished || !size)
        return;
    if (!stream->in.size && !stream_offer(stream, data, size, &taken))
        return;
    if (taken == size)
        return;
    if (stream->in.size + size - taken > STREAM_KEPT_MAX) {
        stream_refuse(stream, ERR_OPERATION_FAILED,
                      "the stream's data comes faster than it is taken");
        return;
    }
    backlog_add(&stream->in, data + taken, size - taken);
    conn_count_stream(stream->conn, (ssize_t)(size - taken));
}

void
streams_receive(struct conn *conn, const struct wire_header *header, const void *frame, size_t size)
{
    struct stream *stream = stream_find(conn, header);

    if (!stream)
        return;
    if (header->type == WIRE_STREAM_HOLE) {
        stream_refuse(stream, ERR_RPC, "Unexpected stream hole");
        return;
    }
    switch (header->status) {
    case WIRE_CONTINUE:
        stream_receive_data(stream, (const char *)frame + WIRE_HEADER_SIZE,
                            size - WIRE_HEADER_SIZE);
        break;
    case WIRE_OK:
        stream_receive_finish(stream);
        break;
    case WIRE_ERROR:
        stream_confirm(stream);
        stream_lose(stream);
        break;
    default:
        stream_refuse(stream, ERR_RPC, "Unexpected message status of a stream");
        break;
    }
}
