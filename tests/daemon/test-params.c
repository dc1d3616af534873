/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "api/params.h"

static struct params params;

static void
setup(void)
{
    params_init(&params, 100);
}

static void
teardown(void)
{
    params_clear(&params);
}

static void
add_one_of_each(void)
{
    params_add_int(&params, -1, "an int");
    params_add_uint(&params, 4000000000u, "a uint");
    params_add_llong(&params, INT64_MIN, "an llong");
    params_add_ullong(&params, UINT64_MAX, "a ullong");
    params_add_double(&params, 0.5, "a double");
    params_add_boolean(&params, true, "a boolean");
    params_add_string(&params, "web", "a string");
}

START_TEST(a_value_has_its_name_and_its_type)
{
    static const char *const names[] = {"an int",   "a uint",    "an llong", "a ullong",
                                        "a double", "a boolean", "a string"};

    add_one_of_each();
    ck_assert_uint_eq(params.count, 7);
    for (unsigned n = 0; n < 7; n++) {
        ck_assert_str_eq(params.list[n].field, names[n]);
        ck_assert_int_eq(params.list[n].value.type, (int)n + 1);
    }
    ck_assert_int_eq(params.list[0].value.remote_typed_param_value_u.i, -1);
    ck_assert_uint_eq(params.list[1].value.remote_typed_param_value_u.ui, 4000000000u);
    ck_assert_int_eq(params.list[2].value.remote_typed_param_value_u.l, INT64_MIN);
    ck_assert_uint_eq(params.list[3].value.remote_typed_param_value_u.ul, UINT64_MAX);
    ck_assert_double_eq(params.list[4].value.remote_typed_param_value_u.d, 0.5);
    ck_assert_int_eq(params.list[5].value.remote_typed_param_value_u.b, 1);
    ck_assert_str_eq(params.list[6].value.remote_typed_param_value_u.s, "web");
}
END_TEST

START_TEST(names_are_formatted_and_strings_are_copied)
{
    char text[] = "vif7.0";

    params_add_string(&params, text, "net.%u.%s", 3, "name");
    text[0] = 'x';
    ck_assert_str_eq(params.list[0].field, "net.3.name");
    ck_assert_str_eq(params.list[0].value.remote_typed_param_value_u.s, "vif7.0");
    params_add_string(&params, NULL, "nothing");
    ck_assert_str_eq(params.list[1].value.remote_typed_param_value_u.s, "");
}
END_TEST

START_TEST(there_are_never_more_than_the_protocol_allows)
{
    params_clear(&params);
    params_init(&params, 33);
    for (unsigned n = 0; n < 100; n++)
        params_add_string(&params, "value", "name %u", n);
    ck_assert_uint_eq(params.count, 33);
    ck_assert_str_eq(params.list[32].field, "name 32");
}
END_TEST

START_TEST(a_name_fits_what_clients_take)
{
    char name[200];

    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    params_add_int(&params, 1, "%s", name);
    ck_assert_uint_eq(strlen(params.list[0].field), PARAMS_FIELD_SIZE - 1);
}
END_TEST

START_TEST(a_list_that_was_cleared_may_be_filled_again)
{
    add_one_of_each();
    params_clear(&params);
    ck_assert_uint_eq(params.count, 0);
    add_one_of_each();
    ck_assert_uint_eq(params.count, 7);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("params");
    TCase   *tc = tcase_create("params");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_value_has_its_name_and_its_type);
    tcase_add_test(tc, names_are_formatted_and_strings_are_copied);
    tcase_add_test(tc, there_are_never_more_than_the_protocol_allows);
    tcase_add_test(tc, a_name_fits_what_clients_take);
    tcase_add_test(tc, a_list_that_was_cleared_may_be_filled_again);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
