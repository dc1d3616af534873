/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a worker left that was killed: it is made here by hand, then undone or finished. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/uuid.h"
#include "new-file.h"
#include "scene.h"

static struct fake_domain *dom;
static char                path[256], xml[2048];

static void
setup(void)
{
    scene_begin();
    snprintf(path, sizeof path, "%s", scene_path("web.save"));
    snprintf(xml, sizeof xml, "%s", scene_xml("web", 'w'));
    dom = fake_domain_add("web", 'w');
}

static void
teardown(void)
{
    unlink(path);
    scene_end();
}

static struct scene_outcome
undo(worker_operation operation, unsigned flags)
{
    worker_start start = scene_start(operation, "web", 'w');

    start.domid = (int)dom->domid;
    start.flags = WORKER_UNDO;
    scene_params(&start, path, xml, flags);
    return scene_run(&start, NULL);
}

static struct scene_outcome
undo_partly(worker_operation operation, unsigned how)
{
    worker_start start = scene_start(operation, "web", 'w');

    start.domid = how & WORKER_FILES_ONLY ? -1 : (int)dom->domid;
    start.flags = WORKER_UNDO | how;
    scene_params(&start, path, xml, 0);
    return scene_run(&start, NULL);
}

static void
leave_hidden_file(void)
{
    struct new_file file;
    struct err      err;

    ck_assert_int_eq(new_file_open_named(&file, path, false, 1, &err), 0);
    close(file.fd);
    close(file.folder);
    free(file.temporary);
    free(file.name);
    free(file.path);
}

static void
assert_undone(const struct scene_outcome *out, const char *words)
{
    ck_assert_int_eq(out->calls, 1);
    ck_assert_msg(out->err.code == ERR_OPERATION_ABORTED, "%d %s", out->err.code, out->err.message);
    ck_assert_msg(strstr(out->err.message, words), "%s", out->err.message);
}

static void
assert_done(const struct scene_outcome *out)
{
    ck_assert_int_eq(out->calls, 1);
    ck_assert_msg(out->err.code == ERR_NONE, "%s", out->err.message);
}

/*----- create and restore: _i is which -----*/

static const worker_operation builds[] = {WORKER_CREATE, WORKER_RESTORE};

static void
keep_xml(void)
{
    cleanup_free char *kept = fake_path("userdata", dom->domid);
    struct err         err;

    ck_assert_int_eq(file_replace(kept, xml, strlen(xml), 0600, &err), 0);
}

START_TEST(a_half_built_domain_is_destroyed)
{
    struct scene_outcome out;

    dom->paused = true;
    out = undo(builds[_i], 0);
    assert_undone(&out, "the half-built domain was destroyed");
    ck_assert(!dom->used);
}
END_TEST

START_TEST(a_complete_domain_is_let_run)
{
    struct scene_outcome out;

    dom->paused = true;
    keep_xml();
    out = undo(builds[_i], 0);
    assert_done(&out);
    ck_assert(dom->used && !dom->paused);
    ck_assert_int_eq(out.domid, (int)dom->domid);
}
END_TEST

/* Its worker was killed between that and its last word. */
START_TEST(a_complete_domain_that_runs_already_is_done)
{
    struct scene_outcome out;

    keep_xml();
    out = undo(builds[_i], 0);
    assert_done(&out);
    ck_assert(dom->used && !dom->paused);
    ck_assert_int_eq(out.domid, (int)dom->domid);
}
END_TEST

/* It was killed before the daemon knew the domain's id. */
START_TEST(a_complete_domain_that_runs_and_has_no_known_id_is_done)
{
    worker_start         start = scene_start(builds[_i], "web", 'w');
    struct scene_outcome out;

    keep_xml();
    start.flags = WORKER_UNDO;
    scene_params(&start, path, xml, 0);
    out = scene_run(&start, NULL);
    assert_done(&out);
    ck_assert_int_eq(out.domid, (int)dom->domid);
}
END_TEST

START_TEST(a_complete_domain_that_was_to_stay_paused_stays_so)
{
    struct scene_outcome out;

    dom->paused = true;
    keep_xml();
    out = undo(builds[_i], SCENE_PAUSED);
    assert_done(&out);
    ck_assert(dom->used && dom->paused);
}
END_TEST

/* Xen refuses to let it run once more. */
START_TEST(a_complete_domain_that_runs_already_is_let_be)
{
    struct scene_outcome out;

    keep_xml();
    out = undo(builds[_i], 0);
    assert_done(&out);
    ck_assert_str_eq(scene.world->log, "");
}
END_TEST

/* _i: the image says that it was paused. */
START_TEST(a_complete_domain_is_restored_as_its_image_says)
{
    image_note           note = {.state = _i ? IMAGE_STATE_PAUSED : IMAGE_STATE_RUNNING};
    struct scene_outcome out;

    scene_write_noted_image(path, xml, &note, 1);
    dom->paused = true;
    keep_xml();
    out = undo(WORKER_RESTORE, 0);
    assert_done(&out);
    ck_assert_int_eq(dom->paused, _i);
}
END_TEST

static struct scene_outcome
undo_removing_restore(void)
{
    worker_start start = scene_start(WORKER_RESTORE, "web", 'w');

    start.flags = WORKER_UNDO;
    scene_params(&start, path, "", 0);
    start.params.worker_params_u.restore.flags = WORKER_RESTORE_REMOVE;
    return scene_run(&start, NULL);
}

/* _i: it was let run already. */
START_TEST(the_image_of_a_complete_domain_goes_where_that_was_wanted)
{
    struct scene_outcome out;

    scene_write_image(path, IMAGE_LIBVIRT, xml, 1);
    dom->paused = !_i;
    keep_xml();
    out = undo_removing_restore();
    assert_done(&out);
    ck_assert(dom->used && !dom->paused);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_domain_whose_image_has_gone_already_is_there)
{
    struct scene_outcome out;

    keep_xml();
    out = undo_removing_restore();
    assert_done(&out);
    ck_assert(dom->used);
}
END_TEST

/* _i: nothing was made yet, or half of it. */
START_TEST(the_image_of_a_domain_that_was_not_made_whole_stays)
{
    struct scene_outcome out;

    scene_write_image(path, IMAGE_LIBVIRT, xml, 1);
    dom->paused = true;
    dom->used = _i;
    out = undo_removing_restore();
    assert_undone(&out, _i ? "was destroyed" : "no domain is left");
    ck_assert(!dom->used);
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_domain_that_was_not_made_yet_is_told)
{
    struct scene_outcome out;

    dom->used = false;
    out = undo(builds[_i], 0);
    assert_undone(&out, "no domain is left");
    ck_assert_str_eq(scene.world->log, "");
}
END_TEST

START_TEST(a_half_built_domain_that_cannot_be_destroyed_is_an_error)
{
    struct scene_outcome out;

    fake_xen_rule("destroy", 1, ERROR_FAIL, false);
    out = undo(builds[_i], 0);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
}
END_TEST

/*----- save -----*/

START_TEST(a_suspended_domain_without_an_image_is_resumed)
{
    struct scene_outcome out;

    fake_domain_shuts_down(dom, LIBXL_SHUTDOWN_REASON_SUSPEND);
    out = undo(WORKER_SAVE, 0);
    assert_undone(&out, "the domain runs on");
    ck_assert(dom->used && !dom->shutdown);
}
END_TEST

START_TEST(a_suspended_domain_with_its_whole_image_goes)
{
    struct scene_outcome out;

    scene_write_image(path, IMAGE_LIBVIRT, xml, 1);
    fake_domain_shuts_down(dom, LIBXL_SHUTDOWN_REASON_SUSPEND);
    out = undo(WORKER_SAVE, 0);
    assert_done(&out);
    ck_assert(!dom->used);
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_suspended_guest_of_xl_with_its_whole_image_goes)
{
    struct scene_outcome out;
    char                 json[512], uuid[UUID_TEXT_SIZE];

    snprintf(
        json, sizeof json,
        "{\"c_info\": {\"type\": \"pv\", \"name\": \"web\", \"uuid\": \"%s\"},"
        "\"b_info\": {\"max_vcpus\": 1, \"max_memkb\": 1, \"kernel\": \"k\", \"type.pv\": {}}}",
        uuid_format(dom->uuid, uuid));
    scene_write_image(path, IMAGE_XL, json, 1);
    fake_domain_shuts_down(dom, LIBXL_SHUTDOWN_REASON_SUSPEND);
    out = undo(WORKER_SAVE, 0);
    assert_done(&out);
    ck_assert(!dom->used);
}
END_TEST

START_TEST(a_domain_that_went_and_left_its_whole_image_was_saved)
{
    struct scene_outcome out;

    scene_write_image(path, IMAGE_LIBVIRT, xml, 1);
    dom->used = false;
    out = undo(WORKER_SAVE, 0);
    assert_done(&out);
}
END_TEST

START_TEST(an_image_that_proves_nothing_does_not_cost_the_domain)
{
    static char          other[2048];
    struct scene_outcome out;
    size_t               size = 0;

    snprintf(other, sizeof other, "%s", scene_xml("other", 'o'));
    if (_i != 0) /* 0: there is none */
        size = scene_write_image(path, IMAGE_LIBVIRT, _i == 1 ? other : xml, 1);
    if (_i == 2)
        ck_assert_int_eq(truncate(path, (off_t)size - 1), 0);
    fake_domain_shuts_down(dom, LIBXL_SHUTDOWN_REASON_SUSPEND);
    /* 3: it may be an older one that was to be overwritten. */
    out = undo(WORKER_SAVE, _i == 3 ? SCENE_OVERWRITE : 0);
    assert_undone(&out, "the domain runs on");
    ck_assert(dom->used && !dom->shutdown);
}
END_TEST

static void
suspend_late(void)
{
    fake_domain_shuts_down(dom, LIBXL_SHUTDOWN_REASON_SUSPEND);
}

START_TEST(a_domain_that_suspends_later_is_resumed_too)
{
    struct scene_way     way = {.meanwhile = suspend_late};
    worker_start         start = scene_start(WORKER_SAVE, "web", 'w');
    struct scene_outcome out;

    start.domid = (int)dom->domid;
    start.flags = WORKER_UNDO;
    scene_params(&start, path, "", 0);
    out = scene_run(&start, &way);
    assert_undone(&out, "the domain runs on");
    ck_assert(!dom->shutdown);
}
END_TEST

START_TEST(the_hidden_file_of_the_job_is_removed)
{
    struct scene_outcome out;

    leave_hidden_file();
    fake_domain_shuts_down(dom, LIBXL_SHUTDOWN_REASON_SUSPEND);
    out = undo(_i ? WORKER_SAVE : WORKER_DUMP, 0);
    assert_undone(&out, "");
    ck_assert_uint_eq(scene_count_files(), 0);
}
END_TEST

/* Of what was left on purpose. */
static void
remove_hidden_file(void)
{
    struct scene_outcome out = undo_partly(WORKER_DUMP, WORKER_FILES_ONLY);

    assert_done(&out);
}

START_TEST(of_the_guest_only_a_suspended_one_is_resumed_and_no_file_is_looked_at)
{
    struct scene_outcome out;

    leave_hidden_file();
    scene_write_image(path, IMAGE_LIBVIRT, xml, 1);
    fake_domain_shuts_down(dom, LIBXL_SHUTDOWN_REASON_SUSPEND);
    out = undo_partly(WORKER_SAVE, WORKER_GUEST_ONLY);
    assert_undone(&out, "the domain runs on");
    ck_assert(dom->used && !dom->shutdown);
    ck_assert_uint_eq(scene_count_files(), 2);
    remove_hidden_file();
}
END_TEST

START_TEST(of_the_guest_only_a_dump_leaves_its_file)
{
    struct scene_outcome out;

    leave_hidden_file();
    out = undo_partly(WORKER_DUMP, WORKER_GUEST_ONLY);
    assert_undone(&out, "given up");
    ck_assert_uint_eq(scene_count_files(), 1);
    remove_hidden_file();
}
END_TEST

/* _i: of a save, or of a dump. */
START_TEST(of_the_files_only_xen_is_asked_nothing)
{
    struct scene_outcome out;

    leave_hidden_file();
    fake_domain_shuts_down(dom, LIBXL_SHUTDOWN_REASON_SUSPEND);
    out = undo_partly(_i ? WORKER_SAVE : WORKER_DUMP, WORKER_FILES_ONLY);
    assert_done(&out);
    ck_assert(dom->used && dom->shutdown);
    ck_assert_uint_eq(scene_count_files(), 0);
    ck_assert_str_eq(scene.world->log, "");
}
END_TEST

/* A save whose worker was killed when its image bore its name: made by one that cannot destroy. */
static void
leave_image(uint64_t job, unsigned flags)
{
    worker_start         start = scene_start(WORKER_SAVE, "web", 'w');
    struct scene_outcome out;

    start.job = job;
    start.domid = (int)dom->domid;
    scene_params(&start, path, xml, flags);
    fake_xen_rule("destroy", 1, ERROR_FAIL, false);
    out = scene_run(&start, NULL);
    ck_assert(out.committed && dom->shutdown);
    dom->shutdown = false;
}

/* _i: another job's may be the one that was there before. */
START_TEST(of_two_images_with_one_name_the_jobs_own_is_known)
{
    struct scene_outcome out;

    leave_image(_i ? 2 : 1, SCENE_OVERWRITE);
    fake_domain_shuts_down(dom, LIBXL_SHUTDOWN_REASON_SUSPEND);
    out = undo(WORKER_SAVE, SCENE_OVERWRITE);
    if (_i)
        assert_undone(&out, "the domain runs on");
    else
        assert_done(&out);
    ck_assert_int_eq(dom->used, _i);
    ck_assert_uint_eq(scene_count_files(), 1);
}
END_TEST

/* What a save could not look at while it let the guest run on.  _i: as it was killed, or later. */
START_TEST(no_image_of_a_guest_that_runs_on_is_left)
{
    struct scene_outcome out;

    leave_image(1, 0);
    if (_i) {
        out = undo_partly(WORKER_SAVE, WORKER_FILES_ONLY | WORKER_GUEST_RUNS);
        assert_done(&out);
    } else {
        out = undo_partly(WORKER_SAVE, WORKER_SOON);
        assert_undone(&out, "the domain runs on");
    }
    ck_assert_uint_eq(scene_count_files(), 0);
    ck_assert(dom->used);
}
END_TEST

/* 0: another job's; 1: nobody's; 2: the job's own, but the guest may have gone. */
START_TEST(an_image_that_may_be_of_use_is_left)
{
    struct scene_outcome out;

    if (_i == 1)
        scene_write_image(path, IMAGE_LIBVIRT, xml, 1);
    else
        leave_image(_i ? 1 : 2, 0);
    out = undo_partly(WORKER_SAVE, WORKER_FILES_ONLY | (_i == 2 ? 0 : WORKER_GUEST_RUNS));
    assert_done(&out);
    ck_assert_uint_eq(scene_count_files(), 1);
}
END_TEST

/* Its destroy was begun, or it was paused by hand: who knows. */
START_TEST(the_image_of_a_guest_that_does_not_run_is_left)
{
    struct scene_outcome out;

    leave_image(1, 0);
    dom->paused = true;
    if (_i)
        fake_domain_shuts_down(dom, LIBXL_SHUTDOWN_REASON_SUSPEND);
    out = undo_partly(WORKER_SAVE, _i ? WORKER_GUEST_ONLY : WORKER_SOON);
    assert_undone(&out, "the domain runs on");
    ck_assert(!out.domain_left);
    ck_assert_uint_eq(scene_count_files(), 1);
}
END_TEST

START_TEST(a_domain_that_has_gone_while_files_did_not_answer_is_not_said_to_run)
{
    struct scene_outcome out;

    dom->used = false;
    out = undo_partly(WORKER_SAVE, WORKER_GUEST_ONLY);
    assert_undone(&out, "has gone");
    ck_assert(!out.domain_left);
}
END_TEST

/* Their structs are as they were made: nothing was begun, and nothing is there to be closed. */
START_TEST(of_the_files_of_an_operation_that_has_none_nothing_is_touched)
{
    static const worker_operation without[] = {WORKER_CREATE, WORKER_RESTORE, WORKER_DESTROY,
                                               WORKER_SOFT_RESET};
    struct scene_outcome          out;

    scene_write_image(path, IMAGE_LIBVIRT, xml, 1);
    out = undo_partly(without[_i], WORKER_FILES_ONLY);
    assert_done(&out);
    ck_assert_int_ge(fcntl(STDIN_FILENO, F_GETFD), 0);
    ck_assert_uint_eq(scene_count_files(), 1);
    ck_assert_str_eq(scene.world->log, "");
}
END_TEST

static struct scene_outcome
undo_save(unsigned how, unsigned flags)
{
    worker_start start = scene_start(WORKER_SAVE, "web", 'w');

    start.domid = (int)dom->domid;
    start.flags = WORKER_UNDO | how;
    scene_params(&start, path, xml, 0);
    start.params.worker_params_u.save.flags = flags;
    return scene_run(&start, NULL);
}

/* It would do so an hour later, for nobody. */
START_TEST(a_domain_that_was_asked_to_suspend_itself_and_has_not_heard_that_is_not_watched)
{
    uint64_t             begin = loop_now_usec();
    struct scene_outcome out;

    dom->asked_to_suspend = true;
    out = undo_save(0, 0);
    assert_undone(&out, "the domain runs on");
    ck_assert(!dom->asked_to_suspend && !dom->shutdown && !dom->paused);
    ck_assert_uint_lt(loop_now_usec() - begin, 5000000);
}
END_TEST

/* _i: was it let run already? */
START_TEST(a_paused_domain_that_has_not_suspended_itself_stays_paused)
{
    struct scene_outcome out;

    dom->paused = !_i;
    dom->asked_to_suspend = true;
    out = undo_save(0, WORKER_SAVE_OF_PAUSED);
    assert_undone(&out, "the domain is paused, as it was");
    ck_assert(!dom->asked_to_suspend && !dom->shutdown && dom->paused);
    ck_assert_str_eq(scene.world->log, _i ? "pause" : "");
}
END_TEST

START_TEST(a_suspended_domain_that_was_paused_is_paused_again)
{
    struct scene_outcome out;

    fake_domain_shuts_down(dom, LIBXL_SHUTDOWN_REASON_SUSPEND);
    out = undo_save(0, WORKER_SAVE_OF_PAUSED);
    assert_undone(&out, "the domain is paused, as it was");
    ck_assert(!dom->shutdown && dom->paused);
    ck_assert_str_eq(scene.world->log, "pause resume");
}
END_TEST

/* _i: was it paused before? */
START_TEST(a_suspended_domain_that_is_kept_goes_on_beside_its_whole_image)
{
    struct scene_outcome out;

    scene_write_image(path, IMAGE_LIBVIRT, xml, 1);
    fake_domain_shuts_down(dom, LIBXL_SHUTDOWN_REASON_SUSPEND);
    out = undo_save(0, WORKER_SAVE_KEEP | (_i ? WORKER_SAVE_OF_PAUSED : 0));
    assert_done(&out);
    ck_assert(dom->used && !dom->shutdown);
    ck_assert_int_eq(dom->paused, _i);
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

/* 1: its number; 2: the one before the host was booted had the same. */
START_TEST(a_domain_that_was_kept_and_runs_already_was_saved_by_this_job_only)
{
    image_note           note = {.job = _i ? 1 : 2, .state = IMAGE_STATE_RUNNING};
    struct scene_outcome out;
    sd_id128_t           boot;

    ck_assert_int_eq(sd_id128_get_boot(&boot), 0);
    memcpy(note.boot, boot.bytes, sizeof note.boot);
    note.boot[0] ^= (char)(_i == 2);
    scene_write_noted_image(path, xml, &note, 1);
    out = undo_save(WORKER_SOON, WORKER_SAVE_KEEP);
    if (_i == 1)
        assert_done(&out);
    else
        assert_undone(&out, "the domain runs on");
    ck_assert(dom->used && !dom->shutdown);
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(where_somebody_waits_a_guest_is_watched_for_three_seconds)
{
    uint64_t             begin = loop_now_usec();
    struct scene_outcome out = undo_partly(WORKER_SAVE, WORKER_SOON);

    assert_undone(&out, "the domain runs on");
    ck_assert_uint_ge(loop_now_usec() - begin, 2900000);
}
END_TEST

START_TEST(a_domain_that_cannot_be_resumed_is_an_error)
{
    struct scene_outcome out;

    fake_xen_rule("resume", 1, ERROR_FAIL, false);
    fake_domain_shuts_down(dom, LIBXL_SHUTDOWN_REASON_SUSPEND);
    out = undo(WORKER_SAVE, 0);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
}
END_TEST

/*----- the others -----*/

START_TEST(a_destroy_is_done_again)
{
    struct scene_outcome out;

    dom->dying = true;
    out = undo(WORKER_DESTROY, 0);
    assert_done(&out);
    ck_assert(!dom->used);
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("undo");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, a_half_built_domain_is_destroyed, 0, 2);
    tcase_add_test(tc, of_the_guest_only_a_suspended_one_is_resumed_and_no_file_is_looked_at);
    tcase_add_test(tc, of_the_guest_only_a_dump_leaves_its_file);
    tcase_add_loop_test(tc, of_the_files_only_xen_is_asked_nothing, 0, 2);
    tcase_add_loop_test(tc, of_two_images_with_one_name_the_jobs_own_is_known, 0, 2);
    tcase_add_loop_test(tc, no_image_of_a_guest_that_runs_on_is_left, 0, 2);
    tcase_add_loop_test(tc, an_image_that_may_be_of_use_is_left, 0, 3);
    tcase_add_loop_test(tc, the_image_of_a_guest_that_does_not_run_is_left, 0, 2);
    tcase_add_test(tc, a_domain_that_has_gone_while_files_did_not_answer_is_not_said_to_run);
    tcase_add_loop_test(tc, of_the_files_of_an_operation_that_has_none_nothing_is_touched, 0, 4);
    tcase_add_test(tc, where_somebody_waits_a_guest_is_watched_for_three_seconds);
    tcase_add_loop_test(tc, a_complete_domain_is_let_run, 0, 2);
    tcase_add_loop_test(tc, a_complete_domain_that_runs_already_is_done, 0, 2);
    tcase_add_loop_test(tc, a_complete_domain_that_runs_and_has_no_known_id_is_done, 0, 2);
    tcase_add_loop_test(tc, a_complete_domain_that_was_to_stay_paused_stays_so, 0, 2);
    tcase_add_loop_test(tc, a_domain_that_was_not_made_yet_is_told, 0, 2);
    tcase_add_loop_test(tc, a_half_built_domain_that_cannot_be_destroyed_is_an_error, 0, 2);
    tcase_add_loop_test(tc, a_complete_domain_that_runs_already_is_let_be, 0, 2);
    tcase_add_loop_test(tc, a_complete_domain_is_restored_as_its_image_says, 0, 2);
    tcase_add_loop_test(tc, the_image_of_a_complete_domain_goes_where_that_was_wanted, 0, 2);
    tcase_add_test(tc, a_domain_whose_image_has_gone_already_is_there);
    tcase_add_loop_test(tc, the_image_of_a_domain_that_was_not_made_whole_stays, 0, 2);
    tcase_add_test(tc,
                   a_domain_that_was_asked_to_suspend_itself_and_has_not_heard_that_is_not_watched);
    tcase_add_loop_test(tc, a_paused_domain_that_has_not_suspended_itself_stays_paused, 0, 2);
    tcase_add_test(tc, a_suspended_domain_that_was_paused_is_paused_again);
    tcase_add_loop_test(tc, a_suspended_domain_that_is_kept_goes_on_beside_its_whole_image, 0, 2);
    tcase_add_loop_test(tc, a_domain_that_was_kept_and_runs_already_was_saved_by_this_job_only, 0,
                        3);
    tcase_add_test(tc, a_suspended_domain_without_an_image_is_resumed);
    tcase_add_test(tc, a_suspended_domain_with_its_whole_image_goes);
    tcase_add_test(tc, a_suspended_guest_of_xl_with_its_whole_image_goes);
    tcase_add_test(tc, a_domain_that_went_and_left_its_whole_image_was_saved);
    tcase_add_loop_test(tc, an_image_that_proves_nothing_does_not_cost_the_domain, 0, 4);
    tcase_add_test(tc, a_domain_that_suspends_later_is_resumed_too);
    tcase_add_loop_test(tc, the_hidden_file_of_the_job_is_removed, 0, 2);
    tcase_add_test(tc, a_domain_that_cannot_be_resumed_is_an_error);
    tcase_add_test(tc, a_destroy_is_done_again);
    return scene_main("undo", tc);
}
