/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of domains, jobs and what follows from a guest's end, in a world of fakes (world.h).
 */
#include <check.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/handlers.h"
#include "api/lookup.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "config.h"
#include "daemon.h"
#include "domain/table.h"
#include "eventloop/work.h"
#include "job/history.h"
#include "job/job.h"
#include "job/op-restart.h"
#include "job/op-soft-reset.h"
#include "job/ops.h"
#include "job/private.h"
#include "wire/record.h"
#include "wire/state.h"
#include "wire/worker.h"
#include "world.h"

enum {
    DOMAIN_CREATE_XML = 10,
    DOMAIN_DESTROY = 12,
    DOMAIN_GET_XML_DESC = 14,
    DOMAIN_RESUME = 28,
    DOMAIN_SUSPEND = 34,
    DOMAIN_RESTORE = 54,
    DOMAIN_SAVE = 55,
    CONNECT_DOMAIN_XML_FROM_NATIVE = 135,
    CONNECT_DOMAIN_XML_TO_NATIVE = 136,
    DOMAIN_ABORT_JOB = 164,
    DOMAIN_SAVE_FLAGS = 232,
    DOMAIN_RESTORE_FLAGS = 233,
    DOMAIN_GET_MESSAGES = 426,
};

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

/*----- what clients do -----*/

static void
client_creates(const char *xml, unsigned flags)
{
    remote_domain_create_xml_args args = {.xml_desc = (char *)(uintptr_t)xml, .flags = flags};

    world_call(DOMAIN_CREATE_XML, &args);
    world_turn();
}

static remote_nonnull_domain
wire_of(const char *name)
{
    const struct domain *dom = domains_by_name(daemon_->domains, name);

    ck_assert_msg(dom, "there is no domain %s", name);
    return domain_for_wire(dom);
}

static void
client_destroys(const char *name)
{
    remote_domain_destroy_args args = {.dom = wire_of(name)};

    world_call(DOMAIN_DESTROY, &args);
    world_turn();
}

static void
client_saves(const char *name, const char *path)
{
    remote_domain_save_args args = {.dom = wire_of(name), .to = (char *)(uintptr_t)path};

    world_call(DOMAIN_SAVE, &args);
    world_turn();
}

static void
client_pauses(const char *name)
{
    remote_domain_suspend_args args = {.dom = wire_of(name)};

    world_call(DOMAIN_SUSPEND, &args);
    world_turn();
}

static void
client_aborts(const char *name)
{
    remote_domain_abort_job_args args = {.dom = wire_of(name)};

    world_call(DOMAIN_ABORT_JOB, &args);
    world_turn();
}

static void
client_restores(const char *path)
{
    remote_domain_restore_args args = {.from = (char *)(uintptr_t)path};

    world_call(DOMAIN_RESTORE, &args);
    world_turn();
}

static void
client_waits(uint64_t id, struct request *req)
{
    handle_job_wait(req, &(dom0d_job_id_args){.id = id});
}

/* A domain that dom0d has started, "web", UUID of w, domid 1. */
static void
web_runs(const char *extra)
{
    client_creates(world_xml("web", 'w', extra), 0);
    world_worker_succeeds();
    ck_assert_int_eq(world_answer.code, ERR_NONE);
    world_events[0] = '\0';
    world_answers = 0;
}

static void
assert_answer(enum err_code code, const char *part)
{
    ck_assert_msg(world_answer.code == code && strstr(world_answer.message, part), "%d: %s",
                  (int)world_answer.code, world_answer.message);
}

static const char *
messages_of(const char *name, unsigned flags)
{
    remote_domain_get_messages_args args = {.dom = wire_of(name), .flags = flags};

    strcpy(world_messages, "not answered");
    world_call(DOMAIN_GET_MESSAGES, &args);
    return world_messages;
}

#define RNG_IS_IGNORED "line 1: <rng>: Xen has no random number generator for guests"
#define BLUB_IS_IGNORED "line 1: <blub>: is not known here"

static const char with_ignored[] = "<blub/><devices><rng model='virtio'/></devices>";

/*----- the table -----*/

START_TEST(guests_of_xl_appear_and_go_with_their_events)
{
    world_domain(5, 'x', "theirs");
    world_changed();
    ck_assert_str_eq(world_events, "STARTED theirs 5 0;");
    ck_assert_ptr_eq(domains_by_name(daemon_->domains, "theirs"),
                     domains_by_id(daemon_->domains, 5));
    world_domain_goes(5);
    world_changed();
    ck_assert_str_eq(world_events, "STARTED theirs 5 0;STOPPED theirs -1 1;");
    ck_assert_uint_eq(domains_count(daemon_->domains), 1);
}
END_TEST

START_TEST(a_domain_without_a_name_is_listed_and_named_when_it_has_one)
{
    world_domain(5, 'x', NULL);
    world_changed();
    ck_assert_str_eq(domains_by_id(daemon_->domains, 5)->name, "unnamed-5");
    world_rename(5, "late");
    world_changed();
    ck_assert_ptr_eq(domains_by_name(daemon_->domains, "late"), domains_by_id(daemon_->domains, 5));
    ck_assert_ptr_null(domains_by_name(daemon_->domains, "unnamed-5"));
}
END_TEST

/* A guest of dom0d that is not called "ours" any more. */
static void
rename_ours(const char *name)
{
    world_domain(5, 'x', "ours");
    world_keep_xml(5, world_xml("ours", 'x', ""));
    world_changed();
    world_events[0] = '\0';
    world_renamed(5, name);
}

START_TEST(a_guest_that_xl_renames_has_its_new_name_everywhere)
{
    struct domain *dom;

    rename_ours("mine");
    dom = domains_by_id(daemon_->domains, 5);
    ck_assert_ptr_eq(domains_by_name(daemon_->domains, "mine"), dom);
    ck_assert_ptr_null(domains_by_name(daemon_->domains, "ours"));
    ck_assert_str_eq(dom->live->name, "mine");
    /* libvirt has no event of it for a guest without a lasting definition. */
    ck_assert_str_eq(world_events, "");
}
END_TEST

START_TEST(a_name_that_no_definition_may_have_is_of_the_guest_only)
{
    rename_ours("a/b");
    ck_assert_str_eq(domains_by_id(daemon_->domains, 5)->name, "a/b");
    ck_assert_str_eq(domains_by_id(daemon_->domains, 5)->live->name, "ours");
}
END_TEST

START_TEST(a_new_name_of_a_guest_that_is_not_known_is_nothing)
{
    world_domain(5, 'x', "theirs");
    world_renamed(5, "new");
    ck_assert_ptr_null(domains_by_name(daemon_->domains, "new"));
}
END_TEST

START_TEST(a_domid_that_another_domain_has_now_is_another_domain)
{
    world_domain(5, 'x', "old");
    world_changed();
    world_domain_goes(5);
    world_domain(5, 'y', "new");
    world_events[0] = '\0';
    world_changed();
    ck_assert_str_eq(world_events, "STOPPED old -1 1;STARTED new 5 0;");
}
END_TEST

START_TEST(of_two_with_one_name_the_second_is_found_when_the_first_has_gone)
{
    world_domain(5, 'x', "twin");
    world_changed();
    world_domain(6, 'y', "twin");
    world_changed();
    ck_assert_int_eq(domains_by_name(daemon_->domains, "twin")->run.domid, 5);
    world_domain_goes(5);
    world_changed();
    ck_assert_int_eq(domains_by_name(daemon_->domains, "twin")->run.domid, 6);
}
END_TEST

START_TEST(of_two_with_one_uuid_the_second_is_found_when_the_first_has_gone)
{
    uint8_t uuid[UUID_SIZE];

    memset(uuid, 'x', sizeof uuid);
    world_domain(5, 'x', "a");
    world_domain(6, 'x', "b");
    world_changed();
    ck_assert_int_eq(domains_by_uuid(daemon_->domains, uuid)->run.domid, 5);
    world_domain_goes(5);
    world_changed();
    ck_assert_int_eq(domains_by_uuid(daemon_->domains, uuid)->run.domid, 6);
    world_domain_goes(6);
    world_changed();
    ck_assert_ptr_null(domains_by_uuid(daemon_->domains, uuid));
}
END_TEST

START_TEST(of_two_with_one_name_the_second_is_found_when_the_first_is_named_anew)
{
    world_domain(5, 'x', NULL);
    world_domain(6, 'y', "unnamed-5");
    world_changed();
    ck_assert_int_eq(domains_by_name(daemon_->domains, "unnamed-5")->run.domid, 5);
    world_rename(5, "late");
    world_changed();
    ck_assert_int_eq(domains_by_name(daemon_->domains, "late")->run.domid, 5);
    ck_assert_int_eq(domains_by_name(daemon_->domains, "unnamed-5")->run.domid, 6);
}
END_TEST

START_TEST(a_dying_domain_is_gone)
{
    world_domain(5, 'x', "theirs");
    world_changed();
    world_find(5)->dying = true;
    world_changed();
    ck_assert_ptr_null(domains_by_id(daemon_->domains, 5));
}
END_TEST

/*----- create -----*/

START_TEST(a_created_domain_has_the_id_that_the_worker_read_at_completion)
{
    client_creates(world_xml("web", 'w', ""), 0);
    ck_assert_int_eq(world_task.operation, WORKER_CREATE);
    ck_assert_int_eq(world_answers, 0);
    world_worker_succeeds();
    ck_assert_int_eq(world_answers, 1);
    ck_assert_str_eq(world_events, "STARTED web 1 0;");
    ck_assert_int_eq(domains_by_name(daemon_->domains, "web")->run.domid, 1);
}
END_TEST

START_TEST(a_domain_seen_while_it_is_made_is_not_taken_for_a_guest_of_xl)
{
    client_creates(world_xml("web", 'w', ""), 0);
    world_domain(9, 'w', "web");
    world_changed();
    ck_assert_str_eq(world_events, "");
    ck_assert_int_eq(domains_by_name(daemon_->domains, "web")->run.domid, 9);
    ck_assert_uint_eq(domains_count(daemon_->domains), 2);
    world_domain_goes(9);
    world_worker_fails(ERR_INTERNAL, "no memory");
    ck_assert_uint_eq(domains_count(daemon_->domains), 1);
    ck_assert_str_eq(world_events, "");
}
END_TEST

START_TEST(a_domain_created_paused_says_so)
{
    client_creates(world_xml("web", 'w', ""), 1);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STARTED web 1 0;SUSPENDED web 1 0;");
}
END_TEST

START_TEST(a_name_or_uuid_in_use_is_refused_and_the_one_that_has_it_runs_on)
{
    web_runs("");
    client_creates(world_xml("web", 'v', ""), 0);
    assert_answer(ERR_OPERATION_FAILED, "'web' already exists with uuid");
    client_creates(world_xml("other", 'w', ""), 0);
    assert_answer(ERR_OPERATION_FAILED, "'web' already exists with uuid");
    ck_assert_int_eq(world_task.operation, 0);
    ck_assert_uint_eq(domains_count(daemon_->domains), 2);
}
END_TEST

START_TEST(a_failed_create_leaves_no_domain_and_no_job)
{
    client_creates(world_xml("web", 'w', ""), 0);
    world_worker_fails(ERR_INTERNAL, "libxl says no");
    assert_answer(ERR_INTERNAL, "libxl says no");
    ck_assert_uint_eq(domains_count(daemon_->domains), 1);
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
    ck_assert_str_eq(world_events, "");
}
END_TEST

START_TEST(what_a_dead_worker_left_is_undone_before_the_client_is_told)
{
    client_creates(world_xml("web", 'w', ""), 0);
    world_worker_dies();
    ck_assert_int_eq(world_answers, 0);
    ck_assert_int_eq(world_task.operation, WORKER_CREATE);
    ck_assert(world_task.flags & WORKER_UNDO);
    world_worker_fails(ERR_OPERATION_ABORTED, "the half-built domain was destroyed");
    assert_answer(ERR_INTERNAL, "killed: the half-built domain was destroyed");
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
    ck_assert_uint_eq(domains_count(daemon_->domains), 1);
}
END_TEST

START_TEST(what_a_dead_worker_had_committed_is_finished)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    world_worker_dies();
    ck_assert(world_task.flags & WORKER_UNDO);
    world_worker_succeeds();
    assert_answer(ERR_NONE, "");
    ck_assert_str_eq(world_events, "STOPPED web -1 4;");
}
END_TEST

static void
restart_is_due(uint64_t usec)
{
    struct domain     *dom = domains_by_name(daemon_->domains, "web");
    struct op_restart *restart = container_of(job_of_domain(dom), struct op_restart, job);

    ck_assert(loop_timer_is_active(&restart->delay));
    ck_assert_uint_eq(domain_jobs(dom)->restart_delay_usec, usec);
    loop_timer_start(&restart->delay, 0);
    world_turn();
}

START_TEST(a_guest_whose_restart_loses_its_workers_comes_back)
{
    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_REBOOT);
    world_worker_succeeds();
    for (uint64_t usec = 1000000; usec <= 4000000; usec *= 2) {
        world_worker_dies();
        ck_assert(world_task.flags & WORKER_UNDO);
        world_worker_fails(ERR_OPERATION_ABORTED, "undone");
        restart_is_due(usec);
        ck_assert_int_eq(world_task.operation, WORKER_CREATE);
        ck_assert(!(world_task.flags & WORKER_UNDO));
    }
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "REBOOT web 1 0;STOPPED web -1 0;STARTED web 2 0;");
}
END_TEST

START_TEST(a_restart_that_waits_because_its_worker_was_lost_can_be_aborted)
{
    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_REBOOT);
    world_worker_succeeds();
    world_worker_dies();
    world_worker_fails(ERR_OPERATION_ABORTED, "undone");
    client_destroys("web");
    assert_answer(ERR_NONE, "");
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
    ck_assert_uint_eq(domains_count(daemon_->domains), 1);
}
END_TEST

START_TEST(a_guest_that_is_built_a_second_time_is_not_seen_as_another_one)
{
    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_REBOOT);
    world_worker_succeeds();
    world_events[0] = '\0';
    world_domain(2, 'w', "web");
    world_changed();
    world_worker_dies();
    world_domain_goes(2);
    world_worker_fails(ERR_OPERATION_ABORTED, "the half-built domain was destroyed");
    restart_is_due(1000000);
    ck_assert_int_eq(world_task.operation, WORKER_CREATE);
    world_domain(3, 'w', "web");
    world_changed();
    ck_assert_str_eq(world_events, "");
    ck_assert_uint_eq(domains_count(daemon_->domains), 2);
    world_domain_goes(3);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STARTED web 4 0;");
}
END_TEST

/*----- a daemon that was killed, and the next one -----*/

static void
daemon_is_replaced(bool worker_lives)
{
    if (worker_lives)
        world_worker_lives_on();
    world_stop(daemon_);
    daemon_ = world_start();
}

START_TEST(a_save_goes_on_under_the_next_daemon)
{
    uint64_t id;

    web_runs("");
    world_keep_xml(1, world_xml("web", 'w', ""));
    client_saves("web", "/tmp/web.save");
    id = jobs_first(daemon_->jobs)->id;
    daemon_is_replaced(true);
    world_answers = 0;
    ck_assert_uint_eq(jobs_first(daemon_->jobs)->id, id);
    ck_assert_int_eq(domains_by_name(daemon_->domains, "web")->run.domid, 1);
    ck_assert_ptr_nonnull(domains_by_name(daemon_->domains, "web")->live);
    world_worker_progress(10, 20);
    client_waits(id, world_request());
    world_worker_succeeds();
    ck_assert_int_eq(world_answers, 1);
    ck_assert_str_eq(world_events, "STOPPED web -1 4;");
    ck_assert_uint_eq(domains_count(daemon_->domains), 1);
}
END_TEST

START_TEST(a_create_goes_on_under_the_next_daemon_and_is_not_taken_for_a_guest_of_xl)
{
    client_creates(world_xml("web", 'w', ""), 0);
    world_domain(1, 'w', "web");
    daemon_is_replaced(true);
    ck_assert_str_eq(world_events, "");
    world_domain_goes(1);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STARTED web 2 0;");
    ck_assert_ptr_nonnull(domains_by_name(daemon_->domains, "web")->live);
}
END_TEST

START_TEST(a_guest_that_was_told_to_run_before_its_create_had_ended_is_not_told_again)
{
    struct domain *dom;

    client_creates(world_xml("web", 'w', ""), 0);
    dom = domains_by_name(daemon_->domains, "web");
    world_domain(1, 'w', "web");
    domain_set_id(dom, 1);
    domain_announce_started(dom, STARTED_BOOTED, RUNNING_BOOTED);
    world_events[0] = '\0';
    daemon_is_replaced(true);
    ck_assert_uint_eq(domains_count(daemon_->domains), 2);
    world_worker_fails(ERR_INTERNAL, "it was unpaused already");
    ck_assert_str_eq(world_events, "");
    ck_assert_int_eq(domains_by_name(daemon_->domains, "web")->run.domid, 1);
}
END_TEST

START_TEST(what_died_with_the_daemon_is_undone_by_the_next)
{
    web_runs("");
    world_keep_xml(1, world_xml("web", 'w', ""));
    client_saves("web", "/tmp/web.save");
    daemon_is_replaced(false);
    ck_assert_int_eq(world_task.operation, WORKER_SAVE);
    ck_assert(world_task.flags & WORKER_UNDO);
    ck_assert_str_eq(world_task.path, "/tmp/web.save");
    world_worker_fails(ERR_OPERATION_ABORTED, "the guest runs on");
    ck_assert_int_eq(domains_by_name(daemon_->domains, "web")->run.domid, 1);
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
    ck_assert_str_eq(world_events, "");
}
END_TEST

START_TEST(a_restart_between_its_halves_is_finished_by_the_next_daemon)
{
    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_REBOOT);
    world_worker_succeeds();
    ck_assert_int_eq(world_task.operation, WORKER_CREATE);
    daemon_is_replaced(false);
    ck_assert(world_task.flags & WORKER_UNDO);
    world_worker_fails(ERR_OPERATION_ABORTED, "there was nothing to undo");
    restart_is_due(1000000);
    ck_assert_int_eq(world_task.operation, WORKER_CREATE);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "REBOOT web 1 0;STOPPED web -1 0;STARTED web 2 0;");
}
END_TEST

/* _i: whether the worker of the first half still waits to be told that it may go. */
START_TEST(of_two_records_of_one_restart_the_later_one_counts)
{
    uint64_t id;

    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_REBOOT);
    id = jobs_first(daemon_->jobs)->id;
    if (_i)
        world_worker_lives_on();
    world_records_stay();
    world_worker_succeeds();
    ck_assert_int_eq(world_task.operation, WORKER_CREATE);
    daemon_is_replaced(true);
    ck_assert_int_eq(world_dismissed, _i);
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 1);
    ck_assert_uint_eq(jobs_first(daemon_->jobs)->id, id);
    ck_assert_int_eq(world_task.operation, WORKER_CREATE);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "REBOOT web 1 0;STOPPED web -1 0;STARTED web 2 0;");
}
END_TEST

/* As version 1 left them, while the clock went back: of no sequence, the later one from before. */
static void
records_are_of_version_1_and_the_clock_went_back(void)
{
    cleanup_free char *folder = xasprintf("%s/jobs", daemon_->config->job.run_dir);
    size_t             count;
    char             **paths = records_find(folder, WORKER_RECORD_SUFFIX, &count);

    ck_assert_uint_eq(count, 2);
    for (size_t n = 0; n < count; n++) {
        task_record record = {.operation = NULL};
        struct err  err;

        ck_assert_int_eq(record_read(paths[n], (xdrproc_t)xdr_task_record, &record, &err), 0);
        record.begun_usec = record.sequence == 1 ? 2000000 : 1000000;
        record.sequence = 0;
        ck_assert_int_eq(record_write(paths[n], (xdrproc_t)xdr_task_record, &record, &err), 0);
        wire_body_free((xdrproc_t)xdr_task_record, &record);
        free(paths[n]);
    }
    free(paths);
}

START_TEST(a_repair_comes_after_what_it_repairs_whatever_the_clock_said)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    world_records_stay();
    world_worker_dies();
    ck_assert(world_task.flags & WORKER_UNDO);
    records_are_of_version_1_and_the_clock_went_back();
    daemon_is_replaced(true);
    ck_assert(!world_dismissed);
    ck_assert(world_task.flags & WORKER_UNDO);
    world_worker_fails(ERR_OPERATION_ABORTED, "the domain runs on");
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
}
END_TEST

START_TEST(a_restart_creates_after_it_has_destroyed_whatever_the_clock_said)
{
    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_REBOOT);
    world_records_stay();
    world_worker_succeeds();
    ck_assert_int_eq(world_task.operation, WORKER_CREATE);
    records_are_of_version_1_and_the_clock_went_back();
    daemon_is_replaced(true);
    ck_assert(!world_dismissed);
    ck_assert_int_eq(world_task.operation, WORKER_CREATE);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "REBOOT web 1 0;STOPPED web -1 0;STARTED web 2 0;");
}
END_TEST

/* A link to itself, which is an error of the system to read, stands for the only record in a
 * folder; what it was is at *away_out. */
static char *
record_cannot_be_read(const char *name, char **away_out)
{
    cleanup_free char *folder = xasprintf("%s/%s", daemon_->config->job.run_dir, name);
    size_t             count;
    char             **paths = records_find(folder, ".job", &count);
    char              *path = paths[0];

    ck_assert_uint_eq(count, 1);
    free(paths);
    *away_out = xasprintf("%s/away", daemon_->config->job.run_dir);
    ck_assert_int_eq(rename(path, *away_out), 0);
    ck_assert_int_eq(symlink(path, path), 0);
    return path;
}

static void
record_can_be_read(const char *path, const char *away)
{
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rename(away, path), 0);
    loop_timer_start(&daemon_->jobs->read_again, 0);
    world_turn();
}

START_TEST(a_task_that_cannot_be_read_now_is_kept_and_taken_up_when_it_can)
{
    cleanup_free char *path = NULL;
    cleanup_free char *away = NULL;
    cleanup_free char *last_job = xasprintf("%s/last-job", daemon_->config->job.run_dir);
    uint64_t           id;

    web_runs("");
    client_saves("web", "/tmp/web.save");
    id = jobs_first(daemon_->jobs)->id;
    path = record_cannot_be_read("jobs", &away);
    ck_assert_int_eq(unlink(last_job), 0);
    daemon_is_replaced(false);
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
    client_pauses("web");
    ck_assert_ptr_null(history_end(jobs_history(daemon_->jobs), id));
    loop_timer_start(&daemon_->jobs->read_again, 0);
    world_turn();
    record_can_be_read(path, away);
    ck_assert_uint_eq(world_task.job, id);
    ck_assert(world_task.flags & WORKER_UNDO);
    world_worker_fails(ERR_OPERATION_ABORTED, "the domain runs on");
    ck_assert_ptr_nonnull(history_end(jobs_history(daemon_->jobs), id));
}
END_TEST

START_TEST(a_job_that_waits_and_cannot_be_read_now_is_kept_and_queued_when_it_can)
{
    cleanup_free char *path = NULL;
    cleanup_free char *away = NULL;

    web_runs("");
    client_saves("web", "/tmp/a.save");
    client_saves("web", "/tmp/b.save");
    path = record_cannot_be_read("queue", &away);
    daemon_is_replaced(true);
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 1);
    record_can_be_read(path, away);
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 2);
    world_worker_fails(ERR_OPERATION_FAILED, "disk full");
    ck_assert_str_eq(world_task.path, "/tmp/b.save");
    world_worker_succeeds();
}
END_TEST

START_TEST(how_a_job_ended_that_cannot_be_read_now_is_kept)
{
    cleanup_free char *path = xasprintf("%s/ended/%020d.ended", daemon_->config->job.run_dir, 9);

    ck_assert_int_eq(symlink(path, path), 0);
    daemon_is_replaced(false);
    ck_assert_int_eq(unlink(path), 0);
    web_runs("");
    client_pauses("web");
    ck_assert_ptr_nonnull(history_end(jobs_history(daemon_->jobs), 10));
}
END_TEST

START_TEST(a_restore_that_waited_for_its_daemon_asks_the_next_one)
{
    client_restores("/tmp/web.save");
    daemon_is_replaced(true);
    world_worker_identifies(world_xml("web", 'a', ""));
    ck_assert(world_proceeds);
    daemon_is_replaced(true);
    ck_assert_ptr_nonnull(job_of_domain(domains_by_name(daemon_->domains, "web")));
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STARTED web 1 2;");
}
END_TEST

/*----- a repair whose worker dies too -----*/

static const worker_operation half_done[] = {WORKER_CREATE, WORKER_RESTORE, WORKER_SAVE};
#define HALF_DONE_COUNT ((int)array_size(half_done))

/* Whatever it is, "web" is in between. */
static void
half_done_begins(worker_operation operation)
{
    switch (operation) {
    case WORKER_CREATE:
        client_creates(world_xml("web", 'w', ""), 0);
        break;
    case WORKER_RESTORE:
        client_restores("/tmp/web.save");
        world_worker_identifies(world_xml("web", 'w', ""));
        break;
    default:
        web_runs("");
        client_saves("web", "/tmp/web.save");
        break;
    }
    ck_assert_int_eq(world_task.operation, operation);
}

static struct loop_timer *
turn_of_repair(void)
{
    struct task *task = job_task(jobs_first(daemon_->jobs));

    ck_assert_int_eq(world_task.operation, 0);
    ck_assert(loop_timer_is_active(&task->again));
    return &task->again;
}

static void
repair_has_its_turn(void)
{
    loop_timer_start(turn_of_repair(), 0);
    world_turn();
    ck_assert(world_task.flags & WORKER_UNDO);
}

/* All that may. */
static void
repairs_die(void)
{
    for (int n = 0; n < 5; n++) {
        if (n)
            repair_has_its_turn();
        world_worker_dies();
    }
}

START_TEST(a_repair_whose_worker_dies_too_is_done_again)
{
    half_done_begins(half_done[_i]);
    world_worker_dies();
    for (int n = 0; n < 4; n++) {
        world_worker_dies();
        ck_assert_int_eq(world_answers, 0);
        ck_assert_int_eq(jobs_first(daemon_->jobs)->state, JOB_REPAIRING);
        repair_has_its_turn();
        ck_assert_int_eq(world_task.operation, half_done[_i]);
    }
    world_worker_fails(ERR_OPERATION_ABORTED, "undone");
    assert_answer(ERR_INTERNAL, "killed: undone");
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
}
END_TEST

START_TEST(a_repair_that_is_never_done_is_said_and_is_for_the_next_daemon)
{
    uint64_t id;

    half_done_begins(half_done[_i]);
    id = jobs_first(daemon_->jobs)->id;
    world_worker_dies();
    repairs_die();
    assert_answer(ERR_INTERNAL, "all 5 workers that were to clean up after it died too");
    ck_assert_ptr_nonnull(strstr(world_answer.message, "when the daemon restarts"));
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
    ck_assert_ptr_nonnull(history_end(jobs_history(daemon_->jobs), id));
    for (int n = 0; n < 2; n++) {
        if (n)
            repairs_die();
        daemon_is_replaced(false);
        ck_assert_uint_eq(jobs_first(daemon_->jobs)->id, id);
        ck_assert_ptr_null(history_end(jobs_history(daemon_->jobs), id));
        ck_assert_int_eq(world_task.operation, half_done[_i]);
        ck_assert(world_task.flags & WORKER_UNDO);
    }
    world_worker_fails(ERR_OPERATION_ABORTED, "undone");
    ck_assert_int_eq(history_end(jobs_history(daemon_->jobs), id)->code, ERR_INTERNAL);
    daemon_is_replaced(false);
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
}
END_TEST

static char repairs_logged[ERR_MESSAGE_SIZE];

static void
log_keeps_repairs(enum log_level level, const struct log_about *about, const char *message)
{
    const char *when = strstr(message, "trying again in ");
    size_t      used = strlen(repairs_logged);

    (void)level, (void)about;
    if (when)
        snprintf(repairs_logged + used, sizeof repairs_logged - used, "%.3s;",
                 when + strlen("trying again in "));
}

START_TEST(a_repair_that_waits_when_the_daemon_stops_is_the_next_ones)
{
    half_done_begins(WORKER_SAVE);
    world_worker_dies();
    world_worker_dies();
    (void)turn_of_repair();
    daemon_is_replaced(false);
    assert_answer(ERR_OPERATION_FAILED, "the next one takes up the operation");
    ck_assert(world_task.flags & WORKER_UNDO);
    world_worker_fails(ERR_OPERATION_ABORTED, "undone");
}
END_TEST

START_TEST(a_repair_is_done_again_later_each_time)
{
    half_done_begins(WORKER_SAVE);
    world_worker_dies();
    log_set_sink(log_keeps_repairs);
    repairs_die();
    log_set_sink(NULL);
    ck_assert_str_eq(repairs_logged, "1 s;2 s;4 s;8 s;");
    client_destroys("web");
    world_worker_succeeds();
    world_cleaner_ends();
}
END_TEST

/* The daemon is killed when what was given up has another record, and before the first has gone. */
static void
first_record_stays(void)
{
    cleanup_free char *folder = xasprintf("%s/jobs", daemon_->config->job.run_dir);
    cleanup_free char *left = xasprintf("%s/0.left", folder);
    size_t             count;
    char             **paths = records_find(folder, WORKER_RECORD_SUFFIX, &count);

    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(link(paths[0], left), 0);
    free(paths[0]);
    free(paths);
}

START_TEST(what_was_given_up_is_taken_up_once)
{
    half_done_begins(WORKER_SAVE);
    world_worker_dies();
    repairs_die();
    daemon_is_replaced(false);
    first_record_stays();
    world_dismissed = false;
    daemon_is_replaced(_i);
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 1);
    ck_assert_int_eq(world_task.operation, WORKER_SAVE);
    ck_assert(world_task.flags & WORKER_UNDO);
    ck_assert(!world_dismissed);
    world_worker_fails(ERR_OPERATION_ABORTED, "undone");
    world_cleaner_ends();
}
END_TEST

START_TEST(what_was_given_up_is_forgotten_when_something_else_is_done_with_its_guest)
{
    half_done_begins(WORKER_SAVE);
    world_worker_dies();
    repairs_die();
    client_destroys("web");
    ck_assert_str_eq(world_cleans, "/tmp/web.save");
    world_worker_succeeds();
    assert_answer(ERR_NONE, "");
    world_cleaner_ends();
    daemon_is_replaced(false);
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
    ck_assert_str_eq(world_cleans, "");
}
END_TEST

START_TEST(what_was_given_up_does_not_come_beside_a_later_job_of_its_guest)
{
    uint64_t id;

    half_done_begins(WORKER_SAVE);
    world_worker_dies();
    repairs_die();
    world_records_stay(); /* the daemon is killed before it has forgotten */
    client_destroys("web");
    id = jobs_first(daemon_->jobs)->id;
    world_cleaner_ends();
    daemon_is_replaced(false);
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 1);
    ck_assert_uint_eq(jobs_first(daemon_->jobs)->id, id);
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    world_cleaner_ends();
}
END_TEST

START_TEST(a_crashed_guest_goes_though_no_repair_of_its_dump_is_done)
{
    web_runs("<on_crash>coredump-destroy</on_crash>");
    world_domain_shuts_down(1, HOST_SHUTDOWN_CRASH);
    ck_assert_int_eq(world_task.operation, WORKER_DUMP);
    world_worker_dies();
    repairs_die();
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    ck_assert_ptr_nonnull(strstr(world_cleans, "/web-"));
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STOPPED web -1 2;");
    world_cleaner_ends();
}
END_TEST

START_TEST(a_destroy_does_not_wait_for_the_turn_of_a_repair)
{
    half_done_begins(WORKER_SAVE);
    world_worker_dies();
    world_worker_dies();
    (void)turn_of_repair();
    client_destroys("web");
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    assert_answer(ERR_NONE, "");
    world_cleaner_ends();
}
END_TEST

START_TEST(where_somebody_waits_a_half_built_guest_is_repaired_at_once)
{
    half_done_begins(WORKER_CREATE);
    world_worker_dies();
    world_worker_dies();
    (void)turn_of_repair();
    client_destroys("web");
    for (int n = 0; n < 3; n++) {
        ck_assert_int_eq(world_task.operation, WORKER_CREATE);
        ck_assert(world_task.flags & WORKER_SOON);
        world_worker_dies();
    }
    world_worker_fails(ERR_OPERATION_ABORTED, "the half-built domain was destroyed");
    assert_answer(ERR_NONE, "");
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
}
END_TEST

/*----- what happened while there was no daemon -----*/

static void
daemon_is_away(void)
{
    world_stop(daemon_);
}

static void
daemon_is_back(void)
{
    daemon_ = world_start();
    world_turn();
}

static char log_lines[4096];

static void
log_keeps_ignored(enum log_level level, const struct log_about *about, const char *message)
{
    size_t length = strlen(log_lines);

    (void)level;
    if (strstr(message, "ignored"))
        snprintf(log_lines + length, sizeof log_lines - length, "%s: %s\n", about->domain, message);
}

START_TEST(what_of_the_xml_is_ignored_is_one_line_of_the_log_at_create)
{
    log_lines[0] = '\0';
    log_set_sink(log_keeps_ignored);
    web_runs(with_ignored);
    client_creates(world_xml("db", 'd', ""), 0);
    log_set_sink(NULL);
    ck_assert_str_eq(log_lines,
                     "web: ignored in the XML (2): " BLUB_IS_IGNORED "; " RNG_IS_IGNORED "\n");
}
END_TEST

START_TEST(what_of_the_xml_is_ignored_is_one_line_of_the_log_at_restore)
{
    log_lines[0] = '\0';
    log_set_sink(log_keeps_ignored);
    client_restores("/images/web");
    world_worker_identifies(world_xml("web", 'w', with_ignored));
    log_set_sink(NULL);
    ck_assert_str_eq(log_lines,
                     "web: ignored in the XML (2): " BLUB_IS_IGNORED "; " RNG_IS_IGNORED "\n");
}
END_TEST

START_TEST(what_of_the_xml_is_ignored_taints_the_domain)
{
    static const char both[] = "ignored: " BLUB_IS_IGNORED "\nignored: " RNG_IS_IGNORED "\n";

    web_runs(with_ignored);
    world_domain(5, 'x', "theirs");
    world_changed();
    ck_assert_str_eq(messages_of("web", 0), both);
    ck_assert_str_eq(messages_of("web", MESSAGE_TAINTING | MESSAGE_DEPRECATION), both);
    ck_assert_str_eq(messages_of("web", MESSAGE_DEPRECATION), "");
    ck_assert_str_eq(messages_of("theirs", 0), "");
    ck_assert_str_eq(messages_of("Domain-0", 0), "");
}
END_TEST

/* The lines are then those of the XML as it was kept. */
START_TEST(the_next_daemon_knows_what_of_the_xml_is_ignored)
{
    const char *messages;

    web_runs(with_ignored);
    daemon_is_away();
    daemon_is_back();
    messages = messages_of("web", 0);
    ck_assert_ptr_nonnull(strstr(messages, ": <blub>: is not known here\n"));
    ck_assert_ptr_nonnull(
        strstr(messages, ": <rng>: Xen has no random number generator for guests\n"));
}
END_TEST

START_TEST(a_guest_that_ended_while_no_daemon_was_there_is_told_once)
{
    web_runs("");
    daemon_is_away();
    world_domain_goes(1);
    daemon_is_back();
    ck_assert_str_eq(world_events, "STOPPED web -1 1;");
    ck_assert(world_events_kept);
    ck_assert_ptr_null(domains_by_name(daemon_->domains, "web"));
    daemon_is_away();
    daemon_is_back();
    ck_assert_str_eq(world_events, "STOPPED web -1 1;");
}
END_TEST

START_TEST(the_first_daemon_has_nothing_to_tell_to_clients_of_an_earlier_one)
{
    ck_assert(!world_events_kept);
}
END_TEST

START_TEST(a_guest_that_runs_on_is_not_told_again_and_keeps_its_definition)
{
    web_runs("<on_reboot>destroy</on_reboot>");
    daemon_is_away();
    daemon_is_back();
    ck_assert_str_eq(world_events, "");
    world_domain_shuts_down(1, HOST_SHUTDOWN_REBOOT);
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    ck_assert_int_eq(world_task.operation, 0);
    ck_assert_str_eq(world_events, "REBOOT web 1 0;STOPPED web -1 0;");
}
END_TEST

START_TEST(a_guest_that_powered_off_while_no_daemon_was_there_is_seen_to)
{
    web_runs("");
    daemon_is_away();
    world_find(1)->shutdown = true;
    world_find(1)->shutdown_reason = HOST_SHUTDOWN_POWEROFF;
    daemon_is_back();
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STOPPED web -1 0;");
}
END_TEST

START_TEST(a_guest_that_came_while_no_daemon_was_there_is_told)
{
    daemon_is_away();
    world_domain(5, 'x', "theirs");
    daemon_is_back();
    ck_assert_str_eq(world_events, "STARTED theirs 5 0;");
}
END_TEST

START_TEST(that_a_guest_was_paused_or_unpaused_while_no_daemon_was_there_is_told_once)
{
    web_runs("");
    daemon_is_away();
    world_find(1)->paused = true;
    daemon_is_back();
    ck_assert_str_eq(world_events, "SUSPENDED web 1 0;");
    daemon_is_away();
    daemon_is_back();
    ck_assert_str_eq(world_events, "SUSPENDED web 1 0;");
    daemon_is_away();
    world_find(1)->paused = false;
    daemon_is_back();
    ck_assert_str_eq(world_events, "SUSPENDED web 1 0;RESUMED web 1 0;");
    daemon_is_away();
    daemon_is_back();
    ck_assert_str_eq(world_events, "SUSPENDED web 1 0;RESUMED web 1 0;");
    /* While there is one nobody hears of it. */
    world_find(1)->paused = true;
    world_changed();
    ck_assert_str_eq(world_events, "SUSPENDED web 1 0;RESUMED web 1 0;");
}
END_TEST

/* _i: by a client, before its name was known, or later by xl, of which nobody hears. */
START_TEST(a_guest_that_was_paused_before_the_daemon_went_is_no_news)
{
    web_runs("");
    if (_i == 0)
        client_pauses("web");
    if (_i == 1)
        world_domain(5, 'x', "theirs")->paused = true;
    if (_i == 2)
        world_find(1)->paused = true;
    world_changed();
    world_events[0] = '\0';
    daemon_is_away();
    daemon_is_back();
    world_changed();
    ck_assert_str_eq(world_events, "");
    if (_i == 1)
        return;
    daemon_is_away();
    world_find(1)->paused = false;
    daemon_is_back();
    ck_assert_str_eq(world_events, "RESUMED web 1 0;");
}
END_TEST

/* It has stopped the guest; that its daemon died before it said so is what _i 0 is about. */
START_TEST(a_pause_that_the_next_daemon_ends_is_told_once)
{
    remote_domain_suspend_args args;

    web_runs("");
    args.dom = wire_of("web");
    world_call(DOMAIN_SUSPEND, &args);
    while (jobs_first(daemon_->jobs)->state == JOB_QUEUED)
        loop_run_ready(daemon_->loop);
    daemon_is_away();
    world_find(1)->paused = _i == 0;
    daemon_is_back();
    world_changed();
    ck_assert_str_eq(world_events, "SUSPENDED web 1 0;");
}
END_TEST

/* The daemon was killed when it had written the one and not yet removed the other. */
START_TEST(what_was_seen_of_who_had_the_number_before_is_not_believed)
{
    cleanup_free char *path = NULL;
    seen_domain        record = {.uuid = "another", .paused = true, .model_lost = true};
    struct err         err;

    web_runs("");
    path = xasprintf("%s/domains/1.seen", daemon_->config->job.run_dir);
    daemon_is_away();
    ck_assert_int_eq(record_write(path, (xdrproc_t)xdr_seen_domain, &record, &err), 0);
    daemon_is_back();
    world_model(1, false, 6000000);
    world_changed();
    ck_assert_str_eq(world_events, "CONTROL_ERROR web 1 0;");
}
END_TEST

START_TEST(what_was_seen_of_a_guest_is_not_believed_of_another)
{
    world_domain(5, 'x', "theirs")->paused = true;
    world_changed();
    world_events[0] = '\0';
    daemon_is_away();
    world_domain_goes(5);
    world_domain(5, 'y', "other");
    daemon_is_back();
    ck_assert_str_eq(world_events, "STOPPED theirs -1 1;STARTED other 5 0;");
    daemon_is_away();
    daemon_is_back();
    ck_assert_str_eq(world_events, "STOPPED theirs -1 1;STARTED other 5 0;");
}
END_TEST

START_TEST(a_guest_that_has_another_id_than_before_went_and_came)
{
    world_domain(5, 'x', "theirs");
    world_changed();
    world_events[0] = '\0';
    daemon_is_away();
    world_domain_goes(5);
    world_domain(6, 'x', "theirs");
    daemon_is_back();
    ck_assert_str_eq(world_events, "STOPPED theirs -1 1;STARTED theirs 6 0;");
    ck_assert_int_eq(domains_by_name(daemon_->domains, "theirs")->run.domid, 6);
}
END_TEST

START_TEST(an_id_that_another_guest_has_by_now_is_another_guest)
{
    world_domain(5, 'x', "old");
    world_changed();
    world_events[0] = '\0';
    daemon_is_away();
    world_domain_goes(5);
    world_domain(5, 'y', "new");
    daemon_is_back();
    ck_assert_str_eq(world_events, "STOPPED old -1 1;STARTED new 5 0;");
}
END_TEST

START_TEST(a_guest_that_was_renamed_while_no_daemon_was_there_has_its_new_name)
{
    world_domain(5, 'x', "old");
    world_changed();
    world_events[0] = '\0';
    daemon_is_away();
    world_rename(5, "new");
    daemon_is_back();
    ck_assert_str_eq(world_events, "");
    ck_assert_int_eq(domains_by_name(daemon_->domains, "new")->run.domid, 5);
    ck_assert_ptr_null(domains_by_name(daemon_->domains, "old"));
}
END_TEST

/* The XML that was kept with it has the old one for ever. */
START_TEST(a_guest_of_ours_that_was_renamed_has_its_new_name_with_the_next_daemon_too)
{
    rename_ours("mine");
    daemon_is_away();
    daemon_is_back();
    ck_assert_str_eq(domains_by_id(daemon_->domains, 5)->name, "mine");
    ck_assert_str_eq(domains_by_id(daemon_->domains, 5)->live->name, "mine");
}
END_TEST

START_TEST(why_a_guest_stopped_is_known_to_the_next_daemon)
{
    world_domain(5, 'x', "theirs");
    world_changed();
    world_domain_shuts_down(5, HOST_SHUTDOWN_CRASH);
    world_events[0] = '\0';
    daemon_is_away();
    world_domain_goes(5);
    daemon_is_back();
    ck_assert_str_eq(world_events, "STOPPED theirs -1 2;");
}
END_TEST

START_TEST(what_was_told_of_a_guest_that_stopped_is_not_told_again)
{
    web_runs("<on_crash>preserve</on_crash>");
    world_domain(5, 'x', "theirs");
    world_changed();
    world_domain_shuts_down(1, HOST_SHUTDOWN_CRASH);
    world_domain_shuts_down(5, HOST_SHUTDOWN_REBOOT);
    ck_assert_str_eq(world_events, "STARTED theirs 5 0;CRASHED web 1 0;REBOOT theirs 5 0;");
    world_events[0] = '\0';
    daemon_is_away();
    daemon_is_back();
    ck_assert_str_eq(world_events, "");
}
END_TEST

START_TEST(a_guest_in_the_middle_of_a_job_is_not_told_to_be_dead)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    world_worker_lives_on();
    daemon_is_away();
    world_domain_goes(1); /* the image is written */
    daemon_is_back();
    world_changed();
    ck_assert_str_eq(world_events, "");
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STOPPED web -1 4;");
}
END_TEST

START_TEST(a_core_that_an_earlier_daemon_had_dumped_is_not_dumped_again)
{
    web_runs("<on_crash>coredump-restart</on_crash>");
    world_domain_shuts_down(1, HOST_SHUTDOWN_CRASH);
    ck_assert_int_eq(world_task.operation, WORKER_DUMP);
    daemon_is_replaced(true);
    ck_assert_int_eq(world_task.operation, WORKER_DUMP);
    world_worker_succeeds();
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STOPPED web -1 2;STARTED web 2 0;");
}
END_TEST

START_TEST(a_guest_that_came_anew_before_its_job_had_begun_is_told)
{
    remote_domain_suspend_args args;

    world_domain(5, 'x', "theirs");
    world_changed();
    world_events[0] = '\0';
    args.dom = wire_of("theirs");
    world_call(DOMAIN_SUSPEND, &args);
    world_domain_goes(5);
    world_domain(6, 'x', "theirs");
    world_changed();
    ck_assert_str_eq(world_events, "STOPPED theirs -1 1;STARTED theirs 6 0;SUSPENDED theirs 6 0;");
}
END_TEST

START_TEST(a_record_that_cannot_be_read_is_removed)
{
    cleanup_free char *path = xasprintf("%s/domains/9.domain", daemon_->config->job.run_dir);
    cleanup_free char *half = xasprintf("%s/domains/9.domain.a1B2c3", daemon_->config->job.run_dir);
    struct err         err;

    ck_assert_int_eq(file_replace(path, "no record", 9, 0600, &err), 0);
    ck_assert_int_eq(file_replace(half, "no", 2, 0600, &err), 0);
    daemon_is_away();
    daemon_is_back();
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_ne(access(half, F_OK), 0);
    ck_assert_uint_eq(domains_count(daemon_->domains), 1);
}
END_TEST

/*----- jobs that waited when the daemon went -----*/

static uint64_t
last_id(void)
{
    const struct job *last = NULL;

    for (const struct job *job = jobs_first(daemon_->jobs); job; job = TAILQ_NEXT(job, in_all))
        last = job;
    ck_assert_ptr_nonnull(last);
    return last->id;
}

static void
assert_ended(uint64_t id, enum err_code code, const char *part)
{
    client_waits(id, world_waiter());
    assert_answer(ERR_NONE, "");
    ck_assert_int_eq(world_waited.code, (int)code);
    ck_assert_msg(strstr(world_waited.message, part), "%s", world_waited.message);
}

START_TEST(jobs_that_waited_wait_again_in_their_order_under_their_numbers)
{
    uint64_t a, b, c;

    web_runs("");
    client_saves("web", "/tmp/a");
    a = last_id();
    client_saves("web", "/tmp/b");
    b = last_id();
    client_pauses("web");
    c = last_id();
    daemon_is_replaced(true);
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 3);
    ck_assert_uint_eq(job_of_domain(domains_by_name(daemon_->domains, "web"))->id, a);
    world_worker_fails(ERR_OPERATION_FAILED, "disk full");
    ck_assert_int_eq(world_task.operation, WORKER_SAVE);
    ck_assert_str_eq(world_task.path, "/tmp/b");
    ck_assert_uint_eq(world_task.job, b);
    world_worker_fails(ERR_OPERATION_FAILED, "disk full");
    assert_ended(a, ERR_OPERATION_FAILED, "disk full");
    assert_ended(b, ERR_OPERATION_FAILED, "disk full");
    assert_ended(c, ERR_NONE, "");
    ck_assert_str_eq(world_events, "SUSPENDED web 1 0;");
}
END_TEST

START_TEST(a_destroy_that_waited_goes_first_again)
{
    uint64_t id;

    web_runs("");
    client_saves("web", "/tmp/a");
    client_destroys("web");
    id = last_id();
    daemon_is_replaced(true);
    ck_assert(world_aborted);
    world_worker_fails(ERR_OPERATION_ABORTED, "aborted");
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    assert_ended(id, ERR_NONE, "");
    ck_assert_str_eq(world_events, "STOPPED web -1 1;");
}
END_TEST

START_TEST(a_restore_that_had_not_begun_begins_under_the_next_daemon)
{
    char                       path[] = "/tmp/web.save";
    remote_domain_restore_args args = {.from = path};
    uint64_t                   id;

    world_call(DOMAIN_RESTORE, &args);
    id = last_id();
    daemon_is_away();
    assert_answer(ERR_OPERATION_FAILED, "the next one takes up the operation");
    daemon_is_back();
    ck_assert_int_eq(world_task.operation, WORKER_RESTORE);
    ck_assert_str_eq(world_task.path, "/tmp/web.save");
    world_worker_identifies(world_xml("web", 'a', ""));
    world_worker_succeeds();
    assert_ended(id, ERR_NONE, "");
    ck_assert_str_eq(world_events, "STARTED web 1 2;");
}
END_TEST

/* A create that was accepted and not begun; its number. */
static uint64_t
create_is_accepted(void)
{
    remote_domain_create_xml_args args = {.xml_desc = (char *)(uintptr_t)world_xml("web", 'w', ""),
                                          .flags = 1};

    world_call(DOMAIN_CREATE_XML, &args);
    loop_run_ready(daemon_->loop); /* its XML is read */
    return last_id();
}

START_TEST(a_create_that_had_not_begun_begins_under_the_next_daemon)
{
    uint64_t id = create_is_accepted();

    daemon_is_away();
    daemon_is_back();
    ck_assert_int_eq(world_task.operation, WORKER_CREATE);
    ck_assert(world_task.flags & WORLD_PAUSED);
    world_worker_succeeds();
    assert_ended(id, ERR_NONE, "");
    ck_assert_str_eq(world_events, "STARTED web 1 0;SUSPENDED web 1 0;");
}
END_TEST

START_TEST(a_create_whose_name_was_taken_meanwhile_ends_with_the_reason)
{
    uint64_t id = create_is_accepted();

    daemon_is_away();
    world_domain(5, 'x', "web");
    daemon_is_back();
    ck_assert_int_eq(world_task.operation, 0);
    assert_ended(id, ERR_OPERATION_FAILED, "'web' already exists");
    ck_assert_uint_eq(domains_count(daemon_->domains), 2);
}
END_TEST

START_TEST(a_job_whose_guest_ended_meanwhile_ends_with_the_reason)
{
    uint64_t id;

    web_runs("");
    client_saves("web", "/tmp/a");
    client_pauses("web");
    id = last_id();
    world_worker_lives_on();
    daemon_is_away();
    world_domain_goes(1);
    daemon_is_back();
    world_worker_fails(ERR_OPERATION_FAILED, "it has gone");
    assert_ended(id, ERR_OPERATION_INVALID, "is not running");
}
END_TEST

START_TEST(a_job_alone_whose_guest_ended_meanwhile_ends_with_the_reason)
{
    remote_domain_suspend_args args;
    uint64_t                   id;

    web_runs("");
    args.dom = wire_of("web");
    world_call(DOMAIN_SUSPEND, &args);
    id = last_id();
    daemon_is_away();
    world_domain_goes(1);
    daemon_is_back();
    assert_ended(id, ERR_NO_DOMAIN, "'web' ended before the operation had begun");
    ck_assert_str_eq(world_events, "STOPPED web -1 1;");
}
END_TEST

START_TEST(a_destroy_whose_guest_ended_meanwhile_has_succeeded)
{
    remote_domain_destroy_args args;
    uint64_t                   id;

    web_runs("");
    args.dom = wire_of("web");
    world_call(DOMAIN_DESTROY, &args);
    id = last_id();
    daemon_is_away();
    world_domain_goes(1);
    daemon_is_back();
    assert_ended(id, ERR_NONE, "");
    ck_assert_str_eq(world_events, "STOPPED web -1 1;");
}
END_TEST

START_TEST(a_pause_under_way_is_done_by_the_next_daemon)
{
    remote_domain_suspend_args args;
    uint64_t                   id;

    web_runs("");
    args.dom = wire_of("web");
    world_call(DOMAIN_SUSPEND, &args);
    id = last_id();
    while (jobs_first(daemon_->jobs)->state == JOB_QUEUED)
        loop_run_ready(daemon_->loop);
    daemon_is_away();
    ck_assert_str_eq(world_events, "");
    daemon_is_back();
    assert_ended(id, ERR_NONE, "");
    ck_assert_str_eq(world_events, "SUSPENDED web 1 0;");
}
END_TEST

START_TEST(a_job_that_had_just_begun_is_taken_up_and_not_queued_too)
{
    remote_domain_save_args args;
    char                    to[] = "/tmp/a", *bytes;
    cleanup_free char      *path = NULL;
    size_t                  size;
    struct err              err;

    web_runs("");
    args = (remote_domain_save_args){.dom = wire_of("web"), .to = to};
    world_call(DOMAIN_SAVE, &args);
    path = xasprintf("%s/queue/%020d.job", daemon_->config->job.run_dir, (int)last_id());
    ck_assert_int_eq(file_read(path, 65536, &bytes, &size, &err), 0);
    world_turn();
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_eq(file_replace(path, bytes, size, 0600, &err), 0);
    free(bytes);
    daemon_is_replaced(true);
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 1);
    ck_assert_int_ne(access(path, F_OK), 0);
    world_worker_succeeds();
    ck_assert_int_eq(world_task.operation, 0);
}
END_TEST

START_TEST(a_restart_that_waited_is_begun_by_the_next_daemon_once)
{
    web_runs("");
    client_saves("web", "/tmp/a");
    world_domain_shuts_down(1, HOST_SHUTDOWN_REBOOT);
    world_worker_fails(ERR_OPERATION_FAILED, "it reboots");
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    daemon_is_replaced(true);
    world_worker_succeeds();
    world_worker_succeeds();
    ck_assert_int_eq(world_task.operation, 0);
    ck_assert_str_eq(world_events, "REBOOT web 1 0;STOPPED web -1 0;STARTED web 2 0;");
}
END_TEST

START_TEST(the_number_of_a_job_is_not_given_again_by_the_next_daemon)
{
    uint64_t id;

    web_runs("");
    client_pauses("web");
    client_saves("web", "/tmp/x");
    client_destroys("web");
    world_worker_succeeds();
    world_stop(daemon_);
    daemon_ = world_start();
    client_creates(world_xml("web2", 'v', ""), 0);
    id = jobs_first(daemon_->jobs)->id;
    ck_assert_uint_gt(id, 4);
    world_worker_fails(ERR_INTERNAL, "no");
}
END_TEST

/*----- the numbers of jobs -----*/

static char *
in_run_dir(const char *name)
{
    return xasprintf("%s/%s", daemon_->config->job.run_dir, name);
}

/* What last-job says when the next daemon starts; NULL: it is not there. */
static void
daemon_is_replaced_with_last_job(const char *text)
{
    cleanup_free char *path = in_run_dir("last-job");
    struct err         err;

    if (text)
        ck_assert_int_eq(file_replace(path, text, strlen(text), 0600, &err), 0);
    else
        ck_assert_int_eq(unlink(path), 0);
    daemon_is_replaced(true);
}

START_TEST(the_next_number_is_above_that_of_every_record_whatever_became_of_last_job)
{
    static const char *const texts[] = {NULL,
                                        "",
                                        "1\n",
                                        "seven\n",
                                        "-1\n",
                                        "\n",
                                        "18446744073709551615\n",
                                        "99999999999999999999999\n"};
    uint64_t                 waits;

    web_runs("");
    client_saves("web", "/tmp/a");
    client_pauses("web");
    waits = last_id();
    daemon_is_replaced_with_last_job(texts[_i]);
    client_pauses("web");
    ck_assert_uint_eq(last_id(), waits + 1);
    world_worker_succeeds();
}
END_TEST

/* Before jobs that waited are queued again the table is filled, and what has happened to its guests
 * begins jobs. */
START_TEST(a_job_that_begins_while_the_daemon_starts_has_a_number_above_those_that_waited)
{
    uint64_t waits;

    web_runs("");
    client_creates(world_xml("first", 'f', ""), 0);
    world_worker_succeeds();
    client_saves("web", "/tmp/a");
    client_pauses("first");
    client_pauses("web");
    waits = last_id();
    world_find(2)->shutdown = true;
    world_find(2)->shutdown_reason = HOST_SHUTDOWN_POWEROFF;
    world_no_workers = true;
    daemon_is_replaced_with_last_job(NULL);
    ck_assert_ptr_null(jobs_by_id(daemon_->jobs, waits - 1));
    for (const struct job *job = jobs_first(daemon_->jobs); job; job = TAILQ_NEXT(job, in_all))
        if (job->operation == &op_destroy)
            ck_assert_uint_gt(job->id, waits);
    ck_assert_str_eq(jobs_by_id(daemon_->jobs, waits)->operation->name, "pause");
    world_worker_succeeds();
}
END_TEST

/* A folder stands where the file would be. */
static char *
last_job_cannot_be_written(void)
{
    char *path = in_run_dir("last-job");

    unlink(path);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    return path;
}

START_TEST(a_number_that_cannot_be_kept_refuses_the_job_with_the_reason)
{
    cleanup_free char *path = NULL;

    web_runs("");
    path = last_job_cannot_be_written();
    client_saves("web", "/tmp/a");
    assert_answer(ERR_SYSTEM, "the number of the job cannot be kept: cannot replace ");
    client_pauses("web");
    ck_assert_int_eq(world_answer.code, ERR_SYSTEM);
    client_creates(world_xml("other", 'o', ""), 0);
    ck_assert_int_eq(world_answer.code, ERR_SYSTEM);
    ck_assert_ptr_null(domains_by_name(daemon_->domains, "other"));
    ck_assert_int_eq(world_task.operation, 0);
    ck_assert_int_eq(rmdir(path), 0);
    client_saves("web", "/tmp/a");
    ck_assert_int_eq(world_task.operation, WORKER_SAVE);
    world_worker_succeeds();
}
END_TEST

START_TEST(a_destroy_needs_no_number_that_is_kept)
{
    cleanup_free char *path = NULL;

    web_runs("");
    path = last_job_cannot_be_written();
    client_destroys("web");
    world_worker_succeeds();
    assert_answer(ERR_NONE, "");
    ck_assert_str_eq(world_events, "STOPPED web -1 1;");
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

/*----- no room, no descriptor, no process -----*/

/* What is tried again is tried within this. */
static void
a_task_comes(void)
{
    for (int n = 0; n < 1000 && !world_task.operation; n++) {
        usleep(10000);
        world_turn();
    }
}

START_TEST(where_nothing_can_be_recorded_a_guest_is_destroyed_all_the_same)
{
    web_runs("");
    world_no_records = true;
    client_destroys("web");
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    assert_answer(ERR_NONE, "");
    ck_assert_str_eq(world_events, "STOPPED web -1 1;");
}
END_TEST

/* _i: records or workers are what there is none of. */
static void
lack_begins(int what)
{
    world_no_records = !what;
    world_no_workers = what;
}

static void
lack_ends(void)
{
    world_no_records = world_no_workers = false;
}

START_TEST(where_nothing_can_be_recorded_a_save_is_refused_and_the_guest_runs_on)
{
    web_runs("");
    lack_begins(_i);
    client_saves("web", "/tmp/a");
    assert_answer(ERR_SYSTEM, "No space");
    ck_assert_int_eq(world_task.operation, 0);
    ck_assert_str_eq(world_events, "");
}
END_TEST

/* The restart of "web" waits: its time is over now. */
START_TEST(a_restart_that_cannot_begin_is_tried_again_later_each_time)
{
    web_runs("");
    lack_begins(_i);
    world_domain_shuts_down(1, HOST_SHUTDOWN_REBOOT);
    restart_is_due(1000000);
    restart_is_due(2000000);
    lack_ends();
    restart_is_due(4000000);
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    lack_begins(_i);
    world_worker_succeeds();
    restart_is_due(8000000);
    lack_ends();
    restart_is_due(16000000);
    ck_assert_int_eq(world_task.operation, WORKER_CREATE);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "REBOOT web 1 0;STOPPED web -1 0;STARTED web 2 0;");
}
END_TEST

START_TEST(a_guest_between_the_halves_of_a_restart_is_known_to_the_next_daemon_also_without_room)
{
    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_REBOOT);
    lack_begins(_i);
    world_worker_succeeds();
    daemon_is_replaced(false);
    lack_ends();
    a_task_comes();
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    ck_assert(world_task.flags & WORKER_UNDO);
    world_worker_succeeds();
    ck_assert_int_eq(world_task.operation, WORKER_CREATE);
    world_worker_succeeds();
    ck_assert_ptr_nonnull(domains_by_name(daemon_->domains, "web"));
}
END_TEST

START_TEST(a_restart_that_waits_to_be_tried_again_can_be_aborted)
{
    web_runs("");
    lack_begins(1);
    world_domain_shuts_down(1, HOST_SHUTDOWN_REBOOT);
    lack_ends();
    client_destroys("web");
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "REBOOT web 1 0;STOPPED web -1 1;");
}
END_TEST

START_TEST(what_a_dead_worker_left_is_repaired_without_a_record_of_its_own)
{
    web_runs("");
    client_saves("web", "/tmp/a");
    world_no_records = true;
    world_worker_dies();
    ck_assert_int_eq(world_task.operation, WORKER_SAVE);
    ck_assert(world_task.flags & WORKER_UNDO);
    /* The dead worker's is there still. */
    daemon_is_replaced(false);
    ck_assert(world_task.flags & WORKER_UNDO);
    world_worker_fails(ERR_OPERATION_ABORTED, "the domain runs on");
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
}
END_TEST

START_TEST(a_repair_that_cannot_begin_is_tried_again)
{
    web_runs("");
    client_saves("web", "/tmp/a");
    world_no_workers = true;
    world_worker_dies();
    ck_assert_int_eq(world_answers, 0);
    world_no_workers = false;
    a_task_comes();
    ck_assert(world_task.flags & WORKER_UNDO);
    world_worker_fails(ERR_OPERATION_ABORTED, "the domain runs on");
    assert_answer(ERR_INTERNAL, "the domain runs on");
}
END_TEST

START_TEST(a_guest_that_powers_off_goes_when_it_can)
{
    web_runs("");
    world_no_workers = true;
    world_domain_shuts_down(1, HOST_SHUTDOWN_POWEROFF);
    world_no_workers = false;
    a_task_comes();
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STOPPED web -1 0;");
}
END_TEST

START_TEST(a_destroy_that_a_client_waits_for_is_answered_where_there_is_no_process_for_it)
{
    web_runs("");
    world_no_workers = true;
    client_destroys("web");
    assert_answer(ERR_SYSTEM, "No space");
    world_no_workers = false;
}
END_TEST

START_TEST(a_destroy_does_not_wait_for_a_repair_that_cannot_begin)
{
    web_runs("");
    client_saves("web", "/tmp/a");
    world_no_workers = true;
    world_worker_dies();
    client_destroys("web");
    world_no_workers = false;
    a_task_comes();
    world_worker_fails(ERR_OPERATION_ABORTED, "undone");
    world_worker_succeeds();
    assert_answer(ERR_NONE, "");
}
END_TEST

START_TEST(where_neither_a_repair_nor_its_destroy_can_begin_the_next_daemon_repairs)
{
    web_runs("");
    client_saves("web", "/tmp/a");
    world_no_workers = true;
    world_worker_dies();
    client_destroys("web");
    for (int n = 0; n < 1000 && world_answers < 2; n++) {
        usleep(10000);
        world_turn();
    }
    assert_answer(ERR_SYSTEM, "No space");
    world_no_workers = false;
    daemon_is_replaced(false);
    ck_assert_int_eq(world_task.operation, WORKER_SAVE);
    ck_assert(world_task.flags & WORKER_UNDO);
    world_worker_fails(ERR_OPERATION_ABORTED, "the domain runs on");
}
END_TEST

START_TEST(a_restore_whose_domain_cannot_be_recorded_is_refused)
{
    client_restores("/tmp/web.save");
    world_no_records = true;
    world_worker_identifies(world_xml("web", 'a', ""));
    ck_assert(world_refused && !world_proceeds);
    assert_answer(ERR_SYSTEM, "No space");
    world_worker_fails(ERR_SYSTEM, "refused");
    ck_assert_uint_eq(domains_count(daemon_->domains), 1);
}
END_TEST

START_TEST(xml_that_is_too_large_or_broken_is_refused)
{
    daemon_->config->max_xml = 100;
    client_creates(world_xml("web", 'w', ""), 0);
    assert_answer(ERR_INVALID_ARG, "bytes");
    daemon_->config->max_xml = 100000;
    client_creates("<domain", 0);
    ck_assert_int_eq(world_answer.code, ERR_XML);
    client_creates(world_xml("web", 'w', "<on_crash>rename-restart</on_crash>"), 0);
    assert_answer(ERR_CONFIG_UNSUPPORTED, "<on_crash>: rename-restart is not supported");
    ck_assert_uint_eq(domains_count(daemon_->domains), 1);
}
END_TEST

/*----- xl.cfg -----*/

static const char *
converted(int procedure, const char *format, const char *text)
{
    /* The arguments of both have the same form. */
    remote_connect_domain_xml_from_native_args args = {.nativeFormat = (char *)(uintptr_t)format,
                                                       .nativeConfig = (char *)(uintptr_t)text};

    world_call(procedure, &args);
    world_turn();
    return world_text;
}

static const char xl_cfg[] = "name = 'web'\nmemory = 128\nkernel = '/k'\n"
                             "vfb = [ 'vnc=1,vncpasswd=S3CRET' ]\ncolour = 'red'\n";

START_TEST(an_xl_cfg_becomes_xml_with_its_secrets_and_what_is_ignored)
{
    const char *xml = converted(CONNECT_DOMAIN_XML_FROM_NATIVE, "xen-xl", xl_cfg);

    ck_assert_int_eq(world_answer.code, ERR_NONE);
    ck_assert_ptr_nonnull(strstr(xml, "<name>web</name>"));
    ck_assert_ptr_nonnull(strstr(xml, "passwd='S3CRET'"));
    ck_assert_ptr_nonnull(strstr(xml, "<!-- xl.cfg: colour is not known -->"));
}
END_TEST

START_TEST(the_xml_of_an_xl_cfg_makes_a_guest_that_has_messages_of_what_is_ignored)
{
    cleanup_free char *xml = xstrdup(converted(CONNECT_DOMAIN_XML_FROM_NATIVE, "xen-xl", xl_cfg));

    client_creates(xml, 0);
    world_worker_succeeds();
    ck_assert_str_eq(messages_of("web", 0), "ignored: xl.cfg: colour is not known\n");
}
END_TEST

START_TEST(xml_becomes_an_xl_cfg)
{
    const char *cfg = converted(CONNECT_DOMAIN_XML_TO_NATIVE, "xen-xl",
                                world_xml("web", 'w', "<on_crash>preserve</on_crash><blub/>"));

    ck_assert_int_eq(world_answer.code, ERR_NONE);
    ck_assert_ptr_nonnull(strstr(cfg, "name = \"web\"\n"));
    ck_assert_ptr_nonnull(strstr(cfg, "on_crash = \"preserve\"\n"));
    ck_assert_ptr_nonnull(strstr(cfg, "# ignored: " BLUB_IS_IGNORED "\n"));
}
END_TEST

static const struct {
    int           procedure;
    const char   *format, *text;
    enum err_code code;
    const char   *message;
} bad_conversions[] = {
    {CONNECT_DOMAIN_XML_FROM_NATIVE, "xen-xm", "", ERR_INVALID_ARG,
     "unsupported config type xen-xm, only xen-xl"},
    {CONNECT_DOMAIN_XML_FROM_NATIVE, "xen-sxpr", "(domain)", ERR_INVALID_ARG,
     "unsupported config type xen-sxpr, only xen-xl"},
    {CONNECT_DOMAIN_XML_TO_NATIVE, "qemu-argv", "<domain/>", ERR_INVALID_ARG,
     "unsupported config type qemu-argv, only xen-xl"},
    {CONNECT_DOMAIN_XML_FROM_NATIVE, "xen-xl", "name = 'a'\nmemory = 4\nirqs = [ 5 ]\n",
     ERR_CONFIG_UNSUPPORTED, "line 3: irqs: is not supported"},
    {CONNECT_DOMAIN_XML_FROM_NATIVE, "xen-xl", "import os\n", ERR_XML,
     "line 1: 'import': a line is key = value"},
    {CONNECT_DOMAIN_XML_TO_NATIVE, "xen-xl", "<domain type='kvm'/>", ERR_CONFIG_UNSUPPORTED,
     "line 1: <domain>: type must be 'xen'"},
    {CONNECT_DOMAIN_XML_TO_NATIVE, "xen-xl", "name = 'a'\n", ERR_XML, "line 1"},
};

START_TEST(what_cannot_be_converted_is_named)
{
    converted(bad_conversions[_i].procedure, bad_conversions[_i].format, bad_conversions[_i].text);
    assert_answer(bad_conversions[_i].code, bad_conversions[_i].message);
    ck_assert_int_eq(world_answers, 1);
}
END_TEST

START_TEST(a_text_that_is_longer_than_max_xml_is_not_converted)
{
    daemon_->config->max_xml = 20;
    converted(_i ? CONNECT_DOMAIN_XML_FROM_NATIVE : CONNECT_DOMAIN_XML_TO_NATIVE, "xen-xl",
              "name = 'a'\nmemory = 4\n");
    assert_answer(ERR_INVALID_ARG, "the text has 22 bytes, 20 are allowed");
}
END_TEST

/*----- save and restore -----*/

START_TEST(a_save_ends_with_stopped_saved_and_the_domain_gone)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    ck_assert_int_eq(world_task.operation, WORKER_SAVE);
    ck_assert_int_eq(world_task.domid, 1);
    ck_assert_ptr_nonnull(strstr(world_task.xml, "<name>web</name>"));
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STOPPED web -1 4;");
    ck_assert_int_eq(world_answer.code, ERR_NONE);
    ck_assert_uint_eq(domains_count(daemon_->domains), 1);
}
END_TEST

/* What is live in it is of no use to a restore, and may be more than a restore reads. */
START_TEST(an_image_gets_the_definition_and_not_what_is_live_in_it)
{
    web_runs("<devices><graphics type='vnc' passwd='secret'/></devices>");
    client_saves("web", "/tmp/web.save");
    ck_assert_ptr_null(strstr(world_task.xml, " id='1'"));
    ck_assert_ptr_nonnull(strstr(world_task.xml, "secret"));
    world_worker_succeeds();
}
END_TEST

START_TEST(a_failed_save_leaves_the_domain_running)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    world_worker_fails(ERR_OPERATION_FAILED, "disk full");
    assert_answer(ERR_OPERATION_FAILED, "disk full");
    ck_assert_str_eq(world_events, "");
    ck_assert_int_eq(domains_by_name(daemon_->domains, "web")->run.domid, 1);
}
END_TEST

START_TEST(a_relative_path_is_refused)
{
    web_runs("");
    client_saves("web", "web.save");
    assert_answer(ERR_INVALID_ARG, "'web.save' is not an absolute path");
}
END_TEST

START_TEST(a_second_save_waits_for_the_first_and_finds_no_domain)
{
    web_runs("");
    client_saves("web", "/tmp/a.save");
    client_saves("web", "/tmp/b.save");
    ck_assert_str_eq(world_task.path, "/tmp/a.save");
    world_worker_succeeds();
    ck_assert_int_eq(world_answers, 2);
    assert_answer(ERR_OPERATION_INVALID, "is not running");
}
END_TEST

START_TEST(a_restore_makes_the_domain_that_the_image_names)
{
    client_restores("/tmp/web.save");
    ck_assert_int_eq(world_task.operation, WORKER_RESTORE);
    world_worker_identifies(world_xml("web", 'a', ""));
    ck_assert(world_proceeds);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STARTED web 1 2;");
    ck_assert_int_eq(world_answer.code, ERR_NONE);
}
END_TEST

START_TEST(a_restore_of_a_guest_that_runs_is_refused)
{
    web_runs("");
    client_restores("/tmp/web.save");
    world_worker_identifies(world_xml("web", 'w', ""));
    ck_assert(world_refused);
    assert_answer(ERR_OPERATION_FAILED, "'web' already exists");
    world_worker_fails(ERR_OPERATION_FAILED, "refused");
    ck_assert_uint_eq(domains_count(daemon_->domains), 2);
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
}
END_TEST

/*----- jobs -----*/

START_TEST(an_abort_reaches_the_worker_of_the_job_that_runs)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    client_aborts("web");
    ck_assert(world_aborted);
    assert_answer(ERR_NONE, "");
    world_worker_fails(ERR_OPERATION_ABORTED, "aborted");
    assert_answer(ERR_OPERATION_ABORTED, "aborted");
    client_aborts("web");
    assert_answer(ERR_OPERATION_INVALID, "no job is active");
}
END_TEST

START_TEST(a_destroy_aborts_the_job_that_holds_the_domain_and_ends_those_that_wait)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    client_pauses("web");
    client_destroys("web");
    ck_assert(world_aborted);
    ck_assert_int_eq(world_answers, 1); /* the pause */
    assert_answer(ERR_OPERATION_ABORTED, "is being destroyed");
    world_worker_fails(ERR_OPERATION_ABORTED, "aborted");
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    ck_assert_int_eq(world_answers, 3);
    ck_assert_str_eq(world_events, "STOPPED web -1 1;");
}
END_TEST

START_TEST(a_destroy_of_a_domain_that_is_being_made_ends_both)
{
    client_creates(world_xml("web", 'w', ""), 0);
    client_destroys("web");
    ck_assert(world_aborted);
    world_worker_fails(ERR_OPERATION_ABORTED, "aborted");
    ck_assert_int_eq(world_answers, 2);
    assert_answer(ERR_NONE, "");
    ck_assert_uint_eq(domains_count(daemon_->domains), 1);
}
END_TEST

/*----- a destroy beside what hangs -----*/

static struct job *
job_of_web(void)
{
    return job_of_domain(domains_by_name(daemon_->domains, "web"));
}

/* What it waits for at most is over. */
static void
grace_is_over(void)
{
    ck_assert(loop_timer_is_active(&job_of_web()->limit));
    loop_timer_start(&job_of_web()->limit, 0);
    world_turn();
}

static void
worker_is_silent(void)
{
    struct job *job = job_of_web();

    ck_assert(loop_timer_is_active(&job_task(job)->silence));
    loop_timer_start(&job_task(job)->silence, 0);
    world_turn();
}

START_TEST(destroys_join_the_first_and_are_answered_as_it_is)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    client_destroys("web");
    client_destroys("web");
    ck_assert_int_eq(world_answers, 0);
    world_worker_fails(ERR_OPERATION_ABORTED, "aborted");
    ck_assert_int_eq(world_answers, 1); /* the save */
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    client_destroys("web");
    world_worker_fails(ERR_INTERNAL, "libxl says no");
    ck_assert_int_eq(world_answers, 4);
    assert_answer(ERR_INTERNAL, "libxl says no");
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
    ck_assert_int_eq(world_task.operation, 0);
    client_destroys("web");
    client_destroys("web");
    world_worker_succeeds();
    ck_assert_int_eq(world_answers, 6);
    assert_answer(ERR_NONE, "");
    ck_assert_str_eq(world_events, "STOPPED web -1 1;");
}
END_TEST

START_TEST(a_destroy_that_waits_and_is_aborted_takes_no_other_with_it)
{
    struct err err;

    web_runs("");
    client_saves("web", "/tmp/web.save");
    client_destroys("web");
    client_destroys("web");
    ck_assert_int_eq(job_abort(TAILQ_NEXT(job_of_web(), in_domain), &err), 0);
    ck_assert_int_eq(world_answers, 1);
    assert_answer(ERR_OPERATION_ABORTED, "before it began");
    world_worker_fails(ERR_OPERATION_ABORTED, "aborted");
    world_worker_succeeds();
    ck_assert_int_eq(world_answers, 3);
    assert_answer(ERR_NONE, "");
}
END_TEST

START_TEST(a_destroy_begins_no_grace_anew)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    client_aborts("web");
    loop_timer_start(&job_of_web()->limit, 20000);
    client_destroys("web");
    client_destroys("web");
    usleep(25000);
    world_turn();
    ck_assert(world_killed);
}
END_TEST

START_TEST(an_abort_that_is_not_heeded_kills_the_worker)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    client_aborts("web");
    assert_answer(ERR_NONE, "");
    ck_assert(!world_killed);
    grace_is_over();
    ck_assert(world_killed);
    world_worker_dies();
    ck_assert_int_eq(world_task.operation, WORKER_SAVE);
    ck_assert_uint_eq(world_task.flags, WORKER_UNDO | WORKER_SOON);
}
END_TEST

START_TEST(a_destroy_does_not_wait_for_what_a_dead_save_left)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    client_destroys("web");
    grace_is_over();
    world_worker_dies();
    ck_assert_int_eq(world_answers, 1);
    assert_answer(ERR_OPERATION_ABORTED, "is being destroyed");
    ck_assert_str_eq(world_cleans, "/tmp/web.save");
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    ck_assert_int_eq(world_answers, 2);
    assert_answer(ERR_NONE, "");
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
    world_cleaner_ends();
}
END_TEST

START_TEST(a_clean_up_is_begun_again_by_the_next_daemon)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    client_destroys("web");
    world_worker_dies();
    world_worker_succeeds();
    daemon_is_replaced(false);
    ck_assert_str_eq(world_cleans, "/tmp/web.save");
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
    ck_assert_int_eq(world_task.operation, 0);
    world_cleaner_ends();
}
END_TEST

/* _i: it runs on, and so an image of it is to go; else it may be all that is left of it. */
START_TEST(a_guest_runs_on_where_the_files_of_its_save_do_not_answer)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    client_aborts("web");
    world_worker_dies();
    worker_is_silent();
    ck_assert(world_killed);
    world_worker_dies();
    ck_assert_int_eq(world_task.operation, WORKER_SAVE);
    ck_assert_uint_eq(world_task.flags, WORKER_UNDO | WORKER_SOON | WORKER_GUEST_ONLY);
    ck_assert_str_eq(world_cleans, "");
    if (_i)
        world_worker_leaves_domain("the domain runs on");
    else
        world_worker_fails(ERR_OPERATION_ABORTED, "the domain has gone");
    assert_answer(ERR_INTERNAL, _i ? "the domain runs on" : "the domain has gone");
    ck_assert_str_eq(world_cleans, "/tmp/web.save");
    ck_assert_uint_eq(world_cleans_flags,
                      WORKER_UNDO | WORKER_FILES_ONLY | (_i ? WORKER_GUEST_RUNS : 0));
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
    world_cleans_flags = 0;
    daemon_is_replaced(false);
    ck_assert_uint_eq(world_cleans_flags,
                      WORKER_UNDO | WORKER_FILES_ONLY | (_i ? WORKER_GUEST_RUNS : 0));
    world_cleaner_ends();
}
END_TEST

START_TEST(nothing_is_saved_to_where_an_image_is_being_removed)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    client_aborts("web");
    world_worker_dies();
    worker_is_silent();
    world_worker_dies();
    world_worker_leaves_domain("the domain runs on");
    world_answers = 0;
    client_saves("web", "/tmp/web.save");
    assert_answer(ERR_OPERATION_FAILED, "is being removed");
    world_cleaner_ends();
    client_saves("web", "/tmp/web.save");
    ck_assert_int_eq(world_task.operation, WORKER_SAVE);
    world_worker_succeeds();
}
END_TEST

START_TEST(a_repair_that_says_that_it_lives_has_its_time)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    client_aborts("web");
    world_worker_dies();
    loop_timer_start(&job_task(job_of_web())->silence, 10000);
    world_worker_progress(0, 0);
    usleep(15000);
    world_turn();
    ck_assert(!world_killed);
}
END_TEST

START_TEST(an_abort_of_what_is_being_repaired_has_its_grace)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    world_worker_dies();
    ck_assert(!loop_timer_is_active(&job_task(job_of_web())->silence));
    client_aborts("web");
    ck_assert(loop_timer_is_active(&job_task(job_of_web())->silence));
    grace_is_over();
    ck_assert(world_killed);
}
END_TEST

START_TEST(a_destroy_whose_worker_says_nothing_is_done_by_another)
{
    web_runs("");
    client_destroys("web");
    worker_is_silent();
    ck_assert(world_killed);
    world_worker_dies();
    ck_assert_int_eq(world_answers, 0);
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    for (int n = 0; n < 10; n++) { /* xenstored may be away for long */
        worker_is_silent();
        world_worker_dies();
        ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    }
    ck_assert_uint_eq(job_task(job_of_web())->patience_usec, 32000000);
    world_worker_succeeds();
    assert_answer(ERR_NONE, "");
    ck_assert_str_eq(world_events, "STOPPED web -1 1;");
}
END_TEST

START_TEST(a_destroy_whose_workers_die_by_themselves_ends)
{
    web_runs("");
    client_destroys("web");
    for (int n = 0; n < 6; n++) { /* one, and five that repair */
        ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
        world_worker_dies();
    }
    assert_answer(ERR_INTERNAL, "all 5 workers that were to clean up after it died too");
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
}
END_TEST

START_TEST(a_save_that_has_committed_is_killed_only_where_it_says_nothing)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    world_worker_commits();
    client_destroys("web");
    grace_is_over();
    ck_assert(!world_killed);
    worker_is_silent();
    ck_assert(world_killed);
    world_worker_dies();
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    assert_answer(ERR_NONE, "");
    world_cleaner_ends();
}
END_TEST

START_TEST(what_destroys_is_not_killed_when_the_grace_is_over)
{
    client_creates(world_xml("web", 'w', ""), 0);
    world_worker_dies();
    client_destroys("web");
    grace_is_over();
    ck_assert(!world_killed);
    worker_is_silent();
    ck_assert(world_killed);
    world_worker_dies();
    ck_assert_int_eq(world_task.operation, WORKER_CREATE);
    world_worker_fails(ERR_OPERATION_ABORTED, "the half-built domain was destroyed");
    ck_assert_int_eq(world_answers, 2);
    assert_answer(ERR_NONE, "");
}
END_TEST

START_TEST(a_domain_has_no_more_jobs_waiting_than_the_configuration_says)
{
    web_runs("");
    daemon_->config->job.max_queued_jobs = 2;
    client_saves("web", "/tmp/1");
    client_saves("web", "/tmp/2");
    client_saves("web", "/tmp/3");
    ck_assert_int_eq(world_answers, 0);
    client_saves("web", "/tmp/4");
    assert_answer(ERR_RESOURCE_BUSY, "2 jobs waiting");
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 3);
}
END_TEST

START_TEST(above_max_jobs_a_guest_can_only_be_destroyed)
{
    web_runs("");
    daemon_->config->job.max_jobs = 2;
    client_saves("web", "/tmp/1");
    client_saves("web", "/tmp/2");
    client_creates(world_xml("other", 'o', ""), 0);
    assert_answer(ERR_RESOURCE_BUSY, "there are 2 jobs already");
    ck_assert_ptr_null(domains_by_name(daemon_->domains, "other"));
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 2);
    client_saves("web", "/tmp/3");
    assert_answer(ERR_RESOURCE_BUSY, "there are 2 jobs already");
    ck_assert_ptr_nonnull(domains_by_name(daemon_->domains, "web"));
    client_destroys("web");
    world_worker_fails(ERR_OPERATION_ABORTED, "aborted");
    ck_assert_str_eq(jobs_first(daemon_->jobs)->operation->name, "destroy");
}
END_TEST

START_TEST(progress_is_told_in_bytes_and_as_bounded)
{
    struct job_stats stats;

    web_runs("");
    client_saves("web", "/tmp/web.save");
    world_worker_progress(1000, 4000);
    job_get_stats(job_of_domain(domains_by_name(daemon_->domains, "web")), &stats);
    ck_assert_uint_eq(stats.processed, 1000);
    ck_assert_uint_eq(stats.total, 4000);
    ck_assert_str_eq(stats.operation->name, "save");
}
END_TEST

START_TEST(who_waits_for_a_job_hears_how_it_ended_also_afterwards)
{
    uint64_t id;

    web_runs("");
    client_saves("web", "/tmp/web.save");
    id = jobs_first(daemon_->jobs)->id;
    client_waits(id, world_request());
    ck_assert_int_eq(world_answers, 0);
    world_worker_succeeds();
    ck_assert_int_eq(world_answers, 2);
    client_waits(id, world_request());
    ck_assert_int_eq(world_answers, 3);
    client_waits(id + 1, world_request());
    assert_answer(ERR_INVALID_ARG, "no job");
}
END_TEST

START_TEST(who_waits_for_a_job_and_goes_leaves_nothing)
{
    struct request *waits;

    web_runs("");
    client_saves("web", "/tmp/web.save");
    waits = world_request();
    client_waits(jobs_first(daemon_->jobs)->id, waits);
    world_client_goes(waits);
    world_worker_succeeds();
    ck_assert_int_eq(world_answers, 1);
}
END_TEST

/*----- the end of a guest -----*/

START_TEST(a_guest_that_powers_off_is_destroyed_and_stopped_says_shutdown)
{
    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_POWEROFF);
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STOPPED web -1 0;");
}
END_TEST

START_TEST(a_guest_that_reboots_is_stopped_before_it_is_started)
{
    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_REBOOT);
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    ck_assert_int_eq(world_task.operation, WORKER_CREATE);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "REBOOT web 1 0;STOPPED web -1 0;STARTED web 2 0;");
    ck_assert_int_eq(domains_by_name(daemon_->domains, "web")->run.domid, 2);
}
END_TEST

START_TEST(a_guest_that_cannot_be_restarted_is_gone)
{
    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_REBOOT);
    world_worker_succeeds();
    world_worker_fails(ERR_INTERNAL, "no memory");
    ck_assert_str_eq(world_events, "REBOOT web 1 0;STOPPED web -1 0;");
    ck_assert_ptr_null(domains_by_name(daemon_->domains, "web"));
}
END_TEST

START_TEST(a_guest_that_crashes_has_its_on_crash_obeyed)
{
    web_runs("<on_crash>restart</on_crash>");
    world_domain_shuts_down(1, HOST_SHUTDOWN_CRASH);
    world_worker_succeeds();
    ck_assert_int_eq(world_task.operation, WORKER_CREATE);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STOPPED web -1 2;STARTED web 2 0;");
}
END_TEST

START_TEST(a_crashed_guest_that_is_preserved_stays_and_is_told_once)
{
    web_runs("<on_crash>preserve</on_crash>");
    world_domain_shuts_down(1, HOST_SHUTDOWN_CRASH);
    world_changed();
    ck_assert_int_eq(world_task.operation, 0);
    ck_assert_str_eq(world_events, "CRASHED web 1 0;");
    ck_assert_int_eq(domains_by_name(daemon_->domains, "web")->run.domid, 1);
}
END_TEST

START_TEST(a_core_is_dumped_before_the_crashed_guest_goes)
{
    web_runs("<on_crash>coredump-destroy</on_crash>");
    world_domain_shuts_down(1, HOST_SHUTDOWN_CRASH);
    ck_assert_int_eq(world_task.operation, WORKER_DUMP);
    ck_assert_ptr_nonnull(strstr(world_task.path, "/web-"));
    world_worker_succeeds();
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STOPPED web -1 2;");
}
END_TEST

START_TEST(a_core_of_a_guest_with_a_long_name_has_a_name_that_a_file_may_have)
{
    char        name[256] = "";
    const char *base;

    /* 255 bytes: an 'x' and letters of two bytes; a cut within one is no text. */
    strcpy(name, "x");
    while (strlen(name) < DOMAIN_NAME_MAX)
        strcat(name, "\u00e9");
    client_creates(world_xml(name, 'w', "<on_crash>coredump-destroy</on_crash>"), 0);
    world_worker_succeeds();
    world_domain_shuts_down(1, HOST_SHUTDOWN_CRASH);
    ck_assert_int_eq(world_task.operation, WORKER_DUMP);
    base = strrchr(world_task.path, '/') + 1;
    ck_assert_uint_le(strlen(base), 255);
    ck_assert_ptr_nonnull(strstr(base, "77777777-7777-7777-7777-777777777777-2")); /* its UUID */
    ck_assert_ptr_nonnull(strstr(base, "\u00e9~"));
    world_worker_succeeds();
    world_worker_succeeds();
}
END_TEST

START_TEST(a_name_that_no_file_may_have_is_not_a_core_s)
{
    world_domain(5, 'w', "ours");
    world_keep_xml(5, world_xml("ours", 'w', "<on_crash>coredump-destroy</on_crash>"));
    world_changed();
    world_renamed(5, "a/b");
    world_domain_shuts_down(5, HOST_SHUTDOWN_CRASH);
    ck_assert_ptr_nonnull(strstr(world_task.path, "/a_b~77777777-"));
    world_worker_succeeds();
    world_worker_succeeds();
}
END_TEST

static char logged[ERR_MESSAGE_SIZE];

static void
log_keeps_ends(enum log_level level, const struct log_about *about, const char *message)
{
    (void)level, (void)about;
    if (strstr(message, "done in"))
        snprintf(logged, sizeof logged, "%s", message);
}

START_TEST(that_a_core_could_not_be_written_is_said_with_what_follows_once)
{
    web_runs("<on_crash>coredump-restart</on_crash>");
    log_set_sink(log_keeps_ends);
    world_domain_shuts_down(1, HOST_SHUTDOWN_CRASH);
    world_worker_fails(ERR_SYSTEM, "disk full");
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    world_worker_succeeds();
    ck_assert_ptr_nonnull(strstr(logged, "restart done in"));
    ck_assert_ptr_nonnull(strstr(logged, "; its core could not be written: disk full"));
    client_pauses("web");
    ck_assert_ptr_nonnull(strstr(logged, "pause done in"));
    ck_assert_ptr_null(strstr(logged, "core"));
    log_set_sink(NULL);
}
END_TEST

/*----- soft reset -----*/

START_TEST(a_guest_that_asks_for_a_soft_reset_goes_on_and_what_it_does_next_is_seen)
{
    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_SOFT_RESET);
    ck_assert_int_eq(world_task.operation, WORKER_SOFT_RESET);
    ck_assert_int_eq(world_task.domid, 1);
    world_changed(); /* xenstore has forgotten it meanwhile */
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "");
    ck_assert_int_eq(domains_by_name(daemon_->domains, "web")->run.domid, 1);
    world_domain_shuts_down(1, HOST_SHUTDOWN_POWEROFF);
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STOPPED web -1 0;");
}
END_TEST

START_TEST(what_stops_a_guest_just_after_its_soft_reset_is_seen)
{
    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_SOFT_RESET);
    world_resets_to(HOST_SHUTDOWN_POWEROFF);
    world_worker_succeeds();
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STOPPED web -1 0;");
}
END_TEST

START_TEST(a_guest_whose_soft_reset_fails_is_said_to_have_failed)
{
    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_SOFT_RESET);
    world_domain_goes(1);
    world_worker_fails(ERR_OPERATION_FAILED, "no device model");
    ck_assert_str_eq(world_events, "STOPPED web -1 5;");
    ck_assert_ptr_null(domains_by_name(daemon_->domains, "web"));
}
END_TEST

START_TEST(a_soft_reset_that_lost_its_worker_is_repaired)
{
    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_SOFT_RESET);
    world_worker_dies();
    ck_assert_int_eq(world_task.operation, WORKER_SOFT_RESET);
    ck_assert(world_task.flags & WORKER_UNDO);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "");
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
}
END_TEST

/* _i: whether its worker lives. */
START_TEST(a_soft_reset_goes_on_under_the_next_daemon)
{
    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_SOFT_RESET);
    daemon_is_replaced(_i);
    ck_assert_int_eq(world_task.operation, WORKER_SOFT_RESET);
    ck_assert_int_eq(world_task.flags, _i ? 0 : WORKER_UNDO);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "");
    world_domain_shuts_down(1, HOST_SHUTDOWN_CRASH);
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STOPPED web -1 2;");
}
END_TEST

START_TEST(destroy_goes_before_a_soft_reset)
{
    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_SOFT_RESET);
    client_destroys("web");
    ck_assert(world_aborted);
    if (_i) /* the aborted worker has destroyed it already */
        world_domain_goes(1);
    world_worker_fails(ERR_OPERATION_ABORTED, "aborted");
    if (!_i)
        world_worker_succeeds();
    ck_assert_str_eq(world_events, "STOPPED web -1 1;");
    ck_assert_ptr_null(domains_by_name(daemon_->domains, "web"));
}
END_TEST

/* The soft reset of "web" waits: its time is over now. */
static void
soft_reset_is_due(uint64_t usec)
{
    struct domain        *dom = domains_by_name(daemon_->domains, "web");
    struct op_soft_reset *reset = container_of(job_of_domain(dom), struct op_soft_reset, job);

    ck_assert(loop_timer_is_active(&reset->delay));
    ck_assert_uint_eq(domain_jobs(dom)->restart_delay_usec, usec);
    loop_timer_start(&reset->delay, 0);
    world_turn();
}

START_TEST(a_soft_reset_that_cannot_begin_is_tried_again)
{
    web_runs("");
    lack_begins(_i);
    world_domain_shuts_down(1, HOST_SHUTDOWN_SOFT_RESET);
    soft_reset_is_due(1000000);
    lack_ends();
    soft_reset_is_due(2000000);
    ck_assert_int_eq(world_task.operation, WORKER_SOFT_RESET);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "");
}
END_TEST

START_TEST(a_guest_that_is_reset_at_once_again_waits)
{
    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_SOFT_RESET);
    world_worker_succeeds();
    world_domain_shuts_down(1, HOST_SHUTDOWN_SOFT_RESET);
    ck_assert_int_eq(world_task.operation, 0);
    soft_reset_is_due(1000000);
    world_worker_succeeds();
    world_domain_shuts_down(1, HOST_SHUTDOWN_SOFT_RESET);
    client_destroys("web"); /* ... and can be destroyed meanwhile */
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STOPPED web -1 1;");
}
END_TEST

START_TEST(a_guest_of_xl_is_reset_by_xl_and_what_it_does_next_is_seen)
{
    world_domain(5, 'x', "theirs");
    world_changed();
    world_domain_shuts_down(5, HOST_SHUTDOWN_SOFT_RESET);
    ck_assert_int_eq(world_task.operation, 0);
    world_find(5)->shutdown = false;
    world_changed();
    world_domain_shuts_down(5, HOST_SHUTDOWN_REBOOT);
    world_domain_goes(5);
    world_changed();
    ck_assert_str_eq(world_events, "STARTED theirs 5 0;REBOOT theirs 5 0;STOPPED theirs -1 0;");
}
END_TEST

START_TEST(a_guest_of_xl_that_shuts_down_is_left_to_xl)
{
    world_domain(5, 'x', "theirs");
    world_changed();
    world_domain_shuts_down(5, HOST_SHUTDOWN_REBOOT);
    ck_assert_int_eq(world_task.operation, 0);
    world_domain_goes(5);
    world_domain(6, 'x', "theirs");
    world_changed();
    ck_assert_str_eq(
        world_events,
        "STARTED theirs 5 0;REBOOT theirs 5 0;STOPPED theirs -1 0;STARTED theirs 6 0;");
}
END_TEST

START_TEST(a_guest_that_dom0d_started_in_an_earlier_life_is_its_own)
{
    world_domain(5, 'x', "ours");
    world_keep_xml(5, world_xml("ours", 'x', ""));
    world_changed();
    world_domain_shuts_down(5, HOST_SHUTDOWN_REBOOT);
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    ck_assert_int_eq(world_task.operation, WORKER_CREATE);
    world_worker_succeeds();
}
END_TEST

START_TEST(a_guest_that_suspends_for_its_save_is_not_taken_for_one_that_ends)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    world_domain_shuts_down(1, HOST_SHUTDOWN_SUSPEND);
    ck_assert_int_eq(world_task.operation, WORKER_SAVE);
    world_find(1)->shutdown = false; /* the worker resumes it */
    world_worker_fails(ERR_OPERATION_ABORTED, "aborted");
    ck_assert_str_eq(world_events, "");
    world_domain_shuts_down(1, HOST_SHUTDOWN_POWEROFF);
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
}
END_TEST

START_TEST(a_guest_that_powers_off_while_a_job_holds_it_is_seen_to_when_that_ends)
{
    web_runs("");
    client_saves("web", "/tmp/web.save");
    world_domain_shuts_down(1, HOST_SHUTDOWN_POWEROFF);
    ck_assert_int_eq(world_task.operation, WORKER_SAVE);
    world_worker_fails(ERR_OPERATION_FAILED, "it powered off");
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STOPPED web -1 0;");
}
END_TEST

START_TEST(a_guest_that_restarts_at_once_again_waits)
{
    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_REBOOT);
    world_worker_succeeds();
    world_worker_succeeds();
    world_domain_shuts_down(2, HOST_SHUTDOWN_REBOOT);
    ck_assert_int_eq(world_task.operation, 0);
    client_destroys("web"); /* ... and can be destroyed meanwhile */
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    ck_assert_ptr_null(domains_by_name(daemon_->domains, "web"));
}
END_TEST

/* The guest reboots, and its wait is over at once.  How long it would have been. */
static uint64_t
guest_reboots(void)
{
    struct domain     *dom = domains_by_name(daemon_->domains, "web");
    struct op_restart *restart;

    world_domain_shuts_down((uint32_t)dom->run.domid, HOST_SHUTDOWN_REBOOT);
    restart = container_of(job_of_domain(dom), struct op_restart, job);
    if (loop_timer_is_active(&restart->delay))
        loop_timer_start(&restart->delay, 0);
    world_turn();
    world_worker_succeeds();
    world_worker_succeeds();
    return domain_jobs(dom)->restart_delay_usec;
}

START_TEST(a_guest_that_restarts_again_and_again_waits_longer_each_time_up_to_a_minute)
{
    static const unsigned seconds[] = {0, 1, 2, 4, 8, 16, 32, 60, 60, 60};

    web_runs("");
    for (size_t n = 0; n < array_size(seconds); n++)
        ck_assert_uint_eq(guest_reboots(), seconds[n] * 1000000ull);
    domain_jobs(domains_by_name(daemon_->domains, "web"))->restarted_usec -= 64000000;
    ck_assert_uint_eq(guest_reboots(), 60000000);
    domain_jobs(domains_by_name(daemon_->domains, "web"))->restarted_usec -= 66000000;
    ck_assert_uint_eq(guest_reboots(), 0);
    ck_assert_uint_eq(guest_reboots(), 1000000);
}
END_TEST

/*----- a device model that ends -----*/

START_TEST(a_device_model_that_has_ended_is_told_once)
{
    web_runs("");
    world_model(1, true, 0);
    world_model(1, false, 0);
    ck_assert_str_eq(world_events, ""); /* the domain may be about to go */
    ck_assert_str_eq(messages_of("web", 0), "");
    world_model(1, false, 6000000);
    world_changed();
    ck_assert_str_eq(world_events, "CONTROL_ERROR web 1 0;");
    ck_assert_str_eq(messages_of("web", 0), "the device model has exited\n");
    ck_assert_int_eq(world_task.operation, 0); /* nothing is done about it */
    ck_assert_int_eq(domains_by_name(daemon_->domains, "web")->run.domid, 1);
}
END_TEST

/* The next daemon hears from the host what the first one did. */
START_TEST(a_device_model_that_has_ended_is_not_told_by_the_next_daemon_again)
{
    web_runs("");
    world_model(1, false, 6000000);
    world_changed();
    ck_assert_str_eq(world_events, "CONTROL_ERROR web 1 0;");
    daemon_is_away();
    daemon_is_back();
    world_model(1, false, 6000000);
    world_changed();
    ck_assert_str_eq(world_events, "CONTROL_ERROR web 1 0;");
    ck_assert_str_eq(messages_of("web", 0), "the device model has exited\n");
    world_model(1, true, 0);
    daemon_is_away();
    daemon_is_back();
    world_model(1, false, 6000000);
    world_changed();
    ck_assert_str_eq(world_events, "CONTROL_ERROR web 1 0;CONTROL_ERROR web 1 0;");
}
END_TEST

START_TEST(a_device_model_that_ended_while_no_daemon_was_there_is_told)
{
    web_runs("");
    daemon_is_away();
    daemon_is_back();
    world_model(1, false, 6000000);
    world_changed();
    ck_assert_str_eq(world_events, "CONTROL_ERROR web 1 0;");
}
END_TEST

/* _i: why it is not. */
START_TEST(a_device_model_that_ends_with_its_domain_is_not_told)
{
    web_runs("");
    if (_i == 0)
        client_saves("web", "/tmp/web.save");
    if (_i == 1)
        world_find(1)->dying = true;
    if (_i == 2)
        world_domain_goes(1);
    world_model(1, false, 6000000);
    ck_assert_ptr_null(strstr(world_events, "CONTROL_ERROR"));
    if (_i == 0)
        world_worker_succeeds();
    ck_assert_ptr_null(strstr(world_events, "CONTROL_ERROR"));
}
END_TEST

START_TEST(another_device_model_is_as_good)
{
    web_runs("");
    world_domain_shuts_down(1, HOST_SHUTDOWN_SOFT_RESET);
    world_model(1, false, 6000000);
    world_model(1, true, 0);
    world_worker_succeeds();
    world_changed();
    ck_assert_str_eq(world_events, "");
}
END_TEST

/* _i: whether it is HVM; others are saved without it. */
START_TEST(an_hvm_guest_whose_device_model_has_ended_is_not_saved)
{
    web_runs("");
    world_find(1)->type = _i ? DOMAIN_HVM : DOMAIN_PV;
    world_model(1, false, 0);
    client_saves("web", "/tmp/web.save");
    if (_i)
        assert_answer(ERR_OPERATION_INVALID, "its device model has exited");
    ck_assert_int_eq(world_task.operation, _i ? 0 : WORKER_SAVE);
    if (!_i)
        world_worker_succeeds();
}
END_TEST

/*----- pause, shutdown, dom0 -----*/

START_TEST(pause_and_unpause_are_told)
{
    remote_domain_resume_args args;

    web_runs("");
    client_pauses("web");
    args.dom = wire_of("web");
    world_call(DOMAIN_RESUME, &args);
    world_turn();
    ck_assert_str_eq(world_events, "SUSPENDED web 1 0;RESUMED web 1 0;");
    ck_assert_int_eq(world_answers, 2);
}
END_TEST

static bool
web_is_paused(void)
{
    struct host_dominfo info;

    ck_assert(domain_ask(domains_by_name(daemon_->domains, "web"), &info));
    return info.paused;
}

START_TEST(what_the_hypervisor_said_is_an_answer_for_a_moment_only)
{
    struct host_dominfo *web;
    bool                 remembered = false;

    web_runs("");
    web = world_find((uint32_t)domains_by_name(daemon_->domains, "web")->run.domid);
    /* Once at least of many times both are asked in the same moment. */
    for (int n = 0; n < 100 && !remembered; n++) {
        web->paused = false;
        usleep(25000);
        ck_assert(!web_is_paused());
        web->paused = true; /* by xl, of which nobody hears */
        remembered = !web_is_paused();
    }
    ck_assert(remembered);
    usleep(25000);
    ck_assert(web_is_paused());
}
END_TEST

START_TEST(what_the_hypervisor_said_is_no_answer_after_a_change)
{
    struct domain *dom;

    web_runs("");
    dom = domains_by_name(daemon_->domains, "web");
    ck_assert(!web_is_paused());
    client_pauses("web");
    ck_assert_msg(dom->run.info_usec == 0, "a job has changed it");
    world_find((uint32_t)dom->run.domid)->paused = true;
    world_changed();
    ck_assert_msg(dom->run.info.paused, "xenstore has told of something");
}
END_TEST

START_TEST(a_guest_that_cannot_be_paused_is_not_said_to_be)
{
    web_runs("");
    world_requests_fail(ERR_INTERNAL);
    client_pauses("web");
    assert_answer(ERR_INTERNAL, "no");
    ck_assert_str_eq(world_events, "");
}
END_TEST

/* Xen would count the one, and refuse the other. */
START_TEST(a_guest_that_is_as_it_is_asked_to_be_is_left_so)
{
    remote_domain_resume_args args;
    struct host_dominfo      *info;

    web_runs("");
    world_requests_fail(ERR_INTERNAL);
    args.dom = wire_of("web");
    world_call(DOMAIN_RESUME, &args);
    world_turn();
    assert_answer(ERR_NONE, "");
    info = world_find((uint32_t)domains_by_name(daemon_->domains, "web")->run.domid);
    info->paused = true;
    client_pauses("web");
    ck_assert_int_eq(world_answers, 2);
    assert_answer(ERR_NONE, "");
    ck_assert_str_eq(world_events, "RESUMED web 1 0;SUSPENDED web 1 0;");
}
END_TEST

START_TEST(dom0_is_listed_and_cannot_be_changed)
{
    ck_assert_ptr_nonnull(domains_by_name(daemon_->domains, "Domain-0"));
    client_destroys("Domain-0");
    assert_answer(ERR_OPERATION_INVALID, "control domain");
    client_saves("Domain-0", "/tmp/x");
    assert_answer(ERR_OPERATION_INVALID, "control domain");
}
END_TEST

static void
take_xml(void *arg, char *xml, const struct err *err)
{
    ck_assert_ptr_null(err);
    *(char **)arg = xml;
}

START_TEST(the_xml_of_dom0_is_well_formed_whatever_its_name)
{
    static const char *const names[][2] = {{"Domain-0", "Domain-0"}, {"a<b&c", "a&lt;b&amp;c"}};
    cleanup_free char       *xml = NULL;
    cleanup_free char       *expected = xasprintf("<domain type='xen' id='0'>\n"
                                                        "  <name>%s</name>\n"
                                                        "  <uuid>00000000-0000-0000-0000-000000000000</uuid>\n"
                                                        "  <memory unit='KiB'>131072</memory>\n"
                                                        "  <currentMemory unit='KiB'>131072</currentMemory>\n"
                                                        "  <vcpu placement='static' current='1'>1</vcpu>\n"
                                                        "  <os>\n"
                                                        "    <type arch='x86_64' machine='xenpv'>linux</type>\n"
                                                        "  </os>\n"
                                                        "</domain>\n",
                                                  names[_i][1]);

    world_renamed(0, names[_i][0]);
    domain_xml(domains_by_id(daemon_->domains, 0), 0, 0, take_xml, &xml);
    world_turn();
    ck_assert_str_eq(xml, expected);
}
END_TEST

/* _i: virDomainXMLFlags */
START_TEST(who_may_only_ask_gets_no_xml_with_secrets)
{
    static char                     name[] = "web";
    remote_domain_get_xml_desc_args args = {.dom = {.name = name}, .flags = (unsigned)_i};
    bool                            secure = _i & (1 | 8);

    web_runs("");
    memset(args.dom.uuid, 'w', sizeof args.dom.uuid);
    world_read_only = true;
    world_call(DOMAIN_GET_XML_DESC, &args);
    world_turn();
    world_read_only = false;
    ck_assert_int_eq(world_answers, 1);
    if (secure)
        assert_answer(ERR_OPERATION_DENIED, "virDomainGetXMLDesc with secure flag");
    else
        ck_assert_int_ne((int)world_answer.code, ERR_OPERATION_DENIED);
}
END_TEST

START_TEST(an_unknown_flag_is_refused)
{
    client_creates(world_xml("web", 'w', ""), 1u << 30);
    ck_assert_int_eq(world_answer.code, ERR_INVALID_ARG);
}
END_TEST

static char stop_path[] = "/nowhere/image";

/*----- long XML is read and written beside the loop -----*/

/* It is too long for the loop; borrowed until the next call. */
static const char *
long_xml(const char *name, char letter)
{
    char metadata[2 * DEFINITION_LONG];

    snprintf(metadata, sizeof metadata, "<description>%0*d</description>", DEFINITION_LONG, 0);
    return world_xml(name, letter, metadata);
}

static int thread_gate[2];

static void
thread_waits(void *arg)
{
    char c;

    (void)arg;
    (void)!read(thread_gate[0], &c, 1);
}

static void
thread_has_waited(void *arg, bool ended)
{
    if (arg)
        *(bool *)arg = ended;
}

/* Nothing that is given to the thread is done until it goes on. */
static void
thread_stands(void)
{
    ck_assert_int_eq(pipe(thread_gate), 0);
    loop_work(daemon_->loop, 0, true, thread_waits, thread_has_waited, NULL);
}

static void
nothing(void *arg)
{
    (void)arg;
}

/* Until all is done that was given to it, and what follows from it: to read, and then to write. */
static void
thread_goes_on(void)
{
    close(thread_gate[1]);
    for (int n = 0; n < 3; n++) {
        bool done = false;

        world_turn();
        loop_work(daemon_->loop, 0, true, nothing, thread_has_waited, &done);
        while (!done)
            loop_run_once(daemon_->loop);
    }
    close(thread_gate[0]);
    world_turn();
}

static void
long_web_runs(void)
{
    thread_stands();
    client_creates(long_xml("web", 'w'), 0);
    thread_goes_on();
    world_worker_succeeds();
    ck_assert_int_eq(world_answer.code, ERR_NONE);
    world_events[0] = '\0';
    world_answers = 0;
}

/* _i: from xl.cfg, or to it. */
START_TEST(a_long_conversion_holds_nobody_up)
{
    char               padding[16384];
    cleanup_free char *cfg = NULL;

    memset(padding, '#', sizeof padding);
    cfg = xasprintf("%.*s\n%s", (int)sizeof padding, padding, xl_cfg);
    thread_stands();
    if (_i)
        converted(CONNECT_DOMAIN_XML_TO_NATIVE, "xen-xl", long_xml("web", 'w'));
    else
        converted(CONNECT_DOMAIN_XML_FROM_NATIVE, "xen-xl", cfg);
    ck_assert_uint_eq(world_answers, 0);
    thread_goes_on();
    ck_assert_int_eq(world_answer.code, ERR_NONE);
    ck_assert_ptr_nonnull(strstr(world_text, "web"));
}
END_TEST

START_TEST(a_conversion_that_the_daemon_does_not_come_to_is_answered)
{
    thread_stands();
    converted(CONNECT_DOMAIN_XML_TO_NATIVE, "xen-xl", long_xml("web", 'w'));
    close(thread_gate[1]);
    daemon_is_away();
    ck_assert_int_eq(world_answers, 1);
    assert_answer(ERR_OPERATION_ABORTED, "the daemon stops");
    close(thread_gate[0]);
    daemon_is_back();
}
END_TEST

START_TEST(a_create_of_long_xml_holds_nobody_up)
{
    web_runs("");
    thread_stands();
    client_creates(long_xml("new", 'n'), 0);
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
    client_creates(world_xml("short", 's', ""), 0);
    world_worker_succeeds();
    ck_assert_int_eq(world_answers, 1);
    client_destroys("web");
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    ck_assert_int_eq(world_answers, 2);
    thread_goes_on();
    ck_assert_int_eq(world_task.operation, WORKER_CREATE);
    ck_assert_str_eq(world_task.name, "new");
    world_worker_succeeds();
    ck_assert_int_eq(world_answers, 3);
    ck_assert_int_eq(world_answer.code, ERR_NONE);
}
END_TEST

START_TEST(of_two_creates_of_one_name_the_first_is_done)
{
    thread_stands();
    client_creates(long_xml("new", 'n'), 0);
    client_creates(long_xml("new", 'm'), 0);
    thread_goes_on();
    assert_answer(ERR_OPERATION_FAILED, "'new' already exists");
    world_worker_succeeds();
    ck_assert_int_eq(world_answers, 2);
    ck_assert_int_eq(world_answer.code, ERR_NONE);
}
END_TEST

START_TEST(long_xml_that_is_wrong_is_refused)
{
    cleanup_free char *wrong = xstrdup(long_xml("new", 'n'));

    memcpy(strstr(wrong, "<memory"), "<memxry", 7);
    thread_stands();
    client_creates(wrong, 0);
    thread_goes_on();
    assert_answer(ERR_XML, "memxry");
    ck_assert_uint_eq(domains_count(daemon_->domains), 1);
}
END_TEST

/* Of 84 KB: with its line breaks and what is before each of its lines it would have 5 MB. */
START_TEST(xml_that_would_become_too_long_is_refused)
{
    enum { DEPTH = 200, TIMES = 60 };
    cleanup_free char *nested = xcalloc(TIMES, 7 * DEPTH + 1);

    for (int n = 0; n < TIMES; n++) {
        for (int depth = 0; depth < DEPTH; depth++)
            strcat(nested, "<b>");
        for (int depth = 0; depth < DEPTH; depth++)
            strcat(nested, "</b>");
    }
    thread_stands();
    client_creates(world_xml("new", 'n', nested), 0);
    thread_goes_on();
    assert_answer(ERR_XML, "becomes longer than 4194304 bytes");
    ck_assert_uint_eq(domains_count(daemon_->domains), 1);
}
END_TEST

START_TEST(the_xml_of_a_long_definition_is_written_beside_the_loop)
{
    remote_domain_get_xml_desc_args args;

    long_web_runs();
    args = (remote_domain_get_xml_desc_args){.dom = wire_of("web")};
    thread_stands();
    world_call(DOMAIN_GET_XML_DESC, &args);
    world_turn();
    ck_assert_int_eq(world_answers, 0);
    thread_goes_on();
    ck_assert_int_eq(world_answers, 1);
    ck_assert_int_eq(world_answer.code, ERR_NONE);
}
END_TEST

/* Nothing of it is written: the text is kept. */
START_TEST(the_xml_of_a_save_does_not_wait_for_the_thread)
{
    long_web_runs();
    thread_stands();
    client_saves("web", "/tmp/image");
    ck_assert_int_eq(world_task.operation, WORKER_SAVE);
    ck_assert_uint_gt(strlen(world_task.xml), DEFINITION_LONG);
    world_worker_succeeds();
    thread_goes_on();
}
END_TEST

START_TEST(a_domain_may_be_renamed_while_its_xml_is_written)
{
    cleanup_free char *before = NULL;
    cleanup_free char *after = NULL;

    long_web_runs();
    thread_stands();
    domain_xml(domains_by_name(daemon_->domains, "web"), 0, 0, take_xml, &before);
    world_turn();
    world_renamed(1, "net");
    thread_goes_on();
    ck_assert_ptr_nonnull(strstr(before, "<name>web</name>"));
    thread_stands();
    domain_xml(domains_by_name(daemon_->domains, "net"), 0, 0, take_xml, &after);
    thread_goes_on();
    ck_assert_ptr_nonnull(strstr(after, "<name>net</name>"));
}
END_TEST

START_TEST(a_domain_may_go_while_its_xml_is_written)
{
    cleanup_free char *xml = NULL;

    long_web_runs();
    thread_stands();
    domain_xml(domains_by_name(daemon_->domains, "web"), 0, 0, take_xml, &xml);
    world_turn();
    world_domain_goes(1);
    world_changed();
    ck_assert_ptr_null(domains_by_name(daemon_->domains, "web"));
    thread_goes_on();
    ck_assert_ptr_nonnull(strstr(xml, "<name>web</name>"));
}
END_TEST

START_TEST(the_long_xml_of_an_image_is_read_beside_the_loop)
{
    client_restores("/tmp/web.save");
    thread_stands();
    world_worker_identifies(long_xml("web", 'a'));
    ck_assert(!world_proceeds && !world_refused);
    thread_goes_on();
    ck_assert(world_proceeds);
    world_worker_succeeds();
    ck_assert_int_eq(world_answer.code, ERR_NONE);
}
END_TEST

START_TEST(a_worker_may_die_while_the_xml_of_its_image_is_read)
{
    client_restores("/tmp/web.save");
    thread_stands();
    world_worker_identifies(long_xml("web", 'a'));
    world_worker_dies();
    thread_goes_on();
    /* Not for the one that repairs what it left. */
    ck_assert(!world_proceeds && !world_refused);
    ck_assert_uint_eq(domains_count(daemon_->domains), 1);
    world_worker_fails(ERR_OPERATION_FAILED, "undone");
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
}
END_TEST

/* _i: does it bring an XML to a save, or to a restore? */
START_TEST(the_long_xml_that_a_call_brings_is_read_beside_the_loop)
{
    cleanup_free char               *xml = xstrdup(long_xml("web", 'w'));
    remote_domain_save_flags_args    save = {.to = stop_path, .dxml = &xml};
    remote_domain_restore_flags_args restore = {.from = stop_path, .dxml = &xml};

    if (_i) {
        web_runs("");
        save.dom = wire_of("web");
    }
    thread_stands();
    world_call(_i ? DOMAIN_SAVE_FLAGS : DOMAIN_RESTORE_FLAGS, _i ? (void *)&save : &restore);
    world_turn();
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
    thread_goes_on();
    ck_assert_int_eq(world_task.operation, _i ? WORKER_SAVE : WORKER_RESTORE);
    ck_assert_str_eq(world_task.xml, xml);
    world_worker_fails(ERR_OPERATION_FAILED, "no");
}
END_TEST

START_TEST(a_guest_may_go_while_the_xml_for_its_image_is_read)
{
    cleanup_free char            *xml = xstrdup(long_xml("web", 'w'));
    remote_domain_save_flags_args save = {.to = stop_path, .dxml = &xml};

    web_runs("");
    save.dom = wire_of("web");
    thread_stands();
    world_call(DOMAIN_SAVE_FLAGS, &save);
    world_domain_goes(1);
    world_changed();
    thread_goes_on();
    assert_answer(ERR_NO_DOMAIN, "no domain with matching uuid");
}
END_TEST

START_TEST(the_long_xml_that_was_kept_of_a_guest_is_read_beside_the_loop)
{
    world_domain(7, 'f', "found");
    world_keep_xml(7, long_xml("found", 'f'));
    thread_stands();
    world_changed();
    ck_assert_int_eq(domains_by_id(daemon_->domains, 7)->owner, DOMAIN_OF_NOBODY_KNOWN);
    thread_goes_on();
    ck_assert_int_eq(domains_by_id(daemon_->domains, 7)->owner, DOMAIN_OF_DOM0D);
    ck_assert_ptr_nonnull(domains_by_id(daemon_->domains, 7)->live);
}
END_TEST

START_TEST(a_guest_may_go_while_what_was_kept_of_it_is_read)
{
    world_domain(7, 'f', "found");
    world_keep_xml(7, long_xml("found", 'f'));
    thread_stands();
    world_changed();
    world_domain_goes(7);
    world_changed();
    thread_goes_on();
    ck_assert_uint_eq(domains_count(daemon_->domains), 1);
}
END_TEST

/* What the daemon that stops could not find out the next one finds out. */
START_TEST(a_guest_whose_definition_was_not_read_is_not_taken_for_one_of_xl)
{
    world_domain(7, 'f', "found");
    world_keep_xml(7, long_xml("found", 'f'));
    thread_stands();
    world_changed();
    close(thread_gate[1]);
    daemon_is_replaced(false);
    close(thread_gate[0]);
    ck_assert_int_eq(domains_by_id(daemon_->domains, 7)->owner, DOMAIN_OF_NOBODY_KNOWN);
    thread_stands();
    thread_goes_on();
    ck_assert_int_eq(domains_by_id(daemon_->domains, 7)->owner, DOMAIN_OF_DOM0D);
}
END_TEST

/*----- a stop at any instant -----*/

static void
stop_asks_xml_of_dom0(void)
{
    remote_domain_get_xml_desc_args args = {.dom = wire_of("Domain-0")};

    world_call(DOMAIN_GET_XML_DESC, &args);
}

static void
stop_asks_xml_of_web(void)
{
    remote_domain_get_xml_desc_args args = {.dom = wire_of("web")};

    world_call(DOMAIN_GET_XML_DESC, &args);
    args.flags = DOMAIN_XML_INACTIVE;
    world_call(DOMAIN_GET_XML_DESC, &args);
}

static void
stop_asks_xml_of_a_guest_of_xl(void)
{
    remote_domain_get_xml_desc_args args;

    world_domain(7, 'f', "foreign");
    world_changed();
    args = (remote_domain_get_xml_desc_args){.dom = wire_of("foreign")};
    world_call(DOMAIN_GET_XML_DESC, &args);
}

static void
stop_discovers_a_guest(void)
{
    world_domain(7, 'f', "foreign");
    world_tells_changed();
}

static void
stop_loses_a_guest(void)
{
    world_domain_goes(1);
    world_tells_changed();
}

static void
stop_pauses(void)
{
    remote_domain_suspend_args args = {.dom = wire_of("web")};

    world_call(DOMAIN_SUSPEND, &args);
    world_call(DOMAIN_SUSPEND, &args);
}

static void
stop_saves(void)
{
    remote_domain_save_args args = {.dom = wire_of("web"), .to = stop_path};

    world_call(DOMAIN_SAVE, &args);
}

static void
stop_saves_and_aborts(void)
{
    remote_domain_abort_job_args args = {.dom = wire_of("web")};

    stop_saves();
    loop_run_ready(daemon_->loop);
    world_call(DOMAIN_ABORT_JOB, &args);
}

static void
stop_destroys(void)
{
    remote_domain_destroy_args args = {.dom = wire_of("web")};

    stop_saves();
    world_call(DOMAIN_DESTROY, &args);
}

static void
stop_creates(void)
{
    remote_domain_create_xml_args args = {.xml_desc = (char *)(uintptr_t)world_xml("new", 'n', "")};

    world_call(DOMAIN_CREATE_XML, &args);
}

static void
stop_restores(void)
{
    remote_domain_restore_args args = {.from = stop_path};

    world_call(DOMAIN_RESTORE, &args);
}

static void
stop_waits_for_a_job(void)
{
    stop_saves();
    handle_job_wait(world_waiter(), &(dom0d_job_id_args){.id = 2});
}

static void
stop_sees_a_shutdown(void)
{
    struct host_dominfo *info = world_find(1);

    info->shutdown = true;
    info->shutdown_reason = HOST_SHUTDOWN_REBOOT;
    world_tells_changed();
}

static void
stop_creates_of_long_xml(void)
{
    remote_domain_create_xml_args args = {.xml_desc = (char *)(uintptr_t)long_xml("new", 'n')};

    world_call(DOMAIN_CREATE_XML, &args);
    world_call(DOMAIN_CREATE_XML, &args);
}

static void
stop_restores_with_long_xml(void)
{
    client_restores(stop_path);
    world_worker_identifies(long_xml("new", 'n'));
}

static void
stop_asks_for_long_xml(void)
{
    world_domain_goes(1);
    world_changed();
    long_web_runs();
    stop_asks_xml_of_web();
}

static void
stop_discovers_a_guest_with_long_xml(void)
{
    world_domain(7, 'f', "found");
    world_keep_xml(7, long_xml("found", 'f'));
    world_tells_changed();
}

static void (*const stop_moments[])(void) = {
    stop_asks_xml_of_dom0,
    stop_asks_xml_of_web,
    stop_asks_xml_of_a_guest_of_xl,
    stop_discovers_a_guest,
    stop_loses_a_guest,
    stop_pauses,
    stop_saves,
    stop_saves_and_aborts,
    stop_destroys,
    stop_creates,
    stop_restores,
    stop_waits_for_a_job,
    stop_sees_a_shutdown,
    stop_creates_of_long_xml,
    stop_restores_with_long_xml,
    stop_asks_for_long_xml,
    stop_discovers_a_guest_with_long_xml,
};

/* loop_free sees that nothing is left that would come; a sanitizer, that nothing is touched or
 * lost.
 */
START_TEST(a_stop_at_any_turn_of_the_loop_leaves_nothing_behind)
{
    for (int turns = 0; turns < 8; turns++) {
        web_runs("");
        world_answers = 0;
        stop_moments[_i]();
        for (int n = 0; n < turns; n++)
            loop_run_ready(daemon_->loop);
        world_free(daemon_);
        daemon_ = world_new();
    }
}
END_TEST

static int stop_answers = -1;

static void
stop_on_xml(void *arg, char *xml, const struct err *err)
{
    ck_assert_ptr_eq(arg, daemon_);
    ck_assert_ptr_null(xml);
    ck_assert_int_eq(err->code, ERR_OPERATION_ABORTED);
    stop_answers = world_answers;
}

/* It may be a job that asked. */
START_TEST(who_waits_for_xml_is_told_of_a_stop_before_jobs_are_freed)
{
    web_runs("");
    client_creates(world_xml("new", 'n', ""), 0);
    ck_assert_int_eq(world_answers, 0);
    domain_xml(domains_by_name(daemon_->domains, "web"), 0, DOMAIN_XML_INACTIVE, stop_on_xml,
               daemon_);
    world_free(daemon_);
    ck_assert_int_eq(stop_answers, 0);
    ck_assert_int_eq(world_answers, 1);
    daemon_ = world_new();
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("domains");
    TCase   *tc = tcase_create("domains");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, guests_of_xl_appear_and_go_with_their_events);
    tcase_add_test(tc, a_domain_without_a_name_is_listed_and_named_when_it_has_one);
    tcase_add_test(tc, a_guest_that_xl_renames_has_its_new_name_everywhere);
    tcase_add_test(tc, a_name_that_no_definition_may_have_is_of_the_guest_only);
    tcase_add_test(tc, a_new_name_of_a_guest_that_is_not_known_is_nothing);
    tcase_add_test(tc, a_domid_that_another_domain_has_now_is_another_domain);
    tcase_add_test(tc, of_two_with_one_name_the_second_is_found_when_the_first_has_gone);
    tcase_add_test(tc, of_two_with_one_uuid_the_second_is_found_when_the_first_has_gone);
    tcase_add_test(tc, of_two_with_one_name_the_second_is_found_when_the_first_is_named_anew);
    tcase_add_test(tc, a_dying_domain_is_gone);
    tcase_add_test(tc, a_created_domain_has_the_id_that_the_worker_read_at_completion);
    tcase_add_test(tc, a_domain_seen_while_it_is_made_is_not_taken_for_a_guest_of_xl);
    tcase_add_test(tc, a_domain_created_paused_says_so);
    tcase_add_test(tc, a_name_or_uuid_in_use_is_refused_and_the_one_that_has_it_runs_on);
    tcase_add_test(tc, a_failed_create_leaves_no_domain_and_no_job);
    tcase_add_test(tc, what_a_dead_worker_left_is_undone_before_the_client_is_told);
    tcase_add_test(tc, what_a_dead_worker_had_committed_is_finished);
    tcase_add_loop_test(tc, a_repair_whose_worker_dies_too_is_done_again, 0, HALF_DONE_COUNT);
    tcase_add_loop_test(tc, a_repair_that_is_never_done_is_said_and_is_for_the_next_daemon, 0,
                        HALF_DONE_COUNT);
    tcase_add_test(tc, a_repair_that_waits_when_the_daemon_stops_is_the_next_ones);
    tcase_add_test(tc, a_repair_is_done_again_later_each_time);
    tcase_add_loop_test(tc, what_was_given_up_is_taken_up_once, 0, 2);
    tcase_add_test(tc, what_was_given_up_is_forgotten_when_something_else_is_done_with_its_guest);
    tcase_add_test(tc, what_was_given_up_does_not_come_beside_a_later_job_of_its_guest);
    tcase_add_test(tc, a_crashed_guest_goes_though_no_repair_of_its_dump_is_done);
    tcase_add_test(tc, a_destroy_does_not_wait_for_the_turn_of_a_repair);
    tcase_add_test(tc, where_somebody_waits_a_half_built_guest_is_repaired_at_once);
    tcase_add_test(tc, a_guest_whose_restart_loses_its_workers_comes_back);
    tcase_add_test(tc, a_restart_that_waits_because_its_worker_was_lost_can_be_aborted);
    tcase_add_test(tc, a_guest_that_is_built_a_second_time_is_not_seen_as_another_one);
    tcase_add_test(tc, a_save_goes_on_under_the_next_daemon);
    tcase_add_test(tc, a_create_goes_on_under_the_next_daemon_and_is_not_taken_for_a_guest_of_xl);
    tcase_add_test(tc, a_guest_that_was_told_to_run_before_its_create_had_ended_is_not_told_again);
    tcase_add_test(tc, what_died_with_the_daemon_is_undone_by_the_next);
    tcase_add_test(tc, a_restart_between_its_halves_is_finished_by_the_next_daemon);
    tcase_add_loop_test(tc, of_two_records_of_one_restart_the_later_one_counts, 0, 2);
    tcase_add_test(tc, a_repair_comes_after_what_it_repairs_whatever_the_clock_said);
    tcase_add_test(tc, a_restart_creates_after_it_has_destroyed_whatever_the_clock_said);
    tcase_add_test(tc, a_task_that_cannot_be_read_now_is_kept_and_taken_up_when_it_can);
    tcase_add_test(tc, a_job_that_waits_and_cannot_be_read_now_is_kept_and_queued_when_it_can);
    tcase_add_test(tc, how_a_job_ended_that_cannot_be_read_now_is_kept);
    tcase_add_test(tc, a_restore_that_waited_for_its_daemon_asks_the_next_one);
    tcase_add_test(tc, what_of_the_xml_is_ignored_is_one_line_of_the_log_at_create);
    tcase_add_test(tc, what_of_the_xml_is_ignored_is_one_line_of_the_log_at_restore);
    tcase_add_test(tc, what_of_the_xml_is_ignored_taints_the_domain);
    tcase_add_test(tc, the_next_daemon_knows_what_of_the_xml_is_ignored);
    tcase_add_test(tc, a_guest_that_ended_while_no_daemon_was_there_is_told_once);
    tcase_add_test(tc, the_first_daemon_has_nothing_to_tell_to_clients_of_an_earlier_one);
    tcase_add_test(tc, a_guest_that_runs_on_is_not_told_again_and_keeps_its_definition);
    tcase_add_test(tc, a_guest_that_powered_off_while_no_daemon_was_there_is_seen_to);
    tcase_add_test(tc, a_guest_that_came_while_no_daemon_was_there_is_told);
    tcase_add_test(tc, that_a_guest_was_paused_or_unpaused_while_no_daemon_was_there_is_told_once);
    tcase_add_loop_test(tc, a_guest_that_was_paused_before_the_daemon_went_is_no_news, 0, 3);
    tcase_add_loop_test(tc, a_pause_that_the_next_daemon_ends_is_told_once, 0, 2);
    tcase_add_test(tc, what_was_seen_of_who_had_the_number_before_is_not_believed);
    tcase_add_test(tc, what_was_seen_of_a_guest_is_not_believed_of_another);
    tcase_add_test(tc, a_guest_that_has_another_id_than_before_went_and_came);
    tcase_add_test(tc, an_id_that_another_guest_has_by_now_is_another_guest);
    tcase_add_test(tc, a_guest_that_was_renamed_while_no_daemon_was_there_has_its_new_name);
    tcase_add_test(tc, a_guest_of_ours_that_was_renamed_has_its_new_name_with_the_next_daemon_too);
    tcase_add_test(tc, why_a_guest_stopped_is_known_to_the_next_daemon);
    tcase_add_test(tc, what_was_told_of_a_guest_that_stopped_is_not_told_again);
    tcase_add_test(tc, a_guest_in_the_middle_of_a_job_is_not_told_to_be_dead);
    tcase_add_test(tc, a_core_that_an_earlier_daemon_had_dumped_is_not_dumped_again);
    tcase_add_test(tc, a_guest_that_came_anew_before_its_job_had_begun_is_told);
    tcase_add_test(tc, a_record_that_cannot_be_read_is_removed);
    tcase_add_test(tc, jobs_that_waited_wait_again_in_their_order_under_their_numbers);
    tcase_add_test(tc, a_destroy_that_waited_goes_first_again);
    tcase_add_test(tc, a_restore_that_had_not_begun_begins_under_the_next_daemon);
    tcase_add_test(tc, a_create_that_had_not_begun_begins_under_the_next_daemon);
    tcase_add_test(tc, a_create_whose_name_was_taken_meanwhile_ends_with_the_reason);
    tcase_add_test(tc, a_job_whose_guest_ended_meanwhile_ends_with_the_reason);
    tcase_add_test(tc, a_job_alone_whose_guest_ended_meanwhile_ends_with_the_reason);
    tcase_add_test(tc, a_destroy_whose_guest_ended_meanwhile_has_succeeded);
    tcase_add_test(tc, a_pause_under_way_is_done_by_the_next_daemon);
    tcase_add_test(tc, a_job_that_had_just_begun_is_taken_up_and_not_queued_too);
    tcase_add_test(tc, a_restart_that_waited_is_begun_by_the_next_daemon_once);
    tcase_add_test(tc, the_number_of_a_job_is_not_given_again_by_the_next_daemon);
    tcase_add_loop_test(
        tc, the_next_number_is_above_that_of_every_record_whatever_became_of_last_job, 0, 8);
    tcase_add_test(tc,
                   a_job_that_begins_while_the_daemon_starts_has_a_number_above_those_that_waited);
    tcase_add_test(tc, a_number_that_cannot_be_kept_refuses_the_job_with_the_reason);
    tcase_add_test(tc, a_destroy_needs_no_number_that_is_kept);
    tcase_add_test(tc, where_nothing_can_be_recorded_a_guest_is_destroyed_all_the_same);
    tcase_add_loop_test(tc, where_nothing_can_be_recorded_a_save_is_refused_and_the_guest_runs_on,
                        0, 2);
    tcase_add_loop_test(tc, a_restart_that_cannot_begin_is_tried_again_later_each_time, 0, 2);
    tcase_add_loop_test(
        tc, a_guest_between_the_halves_of_a_restart_is_known_to_the_next_daemon_also_without_room,
        0, 2);
    tcase_add_test(tc, a_restart_that_waits_to_be_tried_again_can_be_aborted);
    tcase_add_test(tc, what_a_dead_worker_left_is_repaired_without_a_record_of_its_own);
    tcase_add_test(tc, a_repair_that_cannot_begin_is_tried_again);
    tcase_add_test(tc, a_guest_that_powers_off_goes_when_it_can);
    tcase_add_test(tc,
                   a_destroy_that_a_client_waits_for_is_answered_where_there_is_no_process_for_it);
    tcase_add_test(tc, a_destroy_does_not_wait_for_a_repair_that_cannot_begin);
    tcase_add_test(tc, where_neither_a_repair_nor_its_destroy_can_begin_the_next_daemon_repairs);
    tcase_add_test(tc, a_restore_whose_domain_cannot_be_recorded_is_refused);
    tcase_add_test(tc, xml_that_is_too_large_or_broken_is_refused);
    tcase_add_test(tc, an_xl_cfg_becomes_xml_with_its_secrets_and_what_is_ignored);
    tcase_add_test(tc, the_xml_of_an_xl_cfg_makes_a_guest_that_has_messages_of_what_is_ignored);
    tcase_add_test(tc, xml_becomes_an_xl_cfg);
    tcase_add_loop_test(tc, what_cannot_be_converted_is_named, 0, array_size(bad_conversions));
    tcase_add_loop_test(tc, a_text_that_is_longer_than_max_xml_is_not_converted, 0, 2);
    tcase_add_test(tc, a_save_ends_with_stopped_saved_and_the_domain_gone);
    tcase_add_test(tc, an_image_gets_the_definition_and_not_what_is_live_in_it);
    tcase_add_test(tc, a_failed_save_leaves_the_domain_running);
    tcase_add_test(tc, a_relative_path_is_refused);
    tcase_add_test(tc, a_second_save_waits_for_the_first_and_finds_no_domain);
    tcase_add_test(tc, a_restore_makes_the_domain_that_the_image_names);
    tcase_add_test(tc, a_restore_of_a_guest_that_runs_is_refused);
    tcase_add_test(tc, an_abort_reaches_the_worker_of_the_job_that_runs);
    tcase_add_test(tc, a_destroy_aborts_the_job_that_holds_the_domain_and_ends_those_that_wait);
    tcase_add_test(tc, a_destroy_of_a_domain_that_is_being_made_ends_both);
    tcase_add_test(tc, destroys_join_the_first_and_are_answered_as_it_is);
    tcase_add_test(tc, a_destroy_that_waits_and_is_aborted_takes_no_other_with_it);
    tcase_add_test(tc, a_destroy_begins_no_grace_anew);
    tcase_add_test(tc, an_abort_that_is_not_heeded_kills_the_worker);
    tcase_add_test(tc, a_destroy_does_not_wait_for_what_a_dead_save_left);
    tcase_add_test(tc, a_clean_up_is_begun_again_by_the_next_daemon);
    tcase_add_loop_test(tc, a_guest_runs_on_where_the_files_of_its_save_do_not_answer, 0, 2);
    tcase_add_test(tc, nothing_is_saved_to_where_an_image_is_being_removed);
    tcase_add_test(tc, a_repair_that_says_that_it_lives_has_its_time);
    tcase_add_test(tc, an_abort_of_what_is_being_repaired_has_its_grace);
    tcase_add_test(tc, a_destroy_whose_worker_says_nothing_is_done_by_another);
    tcase_add_test(tc, a_save_that_has_committed_is_killed_only_where_it_says_nothing);
    tcase_add_test(tc, a_destroy_whose_workers_die_by_themselves_ends);
    tcase_add_test(tc, what_destroys_is_not_killed_when_the_grace_is_over);
    tcase_add_test(tc, a_domain_has_no_more_jobs_waiting_than_the_configuration_says);
    tcase_add_test(tc, above_max_jobs_a_guest_can_only_be_destroyed);
    tcase_add_test(tc, progress_is_told_in_bytes_and_as_bounded);
    tcase_add_test(tc, who_waits_for_a_job_and_goes_leaves_nothing);
    tcase_add_test(tc, who_waits_for_a_job_hears_how_it_ended_also_afterwards);
    tcase_add_test(tc, a_guest_that_powers_off_is_destroyed_and_stopped_says_shutdown);
    tcase_add_test(tc, a_guest_that_reboots_is_stopped_before_it_is_started);
    tcase_add_test(tc, a_guest_that_cannot_be_restarted_is_gone);
    tcase_add_test(tc, a_guest_that_crashes_has_its_on_crash_obeyed);
    tcase_add_test(tc, a_crashed_guest_that_is_preserved_stays_and_is_told_once);
    tcase_add_test(tc, a_core_is_dumped_before_the_crashed_guest_goes);
    tcase_add_test(tc, a_core_of_a_guest_with_a_long_name_has_a_name_that_a_file_may_have);
    tcase_add_test(tc, a_name_that_no_file_may_have_is_not_a_core_s);
    tcase_add_test(tc, that_a_core_could_not_be_written_is_said_with_what_follows_once);
    tcase_add_test(tc, a_guest_that_asks_for_a_soft_reset_goes_on_and_what_it_does_next_is_seen);
    tcase_add_test(tc, what_stops_a_guest_just_after_its_soft_reset_is_seen);
    tcase_add_test(tc, a_guest_whose_soft_reset_fails_is_said_to_have_failed);
    tcase_add_test(tc, a_soft_reset_that_lost_its_worker_is_repaired);
    tcase_add_loop_test(tc, a_soft_reset_goes_on_under_the_next_daemon, 0, 2);
    tcase_add_loop_test(tc, destroy_goes_before_a_soft_reset, 0, 2);
    tcase_add_loop_test(tc, a_soft_reset_that_cannot_begin_is_tried_again, 0, 2);
    tcase_add_test(tc, a_guest_that_is_reset_at_once_again_waits);
    tcase_add_test(tc, a_guest_of_xl_is_reset_by_xl_and_what_it_does_next_is_seen);
    tcase_add_test(tc, a_guest_of_xl_that_shuts_down_is_left_to_xl);
    tcase_add_test(tc, a_guest_that_dom0d_started_in_an_earlier_life_is_its_own);
    tcase_add_test(tc, a_guest_that_suspends_for_its_save_is_not_taken_for_one_that_ends);
    tcase_add_test(tc, a_guest_that_powers_off_while_a_job_holds_it_is_seen_to_when_that_ends);
    tcase_add_test(tc, a_guest_that_restarts_at_once_again_waits);
    tcase_add_test(tc, a_guest_that_restarts_again_and_again_waits_longer_each_time_up_to_a_minute);
    tcase_add_test(tc, a_device_model_that_has_ended_is_told_once);
    tcase_add_test(tc, a_device_model_that_has_ended_is_not_told_by_the_next_daemon_again);
    tcase_add_test(tc, a_device_model_that_ended_while_no_daemon_was_there_is_told);
    tcase_add_loop_test(tc, a_device_model_that_ends_with_its_domain_is_not_told, 0, 3);
    tcase_add_test(tc, another_device_model_is_as_good);
    tcase_add_loop_test(tc, an_hvm_guest_whose_device_model_has_ended_is_not_saved, 0, 2);
    tcase_add_test(tc, pause_and_unpause_are_told);
    tcase_add_test(tc, what_the_hypervisor_said_is_an_answer_for_a_moment_only);
    tcase_add_test(tc, what_the_hypervisor_said_is_no_answer_after_a_change);
    tcase_add_test(tc, a_guest_that_cannot_be_paused_is_not_said_to_be);
    tcase_add_test(tc, a_guest_that_is_as_it_is_asked_to_be_is_left_so);
    tcase_add_test(tc, dom0_is_listed_and_cannot_be_changed);
    tcase_add_loop_test(tc, the_xml_of_dom0_is_well_formed_whatever_its_name, 0, 2);
    tcase_add_loop_test(tc, who_may_only_ask_gets_no_xml_with_secrets, 0, 16);
    tcase_add_test(tc, an_unknown_flag_is_refused);
    tcase_add_loop_test(tc, a_long_conversion_holds_nobody_up, 0, 2);
    tcase_add_test(tc, a_conversion_that_the_daemon_does_not_come_to_is_answered);
    tcase_add_test(tc, a_create_of_long_xml_holds_nobody_up);
    tcase_add_test(tc, of_two_creates_of_one_name_the_first_is_done);
    tcase_add_test(tc, long_xml_that_is_wrong_is_refused);
    tcase_add_test(tc, xml_that_would_become_too_long_is_refused);
    tcase_add_test(tc, the_xml_of_a_long_definition_is_written_beside_the_loop);
    tcase_add_test(tc, the_xml_of_a_save_does_not_wait_for_the_thread);
    tcase_add_test(tc, a_domain_may_be_renamed_while_its_xml_is_written);
    tcase_add_test(tc, a_domain_may_go_while_its_xml_is_written);
    tcase_add_test(tc, the_long_xml_of_an_image_is_read_beside_the_loop);
    tcase_add_test(tc, a_worker_may_die_while_the_xml_of_its_image_is_read);
    tcase_add_loop_test(tc, the_long_xml_that_a_call_brings_is_read_beside_the_loop, 0, 2);
    tcase_add_test(tc, a_guest_may_go_while_the_xml_for_its_image_is_read);
    tcase_add_test(tc, the_long_xml_that_was_kept_of_a_guest_is_read_beside_the_loop);
    tcase_add_test(tc, a_guest_may_go_while_what_was_kept_of_it_is_read);
    tcase_add_test(tc, a_guest_whose_definition_was_not_read_is_not_taken_for_one_of_xl);
    tcase_add_loop_test(tc, a_stop_at_any_turn_of_the_loop_leaves_nothing_behind, 0,
                        (int)array_size(stop_moments));
    tcase_add_test(tc, who_waits_for_xml_is_told_of_a_stop_before_jobs_are_freed);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
