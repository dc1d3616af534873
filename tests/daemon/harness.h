/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * harness.h: the server half of a daemon on a real loop, and clients that are plain sockets.
 *
 * Everything is fixed storage or freed by harness_stop, so that it works without forking too.
 */
#ifndef TESTS_DAEMON_HARNESS_H
#define TESTS_DAEMON_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "daemon.h"
#include "rpc/conn.h"
#include "rpc/server.h"
#include "wire/frame.h"
#include "wire/remote.h"

struct harness {
    struct config config; /* the limits that dom0d has by default */
    struct daemon daemon;
    unsigned      turns_max; /* of harness_settle: a flood never ends */
    unsigned      log_lines; /* at warning or above */
    char          last_log[512];
};

/* One at a time: the log's sink has no argument. */
void harness_start(struct harness *h);
void harness_stop(struct harness *h);

/* Another server in the place of h->daemon.server, which the caller has freed. */
void harness_new_server(struct harness *h);

/* Let the loop do all that is ready. */
void harness_settle(struct harness *h);

struct client {
    struct harness *harness;
    int             fd;   /* our end */
    uint64_t        id;   /* the daemon's number of it */
    struct conn    *conn; /* its end; valid while it has not gone */
    uint32_t        serial;
    uint8_t        *pending; /* received, not yet taken */
    size_t          n_pending;
};

struct client client_new(struct harness *h, bool read_only);
void          client_free(struct client *client);

/* A whole frame from the daemon; data is the caller's to free. */
struct frame {
    struct wire_header header;
    uint8_t           *data;
    size_t             size;
};
void frame_free(struct frame *frame);

/* Bytes as they are; all of them. */
void client_write(struct client *client, const void *bytes, size_t size);

/* A frame with this header and body; returns nothing to free. */
void client_send(struct client *client, const struct wire_header *header, const void *body,
                 size_t body_size);

/* A call of program REMOTE with arguments; returns its serial. */
uint32_t client_call(struct client *client, int procedure, xdrproc_t filter, const void *args);

/* The next frame, after the loop has done what it could; false: there is none. */
bool client_read(struct client *client, struct frame *frame_out);

/* Nothing comes, and the connection is there. */
void client_expect_nothing(struct client *client);

/* The daemon has closed the connection; what it sent before is dropped. */
void client_expect_eof(struct client *client);

/* The next frame is a good reply to this call; *ret_out (may be NULL) gets its result, to be freed
 * by wire_body_free. */
void client_expect_reply(struct client *client, uint32_t serial, xdrproc_t filter, void *ret_out);

/* The next frame is this error. */
void client_expect_error(struct client *client, uint32_t serial, int code, const char *message);

/* CONNECT_OPEN with these flags, and its reply. */
void client_open(struct client *client, unsigned flags);

/* Say what is expected, in bytes. */
#define ck_assert_mem(got, got_size, want)                                                         \
    do {                                                                                           \
        ck_assert_uint_eq(got_size, sizeof(want));                                                 \
        ck_assert_mem_eq(got, want, sizeof(want));                                                 \
    } while (0)

#endif
