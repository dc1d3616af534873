/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/handlers.h"
#include "base/alloc.h"
#include "eventloop/loop.h"
#include "harness.h"
#include "rpc/events.h"
#include "rpc/user.h"

enum {
    GET_TYPE = 3,
    REGISTER = 105,
    DEREGISTER = 106,
    LIFECYCLE_OLD = 107,
    REGISTER_OLD = 167,
    DEREGISTER_OLD = 168,
    REBOOT_OLD = 169,
    CONTROL_ERROR_OLD = 224,
    CALLBACK_REGISTER = 316,
    CALLBACK_DEREGISTER = 317,
    LIFECYCLE = 318,
    REBOOT = 319,
    CONTROL_ERROR = 325,
    JOB_COMPLETED = 363,
    METADATA_CHANGE = 379,
};

static struct harness h;
static struct client  client;

static const uint8_t uuid_web[UUID_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const uint8_t uuid_db[UUID_SIZE] = {0xdb};
static const struct event_domain web = {.name = "web", .uuid = uuid_web, .domid = 7};
static const struct event_domain db = {.name = "db", .uuid = uuid_db, .domid = -1};

static void
setup(void)
{
    harness_start(&h);
    client = client_new(&h, true);
    client_open(&client, 0);
}

static void
teardown(void)
{
    client_free(&client);
    harness_stop(&h); /* asserts that no registration is left */
}

/*----- what a client says -----*/

static uint32_t
ask_to_register(struct client *from, int event, const uint8_t *uuid)
{
    char                                                   name[] = "?";
    remote_nonnull_domain                                  dom = {.name = name, .id = -1};
    remote_connect_domain_event_callback_register_any_args args = {.eventID = event};

    if (uuid) {
        memcpy(dom.uuid, uuid, UUID_SIZE);
        args.dom = &dom;
    }
    return client_call(from, CALLBACK_REGISTER,
                       (xdrproc_t)xdr_remote_connect_domain_event_callback_register_any_args,
                       &args);
}

static int
register_by_id(struct client *from, int event, const uint8_t *uuid)
{
    remote_connect_domain_event_callback_register_any_ret ret = {.callbackID = -2};

    client_expect_reply(from, ask_to_register(from, event, uuid),
                        (xdrproc_t)xdr_remote_connect_domain_event_callback_register_any_ret, &ret);
    return ret.callbackID;
}

/* The answer to ask_to_register. */
static void
expect_registered(struct client *by, int callback_id)
{
    remote_connect_domain_event_callback_register_any_ret ret = {.callbackID = -2};

    client_expect_reply(by, by->serial - 1,
                        (xdrproc_t)xdr_remote_connect_domain_event_callback_register_any_ret, &ret);
    ck_assert_int_eq(ret.callbackID, callback_id);
}

/* Of a procedure whose only argument is a number. */
static uint32_t
call_with_number(int procedure, int number)
{
    return client_call(&client, procedure, (xdrproc_t)xdr_int, &number);
}

static void
expect_event(struct client *by, int procedure, struct frame *frame_out)
{
    ck_assert(client_read(by, frame_out));
    ck_assert_uint_eq(frame_out->header.program, WIRE_PROGRAM_REMOTE);
    ck_assert_uint_eq(frame_out->header.type, WIRE_MESSAGE);
    ck_assert_uint_eq(frame_out->header.status, WIRE_OK);
    ck_assert_int_eq(frame_out->header.procedure, procedure);
}

static void
expect_lifecycle(struct client *by, int callback_id, const char *name, int event, int detail)
{
    remote_domain_event_callback_lifecycle_msg message = {0};
    xdrproc_t    filter = (xdrproc_t)xdr_remote_domain_event_callback_lifecycle_msg;
    struct frame frame;
    struct err   err;

    expect_event(by, LIFECYCLE, &frame);
    ck_assert_int_eq(wire_decode(frame.data, frame.size, filter, &message, &err), 0);
    ck_assert_int_eq(message.callbackID, callback_id);
    ck_assert_str_eq(message.msg.dom.name, name);
    ck_assert_int_eq(message.msg.event, event);
    ck_assert_int_eq(message.msg.detail, detail);
    wire_body_free(filter, &message);
    frame_free(&frame);
}

/*----- by callback id -----*/

START_TEST(a_lifecycle_event_is_what_libvirt_sends_byte_for_byte)
{
    static const char want[] = "\0\0\0\x44\x20\0\x80\x86\0\0\0\1\0\0\1\x3e\0\0\0\2\0\0\0\1\0\0\0\0"
                               "\0\0\0\1"
                               "\0\0\0\3web\0"
                               "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20"
                               "\0\0\0\7"
                               "\0\0\0\3\0\0\0\0";
    struct frame      frame;

    ck_assert_int_eq(register_by_id(&client, EVENT_REBOOT, NULL), 0);
    ck_assert_int_eq(register_by_id(&client, EVENT_LIFECYCLE, NULL), 1);
    events_lifecycle(h.daemon.events, &web, LIFECYCLE_SUSPENDED, SUSPENDED_PAUSED);
    ck_assert(client_read(&client, &frame));
    ck_assert_uint_eq(frame.size, sizeof want - 1);
    ck_assert_mem_eq(frame.data, want, sizeof want - 1);
    frame_free(&frame);
    client_expect_nothing(&client);
}
END_TEST

START_TEST(events_come_in_the_order_in_which_they_were_told)
{
    int id = register_by_id(&client, EVENT_LIFECYCLE, NULL);

    for (int n = 0; n < 100; n++)
        events_lifecycle(h.daemon.events, n % 2 ? &db : &web, LIFECYCLE_STARTED, n);
    for (int n = 0; n < 100; n++)
        expect_lifecycle(&client, id, n % 2 ? "db" : "web", LIFECYCLE_STARTED, n);
    client_expect_nothing(&client);
}
END_TEST

START_TEST(every_event_of_libvirt_9_may_be_registered_for)
{
    for (int event = 0; event <= 26; event++)
        ck_assert_int_eq(register_by_id(&client, event, NULL), event);
}
END_TEST

static const int no_events[] = {-1, 27, 1000, INT32_MIN, INT32_MAX};

START_TEST(there_are_no_other_events)
{
    cleanup_free char *message =
        xasprintf("internal error: unsupported event ID %d", no_events[_i]);

    client_expect_error(&client, ask_to_register(&client, no_events[_i], NULL), ERR_INTERNAL,
                        message);
    client_expect_error(&client, call_with_number(REGISTER_OLD, no_events[_i]), ERR_INTERNAL,
                        message);
}
END_TEST

START_TEST(a_registration_for_one_domain_hears_of_no_other)
{
    int of_web = register_by_id(&client, EVENT_LIFECYCLE, uuid_web);
    int of_all = register_by_id(&client, EVENT_LIFECYCLE, NULL);

    events_lifecycle(h.daemon.events, &db, LIFECYCLE_STOPPED, STOPPED_SAVED);
    expect_lifecycle(&client, of_all, "db", LIFECYCLE_STOPPED, STOPPED_SAVED);
    client_expect_nothing(&client);
    events_lifecycle(h.daemon.events, &web, LIFECYCLE_STOPPED, STOPPED_CRASHED);
    expect_lifecycle(&client, of_web, "web", LIFECYCLE_STOPPED, STOPPED_CRASHED);
    expect_lifecycle(&client, of_all, "web", LIFECYCLE_STOPPED, STOPPED_CRASHED);
    client_expect_nothing(&client);
}
END_TEST

START_TEST(each_client_hears_what_it_registered_for)
{
    struct client other = client_new(&h, false);
    int           id;

    client_open(&other, 0);
    register_by_id(&client, EVENT_REBOOT, NULL);
    id = register_by_id(&other, EVENT_LIFECYCLE, NULL);
    events_lifecycle(h.daemon.events, &web, LIFECYCLE_RESUMED, RESUMED_UNPAUSED);
    expect_lifecycle(&other, id, "web", LIFECYCLE_RESUMED, RESUMED_UNPAUSED);
    client_expect_nothing(&client);
    client_free(&other);
    events_lifecycle(h.daemon.events, &web, LIFECYCLE_RESUMED, RESUMED_UNPAUSED);
    client_expect_nothing(&client);
}
END_TEST

START_TEST(a_reboot_is_told_with_its_own_procedure)
{
    remote_domain_event_callback_reboot_msg message = {0};
    xdrproc_t    filter = (xdrproc_t)xdr_remote_domain_event_callback_reboot_msg;
    int          id = register_by_id(&client, EVENT_REBOOT, NULL);
    struct frame frame;
    struct err   err;

    events_reboot(h.daemon.events, &db);
    expect_event(&client, REBOOT, &frame);
    ck_assert_int_eq(wire_decode(frame.data, frame.size, filter, &message, &err), 0);
    ck_assert_int_eq(message.callbackID, id);
    ck_assert_str_eq(message.msg.dom.name, "db");
    ck_assert_int_eq(message.msg.dom.id, -1);
    wire_body_free(filter, &message);
    frame_free(&frame);
}
END_TEST

START_TEST(a_control_error_is_told_with_its_own_procedure)
{
    remote_domain_event_callback_control_error_msg message = {0};
    xdrproc_t    filter = (xdrproc_t)xdr_remote_domain_event_callback_control_error_msg;
    int          id = register_by_id(&client, EVENT_CONTROL_ERROR, NULL);
    struct frame frame;
    struct err   err;

    events_control_error(h.daemon.events, &web);
    expect_event(&client, CONTROL_ERROR, &frame);
    ck_assert_int_eq(wire_decode(frame.data, frame.size, filter, &message, &err), 0);
    ck_assert_int_eq(message.callbackID, id);
    ck_assert_str_eq(message.msg.dom.name, "web");
    wire_body_free(filter, &message);
    frame_free(&frame);
}
END_TEST

/* _i: of an element, which has a namespace. */
START_TEST(a_change_of_metadata_is_told_to_who_registered_for_it)
{
    remote_domain_event_callback_metadata_change_msg message = {0};
    xdrproc_t    filter = (xdrproc_t)xdr_remote_domain_event_callback_metadata_change_msg;
    int          id = register_by_id(&client, EVENT_METADATA_CHANGE, uuid_web);
    struct frame frame;
    struct err   err;

    events_metadata(h.daemon.events, &db, METADATA_TITLE, NULL);
    events_metadata(h.daemon.events, &web, _i ? METADATA_ELEMENT : METADATA_TITLE,
                    _i ? "urn:x" : NULL);
    expect_event(&client, METADATA_CHANGE, &frame);
    ck_assert_int_eq(wire_decode(frame.data, frame.size, filter, &message, &err), 0);
    ck_assert_int_eq(message.callbackID, id);
    ck_assert_str_eq(message.dom.name, "web");
    ck_assert_int_eq(message.type, _i ? METADATA_ELEMENT : METADATA_TITLE);
    ck_assert_str_eq(message.nsuri ? *message.nsuri : "", _i ? "urn:x" : "");
    wire_body_free(filter, &message);
    frame_free(&frame);
}
END_TEST

START_TEST(a_completed_job_is_told_with_its_figures)
{
    char               field[] = "time_elapsed";
    remote_typed_param param = {
        .field = field,
        .value = {.type = REMOTE_TYPED_PARAM_ULLONG, .remote_typed_param_value_u = {.ul = 1234}},
    };
    remote_domain_event_callback_job_completed_msg message = {0};
    xdrproc_t    filter = (xdrproc_t)xdr_remote_domain_event_callback_job_completed_msg;
    int          id;
    struct frame frame;
    struct err   err;

    ck_assert_int_eq(EVENT_JOB_COMPLETED, 21); /* VIR_DOMAIN_EVENT_ID_JOB_COMPLETED */
    id = register_by_id(&client, EVENT_JOB_COMPLETED, uuid_web);
    events_job_completed(h.daemon.events, &db, &param, 1);
    events_job_completed(h.daemon.events, &web, &param, 1);
    expect_event(&client, JOB_COMPLETED, &frame);
    ck_assert_int_eq(wire_decode(frame.data, frame.size, filter, &message, &err), 0);
    ck_assert_int_eq(message.callbackID, id);
    ck_assert_str_eq(message.dom.name, "web");
    ck_assert_uint_eq(message.params.params_len, 1);
    ck_assert_str_eq(message.params.params_val[0].field, "time_elapsed");
    ck_assert_uint_eq(message.params.params_val[0].value.remote_typed_param_value_u.ul, 1234);
    wire_body_free(filter, &message);
    frame_free(&frame);
    client_expect_nothing(&client);
}
END_TEST

START_TEST(after_deregistering_nothing_comes_and_the_id_is_not_used_again)
{
    int first = register_by_id(&client, EVENT_LIFECYCLE, NULL);
    int second;

    client_expect_reply(&client, call_with_number(CALLBACK_DEREGISTER, first), NULL, NULL);
    events_lifecycle(h.daemon.events, &web, LIFECYCLE_STARTED, STARTED_BOOTED);
    client_expect_nothing(&client);
    second = register_by_id(&client, EVENT_LIFECYCLE, NULL);
    ck_assert_int_ne(first, second);
    client_expect_error(&client, call_with_number(CALLBACK_DEREGISTER, first), ERR_INTERNAL,
                        "internal error: domain event callback 0 not registered");
}
END_TEST

START_TEST(a_client_cannot_deregister_anothers)
{
    struct client other = client_new(&h, false);
    int           id;

    client_open(&other, 0);
    ck_assert_int_eq(register_by_id(&other, EVENT_REBOOT, NULL), 0);
    id = register_by_id(&other, EVENT_LIFECYCLE, NULL);
    client_expect_error(&client, call_with_number(CALLBACK_DEREGISTER, id), ERR_INTERNAL,
                        "internal error: domain event callback 1 not registered");
    events_lifecycle(h.daemon.events, &web, LIFECYCLE_STARTED, STARTED_BOOTED);
    expect_lifecycle(&other, id, "web", LIFECYCLE_STARTED, STARTED_BOOTED);
    client_free(&other);
}
END_TEST

START_TEST(registrations_of_a_connection_are_bounded)
{
    struct client other = client_new(&h, false);

    client_open(&other, 0);
    for (int n = 0; n < EVENTS_MAX; n++)
        register_by_id(&other, n % EVENT_COUNT, n % 2 ? uuid_web : NULL);
    client_expect_error(&other, ask_to_register(&other, EVENT_LIFECYCLE, NULL),
                        ERR_OPERATION_FAILED,
                        "operation failed: this connection may register for at most 1024 events");
    client_expect_reply(&other,
                        client_call(&other, CALLBACK_DEREGISTER, (xdrproc_t)xdr_int, &(int){5}),
                        NULL, NULL);
    ck_assert_int_eq(register_by_id(&other, EVENT_LIFECYCLE, NULL), EVENTS_MAX);
    client_free(&other);
}
END_TEST

START_TEST(by_the_read_only_socket_fewer_of_them_are_allowed)
{
    for (int n = 0; n < EVENTS_MAX_READ_ONLY; n++)
        register_by_id(&client, EVENT_LIFECYCLE, NULL);
    client_expect_error(&client, ask_to_register(&client, EVENT_LIFECYCLE, NULL),
                        ERR_OPERATION_FAILED,
                        "operation failed: this connection may register for at most 64 events");
}
END_TEST

START_TEST(what_one_user_registers_for_by_the_read_only_socket_is_bounded)
{
    enum { CLIENTS = USER_REGISTRATIONS_MAX / EVENTS_MAX_READ_ONLY };
    static struct client crowd[CLIENTS];
    int                  id = 0;

    for (int n = 0; n < CLIENTS; n++) {
        crowd[n] = client_new(&h, true);
        client_open(&crowd[n], 0);
        for (int i = 0; i < EVENTS_MAX_READ_ONLY; i++)
            id = register_by_id(&crowd[n], EVENT_LIFECYCLE, NULL);
    }
    client_expect_error(&client, ask_to_register(&client, EVENT_LIFECYCLE, NULL),
                        ERR_OPERATION_FAILED,
                        "operation failed: over the read-only socket a user may register for at "
                        "most 8192 events");
    client_call(&crowd[0], CALLBACK_DEREGISTER, (xdrproc_t)xdr_int, &id);
    harness_settle(&h);
    register_by_id(&client, EVENT_LIFECYCLE, NULL);
    for (int n = 0; n < CLIENTS; n++)
        client_free(&crowd[n]);
}
END_TEST

static bool
has_input(const struct client *of)
{
    return recv(of->fd, (char[1]){0}, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

START_TEST(the_read_write_socket_is_told_at_once_and_the_read_only_one_in_its_turn)
{
    struct client admin = client_new(&h, false);
    int           id = register_by_id(&client, EVENT_LIFECYCLE, NULL), admin_id;

    client_open(&admin, 0);
    admin_id = register_by_id(&admin, EVENT_LIFECYCLE, NULL);
    events_lifecycle(h.daemon.events, &web, LIFECYCLE_STARTED, 0);
    events_lifecycle(h.daemon.events, &db, LIFECYCLE_STARTED, 1);
    ck_assert(has_input(&admin));
    ck_assert(!has_input(&client));
    expect_lifecycle(&admin, admin_id, "web", LIFECYCLE_STARTED, 0);
    expect_lifecycle(&client, id, "web", LIFECYCLE_STARTED, 0);
    expect_lifecycle(&client, id, "db", LIFECYCLE_STARTED, 1);
    client_expect_nothing(&client);
    client_free(&admin);
}
END_TEST

/* Each has the most registrations that it may have: all of them take many slices. */
START_TEST(events_are_told_to_readers_a_slice_in_each_turn)
{
    enum { CLIENTS = USER_REGISTRATIONS_MAX / EVENTS_MAX_READ_ONLY };
    static struct client crowd[CLIENTS];
    unsigned             told = 0;

    for (int n = 0; n < CLIENTS; n++) {
        crowd[n] = client_new(&h, true);
        client_open(&crowd[n], 0);
        for (int i = 0; i < EVENTS_MAX_READ_ONLY; i++)
            register_by_id(&crowd[n], EVENT_LIFECYCLE, NULL);
    }
    for (int n = 0; n < 20; n++)
        events_lifecycle(h.daemon.events, &web, LIFECYCLE_STARTED, n);
    loop_run_ready(h.daemon.loop);
    for (int n = 0; n < CLIENTS; n++)
        told += has_input(&crowd[n]);
    ck_assert_uint_lt(told, CLIENTS);
    for (int n = 0; n < CLIENTS; n++) {
        expect_lifecycle(&crowd[n], 0, "web", LIFECYCLE_STARTED, 0);
        client_free(&crowd[n]);
    }
}
END_TEST

START_TEST(who_registers_or_goes_before_his_turn_is_told_nothing_of_before)
{
    struct client other = client_new(&h, true);
    int           id, late;

    client_open(&other, 0);
    register_by_id(&other, EVENT_LIFECYCLE, NULL);
    id = register_by_id(&client, EVENT_LIFECYCLE, uuid_db);
    late = id + 1;
    ask_to_register(&client, EVENT_LIFECYCLE, NULL);
    client_call(&other, CALLBACK_DEREGISTER, (xdrproc_t)xdr_int, &(int){0});
    events_lifecycle(h.daemon.events, &web, LIFECYCLE_STARTED, 0);
    harness_settle(&h);
    events_lifecycle(h.daemon.events, &web, LIFECYCLE_STARTED, 1);
    client_free(&other);
    expect_registered(&client, late);
    expect_lifecycle(&client, late, "web", LIFECYCLE_STARTED, 1);
    client_expect_nothing(&client);
}
END_TEST

START_TEST(an_event_that_was_told_before_an_answer_comes_before_it)
{
    int      id = register_by_id(&client, EVENT_LIFECYCLE, NULL);
    uint32_t serial = client_call(&client, GET_TYPE, NULL, NULL);

    events_lifecycle(h.daemon.events, &web, LIFECYCLE_STARTED, STARTED_BOOTED);
    expect_lifecycle(&client, id, "web", LIFECYCLE_STARTED, STARTED_BOOTED);
    client_expect_reply(&client, serial, NULL, NULL);
}
END_TEST

/* A crowd of which half goes while events are on their way. */
START_TEST(events_reach_those_who_stay_when_others_go)
{
    enum { CROWD = 50 };
    struct client crowd[CROWD];

    for (int n = 0; n < CROWD; n++) {
        crowd[n] = client_new(&h, n % 3);
        client_open(&crowd[n], 0);
        register_by_id(&crowd[n], EVENT_LIFECYCLE, NULL);
    }
    for (int n = 0; n < CROWD; n += 2) {
        events_lifecycle(h.daemon.events, &web, LIFECYCLE_STARTED, n);
        client_free(&crowd[n]);
    }
    for (int n = 1; n < CROWD; n += 2) {
        for (int detail = 0; detail < CROWD; detail += 2)
            expect_lifecycle(&crowd[n], 0, "web", LIFECYCLE_STARTED, detail);
        client_expect_nothing(&crowd[n]);
        client_free(&crowd[n]);
    }
}
END_TEST

/*----- the old ways -----*/

static void
expect_old_lifecycle(void)
{
    remote_domain_event_lifecycle_msg message = {0};
    xdrproc_t                         filter = (xdrproc_t)xdr_remote_domain_event_lifecycle_msg;
    struct frame                      frame;
    struct err                        err;

    events_lifecycle(h.daemon.events, &web, LIFECYCLE_STARTED, STARTED_RESTORED);
    expect_event(&client, LIFECYCLE_OLD, &frame);
    ck_assert_int_eq(wire_decode(frame.data, frame.size, filter, &message, &err), 0);
    ck_assert_str_eq(message.dom.name, "web");
    ck_assert_int_eq(message.event, LIFECYCLE_STARTED);
    ck_assert_int_eq(message.detail, STARTED_RESTORED);
    wire_body_free(filter, &message);
    frame_free(&frame);
    client_expect_nothing(&client);
}

START_TEST(a_client_may_register_for_lifecycle_events_in_the_oldest_way)
{
    client_expect_reply(&client, client_call(&client, REGISTER, NULL, NULL), NULL, NULL);
    expect_old_lifecycle();
    client_expect_error(&client, client_call(&client, REGISTER, NULL, NULL), ERR_INTERNAL,
                        "internal error: domain event 0 already registered");
    client_expect_reply(&client, client_call(&client, DEREGISTER, NULL, NULL), NULL, NULL);
    events_lifecycle(h.daemon.events, &web, LIFECYCLE_STARTED, STARTED_BOOTED);
    client_expect_nothing(&client);
    client_expect_error(&client, client_call(&client, DEREGISTER, NULL, NULL), ERR_INTERNAL,
                        "internal error: domain event 0 not registered");
}
END_TEST

/* A domain is all that the message says. */
static void
expect_old_event_of_web(int procedure)
{
    remote_nonnull_domain dom = {.name = NULL};
    xdrproc_t             filter = (xdrproc_t)xdr_remote_nonnull_domain;
    struct frame          frame;
    struct err            err;

    expect_event(&client, procedure, &frame);
    ck_assert_int_eq(wire_decode(frame.data, frame.size, filter, &dom, &err), 0);
    ck_assert_str_eq(dom.name, "web");
    ck_assert_mem_eq(dom.uuid, uuid_web, UUID_SIZE);
    ck_assert_int_eq(dom.id, 7);
    wire_body_free(filter, &dom);
    frame_free(&frame);
    client_expect_nothing(&client);
}

START_TEST(a_client_may_register_for_each_older_event_without_callback_ids)
{
    for (int event = 0; event <= 15; event++)
        client_expect_reply(&client, call_with_number(REGISTER_OLD, event), NULL, NULL);
    expect_old_lifecycle();
    events_reboot(h.daemon.events, &web);
    expect_old_event_of_web(REBOOT_OLD);
    events_control_error(h.daemon.events, &web);
    expect_old_event_of_web(CONTROL_ERROR_OLD);
    events_job_completed(h.daemon.events, &web, NULL, 0);
    events_metadata(h.daemon.events, &web, METADATA_TITLE, NULL);
    client_expect_nothing(&client);
    client_expect_error(&client, call_with_number(CALLBACK_DEREGISTER, -1), ERR_INTERNAL,
                        "internal error: domain event callback -1 not registered");
}
END_TEST

START_TEST(who_deregisters_without_a_callback_id_hears_the_others_only)
{
    for (int event = 0; event <= 15; event++)
        client_expect_reply(&client, call_with_number(REGISTER_OLD, event), NULL, NULL);
    client_expect_reply(&client, call_with_number(DEREGISTER_OLD, EVENT_LIFECYCLE), NULL, NULL);
    client_expect_reply(&client, call_with_number(DEREGISTER_OLD, EVENT_REBOOT), NULL, NULL);
    events_lifecycle(h.daemon.events, &web, LIFECYCLE_STARTED, STARTED_BOOTED);
    events_reboot(h.daemon.events, &web);
    events_control_error(h.daemon.events, &web);
    expect_old_event_of_web(CONTROL_ERROR_OLD);
}
END_TEST

/* From EVENT_ID_TUNABLE on: libvirt's answer. */
START_TEST(of_a_newer_event_no_client_without_callback_ids_hears_and_it_is_refused)
{
    cleanup_free char *message = xasprintf("internal error: unsupported event ID %d", _i);

    client_expect_error(&client, call_with_number(REGISTER_OLD, _i), ERR_INTERNAL, message);
    client_expect_error(&client, call_with_number(DEREGISTER_OLD, _i), ERR_INTERNAL, message);
}
END_TEST

/*----- after a restart of the daemon -----*/

#define KEPT_MAX 4096

/* Time for what is told with a delay. */
static void
wait_msec(unsigned msec)
{
    uint64_t end = loop_now_usec() + msec * 1000ull;

    while (loop_now_usec() < end) {
        harness_settle(&h);
        usleep(1000);
    }
}

START_TEST(who_registers_soon_after_a_restart_is_told_what_has_happened_once)
{
    struct client other = client_new(&h, true);
    int           id, of_web;

    client_open(&other, 0);
    events_keep(h.daemon.events, h.daemon.loop, 60000000);
    events_lifecycle(h.daemon.events, &web, LIFECYCLE_STOPPED, STOPPED_DESTROYED);
    id = register_by_id(&client, EVENT_LIFECYCLE, NULL);
    events_lifecycle(h.daemon.events, &db, LIFECYCLE_STARTED, STARTED_BOOTED);
    client_expect_nothing(&client);
    wait_msec(150);
    expect_lifecycle(&client, id, "web", LIFECYCLE_STOPPED, STOPPED_DESTROYED);
    expect_lifecycle(&client, id, "db", LIFECYCLE_STARTED, STARTED_BOOTED);

    of_web = register_by_id(&other, EVENT_LIFECYCLE, uuid_web);
    wait_msec(150);
    expect_lifecycle(&other, of_web, "web", LIFECYCLE_STOPPED, STOPPED_DESTROYED);
    client_expect_nothing(&other);
    client_expect_nothing(&client);

    events_lifecycle(h.daemon.events, &web, LIFECYCLE_STARTED, STARTED_BOOTED);
    expect_lifecycle(&client, id, "web", LIFECYCLE_STARTED, STARTED_BOOTED);
    expect_lifecycle(&other, of_web, "web", LIFECYCLE_STARTED, STARTED_BOOTED);
    client_expect_nothing(&client);
    client_free(&other);
}
END_TEST

/* A client without callback ids, which expect_old_* read, and one with them. */
START_TEST(who_comes_back_is_told_events_of_every_kind_in_their_order)
{
    struct client other = client_new(&h, false);
    struct frame  frame;

    client_open(&other, 0);
    events_keep(h.daemon.events, h.daemon.loop, 60000000);
    events_reboot(h.daemon.events, &web);
    events_lifecycle(h.daemon.events, &db, LIFECYCLE_STOPPED, STOPPED_CRASHED);
    events_control_error(h.daemon.events, &web);
    events_metadata(h.daemon.events, &web, METADATA_TITLE, NULL);
    events_job_completed(h.daemon.events, &web, NULL, 0);
    for (int event = 15; event >= 0; event--)
        client_expect_reply(&client, call_with_number(REGISTER_OLD, event), NULL, NULL);
    for (int event = 0; event < EVENT_COUNT; event++)
        register_by_id(&other, event, NULL);
    wait_msec(150);
    expect_event(&client, REBOOT_OLD, &frame);
    frame_free(&frame);
    expect_event(&client, LIFECYCLE_OLD, &frame);
    frame_free(&frame);
    expect_old_event_of_web(CONTROL_ERROR_OLD);
    for (int n = 0; n < 5; n++) {
        static const int order[] = {REBOOT, LIFECYCLE, CONTROL_ERROR, METADATA_CHANGE,
                                    JOB_COMPLETED};

        expect_event(&other, order[n], &frame);
        frame_free(&frame);
    }
    client_expect_nothing(&other);
    client_free(&other);
}
END_TEST

START_TEST(a_registration_that_comes_later_is_not_told_by_the_others_again)
{
    int id, of_web;

    events_keep(h.daemon.events, h.daemon.loop, 60000000);
    events_lifecycle(h.daemon.events, &web, LIFECYCLE_STOPPED, STOPPED_DESTROYED);
    id = register_by_id(&client, EVENT_LIFECYCLE, NULL);
    wait_msec(150);
    expect_lifecycle(&client, id, "web", LIFECYCLE_STOPPED, STOPPED_DESTROYED);
    of_web = register_by_id(&client, EVENT_LIFECYCLE, uuid_web);
    wait_msec(150);
    expect_lifecycle(&client, of_web, "web", LIFECYCLE_STOPPED, STOPPED_DESTROYED);
    client_expect_nothing(&client);
}
END_TEST

/* Its turn comes after it was told what is kept, and that was among it. */
START_TEST(what_is_kept_and_waits_for_a_readers_turn_is_told_once)
{
    int id;

    events_keep(h.daemon.events, h.daemon.loop, 60000000);
    id = register_by_id(&client, EVENT_LIFECYCLE, NULL);
    usleep(150000);
    events_lifecycle(h.daemon.events, &web, LIFECYCLE_STOPPED, STOPPED_DESTROYED);
    wait_msec(50);
    expect_lifecycle(&client, id, "web", LIFECYCLE_STOPPED, STOPPED_DESTROYED);
    client_expect_nothing(&client);
}
END_TEST

START_TEST(who_registers_later_is_told_what_happens_from_then_on)
{
    struct client other = client_new(&h, true);
    int           id;

    client_open(&other, 0);
    events_keep(h.daemon.events, h.daemon.loop, 20000);
    events_lifecycle(h.daemon.events, &web, LIFECYCLE_STOPPED, STOPPED_DESTROYED);
    id = register_by_id(&client, EVENT_LIFECYCLE, NULL);
    wait_msec(50);
    expect_lifecycle(&client, id, "web", LIFECYCLE_STOPPED, STOPPED_DESTROYED);
    id = register_by_id(&other, EVENT_LIFECYCLE, NULL);
    events_lifecycle(h.daemon.events, &db, LIFECYCLE_STARTED, STARTED_BOOTED);
    wait_msec(150);
    expect_lifecycle(&other, id, "db", LIFECYCLE_STARTED, STARTED_BOOTED);
    client_expect_nothing(&other);
    client_free(&other);
}
END_TEST

START_TEST(of_very_many_events_the_last_ones_are_kept)
{
    int id;

    events_keep(h.daemon.events, h.daemon.loop, 60000000);
    for (int n = 0; n < KEPT_MAX + 1; n++)
        events_lifecycle(h.daemon.events, &web, LIFECYCLE_STARTED, n);
    id = register_by_id(&client, EVENT_LIFECYCLE, NULL);
    wait_msec(150);
    for (int n = 1; n < KEPT_MAX + 1; n++)
        expect_lifecycle(&client, id, "web", LIFECYCLE_STARTED, n);
    client_expect_nothing(&client);
}
END_TEST

START_TEST(of_events_with_much_in_them_no_more_is_kept_than_a_few_mebibytes)
{
    enum { SIZE = 1 << 20 };
    cleanup_free char *uri = xcalloc(1, SIZE);
    struct frame       frame;
    unsigned           told = 0;

    memset(uri, 'u', SIZE - 1);
    events_keep(h.daemon.events, h.daemon.loop, 60000000);
    for (int n = 0; n < 20; n++)
        events_metadata(h.daemon.events, &web, METADATA_ELEMENT, uri);
    register_by_id(&client, EVENT_METADATA_CHANGE, NULL);
    wait_msec(150);
    for (; client_read(&client, &frame); told++) {
        ck_assert_int_eq(frame.header.procedure, METADATA_CHANGE);
        frame_free(&frame);
    }
    ck_assert_uint_eq(told, 7);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("events");
    TCase   *tc = tcase_create("events");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, a_lifecycle_event_is_what_libvirt_sends_byte_for_byte);
    tcase_add_test(tc, events_come_in_the_order_in_which_they_were_told);
    tcase_add_test(tc, every_event_of_libvirt_9_may_be_registered_for);
    tcase_add_loop_test(tc, there_are_no_other_events, 0, array_size(no_events));
    tcase_add_test(tc, a_registration_for_one_domain_hears_of_no_other);
    tcase_add_test(tc, each_client_hears_what_it_registered_for);
    tcase_add_test(tc, a_reboot_is_told_with_its_own_procedure);
    tcase_add_test(tc, a_control_error_is_told_with_its_own_procedure);
    tcase_add_loop_test(tc, a_change_of_metadata_is_told_to_who_registered_for_it, 0, 2);
    tcase_add_test(tc, a_completed_job_is_told_with_its_figures);
    tcase_add_test(tc, after_deregistering_nothing_comes_and_the_id_is_not_used_again);
    tcase_add_test(tc, a_client_cannot_deregister_anothers);
    tcase_add_test(tc, registrations_of_a_connection_are_bounded);
    tcase_add_test(tc, by_the_read_only_socket_fewer_of_them_are_allowed);
    tcase_add_test(tc, what_one_user_registers_for_by_the_read_only_socket_is_bounded);
    tcase_add_test(tc, the_read_write_socket_is_told_at_once_and_the_read_only_one_in_its_turn);
    tcase_add_test(tc, events_are_told_to_readers_a_slice_in_each_turn);
    tcase_add_test(tc, who_registers_or_goes_before_his_turn_is_told_nothing_of_before);
    tcase_add_test(tc, an_event_that_was_told_before_an_answer_comes_before_it);
    tcase_add_test(tc, events_reach_those_who_stay_when_others_go);
    tcase_add_test(tc, a_client_may_register_for_lifecycle_events_in_the_oldest_way);
    tcase_add_test(tc, a_client_may_register_for_each_older_event_without_callback_ids);
    tcase_add_test(tc, who_deregisters_without_a_callback_id_hears_the_others_only);
    tcase_add_loop_test(tc, of_a_newer_event_no_client_without_callback_ids_hears_and_it_is_refused,
                        16, 27);
    tcase_add_test(tc, who_registers_soon_after_a_restart_is_told_what_has_happened_once);
    tcase_add_test(tc, who_registers_later_is_told_what_happens_from_then_on);
    tcase_add_test(tc, who_comes_back_is_told_events_of_every_kind_in_their_order);
    tcase_add_test(tc, what_is_kept_and_waits_for_a_readers_turn_is_told_once);
    tcase_add_test(tc, a_registration_that_comes_later_is_not_told_by_the_others_again);
    tcase_add_test(tc, of_events_with_much_in_them_no_more_is_kept_than_a_few_mebibytes);
    tcase_add_test(tc, of_very_many_events_the_last_ones_are_kept);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
