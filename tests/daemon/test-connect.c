/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What concerns no domain: opening, what we are, the host, and what we have none of.
 */
#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/handlers.h"
#include "base/alloc.h"
#include "driver/host.h"
#include "harness.h"

static struct harness h;
static struct client  client;
static int            host_fails;

int
host_info(struct host *host, struct host_info *info_out, struct err *err)
{
    (void)host;
    if (host_fails)
        return err_set(err, ERR_INTERNAL, "Xen says no");
    info_out->free_memory_kib = 5;
    return 0;
}

static void
setup(void)
{
    harness_start(&h);
    h.daemon.host_info = (struct host_info){
        .cpu_model = "x86_64",
        .memory_kib = 8 << 20,
        .cpus = 12,
        .mhz = 2400,
        .nodes = 1,
        .sockets = 1,
        .cores = 6,
        .threads = 2,
        .max_cpus = 512,
        .xen_major = 4,
        .xen_minor = 17,
        .xen_extra = 5,
        .cap_pv = true,
        .cap_hvm = true,
        .cap_pvh = true,
        .cap_hap = true,
    };
    h.daemon.host = (struct host *)&h; /* only passed on */
    host_fails = 0;
    client = client_new(&h, false);
}

static void
teardown(void)
{
    client_free(&client);
    h.daemon.host = NULL;
    harness_stop(&h);
}

/*----- opening -----*/

static uint32_t
open_as(const char *uri)
{
    cleanup_free char       *name = xstrdup(uri);
    remote_connect_open_args args = {.name = name ? &name : NULL};

    return client_call(&client, 1, (xdrproc_t)xdr_remote_connect_open_args, &args);
}

static const char *const uris[] = {
    NULL, "", "xen:///system", "xen:///", "xen:", "xen:///system?foo=bar", "xen:///?x", "?y"};

START_TEST(these_uris_are_ours)
{
    client_expect_reply(&client, open_as(uris[_i]), NULL, NULL);
    ck_assert(client.conn->opened);
}
END_TEST

static const struct {
    const char *uri;
    int         code;
    const char *message;
} foreign[] = {
    {"qemu:///system", 5, "no connection driver available for qemu:///system"},
    {"foo:///x", 5, "no connection driver available for foo:///x"},
    {"xe", 5, "no connection driver available for xe"},
    {"xenn:///system", 5, "no connection driver available for xenn:///system"},
    {"xen://host/system", 5, "no connection driver available for xen://host/system"},
    {"xen:////system", 1, "internal error: unexpected Xen URI path '//system', try xen:///system"},
    {"xen:///systemd?x", 1,
     "internal error: unexpected Xen URI path '/systemd', try xen:///system"},
    {"xen:///sys", 1, "internal error: unexpected Xen URI path '/sys', try xen:///system"},
};

START_TEST(other_uris_are_not_and_the_client_may_try_again)
{
    client_expect_error(&client, open_as(foreign[_i].uri), foreign[_i].code, foreign[_i].message);
    ck_assert(!client.conn->opened);
    client_open(&client, 0);
}
END_TEST

START_TEST(a_connection_opens_once)
{
    client_open(&client, 0);
    client_expect_error(&client, open_as(NULL), ERR_INTERNAL,
                        "internal error: connection already open");
}
END_TEST

START_TEST(read_only_is_who_asks_for_it_or_came_in_so)
{
    struct client by_socket = client_new(&h, true);
    struct client by_flag = client_new(&h, false);

    client_open(&client, 6);
    client_open(&by_socket, 0);
    client_open(&by_flag, 1);
    ck_assert(!client.conn->read_only);
    ck_assert(by_socket.conn->read_only);
    ck_assert(by_flag.conn->read_only);
    client_free(&by_socket);
    client_free(&by_flag);
}
END_TEST

START_TEST(authentication_is_the_sockets_business)
{
    remote_auth_list_ret ret = {0};

    client_expect_reply(&client, client_call(&client, 66, NULL, NULL),
                        (xdrproc_t)xdr_remote_auth_list_ret, &ret);
    ck_assert_uint_eq(ret.types.types_len, 1);
    ck_assert_int_eq(ret.types.types_val[0], REMOTE_AUTH_NONE);
    wire_body_free((xdrproc_t)xdr_remote_auth_list_ret, &ret);
}
END_TEST

/* Typed parameters with strings, keepalive, callback ids, close callbacks; all others are not. */
START_TEST(the_features_are_these_and_may_be_asked_before_open)
{
    for (int feature = -1; feature < 20; feature++) {
        remote_connect_supports_feature_args args = {.feature = feature};
        remote_connect_supports_feature_ret  ret = {.supported = -1};
        uint32_t                             serial =
            client_call(&client, 60, (xdrproc_t)xdr_remote_connect_supports_feature_args, &args);

        client_expect_reply(&client, serial, (xdrproc_t)xdr_remote_connect_supports_feature_ret,
                            &ret);
        ck_assert_int_eq(ret.supported,
                         feature == 9 || feature == 10 || feature == 14 || feature == 15);
    }
}
END_TEST

START_TEST(a_close_callback_is_registered_once)
{
    client_open(&client, 0);
    client_expect_error(&client, client_call(&client, 361, NULL, NULL), ERR_OPERATION_FAILED,
                        "operation failed: no close callback is registered");
    client_expect_reply(&client, client_call(&client, 360, NULL, NULL), NULL, NULL);
    client_expect_error(&client, client_call(&client, 360, NULL, NULL), ERR_OPERATION_FAILED,
                        "operation failed: a close callback is already registered");
    client_expect_reply(&client, client_call(&client, 361, NULL, NULL), NULL, NULL);
}
END_TEST

/*----- what we are and can -----*/

/* The result of a procedure without arguments, which is a string. */
static char *
ask_for_string(int procedure)
{
    char *string = NULL;

    client_expect_reply(&client, client_call(&client, procedure, NULL, NULL),
                        (xdrproc_t)xdr_remote_nonnull_string, &string);
    return string;
}

static uint64_t
ask_for_number(int procedure)
{
    u_quad_t number = 0;

    client_expect_reply(&client, client_call(&client, procedure, NULL, NULL),
                        (xdrproc_t)xdr_u_quad_t, &number);
    return number;
}

START_TEST(we_are_xen)
{
    cleanup_free char *type = NULL, *uri = NULL, *hostname = NULL;
    char               want[HOST_NAME_MAX + 1] = "";

    client_open(&client, 0);
    type = ask_for_string(3);
    uri = ask_for_string(110);
    hostname = ask_for_string(59);
    ck_assert_str_eq(type, "Xen");
    ck_assert_str_eq(uri, "xen:///system");
    ck_assert_int_eq(gethostname(want, sizeof want - 1), 0);
    ck_assert_str_eq(hostname, want);
    ck_assert_uint_eq(ask_for_number(4), 4017005);
    ck_assert_uint_eq(ask_for_number(157), 9000000);
}
END_TEST

START_TEST(a_unix_socket_is_secure)
{
    int secure = 0;

    client_open(&client, 0);
    client_expect_reply(&client, client_call(&client, 149, NULL, NULL), (xdrproc_t)xdr_int,
                        &secure);
    ck_assert_int_eq(secure, 1);
}
END_TEST

START_TEST(capabilities_are_made_once_and_are_the_hosts)
{
    cleanup_free char *first = NULL, *second = NULL;
    char              *kept;

    client_open(&client, 0);
    first = ask_for_string(7);
    kept = h.daemon.capabilities;
    second = ask_for_string(7);
    ck_assert_ptr_nonnull(strstr(first, "<capabilities>"));
    ck_assert_str_eq(first, second);
    ck_assert_ptr_eq(kept, h.daemon.capabilities);
}
END_TEST

static uint32_t
ask_for_domain_capabilities(const char *arch, unsigned flags)
{
    cleanup_free char                          *name = xstrdup(arch);
    remote_connect_get_domain_capabilities_args args = {.arch = name ? &name : NULL,
                                                        .flags = flags};

    return client_call(&client, 342, (xdrproc_t)xdr_remote_connect_get_domain_capabilities_args,
                       &args);
}

START_TEST(domain_capabilities_are_given_for_what_there_is)
{
    cleanup_free char *xml = NULL;

    client_open(&client, 0);
    client_expect_reply(&client, ask_for_domain_capabilities(NULL, 0),
                        (xdrproc_t)xdr_remote_nonnull_string, &xml);
    ck_assert_ptr_nonnull(strstr(xml, "<domainCapabilities>"));
    client_expect_error(&client, ask_for_domain_capabilities("sparc", 0), ERR_INVALID_ARG,
                        "invalid argument: this host has no such architecture, machine or "
                        "virtualisation type");
    client_expect_error(&client, ask_for_domain_capabilities(NULL, 1), ERR_INVALID_ARG,
                        "unsupported flags (0x1) in function virConnectGetDomainCapabilities");
}
END_TEST

START_TEST(the_highest_number_of_vcpus_is_the_hosts)
{
    remote_connect_get_max_vcpus_args args = {.type = NULL};
    remote_connect_get_max_vcpus_ret  ret = {0};

    client_open(&client, 0);
    client_expect_reply(
        &client, client_call(&client, 5, (xdrproc_t)xdr_remote_connect_get_max_vcpus_args, &args),
        (xdrproc_t)xdr_remote_connect_get_max_vcpus_ret, &ret);
    ck_assert_int_eq(ret.max_vcpus, 512);
}
END_TEST

/*----- the host -----*/

START_TEST(node_info_is_188_bytes_of_the_host)
{
    remote_node_get_info_ret ret = {.cpus = 0};
    struct frame             frame;
    struct err               err;

    client_open(&client, 0);
    client_call(&client, 6, NULL, NULL);
    ck_assert(client_read(&client, &frame));
    ck_assert_uint_eq(frame.size, 188);
    ck_assert_int_eq(
        wire_decode(frame.data, frame.size, (xdrproc_t)xdr_remote_node_get_info_ret, &ret, &err),
        0);
    ck_assert_str_eq(ret.model, "x86_64");
    ck_assert_uint_eq(ret.memory, 8 << 20);
    ck_assert_int_eq(ret.cpus, 12);
    ck_assert_int_eq(ret.mhz, 2400);
    ck_assert_int_eq(ret.nodes, 1);
    ck_assert_int_eq(ret.sockets, 1);
    ck_assert_int_eq(ret.cores, 6);
    ck_assert_int_eq(ret.threads, 2);
    frame_free(&frame);
}
END_TEST

START_TEST(free_memory_is_asked_of_xen_each_time)
{
    client_open(&client, 0);
    ck_assert_uint_eq(ask_for_number(102), 5 * 1024);
    host_fails = 1;
    client_expect_error(&client, client_call(&client, 102, NULL, NULL), ERR_INTERNAL,
                        "Xen says no");
    h.daemon.host = NULL;
    client_expect_error(&client, client_call(&client, 102, NULL, NULL), ERR_INTERNAL,
                        "internal error: Xen cannot be reached now");
}
END_TEST

static remote_node_get_cpu_map_ret
ask_for_cpu_map(int need_map, int need_online)
{
    remote_node_get_cpu_map_args args = {.need_map = need_map, .need_online = need_online};
    remote_node_get_cpu_map_ret  ret = {0};

    client_expect_reply(
        &client, client_call(&client, 293, (xdrproc_t)xdr_remote_node_get_cpu_map_args, &args),
        (xdrproc_t)xdr_remote_node_get_cpu_map_ret, &ret);
    return ret;
}

START_TEST(the_cpu_map_has_a_bit_for_each_cpu)
{
    remote_node_get_cpu_map_ret ret;

    client_open(&client, 0);
    ret = ask_for_cpu_map(1, 1);
    ck_assert_int_eq(ret.ret, 12);
    ck_assert_uint_eq(ret.online, 12);
    ck_assert_uint_eq(ret.cpumap.cpumap_len, 2);
    ck_assert_mem_eq(ret.cpumap.cpumap_val, "\377\017", 2);
    wire_body_free((xdrproc_t)xdr_remote_node_get_cpu_map_ret, &ret);
    ret = ask_for_cpu_map(0, 0);
    ck_assert_int_eq(ret.ret, 12);
    ck_assert_uint_eq(ret.online, 0);
    ck_assert_uint_eq(ret.cpumap.cpumap_len, 0);
    h.daemon.host_info.cpus = 100000; /* more than the protocol has room for */
    ret = ask_for_cpu_map(1, 1);
    ck_assert_uint_eq(ret.cpumap.cpumap_len, REMOTE_CPUMAP_MAX);
    wire_body_free((xdrproc_t)xdr_remote_node_get_cpu_map_ret, &ret);
}
END_TEST

START_TEST(the_security_model_is_empty_with_its_nul)
{
    remote_node_get_security_model_ret ret = {0};

    client_open(&client, 0);
    client_expect_reply(&client, client_call(&client, 122, NULL, NULL),
                        (xdrproc_t)xdr_remote_node_get_security_model_ret, &ret);
    ck_assert_uint_eq(ret.model.model_len, 1);
    ck_assert_int_eq(ret.model.model_val[0], 0);
    ck_assert_uint_eq(ret.doi.doi_len, 1);
    wire_body_free((xdrproc_t)xdr_remote_node_get_security_model_ret, &ret);
}
END_TEST

/*----- what we have none of -----*/

static const int numbers_of_none[] = {50, 52, 71, 73, 111};

START_TEST(numbers_of_what_there_is_none_of_are_0)
{
    struct wire_header header = {.program = WIRE_PROGRAM_REMOTE,
                                 .version = 1,
                                 .procedure = numbers_of_none[_i],
                                 .serial = 9};
    static const char  zeros[8];
    int                number = -1;

    client_open(&client, 0);
    client_send(&client, &header, zeros, sizeof zeros);
    client_expect_reply(&client, 9, (xdrproc_t)xdr_int, &number);
    ck_assert_int_eq(number, 0);
}
END_TEST

/* With how many bytes an empty result has: those of the new calls are counted too. */
static const struct {
    int    procedure;
    size_t size;
} lists_of_none[] = {{36, 4}, {38, 4}, {72, 4}, {74, 4}, {281, 8}, {283, 8}};

START_TEST(lists_of_what_there_is_none_of_are_empty)
{
    struct wire_header header = {
        .program = WIRE_PROGRAM_REMOTE, .version = 1, .procedure = lists_of_none[_i].procedure};
    static const char zeros[8];
    struct frame      frame;

    client_open(&client, 0);
    client_send(&client, &header, zeros, sizeof zeros);
    ck_assert(client_read(&client, &frame));
    ck_assert_uint_eq(frame.header.status, WIRE_OK);
    ck_assert_uint_eq(frame.size, WIRE_HEADER_SIZE + lists_of_none[_i].size);
    ck_assert_mem_eq(frame.data + WIRE_HEADER_SIZE, zeros, lists_of_none[_i].size);
    frame_free(&frame);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("connect");
    TCase   *tc = tcase_create("connect");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, these_uris_are_ours, 0, array_size(uris));
    tcase_add_loop_test(tc, other_uris_are_not_and_the_client_may_try_again, 0,
                        array_size(foreign));
    tcase_add_test(tc, a_connection_opens_once);
    tcase_add_test(tc, read_only_is_who_asks_for_it_or_came_in_so);
    tcase_add_test(tc, authentication_is_the_sockets_business);
    tcase_add_test(tc, the_features_are_these_and_may_be_asked_before_open);
    tcase_add_test(tc, a_close_callback_is_registered_once);
    tcase_add_test(tc, we_are_xen);
    tcase_add_test(tc, a_unix_socket_is_secure);
    tcase_add_test(tc, capabilities_are_made_once_and_are_the_hosts);
    tcase_add_test(tc, domain_capabilities_are_given_for_what_there_is);
    tcase_add_test(tc, the_highest_number_of_vcpus_is_the_hosts);
    tcase_add_test(tc, node_info_is_188_bytes_of_the_host);
    tcase_add_test(tc, free_memory_is_asked_of_xen_each_time);
    tcase_add_test(tc, the_cpu_map_has_a_bit_for_each_cpu);
    tcase_add_test(tc, the_security_model_is_empty_with_its_nul);
    tcase_add_loop_test(tc, numbers_of_what_there_is_none_of_are_0, 0, array_size(numbers_of_none));
    tcase_add_loop_test(tc, lists_of_what_there_is_none_of_are_empty, 0, array_size(lists_of_none));
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
