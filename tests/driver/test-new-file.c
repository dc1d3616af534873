/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "new-file.h"
#include "scene.h"

static char            path[256];
static struct new_file file;
static struct err      err;

static void
setup(void)
{
    scene_begin();
    snprintf(path, sizeof path, "%s", scene_path("target"));
    err = (struct err){0};
}

static void
teardown(void)
{
    unlink(path);
    rmdir(path);
    scene_end();
}

static void
assert_text(const char *want)
{
    cleanup_free char *text = NULL;

    ck_assert_int_eq(file_read(path, 100, &text, NULL, &err), 0);
    ck_assert_str_eq(text, want);
    ck_assert_uint_eq(scene_count_files(), 1);
}

static void
assert_refused(bool overwrite, enum err_code code, const char *words)
{
    ck_assert_int_eq(new_file_open(&file, path, overwrite, 7, &err), -1);
    ck_assert_int_eq((int)err.code, (int)code);
    ck_assert_msg(strstr(err.message, words), "%s", err.message);
    ck_assert_int_eq(file.fd, -1);
}

START_TEST(nothing_is_seen_before_the_commit_and_all_after)
{
    struct stat st;

    ck_assert_int_eq(new_file_open(&file, path, false, 7, &err), 0);
    ck_assert_int_eq(file_write_all(file.fd, "new", 3), 0);
    ck_assert_int_eq(access(path, F_OK), -1);
    ck_assert_int_eq(new_file_commit(&file, &err), 0);
    assert_text("new");
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
    new_file_discard(&file); /* does nothing any more */
    assert_text("new");
}
END_TEST

START_TEST(what_is_discarded_leaves_nothing)
{
    ck_assert_int_eq(new_file_open(&file, path, _i, 7, &err), 0);
    ck_assert_int_eq(file_write_all(file.fd, "new", 3), 0);
    new_file_discard(&file);
    new_file_discard(&file);
    ck_assert_uint_eq(scene_count_files(), 0);
}
END_TEST

START_TEST(an_old_file_is_replaced_if_that_was_asked_for)
{
    ck_assert_int_eq(file_replace(path, "old", 3, 0644, &err), 0);
    ck_assert_int_eq(new_file_open(&file, path, true, 7, &err), 0);
    ck_assert_int_eq(file_write_all(file.fd, "new", 3), 0);
    assert_text("old");
    ck_assert_int_eq(new_file_commit(&file, &err), 0);
    assert_text("new");
}
END_TEST

START_TEST(an_old_file_is_kept_if_not)
{
    ck_assert_int_eq(file_replace(path, "old", 3, 0644, &err), 0);
    assert_refused(false, ERR_OPERATION_FAILED, "the file exists");
    assert_text("old");
}
END_TEST

START_TEST(a_file_that_came_before_the_commit_is_kept)
{
    ck_assert_int_eq((_i ? new_file_open_named : new_file_open)(&file, path, false, 7, &err), 0);
    ck_assert_int_eq(file_write_all(file.fd, "new", 3), 0);
    ck_assert_int_eq(file_replace(path, "old", 3, 0644, &err), 0);
    ck_assert_int_eq(new_file_commit(&file, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.message, "the file exists"));
    new_file_discard(&file);
    assert_text("old");
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_named)
{
    snprintf(path, sizeof path, "%s/none/target", scene.folder);
    assert_refused(false, ERR_SYSTEM, "/none: No such file or directory");
}
END_TEST

START_TEST(a_path_through_a_file_is_refused)
{
    snprintf(path, sizeof path, "%s/x", scene.kernel);
    assert_refused(false, ERR_SYSTEM, "Not a directory");
}
END_TEST

START_TEST(a_folder_is_not_overwritten)
{
    ck_assert_int_eq(mkdir(path, 0700), 0);
    assert_refused(true, ERR_OPERATION_FAILED, "this is a directory");
}
END_TEST

START_TEST(a_path_that_ends_in_no_name_is_refused)
{
    static const char *const ends[] = {"", ".", ".."};

    snprintf(path, sizeof path, "%s/%s", scene.folder, ends[_i]);
    assert_refused(true, ERR_INVALID_ARG, "this is a directory");
}
END_TEST

START_TEST(a_fifo_or_a_link_is_not_overwritten)
{
    ck_assert_int_eq(_i ? symlink(scene.kernel, path) : mkfifo(path, 0600), 0);
    assert_refused(true, ERR_OPERATION_FAILED, "not a regular file");
}
END_TEST

/* Where the file system gives no file without a name there is a hidden one. */
START_TEST(a_file_with_a_temporary_name_is_as_good)
{
    bool overwrite = _i % 2, discard = _i / 2;

    ck_assert_int_eq(new_file_open_named(&file, path, overwrite, 7, &err), 0);
    ck_assert_uint_eq(scene_count_files(), 1);
    ck_assert_int_eq(access(path, F_OK), -1);
    ck_assert_int_eq(file_write_all(file.fd, "new", 3), 0);
    if (discard) {
        new_file_discard(&file);
        ck_assert_uint_eq(scene_count_files(), 0);
        return;
    }
    ck_assert_int_eq(new_file_commit(&file, &err), 0);
    assert_text("new");
}
END_TEST

START_TEST(a_name_as_long_as_a_name_may_be_will_do)
{
    int n = snprintf(path, sizeof path, "%s/", scene.folder);

    memset(path + n, 'x', sizeof path - 1 - (size_t)n);
    path[sizeof path - 1] = '\0';
    ck_assert_int_eq(new_file_open_named(&file, path, false, 7, &err), 0);
    ck_assert_int_eq(new_file_commit(&file, &err), 0);
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(what_a_killed_process_left_is_found_by_path_and_job)
{
    ck_assert_int_eq(new_file_open_named(&file, path, false, 7, &err), 0);
    close(file.fd);
    close(file.folder);
    ck_assert_uint_eq(scene_count_files(), 1);
    new_file_remove_stale(path, 8);
    ck_assert_uint_eq(scene_count_files(), 1);
    new_file_remove_stale(path, 7);
    ck_assert_uint_eq(scene_count_files(), 0);
    new_file_remove_stale(path, 7);
    new_file_remove_stale("/none/none", 7);
    free(file.temporary);
    free(file.name);
    free(file.path);
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("new-file");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, nothing_is_seen_before_the_commit_and_all_after);
    tcase_add_loop_test(tc, what_is_discarded_leaves_nothing, 0, 2);
    tcase_add_test(tc, an_old_file_is_replaced_if_that_was_asked_for);
    tcase_add_test(tc, an_old_file_is_kept_if_not);
    tcase_add_loop_test(tc, a_file_that_came_before_the_commit_is_kept, 0, 2);
    tcase_add_test(tc, a_folder_that_is_not_there_is_named);
    tcase_add_test(tc, a_path_through_a_file_is_refused);
    tcase_add_test(tc, a_folder_is_not_overwritten);
    tcase_add_loop_test(tc, a_path_that_ends_in_no_name_is_refused, 0, 3);
    tcase_add_loop_test(tc, a_fifo_or_a_link_is_not_overwritten, 0, 2);
    tcase_add_loop_test(tc, a_file_with_a_temporary_name_is_as_good, 0, 4);
    tcase_add_test(tc, what_a_killed_process_left_is_found_by_path_and_job);
    tcase_add_test(tc, a_name_as_long_as_a_name_may_be_will_do);
    return scene_main("new-file", tc);
}
