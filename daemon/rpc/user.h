/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * user.h: whom clients belong to.  A user (SO_PEERCRED) is somebody else on each of the two
 * sockets.
 *
 * Turns.  In each turn of the loop the clients of each socket are read at once for a slice of time,
 * the first one in any case; who comes later waits for its turn.  Those are given from the loop, to
 * the users one after the other and to the clients of a user one after the other, first for a slice
 * to those of the read-write socket, then for a slice to the read-only ones: so whoever asks, and
 * however much, holds up nobody for longer than a slice and one call.  The read-only socket and its
 * connections are looked at by deferred calls (loop_io_set_low): all else is looked at in between.
 *
 * Answers that take time or memory (request_in_turn) are begun in those turns: for each user
 * USER_MAKING_MAX at a time, by the read-only socket one, for none of a client that has output to
 * read, and for no user whose clients hold more than a share of max_buffers already.
 */
#ifndef DAEMON_USER_H
#define DAEMON_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "eventloop/framed.h"

struct conn;
struct loop;
struct request;
struct rpc_limits;
struct users;

#define USERS_SLICE_USEC 2000u          /* of the read-write socket */
#define USERS_SLICE_READ_ONLY_USEC 200u /* of the read-only one */

#define USER_MAKING_MAX 16

/* What the clients of one user may have together by the read-only socket. */
#define USER_WAITING_MAX 256
#define USER_REGISTRATIONS_MAX 8192

TAILQ_HEAD(user_conns, conn);

struct user {
    struct users *users; /* NULL: the server has gone */
    uid_t         uid;
    bool          read_only; /* by the read-only socket */
    unsigned      n_conns;
    unsigned      n_requests;      /* in flight */
    unsigned      n_waiting;       /* requests that only wait */
    unsigned      n_registrations; /* for events */

    struct framed_total held;

    /* private */
    TAILQ_ENTRY(user) link, in_turn;
    bool              awaits_turn;
    struct user_conns waiting; /* for their turns */
    struct user_conns asking;  /* for answers to be made; some may have output to read */
    unsigned          n_making;
    unsigned          refs; /* connections, and answers that are made */
};

/** all: what clients hold; full is called when those of one user hold more than user_share. */
struct users *users_new(struct loop *loop, const struct rpc_limits *limits,
                        struct framed_total *all, void (*full)(void *arg, struct user *user),
                        void                *arg);

/** Every connection has gone; answers may still be made. */
void users_free(struct users *users);

/** It has one client more. */
struct user *user_of(struct users *users, uid_t uid, bool read_only);
void         user_conn_gone(struct user *user, struct conn *conn);

/** How many clients that user has. */
unsigned users_count_conns(const struct users *users, uid_t uid, bool read_only);

/** What they may hold together, in bytes: by the read-only socket half of max_buffers. */
size_t user_share(const struct user *user);

/** Once a second or so: what waits for room is looked at again. */
void users_sweep(struct users *users);

/*----- requests in flight -----*/

void user_request_begins(struct user *user);
void user_request_ends(struct user *user);

/** As many requests are in flight as may be, or more. */
bool user_is_busy(const struct user *user);

/*----- turns -----*/

/** May this connection be served now?  If not, conn_take_turn is called for it. */
bool user_must_wait(struct user *user, struct conn *conn);

/** conn_take_turn is called for it. */
void user_wait(struct user *user, struct conn *conn);

/*----- answers that are made in turn -----*/

/** The connection has such requests (conn.h), and may read its answers. */
void user_ask(struct user *user, struct conn *conn);

/** One is answered. */
void user_made(struct user *user);

/** Its clients may hold less than before. */
void user_look_again(struct user *user);

#endif
