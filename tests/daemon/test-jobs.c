/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a job is, whatever its operation does: its states, its owner, its limit of time, and what is
 * known of it when it has ended; and whose a domain is.  In a world of fakes (world.h).
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/handlers.h"
#include "base/alloc.h"
#include "base/file.h"
#include "config.h"
#include "daemon.h"
#include "domain/table.h"
#include "job/history.h"
#include "job/ops.h"
#include "job/task.h"
#include "world.h"

static struct daemon *daemon_;

static void
setup(void)
{
    daemon_ = world_new();
}

static void
teardown(void)
{
    world_free(daemon_);
}

/*----- what the tests do -----*/

/* A guest that dom0d has started, "web", domid 1. */
static struct domain *
web_runs(const char *extra)
{
    remote_domain_create_xml_args args = {.xml_desc =
                                              (char *)(uintptr_t)world_xml("web", 'w', extra)};

    handle_domain_create_xml(world_request(), &args);
    world_turn();
    world_worker_succeeds();
    world_events[0] = '\0';
    world_answers = 0;
    return domains_by_name(daemon_->domains, "web");
}

static struct domain *
web(void)
{
    return domains_by_name(daemon_->domains, "web");
}

static void
daemon_is_replaced(void)
{
    world_stop(daemon_);
    daemon_ = world_start();
    world_turn();
}

/* How the job of the test ended. */
static int        ends;
static struct err end;

static void
job_ended(void *arg, const struct job *job, const struct err *err)
{
    (void)arg, (void)job;
    ends++;
    end = err ? *err : (struct err){.code = ERR_NONE};
}

static struct job_owner
owner_on(uint64_t conn_id)
{
    ends = 0;
    return (struct job_owner){.conn_id = conn_id, .done = job_ended};
}

static void
assert_end(enum err_code code, const char *part)
{
    ck_assert_int_eq(ends, 1);
    ck_assert_msg(end.code == code && strstr(end.message, part), "%d: %s", (int)end.code,
                  end.message);
}

/*----- held -----*/

static uint64_t hold_usec;

/* Its first part is done, and its client has not said yet how it goes on. */
static void
parts_granted(struct job *job)
{
    job_hold(job, hold_usec);
}

static const struct job_operation op_parts = {
    .name = "parts",
    .activity = DOMAIN_CHANGING,
    .size = sizeof(struct job),
    .granted = parts_granted,
};

static struct job *
web_is_held(uint64_t usec)
{
    struct job_owner owner = owner_on(7);
    struct job      *job = job_new(daemon_->jobs, &op_parts, web_runs(""), &owner);

    hold_usec = usec;
    job_submit(job);
    world_turn();
    ck_assert_int_eq(job->state, JOB_HELD);
    return job;
}

START_TEST(a_held_job_keeps_its_domain_from_others_until_it_ends)
{
    struct job *job = web_is_held(60000000);

    job_submit(job_new(daemon_->jobs, &op_pause, web(), NULL));
    world_turn();
    ck_assert_str_eq(world_events, "");
    job_go_on(job);
    ck_assert_int_eq(job->state, JOB_RUNNING);
    job_finish(job, NULL);
    world_turn();
    assert_end(ERR_NONE, "");
    ck_assert_str_eq(world_events, "SUSPENDED web 1 0;");
}
END_TEST

START_TEST(a_held_job_ends_when_its_time_is_over)
{
    (void)web_is_held(20000);
    usleep(40000);
    world_turn();
    assert_end(ERR_OPERATION_ABORTED, "nothing was done for too long");
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
}
END_TEST

START_TEST(a_job_that_goes_on_has_no_limit_of_time)
{
    struct job *job = web_is_held(20000);

    job_go_on(job);
    usleep(40000);
    world_turn();
    ck_assert_int_eq(ends, 0);
    job_finish(job, NULL);
}
END_TEST

START_TEST(a_held_job_ends_with_the_connection_that_owns_it)
{
    (void)web_is_held(60000000);
    jobs_owner_gone(daemon_->jobs, 8);
    ck_assert_int_eq(ends, 0);
    jobs_owner_gone(daemon_->jobs, 7);
    assert_end(ERR_OPERATION_ABORTED, "the client that held the domain has gone");
}
END_TEST

START_TEST(a_held_job_is_aborted_at_once)
{
    struct job *job = web_is_held(60000000);
    struct err  err;

    ck_assert_int_eq(job_abort(job, &err), 0);
    assert_end(ERR_OPERATION_ABORTED, "aborted");
}
END_TEST

START_TEST(a_destroy_does_not_wait_for_who_holds_the_domain)
{
    (void)web_is_held(60000000);
    job_submit_first(op_destroy_new(daemon_->jobs, web(), NULL, STOPPED_DESTROYED));
    world_turn();
    assert_end(ERR_OPERATION_ABORTED, "aborted");
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
}
END_TEST

START_TEST(a_job_that_works_does_not_end_with_its_connection)
{
    struct job_owner owner = owner_on(7);

    job_submit(op_save_new(daemon_->jobs, web_runs(""), &owner, "/tmp/web.save", NULL, 0));
    world_turn();
    jobs_owner_gone(daemon_->jobs, 7);
    ck_assert_int_eq(ends, 0);
    world_worker_succeeds();
    assert_end(ERR_NONE, "");
}
END_TEST

/* Xen knows no names, and whoever writes to xenstore may give one twice. */
START_TEST(a_guest_that_has_the_name_of_the_control_domain_is_not_saved)
{
    struct job_owner owner = owner_on(7);

    world_domain(5, 'x', "Domain-0");
    world_changed();
    job_submit(op_save_new(daemon_->jobs, domains_by_id(daemon_->domains, 5), &owner, "/tmp/5.save",
                           NULL, 0));
    world_turn();
    assert_end(ERR_OPERATION_INVALID, "its name is the control domain's");
}
END_TEST

/*----- one state -----*/

START_TEST(a_job_whose_worker_died_is_repairing_and_an_abort_then_is_remembered)
{
    struct job_owner owner = owner_on(7);
    struct job *job = op_save_new(daemon_->jobs, web_runs(""), &owner, "/tmp/web.save", NULL, 0);
    struct err  err;

    ck_assert_int_eq(job->state, JOB_QUEUED);
    job_submit(job);
    world_turn();
    ck_assert_int_eq(job->state, JOB_RUNNING);
    world_worker_dies();
    ck_assert_int_eq(job->state, JOB_REPAIRING);
    ck_assert_int_eq(job_abort(job, &err), 0);
    ck_assert(!world_aborted);
    ck_assert_int_eq(job->state, JOB_REPAIRING);
    ck_assert(job->abort_asked);
    world_worker_fails(ERR_OPERATION_ABORTED, "the guest runs on");
    assert_end(ERR_INTERNAL, "the guest runs on");
}
END_TEST

START_TEST(what_is_done_to_a_domain_is_its_activity_while_a_job_holds_it)
{
    struct domain *dom = web_runs("");

    ck_assert_int_eq(dom->work.activity, DOMAIN_IDLE);
    job_submit(op_save_new(daemon_->jobs, dom, NULL, "/tmp/web.save", NULL, 0));
    ck_assert_int_eq(dom->work.activity, DOMAIN_IDLE);
    ck_assert_uint_eq(dom->work.count, 1);
    world_turn();
    ck_assert_int_eq(dom->work.activity, DOMAIN_SAVING);
    world_worker_fails(ERR_OPERATION_FAILED, "disk full");
    ck_assert_int_eq(dom->work.activity, DOMAIN_IDLE);
    ck_assert_uint_eq(dom->work.count, 0);
}
END_TEST

START_TEST(a_domain_that_left_is_found_no_more_and_its_memory_stays_until_the_loop_turns)
{
    struct domain *dom = web_runs("");

    world_domain_goes(1);
    domain_settle(dom);
    ck_assert_ptr_null(web());
    ck_assert(dom->leaving);
    ck_assert_str_eq(dom->name, "web");
    world_turn();
}
END_TEST

/*----- files -----*/

START_TEST(a_file_is_changed_by_a_worker_and_the_next_daemon_knows_of_it)
{
    struct job_owner owner = owner_on(7);
    char             path[] = "/etc/dom0d/domains/web.xml", second[] = "", text[] = "<domain/>";
    worker_file      file = {.path = path,
                             .change = WORKER_FILE_REPLACE,
                             .second = second,
                             .content = {.content_len = 9, .content_val = text},
                             .mode = 0600};
    uint64_t         id;

    job_submit(op_file_new(daemon_->jobs, NULL, &owner, &file));
    id = jobs_first(daemon_->jobs)->id;
    daemon_is_replaced();
    ck_assert_int_eq(world_task.operation, WORKER_FILE);
    ck_assert_str_eq(world_task.path, path);
    world_worker_succeeds();
    ck_assert_int_eq(history_end(jobs_history(daemon_->jobs), id)->code, ERR_NONE);
}
END_TEST

/*----- what has ended -----*/

static uint64_t
save_fails(void)
{
    uint64_t id;

    job_submit(op_save_new(daemon_->jobs, web(), NULL, "/tmp/web.save", NULL, 0));
    world_turn();
    id = jobs_first(daemon_->jobs)->id;
    world_worker_fails(ERR_OPERATION_FAILED, "disk full");
    return id;
}

START_TEST(how_a_job_ended_is_known_to_the_next_daemon_too)
{
    const struct err *known;
    uint64_t          id;

    (void)web_runs("");
    id = save_fails();
    daemon_is_replaced();
    known = history_end(jobs_history(daemon_->jobs), id);
    ck_assert_ptr_nonnull(known);
    ck_assert_int_eq(known->code, ERR_OPERATION_FAILED);
    ck_assert_str_eq(known->message, "disk full");
    ck_assert_ptr_nonnull(history_log(jobs_history(daemon_->jobs), id));
}
END_TEST

START_TEST(the_ends_of_so_many_jobs_are_known_and_no_more)
{
    const struct history *history;
    uint64_t              first;

    (void)web_runs("");
    first = save_fails();
    for (int n = 1; n < HISTORY_MAX; n++)
        (void)save_fails();
    daemon_is_replaced();
    history = jobs_history(daemon_->jobs);
    ck_assert_ptr_nonnull(history_end(history, first));
    (void)save_fails();
    ck_assert_ptr_null(history_end(history, first));
    ck_assert_ptr_nonnull(history_end(history, first + HISTORY_MAX));
}
END_TEST

/* The daemon was killed between the two. */
START_TEST(a_job_that_has_ended_is_not_taken_up_again_for_its_record)
{
    uint64_t id;

    (void)web_runs("");
    world_records_stay();
    id = save_fails();
    daemon_is_replaced();
    ck_assert_int_eq(world_task.operation, 0);
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
    ck_assert_int_eq(history_end(jobs_history(daemon_->jobs), id)->code, ERR_OPERATION_FAILED);
}
END_TEST

START_TEST(the_number_of_a_job_that_ended_is_not_given_again_where_the_last_one_is_lost)
{
    cleanup_free char *last_job = xasprintf("%s/last-job", daemon_->config->job.run_dir);
    uint64_t           id;

    (void)web_runs("");
    id = save_fails();
    world_stop(daemon_);
    unlink(last_job);
    daemon_ = world_start();
    ck_assert_uint_gt(save_fails(), id);
}
END_TEST

/*----- what nobody tells -----*/

/* As one that is half built, whose builder died: xenstore never hears of it. */
START_TEST(a_domain_that_nobody_tells_of_is_seen_and_seen_to_go_within_seconds)
{
    world_domain(5, 'x', NULL);
    for (int n = 0; n < 80 && !domains_by_id(daemon_->domains, 5); n++) {
        usleep(100000);
        world_turn();
    }
    ck_assert_ptr_nonnull(domains_by_id(daemon_->domains, 5));
    ck_assert_str_eq(world_events, "");
    for (int n = 0; n < 150 && !world_events[0]; n++) {
        usleep(100000);
        world_turn();
    }
    ck_assert_str_eq(world_events, "STARTED unnamed-5 5 0;");
    world_domain_goes(5);
    for (int n = 0; n < 80 && domains_by_id(daemon_->domains, 5); n++) {
        usleep(100000);
        world_turn();
    }
    ck_assert_ptr_null(domains_by_id(daemon_->domains, 5));
}
END_TEST

/* xl creates a domain first, and names it then. */
START_TEST(a_guest_that_is_found_before_it_has_a_name_is_told_by_its_name)
{
    world_domain(5, 'x', NULL);
    world_changed();
    ck_assert_ptr_nonnull(domains_by_id(daemon_->domains, 5));
    ck_assert_str_eq(world_events, "");
    world_renamed(5, "theirs");
    ck_assert_str_eq(world_events, "STARTED theirs 5 0;");
}
END_TEST

/*----- whose it is -----*/

START_TEST(a_guest_of_dom0d_is_its_own_by_the_record_alone)
{
    (void)web_runs("<on_reboot>destroy</on_reboot>");
    world_keep_xml(1, NULL);
    daemon_is_replaced();
    ck_assert_int_eq(web()->owner, DOMAIN_OF_DOM0D);
    ck_assert_ptr_nonnull(web()->live);
    world_domain_shuts_down(1, HOST_SHUTDOWN_REBOOT);
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
}
END_TEST

START_TEST(a_guest_of_xl_is_known_to_be_by_the_record_alone)
{
    world_domain(5, 'x', "theirs");
    world_changed();
    ck_assert_int_eq(domains_by_id(daemon_->domains, 5)->owner, DOMAIN_OF_XL);
    world_requests_fail(ERR_OPERATION_TIMEOUT);
    daemon_is_replaced();
    ck_assert_int_eq(domains_by_id(daemon_->domains, 5)->owner, DOMAIN_OF_XL);
}
END_TEST

/* Nobody's wishes are obeyed before it is known whose they are, and nothing is forgotten. */
START_TEST(a_guest_whose_owner_cannot_be_asked_yet_has_its_wishes_obeyed_when_it_can)
{
    world_requests_fail(ERR_OPERATION_TIMEOUT);
    world_domain(5, 'x', "ours");
    world_keep_xml(5, world_xml("ours", 'x', "<on_reboot>destroy</on_reboot>"));
    world_changed();
    ck_assert_str_eq(world_events, "STARTED ours 5 0;");
    world_domain_shuts_down(5, HOST_SHUTDOWN_REBOOT);
    ck_assert_int_eq(world_task.operation, 0);
    ck_assert_int_eq(domains_by_id(daemon_->domains, 5)->owner, DOMAIN_OF_NOBODY_KNOWN);
    world_requests_fail(ERR_NONE);
    world_changed();
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STARTED ours 5 0;REBOOT ours 5 0;STOPPED ours -1 0;");
}
END_TEST

/* An earlier version let it pass. */
START_TEST(a_guest_of_dom0d_stays_its_own_where_its_definition_would_be_refused_now)
{
    world_domain(5, 'x', "ours");
    world_keep_xml(5, world_xml("ours", 'x',
                                "<devices><tpm model='tpm-tis'><backend type='passthrough'/></tpm>"
                                "</devices>"));
    world_changed();
    ck_assert_int_eq(domains_by_id(daemon_->domains, 5)->owner, DOMAIN_OF_DOM0D);
    ck_assert_ptr_nonnull(domains_by_id(daemon_->domains, 5)->live);
}
END_TEST

START_TEST(a_guest_that_goes_while_its_owner_is_asked_for_leaves_nothing)
{
    world_domain(5, 'x', "theirs");
    domains_refresh(daemon_->domains);
    ck_assert_ptr_nonnull(domains_by_id(daemon_->domains, 5)->asks_owner);
    world_domain_goes(5);
    domains_refresh(daemon_->domains);
    ck_assert_ptr_null(domains_by_id(daemon_->domains, 5));
    world_turn();
    ck_assert_str_eq(world_events, "STARTED theirs 5 0;STOPPED theirs -1 1;");
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("jobs");
    TCase   *tc = tcase_create("jobs");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_held_job_keeps_its_domain_from_others_until_it_ends);
    tcase_add_test(tc, a_held_job_ends_when_its_time_is_over);
    tcase_add_test(tc, a_job_that_goes_on_has_no_limit_of_time);
    tcase_add_test(tc, a_held_job_ends_with_the_connection_that_owns_it);
    tcase_add_test(tc, a_held_job_is_aborted_at_once);
    tcase_add_test(tc, a_destroy_does_not_wait_for_who_holds_the_domain);
    tcase_add_test(tc, a_job_that_works_does_not_end_with_its_connection);
    tcase_add_test(tc, a_guest_that_has_the_name_of_the_control_domain_is_not_saved);
    tcase_add_test(tc, a_job_whose_worker_died_is_repairing_and_an_abort_then_is_remembered);
    tcase_add_test(tc, what_is_done_to_a_domain_is_its_activity_while_a_job_holds_it);
    tcase_add_test(tc,
                   a_domain_that_left_is_found_no_more_and_its_memory_stays_until_the_loop_turns);
    tcase_add_test(tc, a_file_is_changed_by_a_worker_and_the_next_daemon_knows_of_it);
    tcase_add_test(tc, how_a_job_ended_is_known_to_the_next_daemon_too);
    tcase_add_test(tc, the_ends_of_so_many_jobs_are_known_and_no_more);
    tcase_add_test(tc, a_job_that_has_ended_is_not_taken_up_again_for_its_record);
    tcase_add_test(tc,
                   the_number_of_a_job_that_ended_is_not_given_again_where_the_last_one_is_lost);
    tcase_add_test(tc, a_domain_that_nobody_tells_of_is_seen_and_seen_to_go_within_seconds);
    tcase_add_test(tc, a_guest_that_is_found_before_it_has_a_name_is_told_by_its_name);
    tcase_add_test(tc, a_guest_of_dom0d_is_its_own_by_the_record_alone);
    tcase_add_test(tc, a_guest_of_xl_is_known_to_be_by_the_record_alone);
    tcase_add_test(tc, a_guest_whose_owner_cannot_be_asked_yet_has_its_wishes_obeyed_when_it_can);
    tcase_add_test(tc, a_guest_of_dom0d_stays_its_own_where_its_definition_would_be_refused_now);
    tcase_add_test(tc, a_guest_that_goes_while_its_owner_is_asked_for_leaves_nothing);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
