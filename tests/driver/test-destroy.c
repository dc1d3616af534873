/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Destroy, and dump, which is as short. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "scene.h"

static struct fake_domain *dom;
static char                path[256];

static void
setup(void)
{
    scene_begin();
    snprintf(path, sizeof path, "%s", scene_path("web.core"));
    dom = fake_domain_add("web", 'w');
}

static void
teardown(void)
{
    unlink(path);
    scene_end();
}

static struct scene_outcome
run(worker_operation operation, const struct scene_way *way)
{
    worker_start start = scene_start(operation, "web", 'w');

    start.domid = (int)dom->domid;
    scene_params(&start, path, "", 0);
    return scene_run(&start, way);
}

START_TEST(a_destroyed_domain_is_gone)
{
    struct scene_outcome out;

    scene.world->when = (enum fake_when)_i;
    dom->frozen = true;
    out = run(WORKER_DESTROY, NULL);
    ck_assert_int_eq(out.err.code, ERR_NONE);
    ck_assert_int_eq(out.calls, 1);
    ck_assert(!out.domain_left && !dom->used);
}
END_TEST

START_TEST(a_stubdomain_is_not_destroyed_while_its_guest_is_there)
{
    struct fake_domain  *guest = fake_domain_add("big", 'b');
    struct scene_outcome out;

    dom->target = guest->domid;
    out = run(WORKER_DESTROY, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_INVALID);
    ck_assert_ptr_nonnull(strstr(out.err.message, "the device model of domain big (id "));
    ck_assert(dom->used);

    guest->dying = true;
    out = run(WORKER_DESTROY, NULL);
    ck_assert_int_eq(out.err.code, ERR_NONE);
    ck_assert(!dom->used);
}
END_TEST

START_TEST(a_domain_that_is_gone_already_is_success)
{
    struct scene_outcome out;

    dom->used = false;
    out = run(WORKER_DESTROY, NULL);
    ck_assert_int_eq(out.err.code, ERR_NONE);
    ck_assert_str_eq(scene.world->log, "");
}
END_TEST

START_TEST(a_domain_that_has_the_id_now_is_not_destroyed)
{
    struct scene_outcome out;

    memset(dom->uuid, 'x', sizeof dom->uuid);
    out = run(WORKER_DESTROY, NULL);
    ck_assert_int_eq(out.err.code, ERR_NONE);
    ck_assert_str_eq(scene.world->log, "");
    ck_assert(dom->used);
}
END_TEST

START_TEST(dom0_is_not_destroyed)
{
    worker_start         start = scene_start(WORKER_DESTROY, "Domain-0", '\0');
    struct scene_outcome out;

    start.domid = 0;
    out = scene_run(&start, NULL);
    ck_assert_int_eq(out.err.code, ERR_INVALID_ARG);
    ck_assert_int_eq(out.calls, 0);
}
END_TEST

START_TEST(a_domain_that_went_by_itself_meanwhile_is_success)
{
    struct scene_outcome out;

    scene.world->when = (enum fake_when)_i;
    /* The question finds it, the call does not. */
    fake_xen_rule("destroy", 1, ERROR_FAIL, false);
    fake_xen_rule("domain_info", 2, ERROR_DOMAIN_NOTFOUND, false);
    out = run(WORKER_DESTROY, NULL);
    ck_assert_int_eq(out.err.code, ERR_NONE);
}
END_TEST

START_TEST(a_failed_destroy_is_told)
{
    struct scene_outcome out;

    scene.world->when = (enum fake_when)_i;
    fake_xen_rule("destroy", 1, ERROR_FAIL, _i == FAKE_AT_ONCE);
    out = run(WORKER_DESTROY, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_ptr_nonnull(strstr(out.err.message, "cannot destroy domain web: destroy "));
    ck_assert(out.domain_left);
}
END_TEST

START_TEST(a_destroy_goes_on_to_its_end_whoever_aborts_it)
{
    struct scene_way     way = {.abort_at = _i};
    struct scene_outcome out = run(WORKER_DESTROY, &way);

    ck_assert_int_eq(out.err.code, ERR_NONE);
    ck_assert(!dom->used);
}
END_TEST

START_TEST(a_question_that_fails_is_not_taken_for_a_domain_that_is_gone)
{
    struct scene_outcome out;

    fake_xen_rule("domain_info", 1, ERROR_FAIL, false);
    out = run(WORKER_DESTROY, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert(dom->used);
}
END_TEST

/*----- dump -----*/

START_TEST(a_dump_lies_under_its_name_when_it_is_whole)
{
    struct scene_outcome out;
    cleanup_free char   *text = NULL;
    struct stat          st;
    struct err           err;

    scene.world->when = (enum fake_when)_i;
    out = run(WORKER_DUMP, NULL);
    ck_assert_msg(out.err.code == ERR_NONE, "%s", out.err.message);
    ck_assert(out.domain_left && dom->used && !dom->shutdown);
    ck_assert_int_eq(file_read(path, 100, &text, NULL, &err), 0);
    ck_assert_str_eq(text, "a whole core");
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(a_failed_dump_leaves_no_file)
{
    struct scene_outcome out;

    scene.world->when = (enum fake_when)_i;
    fake_xen_rule("dump", 1, ERROR_FAIL, true);
    out = run(WORKER_DUMP, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_uint_eq(scene_count_files(), 0);
    ck_assert(out.domain_left);
}
END_TEST

START_TEST(an_aborted_dump_leaves_no_file)
{
    struct scene_way     way = {.abort_at = 1};
    struct scene_outcome out;

    scene.world->abort = (enum fake_abort)_i;
    out = run(WORKER_DUMP, &way);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_ABORTED);
    ck_assert_uint_eq(scene_count_files(), 0);
}
END_TEST

/*----- the cores that are there already -----*/

/* So many seconds after 1970, and of one block. */
static void
make_core(const char *name, int seconds)
{
    const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    const char           *core = scene_path(name);
    struct err            err;

    ck_assert_int_eq(file_replace(core, "core", 4, 0600, &err), 0);
    ck_assert_int_eq(utimensat(AT_FDCWD, core, times, 0), 0);
}

static uint64_t
block_size(const char *name)
{
    struct stat st;

    ck_assert_int_eq(stat(scene_path(name), &st), 0);
    return (uint64_t)st.st_blocks * 512;
}

/* Of those that make_cores made; they are removed. */
static void
assert_cores(const char *expected)
{
    static const char *const names[] = {"web-20260101-000000.core",
                                        "web-20260101-000000-2.core",
                                        "web-20260101-000000-123456.core",
                                        "web-b-20260101-000000-1.core",
                                        "web-notes.core",
                                        "20260101-000000-1.core"};
    char                     left[8] = "";

    for (size_t n = 0; n < array_size(names); n++)
        if (unlink(scene_path(names[n])) == 0)
            left[strlen(left)] = (char)('1' + n);
    ck_assert_str_eq(left, expected);
}

/* 1 to 3 are of "web" and the oldest in this order, 4 is another guest's and older; 5 and 6 are no
 * cores. */
static void
make_cores(void)
{
    make_core("web-20260101-000000.core", 1001);
    make_core("web-20260101-000000-2.core", 1002);
    make_core("web-20260101-000000-123456.core", 1003);
    make_core("web-b-20260101-000000-1.core", 1000);
    make_core("web-notes.core", 1);
    make_core("20260101-000000-1.core", 1);
}

static int
dump_beside_them(worker_keep keep, struct err *err)
{
    worker_start         start = scene_start(WORKER_DUMP, "web", 'w');
    char                 core[256];
    struct scene_outcome out;

    snprintf(core, sizeof core, "%s", scene_path("web-20260101-000001-4.core"));
    start.domid = (int)dom->domid;
    scene_params(&start, core, "", 0);
    start.params.worker_params_u.dump.keep = keep;
    out = scene_run(&start, NULL);
    unlink(core);
    *err = out.err;
    return out.err.code == ERR_NONE ? 0 : -1;
}

START_TEST(the_oldest_cores_go_before_one_is_written)
{
    uint64_t   block, memory;
    struct err err;

    make_cores();
    block = block_size("web-notes.core");
    memory = dom->memory_kib * 1024;
    const struct {
        worker_keep keep;
        const char *left;
    } cases[] = {
        {{.guest_count = 4}, "123456"},
        {{.guest_count = 2}, "3456"},
        {{.guest_count = 1}, "456"},
        {{.all_count = 5}, "123456"},
        {{.all_count = 4}, "12356"},
        {{.guest_count = 3, .all_count = 3}, "2356"},
        {{.guest_bytes = memory + 3 * block}, "123456"},
        {{.guest_bytes = memory + 3 * block - 1}, "23456"},
        {{.all_bytes = memory + block}, "356"},
        {{.all_bytes = memory}, "56"},
        {{.guest_count = 0}, "123456"},
    };

    ck_assert_msg(dump_beside_them(cases[_i].keep, &err) == 0, "%s", err.message);
    assert_cores(cases[_i].left);
}
END_TEST

START_TEST(for_a_core_that_is_too_large_itself_no_other_goes)
{
    worker_keep keep = {.guest_count = 1, .all_bytes = 1 << 20};
    struct err  err;

    make_cores();
    ck_assert_int_eq(dump_beside_them(keep, &err), -1);
    ck_assert_int_eq(err.code, ERR_OPERATION_FAILED);
    ck_assert_ptr_nonnull(strstr(err.message, "more than the configuration allows, 1 MiB"));
    assert_cores("123456");
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("destroy");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_destroyed_domain_is_gone, FAKE_LATER, FAKE_REFUSED);
    tcase_add_test(tc, a_stubdomain_is_not_destroyed_while_its_guest_is_there);
    tcase_add_test(tc, a_domain_that_is_gone_already_is_success);
    tcase_add_test(tc, a_domain_that_has_the_id_now_is_not_destroyed);
    tcase_add_test(tc, dom0_is_not_destroyed);
    tcase_add_loop_test(tc, a_domain_that_went_by_itself_meanwhile_is_success, FAKE_LATER,
                        FAKE_WHENS);
    tcase_add_loop_test(tc, a_failed_destroy_is_told, FAKE_LATER, FAKE_WHENS);
    tcase_add_loop_test(tc, a_destroy_goes_on_to_its_end_whoever_aborts_it, -1, 4);
    tcase_add_test(tc, a_question_that_fails_is_not_taken_for_a_domain_that_is_gone);
    tcase_add_loop_test(tc, a_dump_lies_under_its_name_when_it_is_whole, FAKE_LATER, FAKE_REFUSED);
    tcase_add_loop_test(tc, a_failed_dump_leaves_no_file, FAKE_LATER, FAKE_WHENS);
    tcase_add_loop_test(tc, an_aborted_dump_leaves_no_file, 0, FAKE_ABORTS);
    tcase_add_loop_test(tc, the_oldest_cores_go_before_one_is_written, 0, 11);
    tcase_add_test(tc, for_a_core_that_is_too_large_itself_no_other_goes);
    return scene_main("destroy", tc);
}
