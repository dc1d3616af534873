/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * conn.h: a client: its socket, its rights, its bounds, its requests.
 *
 *   conn_new --> Open --conn_finish---> Finishing --all output is written--> freed
 *                  \---conn_give_up--> GivenUp ---the loop turns----------> freed
 *
 * and from anywhere the peer may go, or send what is no frame.
 *
 * What a client may cost:
 *   input    frames of at most 64 KiB; once it is opened for writing, what two of libvirt's longest
 *            strings need.  A frame that was begun must be whole after half a minute.
 *   requests max_client_requests in flight, then nothing more is read until one is answered; one
 *            while there are too many of all clients (server.h).  A request that only waits
 *            (request_on_gone) is not in flight; of those there may be CONN_WAITING_MAX.
 *   output   nothing is read while answers or events wait: so answers to what was asked cannot
 *            pile up.  Events can, to max_output and one frame; a client for which more comes is
 *            given up.
 *   streams  STREAMS_MAX, each with a bound both ways (stream.h).  Their data goes out behind all
 *            else, a piece at a time, and holds nothing up.
 *   both     what all clients make wait together is bounded too (server.h), and what those of one
 *            user do; and they have their turns (user.h).
 */
#ifndef DAEMON_CONN_H
#define DAEMON_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "eventloop/framed.h"
#include "keepalive.h"
#include "wire/frame.h"

struct news;
struct registration;
struct request;
struct server;
struct server_setup;
struct stream;
struct ucred;
struct user;

#define CONN_WAITING_MAX 64

struct conn {
    struct server             *server;
    const struct server_setup *setup; /* what the server was made of */
    struct user               *user;
    TAILQ_ENTRY(conn) link; /* in the server's list */

    /* who it is */
    uint64_t id; /* never used again */
    pid_t    pid;
    uid_t    uid;
    gid_t    gid;
    bool     from_read_only_socket;

    /* what it has asked for */
    bool read_only; /* the socket, or CONNECT_OPEN's flag */
    bool opened;    /* CONNECT_OPEN */
    bool wants_close_reason;
    TAILQ_HEAD(, registration) registrations; /* events.c's */
    unsigned n_registrations;
    TAILQ_ENTRY(conn) listens; /* events.c's, while it has registrations */
    const struct news *untold; /* the first event that it is to be told in its turn; or NULL */
    int                next_callback_id;

    /* private */
    struct framed framed;
    TAILQ_HEAD(, stream) streams; /* stream.c's; the one whose turn it is first */
    unsigned n_streams;
    size_t   unsent_answers;        /* see conn_unsent_answers */
    TAILQ_HEAD(, request) requests; /* in flight; freed by their answers */
    unsigned n_requests;
    unsigned n_waiting;          /* requests that only wait; they do not count in n_requests */
    TAILQ_HEAD(, request) later; /* of those in flight: whose answers are made in turn */
    TAILQ_ENTRY(conn) in_turn, in_asking; /* user.c's */
    bool              awaits_turn, asks;
    bool              finishing, given_up;
    struct loop_defer close;
    struct keepalive  keepalive;
    unsigned          n_frames; /* received */
    unsigned          n_frames_swept;
    uint64_t          idle_usec; /* the last sweep at which we did not wait for it */
};

/**
 * fd is Taken; peer: who is at its other end; read_only: it came in by the read-only socket.
 *
 * For server.c, which owns it: conn_free tells the server first.
 */
struct conn *conn_new(struct server *server, int fd, const struct ucred *peer, bool read_only,
                      uint64_t id);
void         conn_free(struct conn *conn);

/** The memory that waits for it: input that is no whole frame, output it has not read; bytes. */
size_t conn_held(const struct conn *conn);

/** Once a second or so: keepalive, half frames, and whether one that must wait has gone. */
void conn_sweep(struct conn *conn, uint64_t now_usec);

/** CONNECT_OPEN has succeeded. */
void conn_opened(struct conn *conn, bool read_only);

/** The client understands our pings. */
void conn_start_keepalive(struct conn *conn);

/** Whole frames, copied; events that it is still to be told go before them.  Dropped when the
 * connection is on its way out.  Never frees it at once.
 */
void conn_send(struct conn *conn, const void *frame, size_t size);

/**
 * The same for a piece of a stream's data, which must not hold up the calls of this connection:
 * for stream.c, and only while conn_is_drained.
 */
void conn_send_piece(struct conn *conn, const void *frame, size_t size);

/** It is not on its way out, and all that it was sent so far is written. */
bool conn_is_drained(const struct conn *conn);

/** A stream holds so many bytes more or less. */
void conn_count_stream(struct conn *conn, ssize_t bytes);

/** A reply of error status to the call with this header, or a stream's error. */
void conn_send_error(struct conn *conn, const struct wire_header *call, const struct err *error);

/**
 * An event for conn_send, of the message type that filter is for; use the typed encode_NAME of
 * messages.h.  Returns the frame, the caller's to free; or NULL, logged, where it breaks a bound.
 */
void *conn_encode_message(uint32_t program, int32_t procedure, xdrproc_t filter,
                          const void *message, size_t *size_out);

/** It is told in its turn: conn->untold. */
void conn_wait_for_turn(struct conn *conn);

/** Close when all output is written; nothing more is read, nothing more is sent. */
void conn_finish(struct conn *conn);

/** Close, from the loop; reason: a line for the log, or NULL. */
void conn_give_up(struct conn *conn, const char *reason);

/** There may be room for more requests. */
void conn_look_again(struct conn *conn);

/* For request.c. */
void conn_add_request(struct conn *conn, struct request *req);
void conn_remove_request(struct conn *conn, struct request *req);
void conn_request_waits(struct conn *conn, struct request *req);
void conn_make_later(struct conn *conn, struct request *req);

/* For user.c. */

/** Its turn: it is told events and read.  May free conn. */
void conn_take_turn(struct conn *conn);

/** It has read what it was sent. */
bool conn_may_be_answered(const struct conn *conn);

/** Begin the next answer of those that are made in turn. */
void conn_make_answer(struct conn *conn);

#endif
