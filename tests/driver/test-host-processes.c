/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host with its processes as they are: what waits, waits in them.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "host-private.h"
#include "host-wire.h"
#include "processes.h"
#include "scene.h"

/* What is answered at once takes no longer, on a machine with other things to do; what waits takes
 * twice as long at least. */
#define AT_ONCE_USEC (HOST_LIMIT_USEC / 2)
#define PATIENCE_USEC (2 * HOST_LIMIT_USEC)

static struct host *host;
static int          changes, renames, disasters;

static void
on_changed(void *arg)
{
    (void)arg;
    changes++;
}

static void
on_model(void *arg, uint32_t domid, bool lives)
{
    (void)arg, (void)domid, (void)lives;
}

static void
on_renamed(void *arg, uint32_t domid)
{
    (void)arg, (void)domid;
    renames++;
}

static void
on_disaster(void *arg, const char *reason)
{
    (void)arg, (void)reason;
    disasters++;
}

static const struct host_events events = {
    .changed = on_changed, .renamed = on_renamed, .model = on_model, .disaster = on_disaster};

struct answer {
    int        count;
    uint64_t   usec; /* when */
    struct err err;
    char       xml[64];
};

static void
on_done(void *arg, const struct err *err)
{
    struct answer *answer = arg;

    answer->count++;
    answer->usec = loop_now_usec();
    answer->err = err ? *err : (struct err){0};
}

static void
on_kept(void *arg, char *xml, const struct err *err)
{
    struct answer *answer = arg;

    on_done(arg, err);
    snprintf(answer->xml, sizeof answer->xml, "%s", xml ? xml : "none");
    free(xml);
}

static void
turn_until(const int *counter, int value, uint64_t limit_usec)
{
    uint64_t end = loop_now_usec() + limit_usec;

    while (*counter < value && loop_now_usec() < end) {
        loop_run_ready(scene.loop);
        usleep(1000);
    }
    ck_assert_int_ge(*counter, value);
}

static void
turn_for(uint64_t usec)
{
    uint64_t end = loop_now_usec() + usec;

    while (loop_now_usec() < end) {
        loop_run_ready(scene.loop);
        usleep(1000);
    }
}

static void
setup(void)
{
    const char        *build = getenv("top_builddir");
    cleanup_free char *program = xasprintf("%s/tests/fakes/dom0d-worker-fake", build ? build : ".");
    struct err         err;
    int                r;

    scene_begin();
    xl_close(&scene.xl);
    changes = renames = disasters = 0;
    r = host_open(scene.loop, program, &events, NULL, &host, &err);
    ck_assert_msg(r == 0, "%s", err.message);
    ck_assert_str_eq(host_domain_name(host, 0), "Domain-0");
}

static void
teardown(void)
{
    scene.world->xenstored_stopped = false;
    host_close(host);
    scene_end();
}

static pid_t
find_helper(void)
{
    return find_process(getpid(), "--host");
}

/*----- names -----*/

START_TEST(names_are_told_and_renames)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    turn_until(&renames, 1, PATIENCE_USEC);
    ck_assert_str_eq(host_domain_name(host, 1), "a");
    renames = 0;
    fake_domain_rename(dom, "b");
    turn_until(&renames, 1, PATIENCE_USEC);
    ck_assert_str_eq(host_domain_name(host, 1), "b");
}
END_TEST

/* A machine that is busy: the time for the list ends amid what the helper says. */
START_TEST(a_helper_that_is_slow_to_speak_is_not_taken_for_one_that_has_ended)
{
    const struct wire_header header = {
        .program = WIRE_PROGRAM_HOST, .version = WIRE_VERSION, .type = WIRE_MESSAGE};
    helper_report      listed = {.type = HELPER_LISTED};
    cleanup_free char *path = xstrdup(scene_path("frame"));
    cleanup_free char *script = NULL;
    void              *frame = NULL;
    size_t             size;
    struct host       *slow = NULL;
    struct err         err;

    ck_assert_int_eq(
        wire_encode(&header, (xdrproc_t)xdr_helper_report, &listed, &frame, &size, &err), 0);
    ck_assert_int_eq(file_replace(path, frame, size, 0600, &err), 0);
    free(frame);
    script = xasprintf("#!/bin/sh\nhead -c 4 '%s' >&3\nsleep %d\ntail -c +5 '%s' >&3\n"
                       "exec cat <&3 >&3\n",
                       path, HOST_OPEN_USEC / 1000000 + 1, path);
    ck_assert_int_eq(file_replace(scene_path("helper"), script, strlen(script), 0700, &err), 0);
    ck_assert_msg(host_open(scene.loop, scene_path("helper"), &events, NULL, &slow, &err) == 0,
                  "%s", err.message);
    host_close(slow);
    unlink(scene_path("helper"));
    unlink(path);
}
END_TEST

/*----- xenstored does not answer -----*/

static void
assert_queries_are_quick(uint32_t domid)
{
    uint64_t            begin = loop_now_usec();
    struct host_info    info;
    struct host_dominfo dominfo, *list;
    size_t              count;
    struct err          err;

    ck_assert_int_eq(host_info(host, &info, &err), 0);
    ck_assert_int_eq(host_domain_info(host, domid, &dominfo, &err), 0);
    ck_assert_int_eq(host_list(host, &list, &count, &err), 0);
    ck_assert_ptr_nonnull(host_domain_name(host, domid));
    loop_run_ready(scene.loop);
    ck_assert_uint_le(loop_now_usec() - begin, AT_ONCE_USEC);
    free(list);
}

START_TEST(an_xenstored_that_is_stopped_delays_no_query_and_calls_have_a_limit)
{
    struct fake_domain *a = fake_domain_add("a", 'a'), *b = fake_domain_add("b", 'b');
    struct answer       first = {0}, second = {0}, kept = {0}, later = {0};
    uint64_t            begin;

    turn_until(&changes, 1, PATIENCE_USEC);
    turn_for(200000);
    scene.world->when = FAKE_AT_ONCE; /* no abort comes in time, once it is begun */
    fake_xenstored_stops();
    begin = loop_now_usec();
    host_request(host, HOST_SHUTDOWN_PV, a->domid, on_done, &first);
    host_request(host, HOST_SHUTDOWN_PV, b->domid, on_done, &second);
    host_domain_kept_xml(host, a->domid, on_kept, &kept); /* needs no xenstored */
    turn_until(&kept.count, 1, PATIENCE_USEC);
    ck_assert_int_eq(kept.err.code, ERR_NONE);
    assert_queries_are_quick(a->domid);
    renames = changes = 0;
    strcpy(b->name, "c"); /* xenstore tells when it goes on */
    turn_until(&second.count, 1, PATIENCE_USEC);
    assert_queries_are_quick(a->domid);
    ck_assert_int_eq(first.count, 1);
    ck_assert_int_eq(first.err.code, ERR_OPERATION_TIMEOUT);
    ck_assert_str_eq(first.err.message,
                     "cannot shut down domain 1: xenstored does not answer (it may still happen)");
    ck_assert_uint_ge(second.usec - begin, HOST_LIMIT_USEC - 1000000);
    ck_assert_uint_le(second.usec - begin, HOST_LIMIT_USEC + 2000000);

    fake_xenstored_goes_on();
    turn_until(&renames, 1, PATIENCE_USEC);
    turn_until(&changes, 1, PATIENCE_USEC);
    ck_assert_str_eq(host_domain_name(host, b->domid), "c");
    host_request(host, HOST_PAUSE, b->domid, on_done, &later);
    turn_until(&later.count, 1, PATIENCE_USEC);
    ck_assert_int_eq(later.err.code, ERR_NONE);
    turn_for(200000);
    ck_assert_msg(!b->shutdown, "it was given up before it was begun");
    ck_assert_int_eq(first.count + second.count, 2); /* what came late was dropped */
    ck_assert_int_eq(disasters, 0);
}
END_TEST

/* It waits for the guest, and xenstored answers: there is no limit. */
START_TEST(a_guest_may_take_its_time)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');
    struct answer       answer = {0};

    dom->frozen = true;
    host_request(host, HOST_SHUTDOWN_PV, dom->domid, on_done, &answer);
    turn_for(HOST_LIMIT_USEC + 3000000);
    ck_assert_int_eq(answer.count, 0);
    /* And then xenstored goes on to answer no more. */
    fake_xenstored_stops();
    turn_until(&answer.count, 1, PATIENCE_USEC);
    ck_assert_int_eq(answer.err.code, ERR_OPERATION_TIMEOUT);
}
END_TEST

/*----- a lock that is held -----*/

START_TEST(a_lock_that_is_held_delays_only_the_xml_of_its_domain)
{
    struct fake_domain *held = fake_domain_add("held", 'h'), *other = fake_domain_add("o", 'o');
    struct answer       first = {0}, second = {0}, free_one = {0}, again = {0};
    cleanup_free char  *path = fake_path("userdata", other->domid);
    uint64_t            begin = loop_now_usec();
    struct err          err;

    ck_assert_int_eq(file_replace(path, "<domain/>", 9, 0600, &err), 0);
    held->locked = true;
    host_domain_kept_xml(host, held->domid, on_kept, &first);
    host_domain_kept_xml(host, held->domid, on_kept, &second);
    turn_for(300000);
    host_domain_kept_xml(host, other->domid, on_kept, &free_one);
    turn_until(&free_one.count, 1, HOST_LIMIT_USEC / 2);
    ck_assert_str_eq(free_one.xml, "<domain/>");
    ck_assert_int_eq(first.count + second.count, 0);
    turn_until(&second.count, 1, PATIENCE_USEC);
    ck_assert_uint_le(second.usec - begin, HOST_LIMIT_USEC + 2000000);
    ck_assert_int_eq(first.count, 1);
    ck_assert_int_eq(second.err.code, ERR_OPERATION_TIMEOUT);
    ck_assert_str_eq(second.err.message,
                     "cannot read what is kept with domain 1: another process holds the domain's "
                     "lock, or xenstored does not answer");
    held->locked = false;
    host_domain_kept_xml(host, held->domid, on_kept, &again);
    turn_until(&again.count, 1, PATIENCE_USEC);
    ck_assert_int_eq(again.err.code, ERR_NONE);
}
END_TEST

/* More than there are processes. */
START_TEST(many_locks_that_are_held_delay_others_by_their_limit_at_most)
{
    struct answer held[HOST_QUERIES_MAX] = {{0}}, other = {0};

    for (unsigned n = 0; n < HOST_QUERIES_MAX; n++) {
        struct fake_domain *dom = fake_domain_add("held", 'h');

        dom->locked = true;
        host_domain_kept_xml(host, dom->domid, on_kept, &held[n]);
    }
    fake_domain_add("o", 'o');
    host_domain_kept_xml(host, HOST_QUERIES_MAX + 1, on_kept, &other);
    turn_until(&other.count, 1, HOST_LIMIT_USEC + 3000000);
    ck_assert_int_eq(other.err.code, ERR_NONE);
    for (unsigned n = 0; n < HOST_QUERIES_MAX; n++) {
        turn_until(&held[n].count, 1, PATIENCE_USEC);
        ck_assert_int_eq(held[n].err.code, ERR_OPERATION_TIMEOUT);
    }
}
END_TEST

/*----- the process -----*/

/* What a process's file in /proc holds. */
static size_t
read_of_process(pid_t pid, const char *file, char *data, size_t size)
{
    cleanup_free char *path = xasprintf("/proc/%d/%s", (int)pid, file);
    cleanup_close int  fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t            n = read(fd, data, size);

    ck_assert_int_gt(n, 0);
    return (size_t)n;
}

/* The one that is started for one that was killed. */
static pid_t
await_other_helper(pid_t first)
{
    uint64_t end = loop_now_usec() + PATIENCE_USEC;
    pid_t    helper = -1;

    while ((helper < 0 || helper == first) && loop_now_usec() < end) {
        turn_for(10000);
        helper = find_helper();
    }
    ck_assert_int_gt(helper, 1);
    return helper;
}

START_TEST(a_helper_that_is_killed_is_started_again)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');
    struct answer       answer = {0}, next = {0};
    pid_t               helper = find_helper();

    turn_until(&changes, 1, PATIENCE_USEC);
    dom->frozen = true;
    host_request(host, HOST_SHUTDOWN_PV, dom->domid, on_done, &answer);
    turn_for(100000);
    changes = 0;
    ck_assert_int_gt(helper, 1);
    kill(helper, SIGKILL);
    turn_until(&answer.count, 1, PATIENCE_USEC);
    ck_assert_int_eq(answer.err.code, ERR_OPERATION_FAILED);
    turn_until(&changes, 1, PATIENCE_USEC);
    (void)await_other_helper(helper);
    dom->frozen = false;
    host_request(host, HOST_PAUSE, dom->domid, on_done, &next);
    turn_until(&next.count, 1, PATIENCE_USEC);
    ck_assert_int_eq(next.err.code, ERR_NONE);
    ck_assert_int_eq(disasters, 0);
}
END_TEST

/* _i: it is let run again, or it is destroyed meanwhile. */
START_TEST(who_asks_a_paused_guest_to_reboot_is_answered_when_it_runs_or_has_gone)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');
    struct answer       answer = {0};

    turn_until(&changes, 1, PATIENCE_USEC);
    dom->paused = true;
    host_request(host, HOST_REBOOT_PV, dom->domid, on_done, &answer);
    turn_for(200000);
    ck_assert_int_eq(answer.count, 0);
    if (_i)
        fake_domain_goes(dom);
    else
        dom->paused = false;
    turn_until(&answer.count, 1, PATIENCE_USEC);
    ck_assert_int_eq(answer.err.code, _i ? ERR_NO_DOMAIN : ERR_NONE);
}
END_TEST

START_TEST(a_helper_inherits_nothing_of_the_daemons)
{
    static const char *const hidden[] = {"LISTEN_FDS", "NOTIFY_SOCKET", "WATCHDOG_USEC"};
    static char              environment[65536];
    size_t                   size;
    pid_t                    first = find_helper(), helper;
    int                      left_open = fcntl(0, F_DUPFD, 100); /* as a socket of systemd's */
    cleanup_free char       *path = NULL;

    ck_assert_int_ge(left_open, 100);
    for (size_t n = 0; n < array_size(hidden); n++)
        setenv(hidden[n], "1", 1);
    kill(first, SIGKILL);
    helper = await_other_helper(first);
    size = read_of_process(helper, "environ", environment, sizeof environment);
    for (size_t n = 0; n < array_size(hidden); n++) {
        ck_assert_ptr_null(memmem(environment, size, hidden[n], strlen(hidden[n])));
        unsetenv(hidden[n]);
    }
    ck_assert_ptr_nonnull(memmem(environment, size, "DOM0D_FAKE_DIR", 14));
    path = xasprintf("/proc/%d/fd/%d", (int)helper, left_open);
    ck_assert_int_lt(access(path, F_OK), 0);
    close(left_open);
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("host-processes");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 180);
    tcase_add_test(tc, names_are_told_and_renames);
    tcase_add_test(tc, a_helper_that_is_slow_to_speak_is_not_taken_for_one_that_has_ended);
    tcase_add_test(tc, an_xenstored_that_is_stopped_delays_no_query_and_calls_have_a_limit);
    tcase_add_test(tc, a_guest_may_take_its_time);
    tcase_add_test(tc, a_lock_that_is_held_delays_only_the_xml_of_its_domain);
    tcase_add_test(tc, many_locks_that_are_held_delay_others_by_their_limit_at_most);
    tcase_add_test(tc, a_helper_that_is_killed_is_started_again);
    tcase_add_loop_test(tc, who_asks_a_paused_guest_to_reboot_is_answered_when_it_runs_or_has_gone,
                        0, 2);
    tcase_add_test(tc, a_helper_inherits_nothing_of_the_daemons);
    return scene_main("host-processes", tc);
}
