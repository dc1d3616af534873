/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/spawn.h"
#include "base/utf8.h"
#include "base/uuid.h"

static char folder[64];

static void
setup(void)
{
    snprintf(folder, sizeof folder, "/tmp/test-base.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void
teardown(void)
{
    ck_assert_int_eq(rmdir(folder), 0); /* nothing was left behind */
}

START_TEST(an_error_names_the_thing_and_the_reason)
{
    struct err err;

    ck_assert_int_eq(err_set_errno(&err, ENOENT, "cannot open %s", "/x"), -1);
    ck_assert_str_eq(err.message, "cannot open /x: No such file or directory");
    ck_assert_int_eq(err.code, ERR_SYSTEM);
    ck_assert_int_eq(err.detail, ENOENT);
}
END_TEST

static const struct {
    enum err_code code;
    const char   *message;
} worded[] = {
    {ERR_INTERNAL, "internal error: web is 7"},
    {ERR_INVALID_ARG, "invalid argument: web is 7"},
    {ERR_OPERATION_FAILED, "operation failed: web is 7"},
    {ERR_OPERATION_DENIED, "operation forbidden: web is 7"},
    {ERR_NO_DOMAIN, "Domain not found: web is 7"},
    {ERR_OPERATION_INVALID, "Requested operation is not valid: web is 7"},
    {ERR_CONFIG_UNSUPPORTED, "unsupported configuration: web is 7"},
    {ERR_NO_DOMAIN_METADATA, "metadata not found: web is 7"},
    {ERR_OPERATION_UNSUPPORTED, "Operation not supported: web is 7"},
    {ERR_RPC, "web is 7"},
    {ERR_SYSTEM, "web is 7"},
};

START_TEST(a_message_begins_with_libvirts_words_where_that_is_asked_for)
{
    struct err err;

    ck_assert_int_eq(err_set_libvirt(&err, worded[_i].code, "%s is %d", "web", 7), -1);
    ck_assert_str_eq(err.message, worded[_i].message);
    ck_assert_int_eq(err.code, worded[_i].code);
    ck_assert_int_eq(err.detail, 0);
    err_set(&err, worded[_i].code, "%s is %d", "web", 7);
    ck_assert_str_eq(err.message, "web is 7");
}
END_TEST

START_TEST(words_go_before_and_behind_an_error)
{
    struct err err;

    err_set(&err, ERR_XML, "bad");
    err_prefix(&err, "line %d", 3);
    err_append(&err, " (%s)", "really");
    ck_assert_str_eq(err.message, "line 3: bad (really)");
    ck_assert_int_eq(err.code, ERR_XML);
}
END_TEST

START_TEST(a_message_that_is_too_long_is_cut)
{
    cleanup_free char *text = xcalloc(1, 3 * ERR_MESSAGE_SIZE);
    struct err         err;

    memset(text, 'a', 3 * ERR_MESSAGE_SIZE - 1);
    err_set_libvirt(&err, ERR_INTERNAL, "%s", text);
    ck_assert_uint_eq(strlen(err.message), ERR_MESSAGE_SIZE - 1);
    err_set(&err, ERR_XML, "%s", text);
    ck_assert_uint_eq(strlen(err.message), ERR_MESSAGE_SIZE - 1);
    err_prefix(&err, "%s", text);
    err_append(&err, "%s", text);
    ck_assert_uint_eq(strlen(err.message), ERR_MESSAGE_SIZE - 1);
}
END_TEST

/*----- UTF-8 -----*/

static const struct {
    const char *text, *mended, *line, *escaped;
} texts[] = {
    {"", "", "", ""},
    {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
     "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
    {"a\xff\xfe"
     "b",
     "a??b", "a??b", "a\\xff\\xfeb"},
    {"caf\xe9", "caf?", "caf?", "caf\\xe9"},
    {"half\xe2\x82", "half??", "half??", "half\\xe2\\x82"},
    {"\xe2\x82x", "??x", "??x", "\\xe2\\x82x"},
    {"\xc0\x80\xc0\xaf", "????", "????", "\\xc0\\x80\\xc0\\xaf"}, /* overlong */
    {"\xe0\x80\xaf", "???", "???", "\\xe0\\x80\\xaf"},            /* overlong */
    {"\xed\xa0\x80", "???", "???", "\\xed\\xa0\\x80"},            /* a surrogate */
    {"\xf4\x90\x80\x80", "????", "????", "\\xf4\\x90\\x80\\x80"}, /* above U+10FFFF */
    {"two\nred\x1b[31m\t\x7f", "two\nred\x1b[31m\t\x7f", "two?red?[31m\t?",
     "two\\x0ared\\x1b[31m\\x09\\x7f"},
    {"\xc2\x9b"
     "31m",
     "\xc2\x9b"
     "31m",
     "??31m", "\\xc2\\x9b31m"}, /* what terminals take for ESC [ */
};

START_TEST(bytes_that_are_no_utf8_are_replaced_and_seen)
{
    char               text[64];
    cleanup_free char *escaped = utf8_escape(texts[_i].text, 100);

    snprintf(text, sizeof text, "%s", texts[_i].text);
    utf8_mend(text, sizeof text);
    ck_assert_str_eq(text, texts[_i].mended);
    snprintf(text, sizeof text, "%s", texts[_i].text);
    utf8_mend_line(text, sizeof text);
    ck_assert_str_eq(text, texts[_i].line);
    ck_assert_str_eq(escaped, texts[_i].escaped);
}
END_TEST

START_TEST(text_that_fills_its_buffer_ends_with_a_whole_character)
{
    char text[] = "ab\xe2\x82";

    utf8_mend(text, sizeof text);
    ck_assert_str_eq(text, "ab");
}
END_TEST

START_TEST(what_is_escaped_is_cut_between_characters)
{
    static const struct {
        const char *text;
        size_t      max;
        const char *escaped;
    } cuts[] = {{"abcd", 3, "abc"},  {"ab\xc3\xa9", 3, "ab"},  {"ab\xc3\xa9", 4, "ab\xc3\xa9"},
                {"ab\xff", 5, "ab"}, {"ab\xff", 6, "ab\\xff"}, {"abc", 0, ""}};

    for (size_t n = 0; n < array_size(cuts); n++) {
        cleanup_free char *escaped = utf8_escape(cuts[n].text, cuts[n].max);

        ck_assert_str_eq(escaped, cuts[n].escaped);
    }
    ck_assert_ptr_null(utf8_escape(NULL, 5));
}
END_TEST

START_TEST(a_message_is_utf8_whatever_it_quotes_and_wherever_it_is_cut)
{
    struct err err;

    err_set(&err, ERR_XML, "%s", texts[_i].text);
    ck_assert_str_eq(err.message, texts[_i].mended);
    err_set_libvirt(&err, ERR_RPC, "%s", texts[_i].text);
    ck_assert_str_eq(err.message, texts[_i].mended);
    err_set(&err, ERR_XML, "x");
    err_append(&err, "%s", texts[_i].text);
    ck_assert_str_eq(err.message + 1, texts[_i].mended);
    err_set(&err, ERR_XML, "x");
    err_prefix(&err, "%s", texts[_i].text);
    ck_assert_int_eq(strncmp(err.message, texts[_i].mended, strlen(texts[_i].mended)), 0);
    /* Of two bytes each: one does not fit. */
    err_set(&err, ERR_XML, "%*s", ERR_MESSAGE_SIZE - 2, "x");
    err_append(&err, "\xc3\xa9");
    ck_assert_uint_eq(strlen(err.message), ERR_MESSAGE_SIZE - 2);
}
END_TEST

START_TEST(a_uuid_is_read_with_or_without_hyphens_and_written_with_them)
{
    uint8_t a[UUID_SIZE], b[UUID_SIZE];
    char    text[UUID_TEXT_SIZE];

    ck_assert(uuid_parse("6a6e1e5c-3B1D-4cf0-9a38-0123456789ab", a));
    ck_assert(uuid_parse("6a6e1e5c3b1d4cf09a380123456789ab", b));
    ck_assert(uuid_equal(a, b));
    ck_assert_str_eq(uuid_format(a, text), "6a6e1e5c-3b1d-4cf0-9a38-0123456789ab");
}
END_TEST

START_TEST(what_is_no_uuid_is_refused)
{
    static const char *const bad[] = {"",
                                      "-",
                                      "6a6e1e5c-3b1d-4cf0-9a38-0123456789a",
                                      "6a6e1e5c-3b1d-4cf0-9a38-0123456789abc",
                                      "6a6e1e5c-3b1d-4cf0-9a38-0123456789ag",
                                      "-6a6e1e5c3b1d4cf09a380123456789ab"};
    uint8_t                  uuid[UUID_SIZE] = {7};

    for (size_t i = 0; i < array_size(bad); i++)
        ck_assert_msg(!uuid_parse(bad[i], uuid), "%s", bad[i]);
    ck_assert_uint_eq(uuid[0], 7);
}
END_TEST

START_TEST(two_generated_uuids_differ_and_say_version_4)
{
    uint8_t a[UUID_SIZE], b[UUID_SIZE];

    uuid_generate(a);
    uuid_generate(b);
    ck_assert(!uuid_equal(a, b));
    ck_assert_uint_eq(a[6] >> 4, 4);
    ck_assert_uint_eq(a[8] >> 6, 2);
}
END_TEST

START_TEST(a_replaced_file_has_the_new_content_and_mode)
{
    cleanup_free char *path = xasprintf("%s/f", folder);
    cleanup_free char *data = NULL;
    struct stat        st;
    struct err         err;
    size_t             size;

    ck_assert_int_eq(file_replace(path, "old", 3, 0644, &err), 0);
    ck_assert_int_eq(file_replace(path, "newer", 5, 0600, &err), 0);
    ck_assert_int_eq(file_read(path, 100, &data, &size, &err), 0);
    ck_assert_str_eq(data, "newer");
    ck_assert_uint_eq(size, 5);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    unlink(path);
}
END_TEST

START_TEST(a_file_that_cannot_be_replaced_stays_and_nothing_else_does)
{
    cleanup_free char *path = xasprintf("%s/d", folder);
    struct err         err;

    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(file_replace(path, "x", 1, 0600, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.message, "Is a directory"));
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

static int
watch_opening(const char *path)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    ck_assert_int_ge(inotify_add_watch(fd, path, IN_OPEN), 0);
    return fd;
}

START_TEST(what_is_no_regular_file_is_not_even_opened)
{
    cleanup_free char *path = xasprintf("%s/fifo", folder);
    cleanup_close int  watch = -1;
    char               event[256];
    struct err         err;

    ck_assert_int_eq(mkfifo(path, 0600), 0);
    watch = watch_opening(path);
    ck_assert_int_eq(file_open_regular(path, &err), -1);
    ck_assert_int_eq(err.code, ERR_OPERATION_FAILED);
    ck_assert_int_eq(read(watch, event, sizeof event), -1);
    close(open(path, O_RDWR)); /* and this is what would have been seen */
    ck_assert_int_gt(read(watch, event, sizeof event), 0);
    unlink(path);
    ck_assert_int_eq(file_open_regular("/dev/null", &err), -1);
    ck_assert_str_eq(err.message, "/dev/null is not a regular file");
    ck_assert_int_eq(file_open_regular(folder, &err), -1);
}
END_TEST

START_TEST(a_file_of_the_kernels_is_no_regular_file)
{
    static const char *const paths[] = {"/proc/self/status", "/proc/kmsg",
                                        "/proc/sys/kernel/ostype"};
    struct err               err;

    for (size_t n = 0; n < array_size(paths); n++) {
        if (access(paths[n], F_OK) < 0)
            continue;
        ck_assert_int_eq(file_open_regular(paths[n], &err), -1);
        ck_assert_ptr_nonnull(strstr(err.message, "it belongs to the kernel's file system proc"));
    }
}
END_TEST

START_TEST(a_link_to_a_regular_file_is_as_good)
{
    cleanup_free char *path = xasprintf("%s/f", folder);
    cleanup_free char *link = xasprintf("%s/link", folder);
    cleanup_close int  fd = -1;
    struct err         err;
    char               byte;

    ck_assert_int_eq(file_replace(path, "x", 1, 0600, &err), 0);
    ck_assert_int_eq(symlink("f", link), 0);
    fd = file_open_regular(link, &err);
    ck_assert_int_eq(read(fd, &byte, 1), 1);
    unlink(path);
    ck_assert_int_eq(file_open_regular(link, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.message, "No such file"));
    unlink(link);
}
END_TEST

START_TEST(a_file_that_is_too_large_or_none_at_all_is_not_read)
{
    cleanup_free char *path = xasprintf("%s/f", folder);
    char              *data = NULL;
    struct err         err;

    ck_assert_int_eq(file_replace(path, "four", 4, 0600, &err), 0);
    ck_assert_int_eq(file_read(path, 3, &data, NULL, &err), -1);
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(file_read(path, 3, &data, NULL, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.message, "not a regular file"));
    unlink(path);
    ck_assert_ptr_null(data);
}
END_TEST

static char last_line[256];

static void
keep_line(enum log_level level, const struct log_about *about, const char *message)
{
    snprintf(last_line, sizeof last_line, "%d %s %s", (int)level,
             about->domain ? about->domain : "-", message);
}

/*----- processes -----*/

/* What the shell says to its descriptor 3. */
static const char *
run_shell(const char *script)
{
    static char       said[256];
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    int               pair[2], status;
    size_t            used = 0;
    ssize_t           n;
    pid_t             pid = -1;
    struct err        err;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    ck_assert_msg(spawn_program(argv, pair[1], &pid, &err) == 0, "%s", err.message);
    close(pair[1]);
    while ((n = read(pair[0], said + used, sizeof said - 1 - used)) > 0)
        used += (size_t)n;
    said[used] = '\0';
    close(pair[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    return said;
}

START_TEST(a_process_gets_one_descriptor_of_ours)
{
    int unmarked = dup(0);

    ck_assert_int_gt(dup2(unmarked, 50), 0);
    ck_assert_str_eq(
        run_shell("for fd in 3 4 5 50; do [ -e /proc/$$/fd/$fd ] && echo $fd >&3; done; true"),
        "3\n");
    close(unmarked);
    close(50);
}
END_TEST

START_TEST(a_process_does_not_hear_what_systemd_says_to_us)
{
    setenv("LISTEN_FDS", "2", 1);
    setenv("LISTEN_PID", "1", 1);
    setenv("LISTEN_FDNAMES", "dom0d", 1);
    setenv("NOTIFY_SOCKET", "/nowhere", 1);
    setenv("WATCHDOG_USEC", "1000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    setenv("DOM0D_TEST_KEPT", "1", 1);
    ck_assert_str_eq(run_shell("env | grep -E '^(LISTEN|NOTIFY|WATCHDOG|DOM0D_TEST)_' >&3"),
                     "DOM0D_TEST_KEPT=1\n");
}
END_TEST

START_TEST(a_process_leads_a_session_of_its_own)
{
    ck_assert_str_eq(run_shell("read -r pid name state parent group session rest </proc/$$/stat; "
                               "[ $session = $$ ] && [ $group = $$ ] && echo its own >&3"),
                     "its own\n");
}
END_TEST

START_TEST(lines_above_the_level_are_dropped)
{
    log_set_sink(keep_line);
    log_info("first");
    log_debug("second");
    ck_assert_str_eq(last_line, "6 - first");
    log_set_level(LOG_LEVEL_DEBUG);
    log_about(LOG_LEVEL_DEBUG, &(struct log_about){.domain = "web"}, "third");
    ck_assert_str_eq(last_line, "7 web third");
    log_set_level(LOG_LEVEL_INFO);
    log_set_sink(NULL);
}
END_TEST

START_TEST(a_line_of_the_log_is_one_line_of_utf8)
{
    log_set_sink(keep_line);
    log_error("%s", "bad\xff\nerror: forged\x1b[31m");
    ck_assert_str_eq(last_line, "3 - bad??error: forged?[31m");
    log_set_sink(NULL);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("base");
    TCase   *tc = tcase_create("base");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, an_error_names_the_thing_and_the_reason);
    tcase_add_test(tc, words_go_before_and_behind_an_error);
    tcase_add_loop_test(tc, a_message_begins_with_libvirts_words_where_that_is_asked_for, 0,
                        array_size(worded));
    tcase_add_test(tc, a_message_that_is_too_long_is_cut);
    tcase_add_loop_test(tc, bytes_that_are_no_utf8_are_replaced_and_seen, 0,
                        (int)array_size(texts));
    tcase_add_test(tc, text_that_fills_its_buffer_ends_with_a_whole_character);
    tcase_add_test(tc, what_is_escaped_is_cut_between_characters);
    tcase_add_loop_test(tc, a_message_is_utf8_whatever_it_quotes_and_wherever_it_is_cut, 0,
                        (int)array_size(texts));
    tcase_add_test(tc, a_uuid_is_read_with_or_without_hyphens_and_written_with_them);
    tcase_add_test(tc, what_is_no_uuid_is_refused);
    tcase_add_test(tc, two_generated_uuids_differ_and_say_version_4);
    tcase_add_test(tc, a_replaced_file_has_the_new_content_and_mode);
    tcase_add_test(tc, a_file_that_cannot_be_replaced_stays_and_nothing_else_does);
    tcase_add_test(tc, what_is_no_regular_file_is_not_even_opened);
    tcase_add_test(tc, a_file_of_the_kernels_is_no_regular_file);
    tcase_add_test(tc, a_link_to_a_regular_file_is_as_good);
    tcase_add_test(tc, a_file_that_is_too_large_or_none_at_all_is_not_read);
    tcase_add_test(tc, a_process_gets_one_descriptor_of_ours);
    tcase_add_test(tc, a_process_does_not_hear_what_systemd_says_to_us);
    tcase_add_test(tc, a_process_leads_a_session_of_its_own);
    tcase_add_test(tc, lines_above_the_level_are_dropped);
    tcase_add_test(tc, a_line_of_the_log_is_one_line_of_utf8);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
