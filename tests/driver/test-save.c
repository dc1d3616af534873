/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "driver/image.h"
#include "scene.h"

static struct fake_domain *dom;
static char                path[256];
static char                xml[2048];

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

static worker_start
start_save(void)
{
    worker_start start = scene_start(WORKER_SAVE, "web", 'w');

    start.domid = (int)dom->domid;
    scene_params(&start, path, xml, 0);
    return start;
}

static struct scene_outcome
save(const struct scene_way *way)
{
    worker_start start = start_save();

    return scene_run(&start, way);
}

static void
assert_runs(void)
{
    ck_assert(dom->used && !dom->shutdown && !dom->paused && !dom->dying);
}

static void
assert_no_file(void)
{
    ck_assert_uint_eq(scene_count_files(), 0);
}

/* Its repair knows by that what it has written. */
static void
assert_is_signed(const struct image *image)
{
    static const char nobody[sizeof image->note->boot];

    ck_assert_ptr_nonnull(image->note);
    ck_assert_uint_eq(image->note->job, 1);
    ck_assert_int_ne(memcmp(image->note->boot, nobody, sizeof nobody), 0);
}

static void
assert_whole(void)
{
    cleanup_close int fd = open(path, O_RDONLY);
    struct image      image;
    struct stat       st;
    struct err        err;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(image_read(fd, &image, &err), 0);
    ck_assert_int_eq(image.format, IMAGE_LIBVIRT);
    ck_assert_str_eq(image.config, xml);
    assert_is_signed(&image);
    ck_assert_int_eq(image_check_stream(fd, image.stream_offset, &err), 0);
    image_clear(&image);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
    ck_assert_uint_eq(scene_count_files(), 1);
}

/*----- what no restore could read -----*/

static void
assert_refused_first(const char *definition, const char *why)
{
    worker_start         start = start_save();
    struct scene_outcome out;

    scene_params(&start, path, definition, 0);
    out = scene_run(&start, NULL);
    ck_assert_int_eq(out.err.code, ERR_XML);
    ck_assert_msg(strstr(out.err.message, why), "%s", out.err.message);
    ck_assert_ptr_nonnull(strstr(out.err.message, "could not be restored"));
    ck_assert(out.domain_left);
    ck_assert_str_eq(scene.world->log, "");
    assert_runs();
    assert_no_file();
}

START_TEST(a_definition_that_no_restore_reads_is_refused_while_the_guest_runs)
{
    char   attributes[1024] = "";
    size_t length = 0;

    for (int n = 0; n < 65; n++)
        length += (size_t)snprintf(attributes + length, sizeof attributes - length, " a%d='x'", n);
    snprintf(xml, sizeof xml, "<domain type='xen'%s/>", attributes);
    assert_refused_first(xml, "attributes");
}
END_TEST

/* A restore tells the daemon the XML as it is written, and that reads it again. */
START_TEST(a_definition_that_is_too_long_when_it_is_written_is_refused_while_the_guest_runs)
{
    const size_t       size = DOMAIN_XML_MAX / 4; /* each of them becomes "&gt;" */
    cleanup_free char *text = xmalloc(size + 1);
    cleanup_free char *definition = NULL;
    char              *end = strstr(xml, "</domain>");

    memset(text, '>', size);
    text[size] = '\0';
    *end = '\0';
    definition = xasprintf("%s<metadata><x>%s</x></metadata></domain>", xml, text);
    assert_refused_first(definition, "longer than");
}
END_TEST

/*----- _i is an enum fake_when: a test runs once for each way in which libxl may end a call -----*/

START_TEST(a_save_puts_a_whole_image_in_place_and_destroys_the_domain)
{
    struct scene_outcome out;

    scene.world->when = (enum fake_when)_i;
    out = save(NULL);
    ck_assert_int_eq(out.calls, 1);
    ck_assert_msg(out.err.code == ERR_NONE, "%s", out.err.message);
    ck_assert(!out.domain_left && out.committed);
    ck_assert_str_eq(scene.world->log, "suspend destroy");
    ck_assert(!dom->used);
    ck_assert_uint_eq(out.processed, out.total);
    assert_whole();
}
END_TEST

/* A restore makes the guest by libxl's configuration, and xl can read it too. */
START_TEST(the_image_of_a_guest_of_xl_holds_libxls_configuration_beside_the_xml)
{
    struct scene_outcome out;
    cleanup_close int    fd = -1;
    libxl_domain_config  config;
    struct image         image;
    struct err           err;
    cleanup_free char   *of_xl = xstrdup(scene_xml_of_xl("web", 'w'));
    worker_start         start = start_save();

    scene_params(&start, path, of_xl, 0);
    out = scene_run(&start, NULL);
    ck_assert_msg(out.err.code == ERR_NONE, "%s", out.err.message);
    fd = open(path, O_RDONLY);
    ck_assert_int_eq(image_read(fd, &image, &err), 0);
    ck_assert_int_eq(image.format, IMAGE_XL);
    ck_assert_str_eq(image.xml, of_xl);
    assert_is_signed(&image);
    libxl_domain_config_init(&config);
    ck_assert_int_eq(libxl_domain_config_from_json(scene.xl.ctx, &config, image.config), 0);
    ck_assert_int_eq(config.on_watchdog, LIBXL_ACTION_ON_SHUTDOWN_RESTART);
    libxl_domain_config_dispose(&config);
    ck_assert_int_eq(image_check_stream(fd, image.stream_offset, &err), 0);
    image_clear(&image);
}
END_TEST

START_TEST(a_configuration_that_no_restore_reads_is_refused_while_the_guest_runs)
{
    cleanup_free char *of_xl = xstrdup(scene_xml_of_xl("web", 'w'));

    memcpy(strstr(of_xl, "{\"c_info\""), "{\"c_info[", strlen("{\"c_info["));
    assert_refused_first(of_xl, "<metadata>");
}
END_TEST

START_TEST(a_refused_suspend_leaves_the_domain_running_and_no_file)
{
    struct scene_outcome out;

    scene.world->when = FAKE_REFUSED;
    out = save(NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_ptr_nonnull(strstr(out.err.message, "suspend is refused as it was told"));
    ck_assert(out.domain_left);
    ck_assert_str_eq(scene.world->log, "suspend");
    assert_runs();
    assert_no_file();
}
END_TEST

START_TEST(a_failed_suspend_resumes_the_domain_and_leaves_no_file)
{
    struct scene_outcome out;

    scene.world->when = (enum fake_when)_i;
    fake_xen_rule("suspend", 1, ERROR_FAIL, true);
    out = save(NULL);
    ck_assert_int_eq(out.calls, 1);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_int_eq(out.err.detail, ERROR_FAIL);
    ck_assert(out.domain_left && !out.committed);
    ck_assert_str_eq(scene.world->log, "suspend resume");
    assert_runs();
    assert_no_file();
}
END_TEST

START_TEST(a_domain_that_did_not_suspend_is_not_resumed)
{
    struct scene_outcome out;

    scene.world->when = (enum fake_when)_i;
    dom->frozen = true;
    out = save(NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_TIMEOUT);
    ck_assert_str_eq(scene.world->log, "suspend");
    assert_runs();
    assert_no_file();
}
END_TEST

START_TEST(a_domain_that_cannot_be_resumed_is_said_to_be_suspended)
{
    struct scene_outcome out;

    fake_xen_rule("suspend", 1, ERROR_FAIL, true);
    fake_xen_rule("resume", 1, ERROR_FAIL, false);
    out = save(NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_ptr_nonnull(strstr(out.err.message, "cannot be resumed"));
    ck_assert(!out.domain_left);
    assert_no_file();
}
END_TEST

START_TEST(a_torn_stream_that_libxl_calls_whole_is_not_taken_for_an_image)
{
    struct scene_outcome out;

    scene.world->when = (enum fake_when)_i;
    fake_xen_rule("suspend", 1, 0, true);
    out = save(NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_ptr_nonnull(strstr(out.err.message, "truncated"));
    ck_assert_str_eq(scene.world->log, "suspend resume");
    assert_runs();
    assert_no_file();
}
END_TEST

START_TEST(a_domain_that_cannot_be_destroyed_keeps_its_image)
{
    struct scene_outcome out;

    fake_xen_rule("destroy", 1, ERROR_FAIL, false);
    out = save(NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert(out.domain_left && out.committed);
    ck_assert_str_eq(scene.world->log, "suspend destroy");
    assert_whole();
}
END_TEST

START_TEST(a_destroy_that_fails_half_way_is_told_and_the_image_kept)
{
    struct scene_outcome out;

    scene.world->when = (enum fake_when)_i;
    fake_xen_rule("destroy", 1, ERROR_FAIL, true);
    out = save(NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    assert_whole();
}
END_TEST

/*----- aborts: _i is a number of turns, and for each the three ways of libxl_ao_abort -----*/

static void
assert_aborted_or_saved(const struct scene_outcome *out)
{
    ck_assert_int_eq(out->calls, 1);
    if (out->err.code == ERR_NONE) {
        ck_assert(out->committed && !dom->used);
        assert_whole();
        return;
    }
    ck_assert_int_eq(out->err.code, ERR_OPERATION_ABORTED);
    ck_assert_str_eq(out->err.message, "aborted");
    ck_assert(out->domain_left && !out->committed);
    assert_runs();
    assert_no_file();
}

START_TEST(an_abort_at_any_time_leaves_a_running_domain_or_a_whole_image)
{
    struct scene_way     way = {.abort_at = 1 + _i / FAKE_ABORTS};
    struct scene_outcome out;

    scene.world->abort = (enum fake_abort)(_i % FAKE_ABORTS);
    out = save(&way);
    assert_aborted_or_saved(&out);
}
END_TEST

START_TEST(an_abort_before_the_first_turn_touches_nothing)
{
    struct scene_way     way = {.abort_at = -1};
    struct scene_outcome out = save(&way);

    ck_assert_int_eq(out.err.code, ERR_OPERATION_ABORTED);
    ck_assert(out.domain_left);
    ck_assert_str_eq(scene.world->log, "");
    assert_runs();
    assert_no_file();
}
END_TEST

START_TEST(an_abort_that_libxl_ignores_still_undoes_the_save)
{
    struct scene_way     way = {.abort_at = 4};
    struct scene_outcome out;

    scene.world->abort = FAKE_ABORT_IGNORED;
    out = save(&way);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_ABORTED);
    ck_assert_str_eq(scene.world->log, "suspend resume");
    assert_runs();
    assert_no_file();
}
END_TEST

START_TEST(an_abort_of_a_slow_save_ends_it_soon)
{
    struct scene_way     way = {.abort_at = 1};
    struct scene_outcome out;
    uint64_t             begin = loop_now_usec();

    scene.world->delay_msec = 40000;
    scene.world->abort = FAKE_ABORT_LATER;
    out = save(&way);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_ABORTED);
    ck_assert_uint_lt(loop_now_usec() - begin, 20000000);
    assert_runs();
}
END_TEST

START_TEST(after_the_image_is_in_place_an_abort_comes_too_late)
{
    struct scene_way     way = {.abort_in = WORKER_COMMITTED};
    struct scene_outcome out = save(&way);

    ck_assert_int_eq(out.err.code, ERR_NONE);
    ck_assert(!dom->used);
    assert_whole();
}
END_TEST

/*----- faults -----*/

START_TEST(a_fault_at_any_call_loses_nothing)
{
    for (unsigned n = 1;; n++) {
        struct scene_outcome out;

        teardown();
        setup();
        scene.world->when = (enum fake_when)_i;
        scene.world->fail_at = n;
        out = save(NULL);
        ck_assert_int_eq(out.calls, 1);
        if (out.err.code == ERR_NONE) {
            ck_assert(!dom->used);
            assert_whole();
            if (scene.world->fail_at) /* there were fewer than n calls */
                return;
        } else if (out.committed) {
            assert_whole();
        } else {
            assert_runs();
            assert_no_file();
        }
    }
}
END_TEST

/*----- one that is paused, and one that goes on -----*/

static struct scene_outcome
save_with(unsigned flags, const struct scene_way *way)
{
    worker_start start = start_save();

    start.params.worker_params_u.save.flags = flags;
    return scene_run(&start, way);
}

static image_state
state_in_image(void)
{
    cleanup_close int fd = open(path, O_RDONLY);
    struct image      image;
    image_state       state;
    struct err        err;

    ck_assert_int_eq(image_read(fd, &image, &err), 0);
    state = image.note->state;
    image_clear(&image);
    return state;
}

static void
assert_paused(void)
{
    ck_assert(dom->used && !dom->shutdown && dom->paused && !dom->dying);
    ck_assert(!dom->asked_to_suspend);
}

START_TEST(a_paused_domain_is_let_run_to_suspend_itself_and_the_image_says_that_it_was_paused)
{
    struct scene_outcome out;

    scene.world->when = (enum fake_when)_i;
    dom->paused = true;
    out = save_with(WORKER_SAVE_OF_PAUSED, NULL);
    ck_assert_msg(out.err.code == ERR_NONE, "%s", out.err.message);
    ck_assert_str_eq(scene.world->log, "suspend unpause destroy");
    ck_assert(!dom->used);
    assert_whole();
    ck_assert_int_eq(state_in_image(), IMAGE_STATE_PAUSED);
}
END_TEST

START_TEST(the_image_says_how_the_user_wants_it_restored)
{
    static const struct {
        unsigned    flags;
        image_state state;
    } cases[] = {
        {0, IMAGE_STATE_RUNNING},
        {WORKER_SAVE_PAUSED, IMAGE_STATE_PAUSED},
        {WORKER_SAVE_RUNNING, IMAGE_STATE_RUNNING},
        {WORKER_SAVE_OF_PAUSED | WORKER_SAVE_RUNNING, IMAGE_STATE_RUNNING},
    };
    struct scene_outcome out;

    dom->paused = cases[_i].flags & WORKER_SAVE_OF_PAUSED;
    out = save_with(cases[_i].flags, NULL);
    ck_assert_int_eq(out.err.code, ERR_NONE);
    ck_assert_int_eq(state_in_image(), cases[_i].state);
}
END_TEST

/* It would not be paused again where the save fails. */
START_TEST(a_domain_that_somebody_pauses_meanwhile_is_not_saved)
{
    struct scene_outcome out;

    dom->paused = true;
    out = save_with(0, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_INVALID);
    ck_assert_ptr_nonnull(strstr(out.err.message, "was paused meanwhile"));
    ck_assert_str_eq(scene.world->log, "");
    assert_paused();
    assert_no_file();
}
END_TEST

START_TEST(a_paused_domain_whose_save_fails_is_paused_again)
{
    struct scene_outcome out;

    scene.world->when = (enum fake_when)_i;
    dom->paused = true;
    fake_xen_rule("suspend", 1, ERROR_FAIL, true);
    out = save_with(WORKER_SAVE_OF_PAUSED, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_str_eq(scene.world->log, "suspend unpause pause resume");
    assert_paused();
    assert_no_file();
}
END_TEST

START_TEST(a_paused_domain_that_does_not_suspend_itself_is_paused_again)
{
    struct scene_outcome out;

    dom->paused = dom->frozen = true;
    out = save_with(WORKER_SAVE_OF_PAUSED, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_TIMEOUT);
    ck_assert_str_eq(scene.world->log, "suspend unpause pause");
    assert_paused();
    assert_no_file();
}
END_TEST

/* libxl may end the two calls in any order. */
START_TEST(a_suspend_that_ends_while_the_domain_is_being_let_run_waits_for_that)
{
    struct scene_outcome out;

    scene.world->delay_msec = 4000;
    dom->paused = true;
    out = save_with(WORKER_SAVE_OF_PAUSED, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_TIMEOUT);
    ck_assert_str_eq(scene.world->log, "suspend unpause pause");
    assert_paused();
    assert_no_file();
}
END_TEST

/* It must not suspend itself when somebody lets it run an hour later. */
START_TEST(a_paused_domain_that_cannot_be_let_run_is_not_asked_to_suspend_itself_any_more)
{
    struct scene_outcome out;

    dom->paused = true;
    fake_xen_rule("unpause", 1, ERROR_FAIL, false);
    out = save_with(WORKER_SAVE_OF_PAUSED, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_ptr_nonnull(strstr(out.err.message, "is paused, and cannot be let run"));
    ck_assert_str_eq(scene.world->log, "suspend unpause");
    assert_paused();
    assert_no_file();
}
END_TEST

/* _i is a number of turns, and for each the three ways of libxl_ao_abort. */
START_TEST(an_abort_at_any_time_leaves_a_paused_domain_paused_or_saved)
{
    struct scene_way     way = {.abort_at = 1 + _i / FAKE_ABORTS * 4};
    struct scene_outcome out;

    scene.world->abort = (enum fake_abort)(_i % FAKE_ABORTS);
    dom->paused = true;
    out = save_with(WORKER_SAVE_OF_PAUSED, &way);
    ck_assert_int_eq(out.calls, 1);
    if (out.err.code == ERR_NONE) {
        ck_assert(out.committed && !dom->used);
        assert_whole();
        return;
    }
    ck_assert_int_eq(out.err.code, ERR_OPERATION_ABORTED);
    assert_paused();
    assert_no_file();
}
END_TEST

START_TEST(an_aborted_suspend_does_not_stay_asked_for)
{
    struct scene_way     way = {.abort_at = 5};
    struct scene_outcome out;

    scene.world->delay_msec = 60;
    dom->frozen = true;
    out = save_with(0, &way);
    ck_assert_int_ne(out.err.code, ERR_NONE);
    ck_assert(!dom->asked_to_suspend);
    assert_runs();
}
END_TEST

START_TEST(a_domain_that_is_kept_runs_on_beside_its_image)
{
    struct scene_outcome out;

    scene.world->when = (enum fake_when)_i;
    out = save_with(WORKER_SAVE_KEEP, NULL);
    ck_assert_msg(out.err.code == ERR_NONE, "%s", out.err.message);
    ck_assert(out.domain_left && out.committed);
    ck_assert_str_eq(scene.world->log, "suspend resume");
    assert_runs();
    assert_whole();
}
END_TEST

START_TEST(a_paused_domain_that_is_kept_is_paused_again)
{
    struct scene_outcome out;

    dom->paused = true;
    out = save_with(WORKER_SAVE_KEEP | WORKER_SAVE_OF_PAUSED, NULL);
    ck_assert_msg(out.err.code == ERR_NONE, "%s", out.err.message);
    ck_assert_str_eq(scene.world->log, "suspend unpause pause resume");
    assert_paused();
    assert_whole();
}
END_TEST

START_TEST(a_domain_that_is_kept_and_cannot_be_resumed_is_told)
{
    struct scene_outcome out;

    fake_xen_rule("resume", 1, ERROR_FAIL, false);
    out = save_with(WORKER_SAVE_KEEP, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_ptr_nonnull(strstr(out.err.message, "the image is written"));
    ck_assert_ptr_nonnull(strstr(out.err.message, "suspended and cannot be resumed"));
    ck_assert(!out.domain_left);
    assert_whole();
}
END_TEST

START_TEST(once_its_image_is_in_place_a_domain_that_is_kept_goes_on_whatever_is_aborted)
{
    struct scene_way     way = {.abort_in = WORKER_COMMITTED};
    struct scene_outcome out = save_with(WORKER_SAVE_KEEP, &way);

    ck_assert_int_eq(out.err.code, ERR_NONE);
    assert_runs();
    assert_whole();
}
END_TEST

/* _i: of one that is paused, and so is again, or of one that runs. */
START_TEST(a_fault_at_any_call_loses_nothing_of_what_is_kept)
{
    for (unsigned n = 1;; n++) {
        struct scene_outcome out;

        teardown();
        setup();
        dom->paused = _i;
        scene.world->fail_at = n;
        out = save_with(WORKER_SAVE_KEEP | (_i ? WORKER_SAVE_OF_PAUSED : 0), NULL);
        ck_assert_int_eq(out.calls, 1);
        ck_assert(dom->used);
        /* But where that is what fails. */
        if (!strstr(out.err.message, "cannot be resumed"))
            ck_assert(!dom->shutdown);
        if (!strstr(out.err.message, "cannot be paused again") && out.err.code == ERR_NONE)
            ck_assert_int_eq(dom->paused, _i);
        if (out.committed)
            assert_whole();
        else
            assert_no_file();
        if (out.err.code == ERR_NONE && scene.world->fail_at) /* there were fewer than n calls */
            return;
    }
}
END_TEST

/*----- the disks -----*/

static char disk[256];

static void
append_to_disk(void)
{
    cleanup_close int fd = open(disk, O_WRONLY | O_APPEND);

    ck_assert_int_eq(file_write_all(fd, "y", 1), 0);
}

/* The domain itself writes until it has stopped. */
START_TEST(the_image_knows_its_disks_as_they_were_when_the_domain_had_stopped)
{
    struct scene_way     way = {.meanwhile = append_to_disk};
    cleanup_free char   *with_disk = NULL;
    char                *devices = strstr(xml, "<devices/>");
    worker_start         start;
    struct scene_outcome out;
    cleanup_close int    fd = -1;
    struct image         image;
    struct err           err;

    snprintf(disk, sizeof disk, "%s", scene_path("disk"));
    ck_assert_int_eq(file_replace(disk, "x", 1, 0600, &err), 0);
    *devices = '\0';
    with_disk = xasprintf("%s<devices><disk type='file' device='disk'><source file='%s'/>"
                          "<target dev='xvda'/></disk></devices></domain>",
                          xml, disk);
    start = start_save();
    scene_params(&start, path, with_disk, 0);
    out = scene_run(&start, &way);
    ck_assert_msg(out.err.code == ERR_NONE, "%s", out.err.message);
    fd = open(path, O_RDONLY);
    ck_assert_int_eq(image_read(fd, &image, &err), 0);
    ck_assert_uint_eq(image.note->disks.disks_len, 1);
    ck_assert_str_eq(image.note->disks.disks_val[0].target, "xvda");
    ck_assert_str_eq(image.note->disks.disks_val[0].source, disk);
    ck_assert_uint_eq(image.note->disks.disks_val[0].size, 2);
    ck_assert_uint_eq(image.stream_offset % IMAGE_ALIGN, 0);
    image_clear(&image);
    unlink(disk);
}
END_TEST

/*----- the file -----*/

START_TEST(a_full_disk_says_so_and_the_domain_runs_on)
{
    struct scene_outcome out;
    struct rlimit        old, small = {9000, RLIM_INFINITY};

    /* EFBIG comes where ENOSPC would, without a file system of its own. */
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    small.rlim_max = old.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    out = save(NULL);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    ck_assert_int_eq(out.err.code, ERR_SYSTEM);
    ck_assert_int_eq(out.err.detail, EFBIG);
    ck_assert_ptr_nonnull(strstr(out.err.message, "File too large"));
    ck_assert_ptr_nonnull(strstr(out.err.message, path));
    ck_assert_str_eq(scene.world->log, "suspend resume");
    assert_runs();
    assert_no_file();
}
END_TEST

START_TEST(a_file_that_exists_is_kept)
{
    struct scene_outcome out;
    cleanup_free char   *text = NULL;
    struct err           err;

    ck_assert_int_eq(file_replace(path, "old", 3, 0600, &err), 0);
    out = save(NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_ptr_nonnull(strstr(out.err.message, "the file exists"));
    ck_assert_str_eq(scene.world->log, "");
    ck_assert_int_eq(file_read(path, 100, &text, NULL, &err), 0);
    ck_assert_str_eq(text, "old");
    assert_runs();
}
END_TEST

START_TEST(a_file_may_be_overwritten_when_all_is_well)
{
    worker_start         start = start_save();
    struct scene_outcome out;
    struct err           err;

    ck_assert_int_eq(file_replace(path, "old", 3, 0600, &err), 0);
    scene_params(&start, path, xml, SCENE_OVERWRITE);
    out = scene_run(&start, NULL);
    ck_assert_int_eq(out.err.code, ERR_NONE);
    assert_whole();
}
END_TEST

START_TEST(a_failed_save_does_not_touch_the_file_it_was_to_overwrite)
{
    worker_start         start = start_save();
    struct scene_outcome out;
    cleanup_free char   *text = NULL;
    struct err           err;

    ck_assert_int_eq(file_replace(path, "old", 3, 0600, &err), 0);
    scene_params(&start, path, xml, SCENE_OVERWRITE);
    fake_xen_rule("suspend", 1, ERROR_FAIL, true);
    out = scene_run(&start, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_int_eq(file_read(path, 100, &text, NULL, &err), 0);
    ck_assert_str_eq(text, "old");
    ck_assert_uint_eq(scene_count_files(), 1);
}
END_TEST

/* _i: the save fails. */
START_TEST(of_a_managed_save_the_image_of_an_earlier_run_goes_first)
{
    struct scene_outcome out;
    struct err           err;

    ck_assert_int_eq(file_replace(path, "old", 3, 0600, &err), 0);
    if (_i)
        fake_xen_rule("suspend", 1, ERROR_FAIL, true);
    out = save_with(WORKER_SAVE_MANAGED, NULL);
    if (_i) {
        ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
        assert_runs();
        assert_no_file();
    } else {
        ck_assert_msg(out.err.code == ERR_NONE, "%s", out.err.message);
        assert_whole();
    }
}
END_TEST

START_TEST(an_old_image_that_cannot_go_costs_nothing)
{
    struct scene_outcome out;

    ck_assert_int_eq(mkdir(path, 0700), 0);
    out = save_with(WORKER_SAVE_MANAGED, NULL);
    ck_assert_int_eq(out.err.code, ERR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(out.err.message, "cannot remove the old"));
    ck_assert_str_eq(scene.world->log, "");
    assert_runs();
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

static void
put_file(void)
{
    struct err err;

    ck_assert_int_eq(file_replace(path, "new", 3, 0600, &err), 0);
}

START_TEST(a_file_that_appears_meanwhile_is_kept)
{
    struct scene_way     way = {.meanwhile = put_file};
    struct scene_outcome out;
    cleanup_free char   *text = NULL;
    struct err           err;

    out = save(&way);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_ptr_nonnull(strstr(out.err.message, "the file exists"));
    ck_assert_int_eq(file_read(path, 100, &text, NULL, &err), 0);
    ck_assert_str_eq(text, "new");
    ck_assert_str_eq(scene.world->log, "suspend resume");
    assert_runs();
}
END_TEST

START_TEST(another_domain_with_the_same_id_is_not_touched)
{
    worker_start         start = start_save();
    struct scene_outcome out;

    memset(start.uuid, 'x', sizeof start.uuid);
    out = scene_run(&start, NULL);
    ck_assert_int_eq(out.err.code, ERR_NO_DOMAIN);
    ck_assert_str_eq(scene.world->log, "");
    assert_runs();
    assert_no_file();
}
END_TEST

START_TEST(a_stubdomain_is_not_saved)
{
    struct fake_domain  *guest = fake_domain_add("big", 'b');
    struct scene_outcome out;

    dom->target = guest->domid;
    out = save(NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_INVALID);
    ck_assert_ptr_nonnull(strstr(out.err.message, "the device model of domain big (id "));
    assert_runs();
    assert_no_file();
}
END_TEST

START_TEST(dom0_is_not_saved)
{
    worker_start         start = start_save();
    struct scene_outcome out;

    start.domid = 0;
    out = scene_run(&start, NULL);
    ck_assert_int_eq(out.calls, 0);
    ck_assert_int_eq(out.err.code, ERR_INVALID_ARG);
}
END_TEST

START_TEST(an_hvm_domain_is_saved_with_its_device_model)
{
    struct scene_outcome out;

    dom->type = LIBXL_DOMAIN_TYPE_HVM;
    out = save(NULL);
    ck_assert_int_eq(out.err.code, ERR_NONE);
    assert_whole();
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("save");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_definition_that_no_restore_reads_is_refused_while_the_guest_runs);
    tcase_add_test(
        tc, a_definition_that_is_too_long_when_it_is_written_is_refused_while_the_guest_runs);
    tcase_add_loop_test(tc, a_save_puts_a_whole_image_in_place_and_destroys_the_domain, FAKE_LATER,
                        FAKE_REFUSED);
    tcase_add_test(tc, the_image_of_a_guest_of_xl_holds_libxls_configuration_beside_the_xml);
    tcase_add_test(tc, a_configuration_that_no_restore_reads_is_refused_while_the_guest_runs);
    tcase_add_test(tc, a_refused_suspend_leaves_the_domain_running_and_no_file);
    tcase_add_loop_test(tc, a_failed_suspend_resumes_the_domain_and_leaves_no_file, FAKE_LATER,
                        FAKE_REFUSED);
    tcase_add_loop_test(tc, a_domain_that_did_not_suspend_is_not_resumed, FAKE_LATER, FAKE_REFUSED);
    tcase_add_test(tc, a_domain_that_cannot_be_resumed_is_said_to_be_suspended);
    tcase_add_loop_test(tc, a_torn_stream_that_libxl_calls_whole_is_not_taken_for_an_image,
                        FAKE_LATER, FAKE_REFUSED);
    tcase_add_test(tc, a_domain_that_cannot_be_destroyed_keeps_its_image);
    tcase_add_loop_test(tc, a_destroy_that_fails_half_way_is_told_and_the_image_kept, FAKE_LATER,
                        FAKE_REFUSED);
    tcase_add_loop_test(tc, an_abort_at_any_time_leaves_a_running_domain_or_a_whole_image, 0,
                        20 * FAKE_ABORTS);
    tcase_add_test(tc, an_abort_before_the_first_turn_touches_nothing);
    tcase_add_test(tc, an_abort_that_libxl_ignores_still_undoes_the_save);
    tcase_add_test(tc, an_abort_of_a_slow_save_ends_it_soon);
    tcase_add_test(tc, after_the_image_is_in_place_an_abort_comes_too_late);
    tcase_add_loop_test(tc, a_fault_at_any_call_loses_nothing, FAKE_LATER, FAKE_REFUSED);
    tcase_add_loop_test(
        tc, a_paused_domain_is_let_run_to_suspend_itself_and_the_image_says_that_it_was_paused,
        FAKE_LATER, FAKE_REFUSED);
    tcase_add_loop_test(tc, the_image_says_how_the_user_wants_it_restored, 0, 4);
    tcase_add_test(tc, a_domain_that_somebody_pauses_meanwhile_is_not_saved);
    tcase_add_loop_test(tc, a_paused_domain_whose_save_fails_is_paused_again, FAKE_LATER,
                        FAKE_REFUSED);
    tcase_add_test(tc, a_paused_domain_that_does_not_suspend_itself_is_paused_again);
    tcase_add_test(tc, a_suspend_that_ends_while_the_domain_is_being_let_run_waits_for_that);
    tcase_add_test(tc,
                   a_paused_domain_that_cannot_be_let_run_is_not_asked_to_suspend_itself_any_more);
    tcase_add_loop_test(tc, an_abort_at_any_time_leaves_a_paused_domain_paused_or_saved, 0,
                        20 * FAKE_ABORTS);
    tcase_add_test(tc, an_aborted_suspend_does_not_stay_asked_for);
    tcase_add_loop_test(tc, a_domain_that_is_kept_runs_on_beside_its_image, FAKE_LATER,
                        FAKE_REFUSED);
    tcase_add_test(tc, a_paused_domain_that_is_kept_is_paused_again);
    tcase_add_test(tc, a_domain_that_is_kept_and_cannot_be_resumed_is_told);
    tcase_add_test(tc,
                   once_its_image_is_in_place_a_domain_that_is_kept_goes_on_whatever_is_aborted);
    tcase_add_loop_test(tc, a_fault_at_any_call_loses_nothing_of_what_is_kept, 0, 2);
    tcase_add_test(tc, the_image_knows_its_disks_as_they_were_when_the_domain_had_stopped);
    tcase_add_test(tc, a_full_disk_says_so_and_the_domain_runs_on);
    tcase_add_test(tc, a_file_that_exists_is_kept);
    tcase_add_test(tc, a_file_may_be_overwritten_when_all_is_well);
    tcase_add_test(tc, a_failed_save_does_not_touch_the_file_it_was_to_overwrite);
    tcase_add_loop_test(tc, of_a_managed_save_the_image_of_an_earlier_run_goes_first, 0, 2);
    tcase_add_test(tc, an_old_image_that_cannot_go_costs_nothing);
    tcase_add_test(tc, a_file_that_appears_meanwhile_is_kept);
    tcase_add_test(tc, another_domain_with_the_same_id_is_not_touched);
    tcase_add_test(tc, a_stubdomain_is_not_saved);
    tcase_add_test(tc, dom0_is_not_saved);
    tcase_add_test(tc, an_hvm_domain_is_saved_with_its_device_model);
    return scene_main("save", tc);
}
