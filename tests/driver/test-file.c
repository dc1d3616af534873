/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The task that changes a file.  It is run without libxl. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "new-file.h"
#include "scene.h"

static char path[256], second[256];

static void
setup(void)
{
    scene_begin();
    xl_close(&scene.xl);
    scene.xl = (struct xl){.loop = scene.loop}; /* what a worker has that has not opened libxl */
    snprintf(path, sizeof path, "%s", scene_path("web.xml"));
    snprintf(second, sizeof second, "%s", scene_path("second"));
}

static void
teardown(void)
{
    unlink(path);
    unlink(second);
    rmdir(path);
    scene_end();
}

static worker_start
start_file(worker_file_change change, const char *content)
{
    worker_start start = scene_start(WORKER_FILE, "web", 'w');

    start.params.worker_params_u.file = (worker_file){
        .path = path,
        .change = change,
        .second = second,
        .content = {(u_int)strlen(content), (char *)(uintptr_t)content},
        .mode = 0640,
    };
    return start;
}

static struct scene_outcome
change(worker_file_change what, unsigned flags)
{
    worker_start start = start_file(what, "new");

    start.flags = flags;
    return scene_run(&start, NULL);
}

static void
put(const char *where, const char *text)
{
    struct err err;

    ck_assert_int_eq(file_replace(where, text, strlen(text), 0600, &err), 0);
}

static void
assert_text(const char *where, const char *want)
{
    cleanup_free char *text = NULL;
    struct err         err;

    ck_assert_msg(file_read(where, 100, &text, NULL, &err) == 0, "%s", err.message);
    ck_assert_str_eq(text, want);
}

static void
assert_done(struct scene_outcome out)
{
    ck_assert_int_eq(out.calls, 1);
    ck_assert_msg(out.err.code == ERR_NONE, "%s", out.err.message);
    ck_assert_int_eq(out.domid, -1);
    ck_assert(!out.domain_left);
}

static void
assert_failed(struct scene_outcome out, enum err_code code, const char *words)
{
    ck_assert_msg(out.err.code == code, "%d %s", out.err.code, out.err.message);
    ck_assert_msg(strstr(out.err.message, words), "%s", out.err.message);
}

/* _i & 1: there is an older one; _i & 2: a worker died in it. */
START_TEST(a_file_is_written_or_replaced_with_its_mode)
{
    struct stat st;

    if (_i & 1)
        put(path, "old");
    assert_done(change(WORKER_FILE_REPLACE, _i & 2 ? WORKER_UNDO : 0));
    assert_text(path, "new");
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0640);
    ck_assert_uint_eq(scene_count_files(), 1);
}
END_TEST

START_TEST(a_full_disk_is_named_and_the_old_file_stays)
{
    static char   content[65536];
    struct rlimit old, small;
    worker_start  start;

    put(path, "old");
    memset(content, 'x', sizeof content - 1);
    start = start_file(WORKER_FILE_REPLACE, content);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    small = (struct rlimit){.rlim_cur = 4096, .rlim_max = old.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_failed(scene_run(&start, NULL), ERR_SYSTEM, "/web.xml: File too large");
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_text(path, "old");
    ck_assert_uint_eq(scene_count_files(), 1);
}
END_TEST

START_TEST(what_a_worker_that_died_had_half_written_goes)
{
    struct new_file file;
    struct err      err;

    ck_assert_int_eq(new_file_open_named(&file, path, false, 1, &err), 0);
    close(file.fd);
    close(file.folder);
    free(file.temporary);
    free(file.name);
    free(file.path);
    put(path, "old");
    ck_assert_uint_eq(scene_count_files(), 2);
    assert_done(change(_i ? WORKER_FILE_REMOVE : WORKER_FILE_REPLACE, WORKER_UNDO));
    ck_assert_uint_eq(scene_count_files(), _i ? 0 : 1);
}
END_TEST

START_TEST(a_file_is_removed_and_one_that_has_gone_too)
{
    put(path, "old");
    assert_done(change(WORKER_FILE_REMOVE, 0));
    ck_assert_int_ne(access(path, F_OK), 0);
    assert_done(change(WORKER_FILE_REMOVE, 0));
    assert_done(change(WORKER_FILE_REMOVE, WORKER_UNDO));
}
END_TEST

static void
assert_link(void)
{
    char target[256] = "";

    ck_assert_int_gt(readlink(path, target, sizeof target - 1), 0);
    ck_assert_str_eq(target, second);
    ck_assert_uint_eq(scene_count_files(), 1);
}

START_TEST(a_link_is_made_or_replaces_what_is_there)
{
    assert_done(change(WORKER_FILE_SYMLINK, 0));
    assert_link();
    assert_done(change(WORKER_FILE_SYMLINK, WORKER_UNDO));
    assert_link();
    ck_assert_int_eq(unlink(path), 0);
    put(path, "old");
    assert_done(change(WORKER_FILE_SYMLINK, 0));
    assert_link();
}
END_TEST

START_TEST(a_file_is_renamed_and_replaces_another)
{
    put(path, "this");
    put(second, "other");
    assert_done(change(WORKER_FILE_RENAME, 0));
    assert_text(second, "this");
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_rename_that_a_worker_had_done_before_it_died_is_done)
{
    put(second, "this");
    assert_failed(change(WORKER_FILE_RENAME, 0), ERR_SYSTEM, "No such file or directory");
    assert_done(change(WORKER_FILE_RENAME, WORKER_UNDO));
    assert_text(second, "this");
    ck_assert_int_eq(unlink(second), 0);
    assert_failed(change(WORKER_FILE_RENAME, WORKER_UNDO), ERR_SYSTEM, "cannot rename");
}
END_TEST

START_TEST(a_folder_in_its_place_is_an_error_that_names_it)
{
    static const worker_file_change what[] = {WORKER_FILE_REPLACE, WORKER_FILE_REMOVE,
                                              WORKER_FILE_SYMLINK, WORKER_FILE_CREATE};
    struct scene_outcome            out;

    ck_assert_int_eq(mkdir(path, 0700), 0);
    out = change(what[_i], 0);
    ck_assert_int_ne(out.err.code, ERR_NONE);
    ck_assert_msg(strstr(out.err.message, path), "%s", out.err.message);
    ck_assert_uint_eq(scene_count_files(), 1);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_named)
{
    snprintf(path, sizeof path, "%s/none/web.xml", scene.folder);
    assert_failed(change((worker_file_change)(_i + 1), 0), ERR_SYSTEM, "/none");
}
END_TEST

/* A file takes the place of another one, as a definition that is renamed: _i: a worker died in it,
 * after so many steps. */
START_TEST(several_changes_are_done_in_order_and_all_of_them_again)
{
    worker_start start = start_file(WORKER_FILE_REPLACE, "new");
    worker_file  then = {.path = second,
                         .change = WORKER_FILE_REMOVE,
                         .second = start.params.worker_params_u.file.path,
                         .content = {0, start.params.worker_params_u.file.content.content_val}};

    start.params.worker_params_u.file.then = &then;
    start.flags = _i ? WORKER_UNDO : 0;
    if (_i >= 2)
        put(path, "new");
    if (_i < 3)
        put(second, "old");
    assert_done(scene_run(&start, NULL));
    assert_text(path, "new");
    ck_assert_int_ne(access(second, F_OK), 0);
    ck_assert_uint_eq(scene_count_files(), 1);
}
END_TEST

START_TEST(what_comes_after_a_change_that_failed_is_not_done)
{
    worker_start start = start_file(WORKER_FILE_REPLACE, "new");
    worker_file  then = {.path = second,
                         .change = WORKER_FILE_REMOVE,
                         .second = start.params.worker_params_u.file.path,
                         .content = {0, start.params.worker_params_u.file.content.content_val}};

    start.params.worker_params_u.file.then = &then;
    put(second, "old");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    assert_failed(scene_run(&start, NULL), ERR_OPERATION_FAILED, "/web.xml");
    assert_text(second, "old");
}
END_TEST

/* _i & 1: the same is there; _i & 2: a worker died in it. */
START_TEST(a_new_file_leaves_one_that_says_something_else)
{
    unsigned flags = _i & 2 ? WORKER_UNDO : 0;

    assert_done(change(WORKER_FILE_CREATE, flags));
    assert_text(path, "new");
    put(path, _i & 1 ? "new" : "newer");
    if (_i & 1) {
        assert_done(change(WORKER_FILE_CREATE, flags));
    } else {
        assert_failed(change(WORKER_FILE_CREATE, flags), ERR_OPERATION_FAILED,
                      "/web.xml: the file exists and is left as it is");
        assert_text(path, "newer");
    }
    ck_assert_uint_eq(scene_count_files(), 1);
}
END_TEST

START_TEST(a_new_link_that_leads_nowhere_is_no_place_for_a_file)
{
    ck_assert_int_eq(symlink("/nowhere/at/all", path), 0);
    assert_failed(change(WORKER_FILE_CREATE, 0), ERR_OPERATION_FAILED, "the file exists");
    assert_failed(change(WORKER_FILE_REPLACE, 0), ERR_OPERATION_FAILED, "not a regular file");
}
END_TEST

/*----- a file that takes another one's place -----*/

/* As a rename of a definition that has a link: path and new_link are made, old_link and second go.
 */
struct rename_scene {
    char         new_link[256], old_link[256], nothing[1];
    worker_file  make_link, remove_link, remove_old;
    worker_start start;
};

static void
rename_scene_init(struct rename_scene *r, unsigned flags)
{
    *r = (struct rename_scene){.start = start_file(WORKER_FILE_CREATE, "new")};
    snprintf(r->new_link, sizeof r->new_link, "%s", scene_path("new-link"));
    snprintf(r->old_link, sizeof r->old_link, "%s", scene_path("old-link"));
    r->remove_old =
        (worker_file){.path = second, .change = WORKER_FILE_REMOVE, .second = r->nothing};
    r->remove_link = (worker_file){.path = r->old_link,
                                   .change = WORKER_FILE_REMOVE,
                                   .second = second,
                                   .then = &r->remove_old};
    r->make_link = (worker_file){.path = r->new_link,
                                 .change = WORKER_FILE_SYMLINK,
                                 .second = path,
                                 .then = &r->remove_link};
    r->start.params.worker_params_u.file.then = &r->make_link;
    r->start.flags = flags;
    put(second, "old");
    ck_assert_int_eq(symlink(second, r->old_link), 0);
}

static void
assert_nothing_renamed(const struct rename_scene *r)
{
    char target[256] = "";

    assert_text(second, "old");
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_lt(readlink(r->new_link, target, sizeof target - 1), 0);
}

/* _i & 1: of the old link, or of the old file; _i & 2: a worker died in it that had made the new
 * ones. */
START_TEST(a_folder_in_the_way_of_one_change_is_seen_before_the_first)
{
    struct rename_scene r;

    rename_scene_init(&r, _i & 2 ? WORKER_UNDO : 0);
    if (_i & 2) {
        put(path, "new");
        ck_assert_int_eq(symlink(path, r.new_link), 0);
    }
    if (_i & 1) {
        ck_assert_int_eq(unlink(r.old_link), 0);
        ck_assert_int_eq(mkdir(r.old_link, 0700), 0);
    } else {
        r.remove_link.path = second; /* the file, and a folder that is to go after it */
        ck_assert_int_eq(unlink(r.old_link), 0);
        ck_assert_int_eq(mkdir(r.old_link, 0700), 0);
        r.remove_old.path = r.old_link;
    }
    assert_failed(scene_run(&r.start, NULL), ERR_OPERATION_FAILED, "this is a directory");
    assert_nothing_renamed(&r);
    ck_assert_int_eq(rmdir(r.old_link), 0);
}
END_TEST

/* A name that no folder takes: that is seen when the change is tried. */
static char too_long[512];

static void
too_long_init(void)
{
    memset(too_long, 0, sizeof too_long);
    snprintf(too_long, sizeof too_long, "%s", scene_path("x"));
    memset(too_long + strlen(too_long), 'x', 280);
}

/* _i & 1: when the old link has gone already; _i & 2: a worker died in it. */
START_TEST(of_a_file_that_takes_anothers_place_all_is_done_or_nothing)
{
    struct rename_scene r;
    worker_file         fails;
    char                target[256] = "";

    too_long_init();
    rename_scene_init(&r, _i & 2 ? WORKER_UNDO : 0);
    if (_i & 1) {
        fails = (worker_file){.path = too_long,
                              .change = WORKER_FILE_REMOVE,
                              .second = r.nothing,
                              .then = &r.remove_old};
        r.remove_link.then = &fails;
    } else {
        r.make_link.path = too_long;
    }
    assert_failed(scene_run(&r.start, NULL), ERR_SYSTEM, "File name too long");
    assert_nothing_renamed(&r);
    ck_assert_int_gt(readlink(r.old_link, target, sizeof target - 1), 0);
    ck_assert_str_eq(target, second);
    ck_assert_int_eq(unlink(r.old_link), 0);
    ck_assert_uint_eq(scene_count_files(), 1);
}
END_TEST

START_TEST(what_was_created_stays_where_the_old_file_has_gone)
{
    struct rename_scene r;

    too_long_init();
    rename_scene_init(&r, WORKER_UNDO);
    r.make_link.path = too_long;
    put(path, "new");
    ck_assert_int_eq(unlink(second), 0);
    ck_assert_int_eq(unlink(r.old_link), 0);
    assert_failed(scene_run(&r.start, NULL), ERR_SYSTEM, "File name too long");
    assert_text(path, "new");
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
    worker_start start = start_file(WORKER_FILE_SYMLINK, "");
    char         relative[] = "web.xml", none[] = "";

    start.params.worker_params_u.file.second = none;
    assert_failed(scene_run(&start, NULL), ERR_INVALID_ARG, "the link has no target");
    start = start_file(WORKER_FILE_RENAME, "");
    start.params.worker_params_u.file.second = relative;
    assert_failed(scene_run(&start, NULL), ERR_INVALID_ARG, "an absolute path is needed");
    start = start_file(WORKER_FILE_REPLACE, "");
    start.params.worker_params_u.file.path = relative;
    assert_failed(scene_run(&start, NULL), ERR_INVALID_ARG, "an absolute path is needed");
    assert_failed(change((worker_file_change)9, 0), ERR_INVALID_ARG, "9 is not supported");
    ck_assert_uint_eq(scene_count_files(), 0);
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("file");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_file_is_written_or_replaced_with_its_mode, 0, 4);
    tcase_add_test(tc, a_full_disk_is_named_and_the_old_file_stays);
    tcase_add_loop_test(tc, what_a_worker_that_died_had_half_written_goes, 0, 2);
    tcase_add_test(tc, a_file_is_removed_and_one_that_has_gone_too);
    tcase_add_test(tc, a_link_is_made_or_replaces_what_is_there);
    tcase_add_test(tc, a_file_is_renamed_and_replaces_another);
    tcase_add_test(tc, a_rename_that_a_worker_had_done_before_it_died_is_done);
    tcase_add_loop_test(tc, a_folder_in_its_place_is_an_error_that_names_it, 0, 4);
    tcase_add_loop_test(tc, a_folder_that_is_not_there_is_named, 0, 5);
    tcase_add_loop_test(tc, several_changes_are_done_in_order_and_all_of_them_again, 0, 4);
    tcase_add_test(tc, what_comes_after_a_change_that_failed_is_not_done);
    tcase_add_loop_test(tc, a_new_file_leaves_one_that_says_something_else, 0, 4);
    tcase_add_test(tc, a_new_link_that_leads_nowhere_is_no_place_for_a_file);
    tcase_add_loop_test(tc, a_folder_in_the_way_of_one_change_is_seen_before_the_first, 0, 4);
    tcase_add_loop_test(tc, of_a_file_that_takes_anothers_place_all_is_done_or_nothing, 0, 4);
    tcase_add_test(tc, what_was_created_stays_where_the_old_file_has_gone);
    tcase_add_test(tc, what_makes_no_sense_is_refused);
    return scene_main("file", tc);
}
