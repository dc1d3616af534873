/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/log.h"
#include "conn.h"
#include "dispatch.h"
#include "events.h"
#include "limits.h"
#include "request-private.h"
#include "server.h"
#include "stream.h"
#include "user.h"
#include "wire/frame.h"
#include "wire/remote.h"

#define FRAME_MAX (64u << 10)
#define READ_MAX_READ_ONLY 8000u /* at a time: many may be paused with it */
#define FRAME_MAX_READ_WRITE (2u * REMOTE_STRING_MAX + (64u << 10))

/* For the rest of a frame, and for a client that is to read its last output. */
#define PATIENCE_USEC 30000000u

static void conn_frame(void *arg, const void *data, size_t size);
static void conn_closed(void *arg, const struct err *err);
static void conn_drained(void *arg);
static bool conn_must_wait(void *arg);
static void conn_close(void *arg);

static const struct framed_ops conn_framed_ops = {
    .size_of = wire_frame_size,
    .frame = conn_frame,
    .closed = conn_closed,
    .drained = conn_drained,
    .must_wait = conn_must_wait,
};

static bool
conn_is_leaving(const struct conn *conn)
{
    return conn->finishing || conn->given_up;
}

/*----- coming and going -----*/

struct conn *
conn_new(struct server *server, int fd, const struct ucred *peer, bool read_only, uint64_t id)
{
    struct conn *conn = xcalloc(1, sizeof *conn);

    conn->server = server;
    conn->setup = server_setup(server);
    conn->id = id;
    conn->from_read_only_socket = conn->read_only = read_only;
    conn->idle_usec = loop_now_usec();
    conn->user = user_of(server_users(server), peer->uid, read_only);
    TAILQ_INIT(&conn->requests);
    TAILQ_INIT(&conn->later);
    TAILQ_INIT(&conn->streams);
    TAILQ_INIT(&conn->registrations);
    conn->pid = peer->pid;
    conn->uid = peer->uid;
    conn->gid = peer->gid;
    loop_defer_init(&conn->close, conn->setup->loop, conn_close, conn);
    framed_init(&conn->framed, conn->setup->loop, fd, &conn_framed_ops, conn);
    framed_set_frame_max(&conn->framed, FRAME_MAX);
    if (read_only) {
        framed_set_read_max(&conn->framed, READ_MAX_READ_ONLY);
        framed_set_low(&conn->framed);
    }
    framed_count_in(&conn->framed, &conn->user->held);
    log_debug("client %llu: process %d of user %u%s", (unsigned long long)id, (int)conn->pid,
              (unsigned)conn->uid, read_only ? ", read-only" : "");
    return conn;
}

void
conn_free(struct conn *conn)
{
    struct request *req;

    log_debug("client %llu: gone", (unsigned long long)conn->id);
    server_conn_gone(conn->server, conn);
    streams_gone(conn);
    while ((req = TAILQ_FIRST(&conn->requests))) {
        conn_remove_request(conn, req);
        request_orphaned(req);
    }
    loop_defer_stop(&conn->close);
    framed_close(&conn->framed);
    user_conn_gone(conn->user, conn);
    free(conn);
}

/* From the loop, so that nobody on the stack still holds the connection. */
static void
conn_close(void *arg)
{
    conn_free(arg);
}

static void
conn_closed(void *arg, const struct err *err)
{
    struct conn *conn = arg;

    if (err)
        server_complain(conn->server, conn, err->message);
    conn_free(conn);
}

void
conn_give_up(struct conn *conn, const char *reason)
{
    if (conn->given_up)
        return;
    if (reason)
        server_complain(conn->server, conn, reason);
    conn->given_up = true;
    framed_close(&conn->framed); /* its memory is wanted back at once */
    loop_defer_start(&conn->close);
}

void
conn_finish(struct conn *conn)
{
    if (conn_is_leaving(conn))
        return;
    conn->finishing = true;
    framed_close_when_drained(&conn->framed);
}

void
conn_opened(struct conn *conn, bool read_only)
{
    conn->opened = true;
    conn->read_only |= read_only;
    if (!conn->read_only)
        framed_set_frame_max(&conn->framed, FRAME_MAX_READ_WRITE);
}

size_t
conn_held(const struct conn *conn)
{
    return framed_unread(&conn->framed) + framed_unsent(&conn->framed) + streams_held(conn);
}

/*----- messages -----*/

void *
conn_encode_message(uint32_t program, int32_t procedure, xdrproc_t filter, const void *message,
                    size_t *size_out)
{
    const struct wire_header header = {
        .program = program,
        .version = WIRE_VERSION,
        .procedure = procedure,
        .type = WIRE_MESSAGE,
        .serial = 1, /* what libvirt's daemon sends; it means nothing */
        .status = WIRE_OK,
    };
    void      *frame = NULL;
    struct err err;

    if (wire_encode(&header, filter, message, &frame, size_out, &err) < 0)
        log_error("message %d cannot be sent: %s", procedure, err.message);
    return frame;
}

static void
conn_send_keepalive(struct conn *conn, int32_t procedure)
{
    const struct wire_header header = {
        .program = WIRE_PROGRAM_KEEPALIVE,
        .version = WIRE_VERSION,
        .procedure = procedure,
        .type = WIRE_MESSAGE,
        .status = WIRE_OK,
    };
    cleanup_free void *frame = NULL;
    size_t             size;

    wire_encode_data(&header, NULL, 0, &frame, &size);
    conn_send(conn, frame, size);
}

/*----- input -----*/

/*
 * The bytes of answers and events that are not written yet.  A piece of a stream's data is put in
 * the queue only when that is empty: so it is in front of all that was counted since.
 */
static size_t
conn_unsent_answers(const struct conn *conn)
{
    size_t unsent = framed_unsent(&conn->framed);

    return conn->unsent_answers < unsent ? conn->unsent_answers : unsent;
}

static bool
conn_may_ask_more(const struct conn *conn)
{
    unsigned max = conn->setup->limits->max_client_requests;

    if (server_is_busy(conn->server, conn))
        max = 1;
    return conn->n_requests < max && conn->n_waiting < CONN_WAITING_MAX &&
           !conn_unsent_answers(conn);
}

void
conn_look_again(struct conn *conn)
{
    if (conn_is_leaving(conn))
        return;
    if (!conn_may_ask_more(conn))
        framed_pause(&conn->framed);
    else
        framed_resume(&conn->framed);
}

static void
conn_frame(void *arg, const void *data, size_t size)
{
    struct conn       *conn = arg;
    struct wire_header header;

    conn->n_frames++;
    wire_header_decode(data, size, &header);
    if (header.program != WIRE_PROGRAM_KEEPALIVE || header.type != WIRE_MESSAGE)
        dispatch(conn, &header, data, size);
    else if (header.version == WIRE_VERSION && header.procedure == KEEPALIVE_PING)
        conn_send_keepalive(conn, KEEPALIVE_PONG);
}

void
conn_add_request(struct conn *conn, struct request *req)
{
    TAILQ_INSERT_TAIL(&conn->requests, req, link);
    conn->n_requests++;
    server_request_begins(conn->server, conn);
    conn_look_again(conn);
}

void
conn_request_waits(struct conn *conn, struct request *req)
{
    req->waits = true;
    conn->n_requests--;
    server_request_ends(conn->server, conn);
    conn->n_waiting++;
    conn->user->n_waiting++;
    conn_look_again(conn);
}

void
conn_remove_request(struct conn *conn, struct request *req)
{
    TAILQ_REMOVE(&conn->requests, req, link);
    if (req->waits) {
        conn->n_waiting--;
        conn->user->n_waiting--;
    } else {
        conn->n_requests--;
        server_request_ends(conn->server, conn);
    }
    conn_look_again(conn);
}

void
conn_make_later(struct conn *conn, struct request *req)
{
    TAILQ_INSERT_TAIL(&conn->later, req, later);
    user_ask(conn->user, conn);
}

/*----- turns -----*/

static bool
conn_must_wait(void *arg)
{
    struct conn *conn = arg;

    return user_must_wait(conn->user, conn);
}

void
conn_wait_for_turn(struct conn *conn)
{
    user_wait(conn->user, conn);
}

void
conn_take_turn(struct conn *conn)
{
    if (conn->untold)
        events_tell_untold(conn->setup->events, conn);
    framed_take_turn(&conn->framed); /* it may have freed conn */
}

bool
conn_may_be_answered(const struct conn *conn)
{
    return !conn_is_leaving(conn) && !conn_unsent_answers(conn);
}

void
conn_make_answer(struct conn *conn)
{
    struct request *req = TAILQ_FIRST(&conn->later);

    TAILQ_REMOVE(&conn->later, req, later);
    if (!TAILQ_EMPTY(&conn->later))
        user_ask(conn->user, conn);
    request_make(req);
}

/*----- output -----*/

void
conn_send(struct conn *conn, const void *frame, size_t size)
{
    if (conn->untold)
        events_tell_untold(conn->setup->events, conn);
    if (conn_is_leaving(conn))
        return;
    if (conn_unsent_answers(conn) > conn->setup->limits->max_output) {
        conn_give_up(conn, "does not read what it is sent");
        return;
    }
    conn->unsent_answers = conn_unsent_answers(conn) + size;
    framed_send(&conn->framed, frame, size);
    conn_look_again(conn);
}

void
conn_send_piece(struct conn *conn, const void *frame, size_t size)
{
    assert(conn_is_drained(conn));
    conn->unsent_answers = 0;
    framed_send(&conn->framed, frame, size);
}

bool
conn_is_drained(const struct conn *conn)
{
    return !conn_is_leaving(conn) && !framed_unsent(&conn->framed);
}

void
conn_count_stream(struct conn *conn, ssize_t bytes)
{
    struct framed_total *held = &conn->user->held;

    for (struct framed_total *total = held; total; total = total->all)
        total->bytes += (size_t)bytes;
    if (bytes > 0)
        held->grown(held->arg);
}

static void
conn_drained(void *arg)
{
    struct conn *conn = arg;

    streams_pump(conn);
    conn_look_again(conn);
    if (!TAILQ_EMPTY(&conn->later))
        user_ask(conn->user, conn);
    user_look_again(conn->user);
}

void
conn_send_error(struct conn *conn, const struct wire_header *call, const struct err *error)
{
    cleanup_free void *frame = NULL;
    size_t             size;

    wire_encode_error(call, error, &frame, &size);
    conn_send(conn, frame, size);
}

/*----- time -----*/

void
conn_start_keepalive(struct conn *conn)
{
    const struct rpc_limits *limits = conn->setup->limits;

    keepalive_start(&conn->keepalive, limits->keepalive_interval * 1000000ull,
                    limits->keepalive_count, loop_now_usec());
}

static void
conn_check_keepalive(struct conn *conn, uint64_t now_usec)
{
    switch (keepalive_check(&conn->keepalive, now_usec)) {
    case KEEPALIVE_WAIT:
        break;
    case KEEPALIVE_SEND_PING:
        conn_send_keepalive(conn, KEEPALIVE_PING);
        break;
    case KEEPALIVE_GIVE_UP:
        conn_give_up(conn, "does not answer keepalive pings");
        break;
    }
}

/* Whom we do not read we cannot hear. */
static bool
conn_is_held_up(const struct conn *conn)
{
    return conn->framed.paused || conn->framed.waits;
}

/* For something that is to come at once; what is held up by a pause is not the client's fault. */
static bool
conn_waits_for_client(const struct conn *conn)
{
    bool half_frame = framed_unread(&conn->framed) > 0 && !conn_is_held_up(conn);

    return half_frame || conn->finishing;
}

void
conn_sweep(struct conn *conn, uint64_t now_usec)
{
    bool heard = conn->n_frames != conn->n_frames_swept;

    conn->n_frames_swept = conn->n_frames;
    if (conn->framed.paused && framed_peer_is_gone(&conn->framed))
        conn_give_up(conn, NULL);
    if (heard || conn_is_held_up(conn))
        keepalive_heard(&conn->keepalive, now_usec);
    conn_check_keepalive(conn, now_usec);
    if (heard || !conn_waits_for_client(conn))
        conn->idle_usec = now_usec;
    else if (now_usec - conn->idle_usec > PATIENCE_USEC + SERVER_SWEEP_USEC)
        conn_give_up(conn, conn->finishing ? "does not read its last answers"
                                           : "began a frame and did not finish it");
}
