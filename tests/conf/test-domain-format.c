/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/domain.h"
#include "data.h"

static const char *const names[] = {"pv-kernel", "pv-tck", "pv-pygrub", "pv-bare",
                                    "pvh",       "hvm",    "hvm-efi",   "libvirt-live"};

START_TEST(a_definition_is_written_as_the_file_has_it)
{
    cleanup_free char *in = xasprintf("%s.xml", names[_i]);
    cleanup_free char *out = xasprintf("%s.out.xml", names[_i]);
    struct domain_def *def = data_parse(in);
    cleanup_free char *xml = domain_def_format(def, NULL, DOMAIN_XML_SECURE);

    data_compare(out, xml);
    domain_def_free(def);
}
END_TEST

START_TEST(what_was_written_is_read_and_written_the_same)
{
    cleanup_free char *out = xasprintf("%s.out.xml", names[_i]);
    cleanup_free char *xml = data_read(out);
    struct domain_def *def = data_parse(out);
    cleanup_free char *again = domain_def_format(def, NULL, DOMAIN_XML_SECURE);

    ck_assert_str_eq(again, xml);
    domain_def_free(def);
}
END_TEST

START_TEST(a_definition_that_is_renamed_differs_by_its_name_only)
{
    cleanup_free char *in = xasprintf("%s.xml", names[_i]);
    struct domain_def *def = data_parse(in);
    cleanup_free char *before = domain_def_format(def, NULL, DOMAIN_XML_SECURE);
    cleanup_free char *name = xasprintf("<name>%s</name>", def->name);
    const char        *rest = strstr(before, name) + strlen(name);
    cleanup_free char *expected = xasprintf("%.*s<name>a &amp; &lt;b&gt;</name>%s",
                                            (int)(strstr(before, name) - before), before, rest);
    cleanup_free char *after = NULL;

    def = domain_def_rename(def, "a & <b>");
    after = domain_def_format(def, NULL, DOMAIN_XML_SECURE);
    ck_assert_str_eq(def->name, "a & <b>");
    ck_assert_str_eq(after, expected);
    domain_def_free(def);
}
END_TEST

START_TEST(a_text_that_is_kept_is_what_would_be_written)
{
    cleanup_free char *in = xasprintf("%s.xml", names[_i]);
    struct domain_def *def = data_parse(in);
    cleanup_free char *before = domain_def_format(def, NULL, DOMAIN_XML_SECURE);
    cleanup_free char *plain = domain_def_format(def, NULL, 0);
    cleanup_free char *renamed = NULL;
    cleanup_free char *kept = NULL;
    cleanup_free char *kept_plain = NULL;
    struct err         err;

    ck_assert_int_eq(domain_def_keep_text(def, strlen(before), &err), 0);
    ck_assert_ptr_null(def->text); /* it is not longer than that */
    ck_assert_int_eq(domain_def_keep_text(def, strlen(before) - 1, &err), 0);
    ck_assert_str_eq(def->text, before);
    kept = domain_def_format(def, NULL, DOMAIN_XML_SECURE);
    kept_plain = domain_def_format(def, NULL, 0);
    ck_assert_str_eq(kept, before);
    ck_assert_str_eq(kept_plain, plain);
    def = domain_def_rename(def, "other");
    renamed = domain_def_format(def, NULL, DOMAIN_XML_SECURE);
    ck_assert_ptr_nonnull(strstr(renamed, "<name>other</name>"));
    domain_def_free(def);
}
END_TEST

START_TEST(who_shares_a_definition_does_not_see_it_renamed)
{
    cleanup_free char *in = xasprintf("%s.xml", names[_i]);
    struct domain_def *def = data_parse(in);
    struct domain_def *shared = domain_def_share(def);
    cleanup_free char *before = domain_def_format(def, NULL, DOMAIN_XML_SECURE);
    cleanup_free char *after = NULL;

    def = domain_def_rename(def, "other");
    ck_assert_str_eq(def->name, "other");
    after = domain_def_format(shared, NULL, DOMAIN_XML_SECURE);
    ck_assert_str_eq(after, before);
    domain_def_free(shared);
    domain_def_free(def);
}
END_TEST

START_TEST(a_running_domain_is_written_with_what_is_live)
{
    static const char *const interfaces[] = {"vif7.0", "vif7.1", NULL};
    const struct domain_live live = {.domid = 7,
                                     .console_tty = "/dev/pts/3",
                                     .interface_names = interfaces,
                                     .n_interface_names = 3,
                                     .vnc_port = 5903};
    cleanup_free char       *in = xasprintf("%s.xml", names[_i]);
    cleanup_free char       *expected = xasprintf("%s.live.xml", names[_i]);
    struct domain_def       *def = data_parse(in);
    cleanup_free char       *before = domain_def_format(def, NULL, 0);
    cleanup_free char       *xml = domain_def_format(def, &live, 0);
    cleanup_free char       *inactive = domain_def_format(def, &live, DOMAIN_XML_INACTIVE);

    data_compare(expected, xml);
    /* The document was not touched, and who asks for the definition gets that. */
    ck_assert_str_eq(before, inactive);
    domain_def_free(def);
}
END_TEST

START_TEST(what_was_live_is_gone_when_it_is_read_again)
{
    cleanup_free char *out = xasprintf("%s.out.xml", names[_i]);
    cleanup_free char *live = xasprintf("%s.live.xml", names[_i]);
    struct domain_def *a = data_parse(out), *b = data_parse(live);
    cleanup_free char *definition = domain_def_format(a, NULL, 0);
    cleanup_free char *again = domain_def_format(b, NULL, 0);

    ck_assert_str_eq(definition, again);
    domain_def_free(a);
    domain_def_free(b);
}
END_TEST

START_TEST(a_domain_that_does_not_run_has_no_id)
{
    const struct domain_live live = {.domid = -1};
    struct domain_def       *def = data_parse("pvh.xml");
    cleanup_free char       *xml = domain_def_format(def, &live, 0);

    ck_assert_ptr_null(strstr(xml, "id='"));
    domain_def_free(def);
}
END_TEST

START_TEST(dom0_has_its_id)
{
    const struct domain_live live = {.domid = 0};
    struct domain_def       *def = data_parse("pv-bare.xml");
    cleanup_free char       *xml = domain_def_format(def, &live, 0);

    ck_assert_ptr_nonnull(strstr(xml, "<domain type='xen' id='0'>"));
    domain_def_free(def);
}
END_TEST

START_TEST(a_password_is_written_only_for_those_who_may_see_it)
{
    struct domain_def *def = data_parse("pv-pygrub.xml");
    cleanup_free char *open = domain_def_format(def, NULL, 0);
    cleanup_free char *secure = domain_def_format(def, NULL, DOMAIN_XML_SECURE);

    ck_assert_ptr_null(strstr(open, "secret"));
    ck_assert_ptr_null(strstr(open, "passwd"));
    ck_assert_ptr_nonnull(strstr(secure, "passwd='secret'"));
    domain_def_free(def);
}
END_TEST

START_TEST(metadata_of_others_survives)
{
    struct domain_def *def = data_parse("pv-kernel.xml");
    cleanup_free char *xml = domain_def_format(def, NULL, 0);

    ck_assert_ptr_nonnull(strstr(xml, "<app:owner xmlns:app='http://example.org/owner' "
                                      "app:id='7'>Jane &amp; Joe</app:owner>"));
    ck_assert_ptr_nonnull(strstr(xml, "<!-- a comment stays where it was -->"));
    domain_def_free(def);
}
END_TEST

START_TEST(white_space_is_kept_where_there_is_text_and_only_there)
{
    static const char xml[] =
        "<domain type='xen'><name>a</name><memory>1</memory><os><type>xen"
        "</type></os><x>a <b/> <c>  </c></x>text<devices>  </devices></domain>";
    struct domain_def *def, *again;
    struct err         err;
    cleanup_free char *once = NULL, *twice = NULL;

    ck_assert_int_eq(domain_def_parse(xml, strlen(xml), &def, &err), 0);
    once = domain_def_format(def, NULL, 0);
    ck_assert_ptr_nonnull(strstr(once, "<x>a <b/> <c>  </c></x>"));
    ck_assert_ptr_nonnull(strstr(once, "text<devices><console type='pty'>"));
    ck_assert_int_eq(domain_def_parse(once, strlen(once), &again, &err), 0);
    twice = domain_def_format(again, NULL, 0);
    ck_assert_str_eq(once, twice);
    domain_def_free(def);
    domain_def_free(again);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("domain-format");
    TCase   *tc = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_definition_is_written_as_the_file_has_it, 0, array_size(names));
    tcase_add_loop_test(tc, what_was_written_is_read_and_written_the_same, 0, array_size(names));
    tcase_add_loop_test(tc, a_definition_that_is_renamed_differs_by_its_name_only, 0,
                        array_size(names));
    tcase_add_loop_test(tc, a_text_that_is_kept_is_what_would_be_written, 0,
                        (int)array_size(names));
    tcase_add_loop_test(tc, who_shares_a_definition_does_not_see_it_renamed, 0,
                        (int)array_size(names));
    tcase_add_loop_test(tc, a_running_domain_is_written_with_what_is_live, 0, array_size(names));
    tcase_add_loop_test(tc, what_was_live_is_gone_when_it_is_read_again, 0, array_size(names));
    tcase_add_test(tc, a_domain_that_does_not_run_has_no_id);
    tcase_add_test(tc, dom0_has_its_id);
    tcase_add_test(tc, a_password_is_written_only_for_those_who_may_see_it);
    tcase_add_test(tc, metadata_of_others_survives);
    tcase_add_test(tc, white_space_is_kept_where_there_is_text_and_only_there);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
