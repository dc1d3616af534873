/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "conf/libxl.h"
#include "scene.h"

#define COUNTER 4711

static char   path[256];
static size_t size;

static void
write_image(enum image_format format, const char *config)
{
    size = scene_write_image(path, format, config, COUNTER);
}

static void
setup(void)
{
    scene_begin();
    snprintf(path, sizeof path, "%s", scene_path("web.save"));
    write_image(IMAGE_LIBVIRT, scene_xml("web", 'w'));
}

static void
teardown(void)
{
    unlink(path);
    scene_end();
}

static struct scene_outcome
restore(unsigned flags, const struct scene_way *way)
{
    worker_start start = scene_start(WORKER_RESTORE, "", '\0');

    scene_params(&start, path, "", flags);
    return scene_run(&start, way);
}

static void
assert_restored(const struct scene_outcome *out)
{
    const struct fake_domain *dom;

    ck_assert_msg(out->err.code == ERR_NONE, "%s", out->err.message);
    ck_assert_int_eq(out->calls, 1);
    dom = fake_domain_find((uint32_t)out->domid);
    ck_assert_ptr_nonnull(dom);
    ck_assert_str_eq(dom->name, "web");
    ck_assert_uint_eq(dom->counter, COUNTER);
    ck_assert_int_eq(dom->uuid[0], 'w');
    ck_assert_uint_eq(fake_domain_count(), 1);
}

static void
assert_failed(const struct scene_outcome *out, enum err_code code, const char *words)
{
    struct stat st;

    ck_assert_int_eq(out->calls, 1);
    ck_assert_msg((int)out->err.code == (int)code, "%d: %s", out->err.code, out->err.message);
    ck_assert_msg(strstr(out->err.message, words), "%s", out->err.message);
    ck_assert_uint_eq(fake_domain_count(), 0);
    /* The image stays, as it was. */
    ck_assert_int_eq(stat(path, &st), 0);
    if (S_ISREG(st.st_mode))
        ck_assert_uint_eq((size_t)st.st_size, size);
}

START_TEST(a_restored_domain_runs_with_its_memory)
{
    struct scene_outcome out;

    scene.world->when = (enum fake_when)_i;
    scene.world->last_domid = 41;
    out = restore(0, NULL);
    assert_restored(&out);
    ck_assert_int_eq(out.domid, 42);
    ck_assert_int_eq(out.identified, 1);
    ck_assert_str_eq(out.name, "web");
    ck_assert(!fake_domain_find(42)->paused);
    ck_assert_str_eq(scene.world->log, "restore unpause");
}
END_TEST

START_TEST(a_restored_domain_may_be_left_paused)
{
    struct scene_outcome out = restore(SCENE_PAUSED, NULL);

    assert_restored(&out);
    ck_assert(fake_domain_find((uint32_t)out.domid)->paused);
}
END_TEST

/* _i: what the image says, and how the user wants it. */
START_TEST(a_restored_domain_is_as_the_image_or_the_user_says)
{
    static const struct {
        image_state state;
        unsigned    flags;
        bool        paused;
    } cases[] = {
        {IMAGE_STATE_UNKNOWN, 0, false},
        {IMAGE_STATE_RUNNING, 0, false},
        {IMAGE_STATE_PAUSED, 0, true},
        {IMAGE_STATE_PAUSED, WORKER_RESTORE_RUNNING, false},
        {IMAGE_STATE_RUNNING, WORKER_RESTORE_PAUSED, true},
    };
    worker_start         start = scene_start(WORKER_RESTORE, "", '\0');
    image_note           note = {.state = cases[_i].state};
    struct scene_outcome out;

    size = scene_write_noted_image(path, scene_xml("web", 'w'), &note, COUNTER);
    scene_params(&start, path, "", 0);
    start.params.worker_params_u.restore.flags = cases[_i].flags;
    out = scene_run(&start, NULL);
    assert_restored(&out);
    ck_assert_int_eq(fake_domain_find((uint32_t)out.domid)->paused, cases[_i].paused);
}
END_TEST

/* A note that says of a disk of the image what is not so. */
static struct scene_outcome
restore_with_changed_disk(unsigned flags)
{
    const char        *xml = scene_xml("web", 'w');
    cleanup_free char *disk = xstrdup(scene_path("disk"));
    cleanup_free char *with_disk =
        xasprintf("%.*s<devices><disk type='file' device='disk'><source file='%s'/>"
                  "<target dev='xvdb'/></disk></devices></domain>",
                  (int)(strstr(xml, "<devices/>") - xml), xml, disk);
    image_disk           noted = {.target = (char *)"xvdb",
                                  .source = disk,
                                  .kind = IMAGE_DISK_FILE,
                                  .size = 5,
                                  .identity = (char *)""};
    image_note           note = {.state = IMAGE_STATE_RUNNING, .disks = {1, &noted}};
    worker_start         start = scene_start(WORKER_RESTORE, "", '\0');
    struct scene_outcome out;
    struct err           err;

    ck_assert_int_eq(file_replace(disk, "four", 4, 0600, &err), 0);
    size = scene_write_noted_image(path, with_disk, &note, COUNTER);
    scene_params(&start, path, "", 0);
    start.params.worker_params_u.restore.flags = flags;
    out = scene_run(&start, NULL);
    unlink(disk);
    return out;
}

START_TEST(a_domain_whose_disk_has_changed_since_is_not_restored)
{
    struct scene_outcome out = restore_with_changed_disk(0);

    assert_failed(&out, ERR_OPERATION_INVALID, "disk xvdb");
    ck_assert_ptr_nonnull(strstr(out.err.message, "it had 5 bytes then, and has 4 now"));
    ck_assert_str_eq(scene.world->log, "");
}
END_TEST

START_TEST(a_domain_whose_disk_has_changed_since_is_restored_where_the_user_insists)
{
    struct scene_outcome out = restore_with_changed_disk(WORKER_RESTORE_FORCE);

    assert_restored(&out);
}
END_TEST

/*----- an image that goes -----*/

static struct scene_outcome
restore_and_remove(const struct scene_way *way)
{
    worker_start start = scene_start(WORKER_RESTORE, "", '\0');

    scene_params(&start, path, "", 0);
    start.params.worker_params_u.restore.flags = WORKER_RESTORE_REMOVE;
    return scene_run(&start, way);
}

START_TEST(an_image_that_is_to_go_goes_when_its_domain_runs)
{
    struct scene_outcome out;

    scene.world->when = (enum fake_when)_i;
    out = restore_and_remove(NULL);
    assert_restored(&out);
    ck_assert(!fake_domain_find((uint32_t)out.domid)->paused);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

/* _i: which call fails. */
START_TEST(an_image_that_is_to_go_stays_where_its_domain_does_not_run)
{
    static const char *const calls[] = {"restore", "unpause", "userdata_store"};
    struct scene_outcome     out;

    fake_xen_rule(calls[_i], 1, ERROR_FAIL, false);
    out = restore_and_remove(NULL);
    assert_failed(&out, ERR_OPERATION_FAILED, "");
}
END_TEST

START_TEST(a_fault_at_any_call_leaves_the_domain_or_its_image)
{
    for (unsigned n = 1;; n++) {
        struct scene_outcome out;

        teardown();
        setup();
        scene.world->fail_at = n;
        out = restore_and_remove(NULL);
        if (out.err.code == ERR_NONE)
            ck_assert_uint_eq(fake_domain_count(), 1);
        else
            ck_assert_int_eq(access(path, F_OK), 0);
        if (out.err.code == ERR_NONE && scene.world->fail_at) /* there were fewer than n calls */
            return;
    }
}
END_TEST

/* _i: after so many turns. */
START_TEST(an_abort_leaves_the_domain_or_its_image)
{
    struct scene_way     way = {.abort_at = 1 + _i};
    struct scene_outcome out = restore_and_remove(&way);

    if (out.err.code == ERR_NONE)
        assert_restored(&out);
    else
        assert_failed(&out, ERR_OPERATION_ABORTED, "aborted");
}
END_TEST

/* Somebody has saved the domain anew, or so. */
static void
replace_image(void)
{
    cleanup_free char *other = xstrdup(scene_path("other"));
    struct err         err;

    ck_assert_int_eq(file_replace(other, "other", 5, 0600, &err), 0);
    ck_assert_int_eq(rename(other, path), 0);
}

START_TEST(another_file_with_the_name_of_the_image_does_not_go)
{
    struct scene_way     way = {.meanwhile = replace_image};
    struct scene_outcome out = restore_and_remove(&way);

    assert_restored(&out);
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

/* An image that xl has written; the XML has no word for its watchdog's action. */
static void
write_image_of_xl(void)
{
    libxl_domain_config config;
    struct domain_def  *def;
    cleanup_free char  *json = NULL;
    const char         *xml = scene_xml("web", 'w');
    struct err          err;

    ck_assert_int_eq(domain_def_parse(xml, strlen(xml), &def, &err), 0);
    libxl_domain_config_init(&config);
    ck_assert_int_eq(conf_to_libxl(def, &config, &err), 0);
    config.on_watchdog = LIBXL_ACTION_ON_SHUTDOWN_RESTART;
    json = libxl_domain_config_to_json(scene.xl.ctx, &config);
    libxl_domain_config_dispose(&config);
    domain_def_free(def);
    write_image(IMAGE_XL, json);
}

START_TEST(an_image_of_xl_is_restored)
{
    struct scene_outcome out;

    write_image_of_xl();
    out = restore(0, NULL);
    assert_restored(&out);
    ck_assert_int_eq(scene_on_watchdog(out.domid), LIBXL_ACTION_ON_SHUTDOWN_RESTART);
}
END_TEST

START_TEST(a_guest_of_xl_that_dom0d_saved_is_restored_as_libxl_knew_it)
{
    struct scene_outcome out;

    write_image(IMAGE_LIBVIRT, scene_xml_of_xl("web", 'w'));
    out = restore(0, NULL);
    assert_restored(&out);
    ck_assert_int_eq(scene_on_watchdog(out.domid), LIBXL_ACTION_ON_SHUTDOWN_RESTART);
}
END_TEST

/* It is told, so that a restart or another save makes the same guest. */
START_TEST(what_the_xml_cannot_say_of_a_guest_of_xl_is_kept_with_it)
{
    struct scene_outcome out;
    cleanup_free char   *path_of_xml = NULL, *xml = NULL;
    struct err           err;

    write_image_of_xl();
    out = restore(0, NULL);
    path_of_xml = fake_path("userdata", (uint32_t)out.domid);
    ck_assert_int_eq(file_read(path_of_xml, 1 << 20, &xml, NULL, &err), 0);
    ck_assert_ptr_nonnull(strstr(xml, "\"on_watchdog\":\"restart\""));
}
END_TEST

/* The image's XML with something that the guest does not see; the caller's to free. */
static char *
with_title(void)
{
    const char *xml = scene_xml("web", 'w'), *at = strstr(xml, "<memory");

    return xasprintf("%.*s<title>of the user</title>%s", (int)(at - xml), xml, at);
}

START_TEST(other_xml_changes_of_a_guest_of_xl_what_it_says)
{
    worker_start         start = scene_start(WORKER_RESTORE, "", '\0');
    cleanup_free char   *xml = with_title();
    struct scene_outcome out;

    write_image_of_xl();
    scene_params(&start, path, xml, 0);
    out = scene_run(&start, NULL);
    assert_restored(&out);
    ck_assert_ptr_nonnull(strstr(out.xml, "<title>of the user</title>"));
    ck_assert_int_eq(scene_on_watchdog(out.domid), LIBXL_ACTION_ON_SHUTDOWN_RESTART);
}
END_TEST

START_TEST(other_xml_may_stand_for_the_images_own)
{
    worker_start         start = scene_start(WORKER_RESTORE, "", '\0');
    cleanup_free char   *xml = with_title();
    struct scene_outcome out;

    scene_params(&start, path, xml, 0);
    out = scene_run(&start, NULL);
    assert_restored(&out);
    ck_assert_ptr_nonnull(strstr(out.xml, "<title>of the user</title>"));
}
END_TEST

/* _i: another guest's, or of another machine. */
START_TEST(other_xml_that_is_not_of_the_saved_machine_is_refused_by_name)
{
    worker_start         start = scene_start(WORKER_RESTORE, "", '\0');
    cleanup_free char   *xml = xstrdup(_i ? scene_xml("new", 'w') : scene_xml("web", 'w'));
    struct scene_outcome out;

    if (!_i)
        memcpy(strstr(xml, ">128<"), ">256<", 5);
    scene_params(&start, path, xml, 0);
    out = scene_run(&start, NULL);
    assert_failed(&out, ERR_CONFIG_UNSUPPORTED, _i ? "<name>" : "<memory>");
    ck_assert_str_eq(scene.world->log, "");
}
END_TEST

START_TEST(a_refused_restore_makes_nothing)
{
    struct scene_way     way = {.refuse = true};
    struct scene_outcome out = restore(0, &way);

    assert_failed(&out, ERR_OPERATION_INVALID, "refused by the test");
    ck_assert_str_eq(scene.world->log, "");
}
END_TEST

START_TEST(an_abort_while_it_waits_for_an_answer_makes_nothing)
{
    struct scene_way     way = {.ignore = true, .abort_at = 5};
    struct scene_outcome out = restore(0, &way);

    assert_failed(&out, ERR_OPERATION_ABORTED, "aborted");
    ck_assert_str_eq(scene.world->log, "");
}
END_TEST

START_TEST(an_abort_at_any_time_leaves_no_domain)
{
    struct scene_way     way = {.abort_at = 1 + _i / FAKE_ABORTS};
    struct scene_outcome out;

    scene.world->abort = (enum fake_abort)(_i % FAKE_ABORTS);
    out = restore(0, &way);
    if (out.err.code == ERR_NONE)
        assert_restored(&out);
    else
        assert_failed(&out, ERR_OPERATION_ABORTED, "aborted");
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
        out = restore(0, NULL);
        ck_assert_int_eq(out.calls, 1);
        if (out.err.code == ERR_NONE) {
            assert_restored(&out);
            if (scene.world->fail_at)
                return;
        } else {
            ck_assert_uint_eq(fake_domain_count(), 0);
        }
    }
}
END_TEST

START_TEST(a_half_restored_domain_is_destroyed)
{
    struct scene_outcome out;

    scene.world->when = (enum fake_when)_i;
    fake_xen_rule("restore", 1, ERROR_FAIL, true);
    out = restore(0, NULL);
    assert_failed(&out, ERR_OPERATION_FAILED, "cannot restore domain web: ");
    ck_assert_str_eq(scene.world->log, "restore destroy");
}
END_TEST

START_TEST(a_truncated_image_is_refused_before_anything_is_made)
{
    struct scene_outcome out;

    size -= 10;
    ck_assert_int_eq(truncate(path, (off_t)size), 0);
    out = restore(0, NULL);
    assert_failed(&out, ERR_OPERATION_FAILED, "the image is truncated: ");
    ck_assert_ptr_nonnull(strstr(out.err.message, path));
    ck_assert_int_eq(out.identified, 0);
    ck_assert_str_eq(scene.world->log, "");
}
END_TEST

START_TEST(garbage_is_refused)
{
    struct scene_outcome out;
    struct err           err;

    ck_assert_int_eq(file_replace(path, "garbage", 7, 0600, &err), 0);
    size = 7;
    out = restore(0, NULL);
    assert_failed(&out, ERR_OPERATION_FAILED, "no image of a saved domain");
}
END_TEST

START_TEST(a_fifo_is_refused_and_does_not_block)
{
    struct scene_outcome out;

    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    out = restore(0, NULL);
    assert_failed(&out, ERR_OPERATION_FAILED, "not a regular file");
}
END_TEST

START_TEST(a_missing_image_is_named)
{
    worker_start         start = scene_start(WORKER_RESTORE, "", '\0');
    struct scene_outcome out;
    char                 none[256];

    snprintf(none, sizeof none, "%s", scene_path("none"));
    scene_params(&start, none, "", 0);
    out = scene_run(&start, NULL);
    ck_assert_int_eq(out.err.code, ERR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(out.err.message, none));
}
END_TEST

START_TEST(a_running_domain_is_not_restored_a_second_time)
{
    struct scene_outcome out;

    fake_domain_add("web", 'w');
    out = restore(0, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_INVALID);
    ck_assert_str_eq(scene.world->log, "");
    ck_assert_uint_eq(fake_domain_count(), 1);
}
END_TEST

START_TEST(broken_xml_in_an_image_is_refused)
{
    struct scene_outcome out;

    write_image(IMAGE_LIBVIRT, "<domain");
    out = restore(0, NULL);
    assert_failed(&out, ERR_XML, "");
}
END_TEST

START_TEST(broken_json_in_an_image_is_refused)
{
    struct scene_outcome out;

    write_image(IMAGE_XL, "{\"c_info\": {");
    out = restore(0, NULL);
    assert_failed(&out, ERR_OPERATION_FAILED, "configuration cannot be read");
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("restore");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, a_restored_domain_runs_with_its_memory, FAKE_LATER, FAKE_REFUSED);
    tcase_add_test(tc, a_restored_domain_may_be_left_paused);
    tcase_add_loop_test(tc, a_restored_domain_is_as_the_image_or_the_user_says, 0, 5);
    tcase_add_test(tc, a_domain_whose_disk_has_changed_since_is_not_restored);
    tcase_add_loop_test(tc, an_image_that_is_to_go_goes_when_its_domain_runs, FAKE_LATER,
                        FAKE_REFUSED);
    tcase_add_loop_test(tc, an_image_that_is_to_go_stays_where_its_domain_does_not_run, 0, 3);
    tcase_add_test(tc, a_fault_at_any_call_leaves_the_domain_or_its_image);
    tcase_add_loop_test(tc, an_abort_leaves_the_domain_or_its_image, 0, 20);
    tcase_add_test(tc, another_file_with_the_name_of_the_image_does_not_go);
    tcase_add_test(tc, a_domain_whose_disk_has_changed_since_is_restored_where_the_user_insists);
    tcase_add_test(tc, an_image_of_xl_is_restored);
    tcase_add_test(tc, a_guest_of_xl_that_dom0d_saved_is_restored_as_libxl_knew_it);
    tcase_add_test(tc, what_the_xml_cannot_say_of_a_guest_of_xl_is_kept_with_it);
    tcase_add_test(tc, other_xml_changes_of_a_guest_of_xl_what_it_says);
    tcase_add_test(tc, other_xml_may_stand_for_the_images_own);
    tcase_add_loop_test(tc, other_xml_that_is_not_of_the_saved_machine_is_refused_by_name, 0, 2);
    tcase_add_test(tc, a_refused_restore_makes_nothing);
    tcase_add_test(tc, an_abort_while_it_waits_for_an_answer_makes_nothing);
    tcase_add_loop_test(tc, an_abort_at_any_time_leaves_no_domain, 0, 20 * FAKE_ABORTS);
    tcase_add_loop_test(tc, a_fault_at_any_call_leaves_no_domain, FAKE_LATER, FAKE_REFUSED);
    tcase_add_loop_test(tc, a_half_restored_domain_is_destroyed, FAKE_LATER, FAKE_REFUSED);
    tcase_add_test(tc, a_truncated_image_is_refused_before_anything_is_made);
    tcase_add_test(tc, garbage_is_refused);
    tcase_add_test(tc, a_fifo_is_refused_and_does_not_block);
    tcase_add_test(tc, a_missing_image_is_named);
    tcase_add_test(tc, a_running_domain_is_not_restored_a_second_time);
    tcase_add_test(tc, broken_xml_in_an_image_is_refused);
    tcase_add_test(tc, broken_json_in_an_image_is_refused);
    return scene_main("restore", tc);
}
