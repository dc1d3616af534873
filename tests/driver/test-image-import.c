/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "driver/image.h"
#include "scene.h"

#define COUNTER 4711

static char       from[256], path[256], xml[4096], config[8192];
static struct err err;

/* What xl would have written of the same guest. */
static void
make_config(void)
{
    const char *of_xl = scene_xml_of_xl("web", 'w'), *json = strstr(of_xl, "{\"c_info\"");

    snprintf(config, sizeof config, "%.*s", (int)(strstr(json, "</dom0d:") - json), json);
}

static void
setup(void)
{
    scene_begin();
    snprintf(from, sizeof from, "%s", scene_path("theirs"));
    snprintf(path, sizeof path, "%s", scene_path("web.save"));
    snprintf(xml, sizeof xml, "%s", scene_xml("web", 'w'));
    make_config();
}

static void
teardown(void)
{
    unlink(from);
    unlink(path);
    scene_end();
}

static struct scene_outcome
run(const char *name, char letter, unsigned flags, const struct scene_way *way)
{
    worker_start start = scene_start(WORKER_IMAGE_IMPORT, name, letter);

    start.flags = flags;
    start.params.worker_params_u.image_import = (worker_image_import){.path = path, .from = from};
    return scene_run(&start, way);
}

static struct scene_outcome
import(void)
{
    return run("web", 'w', 0, NULL);
}

static void
assert_same(void)
{
    cleanup_free char *theirs = NULL, *ours = NULL;
    size_t             size, our_size;
    struct stat        st;

    ck_assert_int_eq(file_read(from, 64 << 20, &theirs, &size, &err), 0);
    ck_assert_int_eq(file_read(path, 64 << 20, &ours, &our_size, &err), 0);
    ck_assert_uint_eq(our_size, size);
    ck_assert_mem_eq(ours, theirs, size);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
    ck_assert_uint_eq(scene_count_files(), 2);
}

/* The image that was there is all that there is. */
static void
assert_refused(const struct scene_outcome *out, const char *why)
{
    ck_assert_int_eq(out->calls, 1);
    ck_assert_int_ne(out->err.code, ERR_NONE);
    ck_assert_msg(strstr(out->err.message, why), "%s", out->err.message);
    ck_assert_int_eq(access(from, F_OK), 0);
    ck_assert_uint_eq(scene_count_files(), 1);
}

/* _i: libvirt's or xl's. */
START_TEST(an_image_is_copied_as_it_is_and_restores_its_guest)
{
    worker_start         start = scene_start(WORKER_RESTORE, "", '\0');
    struct scene_outcome out;

    scene_write_image(from, _i ? IMAGE_XL : IMAGE_LIBVIRT, _i ? config : xml, COUNTER);
    ck_assert_int_eq(chmod(from, 0644), 0);
    out = import();
    ck_assert_msg(out.err.code == ERR_NONE, "%s", out.err.message);
    ck_assert_str_eq(scene.world->log, "");
    assert_same();
    scene_params(&start, path, "", 0);
    out = scene_run(&start, NULL);
    ck_assert_msg(out.err.code == ERR_NONE, "%s", out.err.message);
    ck_assert_uint_eq(fake_domain_find((uint32_t)out.domid)->counter, COUNTER);
}
END_TEST

/* _i: by its name or by its uuid. */
START_TEST(the_image_of_another_guest_is_refused_with_both_named)
{
    struct scene_outcome out;

    scene_write_image(from, IMAGE_LIBVIRT, xml, COUNTER);
    out = run(_i ? "web" : "db", _i ? 'd' : 'w', 0, NULL);
    assert_refused(&out, "it is an image of domain 'web' with uuid 77777777-");
    ck_assert_ptr_nonnull(strstr(out.err.message, _i ? "not of 'web' with uuid 64646464-"
                                                     : "not of 'db' with uuid 77777777-"));
    ck_assert_ptr_nonnull(strstr(out.err.message, from));
}
END_TEST

START_TEST(a_torn_image_is_refused)
{
    struct scene_outcome out;
    size_t               size = scene_write_image(from, IMAGE_LIBVIRT, xml, COUNTER);

    ck_assert_int_eq(truncate(from, (off_t)size - 1), 0);
    out = import();
    assert_refused(&out, "truncated");
}
END_TEST

START_TEST(what_is_no_image_is_refused)
{
    struct scene_outcome out;

    ck_assert_int_eq(file_replace(from, "x", 1, 0600, &err), 0);
    out = import();
    assert_refused(&out, "no image of a saved domain");
}
END_TEST

START_TEST(an_image_that_could_not_be_restored_is_refused)
{
    struct scene_outcome out;

    memcpy(strstr(xml, "type='xen'"), "type='kvm'", 10);
    scene_write_image(from, IMAGE_LIBVIRT, xml, COUNTER);
    out = import();
    assert_refused(&out, "could not be restored");
}
END_TEST

START_TEST(an_image_that_is_there_is_not_replaced)
{
    cleanup_free char   *now = NULL;
    struct scene_outcome out;

    scene_write_image(from, IMAGE_LIBVIRT, xml, COUNTER);
    ck_assert_int_eq(file_replace(path, "another", 7, 0600, &err), 0);
    out = import();
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_ptr_nonnull(strstr(out.err.message, "web.save: the file exists"));
    ck_assert_int_eq(file_read(path, 64, &now, NULL, &err), 0);
    ck_assert_str_eq(now, "another");
}
END_TEST

static void
tear(void)
{
    ck_assert_int_eq(truncate(from, 5000), 0);
}

START_TEST(an_image_that_is_torn_meanwhile_leaves_no_copy)
{
    struct scene_way     way = {.meanwhile = tear, .meanwhile_at = 1};
    struct scene_outcome out;

    scene_write_image(from, IMAGE_LIBVIRT, xml, COUNTER);
    out = run("web", 'w', 0, &way);
    assert_refused(&out, "shorter meanwhile");
}
END_TEST

/* _i: after so many turns. */
START_TEST(an_abort_leaves_the_whole_copy_or_none)
{
    struct scene_way     way = {.abort_at = _i - 1};
    struct scene_outcome out;

    scene_write_image(from, IMAGE_LIBVIRT, xml, COUNTER);
    out = run("web", 'w', 0, &way);
    if (out.err.code == ERR_NONE) {
        assert_same();
        return;
    }
    ck_assert_int_eq(out.err.code, ERR_OPERATION_ABORTED);
    assert_refused(&out, "");
}
END_TEST

/* What a process that was killed left for job 1, where the file system knows no other way. */
static void
leave_stale(void)
{
    ck_assert_int_eq(file_replace(scene_path(".web.save.dom0d-1"), "half", 4, 0600, &err), 0);
}

START_TEST(of_a_worker_that_died_in_the_copy_nothing_is_left)
{
    struct scene_outcome out;

    scene_write_image(from, IMAGE_LIBVIRT, xml, COUNTER);
    leave_stale();
    out = run("web", 'w', WORKER_UNDO, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_ABORTED);
    assert_refused(&out, "nothing is left of the copy");
}
END_TEST

START_TEST(of_a_worker_that_died_behind_the_copy_it_is_done)
{
    struct scene_outcome out;

    scene_write_image(from, IMAGE_LIBVIRT, xml, COUNTER);
    out = import();
    ck_assert_int_eq(out.err.code, ERR_NONE);
    out = run("web", 'w', WORKER_UNDO, NULL);
    ck_assert_msg(out.err.code == ERR_NONE, "%s", out.err.message);
    assert_same();
}
END_TEST

START_TEST(the_clean_up_of_files_removes_the_half_copy)
{
    struct scene_outcome out;

    scene_write_image(from, IMAGE_LIBVIRT, xml, COUNTER);
    leave_stale();
    out = run("web", 'w', WORKER_UNDO | WORKER_FILES_ONLY, NULL);
    ck_assert_int_eq(out.calls, 1);
    ck_assert_uint_eq(scene_count_files(), 1);
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("image-import");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, an_image_is_copied_as_it_is_and_restores_its_guest, 0, 2);
    tcase_add_loop_test(tc, the_image_of_another_guest_is_refused_with_both_named, 0, 2);
    tcase_add_test(tc, a_torn_image_is_refused);
    tcase_add_test(tc, what_is_no_image_is_refused);
    tcase_add_test(tc, an_image_that_could_not_be_restored_is_refused);
    tcase_add_test(tc, an_image_that_is_there_is_not_replaced);
    tcase_add_test(tc, an_image_that_is_torn_meanwhile_leaves_no_copy);
    tcase_add_loop_test(tc, an_abort_leaves_the_whole_copy_or_none, 0, 6);
    tcase_add_test(tc, of_a_worker_that_died_in_the_copy_nothing_is_left);
    tcase_add_test(tc, of_a_worker_that_died_behind_the_copy_it_is_done);
    tcase_add_test(tc, the_clean_up_of_files_removes_the_half_copy);
    return scene_main("image-import", tc);
}
