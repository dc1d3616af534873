/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shapes that people who run Xen hosts really use.  data/cases/X.xml becomes the configuration in
 * X.json, or is refused with the message in X.err; data/cases/xl/X.json, a guest of xl, has the XML
 * in X.out.xml, and X.lost names what that cannot say.
 */
#include <check.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/libxl.h"
#include "data.h"

/* Each accepted: X.json. */
static const char *const accepted[] = {
    "qubes-hvm-stubdom",
    "qubes-pvh-tsc",
    "pv-e820-passthrough",
    "cputune-shares-pin",
    "hvm-cpuid-nested",
    "xenbus-limits",
    "pv-channels",
    "hvm-slic-sound-usb",
    "usbctrl",
    "multi-serial",
    "serial-file",
    "rbd-disk",
    "tap-aio",
    "htcondor-root",
    "bootloader-args-quoted",
    "boot-order-per-device",
    "suse-ovmf-nvram",
    "two-devices-sections",
    "seclabel-flask",
    "lowercase-units",
    "hvm-no-boot-no-acpi",
    "clock-adjustment",
    "vnuma",
    "nbd-ceph-auth",
    "ovs-vlan",
    "hostdevs",
    "hyperv-timers",
    "spice-sdl",
    "serial-kinds",
    "xen-commandline",
};

/* Each refused: X.err. */
static const char *const refused[] = {
    "pvh-without-kernel", "disk-tuning", "nic-inbound-link", "secure-boot", "vnc-unix-socket",
};

static const char *const of_xl[] = {"xl-hvm-two-serials-sound", "xl-numeric-vdev",
                                    "xl-pv-bootloader-args"};

/* The other files in data/ that are read. */
static const char *const plain[] = {"pv-kernel", "pv-tck", "pv-pygrub", "pv-bare",
                                    "pvh",       "hvm",    "hvm-efi",   "libvirt-live"};

static char *
read_case(const char *name, const char *suffix)
{
    cleanup_free char *path = xasprintf("cases/%s%s", name, suffix);

    return data_read(path);
}

START_TEST(a_case_becomes_the_configuration_that_its_file_has)
{
    cleanup_free char *xml = xasprintf("cases/%s.xml", accepted[_i]);
    cleanup_free char *out = xasprintf("cases/%s.json", accepted[_i]);
    struct domain_def *def = data_parse(xml);
    cleanup_free char *json = data_json_of(def);

    data_compare(out, json);
    domain_def_free(def);
}
END_TEST

START_TEST(a_case_is_the_same_guest_after_the_way_to_libxl_and_back)
{
    cleanup_free char  *xml = xasprintf("cases/%s.xml", accepted[_i]);
    struct domain_def  *def = data_parse(xml), *back;
    cleanup_free char  *json = data_json_of(def), *again = NULL;
    libxl_domain_config config;
    struct err          err;

    data_config(def, &config);
    ck_assert_msg(conf_from_libxl(&config, &back, &err) == 0, "%s", err.message);
    libxl_domain_config_dispose(&config);
    again = data_json_of(back);
    ck_assert_str_eq(again, json);
    domain_def_free(def);
    domain_def_free(back);
}
END_TEST

START_TEST(a_case_that_cannot_be_obeyed_is_refused_with_line_element_and_reason)
{
    cleanup_free char *xml = read_case(refused[_i], ".xml"), *message = NULL;
    cleanup_free char *out = xasprintf("cases/%s.err", refused[_i]);
    struct domain_def *def = NULL;
    struct err         err;

    ck_assert_int_eq(domain_def_parse(xml, strlen(xml), &def, &err), -1);
    ck_assert_int_eq(err.code, ERR_CONFIG_UNSUPPORTED);
    message = xasprintf("%s\n", err.message);
    data_compare(out, message);
}
END_TEST

START_TEST(a_guest_of_xl_has_xml_and_what_that_cannot_say_is_named)
{
    cleanup_free char  *json = NULL, *xml = NULL, *lost = xstrdup("");
    cleanup_free char  *name = xasprintf("xl/%s", of_xl[_i]);
    cleanup_free char  *out = xasprintf("cases/%s.out.xml", name);
    cleanup_free char  *lost_out = xasprintf("cases/%s.lost", name);
    libxl_domain_config config;
    struct domain_def  *def;
    char              **list;
    struct err          err;

    json = read_case(name, ".json");
    data_from_json(json, &config);
    ck_assert_msg(conf_from_libxl(&config, &def, &err) == 0, "%s", err.message);
    xml = domain_def_format(def, NULL, DOMAIN_XML_SECURE);
    data_compare(out, xml);
    ck_assert_msg(conf_unexpressed(data_context(), &config, &list, &err) == 0, "%s", err.message);
    for (size_t i = 0; list[i]; i++) {
        char *before = lost;

        lost = xasprintf("%s%s\n", before, list[i]);
        free(before);
        free(list[i]);
    }
    free(list);
    data_compare(lost_out, lost);
    domain_def_free(def);
    libxl_domain_config_dispose(&config);
}
END_TEST

START_TEST(a_mac_address_of_zeroes_is_generated_once)
{
    struct domain_def *def = data_parse("cases/mac-zero-from-native.xml");
    cleanup_free char *a = data_json_of(def), *b = data_json_of(def),
                      *xml = domain_def_format(def, NULL, 0);

    ck_assert_str_eq(a, b);
    ck_assert_ptr_null(strstr(xml, "00:00:00:00:00:00"));
    ck_assert_ptr_nonnull(strstr(xml, "<mac address='00:16:3e:"));
    domain_def_free(def);
}
END_TEST

/*----- nothing in silence -----*/

/* From the first line on, as the lines are counted of what is parsed. */
static char *
text_of(xmlDoc *document)
{
    xmlBuffer *buffer = xmlBufferCreate();
    char      *text;

    xmlNodeDump(buffer, document, xmlDocGetRootElement(document), 0, 0);
    text = xstrdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    return text;
}

static xmlDoc *
read_document(const char *xml)
{
    xmlDoc *document = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, 0);

    ck_assert_ptr_nonnull(document);
    return document;
}

/* What a document comes to: the configuration's JSON, or the error. */
static char *
outcome_of(xmlDoc *document, struct domain_def **def_out)
{
    cleanup_free char *xml = text_of(document);
    struct domain_def *def = NULL;
    struct err         err;
    char              *outcome;

    if (domain_def_parse_flags(xml, strlen(xml), DOMAIN_PARSE_NOTE_IMPLIED, &def, &err))
        outcome = xstrdup(err.message);
    else
        outcome = data_json_of(def);
    if (def_out)
        *def_out = def;
    else
        domain_def_free(def);
    return outcome;
}

static bool
has_note(const struct domain_def *def, const char *start)
{
    for (size_t i = 0; i < def->n_notes; i++)
        if (strncmp(def->notes[i].message, start, strlen(start)) == 0)
            return true;
    return false;
}

/* Itself, or what it stands in. */
static bool
is_noted(const struct domain_def *def, const xmlNode *node, const char *attribute)
{
    cleanup_free char *start =
        xasprintf("line %ld: <%s %s=", xmlGetLineNo(node), node->name, attribute ? attribute : "");

    if (attribute && has_note(def, start))
        return true;
    for (; node->type == XML_ELEMENT_NODE; node = node->parent) {
        cleanup_free char *whole = xasprintf("line %ld: <%s>", xmlGetLineNo(node), node->name);

        if (has_note(def, whole))
            return true;
    }
    return false;
}

struct trial {
    const char        *file;
    xmlDoc            *document;
    struct domain_def *def;
    char              *outcome;
};

/* The document is as it was before when this returns. */
static bool
changes(const struct trial *trial)
{
    cleanup_free char *outcome = outcome_of(trial->document, NULL);

    return strcmp(outcome, trial->outcome) != 0;
}

/* Taken away, or made nonsense: a value may be the one that it has anyway. */
static void
try_attribute(const struct trial *trial, xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetProp(node, (const xmlChar *)name);
    bool     matters;

    if (is_noted(trial->def, node, name)) {
        xmlFree(value);
        return;
    }
    xmlSetProp(node, (const xmlChar *)name, (const xmlChar *)"@@");
    matters = changes(trial);
    xmlUnsetProp(node, (const xmlChar *)name);
    matters = matters || changes(trial);
    xmlSetProp(node, (const xmlChar *)name, value);
    ck_assert_msg(matters, "%s: line %ld: <%s %s='%s'> has no effect and nobody says so",
                  trial->file, xmlGetLineNo(node), node->name, name, value);
    xmlFree(value);
}

static bool
has_text(const xmlNode *node)
{
    return node->children && node->children->type == XML_TEXT_NODE && !node->children->next;
}

static void
try_element(const struct trial *trial, xmlNode *node)
{
    bool     text = has_text(node), empty = !node->children && !node->properties;
    xmlNode *copy;
    bool     matters;

    if (is_noted(trial->def, node, NULL) || (!text && !empty))
        return; /* it is what is in it */
    if (strcmp((const char *)node->name, "xen") == 0 ||
        strcmp((const char *)node->name, "devices") == 0 ||
        strcmp((const char *)node->name, "driver") == 0)
        return; /* says nothing by itself */
    copy = xmlCopyNode(node, 1);
    if (text)
        xmlNodeSetContent(node, (const xmlChar *)"@@");
    else
        xmlSetProp(node, (const xmlChar *)"state", (const xmlChar *)"@@");
    matters = changes(trial);
    xmlReplaceNode(node, copy);
    ck_assert_msg(matters || (xmlUnlinkNode(copy), changes(trial)),
                  "%s: line %ld: <%s> has no effect and nobody says so", trial->file,
                  xmlGetLineNo(copy), copy->name);
    if (!copy->parent)
        xmlFreeNode(copy);
    xmlFreeNode(node);
}

/* All in a namespace is somebody else's, or xen:commandline. */
static void
try_all(const char *file)
{
    cleanup_free char *all = data_read(file), *xml = NULL;
    xmlDoc            *whole = read_document(all);
    int                n = 0, left;

    xml = text_of(whole);
    xmlFreeDoc(whole);
    do {
        struct trial trial = {.file = file};
        xmlNode     *node;

        trial.document = read_document(xml);
        trial.outcome = outcome_of(trial.document, &trial.def);
        ck_assert_msg(trial.def != NULL, "%s: %s", file, trial.outcome);
        node = xmlDocGetRootElement(trial.document);
        for (left = n++; left && node; left--) {
            xmlNode *next = xmlFirstElementChild(node);

            while (!next && node) {
                next = xmlNextElementSibling(node);
                node = node->parent;
            }
            node = next && next->type == XML_ELEMENT_NODE ? next : NULL;
        }
        left = node != NULL;
        if (node && !node->ns) {
            char *names[16];
            int   count = 0;

            for (xmlAttr *attr = node->properties; attr; attr = attr->next)
                if (!attr->ns)
                    names[count++] = xstrdup((const char *)attr->name);
            while (count) {
                try_attribute(&trial, node, names[--count]);
                free(names[count]);
            }
            try_element(&trial, node);
        }
        domain_def_free(trial.def);
        free(trial.outcome);
        xmlFreeDoc(trial.document);
    } while (left);
}

START_TEST(what_is_taken_away_from_a_case_changes_the_guest_or_is_on_a_list)
{
    cleanup_free char *file = xasprintf("cases/%s.xml", accepted[_i]);

    try_all(file);
}
END_TEST

START_TEST(what_is_taken_away_from_a_file_changes_the_guest_or_is_on_a_list)
{
    cleanup_free char *file = xasprintf("%s.xml", plain[_i]);

    try_all(file);
}
END_TEST

START_TEST(what_nobody_knows_is_noted_and_refused_by_validate)
{
    cleanup_free char *xml = read_case("typo-with-validate", ".xml");
    char              *typo = strstr(xml, "on_reebot");
    struct domain_def *def = NULL;
    struct err         err;

    ck_assert_int_eq(domain_def_parse_flags(xml, strlen(xml), DOMAIN_PARSE_VALIDATE, &def, &err),
                     -1);
    ck_assert_int_eq(err.code, ERR_XML);
    ck_assert_str_eq(err.message, "line 10: <on_reebot>: is not known here");
    ck_assert_int_eq(domain_def_parse(xml, strlen(xml), &def, &err), 0);
    ck_assert_uint_eq(def->n_notes, 2);
    ck_assert_str_eq(def->notes[0].message, "line 10: <on_reebot>: is not known here");
    ck_assert_str_eq(def->notes[1].message, "line 12: <dsik>: is not known here");
    domain_def_free(def);

    memcpy(typo, "on_reboot", strlen("on_reboot"));
    memcpy(strstr(typo, "on_reebot"), "on_reboot", strlen("on_reboot"));
    ck_assert_int_eq(domain_def_parse_flags(xml, strlen(xml), DOMAIN_PARSE_VALIDATE, &def, &err),
                     -1);
    ck_assert_str_eq(err.message, "line 12: <dsik>: is not known here");
}
END_TEST

/* Everybody who may ask is told the notes, and the log has them. */
START_TEST(no_note_has_the_value_of_an_attribute_that_nobody_knows)
{
    static const char  xml[] = "<domain type='xen'><name>a</name><memory>65536</memory>"
                               "<os><type>linux</type><kernel>/k</kernel></os><devices>"
                               "<graphics type='vnc' pasword='S3CRET'/></devices></domain>";
    struct domain_def *def = NULL;
    struct err         err;

    ck_assert_int_eq(domain_def_parse(xml, strlen(xml), &def, &err), 0);
    ck_assert_uint_eq(def->n_notes, 1);
    ck_assert_str_eq(def->notes[0].message,
                     "line 1: <graphics>: the attribute pasword is not known here");
    domain_def_free(def);
}
END_TEST

/* A parser takes names of 50000 bytes, and as many attributes as there is room for. */
START_TEST(no_note_is_longer_than_a_line_whatever_the_names_are)
{
    cleanup_free char *name = xmalloc(40001), *xml = NULL;
    struct domain_def *def = NULL;
    struct err         err;

    memset(name, 'x', 40000);
    name[40000] = '\0';
    xml = xasprintf("<domain type='xen'><name>a</name><memory %s='1'>65536</memory>"
                    "<os><type>linux</type><kernel>/k</kernel></os><%s/></domain>",
                    name, name);
    ck_assert_msg(domain_def_parse(xml, strlen(xml), &def, &err) == 0, "%s", err.message);
    ck_assert_uint_eq(def->n_notes, 2);
    for (size_t i = 0; i < def->n_notes; i++)
        ck_assert_uint_lt(strlen(def->notes[i].message), 256);
    domain_def_free(def);
}
END_TEST

START_TEST(what_is_known_passes_validate)
{
    cleanup_free char *xml = read_case(accepted[_i], ".xml");
    struct domain_def *def;
    struct err         err;

    ck_assert_msg(domain_def_parse_flags(xml, strlen(xml), DOMAIN_PARSE_VALIDATE, &def, &err) == 0,
                  "%s: %s", accepted[_i], err.message);
    domain_def_free(def);
}
END_TEST

/*----- secrets -----*/

START_TEST(a_secret_is_hidden_in_every_corner)
{
    static const char xml[] =
        "<domain type='xen'><name>a</name><memory>65536</memory><os><type>hvm</type></os>"
        "<metadata><o:x xmlns:o='urn:o' passwd='S3CRET'/></metadata>"
        "<nobody><graphics passwd='S3CRET'/><!-- <graphics passwd='S3CRET'/> --></nobody>"
        "<devices><graphics type='vnc' passwd='S3CRET'/></devices>"
        "<devices><disk type='network'><driver name='qemu'/>"
        "<source protocol='rbd' name='p/i'><auth username='u'><secret type='ceph' "
        "passwd='S3CRET'/></auth></source><target dev='xvda'/></disk></devices></domain>";
    struct domain_def  *def = NULL;
    struct err          err;
    cleanup_free char  *hidden = NULL, *shown = NULL;
    libxl_domain_config config;

    ck_assert_msg(domain_def_parse(xml, strlen(xml), &def, &err) == 0, "%s", err.message);
    hidden = domain_def_format(def, NULL, 0);
    shown = domain_def_format(def, NULL, DOMAIN_XML_SECURE);
    ck_assert_ptr_null(strstr(hidden, "S3CRET"));
    ck_assert_ptr_nonnull(strstr(shown, "S3CRET"));
    data_config(def, &config);
    ck_assert_str_eq(config.b_info.u.hvm.vnc.passwd, "S3CRET");
    ck_assert_str_eq(config.disks[0].pdev_path,
                     "rbd:p/i:id=u:key=S3CRET:auth_supported=cephx\\;none");
    libxl_domain_config_dispose(&config);
    for (size_t i = 0; i < def->n_notes; i++)
        ck_assert_ptr_null(strstr(def->notes[i].message, "S3CRET"));
    domain_def_free(def);
}
END_TEST

START_TEST(an_error_does_not_tell_a_secret)
{
    static const char *const devices[] = {
        "<graphics type='vnc' passwd='S3CRET' port='80'/>",
        "<graphics type='vnc' passwd='S3CRET' passwdValidTo='2020-01-01T00:00:00'/>",
        "<graphics type='spice' passwd='S3CRET'/>",
        "<graphics type='no' passwd='S3CRET'/>",
        "<disk type='network'><source protocol='rbd' name='a:b'><auth username='u'><secret "
        "passwd='S3CRET'/></auth></source><target dev='xvda'/></disk>",
        "<disk type='network'><source protocol='rbd' name='a'><auth><secret "
        "passwd='S3CRET'/></auth></source><target dev='xvda'/></disk>",
    };

    for (size_t i = 0; i < array_size(devices); i++) {
        cleanup_free char *xml =
            xasprintf("<domain type='xen'><name>a</name><memory>65536</memory>"
                      "<os><type>hvm</type></os><devices>%s</devices></domain>",
                      devices[i]);
        struct domain_def *def;
        struct err         err;

        ck_assert_int_eq(domain_def_parse(xml, strlen(xml), &def, &err), -1);
        ck_assert_msg(!strstr(err.message, "S3CRET"), "%s", err.message);
    }
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("conf-cases");
    TCase   *tc = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, a_case_becomes_the_configuration_that_its_file_has, 0,
                        array_size(accepted));
    tcase_add_loop_test(tc, a_case_is_the_same_guest_after_the_way_to_libxl_and_back, 0,
                        array_size(accepted));
    tcase_add_loop_test(tc, a_case_that_cannot_be_obeyed_is_refused_with_line_element_and_reason, 0,
                        array_size(refused));
    tcase_add_loop_test(tc, a_guest_of_xl_has_xml_and_what_that_cannot_say_is_named, 0,
                        array_size(of_xl));
    tcase_add_test(tc, a_mac_address_of_zeroes_is_generated_once);
    tcase_add_loop_test(tc, what_is_taken_away_from_a_case_changes_the_guest_or_is_on_a_list, 0,
                        array_size(accepted));
    tcase_add_loop_test(tc, what_is_taken_away_from_a_file_changes_the_guest_or_is_on_a_list, 0,
                        array_size(plain));
    tcase_add_test(tc, what_nobody_knows_is_noted_and_refused_by_validate);
    tcase_add_test(tc, no_note_has_the_value_of_an_attribute_that_nobody_knows);
    tcase_add_test(tc, no_note_is_longer_than_a_line_whatever_the_names_are);
    tcase_add_loop_test(tc, what_is_known_passes_validate, 0, array_size(accepted));
    tcase_add_test(tc, a_secret_is_hidden_in_every_corner);
    tcase_add_test(tc, an_error_does_not_tell_a_secret);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
