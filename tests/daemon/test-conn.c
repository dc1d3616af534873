/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/handlers.h"
#include "base/alloc.h"
#include "harness.h"
#include "rpc/events.h"

enum {
    CONNECT_CLOSE = 2,
    GET_TYPE = 3,
    GET_CAPABILITIES = 7,
    SAVE = 55,
    SUPPORTS_FEATURE = 60,
    REGISTER_EVENT = 316,
};

#define SECOND 1000000ull

static struct harness h;
static struct client  client;

/* Saves wait until the test ends them. */
static struct request *held[64];
static unsigned        n_held;

void
handle_domain_save(struct request *req, struct domain *dom, const remote_domain_save_args *args)
{
    (void)dom, (void)args;
    held[n_held++] = req;
}

static void
finish_first_save(void)
{
    reply_domain_save(held[0], NULL);
    memmove(held, held + 1, --n_held * sizeof held[0]);
}

static void
setup(void)
{
    harness_start(&h);
    client = client_new(&h, false);
    n_held = 0;
}

static void
teardown(void)
{
    client_free(&client);
    while (n_held)
        finish_first_save();
    harness_settle(&h);
    ck_assert_uint_eq(server_client_count(h.daemon.server), 0);
    harness_stop(&h);
}

static bool
client_is_there(void)
{
    harness_settle(&h);
    return server_client_count(h.daemon.server) == 1;
}

static uint32_t
save(void)
{
    char                    name[] = "web", path[] = "/x";
    remote_domain_save_args args = {.dom = {.name = name}, .to = path};

    return client_call(&client, SAVE, (xdrproc_t)xdr_remote_domain_save_args, &args);
}

static void
ask_for_feature(int feature)
{
    remote_connect_supports_feature_args args = {.feature = feature};

    client_call(&client, SUPPORTS_FEATURE, (xdrproc_t)xdr_remote_connect_supports_feature_args,
                &args);
}

/*----- frames that are none -----*/

static const char *const no_lengths[] = {
    "\0\0\0\0", "\0\0\0\3", "\0\0\0\4", "\0\0\0\x1b", "\2\0\0\5", "\377\377\377\377",
};

START_TEST(a_malformed_frame_closes_its_connection_only_and_is_logged_once)
{
    struct client other = client_new(&h, false);

    client_write(&client, no_lengths[_i], 4);
    client_write(&client, "more of it", 10);
    client_expect_eof(&client);
    ck_assert_uint_eq(h.log_lines, 1);
    ck_assert_ptr_nonnull(strstr(h.last_log, "client 1 (process "));
    client_open(&other, 0);
    client_free(&other);
}
END_TEST

START_TEST(before_open_a_frame_has_at_most_64_KiB)
{
    struct wire_header header = {.program = WIRE_PROGRAM_REMOTE, .version = 1, .procedure = 66};
    static char        body[65536];

    client_send(&client, &header, body, 65536 - WIRE_HEADER_SIZE);
    client_expect_reply(&client, 0, NULL, NULL);
    client_write(&client, "\0\1\0\1", 4);
    client_expect_eof(&client);
    ck_assert_ptr_nonnull(strstr(h.last_log, "a frame of 65537 bytes, longer than the 65536"));
}
END_TEST

START_TEST(a_read_only_connection_may_not_send_more_when_it_is_opened)
{
    client_open(&client, 1);
    client_write(&client, "\0\1\0\1", 4);
    client_expect_eof(&client);
}
END_TEST

START_TEST(a_read_write_connection_may_send_the_longest_strings_of_libvirt)
{
    struct wire_header header = {
        .program = WIRE_PROGRAM_REMOTE, .version = 1, .procedure = GET_TYPE};
    cleanup_free char *body = xcalloc(2, REMOTE_STRING_MAX);

    client_open(&client, 0);
    client_send(&client, &header, body, 2 * REMOTE_STRING_MAX);
    client_expect_reply(&client, 0, NULL, NULL);
    client_write(&client, "\2\0\0\4", 4);
    client_expect_eof(&client);
}
END_TEST

/* As many as there are, each sending something else that is no frame, cost nobody anything. */
START_TEST(a_crowd_that_sends_garbage_is_closed_with_few_lines_in_the_log)
{
    unsigned seed = 1;

    for (int n = 0; n < 200; n++) {
        struct client stranger = client_new(&h, true);
        char          garbage[64];

        for (size_t i = 0; i < sizeof garbage; i++)
            garbage[i] = (char)(0x80 | rand_r(&seed));
        client_write(&stranger, garbage, sizeof garbage);
        client_expect_eof(&stranger);
        client_free(&stranger);
    }
    ck_assert_uint_le(h.log_lines, 12);
    ck_assert(client_is_there());
    client_open(&client, 0);
}
END_TEST

/*----- half frames -----*/

START_TEST(a_frame_that_was_begun_must_be_whole_in_half_a_minute)
{
    uint64_t now = loop_now_usec();

    client_write(&client, "\0\0\0\x1c\x20\0\x80", 7);
    harness_settle(&h);
    for (int second = 1; second <= 30; second++)
        conn_sweep(client.conn, now + (uint64_t)second * SECOND);
    ck_assert(client_is_there());
    conn_sweep(client.conn, now + 32 * SECOND);
    ck_assert(!client_is_there());
    ck_assert_uint_eq(h.log_lines, 1);
    ck_assert_ptr_nonnull(strstr(h.last_log, "began a frame and did not finish it"));
}
END_TEST

START_TEST(a_slow_client_that_finishes_its_frames_is_kept)
{
    struct wire_header header = {.program = WIRE_PROGRAM_REMOTE, .version = 1, .procedure = 66};
    uint64_t           now = loop_now_usec();

    for (int n = 0; n < 4; n++) {
        conn_sweep(client.conn, now);
        client_send(&client, &header, NULL, 0);
        client_write(&client, "\0\0\0\x1c\x20", 5);
        client_expect_reply(&client, 0, NULL, NULL);
        conn_sweep(client.conn, now += 20 * SECOND);
        client_write(&client, "\0\x80\x86\0\0\0\1\0\0\0\x42\0\0\0\0\0\0\0\0\0\0\0\0", 23);
        client_expect_reply(&client, 0, NULL, NULL);
        conn_sweep(client.conn, now += 20 * SECOND);
    }
    ck_assert(client_is_there());
}
END_TEST

START_TEST(the_half_minute_begins_with_the_frame)
{
    uint64_t now = loop_now_usec();

    conn_sweep(client.conn, now += 600 * SECOND);
    client_write(&client, "\0\0\0\x1c\x20", 5);
    harness_settle(&h);
    conn_sweep(client.conn, now + 29 * SECOND);
    ck_assert(client_is_there());
    conn_sweep(client.conn, now + 32 * SECOND);
    ck_assert(!client_is_there());
}
END_TEST

START_TEST(a_client_that_says_nothing_is_kept)
{
    uint64_t now = loop_now_usec();

    for (int minute = 0; minute < 10; minute++)
        conn_sweep(client.conn, now += 60 * SECOND);
    ck_assert(client_is_there());
}
END_TEST

START_TEST(what_a_pause_holds_up_is_not_the_clients_fault)
{
    uint64_t now = loop_now_usec();

    client_open(&client, 0);
    h.daemon.config->rpc.max_client_requests = 1;
    save();
    save();
    for (int minute = 0; minute < 10; minute++) {
        harness_settle(&h);
        conn_sweep(client.conn, now += 60 * SECOND);
    }
    ck_assert(client_is_there());
    ck_assert_uint_eq(n_held, 1);
}
END_TEST

START_TEST(a_client_that_must_wait_is_not_taken_for_dead)
{
    uint64_t now = loop_now_usec();

    h.daemon.config->rpc.keepalive_interval = 5;
    h.daemon.config->rpc.keepalive_count = 3;
    h.daemon.config->rpc.max_client_requests = 1;
    client_open(&client, 0);
    ask_for_feature(10);
    client_expect_reply(&client, 1, NULL, NULL);
    save();
    for (int second = 0; second < 60; second++) {
        harness_settle(&h);
        conn_sweep(client.conn, now += SECOND);
    }
    ck_assert(client_is_there());
    ck_assert_uint_eq(h.log_lines, 0);
}
END_TEST

/*----- requests in flight -----*/

START_TEST(a_client_waits_when_it_has_too_many_requests_in_flight)
{
    uint32_t serial;

    client_open(&client, 0);
    h.daemon.config->rpc.max_client_requests = 3;
    serial = save();
    for (int n = 0; n < 9; n++)
        save();
    harness_settle(&h);
    for (unsigned answered = 0; answered < 10; answered++) {
        ck_assert_uint_eq(n_held, 10 - answered < 3 ? 10 - answered : 3);
        finish_first_save();
        client_expect_reply(&client, serial + answered, NULL, NULL);
    }
    ck_assert_uint_eq(client.conn->n_requests, 0);
}
END_TEST

START_TEST(nothing_is_read_from_a_client_that_must_wait)
{
    static const char zeros[4096];
    size_t            sent = 0;
    ssize_t           n;

    client_open(&client, 0);
    h.daemon.config->rpc.max_client_requests = 1;
    save();
    harness_settle(&h);
    for (int turn = 0; turn < 4; turn++) {
        while ((n = send(client.fd, zeros, sizeof zeros, MSG_NOSIGNAL)) > 0)
            sent += (size_t)n;
        harness_settle(&h);
    }
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert_uint_lt(sent, 2 << 20);
    ck_assert_uint_le(framed_unread(&client.conn->framed), 2 * 65536);
    ck_assert(client_is_there());
}
END_TEST

START_TEST(requests_in_flight_do_not_keep_a_client_that_goes)
{
    client_open(&client, 0);
    save();
    save();
    harness_settle(&h);
    client_free(&client);
    ck_assert(!client_is_there());
    ck_assert_uint_eq(n_held, 2);
}
END_TEST

START_TEST(a_client_that_goes_while_it_must_wait_is_noticed_by_the_next_sweep)
{
    struct conn *conn = client.conn;

    client_open(&client, 0);
    h.daemon.config->rpc.max_client_requests = 1;
    save();
    save();
    harness_settle(&h);
    conn_sweep(conn, loop_now_usec());
    ck_assert(client_is_there());
    client_free(&client);
    ck_assert(client_is_there());
    conn_sweep(conn, loop_now_usec());
    ck_assert(!client_is_there());
    ck_assert_uint_eq(h.log_lines, 0);
}
END_TEST

/*----- slow readers -----*/

#define REPLY_SIZE 100000u

/* Each reply to GET_CAPABILITIES has about this many bytes from now on. */
static void
make_replies_large(void)
{
    h.daemon.capabilities = xmalloc(REPLY_SIZE + 1);
    memset(h.daemon.capabilities, 'x', REPLY_SIZE);
    h.daemon.capabilities[REPLY_SIZE] = '\0';
}

START_TEST(of_a_reader_that_must_wait_little_is_kept)
{
    struct wire_header header = {
        .program = WIRE_PROGRAM_REMOTE, .version = WIRE_VERSION, .procedure = GET_CAPABILITIES};
    struct client reader = client_new(&h, true);
    static char   body[5000];

    client_open(&reader, 0);
    make_replies_large();
    for (int n = 0; n < 20; n++)
        client_send(&reader, &header, body, sizeof body);
    harness_settle(&h);
    ck_assert_uint_gt(framed_unsent(&reader.conn->framed), 0);
    ck_assert_uint_le(framed_unread(&reader.conn->framed), 2 * 8000);
    client_free(&reader);
}
END_TEST

/* Ask and ask, and never read.  Returns how many calls went out before the socket was full. */
static unsigned
ask_without_reading(unsigned max)
{
    static const char call[] = "\0\0\0\x1c\x20\0\x80\x86\0\0\0\1\0\0\0\7\0\0\0\0\0\0\0\0\0\0\0";
    unsigned          asked = 0;

    while (asked < max) {
        if (send(client.fd, call, sizeof call, MSG_NOSIGNAL) != sizeof call)
            break;
        asked++;
        harness_settle(&h);
    }
    return asked;
}

START_TEST(a_slow_reader_is_read_no_more_until_it_has_read_all)
{
    const unsigned max = 1000;
    unsigned       asked, answered = 0;
    struct frame   frame;

    client_open(&client, 0);
    make_replies_large();
    asked = ask_without_reading(max);
    ck_assert_uint_gt(asked, 5);
    ck_assert_uint_gt(framed_unsent(&client.conn->framed), 0);
    ck_assert_uint_le(framed_unsent(&client.conn->framed), REPLY_SIZE + 100);
    ck_assert(client_is_there());
    ck_assert_uint_eq(h.log_lines, 0);

    while (client_read(&client, &frame)) {
        answered++;
        frame_free(&frame);
    }
    ck_assert_uint_eq(answered, asked);
    client_call(&client, GET_TYPE, NULL, NULL);
    ck_assert(client_read(&client, &frame));
    frame_free(&frame);
}
END_TEST

static int
listen_for_lifecycle(void)
{
    remote_connect_domain_event_callback_register_any_args args = {.eventID = EVENT_LIFECYCLE};
    remote_connect_domain_event_callback_register_any_ret  ret = {0};
    uint32_t                                               serial =
        client_call(&client, REGISTER_EVENT,
                    (xdrproc_t)xdr_remote_connect_domain_event_callback_register_any_args, &args);

    client_expect_reply(&client, serial,
                        (xdrproc_t)xdr_remote_connect_domain_event_callback_register_any_ret, &ret);
    return ret.callbackID;
}

START_TEST(a_client_that_never_reads_its_events_costs_a_bounded_memory_and_is_given_up)
{
    static const uint8_t      uuid[UUID_SIZE];
    const struct event_domain dom = {.name = "web", .uuid = uuid, .domid = 7};
    struct client             other = client_new(&h, true);
    size_t                    most = 0;

    client_open(&client, 0);
    client_open(&other, 0);
    listen_for_lifecycle();
    h.daemon.config->rpc.max_output = 100000;
    for (int n = 0; n < 100000 && server_client_count(h.daemon.server) == 2; n++) {
        events_lifecycle(h.daemon.events, &dom, LIFECYCLE_STARTED, STARTED_BOOTED);
        if (framed_unsent(&client.conn->framed) > most)
            most = framed_unsent(&client.conn->framed);
        if (n % 100 == 99)
            harness_settle(&h);
    }
    ck_assert_uint_eq(server_client_count(h.daemon.server), 1);
    ck_assert_uint_gt(most, 100000);
    ck_assert_uint_lt(most, 100000 + 1000);
    ck_assert_uint_eq(h.log_lines, 1);
    ck_assert_ptr_nonnull(strstr(h.last_log, "does not read what it is sent"));
    client_call(&other, GET_TYPE, NULL, NULL);
    client_expect_reply(&other, 1, NULL, NULL);
    client_free(&other);
}
END_TEST

START_TEST(one_reply_may_be_larger_than_the_bound)
{
    struct frame frame;

    client_open(&client, 0);
    make_replies_large();
    h.daemon.config->rpc.max_output = 1000;
    client_call(&client, GET_CAPABILITIES, NULL, NULL);
    ck_assert(client_read(&client, &frame));
    ck_assert_uint_gt(frame.size, REPLY_SIZE);
    frame_free(&frame);
}
END_TEST

/*----- keepalive -----*/

static struct wire_header
keepalive_header(int procedure)
{
    return (struct wire_header){.program = WIRE_PROGRAM_KEEPALIVE,
                                .version = 1,
                                .procedure = procedure,
                                .type = WIRE_MESSAGE,
                                .serial = 5};
}

static void
expect_keepalive(int procedure)
{
    struct frame frame;

    ck_assert(client_read(&client, &frame));
    ck_assert_uint_eq(frame.size, WIRE_HEADER_SIZE);
    ck_assert_uint_eq(frame.header.program, WIRE_PROGRAM_KEEPALIVE);
    ck_assert_uint_eq(frame.header.version, 1);
    ck_assert_int_eq(frame.header.procedure, procedure);
    ck_assert_uint_eq(frame.header.type, WIRE_MESSAGE);
    ck_assert_uint_eq(frame.header.serial, 0);
    ck_assert_uint_eq(frame.header.status, WIRE_OK);
    frame_free(&frame);
}

START_TEST(a_ping_is_answered_before_open_too)
{
    struct wire_header ping = keepalive_header(KEEPALIVE_PING);

    client_send(&client, &ping, NULL, 0);
    expect_keepalive(KEEPALIVE_PONG);
    client_expect_nothing(&client);
}
END_TEST

START_TEST(a_flood_of_pings_whose_answers_are_not_read_costs_a_bounded_memory)
{
    static const char ping[] = "\0\0\0\x1c\x6b\x65\x65\x70\0\0\0\1\0\0\0\1\0\0\0\2"
                               "\0\0\0\0\0\0\0";
    int               stuck = 0;

    while (stuck < 3) {
        ssize_t n = send(client.fd, ping, sizeof ping, MSG_NOSIGNAL);

        stuck = n < 0 ? stuck + 1 : 0;
        if (n < 0)
            harness_settle(&h);
        ck_assert(n < 0 || n == sizeof ping);
    }
    ck_assert_uint_gt(framed_unsent(&client.conn->framed), 0);
    ck_assert_uint_le(framed_unsent(&client.conn->framed), sizeof ping);
    ck_assert(client_is_there());
}
END_TEST

START_TEST(a_ping_that_is_a_call_is_an_unknown_program)
{
    struct wire_header ping = keepalive_header(KEEPALIVE_PING);

    ping.type = WIRE_CALL;
    client_send(&client, &ping, NULL, 0);
    client_expect_error(&client, 5, ERR_RPC, "Cannot find program 1801807216 version 1");
}
END_TEST

START_TEST(other_keepalive_messages_are_ignored)
{
    struct wire_header pong = keepalive_header(KEEPALIVE_PONG);
    struct wire_header unknown = keepalive_header(3);
    struct wire_header version = keepalive_header(KEEPALIVE_PING);

    version.version = 2;
    client_send(&client, &pong, NULL, 0);
    client_send(&client, &unknown, NULL, 0);
    client_send(&client, &version, NULL, 0);
    client_expect_nothing(&client);
}
END_TEST

START_TEST(a_client_that_did_not_ask_for_keepalive_is_never_pinged)
{
    uint64_t now = loop_now_usec();

    client_open(&client, 0);
    ask_for_feature(14);
    client_expect_reply(&client, 1, NULL, NULL);
    for (int second = 1; second < 100; second++)
        conn_sweep(client.conn, now + (uint64_t)second * SECOND);
    client_expect_nothing(&client);
}
END_TEST

/* Sweeps from one second to another, both included; counts the pings that come. */
static unsigned
sweep_and_count(uint64_t start, int from, int to)
{
    struct frame frame;
    unsigned     pings = 0;

    for (int second = from; second <= to; second++)
        conn_sweep(client.conn, start + (uint64_t)second * SECOND);
    while (client_read(&client, &frame)) {
        pings += frame.header.procedure == KEEPALIVE_PING;
        frame_free(&frame);
    }
    return pings;
}

START_TEST(a_silent_client_is_pinged_each_interval_and_then_given_up)
{
    uint64_t start;

    h.daemon.config->rpc.keepalive_interval = 5;
    h.daemon.config->rpc.keepalive_count = 3;
    ask_for_feature(10);
    client_expect_reply(&client, 0, NULL, NULL);
    start = loop_now_usec();
    conn_sweep(client.conn, start);
    ck_assert_uint_eq(sweep_and_count(start, 1, 4), 0);
    ck_assert_uint_eq(sweep_and_count(start, 5, 5), 1);
    ck_assert_uint_eq(sweep_and_count(start, 6, 9), 0);
    ck_assert_uint_eq(sweep_and_count(start, 10, 19), 2);
    ck_assert(client_is_there());
    conn_sweep(client.conn, start + 20 * SECOND);
    ck_assert(!client_is_there());
    ck_assert_ptr_nonnull(strstr(h.last_log, "does not answer keepalive pings"));
}
END_TEST

/* _i: what it sends: a pong, or something else. */
START_TEST(whatever_a_client_sends_proves_that_it_lives)
{
    struct wire_header pong = keepalive_header(KEEPALIVE_PONG);
    struct wire_header reply = {.program = 1, .type = WIRE_REPLY};
    uint64_t           start;

    h.daemon.config->rpc.keepalive_interval = 5;
    h.daemon.config->rpc.keepalive_count = 1;
    ask_for_feature(10);
    client_expect_reply(&client, 0, NULL, NULL);
    start = loop_now_usec();
    conn_sweep(client.conn, start);
    for (int n = 0; n < 5; n++) {
        ck_assert_uint_eq(sweep_and_count(start, 9 * n + 1, 9 * n + 8), 1);
        client_send(&client, _i ? &reply : &pong, NULL, 0);
        harness_settle(&h);
        ck_assert_uint_eq(sweep_and_count(start, 9 * n + 9, 9 * n + 9), 0);
    }
    ck_assert(client_is_there());
}
END_TEST

START_TEST(an_interval_of_0_means_no_pings)
{
    uint64_t start;

    h.daemon.config->rpc.keepalive_interval = 0;
    ask_for_feature(10);
    client_expect_reply(&client, 0, NULL, NULL);
    start = loop_now_usec();
    ck_assert_uint_eq(sweep_and_count(start, 0, 100), 0);
    ck_assert(client_is_there());
}
END_TEST

/*----- closing -----*/

START_TEST(a_close_is_answered_and_then_the_connection_ends)
{
    uint32_t serial;

    client_open(&client, 0);
    serial = client_call(&client, CONNECT_CLOSE, NULL, NULL);
    client_call(&client, GET_TYPE, NULL, NULL);
    client_expect_reply(&client, serial, NULL, NULL);
    client_expect_eof(&client);
    ck_assert_uint_eq(client.n_pending, 0);
    ck_assert(!client_is_there());
}
END_TEST

START_TEST(a_close_waits_for_the_output_that_is_due)
{
    struct frame frame;
    unsigned     answered = 0;
    uint64_t     now = loop_now_usec();

    client_open(&client, 0);
    make_replies_large();
    for (int n = 0; n < 30; n++)
        client_call(&client, GET_CAPABILITIES, NULL, NULL);
    client_call(&client, CONNECT_CLOSE, NULL, NULL);
    harness_settle(&h);
    for (int second = 0; second < 20; second++)
        conn_sweep(client.conn, now + (uint64_t)second * SECOND);
    while (client_read(&client, &frame)) {
        answered++;
        frame_free(&frame);
    }
    ck_assert_uint_eq(answered, 31);
    client_expect_eof(&client);
}
END_TEST

START_TEST(who_is_to_go_and_does_not_read_is_not_waited_for_for_ever)
{
    static const char frame[1 << 20];
    uint64_t          now = loop_now_usec();

    client_open(&client, 0);
    conn_send(client.conn, frame, sizeof frame);
    conn_finish(client.conn);
    harness_settle(&h);
    conn_sweep(client.conn, now);
    conn_sweep(client.conn, now + SECOND);
    ck_assert(client_is_there());
    conn_sweep(client.conn, now + 40 * SECOND);
    ck_assert(!client_is_there());
}
END_TEST

START_TEST(a_client_that_goes_in_the_middle_of_a_frame_is_forgotten_without_a_word)
{
    client_write(&client, "\0\0\0\x1c\x20", 5);
    client_free(&client);
    ck_assert(!client_is_there());
    ck_assert_uint_eq(h.log_lines, 0);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("conn");
    TCase   *tc = tcase_create("conn");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, a_malformed_frame_closes_its_connection_only_and_is_logged_once, 0,
                        array_size(no_lengths));
    tcase_add_test(tc, before_open_a_frame_has_at_most_64_KiB);
    tcase_add_test(tc, a_read_only_connection_may_not_send_more_when_it_is_opened);
    tcase_add_test(tc, a_read_write_connection_may_send_the_longest_strings_of_libvirt);
    tcase_add_test(tc, a_crowd_that_sends_garbage_is_closed_with_few_lines_in_the_log);
    tcase_add_test(tc, a_frame_that_was_begun_must_be_whole_in_half_a_minute);
    tcase_add_test(tc, a_slow_client_that_finishes_its_frames_is_kept);
    tcase_add_test(tc, the_half_minute_begins_with_the_frame);
    tcase_add_test(tc, a_client_that_says_nothing_is_kept);
    tcase_add_test(tc, what_a_pause_holds_up_is_not_the_clients_fault);
    tcase_add_test(tc, a_client_that_must_wait_is_not_taken_for_dead);
    tcase_add_test(tc, a_client_waits_when_it_has_too_many_requests_in_flight);
    tcase_add_test(tc, nothing_is_read_from_a_client_that_must_wait);
    tcase_add_test(tc, a_client_that_goes_while_it_must_wait_is_noticed_by_the_next_sweep);
    tcase_add_test(tc, of_a_reader_that_must_wait_little_is_kept);
    tcase_add_test(tc, requests_in_flight_do_not_keep_a_client_that_goes);
    tcase_add_test(tc, a_slow_reader_is_read_no_more_until_it_has_read_all);
    tcase_add_test(tc, a_client_that_never_reads_its_events_costs_a_bounded_memory_and_is_given_up);
    tcase_add_test(tc, one_reply_may_be_larger_than_the_bound);
    tcase_add_test(tc, a_ping_is_answered_before_open_too);
    tcase_add_test(tc, a_flood_of_pings_whose_answers_are_not_read_costs_a_bounded_memory);
    tcase_add_test(tc, a_ping_that_is_a_call_is_an_unknown_program);
    tcase_add_test(tc, other_keepalive_messages_are_ignored);
    tcase_add_test(tc, a_client_that_did_not_ask_for_keepalive_is_never_pinged);
    tcase_add_test(tc, a_silent_client_is_pinged_each_interval_and_then_given_up);
    tcase_add_loop_test(tc, whatever_a_client_sends_proves_that_it_lives, 0, 2);
    tcase_add_test(tc, an_interval_of_0_means_no_pings);
    tcase_add_test(tc, a_close_is_answered_and_then_the_connection_ends);
    tcase_add_test(tc, a_close_waits_for_the_output_that_is_due);
    tcase_add_test(tc, who_is_to_go_and_does_not_read_is_not_waited_for_for_ever);
    tcase_add_test(tc, a_client_that_goes_in_the_middle_of_a_frame_is_forgotten_without_a_word);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
