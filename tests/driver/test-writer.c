/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The writer, in this process: what it is told over its socket, and what is in the folder then.
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "eventloop/loop.h"
#include "wire/frame.h"
#include "wire/host.h"
#include "writer.h"

static struct loop   *loop;
static struct writer *writer;
static int            daemon_fd;
static char           dir[64], folder[80];
static int            ends, warnings;

static void
on_end(void *arg)
{
    (void)arg;
    ends++;
}

static void
count_warnings(enum log_level level, const struct log_about *about, const char *message)
{
    (void)about, (void)message;
    warnings += level <= LOG_LEVEL_WARNING;
}

static void
tell(const writer_command *command)
{
    const struct wire_header header = {
        .program = WIRE_PROGRAM_HOST, .version = WIRE_VERSION, .type = WIRE_MESSAGE};
    cleanup_free void *frame = NULL;
    size_t             size;
    struct err         err;

    ck_assert_int_eq(
        wire_encode(&header, (xdrproc_t)xdr_writer_command, command, &frame, &size, &err), 0);
    ck_assert_int_eq(file_write_all(daemon_fd, frame, size), 0);
    for (int n = 0; n < 10; n++)
        loop_run_ready(loop);
}

static void
is_set_up(unsigned long size, unsigned count)
{
    tell(&(writer_command){
        .type = WRITER_SETUP,
        .writer_command_u.setup = {.folder = folder, .size = size, .count = count}});
}

static void
is_given(const char *file, const char *text)
{
    tell(&(writer_command){
        .type = WRITER_PIECE,
        .writer_command_u.piece = {
            .file = (char *)(uintptr_t)file,
            .bytes = {.bytes_len = (unsigned)strlen(text), .bytes_val = (char *)(uintptr_t)text}}});
}

static char *
path_of(const char *file)
{
    return xasprintf("%s/%s", folder, file);
}

static void
has(const char *file, const char *text)
{
    cleanup_free char *path = path_of(file), *data = NULL;
    struct err         err;

    if (!text) {
        ck_assert_int_ne(access(path, F_OK), 0);
        return;
    }
    ck_assert_int_eq(file_read(path, 65536, &data, NULL, &err), 0);
    ck_assert_str_eq(data, text);
}

static void
setup(void)
{
    int pair[2];

    snprintf(dir, sizeof dir, "/tmp/test-writer.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(folder, sizeof folder, "%s/logs", dir);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    daemon_fd = pair[0];
    ends = warnings = 0;
    log_set_sink(count_warnings);
    loop = loop_new();
    writer = writer_new(loop, pair[1], on_end, NULL);
}

static void
teardown(void)
{
    char command[128];

    writer_free(writer);
    loop_free(loop);
    if (daemon_fd >= 0)
        close(daemon_fd);
    log_set_sink(NULL);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(pieces_are_put_behind_each_other_into_private_files)
{
    cleanup_free char *path = path_of("web.console0.log");
    struct stat        st;

    is_set_up(100, 2);
    is_given("web.console0.log", "one ");
    is_given("db.console0.log", "other");
    is_given("web.console0.log", "two");
    has("web.console0.log", "one two");
    has("db.console0.log", "other");
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert_int_eq(warnings, 0);
}
END_TEST

START_TEST(a_file_that_would_be_too_large_is_put_aside_and_so_many_are_kept)
{
    is_set_up(4, 2);
    is_given("a", "1111");
    is_given("a", "2");
    is_given("a", "22");
    has("a", "222");
    has("a.1", "1111");
    is_given("a", "3333333"); /* larger than a file may be: it has one of its own */
    is_given("a", "4");
    has("a", "4");
    has("a.1", "3333333");
    has("a.2", "222");
    has("a.3", NULL);
}
END_TEST

START_TEST(none_is_kept_where_none_is_to_be)
{
    is_set_up(4, 0);
    is_given("a", "1111");
    is_given("a", "2");
    has("a", "2");
    has("a.1", NULL);
}
END_TEST

START_TEST(what_is_no_plain_file_is_not_written_to_and_that_is_said_once_in_a_minute)
{
    cleanup_free char *link = path_of("link"), *fifo = path_of("fifo"), *to = path_of("to");

    is_set_up(100, 2);
    ck_assert_int_eq(symlink(to, link), 0);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    is_given("link", "x");
    is_given("fifo", "x");
    has("to", NULL);
    ck_assert_int_eq(warnings, 1);
    is_given("file", "x");
    has("file", "x");
    is_given("link", "x");
    ck_assert_int_eq(warnings, 1);
}
END_TEST

START_TEST(nothing_is_written_outside_the_folder)
{
    cleanup_free char *outside = xasprintf("%s/outside", dir);

    is_set_up(100, 2);
    is_given("../outside", "x");
    is_given(outside, "x");
    ck_assert_int_ne(access(outside, F_OK), 0);
}
END_TEST

START_TEST(it_ends_when_the_daemon_has_gone_and_all_is_written)
{
    is_set_up(100, 2);
    for (int n = 0; n < 20; n++)
        is_given("a", "1234");
    close(daemon_fd);
    daemon_fd = -1;
    for (int n = 0; n < 100 && !ends; n++)
        loop_run_ready(loop);
    ck_assert_int_eq(ends, 1);
    has("a", "12341234123412341234123412341234123412341234123412341234123412341234123412341234");
}
END_TEST

START_TEST(what_is_no_message_ends_it)
{
    ck_assert_int_eq(file_write_all(daemon_fd, "\0\0\0\034bad bad bad bad bad bad ", 28), 0);
    for (int n = 0; n < 100 && !ends; n++)
        loop_run_ready(loop);
    ck_assert_int_eq(ends, 1);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("writer");
    TCase   *tc = tcase_create("writer");
    SRunner *runner;
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, pieces_are_put_behind_each_other_into_private_files);
    tcase_add_test(tc, a_file_that_would_be_too_large_is_put_aside_and_so_many_are_kept);
    tcase_add_test(tc, none_is_kept_where_none_is_to_be);
    tcase_add_test(tc, what_is_no_plain_file_is_not_written_to_and_that_is_said_once_in_a_minute);
    tcase_add_test(tc, nothing_is_written_outside_the_folder);
    tcase_add_test(tc, it_ends_when_the_daemon_has_gone_and_all_is_written);
    tcase_add_test(tc, what_is_no_message_ends_it);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
