/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Definitions that are packed, and those with one thing changed.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/domain.h"
#include "data.h"

static const char *const names[] = {"pv-kernel", "pv-tck", "pv-pygrub", "pv-bare",
                                    "pvh",       "hvm",    "hvm-efi",   "libvirt-live"};

static struct domain_def *
packed(const char *name)
{
    cleanup_free char *file = xasprintf("%s.xml", name);
    struct domain_def *def = data_parse(file);
    struct err         err;

    ck_assert_int_eq(domain_def_pack(def, &err), 0);
    ck_assert_ptr_null(def->document);
    return def;
}

START_TEST(a_packed_definition_is_written_as_it_was_before)
{
    static const unsigned    all_flags[] = {0, DOMAIN_XML_SECURE, DOMAIN_XML_INACTIVE};
    const struct domain_live live = {.domid = 7, .console_tty = "/dev/pts/3", .vnc_port = 5901};
    cleanup_free char       *file = xasprintf("%s.xml", names[_i]);
    struct domain_def       *def = data_parse(file);
    char                    *off[array_size(all_flags)], *on[array_size(all_flags)];
    struct err               err;

    for (size_t n = 0; n < array_size(all_flags); n++) {
        off[n] = domain_def_format(def, NULL, all_flags[n]);
        on[n] = domain_def_format(def, &live, all_flags[n]);
    }
    ck_assert_int_eq(domain_def_pack(def, &err), 0);
    for (size_t n = 0; n < array_size(all_flags); n++) {
        cleanup_free char *off_now = domain_def_format(def, NULL, all_flags[n]);
        cleanup_free char *on_now = domain_def_format(def, &live, all_flags[n]);

        ck_assert_str_eq(off_now, off[n]);
        ck_assert_str_eq(on_now, on[n]);
        free(off[n]);
        free(on[n]);
    }
    domain_def_free(def);
}
END_TEST

START_TEST(libxl_is_told_the_same_of_a_packed_definition)
{
    struct domain_def *def = packed(names[_i]), *again;
    cleanup_free char *json = data_json_of(def), *json_again = NULL;
    struct err         err;

    ck_assert_int_eq(domain_def_parse(def->text, strlen(def->text), &again, &err), 0);
    json_again = data_json_of(again);
    ck_assert_str_eq(json, json_again);
    domain_def_free(again);
    domain_def_free(def);
}
END_TEST

START_TEST(a_packed_definition_tells_a_password_only_to_those_who_may_see_it)
{
    static const char  xml[] = "<domain type='xen'><name>a</name><memory>131072</memory>"
                               "<vcpu>1</vcpu><os><type>hvm</type></os><devices>"
                               "<graphics type='vnc' passwd='S3CRET'/></devices></domain>";
    struct domain_def *def;
    struct err         err;
    cleanup_free char *open = NULL, *hidden = NULL;

    ck_assert_int_eq(domain_def_parse(xml, strlen(xml), &def, &err), 0);
    ck_assert_int_eq(domain_def_pack(def, &err), 0);
    open = domain_def_format(def, NULL, DOMAIN_XML_SECURE);
    hidden = domain_def_format(def, NULL, 0);
    ck_assert_ptr_nonnull(strstr(open, "S3CRET"));
    ck_assert_ptr_null(strstr(hidden, "S3CRET"));
    domain_def_free(def);
}
END_TEST

START_TEST(a_packed_definition_is_renamed_and_stays_packed)
{
    struct domain_def *def = packed("pv-kernel");

    def = domain_def_rename(def, "other");
    ck_assert_ptr_null(def->document);
    ck_assert_str_eq(def->name, "other");
    ck_assert_ptr_nonnull(strstr(def->text, "<name>other</name>"));
    domain_def_free(def);
}
END_TEST

/*----- one thing changed; _i 1: of a packed one -----*/

static struct domain_def *
definition(int is_packed)
{
    return is_packed ? packed("pv-kernel") : data_parse("pv-kernel.xml");
}

static void
assert_has(const struct domain_def *def, const char *part, bool has)
{
    cleanup_free char *xml = domain_def_format(def, NULL, DOMAIN_XML_SECURE);

    ck_assert_msg((strstr(xml, part) != NULL) == has, "%s: %s", part, xml);
}

START_TEST(an_action_is_changed_in_the_xml_and_in_the_view)
{
    struct domain_def *def = definition(_i), *changed;
    struct err         err;

    changed = domain_def_with_action(def, ACTION_FOR_REBOOT, DOMAIN_ACTION_PRESERVE, &err);
    ck_assert_ptr_nonnull(changed);
    ck_assert_int_eq(changed->on_reboot, DOMAIN_ACTION_PRESERVE);
    assert_has(changed, "<on_reboot>preserve</on_reboot>", true);
    assert_has(def, "<on_reboot>preserve</on_reboot>", false);
    ck_assert_int_eq(!changed->document, _i);
    domain_def_free(changed);
    domain_def_free(def);
}
END_TEST

/* def is freed. */
static struct domain_def *
with(struct domain_def *def, int type, const char *value)
{
    struct err         err;
    struct domain_def *changed =
        domain_def_with_metadata(def, type, value, "app", "urn:app:1", &err);

    ck_assert_msg(changed, "%s", err.message);
    domain_def_free(def);
    return changed;
}

static void
assert_metadata(const struct domain_def *def, int type, const char *value)
{
    cleanup_free char *is = domain_def_metadata(def, type, "urn:app:1");

    if (!value)
        ck_assert_ptr_null(is);
    else
        ck_assert_str_eq(is, value);
}

START_TEST(a_title_and_a_description_are_set_told_and_removed)
{
    struct domain_def *def = definition(_i);

    def = with(def, METADATA_TITLE, "a & b");
    def = with(def, METADATA_DESCRIPTION, "two\nlines");
    assert_metadata(def, METADATA_TITLE, "a & b");
    assert_metadata(def, METADATA_DESCRIPTION, "two\nlines");
    assert_has(def, "<title>a &amp; b</title>", true);
    def = with(def, METADATA_TITLE, "");
    def = with(def, METADATA_DESCRIPTION, NULL);
    assert_metadata(def, METADATA_TITLE, NULL);
    assert_metadata(def, METADATA_DESCRIPTION, NULL);
    domain_def_free(def);
}
END_TEST

START_TEST(an_element_of_metadata_is_set_replaced_told_and_removed)
{
    struct domain_def *def = definition(_i);

    def = with(def, METADATA_ELEMENT, "<x><y k='1'/></x>");
    assert_has(def, "<app:x xmlns:app='urn:app:1'>", true);
    assert_metadata(def, METADATA_ELEMENT, "<x>\n  <y k='1'/>\n</x>");
    def = with(def, METADATA_ELEMENT, "<z/>");
    assert_metadata(def, METADATA_ELEMENT, "<z/>");
    assert_has(def, "app:x", false);
    def = with(def, METADATA_ELEMENT, NULL);
    assert_metadata(def, METADATA_ELEMENT, NULL);
    domain_def_free(def);
}
END_TEST

START_TEST(metadata_that_is_no_xml_or_has_no_good_prefix_is_refused)
{
    struct domain_def *def = definition(_i);
    struct err         err;

    ck_assert_ptr_null(
        domain_def_with_metadata(def, METADATA_ELEMENT, "<x>", "app", "urn:app:1", &err));
    ck_assert_int_eq(err.code, ERR_XML);
    ck_assert_ptr_null(
        domain_def_with_metadata(def, METADATA_ELEMENT, "<x/>", "a b", "urn:app:1", &err));
    ck_assert_int_eq(err.code, ERR_INVALID_ARG);
    assert_has(def, "<x", false);
    domain_def_free(def);
}
END_TEST

START_TEST(what_xml_cannot_say_of_a_title_becomes_question_marks)
{
    struct domain_def *def = definition(_i);

    def = with(def, METADATA_TITLE, "a\xef\xbf\xbe-\x80\x80");
    assert_has(def, "<title>a\?\?\?-\?\?</title>", true);
    def = with(def, METADATA_TITLE, "b");
    assert_has(def, "<title>b</title>", true);
    domain_def_free(def);
}
END_TEST

/* <x><x>...</x></x>, or one <x> with so many attributes. */
static char *
element(unsigned depth, unsigned attributes)
{
    char *value = xstrdup("");

    for (unsigned n = 0; n < depth; n++) {
        cleanup_free char *inner = value;

        value = xasprintf("<x>%s</x>", inner);
    }
    for (unsigned n = 0; n < attributes; n++) {
        cleanup_free char *inner = value;

        value = xasprintf("%s a%u=''", n ? inner : "<x", n);
    }
    if (attributes) {
        cleanup_free char *inner = value;

        value = xasprintf("%s/>", inner);
    }
    return value;
}

static void
assert_could_not_be_read(const struct domain_def *changed, const struct err *err)
{
    ck_assert_ptr_null(changed);
    ck_assert_int_eq(err->code, ERR_XML);
    ck_assert_ptr_nonnull(strstr(err->message, "the definition could not be read again: "));
}

START_TEST(a_change_that_could_not_be_read_again_is_refused)
{
    struct domain_def *def = definition(_i), *changed;
    cleanup_free char *deep = element(256, 0), *broad = element(0, 64);
    struct err         err;
    unsigned           namespaces = 0;

    assert_could_not_be_read(
        domain_def_with_metadata(def, METADATA_ELEMENT, deep, "app", "urn:app:1", &err), &err);
    assert_could_not_be_read(
        domain_def_with_metadata(def, METADATA_ELEMENT, broad, "app", "urn:app:1", &err), &err);
    for (;; namespaces++) {
        cleanup_free char *uri = xasprintf("urn:many:%u", namespaces);

        changed = domain_def_with_metadata(def, METADATA_ELEMENT, "<x/>", "many", uri, &err);
        if (!changed)
            break;
        domain_def_free(def);
        def = changed;
        ck_assert_uint_lt(namespaces, 1000);
    }
    assert_could_not_be_read(changed, &err);
    ck_assert_uint_gt(namespaces, 200);
    def = with(def, METADATA_TITLE, "as before");
    domain_def_free(def);
}
END_TEST

static const char secrets_in_metadata[] =
    "<domain type='xen'><name>a</name><memory>131072</memory><vcpu>1</vcpu>"
    "<os><type>hvm</type></os><metadata><d:libxl xmlns:d='urn:dom0d:libxl'>"
    "<d:only>a</d:only><d:configuration>S3CRET</d:configuration></d:libxl>"
    "<m:x xmlns:m='urn:m'><graphics type='vnc' passwd='S3CRET'/></m:x></metadata></domain>";

START_TEST(metadata_tells_no_password_and_no_configuration_of_libxl)
{
    static const char *const uris[] = {"urn:dom0d:libxl", "urn:m"};
    struct domain_def       *def;
    struct err               err;

    ck_assert_int_eq(domain_def_parse(secrets_in_metadata, strlen(secrets_in_metadata), &def, &err),
                     0);
    if (_i)
        ck_assert_int_eq(domain_def_pack(def, &err), 0);
    for (size_t n = 0; n < array_size(uris); n++) {
        cleanup_free char *told = domain_def_metadata(def, METADATA_ELEMENT, uris[n]);

        ck_assert_ptr_nonnull(told);
        ck_assert_ptr_null(strstr(told, "S3CRET"));
    }
    domain_def_free(def);
}
END_TEST

START_TEST(the_configuration_of_libxl_is_no_metadata_to_be_set)
{
    struct domain_def *def = definition(_i);
    struct err         err;

    ck_assert_ptr_null(
        domain_def_with_metadata(def, METADATA_ELEMENT, "<libxl/>", "d", "urn:dom0d:libxl", &err));
    ck_assert_int_eq(err.code, ERR_INVALID_ARG);
    ck_assert_str_eq(err.message, "what is in the namespace urn:dom0d:libxl is dom0d's own");
    domain_def_free(def);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("change");
    TCase   *tc = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_packed_definition_is_written_as_it_was_before, 0,
                        (int)array_size(names));
    tcase_add_loop_test(tc, libxl_is_told_the_same_of_a_packed_definition, 0,
                        (int)array_size(names));
    tcase_add_test(tc, a_packed_definition_tells_a_password_only_to_those_who_may_see_it);
    tcase_add_test(tc, a_packed_definition_is_renamed_and_stays_packed);
    tcase_add_loop_test(tc, an_action_is_changed_in_the_xml_and_in_the_view, 0, 2);
    tcase_add_loop_test(tc, a_title_and_a_description_are_set_told_and_removed, 0, 2);
    tcase_add_loop_test(tc, an_element_of_metadata_is_set_replaced_told_and_removed, 0, 2);
    tcase_add_loop_test(tc, metadata_that_is_no_xml_or_has_no_good_prefix_is_refused, 0, 2);
    tcase_add_loop_test(tc, what_xml_cannot_say_of_a_title_becomes_question_marks, 0, 2);
    tcase_add_loop_test(tc, a_change_that_could_not_be_read_again_is_refused, 0, 2);
    tcase_add_loop_test(tc, metadata_tells_no_password_and_no_configuration_of_libxl, 0, 2);
    tcase_add_loop_test(tc, the_configuration_of_libxl_is_no_metadata_to_be_set, 0, 2);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
