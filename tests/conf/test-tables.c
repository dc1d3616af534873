/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tables of conf/item.h, row by row: what is read goes to libxl and back, what is refused is
 * refused, what is ignored is noted, and docs/xml.md and dom0d-xml(7) list them all.
 */
#include <check.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/libxl.h"
#include "data.h"
#include "hooks.h"
#include "text.h"
#include "walk.h"
#include "xml.h"

static const char *const bases[] = {
    [DOMAIN_PV] = "<domain type='xen'><name>a</name>"
                  "<uuid>6b1f0c1e-0001-4000-8000-000000000001</uuid><memory>65536</memory>"
                  "<os><type>xen</type><kernel>/k</kernel></os><devices/></domain>",
    [DOMAIN_PVH] = "<domain type='xen'><name>a</name>"
                   "<uuid>6b1f0c1e-0001-4000-8000-000000000001</uuid><memory>65536</memory>"
                   "<os><type>xenpvh</type><kernel>/k</kernel></os><devices/></domain>",
    [DOMAIN_HVM] = "<domain type='xen'><name>a</name>"
                   "<uuid>6b1f0c1e-0001-4000-8000-000000000001</uuid><memory>65536</memory>"
                   "<os><type>hvm</type></os><devices/></domain>",
};

/* A device of each table, to which a row is added. */
static const struct {
    const struct device *table;
    const char          *xml;
} devices[] = {
    {&disk_table, "<disk type='file'><source file='/x'/><target dev='xvda'/></disk>"},
    {&nic_table, "<interface type='bridge'><mac address='00:16:3e:00:00:01'/>"
                 "<source bridge='b'/></interface>"},
    {&graphics_table, "<graphics type='vnc'/>"},
    {&video_table, "<video><model type='vga'/></video>"},
    {&input_table, "<input type='mouse' bus='ps2'/>"},
    {&sound_table, "<sound model='ac97'/>"},
    {&serial_table, "<serial type='file'><source path='/x'/></serial>"},
    {&console_table, "<console type='pty'/>"},
    {&channel_table, "<channel type='pty'><target type='xen' name='n'/></channel>"},
    {&emulator_table, "<emulator>/q</emulator>"},
    {&xenbus_table, "<controller type='xenbus'/>"},
    {&usbctrl_table, "<controller type='usb' model='qusb2' ports='4'/>"},
    {&pci_table, "<hostdev mode='subsystem' type='pci'><source><address bus='1'/></source>"
                 "</hostdev>"},
    {&usbdev_table, "<hostdev mode='subsystem' type='usb'><source><address bus='1' device='2'/>"
                    "</source></hostdev>"},
};

/* What else must be there where a path begins so. */
static const struct {
    const char *path, *parent, *xml;
} companions[] = {
    {"seclabel", "", "<seclabel model='flask'><label>l</label></seclabel>"},
    {"clock/timer", "clock", "<timer name='tsc'/>"},
    {"cpu/numa/cell", "cpu/numa", "<cell cpus='0' memory='64' unit='MiB'/>"},
    {"numatune/memory", "numatune", "<memory nodeset='0'/>"},
    {"cpu/feature", "cpu", "<feature name='avx'/>"},
    {"virtualport", "", "<virtualport type='openvswitch'/>"},
    {"boot@", "", "<boot order='1'/>"},
    {"ip@", "", "<ip address='192.0.2.1'/>"},
    {"vcpu@", "", "<vcpu>1</vcpu>"},
    {"currentMemory", "", "<currentMemory>4096</currentMemory>"},
};

static const struct device *
device_at(size_t i)
{
    return i < array_size(devices) ? devices[i].table : NULL;
}

static xmlNode *
parse_fragment(xmlDoc *document, const char *xml)
{
    xmlDoc  *fragment = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, 0);
    xmlNode *copy = xmlDocCopyNode(xmlDocGetRootElement(fragment), document, 1);

    xmlFreeDoc(fragment);
    return copy;
}

/* The base of a type with the row's element or attribute in it; value NULL: only what goes along.
 */
static char *
document_with(enum domain_type type, size_t device, const struct item *item, const char *value)
{
    xmlDoc     *document = xmlReadMemory(bases[type], (int)strlen(bases[type]), NULL, NULL, 0);
    xmlNode    *parent = xmlDocGetRootElement(document), *node;
    const char *at = strchr(item->path, '@');
    cleanup_free char *path = xstrndup(item->path, at ? (size_t)(at - item->path) : SIZE_MAX);
    xmlBuffer         *buffer = xmlBufferCreate();
    char              *xml;

    if (device_at(device))
        parent = xmlAddChild(xml_child(parent, "devices"),
                             parse_fragment(document, devices[device].xml));
    for (size_t i = 0; i < array_size(companions); i++)
        if (strncmp(item->path, companions[i].path, strlen(companions[i].path)) == 0 &&
            !walk_find(parent, path))
            xmlAddChild(walk_make(parent, companions[i].parent),
                        parse_fragment(document, companions[i].xml));
    if (value) {
        node = walk_make(parent, path);
        if (at)
            xml_set_attr(node, at + 1, value);
        else if (item->kind == KIND_FEATURE)
            xml_set_attr(node, "state", value);
        else
            xml_set_text(node, value);
    }
    xmlNodeDump(buffer, document, xmlDocGetRootElement(document), 0, 0);
    xml = xstrdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    xmlFreeDoc(document);
    return xml;
}

static char *
json_of_xml(const char *xml)
{
    struct domain_def *def = NULL;
    struct err         err;
    char              *json;

    ck_assert_msg(domain_def_parse(xml, strlen(xml), &def, &err) == 0, "%s: %s", xml, err.message);
    json = data_json_of(def);
    domain_def_free(def);
    return json;
}

static void
try_value(enum domain_type type, size_t device, const struct item *item, const char *value)
{
    cleanup_free char  *xml = document_with(type, device, item, value);
    cleanup_free char  *base = document_with(type, device, item, NULL);
    cleanup_free char  *json = json_of_xml(xml), *without = json_of_xml(base), *again = NULL;
    libxl_domain_config config;
    struct domain_def  *back;
    struct err          err;

    if (item->at != NOWHERE && !(item->initial && strcmp(item->initial, value) == 0) &&
        strcmp(value, "0") != 0)
        ck_assert_msg(strcmp(json, without) != 0, "%s: %s has no effect", item->path, value);
    data_from_json(json, &config);
    ck_assert_msg(conf_from_libxl(&config, &back, &err) == 0, "%s", err.message);
    libxl_domain_config_dispose(&config);
    again = data_json_of(back);
    ck_assert_msg(strcmp(again, json) == 0, "%s %s:\n%s\n%s", item->path, value, json, again);
    domain_def_free(back);
}

/* Some that the kind can be. */
static void
try_values(enum domain_type type, size_t device, const struct item *item)
{
    static const char *const strings[] = {"/v", "\xc3\xbc & <'\">", NULL};
    static const char *const booleans[] = {"yes", "no", NULL};
    static const char *const features[] = {"on", "off", NULL};
    const char *const       *values = item->kind == KIND_STR       ? strings
                                      : item->kind == KIND_DEFBOOL ? booleans
                                      : item->kind == KIND_FEATURE ? features
                                                                   : NULL;
    char                     number[24];

    while (values && *values)
        try_value(type, device, item, *values++);
    for (const struct word *word = item->words; word && word->word; word++)
        if (!word->refused && walk_word(item->words, word->value) == word->word)
            try_value(type, device, item, word->word);
    if (item->kind != KIND_U64 && item->kind != KIND_U32 && item->kind != KIND_INT)
        return;
    snprintf(number, sizeof number, "%llu", (unsigned long long)(item->min ? item->min : 1));
    try_value(type, device, item, number);
    snprintf(number, sizeof number, "%llu",
             (unsigned long long)(item->max ? item->max : INT32_MAX));
    try_value(type, device, item, number);
}

/*----- over all rows -----*/

typedef void row_fn(enum domain_type type, size_t device, const struct item *item);

static void
for_each_row(enum domain_type type, row_fn *row)
{
    for (size_t i = 0; domain_tables[i]; i++)
        for (size_t j = 0; j < domain_tables[i]->n; j++)
            if (domain_tables[i]->items[j].types & (1u << type))
                row(type, SIZE_MAX, &domain_tables[i]->items[j]);
    for (size_t i = 0; i < array_size(devices); i++)
        for (size_t j = 0; j < devices[i].table->rows.n; j++)
            if (devices[i].table->rows.items[j].types & (1u << type) &&
                (!devices[i].table->types || devices[i].table->types & (1u << type)))
                row(type, i, &devices[i].table->rows.items[j]);
}

static const unsigned passed_over = REFUSED | IGNORED | IMPLIED;

static void
round_trip(enum domain_type type, size_t device, const struct item *item)
{
    if (!(item->flags & passed_over) && item->kind != KIND_HOOK && item->kind != KIND_KNOWN &&
        !(item->kind == KIND_ENUM && item->at == NOWHERE))
        try_values(type, device, item);
}

START_TEST(a_row_that_is_read_goes_to_libxl_and_back)
{
    for_each_row((enum domain_type)_i, round_trip);
}
END_TEST

/* Without it, it is no domain of Xen's. */
static bool
is_domain_type(size_t device, const struct item *item)
{
    return !device_at(device) && strcmp(item->path, "@type") == 0;
}

/* A word that none of the list is is refused, too. */
static void
check_refused(enum domain_type type, size_t device, const struct item *item)
{
    cleanup_free char *xml = NULL;
    struct domain_def *def = NULL;
    struct err         err;

    if (!(item->flags & passed_over) || !(item->flags & REFUSED || item->words) ||
        is_domain_type(device, item))
        return;
    xml = document_with(type, device, item, "@@");
    ck_assert_msg(domain_def_parse(xml, strlen(xml), &def, &err) < 0, "%s", xml);
    ck_assert_int_eq(err.code, ERR_CONFIG_UNSUPPORTED);
    ck_assert_msg(strstr(err.message, item->reason) != NULL, "%s: %s", item->path, err.message);
    for (const struct word *word = item->words; word && word->word; word++) {
        cleanup_free char *other = document_with(type, device, item, word->word);

        if (!word->refused)
            continue;
        ck_assert_msg(domain_def_parse(other, strlen(other), &def, &err) < 0, "%s", other);
        ck_assert_msg(strstr(err.message, word->refused) != NULL, "%s", err.message);
    }
}

START_TEST(a_row_that_is_refused_is_refused_with_its_reason)
{
    for_each_row((enum domain_type)_i, check_refused);
}
END_TEST

static void
check_noted(enum domain_type type, size_t device, const struct item *item)
{
    const char        *value = item->words ? item->words->word : "x";
    cleanup_free char *xml = NULL;
    struct domain_def *def = NULL;
    struct err         err;
    bool               found = false;

    if (!(item->flags & (IGNORED | IMPLIED)) || is_domain_type(device, item))
        return;
    xml = document_with(type, device, item, value);
    ck_assert_msg(domain_def_parse_flags(xml, strlen(xml), DOMAIN_PARSE_NOTE_IMPLIED, &def, &err) ==
                      0,
                  "%s: %s", xml, err.message);
    for (size_t i = 0; i < def->n_notes; i++)
        if (strstr(def->notes[i].message, item->reason) &&
            def->notes[i].implied == !!(item->flags & IMPLIED))
            found = true;
    ck_assert_msg(found, "%s is not noted", item->path);
    domain_def_free(def);
}

START_TEST(a_row_that_is_ignored_is_noted_with_its_reason)
{
    for_each_row((enum domain_type)_i, check_noted);
}
END_TEST

START_TEST(a_device_that_is_refused_or_ignored_as_a_whole_says_so)
{
    for (size_t i = 0; device_tables[i]; i++) {
        const struct device *table = device_tables[i];
        cleanup_free char   *xml =
            xasprintf("<domain type='xen'><name>a</name><memory>65536</memory><os><type>hvm</type>"
                      "</os><devices><%s/></devices></domain>",
                      table->element);
        struct domain_def *def = NULL;
        struct err         err;

        if (!(table->flags & passed_over))
            continue;
        if (table->flags & REFUSED) {
            ck_assert_int_eq(domain_def_parse(xml, strlen(xml), &def, &err), -1);
            ck_assert_msg(strstr(err.message, table->reason) != NULL, "%s", err.message);
            continue;
        }
        ck_assert_int_eq(
            domain_def_parse_flags(xml, strlen(xml), DOMAIN_PARSE_NOTE_IMPLIED, &def, &err), 0);
        ck_assert_uint_ge(def->n_notes, 1);
        domain_def_free(def);
    }
}
END_TEST

START_TEST(there_are_not_more_tables_than_a_walk_has_room_for)
{
    size_t n = 0;

    while (device_tables[n])
        n++;
    ck_assert_uint_lt(n, KINDS_MAX);
}
END_TEST

/*----- documentation -----*/

static const char *
guests(unsigned types)
{
    static const char *const names[] = {"none", "PV",      "PVH",      "PV, PVH",
                                        "HVM",  "PV, HVM", "PVH, HVM", "all"};

    return names[types & ALL];
}

static const char *
status(const struct item *item)
{
    return item->flags & REFUSED   ? "refused"
           : item->flags & IGNORED ? "ignored"
           : item->flags & IMPLIED ? "implied"
                                   : "read";
}

static const char *
test_of(const struct item *item)
{
    if (item->flags & REFUSED)
        return "tables: refused";
    if (item->flags & (IGNORED | IMPLIED))
        return "tables: noted";
    return item->kind == KIND_HOOK || item->kind == KIND_KNOWN ? "cases, domain-parse"
                                                               : "tables: there and back";
}

static void
add_words(struct text *out, const struct word *words)
{
    for (bool first = true; words && words->word; words++, first = false)
        text_addf(out, "%s%s%s", first ? "" : ", ", words->word,
                  words->refused ? " (refused)" : "");
}

static void
add_row(struct text *out, const char *prefix, const struct item *item)
{
    const char *reason = item->flags & passed_over ? item->reason : NULL;

    if (!*item->path)
        return;
    text_addf(out, "| `%s%s%s` | %s | %s | ", prefix, *prefix && *item->path != '@' ? "/" : "",
              item->path, guests(item->types), status(item));
    add_words(out, item->words);
    text_addf(out, "%s%s | %s |\n", item->words && reason ? "; " : "", reason ? reason : "",
              test_of(item));
}

static const char head[] = "| element or attribute | guests | what becomes of it | words, reason | "
                           "test |\n|---|---|---|---|---|\n";

static void
add_device(struct text *out, const struct device *table)
{
    const struct item  whole = {.path = table->element,
                                .types = table->types ? table->types : ALL,
                                .flags = table->flags,
                                .reason = table->reason};
    cleanup_free char *prefix = xasprintf("devices/%s", table->element);

    add_row(out, "devices", &whole);
    for (size_t i = 0; i < table->rows.n; i++)
        add_row(out, prefix, &table->rows.items[i]);
}

START_TEST(the_documentation_lists_every_row)
{
    cleanup_free char *file = data_read("../../../docs/xml.md"), *text = NULL;
    char              *table = strstr(file, head);
    struct text        out = {0};

    ck_assert_ptr_nonnull(table);
    text_addf(&out, "%.*s", (int)(table - file), file);
    text_add(&out, head);
    for (size_t i = 0; domain_tables[i]; i++)
        for (size_t j = 0; j < domain_tables[i]->n; j++)
            add_row(&out, "", &domain_tables[i]->items[j]);
    for (size_t i = 0; device_tables[i]; i++)
        add_device(&out, device_tables[i]);
    text = text_take(&out);
    data_compare("../../../docs/xml.md", text);
}
END_TEST

/* Lines of mdoc may not begin with a dot, and have no backslash. */
static void
add_man_item(struct text *out, const char *prefix, const char *path, const char *reason)
{
    text_addf(out, ".It Ql %s%s%s\n%c%s.\n", prefix, *prefix && *path != '@' ? "/" : "", path,
              reason[0], reason + 1);
}

static void
add_man_list(struct text *out, unsigned flag, const char *title)
{
    text_addf(out, ".Ss %s\n.Bl -tag -width Ds -compact\n", title);
    for (size_t i = 0; domain_tables[i]; i++)
        for (size_t j = 0; j < domain_tables[i]->n; j++)
            if (domain_tables[i]->items[j].flags & flag)
                add_man_item(out, "", domain_tables[i]->items[j].path,
                             domain_tables[i]->items[j].reason);
    for (size_t i = 0; device_tables[i]; i++) {
        cleanup_free char *prefix = xasprintf("devices/%s", device_tables[i]->element);

        if (device_tables[i]->flags & flag)
            add_man_item(out, "devices", device_tables[i]->element, device_tables[i]->reason);
        for (size_t j = 0; j < device_tables[i]->rows.n; j++)
            if (device_tables[i]->rows.items[j].flags & flag)
                add_man_item(out, prefix, device_tables[i]->rows.items[j].path,
                             device_tables[i]->rows.items[j].reason);
    }
    text_add(out, ".El\n");
}

START_TEST(the_manual_lists_what_is_refused_and_ignored)
{
    static const char begin[] =
        ".\\\" From here to the end the tables are printed, see test-tables\n";
    cleanup_free char *file = data_read("../../../man/dom0d-xml.7"), *text = NULL;
    char              *lists = strstr(file, begin);
    struct text        out = {0};

    ck_assert_ptr_nonnull(lists);
    text_addf(&out, "%.*s", (int)(lists - file), file);
    text_add(&out, begin);
    add_man_list(&out, REFUSED, "Refused");
    add_man_list(&out, IGNORED, "Ignored");
    text = text_take(&out);
    data_compare("../../../man/dom0d-xml.7", text);
}
END_TEST

/* Of the manual, between the lines ".Bd -literal" and ".Ed": each is a definition. */
START_TEST(each_example_of_the_manual_can_be_defined)
{
    cleanup_free char *file = data_read("../../../man/dom0d-xml.7");
    int                n = 0;

    for (char *at = file; (at = strstr(at, ".Bd -literal\n")); n++) {
        char              *end = strstr(at, "\n.Ed");
        cleanup_free char *xml = NULL;
        struct domain_def *def = NULL;
        struct err         err;

        at += strlen(".Bd -literal\n");
        xml = xstrndup(at, (size_t)(end - at));
        ck_assert_msg(domain_def_parse_flags(xml, strlen(xml), DOMAIN_PARSE_VALIDATE, &def, &err) ==
                          0,
                      "%s: %s", xml, err.message);
        ck_assert_uint_eq(def->n_notes, 0);
        domain_def_free(def);
    }
    ck_assert_int_ge(n, 3);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("tables");
    TCase   *tc = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, a_row_that_is_read_goes_to_libxl_and_back, DOMAIN_PV, DOMAIN_HVM + 1);
    tcase_add_loop_test(tc, a_row_that_is_refused_is_refused_with_its_reason, DOMAIN_PV,
                        DOMAIN_HVM + 1);
    tcase_add_loop_test(tc, a_row_that_is_ignored_is_noted_with_its_reason, DOMAIN_PV,
                        DOMAIN_HVM + 1);
    tcase_add_test(tc, a_device_that_is_refused_or_ignored_as_a_whole_says_so);
    tcase_add_test(tc, there_are_not_more_tables_than_a_walk_has_room_for);
    tcase_add_test(tc, the_documentation_lists_every_row);
    tcase_add_test(tc, the_manual_lists_what_is_refused_and_ignored);
    tcase_add_test(tc, each_example_of_the_manual_can_be_defined);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
