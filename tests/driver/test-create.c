/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "scene.h"

static char xml[2048];

static void
setup(void)
{
    scene_begin();
    snprintf(xml, sizeof xml, "%s", scene_xml("web", 'w'));
}

static void
teardown(void)
{
    scene_end();
}

static struct scene_outcome
create(unsigned flags, const struct scene_way *way)
{
    worker_start start = scene_start(WORKER_CREATE, "web", 'w');

    scene_params(&start, "", xml, flags);
    return scene_run(&start, way);
}

static void
replace(const char *old, const char *new)
{
    char *here = strstr(xml, old), rest[2048];

    ck_assert_ptr_nonnull(here);
    snprintf(rest, sizeof rest, "%s", here + strlen(old));
    snprintf(here, sizeof xml - (size_t)(here - xml), "%s%s", new, rest);
}

static void
assert_failed(const struct scene_outcome *out, enum err_code code, const char *words)
{
    ck_assert_int_eq(out->calls, 1);
    ck_assert_msg((int)out->err.code == (int)code, "%d: %s", out->err.code, out->err.message);
    ck_assert_msg(strstr(out->err.message, words), "%s", out->err.message);
    ck_assert(!out->domain_left);
    ck_assert_uint_eq(fake_domain_count(), 0);
}

START_TEST(a_created_domain_runs_and_keeps_its_xml)
{
    struct scene_outcome out;
    struct fake_domain  *dom;
    cleanup_free char   *kept = NULL, *kept_path = NULL;
    struct err           err;

    scene.world->when = (enum fake_when)_i;
    scene.world->last_domid = 6;
    out = create(0, NULL);
    ck_assert_msg(out.err.code == ERR_NONE, "%s", out.err.message);
    ck_assert_int_eq(out.calls, 1);
    ck_assert_int_eq(out.domid, 7);
    ck_assert_str_eq(scene.world->log, "create unpause");
    dom = fake_domain_find(7);
    ck_assert(dom && !dom->paused);
    ck_assert_str_eq(dom->name, "web");
    kept_path = fake_path("userdata", 7);
    ck_assert_int_eq(file_read(kept_path, 1 << 20, &kept, NULL, &err), 0);
    ck_assert_ptr_nonnull(strstr(kept, "<name>web</name>"));
}
END_TEST

START_TEST(a_domain_may_be_left_paused)
{
    struct scene_outcome out = create(SCENE_PAUSED, NULL);

    ck_assert_int_eq(out.err.code, ERR_NONE);
    ck_assert_str_eq(scene.world->log, "create");
    ck_assert(fake_domain_find((uint32_t)out.domid)->paused);
}
END_TEST

START_TEST(a_refused_create_leaves_no_domain)
{
    struct scene_outcome out;

    scene.world->when = FAKE_REFUSED;
    out = create(0, NULL);
    assert_failed(&out, ERR_OPERATION_FAILED, "create is refused as it was told");
}
END_TEST

START_TEST(a_half_built_domain_is_destroyed)
{
    struct scene_outcome out;

    scene.world->when = (enum fake_when)_i;
    fake_xen_rule("create", 1, ERROR_FAIL, true);
    out = create(0, NULL);
    assert_failed(&out, ERR_OPERATION_FAILED, "cannot create domain web: ");
    ck_assert_int_eq(out.domid, -1);
    ck_assert_str_eq(scene.world->log, "create destroy");
}
END_TEST

START_TEST(a_domain_that_cannot_be_started_is_destroyed)
{
    struct scene_outcome out;

    scene.world->when = (enum fake_when)_i;
    fake_xen_rule("unpause", 1, ERROR_FAIL, false);
    out = create(0, NULL);
    assert_failed(&out, ERR_OPERATION_FAILED, "cannot start the domain");
}
END_TEST

START_TEST(a_half_built_domain_that_cannot_be_destroyed_is_told)
{
    struct scene_outcome out;

    fake_xen_rule("create", 1, ERROR_FAIL, true);
    fake_xen_rule("destroy", 1, ERROR_FAIL, false);
    out = create(0, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert(out.domain_left);
    ck_assert_ptr_nonnull(strstr(out.err.message, "half-built domain 1 cannot be destroyed"));
}
END_TEST

START_TEST(an_abort_at_any_time_leaves_no_domain)
{
    struct scene_way     way = {.abort_at = 1 + _i / FAKE_ABORTS};
    struct scene_outcome out;

    scene.world->abort = (enum fake_abort)(_i % FAKE_ABORTS);
    out = create(0, &way);
    if (out.err.code == ERR_NONE) /* it came too late */
        ck_assert_uint_eq(fake_domain_count(), 1);
    else
        assert_failed(&out, ERR_OPERATION_ABORTED, "aborted");
}
END_TEST

START_TEST(an_abort_gives_libxl_three_seconds_to_get_to_the_end_by_itself)
{
    struct scene_way     way = {.abort_at = 3};
    struct scene_outcome out;
    uint64_t             begin = loop_now_usec(), took;

    scene.world->delay_msec = 100000;
    out = create(0, &way);
    took = loop_now_usec() - begin;
    assert_failed(&out, ERR_OPERATION_ABORTED, "aborted");
    ck_assert_uint_ge(took, 2900000);
}
END_TEST

/* The create ends by itself after 2 s; the 3 s that it was given end while it is undone. */
START_TEST(an_abort_does_not_hit_the_call_that_undoes)
{
    struct scene_way     way = {.abort_at = 3};
    struct scene_outcome out;

    scene.world->delay_msec = 2000;
    out = create(0, &way);
    assert_failed(&out, ERR_OPERATION_ABORTED, "aborted");
    ck_assert_str_eq(out.err.message, "aborted");
}
END_TEST

START_TEST(a_fault_at_any_call_leaves_no_domain)
{
    for (unsigned n = 1;; n++) {
        struct scene_outcome out;

        teardown();
        setup();
        scene.world->when = (enum fake_when)_i;
        scene.world->fail_at = n;
        out = create(0, NULL);
        ck_assert_int_eq(out.calls, 1);
        if (out.err.code == ERR_NONE) {
            ck_assert_uint_eq(fake_domain_count(), 1);
            if (scene.world->fail_at)
                return;
        } else {
            ck_assert_uint_eq(fake_domain_count(), 0);
        }
    }
}
END_TEST

/* The hypervisor's list fails just when it is asked what is left. */
START_TEST(not_to_know_what_is_left_is_told)
{
    struct scene_outcome out;

    fake_xen_rule("create", 1, ERROR_FAIL, true);
    fake_xen_rule("list_domain", 2, ERROR_FAIL, false);
    out = create(0, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert(out.domain_left);
    ck_assert_ptr_nonnull(strstr(out.err.message, "cannot be told"));
}
END_TEST

START_TEST(a_name_in_use_is_refused_and_its_domain_stays)
{
    struct scene_outcome out;

    fake_domain_add("web", 'a');
    out = create(0, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_ptr_nonnull(strstr(out.err.message, "already exists"));
    ck_assert_uint_eq(fake_domain_count(), 1);
}
END_TEST

START_TEST(a_uuid_in_use_is_refused_and_its_domain_stays)
{
    struct scene_outcome out;

    fake_domain_add("other", 'w');
    out = create(0, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_INVALID);
    ck_assert_str_eq(scene.world->log, "");
    ck_assert_uint_eq(fake_domain_count(), 1);
}
END_TEST

START_TEST(a_domain_that_is_dying_does_not_stand_in_the_way)
{
    struct scene_outcome out;
    struct fake_domain  *old = fake_domain_add("old", 'w');

    old->dying = true;
    out = create(0, NULL);
    ck_assert_int_eq(out.err.code, ERR_NONE);
    ck_assert_int_ne(out.domid, (int)old->domid);
}
END_TEST

START_TEST(broken_xml_is_refused)
{
    struct scene_outcome out;

    replace("</domain>", "");
    out = create(0, NULL);
    assert_failed(&out, ERR_XML, "");
    ck_assert_str_eq(scene.world->log, "");
}
END_TEST

START_TEST(a_missing_kernel_is_named)
{
    struct scene_outcome out;

    ck_assert_int_eq(unlink(scene.kernel), 0);
    out = create(0, NULL);
    assert_failed(&out, ERR_SYSTEM, scene.kernel);
    ck_assert_ptr_nonnull(strstr(out.err.message, "No such file"));
}
END_TEST

START_TEST(a_kernel_that_is_a_fifo_does_not_block)
{
    struct scene_outcome out;

    ck_assert_int_eq(unlink(scene.kernel), 0);
    ck_assert_int_eq(mkfifo(scene.kernel, 0600), 0);
    out = create(0, NULL);
    assert_failed(&out, ERR_OPERATION_FAILED, "not a regular file");
}
END_TEST

START_TEST(too_much_memory_is_told_in_figures)
{
    struct scene_outcome out;

    replace("<memory unit='MiB'>128", "<memory unit='MiB'>100000");
    out = create(0, NULL);
    assert_failed(&out, ERR_OPERATION_FAILED,
                  "not enough memory: domain web needs 100004 MiB, 7168 MiB are free");
}
END_TEST

/* As it is when a guest that was restored from an image of xl reboots. */
START_TEST(a_definition_that_keeps_libxls_configuration_makes_that_guest)
{
    worker_start         start = scene_start(WORKER_CREATE, "web", 'w');
    struct scene_outcome out;

    scene_params(&start, "", scene_xml_of_xl("web", 'w'), 0);
    out = scene_run(&start, NULL);
    ck_assert_msg(out.err.code == ERR_NONE, "%s", out.err.message);
    ck_assert_int_eq(scene_on_watchdog(out.domid), LIBXL_ACTION_ON_SHUTDOWN_RESTART);
}
END_TEST

START_TEST(libxl_keeps_what_was_asked_for_and_not_what_it_makes_of_that)
{
    struct scene_outcome out = create(0, NULL);
    cleanup_free char   *path = NULL, *json = NULL;
    struct err           err;

    ck_assert_int_eq(out.err.code, ERR_NONE);
    path = fake_path("config", fake_domain_named("web")->domid);
    ck_assert_int_eq(file_read(path, 1 << 20, &json, NULL, &err), 0);
    ck_assert_ptr_null(strstr(json, "driver_domain"));
}
END_TEST

/* libxl refuses a cell on a node that is not there: the fake host has one. */
START_TEST(numa_cells_are_on_the_first_node_of_a_host_with_fewer_nodes)
{
    struct scene_outcome out;
    cleanup_free char   *path = NULL, *json = NULL;
    struct err           err;

    replace("<vcpu>1</vcpu>", "<vcpu>2</vcpu>");
    replace("</domain>", "<cpu><numa><cell cpus='0' memory='65536'/>"
                         "<cell cpus='1' memory='65536'/></numa></cpu></domain>");
    out = create(0, NULL);
    ck_assert_msg(out.err.code == ERR_NONE, "%s", out.err.message);
    path = fake_path("config", (uint32_t)out.domid);
    ck_assert_int_eq(file_read(path, 1 << 20, &json, NULL, &err), 0);
    ck_assert_ptr_nonnull(strstr(json, "\"vnuma_nodes\""));
    ck_assert_ptr_null(strstr(json, "\"pnode\": 1"));
}
END_TEST

START_TEST(a_host_whose_nodes_are_not_known_gets_no_guest_with_numa_cells)
{
    struct scene_outcome out;

    replace("</domain>", "<cpu><numa><cell cpus='0' memory='65536'/></numa></cpu></domain>");
    fake_xen_rule("get_physinfo", 1, ERROR_FAIL, false);
    out = create(0, NULL);
    assert_failed(&out, ERR_OPERATION_FAILED, "cannot determine the nodes of this host");
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("create");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, a_created_domain_runs_and_keeps_its_xml, FAKE_LATER, FAKE_REFUSED);
    tcase_add_test(tc, a_domain_may_be_left_paused);
    tcase_add_test(tc, a_refused_create_leaves_no_domain);
    tcase_add_loop_test(tc, a_half_built_domain_is_destroyed, FAKE_LATER, FAKE_REFUSED);
    tcase_add_loop_test(tc, a_domain_that_cannot_be_started_is_destroyed, FAKE_LATER, FAKE_REFUSED);
    tcase_add_test(tc, a_half_built_domain_that_cannot_be_destroyed_is_told);
    tcase_add_loop_test(tc, an_abort_at_any_time_leaves_no_domain, 0, 10 * FAKE_ABORTS);
    tcase_add_test(tc, an_abort_gives_libxl_three_seconds_to_get_to_the_end_by_itself);
    tcase_add_test(tc, an_abort_does_not_hit_the_call_that_undoes);
    tcase_add_loop_test(tc, a_fault_at_any_call_leaves_no_domain, FAKE_LATER, FAKE_REFUSED);
    tcase_add_test(tc, not_to_know_what_is_left_is_told);
    tcase_add_test(tc, a_name_in_use_is_refused_and_its_domain_stays);
    tcase_add_test(tc, a_uuid_in_use_is_refused_and_its_domain_stays);
    tcase_add_test(tc, a_domain_that_is_dying_does_not_stand_in_the_way);
    tcase_add_test(tc, broken_xml_is_refused);
    tcase_add_test(tc, a_missing_kernel_is_named);
    tcase_add_test(tc, a_kernel_that_is_a_fifo_does_not_block);
    tcase_add_test(tc, too_much_memory_is_told_in_figures);
    tcase_add_test(tc, libxl_keeps_what_was_asked_for_and_not_what_it_makes_of_that);
    tcase_add_test(tc, numa_cells_are_on_the_first_node_of_a_host_with_fewer_nodes);
    tcase_add_test(tc, a_host_whose_nodes_are_not_known_gets_no_guest_with_numa_cells);
    tcase_add_test(tc, a_definition_that_keeps_libxls_configuration_makes_that_guest);
    return scene_main("create", tc);
}
