/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Definitions of guests of xl: libxl's configuration comes back as it was, with what was changed in
 * the XML.  data/cases/xl/X.json are such guests.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/libxl.h"
#include "data.h"

/* Guests of xl: what people really use, and what xl 4.17 left with running ones. */
static const char *const guests[] = {
    "cases/xl/xl-hvm-two-serials-sound",
    "cases/xl/xl-numeric-vdev",
    "cases/xl/xl-pv-bootloader-args",
    "xl-pv",
    "xl-pvh",
    "xl-hvm",
    "xl-much",
    "xl-much-hvm",
};

#define TWO_SERIALS guests[0]

/* Of a guest of xl, the caller's to free. */
static char *
json_of(const char *name)
{
    cleanup_free char  *path = xasprintf("%s.json", name), *text = data_read(path);
    libxl_domain_config config;
    char               *json;

    data_from_json(text, &config);
    json = data_json(&config);
    libxl_domain_config_dispose(&config);
    return json;
}

static struct domain_def *
whole_of(const char *json)
{
    libxl_domain_config config;
    struct domain_def  *def;
    struct err          err;

    data_from_json(json, &config);
    ck_assert_msg(conf_from_libxl_whole(&config, &def, &err) == 0, "%s", err.message);
    libxl_domain_config_dispose(&config);
    return def;
}

/* As it is kept, by the daemon or in an image. */
static char *
xml_of(const char *name)
{
    cleanup_free char *json = json_of(name);
    struct domain_def *def = whole_of(json);
    char              *xml = domain_def_format(def, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE);

    domain_def_free(def);
    return xml;
}

static struct domain_def *
parse(const char *xml)
{
    struct domain_def *def;
    struct err         err;

    ck_assert_msg(domain_def_parse(xml, strlen(xml), &def, &err) == 0, "%s", err.message);
    return def;
}

/* What libxl is told of a definition. */
static char *
told(const struct domain_def *def)
{
    libxl_domain_config config;
    struct err          err;
    char               *json;

    libxl_domain_config_init(&config);
    ck_assert_msg(conf_to_libxl_whole(data_context(), def, &config, &err) == 0, "%s", err.message);
    json = data_json(&config);
    libxl_domain_config_dispose(&config);
    return json;
}

static char *
told_of_xml(const char *xml)
{
    struct domain_def *def = parse(xml);
    char              *json = told(def);

    domain_def_free(def);
    return json;
}

static void
assert_refused(const char *xml, enum err_code code, const char *words)
{
    struct domain_def  *def = parse(xml);
    libxl_domain_config config;
    struct err          err;

    libxl_domain_config_init(&config);
    ck_assert_int_eq(conf_to_libxl_whole(data_context(), def, &config, &err), -1);
    ck_assert_msg((int)err.code == (int)code && strstr(err.message, words), "%s", err.message);
    libxl_domain_config_dispose(&config);
    domain_def_free(def);
}

/* Check's own message holds no whole configuration. */
static void
assert_same(const char *is, const char *should)
{
    size_t same = 0;

    while (is[same] && is[same] == should[same])
        same++;
    ck_assert_msg(is[same] == should[same], "\"%.60s\" should be \"%.60s\"", is + same,
                  should + same);
}

/* text with the first from in it replaced, the caller's to free. */
static char *
replaced(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);

    ck_assert_msg(at != NULL, "%s", from);
    return xasprintf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

/* A disk of libxl's JSON, and the same with a word that the XML does not have. */
#define DISK(vdev, more)                                                                           \
    "{\"pdev_path\": \"/srv/" vdev "\", \"vdev\": \"" vdev "\", \"backend\": \"phy\", \"format\":" \
    " \"raw\", \"readwrite\": 1, \"discard_enable\": \"False\"" more "}"
#define ODD ", \"colo_port\": 17"

/* A guest with these disks, as XML that is whole. */
static char *
xml_with_disks(const char *disks)
{
    cleanup_free char *plain = json_of("xl-pv");
    cleanup_free char *list = xasprintf("{ \"disks\": [%s],", disks), *json = NULL, *start = NULL;
    struct domain_def *def;
    char              *xml;

    start = replaced(plain, "\"disks\"", "\"no_disks\"");
    json = replaced(start, "{", list);
    def = whole_of(json);
    xml = domain_def_format(def, NULL, DOMAIN_XML_SECURE);
    domain_def_free(def);
    return xml;
}

static libxl_domain_config
config_of(const char *xml)
{
    cleanup_free char  *json = told_of_xml(xml);
    libxl_domain_config config;

    data_from_json(json, &config);
    return config;
}

/*----- kept -----*/

START_TEST(the_configuration_of_a_guest_of_xl_comes_back_as_it_was)
{
    cleanup_free char *json = json_of(guests[_i]);
    cleanup_free char *xml = xml_of(guests[_i]);
    struct domain_def *def = parse(xml);
    cleanup_free char *back = told(def);

    ck_assert(domain_def_is_whole(def));
    assert_same(back, json);
    domain_def_free(def);
}
END_TEST

START_TEST(what_only_the_configuration_says_is_named)
{
    cleanup_free char *json = json_of(TWO_SERIALS);
    struct domain_def *def = whole_of(json);
    cleanup_free char *xml = domain_def_format(def, NULL, 0);

    ck_assert_ptr_nonnull(strstr(xml, "<dom0d:only>on_watchdog</dom0d:only>"));
    ck_assert_ptr_nonnull(
        strstr(xml, "<dom0d:only>b_info.type.hvm.usbdevice_list[1]</dom0d:only>"));
    domain_def_free(def);
}
END_TEST

/* The XML names one function: the first. */
START_TEST(all_functions_of_a_pci_device_at_once_are_what_only_the_configuration_says)
{
    cleanup_free char *one = json_of("xl-much");
    cleanup_free char *all =
        replaced(one, "\"dev\": 3,", "\"dev\": 3, \"vfunc_mask\": 4294967295,");
    struct domain_def *def = whole_of(all);
    cleanup_free char *xml = domain_def_format(def, NULL, 0);

    ck_assert_ptr_nonnull(strstr(xml, "<dom0d:only>pcidevs[0].vfunc_mask</dom0d:only>"));
    domain_def_free(def);
}
END_TEST

/* The daemon obeys it, and asks no libxl. */
START_TEST(actions_that_the_xml_cannot_say_are_the_configurations)
{
    cleanup_free char *json = json_of(TWO_SERIALS), *xml = xml_of(TWO_SERIALS);
    cleanup_free char *other = xml_of("xl-pvh");
    cleanup_free char *soft =
        replaced(json, "\"on_watchdog\"", "\"on_soft_reset\": \"soft_reset\", \"on_watchdog\"");
    struct domain_def *made = whole_of(json), *read = parse(xml), *same = parse(other);
    struct domain_def *resets = whole_of(soft);

    ck_assert_int_eq(made->on_crash, DOMAIN_ACTION_DESTROY);
    ck_assert_int_eq(made->on_watchdog, DOMAIN_ACTION_RESTART);
    ck_assert_int_eq(read->on_watchdog, DOMAIN_ACTION_RESTART);
    ck_assert_int_eq(same->on_watchdog, same->on_crash);
    /* "destroy" is what libxl's JSON leaves out. */
    ck_assert_int_eq(made->on_soft_reset, DOMAIN_ACTION_DESTROY);
    ck_assert_int_eq(read->on_soft_reset, DOMAIN_ACTION_DESTROY);
    ck_assert_int_eq(resets->on_soft_reset, DOMAIN_ACTION_SOFT_RESET);
    domain_def_free(made);
    domain_def_free(read);
    domain_def_free(same);
    domain_def_free(resets);
}
END_TEST

START_TEST(the_configuration_is_shown_to_those_only_who_may_see_passwords)
{
    cleanup_free char *plain = json_of(TWO_SERIALS);
    cleanup_free char *json =
        replaced(plain, "\"findunused\"", "\"passwd\": \"S3CRET\", \"findunused\"");
    struct domain_def *def = whole_of(json);
    cleanup_free char *hidden = domain_def_format(def, NULL, 0);
    cleanup_free char *shown = domain_def_format(def, NULL, DOMAIN_XML_SECURE);

    ck_assert_ptr_null(strstr(hidden, "S3CRET"));
    ck_assert_ptr_null(strstr(hidden, "configuration"));
    ck_assert_ptr_nonnull(strstr(shown, "\"passwd\":\"S3CRET\""));
    domain_def_free(def);
}
END_TEST

START_TEST(xml_that_took_its_place_inherits_what_it_cannot_say)
{
    cleanup_free char *json = json_of(TWO_SERIALS);
    struct domain_def *own = whole_of(json);
    cleanup_free char *text = domain_def_format(own, NULL, 0);
    cleanup_free char *plain = replaced(text, " on_watchdog='restart'", "");
    struct domain_def *def = parse(plain);
    cleanup_free char *back = NULL;

    ck_assert(!domain_def_is_whole(def));
    domain_def_inherit(def, own);
    ck_assert_int_eq(def->on_watchdog, DOMAIN_ACTION_RESTART);
    back = told(def);
    assert_same(back, json);
    domain_def_free(own);
    domain_def_free(def);
}
END_TEST

START_TEST(xml_without_the_configuration_that_it_speaks_of_is_noted)
{
    cleanup_free char *json = json_of(TWO_SERIALS);
    struct domain_def *own = whole_of(json);
    cleanup_free char *plain = domain_def_format(own, NULL, 0);
    struct domain_def *def = parse(plain);

    ck_assert_uint_eq(def->n_notes, own->n_notes + 3); /* of soft reset and a USB device, too */
    ck_assert_ptr_nonnull(strstr(def->notes[own->n_notes + 2].message, "on_watchdog"));
    ck_assert(!def->notes[own->n_notes + 2].implied);
    domain_def_free(own);
    domain_def_free(def);
}
END_TEST

/* Members of a guest of xl that are put into one of the files, in place of its own. */
static const struct {
    const char *name, *from, *to;
} odd[] = {
    {"xl-pv", "\"name\": \"xlpv\"", "\"name\": \"a/b\""},
    {"xl-pv", "\"name\": \"xlpv\"", "\"name\": \"..\""},
    {"xl-pv", "\"name\": \"xlpv\"", "\"name\": \"a\\u0007b\""},
    {"xl-hvm", "\"boot\": \"", "\"boot\": \"cccddnn"},
    {"xl-hvm", "\"boot\": \"", "\"boot\": \"xyz"},
    {"xl-pv", "\"xvda\"", "\"51712\""},
    {"xl-pv", "\"xvda\"", "\"0xca00\""},
    {"xl-pv", "\"xvda\"", "\"d0p3\""},
    {"xl-pv", "\"xvda\"", "\"xvdaaa17\""},
    {"xl-pv", "\"xvda\"", "\"hda1\""},
    {"xl-pv", "\"format\": \"raw\"", "\"format\": \"qed\""},
    {"xl-hvm", "\"serial\": \"pty\"", "\"serial\": \"udp:a b:1@c@d:2\""},
    {"xl-pv", "\"format\": \"raw\"", "\"format\": \"raw\", \"script\": \"block-iscsi\""},
    {"xl-pv", "\"format\": \"raw\"", "\"format\": \"raw\", \"backend_domname\": \"stor\""},
    {"xl-pv", "\"mac\": \"00:16:3e:01:02:03\"",
     "\"mac\": \"00:16:3e:01:02:03\", \"ip\": \"10.0.0.1 10.0.0.2\", \"gatewaydev\": \"eth0\""},
    {"xl-pv", "\"vkbs\"",
     "\"p9s\": [{\"tag\": \"t\", \"path\": \"/p\", \"security_model\": \"none\"}], \"vkbs\""},
    {"xl-pv", "\"vkbs\"", "\"vtpms\": [{\"devid\": 0, \"backend_domname\": \"t\"}], \"vkbs\""},
    {"xl-pv", "\"vkbs\"",
     "\"pcidevs\": [{\"dev\": 3, \"bus\": 1, \"permissive\": true}], \"vkbs\""},
    {"xl-pv", "\"vkbs\"",
     "\"channels\": [{\"devid\": 0, \"name\": \"c\", \"connection.pty\": {}}], \"vkbs\""},
    {"xl-pv", "\"sched_params\"",
     "\"ioports\": [{\"first\": 760, \"number\": 8}], \"irqs\": [5], \"iomem\": [{\"start\": 1, "
     "\"number\": 1, \"gfn\": 2}], \"sched_params\""},
    {"xl-pv", "\"sched_params\"", "\"disable_migrate\": \"True\", \"sched_params\""},
    {"xl-pv", "\"max_vcpus\": 2", "\"max_vcpus\": 0"},
    {"xl-pv", "\"kernel\": \"/boot/vmlinux\"", "\"kernel\": \"vmlinux\""},
    {"xl-hvm", "\"type.hvm\": {", "\"type.hvm\": {\"gfx_passthru\": \"True\","},
    {"xl-hvm", "\"type.hvm\": {",
     "\"type.hvm\": {\"altp2m\": \"True\", \"rdm\": {\"strategy\": \"host\"},"},
    {"xl-hvm", "\"type.hvm\": {",
     "\"type.hvm\": {\"serial_list\": [\"odd:thing,x=1\", \"/dev/null\"],"},
    {"xl-hvm", "\"type.hvm\": {", "\"type.hvm\": {\"usbdevice\": \"serial:pty\","},
};

START_TEST(a_guest_of_xl_may_be_as_odd_as_xl_lets_it_be)
{
    cleanup_free char  *path = xasprintf("%s.json", odd[_i].name), *text = data_read(path);
    cleanup_free char  *changed = replaced(text, odd[_i].from, odd[_i].to);
    struct domain_def  *def = whole_of(changed), *kept;
    cleanup_free char  *xml = domain_def_format(def, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE);
    cleanup_free char  *json = NULL, *back = NULL;
    libxl_domain_config config;

    data_from_json(changed, &config);
    json = data_json(&config);
    kept = parse(xml);
    back = told(kept);
    assert_same(back, json);
    libxl_domain_config_dispose(&config);
    domain_def_free(def);
    domain_def_free(kept);
}
END_TEST

/*----- changed -----*/

START_TEST(what_is_changed_in_the_xml_changes_and_the_rest_stays)
{
    cleanup_free char *json = json_of(TWO_SERIALS);
    cleanup_free char *xml = xml_of(TWO_SERIALS);
    cleanup_free char *two = replaced(xml, "<name>xl-hvm<", "<name>other<");
    cleanup_free char *three = replaced(two, "<sound model='ich6'/>", "");
    cleanup_free char *changed =
        replaced(three, "<on_crash>destroy<", "<on_crash>coredump-restart<");
    cleanup_free char *back = told_of_xml(changed);
    cleanup_free char *first = replaced(back, "\"other\"", "\"xl-hvm\"");
    cleanup_free char *second = replaced(first, ",\n    \"on_crash\": \"coredump_restart\"", "");
    cleanup_free char *silent = replaced(json, "            \"soundhw\": \"hda\",\n", "");

    assert_same(second, silent);
}
END_TEST

START_TEST(a_changed_uuid_is_the_new_guests)
{
    cleanup_free char  *xml = xml_of("xl-pvh");
    cleanup_free char  *changed = replaced(xml, "<uuid>", "<uuid>e");
    char               *uuid = strstr(changed, "<uuid>") + strlen("<uuid>");
    libxl_domain_config config;

    memmove(uuid + 1, uuid + 2, strlen(uuid + 1));
    config = config_of(changed);
    ck_assert_int_eq(config.c_info.uuid.uuid[0] >> 4, 0xe);
    libxl_domain_config_dispose(&config);
}
END_TEST

START_TEST(a_disk_that_goes_takes_nothing_from_the_others)
{
    cleanup_free char *xml =
        xml_with_disks(DISK("xvda", ODD) "," DISK("xvdb", "") "," DISK("xvdc", ODD));
    char               *disk = strstr(xml, "<disk"), *behind = strstr(disk, "</disk>") + 7;
    libxl_domain_config config;

    memmove(disk, behind, strlen(behind) + 1);
    config = config_of(xml);
    ck_assert_int_eq(config.num_disks, 2);
    ck_assert_str_eq(config.disks[0].vdev, "xvdb");
    ck_assert_int_ne(config.disks[0].colo_port, 17);
    ck_assert_str_eq(config.disks[1].vdev, "xvdc");
    ck_assert_int_eq(config.disks[1].colo_port, 17);
    libxl_domain_config_dispose(&config);
}
END_TEST

START_TEST(a_disk_that_changes_keeps_what_the_xml_cannot_say)
{
    cleanup_free char  *xml = xml_with_disks(DISK("xvda", "") "," DISK("xvdb", ODD));
    cleanup_free char  *other = replaced(xml, "file='/srv/xvdb'", "file='/srv/n'");
    char               *disk = strstr(other, "<disk"), *behind = strstr(disk, "</disk>") + 7;
    libxl_domain_config config;

    memmove(disk, behind, strlen(behind) + 1);
    config = config_of(other);
    ck_assert_int_eq(config.num_disks, 1);
    ck_assert_str_eq(config.disks[0].pdev_path, "/srv/n");
    ck_assert_int_eq(config.disks[0].colo_port, 17);
    libxl_domain_config_dispose(&config);
}
END_TEST

START_TEST(a_new_disk_comes_to_those_that_are_there)
{
    cleanup_free char  *xml = xml_with_disks(DISK("xvda", ODD));
    cleanup_free char  *more = replaced(xml, "<devices>",
                                        "<devices><disk type='block' device='disk'><source "
                                         "dev='/srv/n'/><target dev='xvdn'/></disk>");
    libxl_domain_config config = config_of(more);

    ck_assert_int_eq(config.num_disks, 2);
    ck_assert_str_eq(config.disks[0].vdev, "xvdn");
    ck_assert_int_eq(config.disks[1].colo_port, 17);
    libxl_domain_config_dispose(&config);
}
END_TEST

START_TEST(a_list_that_the_xml_says_in_part_is_not_changed_by_it)
{
    cleanup_free char *xml = xml_of(TWO_SERIALS);
    cleanup_free char *changed = replaced(xml, "<input type='tablet'", "<input type='mouse'");

    assert_refused(changed, ERR_CONFIG_UNSUPPORTED, "b_info.type.hvm.usbdevice_list");
}
END_TEST

START_TEST(the_type_of_a_guest_is_not_changed)
{
    cleanup_free char *xml = xml_of("xl-pvh");
    cleanup_free char *bare = replaced(xml, " machine='xenpvh'", "");
    cleanup_free char *typed = replaced(bare, ">xenpvh<", ">xen<");

    assert_refused(typed, ERR_CONFIG_UNSUPPORTED, "type");
}
END_TEST

/* As a version would have written it that had no word for sound yet. */
START_TEST(what_an_earlier_version_could_not_say_is_not_taken_for_taken_away)
{
    cleanup_free char *json = json_of(TWO_SERIALS);
    cleanup_free char *xml = xml_of(TWO_SERIALS);
    cleanup_free char *silent = replaced(xml, "<sound model='ich6'/>", "");
    cleanup_free char *earlier = replaced(
        silent, "<dom0d:only>", "<dom0d:only>b_info.type.hvm.soundhw</dom0d:only><dom0d:only>");
    cleanup_free char *back = told_of_xml(earlier);

    assert_same(back, json);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("conf-whole");
    TCase   *tc = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_loop_test(tc, the_configuration_of_a_guest_of_xl_comes_back_as_it_was, 0,
                        array_size(guests));
    tcase_add_loop_test(tc, a_guest_of_xl_may_be_as_odd_as_xl_lets_it_be, 0, array_size(odd));
    tcase_add_test(tc, what_only_the_configuration_says_is_named);
    tcase_add_test(tc, all_functions_of_a_pci_device_at_once_are_what_only_the_configuration_says);
    tcase_add_test(tc, actions_that_the_xml_cannot_say_are_the_configurations);
    tcase_add_test(tc, the_configuration_is_shown_to_those_only_who_may_see_passwords);
    tcase_add_test(tc, xml_that_took_its_place_inherits_what_it_cannot_say);
    tcase_add_test(tc, xml_without_the_configuration_that_it_speaks_of_is_noted);
    tcase_add_test(tc, what_is_changed_in_the_xml_changes_and_the_rest_stays);
    tcase_add_test(tc, a_changed_uuid_is_the_new_guests);
    tcase_add_test(tc, a_disk_that_goes_takes_nothing_from_the_others);
    tcase_add_test(tc, a_disk_that_changes_keeps_what_the_xml_cannot_say);
    tcase_add_test(tc, a_new_disk_comes_to_those_that_are_there);
    tcase_add_test(tc, a_list_that_the_xml_says_in_part_is_not_changed_by_it);
    tcase_add_test(tc, the_type_of_a_guest_is_not_changed);
    tcase_add_test(tc, what_an_earlier_version_could_not_say_is_not_taken_for_taken_away);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
