/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What all clients together may cost.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "api/handlers.h"
#include "harness.h"
#include "rpc/events.h"

enum { GET_TYPE = 3, SAVE = 55, REGISTER_EVENT = 316 };

#define CROWD 20

static struct harness h;
static struct client  crowd[CROWD];

/* Saves wait until the test ends them. */
static struct request *held[256];
static unsigned        n_held;

void
handle_domain_save(struct request *req, struct domain *dom, const remote_domain_save_args *args)
{
    (void)dom, (void)args;
    held[n_held++] = req;
}

static void
setup(void)
{
    harness_start(&h);
    n_held = 0;
    for (int n = 0; n < CROWD; n++) {
        crowd[n] = client_new(&h, false);
        client_open(&crowd[n], 0);
    }
}

static void
teardown(void)
{
    while (n_held)
        reply_domain_save(held[--n_held], NULL);
    for (int n = 0; n < CROWD; n++)
        client_free(&crowd[n]);
    ck_assert_uint_eq(server_client_count(h.daemon.server), 0);
    ck_assert_uint_eq(server_held(h.daemon.server)->bytes, 0);
    harness_stop(&h);
}

/*----- requests -----*/

static uint32_t
save(struct client *client)
{
    char                    name[] = "web", path[] = "/x";
    remote_domain_save_args args = {.dom = {.name = name}, .to = path};

    return client_call(client, SAVE, (xdrproc_t)xdr_remote_domain_save_args, &args);
}

static void
expect_service(struct client *client)
{
    client_expect_reply(client, client_call(client, GET_TYPE, NULL, NULL), NULL, NULL);
}

START_TEST(while_there_are_too_many_requests_each_client_may_have_one)
{
    uint32_t first = 0;

    h.daemon.config->rpc.max_requests = 10;
    for (int n = 0; n < 3; n++)
        for (int i = 0; i < 5; i++)
            first = save(&crowd[n]) - 4;
    harness_settle(&h);
    ck_assert_uint_eq(n_held, 11); /* the third one's first came in all the same */
    for (int n = 3; n < CROWD; n++)
        expect_service(&crowd[n]);
    for (int n = 3; n < CROWD; n++)
        save(&crowd[n]);
    harness_settle(&h);
    ck_assert_uint_eq(n_held, 11 + CROWD - 3);

    reply_domain_save(held[10], NULL);
    held[10] = held[--n_held];
    client_expect_reply(&crowd[2], first, NULL, NULL);
    harness_settle(&h);
    ck_assert_uint_eq(n_held, 11 + CROWD - 3); /* its next one */
    ck_assert_uint_eq(crowd[2].conn->n_requests, 1);
}
END_TEST

START_TEST(read_only_clients_leave_requests_for_the_administrator)
{
    h.daemon.config->rpc.max_requests = 20;
    for (int n = 0; n < 18; n++)
        server_request_begins(h.daemon.server);
    ck_assert(server_is_busy(h.daemon.server, true));
    ck_assert(!server_is_busy(h.daemon.server, false));
    for (int n = 0; n < 18; n++)
        server_request_ends(h.daemon.server);
    ck_assert(!server_is_busy(h.daemon.server, true));
}
END_TEST

/*----- memory -----*/

/* The beginning of a frame of 256 KiB, of so many bytes. */
static void
begin_frame(struct client *client, size_t size)
{
    static char frame[256 << 10] = "\0\4\0\0";

    client_write(client, frame, size);
    harness_settle(&h);
}

static bool
is_there(const struct client *client)
{
    char byte;

    return recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
}

START_TEST(who_holds_most_is_closed_when_all_hold_too_much)
{
    struct client another = client_new(&h, false);
    size_t        sum;

    h.daemon.config->rpc.max_buffers = 500000;
    begin_frame(&crowd[7], 50000);
    for (int n = 0; n < CROWD; n++)
        if (n != 7)
            begin_frame(&crowd[n], 20000);
    sum = 50000 + (CROWD - 1) * 20000;
    ck_assert_uint_eq(server_held(h.daemon.server)->bytes, sum);
    begin_frame(&crowd[3], 500000 - sum);
    ck_assert_uint_eq(server_client_count(h.daemon.server), CROWD + 1);
    begin_frame(&crowd[4], 1);
    ck_assert_uint_eq(server_client_count(h.daemon.server), CROWD);
    ck_assert(!is_there(&crowd[3]));
    ck_assert_uint_eq(h.log_lines, 1);
    ck_assert_ptr_nonnull(strstr(h.last_log, "is closed: it holds most"));
    client_open(&another, 0);
    expect_service(&another);
    client_free(&another);
}
END_TEST

/* Half frames only; nobody's frame becomes whole, whoever is closed. */
START_TEST(many_half_frames_cost_a_bounded_memory)
{
    size_t most = 0;

    h.daemon.config->rpc.max_buffers = 500000;
    for (int n = 0; n < CROWD; n++)
        for (int i = 0; i < 10 && is_there(&crowd[n]); i++) {
            begin_frame(&crowd[n], 20000);
            if (server_held(h.daemon.server)->bytes > most)
                most = server_held(h.daemon.server)->bytes;
        }
    ck_assert_uint_gt(most, 480000);
    ck_assert_uint_le(most, 500000);
    ck_assert_uint_gt(server_client_count(h.daemon.server), 0);
    ck_assert_uint_lt(server_client_count(h.daemon.server), CROWD);
}
END_TEST

/* _i: who is the crowd. */
START_TEST(a_crowd_of_one_socket_never_costs_the_others_their_connections)
{
    struct client few = client_new(&h, !_i);

    for (int n = 0; n < CROWD; n++) {
        client_free(&crowd[n]);
        crowd[n] = client_new(&h, _i);
        client_open(&crowd[n], 0);
    }
    client_open(&few, 0);
    h.daemon.config->rpc.max_buffers = 500000;
    client_write(&few, "\0\0\377\377", 4);
    for (int i = 0; i < 3; i++)
        client_write(&few, (char[20000]){0}, 20000);
    for (int n = 0; n < CROWD; n++)
        if (is_there(&crowd[n])) {
            client_write(&crowd[n], "\0\0\377\377", 4);
            client_write(&crowd[n], (char[30000]){0}, 30000);
            harness_settle(&h);
        }
    ck_assert(is_there(&few));
    ck_assert_uint_lt(server_client_count(h.daemon.server), CROWD + 1);
    ck_assert_uint_gt(server_client_count(h.daemon.server), 5);
    ck_assert_uint_le(server_held(h.daemon.server)->bytes, 500000);
    client_free(&few);
}
END_TEST

static void
listen_for_lifecycle(struct client *client)
{
    remote_connect_domain_event_callback_register_any_args args = {.eventID = EVENT_LIFECYCLE};
    uint32_t                                               serial =
        client_call(client, REGISTER_EVENT,
                    (xdrproc_t)xdr_remote_connect_domain_event_callback_register_any_args, &args);

    client_expect_reply(client, serial, NULL, NULL);
}

START_TEST(a_crowd_that_never_reads_its_events_costs_a_bounded_memory)
{
    static const uint8_t      uuid[UUID_SIZE];
    const struct event_domain dom = {.name = "web", .uuid = uuid, .domid = 7};
    size_t                    most = 0;

    h.daemon.config->rpc.max_buffers = 300000;
    for (int n = 1; n < CROWD; n++)
        listen_for_lifecycle(&crowd[n]);
    for (int n = 0; n < 20000 && server_client_count(h.daemon.server) == CROWD; n++) {
        events_lifecycle(h.daemon.events, &dom, LIFECYCLE_STARTED, STARTED_BOOTED);
        if (server_held(h.daemon.server)->bytes > most)
            most = server_held(h.daemon.server)->bytes;
        if (n % 100 == 99)
            harness_settle(&h);
    }
    ck_assert_uint_gt(most, 299000);
    ck_assert_uint_le(most, 300000);
    ck_assert_uint_lt(server_client_count(h.daemon.server), CROWD);
    expect_service(&crowd[0]);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("limits");
    TCase   *tc = tcase_create("limits");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, while_there_are_too_many_requests_each_client_may_have_one);
    tcase_add_test(tc, read_only_clients_leave_requests_for_the_administrator);
    tcase_add_test(tc, who_holds_most_is_closed_when_all_hold_too_much);
    tcase_add_test(tc, many_half_frames_cost_a_bounded_memory);
    tcase_add_loop_test(tc, a_crowd_of_one_socket_never_costs_the_others_their_connections, 0, 2);
    tcase_add_test(tc, a_crowd_that_never_reads_its_events_costs_a_bounded_memory);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
