/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "bounds.h"
#include "wire/remote.h"

/* How many bytes follow the count in each test. */
#define REST 8

static uint8_t message[4 + REST];

static XDR
message_with_count(uint32_t count)
{
    XDR xdrs;

    memset(message, 0, sizeof message);
    message[0] = (uint8_t)(count >> 24);
    message[1] = (uint8_t)(count >> 16);
    message[2] = (uint8_t)(count >> 8);
    message[3] = (uint8_t)count;
    xdrmem_create(&xdrs, (char *)message, sizeof message, XDR_DECODE);
    return xdrs;
}

/* Each returns whether the count was taken, and fails if one that was not has cost memory. */

static bool_t
take_array(uint32_t count)
{
    XDR    xdrs = message_with_count(count);
    char  *elements = NULL;
    u_int  n = 0;
    bool_t taken = bounded_array(&xdrs, &elements, &n, UINT_MAX, sizeof(int), (xdrproc_t)xdr_int);

    ck_assert(taken ? n == count : elements == NULL);
    free(elements);
    return taken;
}

static bool_t
take_bytes(uint32_t count)
{
    XDR    xdrs = message_with_count(count);
    char  *bytes = NULL;
    u_int  n = 0;
    bool_t taken = bounded_bytes(&xdrs, &bytes, &n, UINT_MAX);

    ck_assert(taken ? n == count : bytes == NULL);
    free(bytes);
    return taken;
}

static bool_t
take_string(uint32_t count)
{
    XDR    xdrs = message_with_count(count);
    char  *string = NULL;
    bool_t taken = bounded_string(&xdrs, &string, UINT_MAX);

    ck_assert(taken ? string != NULL : string == NULL);
    free(string);
    return taken;
}

START_TEST(a_count_that_the_rest_of_the_message_covers_is_taken)
{
    ck_assert(take_array(0));
    ck_assert(take_array(REST / 4));
    ck_assert(take_bytes(0));
    ck_assert(take_bytes(REST));
    ck_assert(take_string(0));
    ck_assert(take_string(REST));
}
END_TEST

START_TEST(a_count_beyond_the_rest_of_the_message_costs_no_memory)
{
    ck_assert(!take_array(REST / 4 + 1));
    ck_assert(!take_bytes(REST + 1));
    ck_assert(!take_string(REST + 1));
    ck_assert(!take_array(16384));
    ck_assert(!take_bytes(8388608));
    ck_assert(!take_string(4194304));
}
END_TEST

/* Times the size of an element, plus the position, these are small again. */
START_TEST(a_count_near_the_end_of_all_numbers_costs_no_memory)
{
    ck_assert(!take_array(0x40000000));
    ck_assert(!take_array(0x40000001));
    ck_assert(!take_array(0x3fffffff));
    ck_assert(!take_array(UINT32_MAX));
    ck_assert(!take_bytes(UINT32_MAX));
    ck_assert(!take_bytes(UINT32_MAX - 3));
    ck_assert(!take_string(UINT32_MAX));
    ck_assert(!take_string(UINT32_MAX - 3));
}
END_TEST

START_TEST(a_count_that_is_itself_cut_off_is_refused)
{
    XDR   xdrs;
    char *bytes = NULL;
    u_int n = 0;

    memset(message, 0, sizeof message);
    xdrmem_create(&xdrs, (char *)message, 3, XDR_DECODE);
    ck_assert(!bounded_bytes(&xdrs, &bytes, &n, UINT_MAX));
}
END_TEST

START_TEST(the_filters_that_rpcgen_makes_are_bounded)
{
    XDR                               xdrs = message_with_count(16384);
    remote_connect_list_domains_ret   ids = {.ids = {.ids_len = 0}};
    remote_node_get_cpu_map_ret       map = {.ret = 0};
    remote_domain_lookup_by_name_args name = {.name = NULL};

    ck_assert(!xdr_remote_connect_list_domains_ret(&xdrs, &ids));
    ck_assert_ptr_null(ids.ids.ids_val);
    xdrs = message_with_count(2048);
    ck_assert(!xdr_remote_node_get_cpu_map_ret(&xdrs, &map));
    ck_assert_ptr_null(map.cpumap.cpumap_val);
    xdrs = message_with_count(4194304);
    ck_assert(!xdr_remote_domain_lookup_by_name_args(&xdrs, &name));
    ck_assert_ptr_null(name.name);
}
END_TEST

static Suite *
bounds_suite(void)
{
    Suite *suite = suite_create("bounds");
    TCase *tcase = tcase_create("bounds");

    tcase_add_test(tcase, a_count_that_the_rest_of_the_message_covers_is_taken);
    tcase_add_test(tcase, a_count_beyond_the_rest_of_the_message_costs_no_memory);
    tcase_add_test(tcase, a_count_near_the_end_of_all_numbers_costs_no_memory);
    tcase_add_test(tcase, a_count_that_is_itself_cut_off_is_refused);
    tcase_add_test(tcase, the_filters_that_rpcgen_makes_are_bounded);
    suite_add_tcase(suite, tcase);
    return suite;
}

int
main(void)
{
    SRunner *runner = srunner_create(bounds_suite());
    int      failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
