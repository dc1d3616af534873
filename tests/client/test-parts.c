/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-parts.c: what dom0ctl is made of: texts, tables, JSON, options, commands, progress, and the
 * files of another system.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "commands.h"
#include "domain.h"
#include "folder.h"
#include "json.h"
#include "options.h"
#include "progress.h"
#include "settings.h"
#include "text.h"

#define MIB (1024u * 1024u)
#define SECOND 1000000u

/*----- texts -----*/

START_TEST(a_text_that_does_no_harm_stays_as_it_is)
{
    cleanup_free char *safe = text_safe("web-1 \xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa7 \\x41");

    ck_assert_str_eq(safe, "web-1 \xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa7 \\x41");
}
END_TEST

struct pair {
    const char *given, *wanted;
};

static const struct pair unsafe_texts[] = {
    {"a\033[2Jb", "a\\x1b[2Jb"},
    {"a\rb\bc\177", "a\\x0db\\x08c\\x7f"},
    {"a\xc2\x9b"
     "31mb",
     "a\\xc2\\x9b31mb"},                          /* U+009B, CSI in one character */
    {"a\x9bz", "a\\x9bz"},                        /* and as a byte */
    {"a\xe2\x80\xaez", "a\\xe2\\x80\\xaez"},      /* U+202E turns what follows */
    {"a\xe2\x81\xa6z", "a\\xe2\\x81\\xa6z"},      /* U+2066 */
    {"\xc0\x9b", "\\xc0\\x9b"},                   /* an ESC in two bytes */
    {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},          /* a slash in three */
    {"\xed\xa0\x80", "\\xed\\xa0\\x80"},          /* a surrogate */
    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* beyond U+10FFFF */
    {"cut \xe2\x82", "cut \\xe2\\x82"},           /* the end of the text in a character */
    {"first\n  second\n", "first; second"},
    {"\n", ""},
};

START_TEST(what_a_terminal_would_obey_is_written_in_hexadecimal)
{
    cleanup_free char *safe = text_safe(unsafe_texts[_i].given);

    ck_assert_str_eq(safe, unsafe_texts[_i].wanted);
}
END_TEST

START_TEST(a_duration_has_hours_only_where_there_are_some)
{
    cleanup_free char *seconds = text_duration(9), *minutes = text_duration(61);
    cleanup_free char *hours = text_duration(3600 + 125);

    ck_assert_str_eq(seconds, "0:09");
    ck_assert_str_eq(minutes, "1:01");
    ck_assert_str_eq(hours, "1:02:05");
}
END_TEST

/*----- tables -----*/

START_TEST(columns_of_a_table_are_as_wide_as_their_longest_cell)
{
    static const char *const headings[] = {"Name", ">ID", "State"};
    char                     text[256] = "";
    FILE                    *out = fmemopen(text, sizeof text, "w");
    struct table             table;

    table_init(&table, headings, 3);
    table_add(&table, "%s", "w\xc3\xa4rme"); /* five columns in six bytes */
    table_add(&table, "%d", 7);
    table_add(&table, "running");
    table_add(&table, "db\t");
    table_add(&table, "%d", 12345);
    table_add(&table, "paused");
    table_print(&table, out);
    table_clear(&table);
    fclose(out);
    ck_assert_str_eq(text, "Name       ID  State\n"
                           "w\xc3\xa4rme       7  running\n"
                           "db\\x09  12345  paused\n");
}
END_TEST

/*----- JSON -----*/

static void
write_sample(struct json *json)
{
    json_object(json, NULL);
    json_string(json, "name", "a\"b\\c\n\033\xc2\x9b\xe2\x80\xae\xff\xc3\xa4");
    json_string(json, "nothing", NULL);
    json_array(json, "list");
    json_uint(json, NULL, UINT64_MAX);
    json_int(json, NULL, -1);
    json_bool(json, NULL, true);
    json_array_end(json);
    json_array(json, "empty");
    json_array_end(json);
    json_object_end(json);
}

START_TEST(json_is_indented_and_escapes_what_could_do_harm)
{
    char        text[512] = "";
    FILE       *out = fmemopen(text, sizeof text, "w");
    struct json json;

    json_init(&json, out, false);
    write_sample(&json);
    fclose(out);
    ck_assert_str_eq(text,
                     "{\n"
                     "  \"name\": \"a\\\"b\\\\c\\u000a\\u001b\\u009b\\u202e\\ufffd\xc3\xa4\",\n"
                     "  \"nothing\": null,\n"
                     "  \"list\": [\n"
                     "    18446744073709551615,\n"
                     "    -1,\n"
                     "    true\n"
                     "  ],\n"
                     "  \"empty\": []\n"
                     "}\n");
}
END_TEST

START_TEST(each_value_of_a_json_stream_is_one_line)
{
    char        text[512] = "";
    FILE       *out = fmemopen(text, sizeof text, "w");
    struct json json;

    json_init(&json, out, true);
    for (int i = 0; i < 2; i++) {
        json_object(&json, NULL);
        json_int(&json, "a", i);
        json_int(&json, "b", i);
        json_object_end(&json);
    }
    fclose(out);
    ck_assert_str_eq(text, "{\"a\": 0, \"b\": 0}\n{\"a\": 1, \"b\": 1}\n");
}
END_TEST

/*----- options -----*/

static const struct option_spec sample_options[] = {
    {"paused", 'p', NULL, "p"},
    {"mode", 'm', "MODE", "m"},
    {"plain", 0, NULL, "q"},
    {0},
};

/* Parse a line of words; the words stay in memory until the next. */
static int
parse(const char *line, bool mixed, struct options *options, struct err *err)
{
    static char  words[256];
    static char *argv[16];
    int          argc = 0;

    snprintf(words, sizeof words, "%s", line);
    argv[argc++] = words;
    for (char *at = words; (at = strchr(at, ' ')); argc++) {
        *at++ = '\0';
        argv[argc] = at;
    }
    argv[argc] = NULL;
    options_init(options);
    options_add(options, sample_options);
    return options_parse(options, argc, argv, mixed, err);
}

START_TEST(options_stand_before_and_behind_operands)
{
    struct options options;
    struct err     err;

    ck_assert_int_eq(parse("x a --mode=one -p b", true, &options, &err), 0);
    ck_assert_str_eq(option_value(&options, "mode"), "one");
    ck_assert(option_given(&options, "paused"));
    ck_assert(!option_given(&options, "plain"));
    ck_assert_int_eq(options.n_operands, 2);
    ck_assert_str_eq(options.operands[0], "a");
    ck_assert_str_eq(options.operands[1], "b");
}
END_TEST

START_TEST(before_a_command_the_first_operand_ends_the_options)
{
    struct options options;
    struct err     err;

    ck_assert_int_eq(parse("x -mtwo save --bogus", false, &options, &err), 0);
    ck_assert_str_eq(option_value(&options, "mode"), "two");
    ck_assert_int_eq(options.n_operands, 2);
    ck_assert_str_eq(options.operands[1], "--bogus");
}
END_TEST

START_TEST(a_double_hyphen_ends_the_options)
{
    struct options options;
    struct err     err;

    ck_assert_int_eq(parse("x -- -p", true, &options, &err), 0);
    ck_assert(!option_given(&options, "paused"));
    ck_assert_str_eq(options.operands[0], "-p");
}
END_TEST

static const struct pair bad_options[] = {
    {"x --bogus", "option --bogus is not known here"},
    {"x -q", "option -q is not known here"},
    {"x --mode", "option --mode needs a value"},
    {"x -m", "option -m needs a value"},
    {"x --p", "option --p is not known here"}, /* paused or plain? */
    {"x --paused=yes", "option --paused=yes is not known here"},
};

START_TEST(a_wrong_option_is_named)
{
    struct options options;
    struct err     err;

    ck_assert_int_eq(parse(bad_options[_i].given, true, &options, &err), -1);
    ck_assert_str_eq(err.message, bad_options[_i].wanted);
}
END_TEST

/*----- commands -----*/

START_TEST(a_command_is_found_by_a_beginning_that_no_other_has)
{
    struct err err;

    ck_assert_str_eq(command_find("sav", &err)->name, "save");
    ck_assert_str_eq(command_find("x", &err)->name, "xml");
    ck_assert_ptr_null(command_find("s", &err));
    ck_assert_str_eq(err.message,
                     "\"s\" is the beginning of several commands: state, start, shutdown, save");
    ck_assert_ptr_null(command_find("saved", &err));
    ck_assert_str_eq(err.message, "there is no command \"saved\"");
}
END_TEST

START_TEST(a_command_takes_as_many_operands_as_its_usage_says)
{
    struct command command = {.args = "DOMAIN [FILE]"}, none = {.args = ""};

    ck_assert(!command_takes(&command, 0));
    ck_assert(command_takes(&command, 1));
    ck_assert(command_takes(&command, 2));
    ck_assert(!command_takes(&command, 3));
    ck_assert(command_takes(&none, 0));
    ck_assert(!command_takes(&none, 1));
}
END_TEST

START_TEST(states_and_reasons_out_of_range_are_unknown)
{
    ck_assert_str_eq(domain_state_name(1), "running");
    ck_assert_str_eq(domain_state_name(8), "unknown");
    ck_assert_str_eq(domain_state_name(-1), "unknown");
    ck_assert_str_eq(domain_state_reason(5, 5), "saved");
    ck_assert_str_eq(domain_state_reason(5, 13), "unknown");
    ck_assert_str_eq(domain_state_reason(5, 14), "unknown");
    ck_assert_str_eq(domain_state_reason(7, 0), "unknown");
    ck_assert_str_eq(domain_state_reason(-1, -1), "unknown");
}
END_TEST

/*----- progress -----*/

static char            shown[4096];
static FILE           *shown_file;
static struct progress progress;

static void
setup(void)
{
    memset(shown, 0, sizeof shown);
    shown_file = fmemopen(shown, sizeof shown, "w");
    progress_init(&progress, shown_file, "save web", 1000 * SECOND);
}

static void
teardown(void)
{
    progress_clear(&progress);
    fclose(shown_file);
}

/* A quarter of 1,000 MiB in 2.5 s. */
static void
run_a_quarter(void)
{
    for (unsigned i = 0; i <= 10; i++)
        progress_update(&progress, PROGRESS_RUNNING, 25ull * i * MIB, 1000ull * MIB,
                        1000 * SECOND + i * SECOND / 4);
}

START_TEST(a_bar_tells_percentage_amount_rate_and_time_left)
{
    cleanup_free char *bar = NULL;

    run_a_quarter();
    bar = progress_bar(&progress, 79, 1003 * SECOND);
    ck_assert_str_eq(bar,
                     "save web  25% [=====>                  ] 250/1000 MiB  100 MiB/s  0:08 left");
    ck_assert_uint_le(text_columns(bar), 79);
}
END_TEST

START_TEST(a_bar_is_never_wider_than_the_terminal)
{
    run_a_quarter();
    for (unsigned columns = 1; columns < 200; columns++) {
        cleanup_free char *bar = progress_bar(&progress, columns, 1003 * SECOND);

        ck_assert_uint_le(text_columns(bar), columns);
        ck_assert(columns < 20 || strstr(bar, "25%"));
    }
}
END_TEST

START_TEST(a_bar_is_cut_between_characters)
{
    struct progress    p;
    cleanup_free char *bar = NULL;

    progress_init(&p, shown_file, "\xc3\xa4\xc3\xa4\xc3\xa4", 0);
    bar = progress_bar(&p, 2, 0);
    ck_assert_str_eq(bar, "\xc3\xa4\xc3\xa4");
    progress_clear(&p);
}
END_TEST

START_TEST(the_rate_follows_what_is_recent)
{
    cleanup_free char *line = NULL;

    run_a_quarter();
    for (unsigned i = 1; i <= 40; i++) /* ten seconds of 10 MiB/s */
        progress_update(&progress, PROGRESS_RUNNING, (250 + i * 10 / 4) * (uint64_t)MIB,
                        1000ull * MIB, 1002 * SECOND + SECOND / 2 + i * SECOND / 4);
    ck_assert_double_lt(progress.rate, 20.0 * MIB);
    ck_assert_double_gt(progress.rate, 9.0 * MIB);
    line = progress_line(&progress, 1013 * SECOND);
    ck_assert_ptr_nonnull(strstr(line, "35%, 350 of 1000 MiB, "));
}
END_TEST

/* As on a real host: a header at once, then nothing for a while, then memory at 100 MiB/s. */
static void
start_slowly(unsigned quarters)
{
    for (unsigned i = 0; i <= quarters; i++)
        progress_update(&progress, PROGRESS_RUNNING, i < 2 ? 24 * i : 25ull * (i - 1) * MIB,
                        10000ull * MIB, 1000 * SECOND + i * SECOND / 4);
}

START_TEST(no_rate_is_told_before_a_second_and_a_hundredth)
{
    static const unsigned quarters[] = {1, 3, 4};
    cleanup_free char    *line = NULL, *bar = NULL;

    start_slowly(quarters[_i]);
    line = progress_line(&progress, 1001 * SECOND);
    bar = progress_bar(&progress, 79, 1001 * SECOND);
    ck_assert_ptr_null(strstr(line, "/s"));
    ck_assert_ptr_null(strstr(line, "left"));
    ck_assert_ptr_null(strstr(bar, "/s"));
}
END_TEST

START_TEST(no_rate_is_told_of_a_hundredth_that_took_no_second)
{
    cleanup_free char *line = NULL;

    progress_update(&progress, PROGRESS_RUNNING, 0, 1000ull * MIB, 1000 * SECOND);
    progress_update(&progress, PROGRESS_RUNNING, 100 * MIB, 1000ull * MIB,
                    1000 * SECOND + SECOND / 4);
    line = progress_line(&progress, 1001 * SECOND);
    ck_assert_str_eq(line, "save web: 10%, 100 of 1000 MiB");
}
END_TEST

START_TEST(a_slow_beginning_does_not_hide_the_rate_for_long)
{
    cleanup_free char *line = NULL;

    start_slowly(8);
    line = progress_line(&progress, 1002 * SECOND);
    ck_assert_str_eq(line, "save web: 1%, 175 of 10000 MiB, 88 MiB/s, 1:52 left");
}
END_TEST

START_TEST(more_than_a_day_left_is_not_told)
{
    cleanup_free char *less = NULL, *more = NULL;

    progress_update(&progress, PROGRESS_RUNNING, 0, 86410ull * MIB, 1000 * SECOND);
    progress_update(&progress, PROGRESS_RUNNING, 1000ull * MIB, 86410ull * MIB, 2000 * SECOND);
    less = progress_line(&progress, 2000 * SECOND);
    ck_assert_str_eq(less, "save web: 1%, 1000 of 86410 MiB, 1 MiB/s, 23:43:30 left");
    progress_update(&progress, PROGRESS_RUNNING, 1000ull * MIB, 97401ull * MIB, 2000 * SECOND);
    more = progress_line(&progress, 2000 * SECOND);
    ck_assert_str_eq(more, "save web: 1%, 1000 of 97401 MiB, 1 MiB/s");
}
END_TEST

START_TEST(all_done_is_a_hundred_percent_also_where_more_was_done_than_there_is)
{
    cleanup_free char *line = NULL;

    run_a_quarter();
    progress_update(&progress, PROGRESS_RUNNING, 1001ull * MIB, 1000ull * MIB, 1010 * SECOND);
    line = progress_line(&progress, 1010 * SECOND);
    ck_assert_ptr_nonnull(strstr(line, "save web: 100%, 1001 of 1000 MiB"));
    ck_assert_ptr_null(strstr(line, "left"));
}
END_TEST

START_TEST(without_a_total_the_time_is_told)
{
    cleanup_free char *fresh = progress_line(&progress, 1012 * SECOND);
    cleanup_free char *some = NULL, *queued = NULL, *aborting = NULL;

    ck_assert_str_eq(fresh, "save web: 0:12");
    progress_update(&progress, PROGRESS_RUNNING, 5 * MIB, 0, 1012 * SECOND);
    some = progress_line(&progress, 1012 * SECOND);
    ck_assert_str_eq(some, "save web: 5 MiB, 0:12");
    progress_update(&progress, PROGRESS_QUEUED, 0, 0, 1012 * SECOND);
    queued = progress_line(&progress, 1012 * SECOND);
    ck_assert_str_eq(queued, "save web: waits for its turn, 0:12");
    progress_update(&progress, PROGRESS_ABORTING, 0, 0, 1012 * SECOND);
    aborting = progress_line(&progress, 1013 * SECOND);
    ck_assert_str_eq(aborting, "save web: 0:13, aborting");
}
END_TEST

START_TEST(without_a_daemon_the_last_figures_stand_and_no_rate)
{
    cleanup_free char *early = NULL, *line = NULL, *bar = NULL, *after = NULL;

    progress_set_state(&progress, PROGRESS_AWAY);
    early = progress_line(&progress, 1012 * SECOND);
    ck_assert_str_eq(early, "save web: 0:12, waits for the daemon");
    run_a_quarter();
    progress_set_state(&progress, PROGRESS_AWAY);
    line = progress_line(&progress, 1012 * SECOND);
    ck_assert_str_eq(line, "save web: 25%, 250 of 1000 MiB, waits for the daemon");
    bar = progress_bar(&progress, 79, 1012 * SECOND);
    ck_assert_ptr_nonnull(strstr(bar, " 250/1000 MiB  waits for the daemon"));
    progress_set_state(&progress, PROGRESS_RUNNING);
    after = progress_line(&progress, 1012 * SECOND);
    ck_assert_str_eq(after, "save web: 25%, 250 of 1000 MiB, 100 MiB/s, 0:08 left");
}
END_TEST

START_TEST(off_a_terminal_there_is_a_line_every_five_seconds_and_no_control_character)
{
    size_t lines = 0;

    for (unsigned i = 0; i < 4 * 21; i++) {
        progress_update(&progress, PROGRESS_RUNNING, 10ull * i * MIB, 1000ull * MIB,
                        1000 * SECOND + i * SECOND / 4);
        progress_show(&progress, 1000 * SECOND + i * SECOND / 4);
    }
    progress_clear(&progress);
    for (const char *at = shown; *at; at++) {
        ck_assert(*at >= ' ' || *at == '\n');
        lines += *at == '\n';
    }
    ck_assert_uint_eq(lines, 4);
}
END_TEST

/*----- the files of another system -----*/

static char        root_dir[64];
static struct root root;

static void
root_put(const char *name, const char *text)
{
    cleanup_free char *path = xasprintf("%s/%s", root_dir, name);
    struct err         err;

    ck_assert_int_eq(file_replace(path, text, strlen(text), 0600, &err), 0);
}

static void
root_link(const char *name, const char *target)
{
    cleanup_free char *path = xasprintf("%s/%s", root_dir, name);

    ck_assert_int_eq(symlink(target, path), 0);
}

static void
root_setup(void)
{
    cleanup_free char *folder = NULL;
    struct err         err;

    snprintf(root_dir, sizeof root_dir, "/tmp/test-parts.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root_dir));
    folder = xasprintf("%s/folder.cfg", root_dir);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    ck_assert_int_eq(root_open(&root, root_dir, &err), 0);
}

static void
root_teardown(void)
{
    cleanup_free char *command = xasprintf("rm -r %s", root_dir);

    root_close(&root);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(a_folder_is_listed_in_order_without_what_is_hidden_or_a_folder)
{
    cleanup_names struct names names;
    struct err                 err;

    root_put("b.cfg", "");
    root_put("a.cfg", "");
    root_put(".hidden.cfg", "");
    root_put("c.other", "");
    root_put(".cfg", "");
    ck_assert_int_eq(root_list(&root, "/", ".cfg", false, &names, &err), 0);
    ck_assert_uint_eq(names.count, 2);
    ck_assert_str_eq(names.list[0], "a");
    ck_assert_str_eq(names.list[1], "b");
    ck_assert(names_have(&names, "b"));
    ck_assert(!names_have(&names, "c"));
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_empty_only_where_it_may_be)
{
    cleanup_names struct names names;
    struct err                 err;

    ck_assert_int_eq(root_list(&root, "/lacks", "", true, &names, &err), 0);
    ck_assert_uint_eq(names.count, 0);
    ck_assert_int_eq(root_list(&root, "/lacks", "", false, &names, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.message, root_dir));
    root_put("file", "");
    ck_assert_int_eq(root_list(&root, "/file", "", true, &names, &err), -1);
}
END_TEST

START_TEST(an_absolute_link_leads_where_it_would_in_its_own_system)
{
    cleanup_free char *text = NULL;
    struct stat        direct, st;
    struct err         err;

    root_put("there", "this");
    root_link("link", "/there");
    root_link("up", "../../../../there");
    ck_assert_int_eq(root_read(&root, "/there", &text, &direct, &err), 0);
    for (int n = 0; n < 2; n++) {
        free(take_ptr(text));
        ck_assert_int_eq(root_read(&root, n ? "/link" : "/up", &text, &st, &err), 0);
        ck_assert_str_eq(text, "this");
        ck_assert_uint_eq(st.st_ino, direct.st_ino);
    }
}
END_TEST

START_TEST(what_is_no_file_is_not_read)
{
    cleanup_free char *text = NULL, *fifo = xasprintf("%s/fifo", root_dir);
    struct err         err;

    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    ck_assert_int_eq(root_read(&root, "/fifo", &text, NULL, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.message, "fifo: it is not a regular file"));
}
END_TEST

static const struct {
    const char *line, *value; /* NULL: only a shell knows */
} setting_lines[] = {
    {"SAVE=/srv/save", "/srv/save"},
    {"  export SAVE=\"/srv/my save\" # there", "/srv/my save"},
    {"SAVE='/srv/$save'; X=1", NULL},
    {"SAVE='/srv/$save';", "/srv/$save"},
    {"SAVE=", ""},
    {"SAVE=\"\"", ""},
    {"#SAVE=/srv/save", "as before"},
    {"SAVES=/srv/save", "as before"},
    {"SAVE=$HOME/save", NULL},
    {"SAVE=\"$HOME/save\"", NULL},
    {"SAVE=`pwd`", NULL},
    {"SAVE=\"/srv", NULL},
    {"SAVE=/srv/\"my save\"", NULL},
    {"SAVE=\"/srv\"/save", NULL},
    {"SAVE=~/save", NULL},
    {"SAVE=/srv/save other", NULL},
};

START_TEST(a_setting_is_a_word_or_a_quoted_one)
{
    struct setting     setting = {.name = "SAVE", .value = xstrdup("as before")};
    const char        *value = setting_lines[_i].value;
    cleanup_free char *text = xasprintf("# a comment\n%s\n", setting_lines[_i].line);
    struct err         err;
    int                r;

    root_put("default", text);
    r = settings_read(&root, "/default", &setting, 1, &err);
    ck_assert_int_eq(r, value ? 1 : -1);
    if (value)
        ck_assert_str_eq(setting.value, value);
    else
        ck_assert_ptr_nonnull(strstr(err.message, "line 2: what SAVE is only a shell could tell"));
    free(setting.value);
}
END_TEST

START_TEST(without_their_file_settings_are_as_before)
{
    struct setting setting = {.name = "SAVE", .value = xstrdup("as before")};
    struct err     err;

    ck_assert_int_eq(settings_read(&root, "/default", &setting, 1, &err), 0);
    ck_assert_str_eq(setting.value, "as before");
    ck_assert_int_eq(settings_read(&root, "/folder.cfg", &setting, 1, &err), -1);
    free(setting.value);
}
END_TEST

static void
add_files(Suite *suite)
{
    TCase *files = tcase_create("files");

    tcase_add_checked_fixture(files, root_setup, root_teardown);
    tcase_add_test(files, a_folder_is_listed_in_order_without_what_is_hidden_or_a_folder);
    tcase_add_test(files, a_folder_that_is_not_there_is_empty_only_where_it_may_be);
    tcase_add_test(files, an_absolute_link_leads_where_it_would_in_its_own_system);
    tcase_add_test(files, what_is_no_file_is_not_read);
    tcase_add_loop_test(files, a_setting_is_a_word_or_a_quoted_one, 0, array_size(setting_lines));
    tcase_add_test(files, without_their_file_settings_are_as_before);
    suite_add_tcase(suite, files);
}

int
main(void)
{
    Suite   *suite = suite_create("client-parts");
    TCase   *tc = tcase_create("parts");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_text_that_does_no_harm_stays_as_it_is);
    tcase_add_loop_test(tc, what_a_terminal_would_obey_is_written_in_hexadecimal, 0,
                        array_size(unsafe_texts));
    tcase_add_test(tc, a_duration_has_hours_only_where_there_are_some);
    tcase_add_test(tc, columns_of_a_table_are_as_wide_as_their_longest_cell);
    tcase_add_test(tc, json_is_indented_and_escapes_what_could_do_harm);
    tcase_add_test(tc, each_value_of_a_json_stream_is_one_line);
    tcase_add_test(tc, options_stand_before_and_behind_operands);
    tcase_add_test(tc, before_a_command_the_first_operand_ends_the_options);
    tcase_add_test(tc, a_double_hyphen_ends_the_options);
    tcase_add_loop_test(tc, a_wrong_option_is_named, 0, array_size(bad_options));
    tcase_add_test(tc, a_command_is_found_by_a_beginning_that_no_other_has);
    tcase_add_test(tc, a_command_takes_as_many_operands_as_its_usage_says);
    tcase_add_test(tc, states_and_reasons_out_of_range_are_unknown);
    tcase_add_test(tc, a_bar_tells_percentage_amount_rate_and_time_left);
    tcase_add_test(tc, a_bar_is_never_wider_than_the_terminal);
    tcase_add_test(tc, a_bar_is_cut_between_characters);
    tcase_add_test(tc, the_rate_follows_what_is_recent);
    tcase_add_loop_test(tc, no_rate_is_told_before_a_second_and_a_hundredth, 0, 3);
    tcase_add_test(tc, no_rate_is_told_of_a_hundredth_that_took_no_second);
    tcase_add_test(tc, a_slow_beginning_does_not_hide_the_rate_for_long);
    tcase_add_test(tc, more_than_a_day_left_is_not_told);
    tcase_add_test(tc, all_done_is_a_hundred_percent_also_where_more_was_done_than_there_is);
    tcase_add_test(tc, without_a_total_the_time_is_told);
    tcase_add_test(tc, without_a_daemon_the_last_figures_stand_and_no_rate);
    tcase_add_test(tc, off_a_terminal_there_is_a_line_every_five_seconds_and_no_control_character);
    suite_add_tcase(suite, tc);
    /* Where there is no openat2(2) the client cannot keep to a root, and says so: Linux before 5.6,
     * valgrind before 3.20. */
    if (syscall(SYS_openat2, -1, NULL, NULL, 0) == 0 || errno != ENOSYS)
        add_files(suite);
    else
        puts("no openat2(2) here: files below a root are not tried");
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
