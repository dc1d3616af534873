/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Saves and restores with their flags, and images: what reaches the worker, and what clients hear.
 * That a save ends with the domain gone is test-domains.c's.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/lookup.h"
#include "base/alloc.h"
#include "daemon.h"
#include "domain/table.h"
#include "job/job.h"
#include "wire/dom0d.h"
#include "wire/libvirt.h"
#include "wire/remote.h"
#include "wire/worker.h"
#include "world.h"

enum {
    DOMAIN_CREATE_XML = 10,
    DOMAIN_DESTROY = 12,
    DOMAIN_SUSPEND = 34,
    DOMAIN_SAVE_FLAGS = 232,
    DOMAIN_RESTORE_FLAGS = 233,
    DOMAIN_SAVE_IMAGE_GET_XML_DESC = 235,
    DOMAIN_SAVE_IMAGE_DEFINE_XML = 236,
    GUEST_SAVE = 6, /* of program DOM0D */
    GUEST_RESTORE = 7,
    IMAGE_CHECK = 10,
};

static struct daemon *daemon_;
static char           path[] = "/tmp/web.save";

static void
setup(void)
{
    remote_domain_create_xml_args args = {.xml_desc = (char *)(uintptr_t)world_xml("web", 'w', "")};

    daemon_ = world_new();
    world_call(DOMAIN_CREATE_XML, &args);
    world_turn();
    world_worker_succeeds();
    world_events[0] = '\0';
    world_answers = 0;
}

static void
teardown(void)
{
    world_free(daemon_);
}

static void
assert_answer(enum err_code code, const char *part)
{
    ck_assert_msg(world_answer.code == code && strstr(world_answer.message, part), "%d: %s",
                  (int)world_answer.code, world_answer.message);
}

static remote_nonnull_domain
web(void)
{
    return domain_for_wire(domains_by_name(daemon_->domains, "web"));
}

static void
client_pauses(void)
{
    remote_domain_suspend_args args = {.dom = web()};

    world_call(DOMAIN_SUSPEND, &args);
    world_turn();
    world_events[0] = '\0';
    world_answers = 0;
}

/* By libvirt's call, but where only dom0d's has the flag. */
static void
client_saves(unsigned flags, char *xml)
{
    remote_domain_save_flags_args args = {
        .dom = web(), .to = path, .dxml = xml ? &xml : NULL, .flags = flags};
    dom0d_guest_save_args own = {
        .dom = web(), .to = path, .dxml = xml ? &xml : NULL, .flags = flags};

    if (flags & DOM0D_SAVE_KEEP)
        world_call_dom0d(GUEST_SAVE, &own);
    else
        world_call(DOMAIN_SAVE_FLAGS, &args);
    world_turn();
}

static void
client_restores(unsigned flags)
{
    remote_domain_restore_flags_args args = {.from = path, .flags = flags};
    dom0d_guest_restore_args         own = {.from = path, .flags = flags};

    if (flags & DOM0D_RESTORE_FORCE)
        world_call_dom0d(GUEST_RESTORE, &own);
    else
        world_call(DOMAIN_RESTORE_FLAGS, &args);
    world_turn();
}

static void
ends(void)
{
    world_worker_fails(ERR_OPERATION_FAILED, "ends");
}

/*----- save -----*/

START_TEST(the_flags_of_a_save_reach_the_worker)
{
    static const struct {
        unsigned flags, worker;
    } cases[] = {
        {0, 0},
        {SAVE_RUNNING, WORKER_SAVE_RUNNING},
        {SAVE_PAUSED, WORKER_SAVE_PAUSED},
        {DOM0D_SAVE_KEEP, WORKER_SAVE_KEEP},
        {DOM0D_SAVE_KEEP | SAVE_PAUSED, WORKER_SAVE_KEEP | WORKER_SAVE_PAUSED},
    };

    client_saves(cases[_i].flags, NULL);
    ck_assert_int_eq(world_task.operation, WORKER_SAVE);
    ck_assert_uint_eq(world_task.more, cases[_i].worker);
    ends();
}
END_TEST

/* _i: a save, or a restore. */
START_TEST(running_and_paused_at_once_is_refused)
{
    if (_i)
        client_saves(SAVE_RUNNING | SAVE_PAUSED, NULL);
    else
        client_restores(SAVE_RUNNING | SAVE_PAUSED);
    assert_answer(ERR_INVALID_ARG, "cannot be both running and paused");
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
}
END_TEST

START_TEST(of_a_paused_domain_the_worker_is_told_that_it_is)
{
    client_pauses();
    client_saves(0, NULL);
    ck_assert_uint_eq(world_task.more, WORKER_SAVE_OF_PAUSED);
    world_worker_succeeds();
    assert_answer(ERR_NONE, "");
    ck_assert_str_eq(world_events, "STOPPED web -1 4;");
}
END_TEST

START_TEST(a_domain_that_is_kept_goes_on_and_nothing_is_told_of_it)
{
    client_saves(DOM0D_SAVE_KEEP, NULL);
    world_worker_commits();
    world_worker_succeeds();
    assert_answer(ERR_NONE, "");
    ck_assert_str_eq(world_events, "");
    ck_assert_int_eq(domains_by_name(daemon_->domains, "web")->run.domid, 1);
    world_domain_goes(1);
    world_changed();
    ck_assert_str_eq(world_events, "STOPPED web -1 1;"); /* destroyed, and not saved */
}
END_TEST

/* What is left to do is not to end it. */
START_TEST(a_kept_domain_that_is_destroyed_does_not_wait_until_it_goes_on)
{
    remote_domain_destroy_args args = {.dom = web()};

    client_saves(DOM0D_SAVE_KEEP, NULL);
    world_worker_commits();
    world_call(DOMAIN_DESTROY, &args);
    loop_timer_start(&job_of_domain(domains_by_name(daemon_->domains, "web"))->limit, 0);
    world_turn();
    ck_assert(world_killed);
    world_worker_dies();
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    assert_answer(ERR_NONE, "");
    ck_assert_str_eq(world_events, "STOPPED web -1 1;");
    world_cleaner_ends();
}
END_TEST

/* _i: whether its worker lives on. */
START_TEST(the_next_daemon_knows_that_a_domain_is_to_be_kept)
{
    client_saves(DOM0D_SAVE_KEEP, NULL);
    if (_i)
        world_worker_lives_on();
    world_stop(daemon_);
    daemon_ = world_start();
    world_turn();
    ck_assert_int_eq(world_task.operation, WORKER_SAVE);
    ck_assert_uint_eq(world_task.more, WORKER_SAVE_KEEP);
    ck_assert_int_eq((world_task.flags & WORKER_UNDO) != 0, !_i);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "");
    ck_assert_ptr_nonnull(domains_by_name(daemon_->domains, "web"));
}
END_TEST

/* _i: with what may differ, or may not. */
START_TEST(the_xml_for_an_image_is_of_the_machine_that_runs)
{
    cleanup_free char *xml =
        xstrdup(world_xml("web", 'w',
                          _i ? "<metadata><x xmlns='urn:x'/></metadata>"
                             : "<devices><input type='tablet' bus='usb'/></devices>"));
    char *memory = strstr(xml, "<memory");

    if (!_i)
        memory[strlen("<memory>")]++;
    client_saves(0, xml);
    if (_i) {
        ck_assert_int_eq(world_task.operation, WORKER_SAVE);
        ck_assert_ptr_nonnull(strstr(world_task.xml, "urn:x"));
        ends();
    } else {
        assert_answer(ERR_CONFIG_UNSUPPORTED, "<memory>");
        ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
    }
}
END_TEST

/*----- restore -----*/

START_TEST(the_flags_of_a_restore_reach_the_worker)
{
    static const struct {
        unsigned flags, worker;
    } cases[] = {
        {0, 0},
        {SAVE_RUNNING, WORKER_RESTORE_RUNNING},
        {SAVE_PAUSED, WORKER_RESTORE_PAUSED},
        {DOM0D_RESTORE_FORCE, WORKER_RESTORE_FORCE},
        {DOM0D_RESTORE_FORCE | SAVE_PAUSED, WORKER_RESTORE_FORCE | WORKER_RESTORE_PAUSED},
    };

    client_restores(cases[_i].flags);
    ck_assert_int_eq(world_task.operation, WORKER_RESTORE);
    ck_assert_uint_eq(world_task.more, cases[_i].worker);
    ends();
}
END_TEST

/* Nobody but the image says so. */
START_TEST(a_domain_whose_image_says_that_it_was_paused_is_told_to_be)
{
    client_restores(0);
    world_worker_identifies(world_xml("other", 'a', ""));
    world_task.flags |= WORLD_PAUSED;
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STARTED other 2 2;SUSPENDED other 2 0;");
}
END_TEST

/*----- the XML in an image -----*/

/* _i: with its secrets. */
START_TEST(the_xml_in_an_image_is_told_and_no_domain_made_of_it)
{
    remote_domain_save_image_get_xml_desc_args args = {.file = path, .flags = (unsigned)_i};

    world_call(DOMAIN_SAVE_IMAGE_GET_XML_DESC, &args);
    world_turn();
    ck_assert_int_eq(world_task.operation, WORKER_IMAGE_XML);
    ck_assert_str_eq(world_task.path, path);
    ck_assert_uint_eq(world_task.more, _i ? WORKER_IMAGE_SECURE : 0);
    world_worker_identifies("<domain>as it is</domain>");
    world_worker_succeeds();
    assert_answer(ERR_NONE, "");
    ck_assert_str_eq(world_text, "<domain>as it is</domain>");
    ck_assert_uint_eq(domains_count(daemon_->domains), 2);
    ck_assert_str_eq(world_events, "");
}
END_TEST

static char checked_name[64], checked_uuid[UUID_SIZE + 1];

static void
keep_checked(const char *procedure, const void *ret)
{
    const dom0d_image_check_ret *checked = ret;

    ck_assert_str_eq(procedure, "image_check");
    snprintf(checked_name, sizeof checked_name, "%s", checked->dom.name);
    memcpy(checked_uuid, checked->dom.uuid, UUID_SIZE);
}

/* _i: it is no good. */
START_TEST(of_an_image_that_is_checked_it_is_told_whose_it_is_or_why_it_is_none)
{
    dom0d_image_check_args args = {.from = path};

    world_call_dom0d(IMAGE_CHECK, &args);
    world_turn();
    ck_assert_int_eq(world_task.operation, WORKER_IMAGE_XML);
    ck_assert_str_eq(world_task.path, path);
    ck_assert_uint_eq(world_task.more, WORKER_IMAGE_CHECK);
    if (_i) {
        world_worker_fails(ERR_OPERATION_FAILED, "it is torn");
        assert_answer(ERR_OPERATION_FAILED, "it is torn");
        return;
    }
    world_keeps = keep_checked;
    world_worker_identifies(world_xml("other", 'o', ""));
    world_worker_succeeds();
    world_keeps = NULL;
    assert_answer(ERR_NONE, "");
    ck_assert_str_eq(checked_name, "image");
    ck_assert_str_eq(checked_uuid, "iiiiiiiiiiiiiii");
    ck_assert_uint_eq(domains_count(daemon_->domains), 2);
}
END_TEST

START_TEST(why_an_image_cannot_be_read_is_told)
{
    remote_domain_save_image_get_xml_desc_args args = {.file = path};

    world_call(DOMAIN_SAVE_IMAGE_GET_XML_DESC, &args);
    world_turn();
    world_worker_fails(ERR_OPERATION_FAILED, "this is no image");
    assert_answer(ERR_OPERATION_FAILED, "this is no image");
}
END_TEST

START_TEST(another_xml_for_an_image_reaches_the_worker)
{
    static char                              xml[] = "<domain>another</domain>";
    remote_domain_save_image_define_xml_args args = {
        .file = path, .dxml = xml, .flags = _i ? SAVE_PAUSED : SAVE_RUNNING};

    world_call(DOMAIN_SAVE_IMAGE_DEFINE_XML, &args);
    world_turn();
    ck_assert_int_eq(world_task.operation, WORKER_IMAGE_XML);
    ck_assert_str_eq(world_task.path, path);
    ck_assert_str_eq(world_task.xml, xml);
    ck_assert_uint_eq(world_task.more,
                      (unsigned)WORKER_IMAGE_DEFINE |
                          (_i ? (unsigned)WORKER_IMAGE_PAUSED : (unsigned)WORKER_IMAGE_RUNNING));
    world_worker_succeeds();
    assert_answer(ERR_NONE, "");
}
END_TEST

/* _i: which argument. */
START_TEST(what_makes_no_sense_for_an_image_is_refused)
{
    static char        xml[] = "<domain/>", none[] = "", relative[] = "web.save";
    cleanup_free char *long_xml = xmalloc((5u << 20) + 1);
    remote_domain_save_image_define_xml_args cases[] = {
        {.file = relative, .dxml = xml},
        {.file = path, .dxml = none},
        {.file = path, .dxml = xml, .flags = SAVE_RUNNING | SAVE_PAUSED},
        {.file = path, .dxml = long_xml},
    };
    static const char *const words[] = {"not an absolute path", "there is no domain XML",
                                        "cannot be both", "bytes, "};

    memset(long_xml, 'x', 5u << 20);
    long_xml[5u << 20] = '\0';
    world_call(DOMAIN_SAVE_IMAGE_DEFINE_XML, &cases[_i]);
    world_turn();
    ck_assert_msg(strstr(world_answer.message, words[_i]), "%s", world_answer.message);
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("saves");
    TCase   *tc = tcase_create("saves");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, the_flags_of_a_save_reach_the_worker, 0, 5);
    tcase_add_loop_test(tc, running_and_paused_at_once_is_refused, 0, 2);
    tcase_add_test(tc, of_a_paused_domain_the_worker_is_told_that_it_is);
    tcase_add_test(tc, a_domain_that_is_kept_goes_on_and_nothing_is_told_of_it);
    tcase_add_test(tc, a_kept_domain_that_is_destroyed_does_not_wait_until_it_goes_on);
    tcase_add_loop_test(tc, the_next_daemon_knows_that_a_domain_is_to_be_kept, 0, 2);
    tcase_add_loop_test(tc, the_xml_for_an_image_is_of_the_machine_that_runs, 0, 2);
    tcase_add_loop_test(tc, the_flags_of_a_restore_reach_the_worker, 0, 5);
    tcase_add_test(tc, a_domain_whose_image_says_that_it_was_paused_is_told_to_be);
    tcase_add_loop_test(tc, the_xml_in_an_image_is_told_and_no_domain_made_of_it, 0, 2);
    tcase_add_loop_test(tc, of_an_image_that_is_checked_it_is_told_whose_it_is_or_why_it_is_none, 0,
                        2);
    tcase_add_test(tc, why_an_image_cannot_be_read_is_told);
    tcase_add_loop_test(tc, another_xml_for_an_image_reaches_the_worker, 0, 2);
    tcase_add_loop_test(tc, what_makes_no_sense_for_an_image_is_refused, 0, 4);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
