/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * limits.h: where the server listens, and what clients may cost.
 */
#ifndef DAEMON_LIMITS_H
#define DAEMON_LIMITS_H

#include <stddef.h>

/* Sizes in bytes.  What each bound is for stands in conn.h and server.h. */
struct rpc_limits {
    char *socket;       /* read-write */
    char *socket_ro;    /* read-only */
    char *socket_group; /* of the read-write one; "": root's own */

    unsigned max_clients;
    unsigned max_client_requests; /* in flight, of one client */
    unsigned max_requests;        /* in flight, of all clients */
    size_t   max_output;          /* not read yet by one client */
    size_t   max_buffers;         /* sent in part or not read yet, of all clients */

    unsigned keepalive_interval; /* seconds; 0: no pings of our own */
    unsigned keepalive_count;    /* pings without an answer before a client is given up */
};

#endif
