/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "scene.h"

static struct xl_log  log_;
static enum log_level seen_level;
static char           seen[2048];

static void
sink(enum log_level level, const struct log_about *about, const char *message)
{
    seen_level = level;
    snprintf(seen, sizeof seen, "%s|%s", about->domain ? about->domain : "", message);
}

static void
setup(void)
{
    xl_log_init(&log_);
    log_.about.domain = "web";
    log_set_sink(sink);
    log_set_level(LOG_LEVEL_DEBUG);
    seen[0] = '\0';
}

static void
teardown(void)
{
    xl_log_free(&log_);
    log_set_sink(NULL);
    log_set_level(LOG_LEVEL_INFO);
}

static void __attribute__((format(printf, 3, 4)))
say(xentoollog_level level, int errnum, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    xtl_logv(&log_.vtable, level, errnum, "libxl", format, ap);
    va_end(ap);
}

START_TEST(a_line_goes_to_the_log_with_its_domain)
{
    say(XTL_WARN, -1, "libxl_x.c:1:f: Domain 7:beware");
    ck_assert_int_eq(seen_level, LOG_LEVEL_WARNING);
    ck_assert_str_eq(seen, "web|libxl: libxl_x.c:1:f: Domain 7:beware");
}
END_TEST

START_TEST(levels_are_translated)
{
    static const struct {
        xentoollog_level from;
        enum log_level   to;
    } cases[] = {
        {XTL_DEBUG, LOG_LEVEL_DEBUG},  {XTL_VERBOSE, LOG_LEVEL_DEBUG},
        {XTL_DETAIL, LOG_LEVEL_DEBUG}, {XTL_INFO, LOG_LEVEL_DEBUG},
        {XTL_NOTICE, LOG_LEVEL_INFO},  {XTL_WARN, LOG_LEVEL_WARNING},
        {XTL_ERROR, LOG_LEVEL_ERROR},  {XTL_CRITICAL, LOG_LEVEL_ERROR},
    };

    say(cases[_i].from, -1, "x");
    ck_assert_int_eq(seen_level, cases[_i].to);
}
END_TEST

START_TEST(only_errors_are_reasons)
{
    say(XTL_DEBUG, -1, "a");
    say(XTL_WARN, -1, "b");
    ck_assert_str_eq(log_.reasons, "");
    say(XTL_ERROR, -1, "c");
    ck_assert_str_eq(log_.reasons, "c");
    ck_assert_str_eq(log_.text, "debug: a\nwarning: b\nerror: c\n");
}
END_TEST

START_TEST(a_reason_is_what_a_user_wants_to_read)
{
    static const char *const cases[][2] = {
        {"libxl_create.c:12:f: Domain 7:cannot make it", "cannot make it"},
        {"libxl_create.c:12:libxl__f_2: cannot make it", "cannot make it"},
        {"xg_dom_core.c:689: xc_dom_find_loader: no loader found", "no loader found"},
        {"panic: xg_dom_core.c:689: xc_dom_find_loader: no loader found", "no loader found"},
        {"Save failed (28 = No space left on device)",
         "Save failed (28 = No space left on device)"},
        {"a: b: c", "a: b: c"},
        {"Domain 7:gone", "gone"},
        {"x.c:", "x.c:"},
        {"", ""},
    };

    say(XTL_ERROR, -1, "%s", cases[_i][0]);
    ck_assert_str_eq(log_.reasons, cases[_i][1]);
}
END_TEST

START_TEST(the_text_of_an_errno_is_part_of_it)
{
    say(XTL_ERROR, ENOENT, "libxl_x.c:1:f: cannot open");
    ck_assert_str_eq(log_.reasons, "cannot open: No such file or directory");
    ck_assert_int_eq(log_.errnum, ENOENT);
    say(XTL_ERROR, EIO, "and that");
    ck_assert_int_eq(log_.errnum, ENOENT);
}
END_TEST

START_TEST(reasons_are_told_once_and_the_first_ones_are_kept)
{
    for (int n = 0; n < 1000; n++) {
        say(XTL_ERROR, -1, "reason %d", n);
        say(XTL_ERROR, -1, "reason %d", n);
    }
    ck_assert_uint_lt(strlen(log_.reasons), sizeof log_.reasons);
    ck_assert_int_eq(strncmp(log_.reasons, "reason 0; reason 1; reason 2; ", 30), 0);
}
END_TEST

START_TEST(of_many_lines_the_last_ones_are_kept)
{
    for (int n = 0; n < 100000; n++)
        say(XTL_DEBUG, -1, "line %d", n);
    ck_assert_uint_le(log_.size, XL_LOG_SIZE);
    ck_assert_uint_eq(strlen(log_.text), log_.size);
    ck_assert_uint_ge(log_.size, XL_LOG_SIZE / 3);
    ck_assert_int_eq(strncmp(log_.text, "debug: line ", 12), 0);
    ck_assert_ptr_nonnull(strstr(log_.text, "debug: line 99999\n"));
}
END_TEST

START_TEST(a_line_that_is_too_long_is_cut)
{
    char long_line[5000];

    memset(long_line, 'x', sizeof long_line);
    long_line[sizeof long_line - 1] = '\0';
    for (int n = 0; n < 200; n++)
        say(XTL_ERROR, EIO, "%s", long_line);
    ck_assert_uint_le(log_.size, XL_LOG_SIZE);
}
END_TEST

START_TEST(what_was_said_before_is_forgotten)
{
    say(XTL_ERROR, EIO, "old");
    xl_log_clear(&log_);
    ck_assert_str_eq(log_.reasons, "");
    ck_assert_str_eq(log_.text, "");
    ck_assert_int_eq(log_.errnum, 0);
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("xl-log");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_line_goes_to_the_log_with_its_domain);
    tcase_add_loop_test(tc, levels_are_translated, 0, 8);
    tcase_add_test(tc, only_errors_are_reasons);
    tcase_add_loop_test(tc, a_reason_is_what_a_user_wants_to_read, 0, 9);
    tcase_add_test(tc, the_text_of_an_errno_is_part_of_it);
    tcase_add_test(tc, reasons_are_told_once_and_the_first_ones_are_kept);
    tcase_add_test(tc, of_many_lines_the_last_ones_are_kept);
    tcase_add_test(tc, a_line_that_is_too_long_is_cut);
    tcase_add_test(tc, what_was_said_before_is_forgotten);
    return scene_main("xl-log", tc);
}
