/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every handler is replaced here: what is tested is who gets to one, and what is said to those
 * who do not.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "api/handlers.h"
#include "api/lookup.h"
#include "api/owner.h"
#include "api/procedures.h"
#include "base/alloc.h"
#include "harness.h"
#include "job/ops.h"
#include "rpc/procedure.h"
#include "wire/libvirt.h"

static struct harness h;
static struct client  client;

/* The handler that was called last, and its request. */
static const char     *called;
static unsigned        n_called;
static struct request *held[8];
static unsigned        n_held;
static bool            hold;

/* What every call about a domain is about; only passed on. */
static struct domain *const the_domain = (struct domain *)&h;

static void
take(struct request *req, const char *name)
{
    called = name;
    n_called++;
    if (hold)
        held[n_held++] = req;
    else
        request_fail_with(req, ERR_NO_SUPPORT, "handled");
}

#define RPC(program, nr, name, args_t, ret_t, access, flags)                                       \
    void handle_##name(struct request *req, const args_t *args)                                    \
    {                                                                                              \
        (void)args;                                                                                \
        take(req, #name);                                                                          \
    }
#define RPC_DOM(program, nr, name, args_t, ret_t, access, flags)                                   \
    void handle_##name(struct request *req, struct domain *dom, const args_t *args)                \
    {                                                                                              \
        (void)args;                                                                                \
        ck_assert_ptr_eq(dom, the_domain);                                                         \
        take(req, #name);                                                                          \
    }
#define RPC_GUEST RPC_DOM
#define RPC_JOB(program, nr, procedure, args_t, ret_t, access, flags, operation)                   \
    const struct job_operation operation = {.name = #procedure};
#define EVENT(program, nr, name, msg_t)
#include "wire/procs.def"
#undef RPC
#undef RPC_DOM
#undef RPC_GUEST
#undef RPC_JOB

void
owner_submit(struct request *req, const struct job_operation *operation, struct domain *dom)
{
    ck_assert_ptr_eq(dom, the_domain);
    take(req, operation->name);
}

enum about { ABOUT_NONE, ABOUT_DOMAIN, ABOUT_GUEST };

static const struct {
    uint32_t    program;
    int         number;
    const char *name;
    enum access access;
    enum about  about;
} procedures[] = {
#define RPC(program, nr, name, args_t, ret_t, access, flags)                                       \
    {WIRE_PROGRAM_##program, nr, #name, access, ABOUT_NONE},
#define RPC_DOM(program, nr, name, args_t, ret_t, access, flags)                                   \
    {WIRE_PROGRAM_##program, nr, #name, access, ABOUT_DOMAIN},
#define RPC_GUEST(program, nr, name, args_t, ret_t, access, flags)                                 \
    {WIRE_PROGRAM_##program, nr, #name, access, ABOUT_GUEST},
#define RPC_JOB(program, nr, procedure, args_t, ret_t, access, flags, operation)                   \
    {WIRE_PROGRAM_##program, nr, #procedure, access, ABOUT_GUEST},
#include "wire/procs.def"
#undef RPC
#undef RPC_DOM
#undef RPC_GUEST
#undef RPC_JOB
};
#undef EVENT

/* Which of the two looked, and whether it finds anything. */
static enum about looked;
static bool       found;

struct domain *
lookup_domain(struct request *req, const remote_nonnull_domain *wire)
{
    (void)wire;
    looked = ABOUT_DOMAIN;
    if (found)
        return the_domain;
    request_fail_with(req, ERR_NO_DOMAIN, "no such domain");
    return NULL;
}

struct domain *
lookup_guest(struct request *req, const remote_nonnull_domain *wire)
{
    struct domain *dom = lookup_domain(req, wire);

    looked = ABOUT_GUEST;
    return dom;
}

static void
setup(void)
{
    harness_start(&h);
    client = client_new(&h, false);
    called = NULL;
    n_called = n_held = 0;
    hold = false;
    looked = ABOUT_NONE;
    found = true;
}

static void
teardown(void)
{
    while (n_held)
        request_fail_with(held[--n_held], ERR_INTERNAL, "the test ends");
    client_free(&client);
    harness_stop(&h);
}

/* Opening is a handler's business, and the handlers are ours. */
static void
open_client(bool read_only)
{
    conn_opened(client.conn, read_only);
}

static void
reconnect(bool read_only)
{
    client_free(&client);
    client = client_new(&h, read_only);
}

static struct wire_header
call_header(uint32_t program, int procedure)
{
    return (struct wire_header){
        .program = program, .version = 1, .procedure = procedure, .type = WIRE_CALL, .serial = 77};
}

/* A call of procedures[i] whose arguments are enough for any, all of them 0. */
static void
send_call(int i)
{
    struct wire_header header = call_header(procedures[i].program, procedures[i].number);
    static const char  zeros[256];

    client_send(&client, &header, zeros, sizeof zeros);
}

/*----- access; _i is which procedure -----*/

START_TEST(before_open_only_what_needs_no_right_is_handled)
{
    send_call(_i);
    if (procedures[_i].access == ACCESS_NONE) {
        client_expect_error(&client, 77, ERR_NO_SUPPORT, "handled");
        ck_assert_str_eq(called, procedures[_i].name);
    } else {
        client_expect_error(&client, 77, ERR_INTERNAL,
                            "internal error: hypervisor connection not open");
        ck_assert_ptr_null(called);
    }
}
END_TEST

START_TEST(a_read_write_connection_may_do_everything)
{
    open_client(false);
    send_call(_i);
    client_expect_error(&client, 77, ERR_NO_SUPPORT, "handled");
    ck_assert_str_eq(called, procedures[_i].name);
    ck_assert_uint_eq(n_called, 1);
}
END_TEST

static void
expect_read_only_access(int i)
{
    struct frame frame;
    struct err   err;

    send_call(i);
    ck_assert(client_read(&client, &frame));
    wire_decode_error(frame.data, frame.size, &err);
    frame_free(&frame);
    if (procedures[i].access == ACCESS_WRITE) {
        ck_assert_int_eq(err.code, ERR_OPERATION_DENIED);
        ck_assert_ptr_null(called);
        ck_assert_ptr_nonnull(
            strstr(err.message, "operation forbidden: read only access prevents vir"));
    } else {
        ck_assert_str_eq(err.message, "handled");
        ck_assert_str_eq(called, procedures[i].name);
    }
}

START_TEST(the_read_only_socket_lets_no_change_through)
{
    reconnect(true);
    open_client(false);
    expect_read_only_access(_i);
}
END_TEST

START_TEST(a_connection_that_opened_read_only_lets_no_change_through)
{
    open_client(true);
    expect_read_only_access(_i);
}
END_TEST

/* Who adds a procedure says it a second time, by its name. */
START_TEST(whatever_is_not_named_as_a_question_needs_the_right_to_change)
{
    static const char *const questions[] = {
        "_get_",         "_is_",      "_has_",       "_list",       "_num",
        "_lookup_",      "auth_list", "_wait",       "_log",        "connect_open",
        "connect_close", "_register", "_deregister", "_unregister", "supports_feature",
    };
    const char *name = procedures[_i].name;
    bool        asks = false;

    for (size_t n = 0; n < array_size(questions); n++)
        asks |= strstr(name, questions[n]) != NULL;
    /* Of a file that the client names: what is in it need not be for everybody.  And a job keeps
     * the domain's other jobs waiting. */
    if (strcmp(name, "domain_save_image_get_xml_desc") == 0 ||
        strcmp(name, "domain_managed_save_get_xml_desc") == 0)
        asks = false;
    ck_assert_msg(asks == (procedures[_i].access != ACCESS_WRITE), "%s", name);
}
END_TEST

START_TEST(access_is_decided_before_arguments_are_decoded)
{
    struct wire_header header = call_header(procedures[_i].program, procedures[_i].number);

    if (procedures[_i].access != ACCESS_WRITE)
        return;
    open_client(true);
    client_send(&client, &header, "\377\377\377\377", 4);
    expect_read_only_access(_i);
}
END_TEST

START_TEST(a_refusal_names_libvirts_function)
{
    struct wire_header header = call_header(WIRE_PROGRAM_REMOTE, 34);

    open_client(true);
    client_send(&client, &header, NULL, 0);
    client_expect_error(&client, 77, ERR_OPERATION_DENIED,
                        "operation forbidden: read only access prevents virDomainSuspend");
    header.procedure = 10;
    client_send(&client, &header, NULL, 0);
    client_expect_error(&client, 77, ERR_OPERATION_DENIED,
                        "operation forbidden: read only access prevents virDomainCreateXML");
}
END_TEST

/*----- headers -----*/

/* An error of the protocol as libvirt's daemon sends it, but for the header. */
#define ERROR_BODY(length, text)                                                                   \
    "\0\0\0\x27"                                                                                   \
    "\0\0\0\x07"                                                                                   \
    "\0\0\0\x01\0\0\0" length text "\0\0\0\x02"                                                    \
    "\0\0\0\0"                                                                                     \
    "\0\0\0\x01\0\0\0\x02%s\0\0"                                                                   \
    "\0\0\0\x01\0\0\0" length text "\0\0\0\0"                                                      \
    "\377\377\377\377"                                                                             \
    "\377\377\377\377"                                                                             \
    "\0\0\0\0"

static void
expect_bytes(const char *bytes, size_t size)
{
    struct frame frame;

    ck_assert(client_read(&client, &frame));
    ck_assert_uint_eq(frame.size, size);
    ck_assert_mem_eq(frame.data, bytes, size);
    frame_free(&frame);
}

START_TEST(an_unknown_procedure_is_answered_byte_for_byte_as_libvirt_does)
{
    struct wire_header header = call_header(WIRE_PROGRAM_REMOTE, 9999);
    static const char  want[] = "\0\0\0\x88\x20\0\x80\x86\0\0\0\x01\0\0\x27\x0f\0\0\0\x01\0\0\0\x4d"
                                "\0\0\0\x01" ERROR_BODY("\x17", "unknown procedure: 9999\0");

    client_send(&client, &header, NULL, 0);
    expect_bytes(want, sizeof want - 1);
    client_expect_nothing(&client);
}
END_TEST

START_TEST(an_unknown_program_is_answered_with_its_own_numbers)
{
    struct wire_header header = {
        .program = 0x20008087, .version = 1, .procedure = 3, .serial = 0x4d};
    static const char want[] =
        "\0\0\0\xa8\x20\0\x80\x87\0\0\0\x01\0\0\0\x03\0\0\0\x01\0\0\0\x4d\0\0\0\x01" ERROR_BODY(
            "\x27", "Cannot find program 536903815 version 1\0");

    client_send(&client, &header, NULL, 0);
    expect_bytes(want, sizeof want - 1);
}
END_TEST

START_TEST(an_unknown_version_is_answered_with_its_own_number)
{
    struct wire_header header = {
        .program = WIRE_PROGRAM_REMOTE, .version = 2, .procedure = 1, .serial = 9};
    struct frame frame;

    client_send(&client, &header, NULL, 0);
    ck_assert(client_read(&client, &frame));
    ck_assert_uint_eq(frame.header.version, 2);
    ck_assert_uint_eq(frame.header.status, WIRE_ERROR);
    frame_free(&frame);
    client_send(&client, &header, NULL, 0);
    client_expect_error(&client, 9, ERR_RPC, "Cannot find program 536903814 version 2");
}
END_TEST

static const int no_procedures[] = {-1, 0, 107, 318, 443, 511, 512, 100000, INT32_MIN, INT32_MAX};

START_TEST(what_is_no_call_of_ours_is_an_unknown_procedure)
{
    struct wire_header header = call_header(WIRE_PROGRAM_REMOTE, no_procedures[_i]);
    cleanup_free char *message = xasprintf("unknown procedure: %d", no_procedures[_i]);

    client_send(&client, &header, NULL, 0);
    client_expect_error(&client, 77, ERR_RPC, message);
    header.program = WIRE_PROGRAM_DOM0D;
    client_send(&client, &header, NULL, 0);
    client_expect_error(&client, 77, ERR_RPC, message);
}
END_TEST

START_TEST(a_call_with_a_status_is_refused)
{
    struct wire_header header = call_header(WIRE_PROGRAM_REMOTE, 66);

    header.status = WIRE_ERROR;
    client_send(&client, &header, NULL, 0);
    client_expect_error(&client, 77, ERR_RPC, "Unexpected message status 1");
    ck_assert_ptr_null(called);
}
END_TEST

static const uint32_t no_calls[] = {
    WIRE_REPLY, WIRE_MESSAGE, WIRE_STREAM, WIRE_REPLY_WITH_FDS, WIRE_STREAM_HOLE, 7, 0xffffffff};

START_TEST(what_is_no_call_is_ignored)
{
    struct wire_header header = call_header(WIRE_PROGRAM_REMOTE, 66);

    header.type = no_calls[_i];
    client_send(&client, &header, "abcd", 4);
    header.program = 12345;
    client_send(&client, &header, "abcd", 4);
    client_expect_nothing(&client);
    ck_assert_ptr_null(called);
    send_call(0);
    client_expect_error(&client, 77, ERR_NO_SUPPORT, "handled");
}
END_TEST

START_TEST(a_call_with_descriptors_is_refused_and_ends_the_connection)
{
    struct wire_header header = call_header(WIRE_PROGRAM_REMOTE, 66);

    header.type = WIRE_CALL_WITH_FDS;
    client_send(&client, &header, "\0\0\0\1", 4);
    client_expect_error(&client, 77, ERR_RPC, "this connection carries no file descriptors");
    client_expect_eof(&client);
    ck_assert_ptr_null(called);
}
END_TEST

/*----- arguments and answers -----*/

START_TEST(arguments_that_cannot_be_decoded_are_refused_and_the_connection_is_kept)
{
    struct wire_header header = call_header(WIRE_PROGRAM_REMOTE, 23); /* LOOKUP_BY_NAME */

    open_client(false);
    client_send(&client, &header, "\0\0\0\7abc", 7);
    client_expect_error(&client, 77, ERR_RPC, "Unable to decode message payload");
    client_send(&client, &header, "\0\100\0\1abcd", 8); /* one more than a string may have */
    client_expect_error(&client, 77, ERR_RPC, "Unable to decode message payload");
    ck_assert_ptr_null(called);
    ck_assert_uint_eq(client.conn->n_requests, 0);
    client_send(&client, &header, "\0\0\0\4abcd", 8);
    client_expect_error(&client, 77, ERR_NO_SUPPORT, "handled");
}
END_TEST

START_TEST(bytes_behind_the_arguments_are_ignored)
{
    struct wire_header header = call_header(WIRE_PROGRAM_REMOTE, 22); /* LOOKUP_BY_ID */

    open_client(false);
    client_send(&client, &header, "\0\0\0\7abcdefg", 11);
    client_expect_error(&client, 77, ERR_NO_SUPPORT, "handled");
}
END_TEST

START_TEST(answers_come_in_any_order_with_the_serials_of_their_calls)
{
    struct wire_header header = call_header(WIRE_PROGRAM_REMOTE, 3); /* GET_TYPE */
    char               type[] = "Xen";

    open_client(false);
    hold = true;
    for (header.serial = 5; header.serial < 8; header.serial++)
        client_send(&client, &header, NULL, 0);
    client_expect_nothing(&client);
    ck_assert_uint_eq(n_held, 3);
    ck_assert_uint_eq(client.conn->n_requests, 3);
    request_fail_with(held[1], ERR_NO_DOMAIN, "not this one");
    reply_connect_get_type(held[2], &(remote_connect_get_type_ret){.type = type});
    client_expect_error(&client, 6, ERR_NO_DOMAIN, "not this one");
    expect_bytes("\0\0\0\x24\x20\0\x80\x86\0\0\0\1\0\0\0\3\0\0\0\1\0\0\0\7\0\0\0\0\0\0\0\3Xen", 36);
    request_fail_with(held[0], ERR_NO_DOMAIN, "not that one");
    client_expect_error(&client, 5, ERR_NO_DOMAIN, "not that one");
    ck_assert_uint_eq(client.conn->n_requests, 0);
    n_held = 0;
}
END_TEST

START_TEST(an_answer_to_a_client_that_has_gone_is_dropped)
{
    struct wire_header header = call_header(WIRE_PROGRAM_REMOTE, 3);
    uint64_t           id = client.id;
    char               type[] = "Xen";

    open_client(false);
    hold = true;
    client_send(&client, &header, NULL, 0);
    client_send(&client, &header, NULL, 0);
    client_expect_nothing(&client);
    client_free(&client);
    ck_assert_uint_eq(server_client_count(h.daemon.server), 0);
    ck_assert_uint_eq(n_held, 2);
    ck_assert_ptr_null(request_conn(held[0]));
    ck_assert_uint_eq(request_conn_id(held[0]), id);
    ck_assert_uint_eq(request_serial(held[0]), 77);
    ck_assert_ptr_eq(request_daemon(held[0]), &h.daemon);
    reply_connect_get_type(held[0], &(remote_connect_get_type_ret){.type = type});
    request_fail_with(held[1], ERR_INTERNAL, "nobody hears this");
    n_held = 0;
}
END_TEST

static void
nobody_waits(void *arg)
{
    struct request **req = arg;

    *req = NULL;
}

START_TEST(what_only_waits_goes_with_its_client)
{
    struct wire_header header = call_header(WIRE_PROGRAM_REMOTE, 3);

    open_client(true);
    hold = true;
    client_send(&client, &header, NULL, 0);
    client_expect_nothing(&client);
    request_on_gone(held[0], nobody_waits, &held[0]);
    client_free(&client);
    ck_assert_ptr_null(held[0]);
    n_held = 0;
}
END_TEST

START_TEST(a_result_beyond_the_protocols_bounds_becomes_an_error)
{
    struct wire_header   header = call_header(WIRE_PROGRAM_REMOTE, 66);
    remote_auth_type     types[REMOTE_AUTH_TYPE_LIST_MAX + 1] = {0};
    remote_auth_list_ret ret = {.types = {array_size(types), types}};

    hold = true;
    client_send(&client, &header, NULL, 0);
    client_expect_nothing(&client);
    reply_auth_list(held[0], &ret);
    n_held = 0;
    client_expect_error(&client, 77, ERR_RPC, "Unable to encode message payload");
}
END_TEST

START_TEST(flags_that_a_procedure_does_not_know_are_refused_by_name)
{
    struct wire_header header = call_header(WIRE_PROGRAM_REMOTE, 14); /* GET_XML_DESC */
    static const char  zeros[64];

    open_client(true);
    hold = true;
    client_send(&client, &header, zeros, sizeof zeros);
    client_expect_nothing(&client);
    ck_assert(request_is_readonly(held[0]));
    ck_assert(request_check_flags(held[0], 0x6, 0x7));
    ck_assert(!request_check_flags(held[0], 0x16, 0x7));
    n_held = 0;
    client_expect_error(&client, 77, ERR_INVALID_ARG,
                        "unsupported flags (0x10) in function virDomainGetXMLDesc");
}
END_TEST

/*----- what procs.def says of flags and domains -----*/

START_TEST(a_call_about_a_domain_is_handled_with_it)
{
    open_client(false);
    send_call(_i);
    client_expect_error(&client, 77, ERR_NO_SUPPORT, "handled");
    ck_assert_int_eq((int)looked, (int)procedures[_i].about);
}
END_TEST

START_TEST(a_call_about_no_domain_is_not_handled)
{
    open_client(false);
    found = false;
    send_call(_i);
    if (procedures[_i].about == ABOUT_NONE)
        client_expect_error(&client, 77, ERR_NO_SUPPORT, "handled");
    else
        client_expect_error(&client, 77, ERR_NO_DOMAIN, "no such domain");
    ck_assert_uint_eq(n_called, procedures[_i].about == ABOUT_NONE);
}
END_TEST

/* What changes a domain must not do so to the control domain. */
START_TEST(a_domain_that_is_changed_is_a_guest)
{
    if (procedures[_i].about != ABOUT_NONE)
        ck_assert_int_eq(procedures[_i].about == ABOUT_GUEST,
                         procedures[_i].access == ACCESS_WRITE);
}
END_TEST

static void
ask_for_state(unsigned flags)
{
    char                         name[] = "web";
    remote_domain_get_state_args args = {.dom = {.name = name}, .flags = flags};

    client.serial = 77;
    client_call(&client, 212, (xdrproc_t)xdr_remote_domain_get_state_args, &args);
}

START_TEST(flags_are_checked_before_the_domain_is_looked_for)
{
    open_client(false);
    ask_for_state(4);
    client_expect_error(&client, 77, ERR_INVALID_ARG,
                        "unsupported flags (0x4) in function virDomainGetState");
    ck_assert_int_eq((int)looked, ABOUT_NONE);
    ask_for_state(0);
    client_expect_error(&client, 77, ERR_NO_SUPPORT, "handled");
}
END_TEST

START_TEST(who_may_only_ask_gets_no_secrets_even_of_no_domain)
{
    char                            name[] = "web";
    remote_domain_get_xml_desc_args args = {.dom = {.name = name}, .flags = DOMAIN_XML_SECURE};

    open_client(true);
    found = false;
    client.serial = 77;
    client_call(&client, 14, (xdrproc_t)xdr_remote_domain_get_xml_desc_args, &args);
    client_expect_error(&client, 77, ERR_OPERATION_DENIED,
                        "operation forbidden: virDomainGetXMLDesc with secure flag");
    args.flags = DOMAIN_XML_INACTIVE;
    client_call(&client, 14, (xdrproc_t)xdr_remote_domain_get_xml_desc_args, &args);
    client_expect_error(&client, 78, ERR_NO_DOMAIN, "no such domain");
}
END_TEST

/* No more than one name each, and none that is cut. */
START_TEST(every_procedure_has_a_whole_name)
{
    struct wire_header      header = call_header(procedures[_i].program, procedures[_i].number);
    const struct procedure *procedure = procedure_find(api_programs, &header);
    char                    name[PROCEDURE_API_NAME_SIZE];

    ck_assert_ptr_nonnull(procedure);
    ck_assert_str_eq(procedure->name, procedures[_i].name);
    ck_assert_uint_lt(strlen(procedure_api_name(procedure, name)), PROCEDURE_API_NAME_SIZE - 1);
    ck_assert_ptr_null(strchr(name, '_'));
}
END_TEST

int
main(void)
{
    const int n = array_size(procedures);
    Suite    *suite = suite_create("dispatch");
    TCase    *tc = tcase_create("dispatch");
    SRunner  *runner = srunner_create(suite);
    int       failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, before_open_only_what_needs_no_right_is_handled, 0, n);
    tcase_add_loop_test(tc, a_read_write_connection_may_do_everything, 0, n);
    tcase_add_loop_test(tc, the_read_only_socket_lets_no_change_through, 0, n);
    tcase_add_loop_test(tc, a_connection_that_opened_read_only_lets_no_change_through, 0, n);
    tcase_add_loop_test(tc, whatever_is_not_named_as_a_question_needs_the_right_to_change, 0, n);
    tcase_add_loop_test(tc, access_is_decided_before_arguments_are_decoded, 0, n);
    tcase_add_test(tc, a_refusal_names_libvirts_function);
    tcase_add_test(tc, an_unknown_procedure_is_answered_byte_for_byte_as_libvirt_does);
    tcase_add_test(tc, an_unknown_program_is_answered_with_its_own_numbers);
    tcase_add_test(tc, an_unknown_version_is_answered_with_its_own_number);
    tcase_add_loop_test(tc, what_is_no_call_of_ours_is_an_unknown_procedure, 0,
                        array_size(no_procedures));
    tcase_add_test(tc, a_call_with_a_status_is_refused);
    tcase_add_loop_test(tc, what_is_no_call_is_ignored, 0, array_size(no_calls));
    tcase_add_test(tc, a_call_with_descriptors_is_refused_and_ends_the_connection);
    tcase_add_test(tc, arguments_that_cannot_be_decoded_are_refused_and_the_connection_is_kept);
    tcase_add_test(tc, bytes_behind_the_arguments_are_ignored);
    tcase_add_test(tc, answers_come_in_any_order_with_the_serials_of_their_calls);
    tcase_add_test(tc, an_answer_to_a_client_that_has_gone_is_dropped);
    tcase_add_test(tc, what_only_waits_goes_with_its_client);
    tcase_add_test(tc, a_result_beyond_the_protocols_bounds_becomes_an_error);
    tcase_add_test(tc, flags_that_a_procedure_does_not_know_are_refused_by_name);
    tcase_add_loop_test(tc, a_call_about_a_domain_is_handled_with_it, 0, n);
    tcase_add_loop_test(tc, a_call_about_no_domain_is_not_handled, 0, n);
    tcase_add_loop_test(tc, a_domain_that_is_changed_is_a_guest, 0, n);
    tcase_add_test(tc, flags_are_checked_before_the_domain_is_looked_for);
    tcase_add_test(tc, who_may_only_ask_gets_no_secrets_even_of_no_domain);
    tcase_add_loop_test(tc, every_procedure_has_a_whole_name, 0, n);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
