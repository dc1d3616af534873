/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/procedures.h"
#include "base/alloc.h"
#include "base/log.h"
#include "eventloop/loop.h"
#include "harness.h"
#include "rpc/events.h"

/*----- the daemon -----*/

static struct harness *current;

static void
count_line(enum log_level level, const struct log_about *about, const char *message)
{
    (void)about;
    if (level > LOG_LEVEL_WARNING)
        return;
    current->log_lines++;
    snprintf(current->last_log, sizeof current->last_log, "%s", message);
}

void
harness_new_server(struct harness *h)
{
    h->daemon.server = server_new(&(struct server_setup){.loop = h->daemon.loop,
                                                         .limits = &h->daemon.config->rpc,
                                                         .programs = api_programs,
                                                         .events = h->daemon.events,
                                                         .context = &h->daemon});
}

void
harness_start(struct harness *h)
{
    *h = (struct harness){.turns_max = 5000};
    current = h;
    log_set_sink(count_line);
    h->daemon.loop = loop_new();
    h->config.rpc = (struct rpc_limits){.max_clients = 2000,
                                        .max_client_requests = 16,
                                        .max_requests = 4000,
                                        .max_output = 8 << 20,
                                        .max_buffers = 128 << 20,
                                        .keepalive_interval = 5,
                                        .keepalive_count = 5};
    h->daemon.config = &h->config;
    h->daemon.events = events_new();
    harness_new_server(h);
}

void
harness_stop(struct harness *h)
{
    server_free(h->daemon.server);
    events_free(h->daemon.events);
    loop_free(h->daemon.loop);
    free(h->config.rpc.socket);
    free(h->config.rpc.socket_ro);
    free(h->config.rpc.socket_group);
    free(h->config.job.run_dir);
    free(h->daemon.capabilities);
    log_set_sink(NULL);
}

/* What one turn starts the next may do; some of it goes round by a timer of 0. */
void
harness_settle(struct harness *h)
{
    for (unsigned n = 0; n < 8 || (n < h->turns_max && loop_run_ready(h->daemon.loop)); n++)
        loop_run_ready(h->daemon.loop);
}

/*----- clients -----*/

struct client
client_new(struct harness *h, bool read_only)
{
    struct client client = {.harness = h};
    int           ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    client.fd = ends[0];
    client.conn = server_add(h->daemon.server, ends[1], read_only);
    client.id = client.conn ? client.conn->id : 0;
    return client;
}

void
client_free(struct client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
    free(take_ptr(client->pending));
    client->n_pending = 0;
    harness_settle(client->harness);
}

void
client_write(struct client *client, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    int            stuck = 0;

    while (size) {
        ssize_t n = send(client->fd, at, size, MSG_NOSIGNAL);

        if (n > 0) {
            at += n;
            size -= (size_t)n;
            stuck = 0;
        } else {
            ck_assert_msg(errno == EAGAIN && stuck++ < 3, "the daemon does not read: %s",
                          strerror(errno));
            harness_settle(client->harness);
        }
    }
}

static void
put_u32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

static uint32_t
get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void
client_send(struct client *client, const struct wire_header *header, const void *body,
            size_t body_size)
{
    uint8_t start[WIRE_HEADER_SIZE];

    put_u32(start, (uint32_t)(sizeof start + body_size));
    put_u32(start + 4, header->program);
    put_u32(start + 8, header->version);
    put_u32(start + 12, (uint32_t)header->procedure);
    put_u32(start + 16, header->type);
    put_u32(start + 20, header->serial);
    put_u32(start + 24, header->status);
    client_write(client, start, sizeof start);
    client_write(client, body, body_size);
}

uint32_t
client_call(struct client *client, int procedure, xdrproc_t filter, const void *args)
{
    const struct wire_header header = {
        .program = WIRE_PROGRAM_REMOTE,
        .version = WIRE_VERSION,
        .procedure = procedure,
        .type = WIRE_CALL,
        .serial = client->serial++,
    };
    cleanup_free void *frame = NULL;
    size_t             size;
    struct err         err;

    ck_assert_int_eq(wire_encode(&header, filter, args, &frame, &size, &err), 0);
    client_write(client, frame, size);
    return header.serial;
}

/* A flood never ends: so many bytes are taken at a time. */
#define RECEIVED_AT_ONCE (1 << 20)

/* Returns whether the daemon's end is still there. */
static bool
receive(struct client *client)
{
    static uint8_t bytes[65536];
    const size_t   most = client->n_pending + RECEIVED_AT_ONCE;
    ssize_t        n;

    harness_settle(client->harness);
    while ((n = read(client->fd, bytes, sizeof bytes)) > 0) {
        client->pending = xrealloc(client->pending, client->n_pending + (size_t)n);
        memcpy(client->pending + client->n_pending, bytes, (size_t)n);
        client->n_pending += (size_t)n;
        if (client->n_pending > most)
            return true;
        harness_settle(client->harness);
    }
    return n < 0 && errno == EAGAIN;
}

static bool
has_frame(const struct client *client)
{
    return client->n_pending >= WIRE_HEADER_SIZE && client->n_pending >= get_u32(client->pending);
}

bool
client_read(struct client *client, struct frame *frame_out)
{
    size_t size;

    if (!has_frame(client))
        receive(client);
    if (!has_frame(client))
        return false;
    size = get_u32(client->pending);
    ck_assert_uint_ge(size, WIRE_HEADER_SIZE);
    frame_out->size = size;
    frame_out->data = xmemdup(client->pending, size);
    wire_header_decode(frame_out->data, size, &frame_out->header);
    client->n_pending -= size;
    memmove(client->pending, client->pending + size, client->n_pending);
    return true;
}

void
frame_free(struct frame *frame)
{
    free(take_ptr(frame->data));
}

void
client_expect_nothing(struct client *client)
{
    ck_assert_msg(receive(client), "the connection was closed");
    ck_assert_uint_eq(client->n_pending, 0);
}

void
client_expect_eof(struct client *client)
{
    ck_assert_msg(!receive(client), "the connection is open");
}

void
client_expect_reply(struct client *client, uint32_t serial, xdrproc_t filter, void *ret_out)
{
    struct frame frame;
    struct err   err = {.message = ""};

    ck_assert(client_read(client, &frame));
    ck_assert_uint_eq(frame.header.type, WIRE_REPLY);
    if (frame.header.status != WIRE_OK)
        wire_decode_error(frame.data, frame.size, &err);
    ck_assert_msg(frame.header.status == WIRE_OK, "%s", err.message);
    ck_assert_uint_eq(frame.header.serial, serial);
    if (ret_out)
        ck_assert_int_eq(wire_decode(frame.data, frame.size, filter, ret_out, &err), 0);
    frame_free(&frame);
}

void
client_expect_error(struct client *client, uint32_t serial, int code, const char *message)
{
    struct frame frame;
    struct err   err;

    ck_assert(client_read(client, &frame));
    ck_assert_uint_eq(frame.header.type, WIRE_REPLY);
    ck_assert_uint_eq(frame.header.status, WIRE_ERROR);
    ck_assert_uint_eq(frame.header.serial, serial);
    wire_decode_error(frame.data, frame.size, &err);
    ck_assert_str_eq(err.message, message);
    ck_assert_int_eq((int)err.code, code);
    frame_free(&frame);
}

void
client_open(struct client *client, unsigned flags)
{
    remote_connect_open_args args = {.flags = flags};
    uint32_t serial = client_call(client, 1, (xdrproc_t)xdr_remote_connect_open_args, &args);

    client_expect_reply(client, serial, NULL, NULL);
}
