/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Destroy, and dump, which is as short. */
#include <check.h>
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

int
main(void)
{
    TCase *tc = tcase_create("destroy");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_destroyed_domain_is_gone, FAKE_LATER, FAKE_REFUSED);
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
    return scene_main("destroy", tc);
}
