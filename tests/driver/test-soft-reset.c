/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Soft reset: the guest goes on as the same domain, or it has gone and the reason is told. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "conf/libxl.h"
#include "scene.h"

#define XML                                                                                        \
    "<domain type='xen'><name>web</name><uuid>77777777-7777-7777-7777-777777777777</uuid>"         \
    "<memory unit='MiB'>128</memory><vcpu>1</vcpu><os><type machine='%s'>%s</type>%s</os>"         \
    "<devices/></domain>"

static struct fake_domain *dom;
static char                xml[1024];

static void
keep(const char *what, const char *text)
{
    cleanup_free char *path = fake_path(what, dom->domid);
    struct err         err;

    ck_assert_int_eq(file_replace(path, text, strlen(text), 0600, &err), 0);
}

/* A guest that dom0d has built of xml. */
static void
build(libxl_domain_type type)
{
    struct domain_def  *def;
    libxl_domain_config config;
    cleanup_free char  *json = NULL;
    struct err          err;

    dom->type = type;
    libxl_domain_config_init(&config);
    ck_assert_msg(domain_def_parse(xml, strlen(xml), &def, &err) == 0, "%s", err.message);
    ck_assert_msg(conf_to_libxl(def, &config, &err) == 0, "%s", err.message);
    json = libxl_domain_config_to_json(scene.xl.ctx, &config);
    keep("config", json);
    keep("userdata", xml);
    libxl_domain_config_dispose(&config);
    domain_def_free(def);
}

static void
setup(void)
{
    scene_begin();
    dom = fake_domain_add("web", 'w');
    snprintf(xml, sizeof xml, XML, "xenfv", "hvm", "");
    build(LIBXL_DOMAIN_TYPE_HVM);
    fake_domain_shuts_down(dom, LIBXL_SHUTDOWN_REASON_SOFT_RESET);
}

static void
teardown(void)
{
    scene_end();
}

static struct scene_outcome
run(unsigned flags, const struct scene_way *way)
{
    worker_start start = scene_start(WORKER_SOFT_RESET, "web", 'w');

    start.domid = (int)dom->domid;
    start.flags = flags;
    return scene_run(&start, way);
}

static void
assert_runs_on(const struct scene_outcome *out)
{
    cleanup_free char *path = fake_path("userdata", dom->domid);
    cleanup_free char *kept = NULL;
    struct err         err;

    ck_assert_int_eq(out->calls, 1);
    ck_assert_msg(out->err.code == ERR_NONE, "%s", out->err.message);
    ck_assert_int_eq(out->domid, (int)dom->domid);
    ck_assert(dom->used && !dom->shutdown && !dom->paused);
    ck_assert_uint_eq(dom->counter, 100); /* its memory */
    ck_assert_int_eq(file_read(path, 4096, &kept, NULL, &err), 0);
    ck_assert_ptr_nonnull(strstr(kept, "<name>web</name>"));
}

static void
assert_destroyed(const struct scene_outcome *out, enum err_code code, const char *words)
{
    ck_assert_int_eq(out->calls, 1);
    ck_assert_msg(out->err.code == code, "%d %s", out->err.code, out->err.message);
    ck_assert_msg(strstr(out->err.message, words), "%s", out->err.message);
    ck_assert(!dom->used);
    ck_assert_int_eq(out->domid, -1);
}

START_TEST(the_same_domain_goes_on_with_its_memory_and_its_definition)
{
    struct scene_outcome out;

    scene.world->when = (enum fake_when)_i;
    out = run(0, NULL);
    assert_runs_on(&out);
    ck_assert_str_eq(scene.world->log, "config soft-reset unpause");
}
END_TEST

START_TEST(a_guest_that_does_not_ask_for_it_is_left_as_it_is)
{
    struct scene_outcome out;

    dom->shutdown = _i; /* for another reason */
    dom->reason = LIBXL_SHUTDOWN_REASON_CRASH;
    out = run(0, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_INVALID);
    ck_assert_str_eq(scene.world->log, "");
    ck_assert(dom->used);
}
END_TEST

START_TEST(a_domain_that_has_the_id_now_is_left_as_it_is)
{
    struct scene_outcome out;

    memset(dom->uuid, 'x', sizeof dom->uuid);
    out = run(0, NULL);
    ck_assert_int_eq(out.err.code, ERR_NO_DOMAIN);
    ck_assert_str_eq(scene.world->log, "");
}
END_TEST

START_TEST(a_guest_that_is_not_hvm_is_destroyed_and_the_reason_told)
{
    struct scene_outcome out;
    cleanup_free char   *kernel = xasprintf("<kernel>%s</kernel>", scene.kernel);

    snprintf(xml, sizeof xml, XML, "xenpvh", "xenpvh", kernel);
    build(LIBXL_DOMAIN_TYPE_PVH);
    out = run(0, NULL);
    assert_destroyed(&out, ERR_OPERATION_UNSUPPORTED, "supports for HVM guests only");
}
END_TEST

/* _i: how it fails. */
START_TEST(a_guest_that_cannot_be_reset_is_destroyed_and_the_reason_told)
{
    static const char *const calls[] = {"config",          "soft-reset",
                                        "unpause",         "userdata_retrieve",
                                        "userdata_unlink", "userdata_store"};
    struct scene_outcome     out;

    fake_xen_rule(calls[_i], 1, ERROR_FAIL, false);
    out = run(0, NULL);
    assert_destroyed(&out, ERR_OPERATION_FAILED, "cannot ");
    if (_i == 1)
        ck_assert_ptr_nonnull(strstr(out.err.message, "soft-reset failed as it was told"));
}
END_TEST

START_TEST(without_its_definition_it_is_destroyed_and_the_reason_told)
{
    struct scene_outcome out;
    cleanup_free char   *path = fake_path("userdata", dom->domid);

    unlink(path);
    out = run(0, NULL);
    assert_destroyed(&out, ERR_XML, "");
}
END_TEST

START_TEST(libxl_that_refuses_it_costs_the_guest_and_the_reason_is_told)
{
    struct scene_outcome out;

    scene.world->when = FAKE_REFUSED;
    out = run(0, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_ptr_nonnull(strstr(out.err.message, "config is refused as it was told"));
}
END_TEST

START_TEST(aborted_it_ends_with_the_guest_destroyed_or_running)
{
    struct scene_way     way = {.abort_at = 1 + _i / FAKE_ABORTS};
    struct scene_outcome out;

    scene.world->abort = (enum fake_abort)(_i % FAKE_ABORTS);
    out = run(0, &way);
    if (out.err.code == ERR_NONE)
        assert_runs_on(&out);
    else
        assert_destroyed(&out, ERR_OPERATION_ABORTED, "aborted");
}
END_TEST

START_TEST(aborted_before_it_began_the_guest_is_left_as_it_is)
{
    struct scene_way     way = {.abort_at = -1};
    struct scene_outcome out = run(0, &way);

    ck_assert_int_eq(out.err.code, ERR_OPERATION_ABORTED);
    ck_assert(dom->used && dom->shutdown);
}
END_TEST

/*----- a worker died in it: what it left is made here -----*/

START_TEST(what_was_not_begun_is_done_by_the_next_worker)
{
    struct scene_outcome out = run(WORKER_UNDO, NULL);

    assert_runs_on(&out);
    ck_assert_str_eq(scene.world->log, "config soft-reset unpause");
}
END_TEST

START_TEST(what_was_not_begun_is_destroyed_where_somebody_waits)
{
    struct scene_outcome out = run(WORKER_UNDO | WORKER_SOON, NULL);

    assert_destroyed(&out, ERR_OPERATION_ABORTED, "was not reset, but destroyed");
    ck_assert_str_eq(scene.world->log, "destroy");
}
END_TEST

START_TEST(a_reset_that_was_complete_is_let_run)
{
    struct scene_outcome out;

    dom->shutdown = false;
    dom->paused = true;
    out = run(WORKER_UNDO | (_i ? WORKER_SOON : 0), NULL);
    assert_runs_on(&out);
    ck_assert_str_eq(scene.world->log, "unpause");
}
END_TEST

/* _i: whether the hypervisor had reset it already. */
START_TEST(what_was_half_reset_is_destroyed)
{
    struct scene_outcome out;
    cleanup_free char   *path = fake_path("userdata", dom->domid);

    unlink(path);
    dom->shutdown = !_i;
    out = run(WORKER_UNDO, NULL);
    assert_destroyed(&out, ERR_OPERATION_ABORTED, "the half-built domain was destroyed");
}
END_TEST

START_TEST(a_domain_that_has_gone_is_told)
{
    struct scene_outcome out;

    dom->used = false;
    out = run(WORKER_UNDO, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_ABORTED);
    ck_assert_ptr_nonnull(strstr(out.err.message, "no domain is left of it"));
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("soft-reset");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, the_same_domain_goes_on_with_its_memory_and_its_definition, FAKE_LATER,
                        FAKE_REFUSED);
    tcase_add_loop_test(tc, a_guest_that_does_not_ask_for_it_is_left_as_it_is, 0, 2);
    tcase_add_test(tc, a_domain_that_has_the_id_now_is_left_as_it_is);
    tcase_add_test(tc, a_guest_that_is_not_hvm_is_destroyed_and_the_reason_told);
    tcase_add_loop_test(tc, a_guest_that_cannot_be_reset_is_destroyed_and_the_reason_told, 0, 6);
    tcase_add_test(tc, without_its_definition_it_is_destroyed_and_the_reason_told);
    tcase_add_test(tc, libxl_that_refuses_it_costs_the_guest_and_the_reason_is_told);
    tcase_add_loop_test(tc, aborted_it_ends_with_the_guest_destroyed_or_running, 0,
                        6 * FAKE_ABORTS);
    tcase_add_test(tc, aborted_before_it_began_the_guest_is_left_as_it_is);
    tcase_add_test(tc, what_was_not_begun_is_done_by_the_next_worker);
    tcase_add_test(tc, what_was_not_begun_is_destroyed_where_somebody_waits);
    tcase_add_loop_test(tc, a_reset_that_was_complete_is_let_run, 0, 2);
    tcase_add_loop_test(tc, what_was_half_reset_is_destroyed, 0, 2);
    tcase_add_test(tc, a_domain_that_has_gone_is_told);
    return scene_main("soft-reset", tc);
}
