/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-dom0ctl.c: what each command asks of the daemon and prints.
 */
#include "build-config.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "scene.h"

#define UUID_WEB "11223344-5566-7788-99aa-bbccddeeff01"

static struct scene scene;

static void
setup(void)
{
    scene_init(&scene);
}

static void
teardown(void)
{
    scene_clear(&scene);
}

/*----- queries -----*/

START_TEST(list_prints_a_table_of_the_domains_that_run)
{
    scene_run(&scene, "list");
    ck_assert_str_eq(scene.out.text, "Name  ID  Mem  VCPUs  State    Time(s)\n"
                                     "web    7  512      2  running     12.3\n"
                                     "db     8  512      2  paused      12.3\n");
    ck_assert_str_eq(scene.err.text, "");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
}
END_TEST

START_TEST(list_all_has_the_others_too)
{
    scene_run(&scene, "list --all");
    ck_assert_ptr_nonnull(strstr(scene.out.text, "old    -  512      2  shut-off     12.3\n"));
    ck_assert_int_eq(scene_exit_status(&scene), 0);
}
END_TEST

START_TEST(list_name_prints_names_and_asks_for_nothing_else)
{
    scene_run(&scene, "list --name");
    ck_assert_str_eq(scene.out.text, "web\ndb\n");
    ck_assert_uint_eq(scene_count(&scene, 16), 0);
}
END_TEST

START_TEST(list_json_is_an_array_of_objects)
{
    scene_run(&scene, "list --all --json");
    ck_assert_ptr_nonnull(strstr(scene.out.text, "[\n"
                                                 "  {\n"
                                                 "    \"name\": \"web\",\n"
                                                 "    \"uuid\": \"" UUID_WEB "\",\n"
                                                 "    \"id\": 7,\n"
                                                 "    \"state\": \"running\",\n"
                                                 "    \"memory_kib\": 524288,\n"
                                                 "    \"max_memory_kib\": 1048576,\n"
                                                 "    \"vcpus\": 2,\n"
                                                 "    \"cpu_time_nsec\": 12340000000\n"
                                                 "  },\n"));
    ck_assert_ptr_nonnull(strstr(scene.out.text, "\"id\": null,"));
    ck_assert_ptr_nonnull(strstr(scene.out.text, "  }\n]\n"));
}
END_TEST

/* "web" has gone when it is asked for. */
static bool
web_has_gone(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    (void)frame, (void)size;
    if (call->procedure != 16 || scene_count(s, 16) != 1)
        return false;
    scene_refuse(s, call, ERR_NO_DOMAIN, "Domain not found");
    return true;
}

START_TEST(a_domain_that_goes_while_it_is_listed_is_left_out)
{
    scene.on_call = web_has_gone;
    scene_run(&scene, "list");
    ck_assert_ptr_null(strstr(scene.out.text, "web"));
    ck_assert_ptr_nonnull(strstr(scene.out.text, "db "));
    ck_assert_int_eq(scene_exit_status(&scene), 0);
}
END_TEST

static bool
an_evil_name(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    static char           name[] = "a\033]0;owned\007\nb";
    remote_nonnull_domain dom = scene_domain(0);

    (void)frame, (void)size;
    if (call->procedure != 273)
        return false;
    dom.name = name;
    SCENE_ANSWER(s, call, remote_connect_list_all_domains_ret,
                 .domains = {.domains_len = 1, .domains_val = &dom}, .ret = 1);
    return true;
}

START_TEST(no_name_reaches_the_terminal_with_control_characters)
{
    static const char *const commands[] = {"list", "list --name", "list --json"};

    scene.on_call = an_evil_name;
    scene_run(&scene, commands[_i]);
    ck_assert_ptr_nonnull(strstr(scene.out.text, "owned"));
    ck_assert_ptr_null(strpbrk(scene.out.text, "\033\007"));
}
END_TEST

START_TEST(info_prints_what_is_known)
{
    scene_run(&scene, "info web");
    ck_assert_str_eq(scene.out.text, "Name:        web\n"
                                     "UUID:        " UUID_WEB "\n"
                                     "Id:          7\n"
                                     "State:       running (booted)\n"
                                     "OS type:     linux\n"
                                     "Persistent:  yes\n"
                                     "Autostart:   yes\n"
                                     "Memory:      524288 KiB\n"
                                     "Max memory:  1048576 KiB\n"
                                     "VCPUs:       2\n"
                                     "CPU time:    12.3 s\n");
}
END_TEST

static bool
two_messages(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    static char           one[] = "ignored: line 3: <a>", two[] = "ignored: line 4: <b>\033[2J";
    remote_nonnull_string list[] = {one, two};

    (void)frame, (void)size;
    if (call->procedure != 426)
        return false;
    SCENE_ANSWER(s, call, remote_domain_get_messages_ret,
                 .msgs = {.msgs_len = 2, .msgs_val = list});
    return true;
}

START_TEST(info_has_the_messages_that_the_daemon_has_of_the_domain)
{
    scene.on_call = two_messages;
    scene_run(&scene, _i ? "info --json web" : "info web");
    ck_assert_ptr_nonnull(
        strstr(scene.out.text, _i ? "  \"messages\": [\n"
                                    "    \"ignored: line 3: <a>\",\n"
                                    "    \"ignored: line 4: <b>\\u001b[2J\"\n"
                                    "  ]\n"
                                  : "CPU time:    12.3 s\n"
                                    "Messages:    ignored: line 3: <a>\n"
                                    "             ignored: line 4: <b>\\x1b[2J\n"));
}
END_TEST

START_TEST(info_json_says_the_same)
{
    scene_run(&scene, "--json info web");
    ck_assert_ptr_nonnull(strstr(scene.out.text, "  \"state\": \"running\",\n"
                                                 "  \"reason\": \"booted\",\n"
                                                 "  \"os_type\": \"linux\",\n"
                                                 "  \"persistent\": true,\n"
                                                 "  \"autostart\": true,\n"
                                                 "  \"memory_kib\": 524288,\n"));
}
END_TEST

START_TEST(state_is_one_word_and_a_reason_if_asked_for)
{
    scene_run(&scene, "state web");
    ck_assert_str_eq(scene.out.text, "running\n");
    scene_clear(&scene);
    scene_init(&scene);
    scene_run(&scene, "state --reason web");
    ck_assert_str_eq(scene.out.text, "running (booted)\n");
}
END_TEST

/* How each way to name a domain is looked up. */
static const struct {
    const char *command;
    int32_t     lookups[2];
    int         status;
} lookups[] = {
    {"state web", {23, 0}, 0},
    {"state 8", {22, 0}, 0},
    {"state 9", {22, 23}, 1},
    {"state " UUID_WEB, {24, 0}, 0},
    {"state 99999999999999999999", {23, 0}, 1},
    {"state 8x", {23, 0}, 1},
};

START_TEST(a_domain_is_looked_up_by_id_or_uuid_and_then_by_name)
{
    scene_run(&scene, lookups[_i].command);
    ck_assert_int_eq(scene_exit_status(&scene), lookups[_i].status);
    ck_assert_int_eq(scene.calls[2], lookups[_i].lookups[0]);
    if (lookups[_i].lookups[1])
        ck_assert_int_eq(scene.calls[3], lookups[_i].lookups[1]);
    if (lookups[_i].status)
        ck_assert_str_eq(scene.err.text, "dom0ctl: Domain not found: no such domain\n");
}
END_TEST

static bool
refuse_ids(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    (void)frame, (void)size;
    if (call->procedure != 22)
        return false;
    scene_refuse(s, call, ERR_OPERATION_DENIED, "not today");
    return true;
}

START_TEST(a_look_up_that_fails_for_another_reason_is_not_tried_in_another_way)
{
    scene.on_call = refuse_ids;
    scene_run(&scene, "state 8");
    ck_assert_str_eq(scene.err.text, "dom0ctl: not today\n");
    ck_assert_uint_eq(scene_count(&scene, 23), 0);
}
END_TEST

static bool
give_xml(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    static char                     xml[] = "<domain>\n\t<name>a\xc2\x9b</name>\n</domain>\n";
    remote_domain_get_xml_desc_args args = {.dom = {.name = NULL}};

    if (call->procedure != 14)
        return false;
    SCENE_DECODE(frame, size, remote_domain_get_xml_desc_args, &args);
    s->number = (int)args.flags;
    free(args.dom.name);
    SCENE_ANSWER(s, call, remote_domain_get_xml_desc_ret, .xml = xml);
    return true;
}

START_TEST(xml_is_printed_as_it_is_where_it_goes_to_no_terminal)
{
    scene.on_call = give_xml;
    scene_run(&scene, "xml web");
    ck_assert_str_eq(scene.out.text, "<domain>\n\t<name>a\xc2\x9b</name>\n</domain>\n");
    ck_assert_int_eq(scene.number, 0);
}
END_TEST

START_TEST(xml_asks_for_what_the_options_say)
{
    scene.on_call = give_xml;
    scene_run(&scene, "xml --secure --inactive web");
    ck_assert_int_eq(scene.number, 3);
}
END_TEST

static bool
give_versions(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    (void)frame, (void)size;
    if (call->procedure == 157)
        SCENE_ANSWER(s, call, remote_connect_get_lib_version_ret, .lib_ver = 9000000);
    else if (call->procedure == 4)
        SCENE_ANSWER(s, call, remote_connect_get_version_ret, .hv_ver = 4017003);
    else
        return false;
    return true;
}

/* Both have arguments, and results, of the same form. */
static bool
converts(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    static char                                result[] = "converted\n";
    remote_connect_domain_xml_from_native_args args = {.nativeFormat = NULL};

    if (call->procedure != 135 && call->procedure != 136)
        return false;
    SCENE_DECODE(frame, size, remote_connect_domain_xml_from_native_args, &args);
    ck_assert_str_eq(args.nativeFormat, "xen-xl");
    ck_assert_str_eq(args.nativeConfig, s->input);
    wire_body_free((xdrproc_t)xdr_remote_connect_domain_xml_from_native_args, &args);
    s->number = call->procedure;
    SCENE_ANSWER(s, call, remote_connect_domain_xml_from_native_ret, .domainXml = result);
    return true;
}

static const struct {
    const char *command, *input;
    int         procedure;
} conversions[] = {
    {"convert -", "name = 'a'\n", 135},
    {"convert --to xml -", "# <a>\nname = 'a'\n", 135},
    {"convert -", "", 135},
    {"convert -", "<domain/>", 136},
    {"convert --to xl -", " \n<?xml version='1.0'?>\n<domain/>", 136},
    {"convert -", "\xef\xbb\xbf<domain/>", 136},
};

START_TEST(convert_tells_xml_from_xl_cfg_and_has_it_converted)
{
    scene.on_call = converts;
    scene.input = conversions[_i].input;
    scene_run(&scene, conversions[_i].command);
    ck_assert_str_eq(scene.out.text, "converted\n");
    ck_assert_int_eq(scene.number, conversions[_i].procedure);
    ck_assert_int_eq(scene_exit_status(&scene), 0);
}
END_TEST

static const struct {
    const char *command, *input, *message;
} not_converted[] = {
    {"convert --to xml -", "<domain/>", "it is XML already"},
    {"convert --to xl -", "name = 'a'\n", "it is xl.cfg already"},
    {"convert --to json -", "<domain/>", "--to is xml or xl, not \"json\""},
};

START_TEST(what_is_in_that_form_already_is_not_converted)
{
    cleanup_free char *said = xasprintf("dom0ctl: %s\n", not_converted[_i].message);

    scene.input = not_converted[_i].input;
    scene_run(&scene, not_converted[_i].command);
    ck_assert_int_eq(scene_exit_status(&scene), 2);
    ck_assert_msg(strncmp(scene.err.text, said, strlen(said)) == 0, "%s", scene.err.text);
    ck_assert_str_eq(scene.out.text, "");
}
END_TEST

START_TEST(version_tells_all_three)
{
    scene.on_call = give_versions;
    scene_run(&scene, "version");
    ck_assert_str_eq(scene.out.text, "dom0ctl:  " PACKAGE_VERSION "\n"
                                     "libvirt:  9.0.0 (what the daemon speaks)\n"
                                     "Xen:      4.17.3\n");
    scene_clear(&scene);
    scene_init(&scene);
    scene.on_call = give_versions;
    scene_run(&scene, "version --json");
    ck_assert_str_eq(scene.out.text, "{\n"
                                     "  \"dom0ctl\": \"" PACKAGE_VERSION "\",\n"
                                     "  \"libvirt\": \"9.0.0\",\n"
                                     "  \"xen\": \"4.17.3\"\n"
                                     "}\n");
}
END_TEST

/*----- simple changes -----*/

/* The procedure that a command calls, and the flags it gives, if any. */
static const struct {
    const char *command;
    int32_t     procedure;
    int         flags; /* -1: the procedure has none */
} changes[] = {
    {"destroy web", 12, -1},
    {"pause web", 34, -1},
    {"unpause web", 28, -1},
    {"abort web", 164, -1},
    {"shutdown web", 258, 0},
    {"shutdown --mode acpi web", 258, 1},
    {"shutdown web -m paravirt", 258, 16},
    {"reboot web", 27, 0},
    {"reboot --mode paravirt web", 27, 16},
    {"undefine web", 231, -1},
    {"autostart web", 29, 1},
    {"autostart --disable web", 29, 0},
};

/* All of their arguments begin with the domain; flags, if any, are the next word. */
static bool
accept_change(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    remote_domain_destroy_args        plain = {.dom = {.name = NULL}};
    remote_domain_shutdown_flags_args flags = {.dom = {.name = NULL}};

    if (s->n_calls < 4 || call->program != WIRE_PROGRAM_REMOTE)
        return false;
    SCENE_DECODE(frame, size, remote_domain_destroy_args, &plain);
    ck_assert_str_eq(plain.dom.name, "web");
    ck_assert_int_eq(plain.dom.id, 7);
    free(plain.dom.name);
    if (changes[s->number].flags >= 0) {
        SCENE_DECODE(frame, size, remote_domain_shutdown_flags_args, &flags);
        ck_assert_int_eq((int)flags.flags, changes[s->number].flags);
        free(flags.dom.name);
    }
    scene_answer(s, call, NULL, NULL);
    return true;
}

START_TEST(a_change_is_one_call_and_prints_nothing)
{
    scene.on_call = accept_change;
    scene.number = _i;
    scene_run(&scene, changes[_i].command);
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_str_eq(scene.out.text, "");
    ck_assert_str_eq(scene.err.text, "");
    ck_assert_uint_eq(scene.n_calls - scene_count(&scene, SCENE_DOM0D + 1), 4);
    ck_assert_int_eq(scene.calls[3], changes[_i].procedure);
}
END_TEST

/*----- definitions -----*/

static const struct {
    const char *command;
    unsigned    flags;
} lists[] = {
    {"list", 1},
    {"list --all", 3},
    {"list --inactive", 2},
    {"list --persistent", 1 | 4},
    {"list --inactive --transient", 2 | 8},
    {"list -a --persistent --autostart", 3 | 4 | 1024},
};

static bool
note_list_flags(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    remote_connect_list_all_domains_args args;

    if (call->procedure == 273) {
        SCENE_DECODE(frame, size, remote_connect_list_all_domains_args, &args);
        s->number = (int)args.flags;
    }
    return false;
}

START_TEST(a_list_asks_for_what_its_options_say)
{
    scene.on_call = note_list_flags;
    scene_run(&scene, lists[_i].command);
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_int_eq(scene.number, (int)lists[_i].flags);
}
END_TEST

static char defined[4096];

static bool
accept_definition(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    remote_domain_define_xml_flags_args args = {.xml = NULL};

    if (call->program != WIRE_PROGRAM_REMOTE || call->procedure != 350)
        return false;
    SCENE_DECODE(frame, size, remote_domain_define_xml_flags_args, &args);
    snprintf(defined, sizeof defined, "%s", args.xml);
    s->number = (int)args.flags;
    wire_body_free((xdrproc_t)xdr_remote_domain_define_xml_flags_args, &args);
    SCENE_ANSWER(s, call, remote_domain_define_xml_flags_ret, .dom = scene_domain(2));
    return true;
}

START_TEST(what_is_defined_is_the_text_as_it_is)
{
    scene.on_call = accept_definition;
    scene.input = "<domain/>";
    scene_run(&scene, _i ? "define --validate -" : "define -");
    ck_assert_str_eq(scene.out.text, "old defined\n");
    ck_assert_str_eq(defined, "<domain/>");
    ck_assert_int_eq(scene.number, _i);
}
END_TEST

static bool
start_web(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    remote_domain_create_with_flags_args args = {.dom = {.name = NULL}};

    if (call->program != WIRE_PROGRAM_REMOTE || call->procedure != 196)
        return false;
    SCENE_DECODE(frame, size, remote_domain_create_with_flags_args, &args);
    s->number = (int)args.flags;
    wire_body_free((xdrproc_t)xdr_remote_domain_create_with_flags_args, &args);
    SCENE_ANSWER(s, call, remote_domain_create_with_flags_ret, .dom = scene_domain(0));
    return true;
}

START_TEST(a_start_tells_the_id)
{
    static const char *const commands[] = {"start web", "start -p web", "start --validate web"};
    static const int         flags[] = {0, 1, 16};

    scene.on_call = start_web;
    scene_run(&scene, commands[_i]);
    ck_assert_str_eq(scene.out.text, "web started, id 7\n");
    ck_assert_int_eq(scene.number, flags[_i]);
}
END_TEST

static bool
rename_web(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    remote_domain_rename_args args = {.dom = {.name = NULL}};

    if (call->program != WIRE_PROGRAM_REMOTE || call->procedure != 358)
        return false;
    SCENE_DECODE(frame, size, remote_domain_rename_args, &args);
    snprintf(defined, sizeof defined, "%s", *args.new_name);
    wire_body_free((xdrproc_t)xdr_remote_domain_rename_args, &args);
    SCENE_ANSWER(s, call, remote_domain_rename_ret, .retcode = 0);
    return true;
}

START_TEST(a_domain_gets_the_name_that_is_given)
{
    scene.on_call = rename_web;
    scene_run(&scene, "rename web new");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_str_eq(defined, "new");
}
END_TEST

/* What is stored of "web": scene.number says how often it was asked for, and whether the definition
 * is refused. */
enum { EDIT_REFUSED = 100, EDIT_OVERTAKEN = 200 };

static bool
edit_web(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    static char one[] = "<domain>one</domain>\n", other[] = "<domain>other</domain>\n";

    if (call->program != WIRE_PROGRAM_REMOTE)
        return false;
    if (call->procedure == 14) {
        bool again = scene_count(s, 14) > 1;

        SCENE_ANSWER(s, call, remote_domain_get_xml_desc_ret,
                     .xml = again && s->number == EDIT_OVERTAKEN ? other : one);
        return true;
    }
    if (call->procedure == 350 && s->number == EDIT_REFUSED) {
        scene_refuse(s, call, ERR_XML, "line 1: no");
        return true;
    }
    return accept_definition(s, call, frame, size);
}

/* The path of the text that is kept, which is removed. */
static void
assert_text_is_kept(const char *text)
{
    char       *path = strstr(scene.err.text, "the text is in ");
    char        kept[256] = "";
    FILE       *file;
    struct stat st;

    ck_assert_msg(path, "%s", scene.err.text);
    path += strlen("the text is in ");
    path[strcspn(path, "\n")] = '\0';
    file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(kept, sizeof kept, file));
    fclose(file);
    ck_assert_str_eq(kept, text);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    unlink(path);
}

START_TEST(what_was_edited_is_checked_and_defined)
{
    setenv("EDITOR", "sed -i s/one/two/", 1);
    unsetenv("VISUAL");
    scene.on_call = edit_web;
    scene_run(&scene, "edit web");
    ck_assert_str_eq(defined, "<domain>two</domain>\n");
    ck_assert_int_eq(scene.number, 1);
    ck_assert_str_eq(scene.out.text, "web changed; it counts when the domain is started next\n");
}
END_TEST

START_TEST(what_was_not_changed_is_not_defined)
{
    setenv("EDITOR", "false", 1);
    setenv("VISUAL", "true", 1);
    scene.on_call = edit_web;
    scene_run(&scene, "edit web");
    ck_assert_str_eq(scene.out.text, "web not changed\n");
    ck_assert_uint_eq(scene_count(&scene, 350), 0);
}
END_TEST

START_TEST(a_text_that_is_not_taken_is_kept)
{
    unsetenv("VISUAL");
    setenv("EDITOR", _i == 2 ? "false" : "sed -i s/one/two/", 1);
    scene.on_call = edit_web;
    scene.number = _i == 0 ? EDIT_REFUSED : _i == 1 ? EDIT_OVERTAKEN : 0;
    scene_run(&scene, "edit web");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    assert_text_is_kept(_i == 2 ? "<domain>one</domain>\n" : "<domain>two</domain>\n");
}
END_TEST

/*----- jobs -----*/

static char      save[] = "save", web[] = "web", nothing[] = "";
static dom0d_job sample_jobs[] = {
    {.id = 12,
     .operation = save,
     .domain = web,
     .state = DOM0D_JOB_RUNNING,
     .elapsed_usec = 65000000,
     .processed = 25,
     .total = 100},
    {.id = 13, .operation = save, .domain = nothing, .state = DOM0D_JOB_QUEUED},
};

static bool
give_jobs(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    dom0d_job_id_args args = {0};

    if (call->program != WIRE_PROGRAM_DOM0D)
        return false;
    if (call->procedure == 1) {
        SCENE_ANSWER(s, call, dom0d_job_list_ret, .jobs = {2, sample_jobs});
    } else if (call->procedure == 3) {
        SCENE_DECODE(frame, size, dom0d_job_id_args, &args);
        s->number = (int)args.id;
        scene_answer(s, call, NULL, NULL);
    } else {
        return false;
    }
    return true;
}

START_TEST(jobs_are_a_table)
{
    scene.on_call = give_jobs;
    scene_run(&scene, "jobs");
    ck_assert_str_eq(scene.out.text, "ID  Operation  Domain  State    Progress  Elapsed\n"
                                     "12  save       web     running       25%     1:05\n"
                                     "13  save       -       queued          -     0:00\n");
}
END_TEST

START_TEST(jobs_are_an_array_in_json)
{
    scene.on_call = give_jobs;
    scene_run(&scene, "jobs --json");
    ck_assert_ptr_nonnull(strstr(scene.out.text, "    \"id\": 12,\n"
                                                 "    \"operation\": \"save\",\n"
                                                 "    \"name\": \"web\",\n"));
    ck_assert_ptr_nonnull(strstr(scene.out.text, "    \"state\": \"queued\",\n"
                                                 "    \"elapsed_usec\": 0,\n"
                                                 "    \"processed_bytes\": 0,\n"
                                                 "    \"total_bytes\": 0\n"));
}
END_TEST

static bool
give_nothing(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    (void)frame, (void)size;
    if (call->program == WIRE_PROGRAM_DOM0D && call->procedure == 1)
        SCENE_ANSWER(s, call, dom0d_job_list_ret, .jobs = {0, NULL});
    else if (call->program != WIRE_PROGRAM_DOM0D && call->procedure == 273)
        SCENE_ANSWER(s, call, remote_connect_list_all_domains_ret, .ret = 0);
    else
        return false;
    return true;
}

/* _i: the jobs, or the domains. */
START_TEST(a_list_of_nothing_is_an_empty_array_in_json)
{
    scene.on_call = give_nothing;
    scene_run(&scene, _i ? "list --all --json" : "jobs --json");
    ck_assert_str_eq(scene.out.text, "[]\n");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
}
END_TEST

START_TEST(a_job_is_aborted_by_its_number)
{
    scene.on_call = give_jobs;
    scene_run(&scene, "abort --job 13");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_int_eq(scene.number, 13);
}
END_TEST

/*----- events -----*/

/* Events come as soon as they are asked for; one came while the answer was under way. */
static bool
send_events(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    (void)frame, (void)size;
    if (call->procedure != 316)
        return false;
    scene_event(s, 2, 0);
    SCENE_ANSWER(s, call, remote_connect_domain_event_callback_register_any_ret, .callbackID = 3);
    scene_event(s, 5, 4);
    scene_event(s, 77, 77);
    scene_event(s, 2, 2);
    return true;
}

/* The text without the times, which are one word each. */
static const char *
without_times(char *text)
{
    static char rest[1024];
    size_t      size = 0;

    rest[0] = '\0';
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        ck_assert_uint_eq(strcspn(line, " "), strlen("2026-03-01T12:34:56.789+0100"));
        size += (size_t)snprintf(rest + size, sizeof rest - size, "%s\n", strchr(line, ' ') + 1);
    }
    return rest;
}

START_TEST(events_are_printed_a_line_each_until_there_are_enough)
{
    scene.on_call = send_events;
    scene_run(&scene, "events --count 3");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_str_eq(without_times(scene.out.text), "web started (booted)\n"
                                                    "web stopped (saved)\n"
                                                    "web unknown (unknown)\n");
}
END_TEST

START_TEST(events_are_lines_of_json)
{
    const char *line;

    scene.on_call = send_events;
    scene_run(&scene, "events --json --count 2");
    ck_assert_int_eq(strncmp(scene.out.text, "{\"time\": \"20", 12), 0);
    line = strchr(scene.out.text, '\n') + 1;
    ck_assert_ptr_nonnull(
        strstr(line, "\"name\": \"web\", \"uuid\": \"" UUID_WEB
                     "\", \"id\": 7, \"event\": \"stopped\", \"detail\": \"saved\"}\n"));
}
END_TEST

START_TEST(when_the_time_is_up_before_the_events_came_it_failed)
{
    scene.on_call = send_events;
    scene_run(&scene, "events --count 5 --timeout 1");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_str_eq(scene.err.text, "dom0ctl: the time is up after 4 of 5 events\n");
}
END_TEST

START_TEST(when_no_number_was_asked_for_the_end_of_the_time_is_no_failure)
{
    scene.on_call = send_events;
    scene_run(&scene, "events --timeout 1");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_ptr_nonnull(strstr(scene.out.text, "web started (restored)\n"));
}
END_TEST

/* The second event comes only when the first has been seen. */
static void
send_the_next_event(struct scene *s)
{
    if (strstr(s->out.text, "web started (booted)\n"))
        scene_event(s, 5, 1);
}

static bool
send_one_event(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    (void)frame, (void)size;
    if (call->procedure == 316)
        scene_event(s, 2, 0);
    return false;
}

START_TEST(an_event_is_printed_when_it_comes_and_not_when_there_are_many)
{
    scene.on_call = send_one_event;
    scene.on_idle = send_the_next_event;
    scene_run(&scene, "events --count 2");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_ptr_nonnull(strstr(scene.out.text, "web stopped (destroyed)\n"));
}
END_TEST

static bool
note_event_domain(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    remote_connect_domain_event_callback_register_any_args args = {.eventID = -1};

    if (call->procedure != 316)
        return false;
    SCENE_DECODE(frame, size, remote_connect_domain_event_callback_register_any_args, &args);
    ck_assert_int_eq(args.eventID, 0);
    s->number = args.dom ? args.dom->id : -1;
    wire_body_free((xdrproc_t)xdr_remote_connect_domain_event_callback_register_any_args, &args);
    return send_events(s, call, frame, size);
}

START_TEST(events_of_one_domain_are_asked_for_as_such)
{
    scene.on_call = note_event_domain;
    scene_run(&scene, "events --domain web --count 1");
    ck_assert_int_eq(scene.number, 7);
}
END_TEST

/*----- use and misuse -----*/

static const struct {
    const char *command, *complaint;
} misuses[] = {
    {"", "a command is missing\nTry 'dom0ctl help'."},
    {"bogus", "there is no command \"bogus\"\nTry 'dom0ctl help'."},
    {"re web",
     "\"re\" is the beginning of several commands: rename, reboot, restore\nTry 'dom0ctl help'."},
    {"save web", "save takes DOMAIN FILE\nTry 'dom0ctl help save'."},
    {"list web", "list takes no operands\nTry 'dom0ctl help list'."},
    {"save --force web x", "option --force is not known here\nTry 'dom0ctl help save'."},
    {"save --running --paused web x",
     "--running and --paused exclude each other\nTry 'dom0ctl help save'."},
    {"restore --running --paused x",
     "--running and --paused exclude each other\nTry 'dom0ctl help restore'."},
    {"image-edit --running --paused x",
     "--running and --paused exclude each other\nTry 'dom0ctl help image-edit'."},
    {"pause --json web", "pause prints nothing that could be JSON\nTry 'dom0ctl help pause'."},
    {"shutdown --mode x web",
     "--mode is acpi or paravirt, not \"x\"\nTry 'dom0ctl help shutdown'."},
    {"reboot --mode acpi web",
     "--mode is paravirt for a reboot, not \"acpi\"\nTry 'dom0ctl help reboot'."},
    {"events --count 0",
     "--count needs a number from 1 to 4294967295, not \"0\"\nTry 'dom0ctl help events'."},
    {"events --timeout 1h",
     "--timeout needs a number from 1 to 31622400, not \"1h\"\nTry 'dom0ctl help events'."},
    {"abort", "abort needs a DOMAIN or --job ID\nTry 'dom0ctl help abort'."},
    {"abort --job 1 web", "abort needs a DOMAIN or --job ID\nTry 'dom0ctl help abort'."},
    {"wait web", "a job is given by its number, not \"web\"\nTry 'dom0ctl help wait'."},
    {"list --name --json", "--name and --json do not go together\nTry 'dom0ctl help list'."},
    {"help bogus", "there is no command \"bogus\"\nTry 'dom0ctl help help'."},
};

START_TEST(misuse_is_said_and_ends_with_2_without_asking_the_daemon)
{
    cleanup_free char *wanted = xasprintf("dom0ctl: %s\n", misuses[_i].complaint);

    scene_run(&scene, misuses[_i].command);
    ck_assert_int_eq(scene_exit_status(&scene), 2);
    ck_assert_str_eq(scene.err.text, wanted);
    ck_assert_str_eq(scene.out.text, "");
    ck_assert_uint_eq(scene.n_calls, 0);
}
END_TEST

START_TEST(help_needs_no_daemon)
{
    static const char *const commands[] = {"--help", "help save", "save --help", "list -h"};

    scene_run(&scene, commands[_i]);
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_int_eq(strncmp(scene.out.text, "usage: dom0ctl ", 15), 0);
    ck_assert_uint_eq(scene.n_calls, 0);
}
END_TEST

/*----- the daemon -----*/

START_TEST(without_a_daemon_the_socket_is_named)
{
    cleanup_free char *wanted = xasprintf("dom0ctl: cannot connect to the daemon at %s: "
                                          "No such file or directory (does dom0d run?)\n",
                                          scene.path);

    unlink(scene.path);
    scene_run(&scene, "list");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_str_eq(scene.err.text, wanted);
}
END_TEST

static bool
note_open_flags(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    remote_connect_open_args args = {.name = NULL};

    if (call->procedure != 1)
        return false;
    SCENE_DECODE(frame, size, remote_connect_open_args, &args);
    ck_assert_str_eq(*args.name, "xen:///system");
    s->number = (int)args.flags;
    wire_body_free((xdrproc_t)xdr_remote_connect_open_args, &args);
    return false;
}

START_TEST(a_connection_says_what_it_wants_to_open)
{
    scene.on_call = note_open_flags;
    scene.number = -1;
    scene_run(&scene, "list");
    ck_assert_int_eq(scene.number, 0);
}
END_TEST

START_TEST(readonly_takes_the_other_socket_and_says_so)
{
    cleanup_free char *path = xasprintf("%s-ro", scene.path);

    ck_assert_int_eq(rename(scene.path, path), 0);
    snprintf(scene.path, sizeof scene.path, "%s", path); /* scene_clear removes it */
    scene.on_call = note_open_flags;
    scene_run(&scene, "-r list --name");
    ck_assert_str_eq(scene.out.text, "web\ndb\n");
    ck_assert_int_eq(scene.number, 1);
}
END_TEST

static bool
refuse_at_length(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    (void)frame, (void)size;
    if (call->procedure != 12)
        return false;
    scene_refuse(s, call, ERR_OPERATION_FAILED, "cannot: \033[31mxenstore\nlibxl: it says no\n");
    return true;
}

START_TEST(the_daemons_error_is_one_line_and_safe)
{
    scene.on_call = refuse_at_length;
    scene_run(&scene, "destroy web");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_str_eq(scene.err.text, "dom0ctl: cannot: \\x1b[31mxenstore; libxl: it says no\n");
}
END_TEST

static bool
refuse_open(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    (void)frame, (void)size;
    if (call->procedure != 1)
        return false;
    scene_refuse(s, call, ERR_NO_CONNECT, "this is no Xen host");
    return true;
}

START_TEST(a_daemon_that_does_not_open_says_why)
{
    scene.on_call = refuse_open;
    scene_run(&scene, "list");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_str_eq(scene.err.text, "dom0ctl: this is no Xen host\n");
}
END_TEST

/* What goes wrong on the wire, and what is said then. */
static bool
go_wrong(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    static const unsigned char garbage[] = {0, 0, 0, 4, 1, 2, 3, 4};
    static const unsigned char half[] = {0, 0, 0, 64, 0x20, 0, 0x80, 0x86, 0, 0};
    struct wire_header         other = *call;

    (void)frame, (void)size;
    if (call->procedure != 273)
        return false;
    switch (s->number) {
    case 0:
        scene_hang_up(s);
        break;
    case 1:
        scene_send(s, half, sizeof half);
        scene_hang_up(s);
        break;
    case 2:
        scene_send(s, garbage, sizeof garbage);
        break;
    case 3: /* an answer that is too short for its type */
        scene_answer(s, call, NULL, NULL);
        break;
    default:
        other.procedure = 274;
        scene_answer(s, &other, NULL, NULL);
    }
    return true;
}

START_TEST(what_goes_wrong_on_the_wire_is_an_error_and_never_a_hang)
{
    static const char *const said[] = {
        "was lost\n",
        "was lost\n",
        "sent what is not its protocol: ",
        "dom0ctl: the daemon's answer to procedure 273: ",
        "dom0ctl: the daemon answered procedure 274 instead of 273\n",
    };

    scene.on_call = go_wrong;
    scene.number = _i;
    scene_run(&scene, "list");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_ptr_nonnull(strstr(scene.err.text, said[_i]));
    ck_assert_str_eq(scene.out.text, "");
}
END_TEST

/* The answer byte by byte, between a reply to nobody, an unknown message and a PING. */
static bool
answer_in_pieces(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    struct wire_header other = *call, ping = {.program = WIRE_PROGRAM_KEEPALIVE,
                                              .version = 1,
                                              .procedure = 1,
                                              .type = WIRE_MESSAGE};
    struct wire_header reply = *call;
    struct err         err;
    void              *bytes;
    size_t             n;

    (void)frame, (void)size;
    if (call->procedure != 60)
        return false;
    other.program = WIRE_PROGRAM_DOM0D;
    scene_answer(s, &other, NULL, NULL);
    other = *call;
    other.serial += 77;
    scene_answer(s, &other, NULL, NULL);
    scene_event(s, 2, 0);
    reply.type = WIRE_REPLY;
    ck_assert_int_eq(wire_encode(&ping, NULL, NULL, &bytes, &n, &err), 0);
    scene_send(s, bytes, n);
    free(bytes);
    ck_assert_int_eq(wire_encode(&reply, (xdrproc_t)xdr_remote_connect_supports_feature_ret,
                                 &(remote_connect_supports_feature_ret){.supported = 1}, &bytes, &n,
                                 &err),
                     0);
    for (size_t i = 0; i < n; i++)
        scene_send(s, (char *)bytes + i, 1);
    free(bytes);
    return true;
}

START_TEST(an_answer_is_found_between_other_frames_and_a_ping_is_answered)
{
    scene.on_call = answer_in_pieces;
    scene_run(&scene, "events --timeout 1");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_uint_eq(scene_count(&scene, SCENE_KEEPALIVE + 2), 1);
}
END_TEST

static bool
answer_twice(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    (void)frame, (void)size;
    if (call->procedure != 212)
        return false;
    scene_hold(s);
    SCENE_ANSWER(s, call, remote_domain_get_state_ret, .state = 1, .reason = 1);
    SCENE_ANSWER(s, call, remote_domain_get_state_ret, .state = 3, .reason = 1);
    scene_release(s);
    return true;
}

START_TEST(of_two_answers_to_one_call_the_first_counts)
{
    scene.on_call = answer_twice;
    scene_run(&scene, "state web");
    ck_assert_str_eq(scene.out.text, "running\n");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
}
END_TEST

START_TEST(output_that_finds_no_room_is_a_failure)
{
    scene.full_output = true;
    scene_run(&scene, "list");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_str_eq(scene.err.text, "dom0ctl: cannot write the output\n");
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("dom0ctl");
    TCase   *tc = tcase_create("commands");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, list_prints_a_table_of_the_domains_that_run);
    tcase_add_test(tc, list_all_has_the_others_too);
    tcase_add_test(tc, list_name_prints_names_and_asks_for_nothing_else);
    tcase_add_test(tc, list_json_is_an_array_of_objects);
    tcase_add_test(tc, a_domain_that_goes_while_it_is_listed_is_left_out);
    tcase_add_loop_test(tc, no_name_reaches_the_terminal_with_control_characters, 0, 3);
    tcase_add_test(tc, info_prints_what_is_known);
    tcase_add_test(tc, info_json_says_the_same);
    tcase_add_loop_test(tc, info_has_the_messages_that_the_daemon_has_of_the_domain, 0, 2);
    tcase_add_test(tc, state_is_one_word_and_a_reason_if_asked_for);
    tcase_add_loop_test(tc, a_domain_is_looked_up_by_id_or_uuid_and_then_by_name, 0,
                        array_size(lookups));
    tcase_add_test(tc, a_look_up_that_fails_for_another_reason_is_not_tried_in_another_way);
    tcase_add_test(tc, xml_is_printed_as_it_is_where_it_goes_to_no_terminal);
    tcase_add_test(tc, xml_asks_for_what_the_options_say);
    tcase_add_loop_test(tc, convert_tells_xml_from_xl_cfg_and_has_it_converted, 0,
                        array_size(conversions));
    tcase_add_loop_test(tc, what_is_in_that_form_already_is_not_converted, 0,
                        array_size(not_converted));
    tcase_add_test(tc, version_tells_all_three);
    tcase_add_loop_test(tc, a_list_asks_for_what_its_options_say, 0, array_size(lists));
    tcase_add_loop_test(tc, what_is_defined_is_the_text_as_it_is, 0, 2);
    tcase_add_loop_test(tc, a_start_tells_the_id, 0, 3);
    tcase_add_test(tc, a_domain_gets_the_name_that_is_given);
    tcase_add_test(tc, what_was_edited_is_checked_and_defined);
    tcase_add_test(tc, what_was_not_changed_is_not_defined);
    tcase_add_loop_test(tc, a_text_that_is_not_taken_is_kept, 0, 3);
    tcase_add_loop_test(tc, a_change_is_one_call_and_prints_nothing, 0, array_size(changes));
    tcase_add_test(tc, jobs_are_a_table);
    tcase_add_test(tc, jobs_are_an_array_in_json);
    tcase_add_loop_test(tc, a_list_of_nothing_is_an_empty_array_in_json, 0, 2);
    tcase_add_test(tc, a_job_is_aborted_by_its_number);
    tcase_add_test(tc, events_are_printed_a_line_each_until_there_are_enough);
    tcase_add_test(tc, events_are_lines_of_json);
    tcase_add_test(tc, when_the_time_is_up_before_the_events_came_it_failed);
    tcase_add_test(tc, when_no_number_was_asked_for_the_end_of_the_time_is_no_failure);
    tcase_add_test(tc, an_event_is_printed_when_it_comes_and_not_when_there_are_many);
    tcase_add_test(tc, events_of_one_domain_are_asked_for_as_such);
    tcase_add_loop_test(tc, misuse_is_said_and_ends_with_2_without_asking_the_daemon, 0,
                        array_size(misuses));
    tcase_add_loop_test(tc, help_needs_no_daemon, 0, 4);
    tcase_add_test(tc, without_a_daemon_the_socket_is_named);
    tcase_add_test(tc, a_connection_says_what_it_wants_to_open);
    tcase_add_test(tc, readonly_takes_the_other_socket_and_says_so);
    tcase_add_test(tc, the_daemons_error_is_one_line_and_safe);
    tcase_add_test(tc, a_daemon_that_does_not_open_says_why);
    tcase_add_loop_test(tc, what_goes_wrong_on_the_wire_is_an_error_and_never_a_hang, 0, 5);
    tcase_add_test(tc, an_answer_is_found_between_other_frames_and_a_ping_is_answered);
    tcase_add_test(tc, of_two_answers_to_one_call_the_first_counts);
    tcase_add_test(tc, output_that_finds_no_room_is_a_failure);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
