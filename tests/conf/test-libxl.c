/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/libxl.h"
#include "data.h"

static const char *const names[] = {"pv-kernel", "pv-tck", "pv-pygrub", "pv-bare",
                                    "pvh",       "hvm",    "hvm-efi",   "libvirt-live"};

/* Configurations as xl 4.17 left them with running guests; the last two say more than it did. */
static const char *const xl_names[] = {"xl-pv",   "xl-pvh",  "xl-hvm",
                                       "xl-dom0", "xl-much", "xl-much-hvm"};

static struct domain_def *
from_json(const char *json)
{
    libxl_domain_config config;
    struct domain_def  *def;
    struct err          err;

    data_from_json(json, &config);
    ck_assert_msg(conf_from_libxl(&config, &def, &err) == 0, "%s", err.message);
    libxl_domain_config_dispose(&config);
    return def;
}

START_TEST(a_definition_becomes_the_configuration_that_the_file_has)
{
    cleanup_free char *in = xasprintf("%s.xml", names[_i]);
    cleanup_free char *out = xasprintf("%s.json", names[_i]);
    struct domain_def *def = data_parse(in);
    cleanup_free char *json = data_json_of(def);

    data_compare(out, json);
    domain_def_free(def);
}
END_TEST

START_TEST(a_configuration_is_the_same_after_the_way_there_and_back)
{
    cleanup_free char *in = xasprintf("%s.xml", names[_i]);
    struct domain_def *def = data_parse(in);
    cleanup_free char *json = data_json_of(def);
    struct domain_def *back = from_json(json);
    cleanup_free char *again = data_json_of(back);

    ck_assert_str_eq(again, json);
    domain_def_free(def);
    domain_def_free(back);
}
END_TEST

START_TEST(a_guest_of_xl_has_the_xml_that_the_file_has)
{
    cleanup_free char *in = xasprintf("%s.json", xl_names[_i]);
    cleanup_free char *out = xasprintf("%s.out.xml", xl_names[_i]);
    cleanup_free char *json = data_read(in);
    struct domain_def *def = from_json(json);
    cleanup_free char *xml = domain_def_format(def, NULL, DOMAIN_XML_SECURE);

    data_compare(out, xml);
    domain_def_free(def);
}
END_TEST

START_TEST(a_configuration_without_a_type_is_refused)
{
    libxl_domain_config config;
    struct domain_def  *def = NULL;
    struct err          err;

    libxl_domain_config_init(&config);
    ck_assert_int_eq(conf_from_libxl(&config, &def, &err), -1);
    ck_assert_int_eq(err.code, ERR_INTERNAL);
    ck_assert_ptr_null(def);
    libxl_domain_config_dispose(&config);
}
END_TEST

/* libxl would read what belongs to one type as another's. */
START_TEST(a_configuration_of_two_types_is_refused)
{
    libxl_domain_config config;
    struct domain_def  *def = NULL;
    struct err          err;

    data_from_json("{\"c_info\": {\"type\": \"pv\", \"name\": \"a\"},"
                   "\"b_info\": {\"max_memkb\": 4096, \"type.hvm\": {\"boot\": \"c\"}}}",
                   &config);
    ck_assert_int_eq(conf_from_libxl(&config, &def, &err), -1);
    ck_assert_int_eq(err.code, ERR_INTERNAL);
    libxl_domain_config_dispose(&config);
}
END_TEST

START_TEST(a_string_of_libxl_that_is_no_text_does_not_break_the_xml)
{
    libxl_domain_config config;
    struct domain_def  *def;
    struct err          err;

    libxl_domain_config_init(&config);
    config.c_info.type = LIBXL_DOMAIN_TYPE_PV;
    config.c_info.name = xstrdup("a<b");
    config.b_info.max_memkb = 4096;
    libxl_domain_build_info_init_type(&config.b_info, LIBXL_DOMAIN_TYPE_PV);
    config.b_info.kernel = xstrdup("/k");
    config.b_info.cmdline = xstrdup("a\x01"
                                    "b\xff"
                                    "c&<'>\xc3\xbc\xe0\x80\x80");
    ck_assert_msg(conf_from_libxl(&config, &def, &err) == 0, "%s", err.message);
    ck_assert_str_eq(def->name, "a<b");
    libxl_domain_config_dispose(&config);
    data_config(def, &config);
    ck_assert_str_eq(config.b_info.cmdline, "a?b?c&<'>\xc3\xbc???");
    libxl_domain_config_dispose(&config);
    domain_def_free(def);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("conf-libxl");
    TCase   *tc = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_definition_becomes_the_configuration_that_the_file_has, 0,
                        array_size(names));
    tcase_add_loop_test(tc, a_configuration_is_the_same_after_the_way_there_and_back, 0,
                        array_size(names));
    tcase_add_loop_test(tc, a_guest_of_xl_has_the_xml_that_the_file_has, 0, array_size(xl_names));
    tcase_add_test(tc, a_configuration_without_a_type_is_refused);
    tcase_add_test(tc, a_configuration_of_two_types_is_refused);
    tcase_add_test(tc, a_string_of_libxl_that_is_no_text_does_not_break_the_xml);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
