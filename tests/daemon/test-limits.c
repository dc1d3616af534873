/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What all clients together may cost.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/handlers.h"
#include "eventloop/loop.h"
#include "harness.h"
#include "rpc/events.h"
#include "rpc/user.h"

enum { GET_TYPE = 3, GET_XML = 14, GET_INFO = 16, SAVE = 55, REGISTER_EVENT = 316 };
enum { JOB_WAIT = 2 };

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

/* Each takes longer than a slice. */
static struct client *info_by[64];
static unsigned       n_infos;

void
handle_domain_get_info(struct request *req, struct domain *dom,
                       const remote_domain_get_info_args *args)
{
    uint64_t end = loop_now_usec() + USERS_SLICE_READ_ONLY_USEC + 50;

    (void)dom, (void)args;
    while (loop_now_usec() < end)
        continue;
    for (int n = 0; n < CROWD; n++)
        if (crowd[n].id == request_conn_id(req))
            info_by[n_infos++] = &crowd[n];
    reply_domain_get_info(req, &(remote_domain_get_info_ret){.state = 1});
}

/* Who waits for a job waits until he goes. */
static void
wait_gone(void *arg)
{
    (void)arg;
}

void
handle_job_wait(struct request *req, const dom0d_job_id_args *args)
{
    (void)args;
    if (request_check_waiting(req))
        request_on_gone(req, wait_gone, NULL);
}

/* XML that is begun waits until the test ends it. */
static struct request *making[64];
static unsigned        n_making;

static void
begin_xml(struct request *req, void *arg)
{
    (void)arg;
    making[n_making++] = req;
}

void
handle_domain_get_xml_desc(struct request *req, struct domain *dom,
                           const remote_domain_get_xml_desc_args *args)
{
    (void)dom, (void)args;
    request_in_turn(req, begin_xml, malloc(1));
}

static void
setup(void)
{
    harness_start(&h);
    n_held = n_infos = n_making = 0;
    for (int n = 0; n < CROWD; n++) {
        crowd[n] = client_new(&h, false);
        client_open(&crowd[n], 0);
    }
}

static void
end_xml(size_t size)
{
    char                          *text = calloc(1, size + 1);
    remote_domain_get_xml_desc_ret ret = {.xml = memset(text, 'x', size)};

    reply_domain_get_xml_desc(making[0], &ret);
    memmove(making, making + 1, --n_making * sizeof making[0]);
    free(text);
    harness_settle(&h);
}

static void
teardown(void)
{
    while (n_held)
        reply_domain_save(held[--n_held], NULL);
    while (n_making)
        end_xml(1);
    for (int n = 0; n < CROWD; n++)
        client_free(&crowd[n]);
    /* Some more came in when there was room again. */
    while (n_held)
        reply_domain_save(held[--n_held], NULL);
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
    for (int n = 0; n < 3; n++) {
        for (int i = 0; i < 5; i++)
            first = save(&crowd[n]) - 4;
        harness_settle(&h); /* in this order, however slow the machine is */
    }
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

START_TEST(who_had_to_wait_for_room_is_read_when_there_is_some)
{
    uint64_t end;
    uint32_t asked;

    h.daemon.config->rpc.max_requests = 10;
    for (int n = 9; n >= 0; n--) {
        save(&crowd[n]);
        harness_settle(&h);
    }
    ck_assert_uint_eq(n_held, 10);
    asked = client_call(&crowd[0], GET_TYPE, NULL, NULL);
    client_expect_nothing(&crowd[0]);
    for (int n = 0; n < 9; n++)
        reply_domain_save(held[n], NULL);
    held[0] = held[9];
    n_held = 1;
    end = loop_now_usec() + 1000000;
    while (crowd[0].conn->framed.paused && loop_now_usec() < end)
        harness_settle(&h);
    client_expect_reply(&crowd[0], asked, NULL, NULL);
}
END_TEST

static void
wait_for_job(struct client *client)
{
    const struct wire_header header = {.program = WIRE_PROGRAM_DOM0D,
                                       .version = WIRE_VERSION,
                                       .procedure = JOB_WAIT,
                                       .type = WIRE_CALL,
                                       .serial = client->serial++};

    client_send(client, &header, (char[8]){0}, 8);
}

START_TEST(who_only_waits_has_no_request_in_flight)
{
    h.daemon.config->rpc.max_requests = 10;
    for (unsigned n = 0; n < CONN_WAITING_MAX - 1; n++)
        wait_for_job(&crowd[0]);
    expect_service(&crowd[0]);
    ck_assert_uint_eq(crowd[0].conn->n_requests, 0);
    ck_assert(!server_is_busy(h.daemon.server, crowd[0].conn));
    for (unsigned n = 0; n < 2; n++)
        wait_for_job(&crowd[0]);
    client_call(&crowd[0], GET_TYPE, NULL, NULL);
    client_expect_nothing(&crowd[0]);
    expect_service(&crowd[1]);
    client_free(&crowd[0]);
    conn_sweep(crowd[0].conn, loop_now_usec()); /* that it has gone is seen then only */
}
END_TEST

static void
replace_crowd_by_readers(void)
{
    for (int n = 0; n < CROWD; n++) {
        client_free(&crowd[n]);
        crowd[n] = client_new(&h, true);
        client_open(&crowd[n], 0);
    }
}

START_TEST(how_often_a_user_may_wait_by_the_read_only_socket_is_bounded)
{
    replace_crowd_by_readers();
    for (unsigned n = 0; n < USER_WAITING_MAX; n++)
        wait_for_job(&crowd[n % CROWD]);
    harness_settle(&h);
    wait_for_job(&crowd[0]);
    client_expect_error(&crowd[0], crowd[0].serial - 1, ERR_OPERATION_FAILED,
                        "operation failed: over the read-only socket a user may wait at most 256 "
                        "times");
    client_free(&crowd[1]);
    wait_for_job(&crowd[0]);
    client_expect_nothing(&crowd[0]);
}
END_TEST

/*----- turns -----*/

static void
ask_info(struct client *client)
{
    char                        name[] = "web";
    remote_domain_get_info_args args = {.dom = {.name = name}};

    client_call(client, GET_INFO, (xdrproc_t)xdr_remote_domain_get_info_args, &args);
}

START_TEST(read_only_clients_are_served_one_slice_a_turn_whatever_they_ask)
{
    struct client admin = client_new(&h, false);

    client_open(&admin, 0);
    replace_crowd_by_readers();
    for (int n = 0; n < CROWD; n++)
        for (int i = 0; i < 3; i++)
            ask_info(&crowd[n]);
    loop_run_ready(h.daemon.loop);
    client_call(&admin, GET_TYPE, NULL, NULL);
    loop_run_ready(h.daemon.loop);
    ck_assert_int_gt(recv(admin.fd, (char[64]){0}, 64, MSG_DONTWAIT), 0);
    /* Two turns, in each of which one is read at once and one in its turn. */
    ck_assert_uint_le(n_infos, 4);
    /* And one after the other; who was read at once came first. */
    for (int n = 0; n < 100; n++)
        loop_run_ready(h.daemon.loop);
    ck_assert_uint_eq(n_infos, 3 * CROWD);
    for (unsigned n = 2; n < CROWD; n++)
        ck_assert_ptr_ne(info_by[n], info_by[n - 1]);
    client_free(&admin);
}
END_TEST

START_TEST(a_user_with_one_client_has_his_share_beside_one_with_many)
{
    unsigned at = 0;

    if (geteuid() != 0)
        return; /* one user only */
    replace_crowd_by_readers();
    client_free(&crowd[CROWD - 1]);
    ck_assert_int_eq(seteuid(65534), 0);
    crowd[CROWD - 1] = client_new(&h, true);
    ck_assert_int_eq(seteuid(0), 0);
    client_open(&crowd[CROWD - 1], 0);
    for (int n = 0; n < CROWD; n++)
        for (int i = 0; i < 3; i++)
            ask_info(&crowd[n]);
    for (int n = 0; n < 100; n++)
        loop_run_ready(h.daemon.loop);
    ck_assert_uint_eq(n_infos, 3 * CROWD);
    for (unsigned n = 0; n < n_infos; n++)
        if (info_by[n] == &crowd[CROWD - 1])
            at = n;
    ck_assert_uint_lt(at, 10); /* all three of his */
}
END_TEST

static uint32_t
ask_xml(struct client *client)
{
    char                            name[] = "web";
    remote_domain_get_xml_desc_args args = {.dom = {.name = name}};

    return client_call(client, GET_XML, (xdrproc_t)xdr_remote_domain_get_xml_desc_args, &args);
}

START_TEST(answers_that_take_time_are_made_one_at_a_time_for_a_reader)
{
    replace_crowd_by_readers();
    ask_xml(&crowd[3]);
    harness_settle(&h);
    for (int n = 0; n < 3; n++)
        for (int i = 0; i < 2; i++)
            ask_xml(&crowd[n]);
    harness_settle(&h);
    ck_assert_uint_eq(n_making, 1);
    end_xml(10);
    for (int n = 0; n < 6; n++) {
        ck_assert_uint_eq(n_making, 1);
        ck_assert_uint_eq(request_conn_id(making[0]), crowd[n % 3].id);
        end_xml(10);
    }
    ck_assert_uint_eq(n_making, 0);
}
END_TEST

START_TEST(no_answer_is_made_for_who_has_one_to_read)
{
    struct frame frame;

    replace_crowd_by_readers();
    for (int i = 0; i < 3; i++)
        ask_xml(&crowd[0]);
    harness_settle(&h);
    end_xml(1000000);
    ck_assert_uint_gt(framed_unsent(&crowd[0].conn->framed), 0);
    ck_assert_uint_eq(n_making, 0);
    ask_xml(&crowd[1]);
    harness_settle(&h);
    ck_assert_uint_eq(n_making, 1);
    end_xml(10);
    ck_assert(client_read(&crowd[0], &frame));
    frame_free(&frame);
    harness_settle(&h);
    ck_assert_uint_eq(n_making, 1);
}
END_TEST

START_TEST(no_answer_is_made_for_a_user_whose_clients_hold_too_much)
{
    uint64_t end = loop_now_usec() + 3000000;

    h.daemon.config->rpc.max_buffers = 8000000;
    replace_crowd_by_readers();
    for (int n = 0; n < 3; n++)
        ask_xml(&crowd[n]);
    harness_settle(&h);
    end_xml(1500000);
    ck_assert_uint_eq(n_making, 0);
    client_free(&crowd[0]);
    while (!n_making && loop_now_usec() < end)
        harness_settle(&h);
    ck_assert_uint_eq(n_making, 1);
}
END_TEST

START_TEST(who_goes_before_his_answer_is_begun_leaves_nothing)
{
    replace_crowd_by_readers();
    for (int n = 0; n < 3; n++)
        for (int i = 0; i < 3; i++)
            ask_xml(&crowd[n]);
    harness_settle(&h);
    for (int n = 0; n < 3; n++)
        client_free(&crowd[n]);
    ck_assert_uint_eq(n_making, 1);
    end_xml(10);
    ck_assert_uint_eq(n_making, 0);
    ask_xml(&crowd[3]);
    harness_settle(&h);
    ck_assert_uint_eq(n_making, 1);
}
END_TEST

/* _i: what may come beyond those 18 by the read-only socket. */
START_TEST(read_only_clients_leave_requests_for_the_administrator)
{
    struct client      reader = client_new(&h, true);
    const struct conn *admin = crowd[0].conn;

    h.daemon.config->rpc.max_requests = 20;
    for (int n = 0; n < 18 + 10 * _i; n++)
        server_request_begins(h.daemon.server, reader.conn);
    ck_assert(server_is_busy(h.daemon.server, reader.conn));
    ck_assert(!server_is_busy(h.daemon.server, admin));
    for (int n = 0; n < 18 + 10 * _i; n++)
        server_request_ends(h.daemon.server, reader.conn);
    ck_assert(!server_is_busy(h.daemon.server, reader.conn));
    client_free(&reader);
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
    ck_assert_ptr_nonnull(strstr(h.last_log, "is closed: its unsent and unread data"));
    client_open(&another, 0);
    expect_service(&another);
    client_free(&another);
}
END_TEST

/* Half frames only; nobody's frame becomes whole, whoever is closed. */
START_TEST(a_reader_with_more_than_his_share_costs_himself_a_connection)
{
    static const char frame[60000] = "\0\0\377\377";

    replace_crowd_by_readers();
    h.daemon.config->rpc.max_buffers = 500000;
    for (int n = 0; n < 5; n++)
        client_write(&crowd[n], frame, n == 3 ? 50010 : 49997);
    harness_settle(&h);
    ck_assert_uint_eq(server_client_count(h.daemon.server), CROWD);
    client_write(&crowd[0], frame, 5);
    harness_settle(&h);
    ck_assert_uint_eq(server_client_count(h.daemon.server), CROWD - 1);
    ck_assert(!is_there(&crowd[3]));
    ck_assert_ptr_nonnull(strstr(h.last_log, "its user's clients hold too much"));
}
END_TEST

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
    tcase_add_test(tc, who_had_to_wait_for_room_is_read_when_there_is_some);
    tcase_add_test(tc, who_only_waits_has_no_request_in_flight);
    tcase_add_test(tc, how_often_a_user_may_wait_by_the_read_only_socket_is_bounded);
    tcase_add_test(tc, read_only_clients_are_served_one_slice_a_turn_whatever_they_ask);
    tcase_add_test(tc, a_user_with_one_client_has_his_share_beside_one_with_many);
    tcase_add_test(tc, answers_that_take_time_are_made_one_at_a_time_for_a_reader);
    tcase_add_test(tc, no_answer_is_made_for_who_has_one_to_read);
    tcase_add_test(tc, no_answer_is_made_for_a_user_whose_clients_hold_too_much);
    tcase_add_test(tc, who_goes_before_his_answer_is_begun_leaves_nothing);
    tcase_add_loop_test(tc, read_only_clients_leave_requests_for_the_administrator, 0, 2);
    tcase_add_test(tc, who_holds_most_is_closed_when_all_hold_too_much);
    tcase_add_test(tc, a_reader_with_more_than_his_share_costs_himself_a_connection);
    tcase_add_test(tc, many_half_frames_cost_a_bounded_memory);
    tcase_add_loop_test(tc, a_crowd_of_one_socket_never_costs_the_others_their_connections, 0, 2);
    tcase_add_test(tc, a_crowd_that_never_reads_its_events_costs_a_bounded_memory);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
