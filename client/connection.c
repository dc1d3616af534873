/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/alloc.h"
#include "calls.h"
#include "clock.h"
#include "connection.h"
#include "wire/libvirt.h"

#define READ_SIZE (64u * 1024)
#define RETRY_MSEC 100

struct buffer {
    char  *data;
    size_t size, capacity;
};

struct connection {
    int           fd; /* -1: not open */
    char         *path;
    bool          readonly;
    unsigned      patience_sec;
    uint32_t      next_serial;
    struct buffer in, out;
    uint64_t      written;    /* bytes that the socket took, from out */
    struct err    lost;       /* code 0 while all is well */
    TAILQ_HEAD(, call) calls; /* Sent, borrowed */
    TAILQ_HEAD(, stream) streams;
    message_fn *message;
    void       *message_arg;

    const struct reopening *reopening; /* NULL, but in connection_reopen */
    uint64_t                give_up_usec;
};

/*----- buffers -----*/

static void
buffer_append(struct buffer *buffer, const void *data, size_t size)
{
    if (buffer->capacity - buffer->size < size) {
        buffer->capacity = 2 * buffer->capacity + size;
        buffer->data = xrealloc(buffer->data, buffer->capacity);
    }
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

static void
buffer_drop(struct buffer *buffer, size_t size)
{
    buffer->size -= size;
    memmove(buffer->data, buffer->data + size, buffer->size);
}

/*----- frames -----*/

static struct call *
connection_find_call(const struct connection *conn, const struct wire_header *header)
{
    struct call *call;

    TAILQ_FOREACH (call, &conn->calls, link) {
        if (!call->reply && call->serial == header->serial && call->program == header->program)
            return call;
    }
    return NULL;
}

static void
connection_take_stream(struct connection *conn, const struct wire_header *header, const void *frame,
                       size_t size)
{
    struct stream *stream;

    TAILQ_FOREACH (stream, &conn->streams, link)
        if (stream->serial == header->serial && stream->program == header->program)
            break;
    if (!stream || stream->ended)
        return;
    if (header->status == WIRE_ERROR)
        wire_decode_error(frame, size, &stream->err);
    if (header->status == WIRE_OK)
        stream->finished = true;
    if (header->status != WIRE_CONTINUE || size == WIRE_HEADER_SIZE)
        stream->ended = true;
    else
        stream->data(stream->arg, (const char *)frame + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE);
}

static void
connection_answer_keepalive(struct connection *conn, const struct wire_header *ping)
{
    struct wire_header pong = *ping;
    struct err         ignored;
    void              *frame;
    size_t             size;

    if (ping->procedure != KEEPALIVE_PING)
        return;
    pong.procedure = KEEPALIVE_PONG;
    if (wire_encode(&pong, NULL, NULL, &frame, &size, &ignored) == 0) {
        buffer_append(&conn->out, frame, size);
        free(frame);
    }
}

static void
connection_take_frame(struct connection *conn, const void *frame, size_t size)
{
    struct wire_header header;
    struct call       *call;

    wire_header_decode(frame, size, &header);
    if (header.program == WIRE_PROGRAM_KEEPALIVE) {
        connection_answer_keepalive(conn, &header);
    } else if (header.type == WIRE_MESSAGE) {
        if (conn->message)
            conn->message(conn->message_arg, &header, frame, size);
    } else if (header.type == WIRE_STREAM) {
        connection_take_stream(conn, &header, frame, size);
    } else if (header.type == WIRE_REPLY && (call = connection_find_call(conn, &header))) {
        call->reply = xmemdup(frame, size);
        call->reply_size = size;
    }
    /* Anything else is the answer to a call that was forgotten. */
}

/* Deal with the whole frames that are there. */
static int
connection_take_frames(struct connection *conn, struct err *err)
{
    size_t at = 0, size = 0;

    for (;; at += size) {
        if (wire_frame_size(conn->in.data + at, conn->in.size - at, &size, err) < 0)
            return err_prefix(err, "the daemon at %s sent what is not its protocol", conn->path);
        if (size == 0 || size > conn->in.size - at)
            break;
        connection_take_frame(conn, conn->in.data + at, size);
    }
    buffer_drop(&conn->in, at);
    return 0;
}

/*----- the socket -----*/

static int
connection_set_lost(const struct connection *conn, int errnum, struct err *err)
{
    if (errnum)
        err_set_errno(err, errnum, "the connection to the daemon at %s was lost", conn->path);
    else
        err_set(err, ERR_NO_CONNECT, "the connection to the daemon at %s was lost", conn->path);
    err->code = ERR_NO_CONNECT;
    return -1;
}

static int
connection_write(struct connection *conn, struct err *err)
{
    ssize_t n = send(conn->fd, conn->out.data, conn->out.size, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n < 0 && errno != EPIPE)
        return connection_set_lost(conn, errno, err);
    /* EPIPE: reading will tell, after what the daemon said before it hung up. */
    buffer_drop(&conn->out, n < 0 ? conn->out.size : (size_t)n);
    conn->written += n < 0 ? 0 : (uint64_t)n;
    return 0;
}

static int
connection_read(struct connection *conn, struct err *err)
{
    char    data[READ_SIZE];
    ssize_t n = recv(conn->fd, data, sizeof data, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0)
        return connection_set_lost(conn, n < 0 ? errno : 0, err);
    buffer_append(&conn->in, data, (size_t)n);
    return connection_take_frames(conn, err);
}

static int
connection_poll(struct connection *conn, int wake_fd, int timeout_msec, struct err *err)
{
    struct pollfd fds[] = {
        {.fd = conn->fd, .events = (short)(POLLIN | (conn->out.size ? POLLOUT : 0))},
        {.fd = wake_fd, .events = POLLIN}, /* poll passes over a negative one */
    };

    if (poll(fds, array_size(fds), timeout_msec) < 0)
        return errno == EINTR ? 0 : err_set_errno(err, errno, "poll");
    if ((fds[0].revents & POLLOUT) && connection_write(conn, err) < 0)
        return -1;
    return fds[0].revents & ~POLLOUT ? connection_read(conn, err) : 0;
}

int
connection_turn(struct connection *conn, int wake_fd, int timeout_msec, struct err *err)
{
    if (!conn->lost.code)
        connection_poll(conn, wake_fd, timeout_msec, &conn->lost);
    if (!conn->lost.code)
        return 0;
    *err = conn->lost;
    return -1;
}

void
connection_on_message(struct connection *conn, message_fn *fn, void *arg)
{
    conn->message = fn;
    conn->message_arg = arg;
}

/*----- calls -----*/

int
call_begin(struct connection *conn, struct call *call, uint32_t program, int32_t procedure,
           xdrproc_t filter, const void *args, struct err *err)
{
    struct wire_header header = {.program = program,
                                 .version = WIRE_VERSION,
                                 .procedure = procedure,
                                 .type = WIRE_CALL,
                                 .serial = conn->next_serial};
    cleanup_free void *frame = NULL;
    size_t             size;

    assert(!call->conn);
    if (wire_encode(&header, filter, args, &frame, &size, err) < 0)
        return -1;
    buffer_append(&conn->out, frame, size);
    *call = (struct call){.conn = conn,
                          .program = program,
                          .procedure = procedure,
                          .serial = conn->next_serial++,
                          .end = conn->written + conn->out.size};
    TAILQ_INSERT_TAIL(&conn->calls, call, link);
    return 0;
}

bool
call_was_written(const struct call *call)
{
    return call->conn->written >= call->end;
}

void
call_forget(struct call *call)
{
    if (!call->conn)
        return;
    TAILQ_REMOVE(&call->conn->calls, call, link);
    free(call->reply);
    *call = (struct call){0};
}

int
call_check(const struct call *call, struct err *err)
{
    struct wire_header header;

    wire_header_decode(call->reply, call->reply_size, &header);
    if (header.status != WIRE_OK) {
        wire_decode_error(call->reply, call->reply_size, err);
        return -1;
    }
    if (header.procedure != call->procedure)
        return err_set(err, ERR_RPC, "the daemon answered procedure %d instead of %d",
                       header.procedure, call->procedure);
    return 0;
}

static int
call_decode_reply(const struct call *call, xdrproc_t filter, void *ret, struct err *err)
{
    if (call_check(call, err) < 0)
        return -1;
    if (filter && wire_decode(call->reply, call->reply_size, filter, ret, err) < 0)
        return err_prefix(err, "the daemon's answer to procedure %d", call->procedure);
    return 0;
}

int
call_end(struct call *call, xdrproc_t filter, void *ret, struct err *err)
{
    int r = call_decode_reply(call, filter, ret, err);

    call_forget(call);
    return r;
}

static bool
connection_gives_up(const struct connection *conn)
{
    return clock_usec() >= conn->give_up_usec || !conn->reopening->go_on(conn->reopening->arg);
}

static int
call_wait_turn(struct connection *conn, struct err *err)
{
    if (!conn->reopening)
        return connection_turn(conn, -1, -1, err);
    if (connection_turn(conn, conn->reopening->wake_fd, RETRY_MSEC, err) < 0)
        return -1;
    return connection_gives_up(conn)
               ? err_set(err, ERR_NO_CONNECT, "the daemon at %s does not answer", conn->path)
               : 0;
}

int
call_wait(struct call *call, struct err *err)
{
    while (!call_answered(call)) {
        if (call_wait_turn(call->conn, err) < 0)
            return -1;
    }
    return 0;
}

/*----- streams -----*/

void
stream_begin(struct stream *stream, const struct call *call, stream_data_fn *data, void *arg)
{
    assert(!stream->conn && !call_answered(call));
    *stream = (struct stream){.conn = call->conn,
                              .procedure = call->procedure,
                              .program = call->program,
                              .serial = call->serial,
                              .data = data,
                              .arg = arg};
    TAILQ_INSERT_TAIL(&call->conn->streams, stream, link);
}

static void
stream_queue(struct stream *stream, uint32_t status, const void *data, size_t size)
{
    struct wire_header header = {.program = stream->program,
                                 .version = WIRE_VERSION,
                                 .procedure = stream->procedure,
                                 .type = WIRE_STREAM,
                                 .serial = stream->serial,
                                 .status = status};
    cleanup_free void *frame = NULL;
    size_t             frame_size;

    wire_encode_data(&header, data, size, &frame, &frame_size);
    buffer_append(&stream->conn->out, frame, frame_size);
}

void
stream_send(struct stream *stream, const void *data, size_t size)
{
    stream_queue(stream, WIRE_CONTINUE, data, size);
}

/* An answer to it is looked for behind an end, too. */
void
stream_finish(struct stream *stream)
{
    stream->ended = false;
    stream_queue(stream, WIRE_OK, NULL, 0);
}

void
stream_forget(struct stream *stream)
{
    if (!stream->conn)
        return;
    TAILQ_REMOVE(&stream->conn->streams, stream, link);
    stream->conn = NULL;
}

size_t
connection_unsent(const struct connection *conn)
{
    return conn->out.size;
}

/*----- opening and closing -----*/

static int
connection_connect_socket(const struct connection *conn, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char        *hint = "";

    if (strlen(conn->path) >= sizeof address.sun_path)
        return err_set(err, ERR_NO_CONNECT, "the socket's path is too long: %s", conn->path);
    strcpy(address.sun_path, conn->path);
    if (connect(conn->fd, (struct sockaddr *)&address, sizeof address) == 0)
        return 0;
    if (errno == ENOENT || errno == ECONNREFUSED)
        hint = " (does dom0d run?)";
    err_set_errno(err, errno, "cannot connect to the daemon at %s", conn->path);
    return err_append(err, "%s", hint);
}

/* The first two calls of every client, see libvirt's src/remote/remote_driver.c. */
static int
connection_open_hypervisor(struct connection *conn, struct err *err)
{
    char                            name[] = "xen:///system", *name_ptr = name;
    struct remote_connect_open_args args = {.name = &name_ptr,
                                            .flags = conn->readonly ? OPEN_READ_ONLY : 0};
    struct remote_auth_list_ret     list = {0};

    if (call_auth_list(conn, NULL, &list, err) < 0)
        return -1;
    call_free_auth_list(&list);
    return call_connect_open(conn, &args, NULL, err);
}

static void
connection_close_socket(struct connection *conn)
{
    if (conn->fd >= 0)
        close(take_fd(conn->fd));
    conn->in.size = conn->out.size = 0;
}

/* A daemon that has no room for us makes a blocking connect wait, and another one fail. */
static int
connection_open_socket(struct connection *conn, int flags, struct err *err)
{
    conn->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (conn->fd < 0)
        return err_set_errno(err, errno, "cannot make a socket");
    if (connection_connect_socket(conn, err) < 0 || connection_open_hypervisor(conn, err) < 0) {
        connection_close_socket(conn);
        return -1;
    }
    return 0;
}

int
connection_open(const char *path, bool readonly, unsigned patience_sec,
                struct connection **conn_out, struct err *err)
{
    struct connection *conn = xcalloc(1, sizeof *conn);

    TAILQ_INIT(&conn->calls);
    TAILQ_INIT(&conn->streams);
    conn->path = xstrdup(path);
    conn->readonly = readonly;
    conn->patience_sec = patience_sec;
    if (connection_open_socket(conn, 0, err) < 0) {
        connection_close(conn);
        return -1;
    }
    *conn_out = conn;
    return 0;
}

bool
connection_may_reopen(const struct connection *conn)
{
    return conn->lost.code == ERR_NO_CONNECT && conn->patience_sec;
}

static int
connection_try_reopen(struct connection *conn, struct err *err)
{
    connection_close_socket(conn);
    conn->lost = (struct err){0};
    return connection_open_socket(conn, SOCK_NONBLOCK, err);
}

int
connection_reopen(struct connection *conn, const struct reopening *reopening, struct err *err)
{
    struct pollfd wake = {.fd = reopening->wake_fd, .events = POLLIN};
    int           r;

    assert(connection_may_reopen(conn) && TAILQ_EMPTY(&conn->calls));
    conn->reopening = reopening;
    conn->give_up_usec = clock_usec() + (uint64_t)conn->patience_sec * USEC_PER_SEC;
    do {
        (void)poll(&wake, 1, RETRY_MSEC); /* also before the first try: it has just gone */
        r = connection_try_reopen(conn, err);
    } while (r < 0 && !connection_gives_up(conn));
    conn->reopening = NULL;
    if (r < 0)
        conn->lost = *err;
    return r;
}

void
connection_close(struct connection *conn)
{
    if (!conn)
        return;
    assert(TAILQ_EMPTY(&conn->calls) && TAILQ_EMPTY(&conn->streams));
    connection_close_socket(conn);
    free(conn->path);
    free(conn->in.data);
    free(conn->out.data);
    free(conn);
}
