/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Streams, with a server that has nothing else: no handler of dom0d's is linked.  One procedure
 * opens an echo, one a source that never ends, one a sink that takes what the test lets it.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/procedures.h"
#include "base/alloc.h"
#include "harness.h"
#include "rpc/request.h"
#include "rpc/stream.h"

enum { GET = 3, ECHO = 201, SOURCE = 202, SINK = 203 };

static struct harness h;
static struct client  client;

/*----- the procedures -----*/

/* Who answered a call that opened a stream. */
struct owner {
    struct stream *stream; /* NULL: it is not there any more */
};

static struct owner owners[2 * STREAMS_MAX], *last;

/* What the owners were told, together. */
static unsigned n_data, n_finish, n_finishing, n_gone, n_writable;
static size_t   sink_room; /* bytes that the sink takes */
static uint8_t  got[64];   /* the first that it took */
static size_t   n_got;
static size_t   source_left, sent;

static size_t
echo_data(void *arg, const void *data, size_t size)
{
    struct owner *owner = arg;

    n_data++;
    return stream_send(owner->stream, data, size);
}

static void
echo_writable(void *arg)
{
    struct owner *owner = arg;

    n_writable++;
    stream_resume(owner->stream);
}

static void
owner_finish(void *arg)
{
    struct owner *owner = arg;

    n_finish++;
    stream_close(take_ptr(owner->stream));
}

static void
owner_finishing(void *arg)
{
    (void)arg;
    n_finishing++;
}

static void
owner_gone(void *arg)
{
    struct owner *owner = arg;

    n_gone++;
    owner->stream = NULL;
}

static void
source_writable(void *arg)
{
    static const char zeros[100000];
    struct owner     *owner = arg;
    size_t            size, taken;

    n_writable++;
    do {
        size = source_left < sizeof zeros ? source_left : sizeof zeros;
        taken = stream_send(owner->stream, zeros, size);
        source_left -= taken;
        sent += taken;
    } while (size && taken == size);
}

static size_t
sink_data(void *arg, const void *data, size_t size)
{
    size_t taken = size < sink_room ? size : sink_room;
    size_t room = sizeof got - n_got;

    (void)arg;
    n_data++;
    sink_room -= taken;
    memcpy(got + n_got, data, taken < room ? taken : room);
    n_got += taken < room ? taken : room;
    return taken;
}

static const struct stream_ops echo_ops = {
    .data = echo_data, .writable = echo_writable, .finish = owner_finish, .gone = owner_gone};
static const struct stream_ops source_ops = {
    .data = sink_data, .writable = source_writable, .finish = owner_finish, .gone = owner_gone};
static const struct stream_ops sink_ops = {
    .data = sink_data, .finishing = owner_finishing, .finish = owner_finish, .gone = owner_gone};

static void
open_with(struct request *req, const struct stream_ops *ops)
{
    struct owner *owner = last ? last + 1 : owners;
    struct err    err;

    owner->stream = stream_open(req, NULL, ops, owner, &err);
    if (owner->stream)
        last = owner;
    else
        request_fail(req, &err);
}

static void
call_echo(struct request *req, const void *args)
{
    (void)args;
    open_with(req, &echo_ops);
}

static void
call_source(struct request *req, const void *args)
{
    (void)args;
    open_with(req, &source_ops);
}

static void
call_sink(struct request *req, const void *args)
{
    (void)args;
    open_with(req, &sink_ops);
}

static void
call_get(struct request *req, const void *args)
{
    (void)args;
    request_reply(req, NULL);
}

#define PROCEDURE(name)                                                                            \
    {                                                                                              \
#name, call_##name, ACCESS_NONE, (xdrproc_t)xdr_rpc_void, (xdrproc_t)xdr_rpc_void, 1       \
    }
static const struct procedure procedures[] = {
    [GET] = PROCEDURE(get),
    [ECHO] = PROCEDURE(echo),
    [SOURCE] = PROCEDURE(source),
    [SINK] = PROCEDURE(sink),
};

const struct program api_programs[] = {
    {WIRE_PROGRAM_REMOTE, procedures, array_size(procedures)},
    {0, NULL, 0},
};

static void
setup(void)
{
    harness_start(&h);
    client = client_new(&h, false);
    conn_opened(client.conn, false);
    last = NULL;
    n_data = n_finish = n_finishing = n_gone = n_writable = 0;
    n_got = sent = source_left = sink_room = 0;
}

static void
teardown(void)
{
    client_free(&client);
    for (size_t n = 0; n < array_size(owners); n++)
        ck_assert_ptr_null(owners[n].stream);
    ck_assert_uint_eq(server_held(h.daemon.server)->bytes, 0);
    harness_stop(&h);
}

/*----- the client's side -----*/

static uint32_t
open_stream(int procedure)
{
    uint32_t serial = client_call(&client, procedure, NULL, NULL);

    client_expect_reply(&client, serial, NULL, NULL);
    ck_assert_ptr_nonnull(last->stream);
    return serial;
}

/* It has more to send than all that may wait together, and nobody reads. */
static void
open_flood(void)
{
    open_stream(SOURCE);
    source_left = 4 << 20;
    source_writable(last);
    for (int n = 0; n < 50; n++)
        harness_settle(&h);
    ck_assert_uint_gt(framed_unsent(&client.conn->framed), 0);
    ck_assert_uint_gt(source_left, 2 << 20);
}

static void
send_frame(uint32_t type, int procedure, uint32_t serial, uint32_t status, const void *data,
           size_t size)
{
    const struct wire_header header = {.program = WIRE_PROGRAM_REMOTE,
                                       .version = WIRE_VERSION,
                                       .procedure = procedure,
                                       .type = type,
                                       .serial = serial,
                                       .status = status};

    client_send(&client, &header, data, size);
}

static void
send_data(int procedure, uint32_t serial, const char *text)
{
    send_frame(WIRE_STREAM, procedure, serial, WIRE_CONTINUE, text, strlen(text));
}

static void
finish(int procedure, uint32_t serial)
{
    send_frame(WIRE_STREAM, procedure, serial, WIRE_OK, NULL, 0);
}

/* The next frame is of this stream. */
static struct frame
expect_of_stream(int procedure, uint32_t serial, uint32_t status)
{
    struct frame frame;

    ck_assert(client_read(&client, &frame));
    ck_assert_uint_eq(frame.header.type, WIRE_STREAM);
    ck_assert_uint_eq(frame.header.program, WIRE_PROGRAM_REMOTE);
    ck_assert_uint_eq(frame.header.version, WIRE_VERSION);
    ck_assert_int_eq(frame.header.procedure, procedure);
    ck_assert_uint_eq(frame.header.serial, serial);
    ck_assert_uint_eq(frame.header.status, status);
    return frame;
}

static void
expect_data(int procedure, uint32_t serial, const char *text)
{
    struct frame frame = expect_of_stream(procedure, serial, WIRE_CONTINUE);

    ck_assert_uint_eq(frame.size, WIRE_HEADER_SIZE + strlen(text));
    ck_assert_mem_eq(frame.data + WIRE_HEADER_SIZE, text, strlen(text));
    frame_free(&frame);
}

static void
expect_end(int procedure, uint32_t serial, uint32_t status)
{
    struct frame frame = expect_of_stream(procedure, serial, status);

    ck_assert_uint_eq(frame.size, WIRE_HEADER_SIZE);
    frame_free(&frame);
}

static void
expect_failure(int procedure, uint32_t serial, int code, const char *message)
{
    struct frame frame = expect_of_stream(procedure, serial, WIRE_ERROR);
    struct err   err;

    wire_decode_error(frame.data, frame.size, &err);
    ck_assert_int_eq((int)err.code, code);
    ck_assert_str_eq(err.message, message);
    frame_free(&frame);
}

static void
expect_calls_are_answered(void)
{
    client_expect_reply(&client, client_call(&client, GET, NULL, NULL), NULL, NULL);
}

/*----- data and ends -----*/

START_TEST(data_goes_both_ways_behind_the_reply)
{
    uint32_t serial = open_stream(ECHO);

    send_data(ECHO, serial, "abc\r");
    expect_data(ECHO, serial, "abc\r");
    send_data(ECHO, serial, "x");
    expect_data(ECHO, serial, "x");
    expect_calls_are_answered();
}
END_TEST

START_TEST(a_client_that_finishes_is_answered_and_the_stream_is_gone)
{
    uint32_t serial = open_stream(ECHO);

    finish(ECHO, serial);
    expect_end(ECHO, serial, WIRE_OK);
    ck_assert_uint_eq(n_finish, 1);
    ck_assert_uint_eq(n_gone, 0);
    send_data(ECHO, serial, "late");
    finish(ECHO, serial);
    client_expect_nothing(&client);
    ck_assert_uint_eq(n_data, 0);
}
END_TEST

START_TEST(a_client_that_aborts_is_answered_and_the_owner_is_told)
{
    uint32_t serial = open_stream(ECHO);

    send_frame(WIRE_STREAM, ECHO, serial, WIRE_ERROR, NULL, 0);
    expect_end(ECHO, serial, WIRE_OK);
    ck_assert_uint_eq(n_finish, 0);
    ck_assert_uint_eq(n_gone, 1);
    client_expect_nothing(&client);
}
END_TEST

START_TEST(the_owners_end_is_an_empty_piece_behind_what_it_sent)
{
    uint32_t serial = open_stream(SINK);

    stream_send(last->stream, "last", 4);
    stream_end(take_ptr(last->stream));
    expect_data(SINK, serial, "last");
    expect_end(SINK, serial, WIRE_CONTINUE);
    client_expect_nothing(&client);
    send_data(SINK, serial, "nobody reads this");
    client_expect_nothing(&client);
    ck_assert_uint_eq(n_data, 0);
    finish(SINK, serial);
    expect_end(SINK, serial, WIRE_OK);
    ck_assert_uint_eq(n_finish + n_gone, 0);
    ck_assert_uint_eq(client.conn->n_streams, 0);
}
END_TEST

START_TEST(the_owners_error_ends_the_stream)
{
    uint32_t   serial = open_stream(ECHO);
    struct err err;

    err_set(&err, ERR_OPERATION_FAILED, "the console is gone");
    stream_fail(take_ptr(last->stream), &err);
    expect_failure(ECHO, serial, ERR_OPERATION_FAILED, "the console is gone");
    ck_assert_uint_eq(n_gone, 0);
    send_data(ECHO, serial, "late");
    send_frame(WIRE_STREAM, ECHO, serial, WIRE_ERROR, NULL, 0);
    client_expect_nothing(&client);
    expect_calls_are_answered();
}
END_TEST

START_TEST(a_client_that_vanishes_is_told_to_the_owner)
{
    open_flood();
    client_free(&client);
    ck_assert_uint_eq(n_gone, 1);
    ck_assert_uint_eq(server_client_count(h.daemon.server), 0);
}
END_TEST

START_TEST(a_server_that_stops_ends_its_streams)
{
    open_flood();
    server_free(h.daemon.server);
    ck_assert_uint_eq(n_gone, 1);
    harness_new_server(&h);
}
END_TEST

/*----- what is none of it -----*/

START_TEST(a_stream_that_nobody_knows_is_ignored)
{
    uint32_t serial = open_stream(ECHO);

    send_data(ECHO, serial + 1, "other serial");
    send_data(SINK, serial, "other procedure");
    finish(ECHO, serial + 1);
    send_frame(WIRE_STREAM_HOLE, ECHO, serial + 1, WIRE_CONTINUE, "\0\0\0\0\0\0\0\1\0\0\0\0", 12);
    client_expect_nothing(&client);
    ck_assert_uint_eq(n_data + n_finish + n_gone, 0);
    send_data(ECHO, serial, "x");
    expect_data(ECHO, serial, "x");
}
END_TEST

START_TEST(a_hole_is_refused)
{
    uint32_t serial = open_stream(ECHO);

    send_frame(WIRE_STREAM_HOLE, ECHO, serial, WIRE_CONTINUE, "\0\0\0\0\0\0\0\1\0\0\0\0", 12);
    expect_failure(ECHO, serial, ERR_RPC, "Unexpected stream hole");
    ck_assert_uint_eq(n_gone, 1);
    expect_calls_are_answered();
}
END_TEST

START_TEST(an_unknown_status_ends_the_stream)
{
    uint32_t serial = open_stream(ECHO);

    send_frame(WIRE_STREAM, ECHO, serial, 3, NULL, 0);
    expect_failure(ECHO, serial, ERR_RPC, "Unexpected message status of a stream");
    ck_assert_uint_eq(n_gone, 1);
}
END_TEST

START_TEST(a_connection_has_so_many_streams_and_each_serial_once)
{
    uint32_t serial = open_stream(SINK);

    client.serial = serial;
    client_call(&client, SINK, NULL, NULL);
    client_expect_error(&client, serial, ERR_OPERATION_FAILED,
                        "operation failed: this connection may have 16 streams, each of a serial "
                        "of its own");
    for (int n = 1; n < STREAMS_MAX; n++)
        open_stream(SINK);
    client_call(&client, SINK, NULL, NULL);
    client_expect_error(&client, serial + STREAMS_MAX, ERR_OPERATION_FAILED,
                        "operation failed: this connection may have 16 streams, each of a serial "
                        "of its own");
    finish(SINK, serial);
    expect_end(SINK, serial, WIRE_OK);
    open_stream(SINK);
}
END_TEST

/*----- credit -----*/

START_TEST(a_source_is_bounded_and_told_when_it_may_go_on)
{
    size_t before;

    open_flood();
    ck_assert_uint_le(conn_held(client.conn), STREAM_CREDIT + STREAM_PIECE + WIRE_HEADER_SIZE);
    ck_assert_uint_eq(server_held(h.daemon.server)->bytes, conn_held(client.conn));
    ck_assert_uint_le(framed_unsent(&client.conn->framed), STREAM_PIECE + WIRE_HEADER_SIZE);
    before = sent;
    for (int n = 0; n < 20; n++)
        harness_settle(&h);
    ck_assert_uint_eq(sent, before);
    for (size_t left = 4 << 20; left;) {
        struct frame frame = expect_of_stream(SOURCE, 0, WIRE_CONTINUE);

        ck_assert_uint_le(frame.size, STREAM_PIECE + WIRE_HEADER_SIZE);
        left -= frame.size - WIRE_HEADER_SIZE;
        frame_free(&frame);
    }
    ck_assert_uint_eq(sent, 4 << 20);
    ck_assert_uint_gt(n_writable, 10);
}
END_TEST

/* So many bytes, or what there is; client_read looks at them later. */
static void
read_some(size_t size)
{
    ssize_t n;

    client.pending = xrealloc(client.pending, client.n_pending + size);
    for (size_t left = size; left; left -= (size_t)n) {
        n = read(client.fd, client.pending + client.n_pending, left);
        if (n <= 0)
            break;
        client.n_pending += (size_t)n;
        harness_settle(&h);
    }
}

/* It floods, and the client reads only as much as is in the way of its answer. */
START_TEST(a_stream_does_not_delay_the_calls_of_its_connection)
{
    uint32_t serial;
    size_t   behind = 0;

    open_flood();
    /* The output was drained in between, and has a new piece of the stream already. */
    read_some(1 << 20);
    ck_assert_uint_gt(framed_unsent(&client.conn->framed), 0);
    serial = client_call(&client, GET, NULL, NULL);
    harness_settle(&h);
    /* It was read and answered though nobody reads the stream. */
    ck_assert_uint_eq(client.conn->n_requests, 0);
    ck_assert_uint_gt(client.conn->unsent_answers, 0);
    for (;;) {
        struct frame frame;
        uint32_t     type;

        ck_assert(client_read(&client, &frame));
        type = frame.header.type;
        behind += frame.size;
        if (type == WIRE_REPLY)
            ck_assert_uint_eq(frame.header.serial, serial);
        frame_free(&frame);
        if (type == WIRE_REPLY)
            break;
    }
    ck_assert_uint_lt(behind, 2 << 20);
}
END_TEST

START_TEST(a_keepalive_ping_is_answered_while_a_stream_floods)
{
    const struct wire_header ping = {.program = WIRE_PROGRAM_KEEPALIVE,
                                     .version = WIRE_VERSION,
                                     .procedure = KEEPALIVE_PING,
                                     .type = WIRE_MESSAGE};
    uint32_t                 program;

    open_flood();
    client_send(&client, &ping, NULL, 0);
    do {
        struct frame frame;

        ck_assert(client_read(&client, &frame));
        program = frame.header.program;
        frame_free(&frame);
    } while (program != WIRE_PROGRAM_KEEPALIVE);
}
END_TEST

/* A client that reads nothing and asks on is not answered without bound. */
START_TEST(answers_stay_bounded_beside_a_stream)
{
    static const char call[] = "\0\0\0\x1c\x20\0\x80\x86\0\0\0\1\0\0\0\3\0\0\0\0\0\0\0\x63\0\0\0";
    unsigned          asked = 0;

    open_flood();
    for (int turn = 0; turn < 1000; turn++) {
        while (asked < 1000000 && send(client.fd, call, sizeof call, MSG_NOSIGNAL) == sizeof call)
            asked++;
        harness_settle(&h);
    }
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert_uint_le(framed_unsent(&client.conn->framed), 2 * (STREAM_PIECE + 100));
    ck_assert_uint_le(conn_held(client.conn), STREAM_CREDIT + 4 * STREAM_PIECE);
}
END_TEST

START_TEST(streams_have_their_turns)
{
    static const char bytes[STREAM_CREDIT];
    uint32_t          one = open_stream(SINK);
    char              turns[100] = "";
    struct frame      frame;
    size_t            n = 0;

    open_stream(SINK);
    /* The first fills the socket; then both have as much as may wait. */
    while (stream_send(owners[0].stream, bytes, sizeof bytes) == sizeof bytes)
        continue;
    ck_assert_uint_eq(stream_send(owners[1].stream, bytes, sizeof bytes), sizeof bytes);
    while (n < sizeof turns - 1 && client_read(&client, &frame)) {
        turns[n++] = frame.header.serial == one ? '1' : '2';
        frame_free(&frame);
    }
    ck_assert_uint_gt(n, 8);
    ck_assert_str_eq(turns + n - 8, "21212121");
}
END_TEST

START_TEST(what_is_not_taken_is_kept_and_comes_again_in_order)
{
    uint32_t serial = open_stream(SINK);

    sink_room = 2;
    send_data(SINK, serial, "abc");
    send_data(SINK, serial, "def");
    finish(SINK, serial);
    client_expect_nothing(&client);
    ck_assert_uint_eq(n_data, 1);
    ck_assert_uint_eq(server_held(h.daemon.server)->bytes, 4);
    ck_assert_uint_eq(n_finish, 0);
    sink_room = 1;
    stream_resume(last->stream);
    client_expect_nothing(&client);
    ck_assert_uint_eq(n_finish, 0);
    sink_room = 100;
    stream_resume(last->stream);
    expect_end(SINK, serial, WIRE_OK);
    ck_assert_uint_eq(n_finish, 1);
    ck_assert_mem_eq(got, "abcdef", 6);
}
END_TEST

/* A client that waits for its end may be answered although nobody takes what it sent. */
START_TEST(what_is_kept_can_be_dropped_and_the_end_comes)
{
    uint32_t serial = open_stream(SINK);

    sink_room = 2;
    send_data(SINK, serial, "abc");
    finish(SINK, serial);
    client_expect_nothing(&client);
    ck_assert_uint_eq(n_finishing, 1);
    ck_assert_uint_eq(n_finish, 0);
    stream_drop(last->stream);
    ck_assert_uint_eq(n_finish, 0); /* from the loop */
    ck_assert_uint_eq(server_held(h.daemon.server)->bytes, 0);
    expect_end(SINK, serial, WIRE_OK);
    ck_assert_uint_eq(n_finish, 1);
    ck_assert_uint_eq(n_data, 1);
}
END_TEST

START_TEST(who_has_taken_all_is_told_the_end_alone)
{
    uint32_t serial = open_stream(SINK);

    sink_room = 100;
    send_data(SINK, serial, "abc");
    stream_drop(last->stream); /* nothing is kept: it changes nothing */
    finish(SINK, serial);
    expect_end(SINK, serial, WIRE_OK);
    ck_assert_uint_eq(n_finishing, 0);
    ck_assert_uint_eq(n_finish, 1);
}
END_TEST

START_TEST(a_stream_that_takes_nothing_keeps_a_bounded_memory_and_calls_are_answered)
{
    static char bytes[50000];
    uint32_t    serial = open_stream(SINK);
    size_t      most = 0;

    for (int n = 0; n < 100 && last->stream; n++) {
        send_frame(WIRE_STREAM, SINK, serial, WIRE_CONTINUE, bytes, sizeof bytes);
        harness_settle(&h);
        if (last->stream)
            expect_calls_are_answered();
        if (conn_held(client.conn) > most)
            most = conn_held(client.conn);
    }
    expect_failure(SINK, serial, ERR_OPERATION_FAILED,
                   "the stream's data comes faster than it is taken");
    ck_assert_uint_eq(n_gone, 1);
    ck_assert_uint_eq(client.conn->n_streams, 0);
    ck_assert_uint_gt(most, STREAM_KEPT_MAX - 2 * sizeof bytes);
    ck_assert_uint_le(most, STREAM_KEPT_MAX);
    expect_calls_are_answered();
}
END_TEST

START_TEST(an_echo_that_nobody_reads_is_bounded_both_ways)
{
    static char bytes[50000];
    uint32_t    serial = open_stream(ECHO);
    size_t      most = 0;

    for (int n = 0; n < 200 && last->stream; n++) {
        send_frame(WIRE_STREAM, ECHO, serial, WIRE_CONTINUE, bytes, sizeof bytes);
        harness_settle(&h);
        if (conn_held(client.conn) > most)
            most = conn_held(client.conn);
    }
    ck_assert_uint_eq(n_gone, 1);
    ck_assert_uint_gt(most, STREAM_KEPT_MAX);
    ck_assert_uint_le(most, STREAM_KEPT_MAX + STREAM_CREDIT + STREAM_PIECE + WIRE_HEADER_SIZE);
}
END_TEST

/* The bound on all clients together holds for streams too. */
START_TEST(a_client_whose_streams_hold_too_much_of_all_is_closed)
{
    h.daemon.config->rpc.max_buffers = STREAM_CREDIT;
    open_stream(SINK);
    while (last->stream) {
        static char bytes[10000];

        stream_send(last->stream, bytes, sizeof bytes);
        harness_settle(&h);
    }
    ck_assert_uint_eq(n_gone, 1);
    ck_assert_uint_eq(server_client_count(h.daemon.server), 0);
    ck_assert_uint_eq(h.log_lines, 1);
}
END_TEST

/* The connection goes in the middle of what it sent, and its bytes with it. */
START_TEST(a_client_that_is_closed_for_its_own_echo_is_not_read_any_further)
{
    static char bytes[STREAM_CREDIT + 50000];
    uint32_t    serial = open_stream(ECHO);

    /* Room for what it sends, but not for as much again that waits for it. */
    h.daemon.config->rpc.max_buffers = sizeof bytes + STREAM_CREDIT / 2;
    for (int n = 0; n < 20 && last->stream; n++) {
        const struct wire_header header = {.program = WIRE_PROGRAM_REMOTE,
                                           .version = WIRE_VERSION,
                                           .procedure = ECHO,
                                           .type = WIRE_STREAM,
                                           .serial = serial,
                                           .status = WIRE_CONTINUE};
        cleanup_free void       *frame = NULL;
        size_t                   size;

        wire_encode_data(&header, bytes, sizeof bytes, &frame, &size);
        for (size_t at = 0, part; at < size && last->stream; at += part) {
            ssize_t r = send(client.fd, (char *)frame + at, size - at, MSG_NOSIGNAL);

            part = r > 0 ? (size_t)r : 0;
            harness_settle(&h);
        }
    }
    ck_assert_uint_eq(n_gone, 1);
    ck_assert_uint_eq(server_client_count(h.daemon.server), 0);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("stream");
    TCase   *tc = tcase_create("stream");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, data_goes_both_ways_behind_the_reply);
    tcase_add_test(tc, a_client_that_finishes_is_answered_and_the_stream_is_gone);
    tcase_add_test(tc, a_client_that_aborts_is_answered_and_the_owner_is_told);
    tcase_add_test(tc, the_owners_end_is_an_empty_piece_behind_what_it_sent);
    tcase_add_test(tc, the_owners_error_ends_the_stream);
    tcase_add_test(tc, a_client_that_vanishes_is_told_to_the_owner);
    tcase_add_test(tc, a_server_that_stops_ends_its_streams);
    tcase_add_test(tc, a_stream_that_nobody_knows_is_ignored);
    tcase_add_test(tc, a_hole_is_refused);
    tcase_add_test(tc, an_unknown_status_ends_the_stream);
    tcase_add_test(tc, a_connection_has_so_many_streams_and_each_serial_once);
    tcase_add_test(tc, a_source_is_bounded_and_told_when_it_may_go_on);
    tcase_add_test(tc, a_stream_does_not_delay_the_calls_of_its_connection);
    tcase_add_test(tc, a_keepalive_ping_is_answered_while_a_stream_floods);
    tcase_add_test(tc, answers_stay_bounded_beside_a_stream);
    tcase_add_test(tc, streams_have_their_turns);
    tcase_add_test(tc, what_is_not_taken_is_kept_and_comes_again_in_order);
    tcase_add_test(tc, what_is_kept_can_be_dropped_and_the_end_comes);
    tcase_add_test(tc, who_has_taken_all_is_told_the_end_alone);
    tcase_add_test(tc, a_stream_that_takes_nothing_keeps_a_bounded_memory_and_calls_are_answered);
    tcase_add_test(tc, an_echo_that_nobody_reads_is_bounded_both_ways);
    tcase_add_test(tc, a_client_whose_streams_hold_too_much_of_all_is_closed);
    tcase_add_test(tc, a_client_that_is_closed_for_its_own_echo_is_not_read_any_further);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
