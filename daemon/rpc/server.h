/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * server.h: the listening sockets and the clients that came in by them.
 *
 * When the process has no descriptors left, nothing is accepted until a client goes or a second
 * has passed: the kernel's queue holds who wants in.  Above max_clients a new one is closed at
 * once; the last tenth of that bound is kept for the read-write socket, so that no crowd of
 * read-only clients, who may be anybody, locks out the administrator; and no other user than our
 * own, root, may have more than half of the rest by the read-only socket.
 *
 * Bounds on all clients together, where those on each one (conn.h) would add up to too much:
 *   max_requests  in flight; above it each client may have one.  Those of the read-only socket do
 *                 not count for the others; for themselves nine tenths of it is the bound, and half
 *                 of that for one user, for the same reasons.
 *   max_buffers   bytes of half frames and of output that is not read.  When there are more, a
 *                 client is closed: the one that holds most, of the read-only ones or of the
 *                 others, whichever hold more together.  One user may have half of it by the
 *                 read-only socket; beyond, one of his own is closed.
 */
#ifndef DAEMON_SERVER_H
#define DAEMON_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct conn;
struct events;
struct framed_total;
struct loop;
struct program;
struct rpc_limits;
struct server;
struct users;

#define SERVER_SWEEP_USEC 1000000u

/* What a server is made of.  All of it is borrowed and must outlive the server. */
struct server_setup {
    struct loop             *loop;
    const struct rpc_limits *limits;
    const struct program    *programs; /* what can be called; ends with a number of 0 */
    struct events           *events;   /* forgets a connection that goes */
    void                    *context;  /* for who answers the calls: request_context */

    /* A connection has gone.  NULL: nobody wants to know. */
    void (*gone)(void *context, uint64_t conn_id);
};

/** No sockets yet.  setup is copied. */
struct server *server_new(const struct server_setup *setup);

/** Closes everything, and removes the sockets that server_listen made.  NULL is fine. */
void server_free(struct server *server);

/**
 * Listen: on the sockets that systemd passed, or else on the configuration's.
 *
 * Waits for look-ups of the group's name: at start only.
 */
int server_listen(struct server *server, struct err *err);

/**
 * A connected socket, Taken, as if it had been accepted.  NULL: there are too many already.
 *
 * For those that were accepted conn_sweep is called every SERVER_SWEEP_USEC.
 */
struct conn *server_add(struct server *server, int fd, bool read_only);

unsigned server_client_count(const struct server *server);

/*----- for conn.c -----*/

const struct server_setup *server_setup(const struct server *server);

void server_conn_gone(struct server *server, struct conn *conn);

/** In which every connection counts what it holds. */
struct framed_total *server_held(struct server *server);

struct users *server_users(struct server *server);

void server_request_begins(struct server *server, const struct conn *conn);
void server_request_ends(struct server *server, const struct conn *conn);

/** As many requests are in flight as may be, or more.  conn_look_again is called for all when there
 * is room. */
bool server_is_busy(struct server *server, const struct conn *conn);

/** A line in the log about a client that is closed; a bounded number of them in a second. */
void server_complain(struct server *server, const struct conn *conn, const char *reason);

#endif
