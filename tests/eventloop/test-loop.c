/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "eventloop/loop.h"

static struct loop *loop;

static void
setup(void)
{
    loop = loop_new();
}

static void
teardown(void)
{
    loop_free(loop);
}

static void
count(void *arg)
{
    ++*(int *)arg;
}

static void
count_and_stop(void *arg)
{
    ++*(int *)arg;
    loop_stop(loop);
}

START_TEST(no_start_function_calls_its_callback)
{
    struct loop_defer defer;
    struct loop_timer timer;
    struct loop_io    io;
    int               file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int               calls = 0;
    struct err        err;

    loop_defer_init(&defer, loop, count, &calls);
    loop_timer_init(&timer, loop, count, &calls);
    loop_io_init(&io, loop, count, &calls);
    loop_defer_start(&defer);
    loop_timer_start(&timer, 0);
    ck_assert_int_eq(loop_io_start(&io, file, true, false, &err), 0);
    ck_assert_int_eq(calls, 0);
    loop_run_ready(loop);
    ck_assert_int_gt(calls, 0);
    loop_io_stop(&io);
    loop_timer_stop(&timer);
    loop_defer_stop(&defer);
    close(file);
}
END_TEST

/* As libxl has the file of a save, and forgets it. */
struct file {
    struct loop_io io;
    int            fd, calls;
};

static void
file_begin(struct file *file, loop_fn *ready)
{
    char path[] = "/tmp/test-loop.XXXXXX";

    *file = (struct file){.fd = mkstemp(path)};
    unlink(path);
    loop_io_init(&file->io, loop, ready, file);
}

static void
file_end(struct file *file)
{
    loop_io_stop(&file->io);
    close(file->fd);
}

static void
file_ready(void *arg)
{
    struct file *file = arg;

    file->calls++;
}

static void
file_ready_once(void *arg)
{
    struct file *file = arg;

    file->calls++;
    loop_io_stop(&file->io);
}

/* The turns of the loop until usec from now. */
static int
turns_in(uint64_t usec)
{
    struct loop_timer timer;
    int               done = 0, turns = 0;

    loop_timer_init(&timer, loop, count, &done);
    loop_timer_start(&timer, usec);
    do {
        loop_run_once(loop);
        turns++;
    } while (loop_timer_is_active(&timer));
    return turns;
}

START_TEST(a_regular_file_is_ready_until_it_is_stopped)
{
    struct file file;
    struct err  err;

    file_begin(&file, file_ready);
    ck_assert_int_eq(loop_io_start(&file.io, file.fd, false, true, &err), 0);
    turns_in(100000);
    ck_assert_int_ge(file.calls, 3);
    loop_io_stop(&file.io);
    file.calls = 0;
    turns_in(50000);
    ck_assert_int_eq(file.calls, 0);
    file_end(&file);
}
END_TEST

START_TEST(a_regular_file_that_stays_registered_does_not_keep_the_processor_busy)
{
    struct file     file;
    struct timespec before, after;
    struct err      err;
    int             turns;

    file_begin(&file, file_ready);
    ck_assert_int_eq(loop_io_start(&file.io, file.fd, false, true, &err), 0);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    turns = turns_in(500000);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    ck_assert_int_le(turns, 60);
    ck_assert_int_le(file.calls, 60);
    ck_assert_int_lt(
        (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000, 100);
    file_end(&file);
}
END_TEST

/* libxl registers a file for each record that it writes: none of them may wait. */
/* Returns how long it took. */
static uint64_t
start_file_again_and_again(void)
{
    struct file file;
    struct err  err;
    uint64_t    begin = loop_now_usec();

    file_begin(&file, file_ready_once);
    for (int n = 1; n <= 50; n++) {
        ck_assert_int_eq(loop_io_start(&file.io, file.fd, false, true, &err), 0);
        loop_run_ready(loop);
        ck_assert_int_eq(file.calls, n);
    }
    ck_assert_int_eq(loop_io_start(&file.io, file.fd, false, true, &err), 0);
    ck_assert_int_eq(loop_io_start(&file.io, file.fd, true, true, &err), 0);
    loop_run_ready(loop);
    ck_assert_int_eq(file.calls, 51);
    file_end(&file);
    return loop_now_usec() - begin;
}

/* Not 10 ms each.  A busy machine may take long for one of many tries. */
START_TEST(a_regular_file_that_is_started_again_is_ready_at_once)
{
    uint64_t took = start_file_again_and_again();

    for (int n = 0; n < 50 && took >= 250000; n++)
        took = start_file_again_and_again();
    ck_assert_uint_lt(took, 250000);
}
END_TEST

START_TEST(a_descriptor_that_is_none_is_refused_with_the_reason)
{
    struct loop_io io;
    struct err     err = {0};
    int            calls = 0;

    loop_io_init(&io, loop, count, &calls);
    ck_assert_int_eq(loop_io_start(&io, _i ? 987 : -1, true, false, &err), -1);
    ck_assert_int_eq(err.detail, EBADF);
    ck_assert_ptr_nonnull(strstr(err.message, "Bad file descriptor"));
    loop_run_ready(loop);
    ck_assert_int_eq(calls, 0);
    loop_io_stop(&io);
}
END_TEST

/* As epoll refuses what has no poll of its own. */
START_TEST(a_device_that_cannot_be_waited_for_is_ready)
{
    struct loop_io io;
    int            fd = open("/dev/null", O_RDWR | O_CLOEXEC), calls = 0;
    struct err     err;

    loop_io_init(&io, loop, count, &calls);
    ck_assert_int_eq(loop_io_start(&io, fd, true, false, &err), 0);
    loop_run_ready(loop);
    ck_assert_int_eq(calls, 1);
    loop_io_stop(&io);
    close(fd);
}
END_TEST

START_TEST(a_start_that_is_refused_leaves_the_old_one)
{
    struct loop_io io;
    struct err     err;
    int            ends[2], calls = 0;

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    loop_io_init(&io, loop, count, &calls);
    ck_assert_int_eq(loop_io_start(&io, ends[0], true, false, &err), 0);
    ck_assert_int_eq(loop_io_start(&io, 987, true, false, &err), -1);
    loop_run_ready(loop);
    ck_assert_int_eq(calls, 1);
    loop_io_stop(&io);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(a_pipe_is_ready_while_it_holds_something)
{
    struct loop_io io;
    struct err     err;
    int            ends[2], calls = 0;

    ck_assert_int_eq(pipe(ends), 0);
    loop_io_init(&io, loop, count, &calls);
    ck_assert_int_eq(loop_io_start(&io, ends[0], true, false, &err), 0);
    loop_run_ready(loop);
    ck_assert_int_eq(calls, 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    loop_run_ready(loop);
    loop_run_ready(loop);
    ck_assert_int_eq(calls, 2);
    loop_io_stop(&io);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

/* What runs, in its order: 'l' for a low one, the first of which makes the other one, 'n', ready.
 */
#define N_LOW 3

struct race {
    struct low {
        struct loop_io io;
        struct race   *race;
    } low[N_LOW];
    struct loop_io normal;
    int            ends[2]; /* the normal one's */
    char           log[N_LOW + 2];
};

static void
low_runs(void *arg)
{
    struct low *low = arg;

    if (!*low->race->log)
        ck_assert_int_eq(write(low->race->ends[1], "x", 1), 1);
    strcat(low->race->log, "l");
    loop_io_stop(&low->io);
    usleep(LOOP_DEFERS_USEC);
}

static void
normal_runs(void *arg)
{
    struct race *race = arg;

    strcat(race->log, "n");
    loop_io_stop(&race->normal);
}

START_TEST(what_becomes_ready_runs_before_the_low_ones_that_have_been_ready_for_longer)
{
    struct race race = {.log = ""};
    struct err  err;
    int         ready[2];

    ck_assert_int_eq(pipe(race.ends), 0);
    ck_assert_int_eq(pipe(ready), 0);
    ck_assert_int_eq(write(ready[1], "x", 1), 1);
    loop_io_init(&race.normal, loop, normal_runs, &race);
    ck_assert_int_eq(loop_io_start(&race.normal, race.ends[0], true, false, &err), 0);
    for (size_t n = 0; n < N_LOW; n++) {
        race.low[n].race = &race;
        loop_io_init(&race.low[n].io, loop, low_runs, &race.low[n]);
        loop_io_set_low(&race.low[n].io);
        ck_assert_int_eq(loop_io_start(&race.low[n].io, dup(ready[0]), true, false, &err), 0);
    }
    while (loop_run_ready(loop))
        continue;
    ck_assert_str_eq(race.log, "lnll");
    for (size_t n = 0; n < N_LOW; n++)
        close(race.low[n].io.fd);
    for (size_t n = 0; n < 2; n++) {
        close(race.ends[n]);
        close(ready[n]);
    }
}
END_TEST

START_TEST(what_becomes_ready_runs_before_the_deferred_calls_that_have_waited_for_longer)
{
    struct race       race = {.log = ""};
    struct loop_defer defers[N_LOW];
    struct err        err;

    ck_assert_int_eq(pipe(race.ends), 0);
    loop_io_init(&race.normal, loop, normal_runs, &race);
    ck_assert_int_eq(loop_io_start(&race.normal, race.ends[0], true, false, &err), 0);
    for (size_t n = 0; n < N_LOW; n++) {
        race.low[n].race = &race;
        loop_io_init(&race.low[n].io, loop, low_runs, &race.low[n]);
        loop_defer_init(&defers[n], loop, low_runs, &race.low[n]);
        loop_defer_start(&defers[n]);
    }
    while (loop_run_ready(loop))
        continue;
    ck_assert_str_eq(race.log, "lnll");
    close(race.ends[0]);
    close(race.ends[1]);
}
END_TEST

START_TEST(what_is_always_ready_lets_low_ones_and_deferred_calls_run)
{
    struct race       race = {.log = ""};
    struct loop_defer defer;
    struct loop_io    always;
    struct err        err;
    int               ready[2], calls = 0;

    ck_assert_int_eq(pipe(ready), 0);
    ck_assert_int_eq(write(ready[1], "x", 1), 1);
    loop_io_init(&always, loop, count, &calls);
    ck_assert_int_eq(loop_io_start(&always, ready[0], true, false, &err), 0);
    race.low[0].race = race.low[1].race = &race;
    race.ends[1] = ready[1];
    loop_defer_init(&defer, loop, low_runs, &race.low[0]);
    loop_defer_start(&defer);
    loop_io_init(&race.low[0].io, loop, low_runs, &race.low[0]);
    loop_io_init(&race.low[1].io, loop, low_runs, &race.low[1]);
    loop_io_set_low(&race.low[1].io);
    ck_assert_int_eq(loop_io_start(&race.low[1].io, dup(ready[0]), true, false, &err), 0);
    for (int n = 0; n < 10; n++)
        loop_run_ready(loop);
    ck_assert_str_eq(race.log, "ll");
    ck_assert_int_gt(calls, 1);
    loop_io_stop(&always);
    close(race.low[1].io.fd);
    close(ready[0]);
    close(ready[1]);
}
END_TEST

START_TEST(a_low_one_that_is_stopped_while_it_waits_is_not_called)
{
    struct loop_io io;
    struct err     err;
    int            ready[2], calls = 0;

    ck_assert_int_eq(pipe(ready), 0);
    ck_assert_int_eq(write(ready[1], "x", 1), 1);
    loop_io_init(&io, loop, count, &calls);
    loop_io_set_low(&io);
    ck_assert_int_eq(loop_io_start(&io, ready[0], true, false, &err), 0);
    ck_assert(loop_run_ready(loop)); /* it waits */
    loop_io_stop(&io);
    while (loop_run_ready(loop))
        continue;
    ck_assert_int_eq(calls, 0);
    close(ready[0]);
    close(ready[1]);
}
END_TEST

/* Two that are deferred; the first stops the second. */
struct pair {
    struct loop_defer first, second;
    char              log[16];
};

static void
first_runs(void *arg)
{
    struct pair *pair = arg;

    strcat(pair->log, "1");
    loop_defer_start(&pair->first);
    loop_defer_stop(&pair->second);
}

static void
second_runs(void *arg)
{
    struct pair *pair = arg;

    strcat(pair->log, "2");
}

START_TEST(a_deferred_call_may_stop_another_and_start_itself_for_the_next_turn)
{
    struct pair pair = {.log = ""};

    loop_defer_init(&pair.first, loop, first_runs, &pair);
    loop_defer_init(&pair.second, loop, second_runs, &pair);
    loop_defer_start(&pair.first);
    loop_defer_start(&pair.second);
    loop_run_ready(loop);
    ck_assert_str_eq(pair.log, "1");
    loop_run_ready(loop);
    ck_assert_str_eq(pair.log, "11");
    loop_defer_stop(&pair.first);
}
END_TEST

START_TEST(deferred_calls_run_in_the_order_of_their_starts)
{
    struct pair pair = {.log = ""};

    loop_defer_init(&pair.first, loop, second_runs, &pair);
    loop_defer_init(&pair.second, loop, first_runs, &pair);
    loop_defer_start(&pair.first);
    loop_defer_start(&pair.second);
    loop_defer_start(&pair.first); /* twice is once */
    while (strlen(pair.log) < 2)   /* in one turn, or where that takes long in two */
        loop_run_ready(loop);
    ck_assert_str_eq(pair.log, "21");
    loop_defer_stop(&pair.first);
    loop_defer_stop(&pair.second);
}
END_TEST

static void
free_defer(void *arg)
{
    free(arg);
}

START_TEST(a_callback_may_free_what_called_it)
{
    struct loop_defer *defer = xcalloc(1, sizeof *defer);
    struct loop_timer *timer = xcalloc(1, sizeof *timer);

    loop_defer_init(defer, loop, free_defer, defer);
    loop_timer_init(timer, loop, free_defer, timer);
    loop_defer_start(defer);
    loop_timer_start(timer, 0);
    usleep(2000);
    loop_run_ready(loop);
    loop_run_ready(loop);
}
END_TEST

/* libevent counts from a clock that may be behind by this. */
static uint64_t
tick_usec(void)
{
    struct timespec tick;

    ck_assert_int_eq(clock_getres(CLOCK_MONOTONIC_COARSE, &tick), 0);
    return (uint64_t)tick.tv_nsec / 1000;
}

START_TEST(a_timer_fires_once_and_not_before_its_time)
{
    struct loop_timer timer;
    uint64_t          begin = loop_now_usec();
    int               calls = 0;

    loop_timer_init(&timer, loop, count_and_stop, &calls);
    loop_timer_start(&timer, 20000);
    ck_assert(loop_timer_is_active(&timer));
    loop_run(loop);
    ck_assert_uint_ge(loop_now_usec() - begin + tick_usec(), 19000);
    ck_assert(!loop_timer_is_active(&timer));
    usleep(30000);
    loop_run_ready(loop);
    ck_assert_int_eq(calls, 1);
}
END_TEST

START_TEST(a_stopped_timer_does_not_fire)
{
    struct loop_timer timer;
    int               calls = 0;

    loop_timer_init(&timer, loop, count, &calls);
    loop_timer_start(&timer, 0);
    loop_timer_stop(&timer);
    usleep(2000);
    loop_run_ready(loop);
    ck_assert_int_eq(calls, 0);
}
END_TEST

START_TEST(a_signal_arrives_in_the_loop)
{
    struct loop_signal sig;
    int                calls = 0;

    loop_signal_init(&sig, loop, count_and_stop, &calls);
    loop_signal_start(&sig, SIGUSR1);
    raise(SIGUSR1);
    ck_assert_int_eq(calls, 0);
    loop_run(loop);
    ck_assert_int_eq(calls, 1);
    loop_signal_stop(&sig);
}
END_TEST

static pid_t
child_that_exits(int status)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(status);
    return pid;
}

struct exits {
    struct loop_child child;
    int               calls, status;
};

static void
child_exited(void *arg, int status)
{
    struct exits *exits = arg;

    exits->calls++;
    exits->status = status;
}

static void
child_begin(struct exits *exits, pid_t pid)
{
    *exits = (struct exits){0};
    loop_child_init(&exits->child, loop, child_exited, exits);
    loop_child_start(&exits->child, pid);
}

static void
assert_exited(const struct exits *exits, int status)
{
    ck_assert_int_eq(exits->calls, 1);
    ck_assert(WIFEXITED(exits->status));
    ck_assert_int_eq(WEXITSTATUS(exits->status), status);
}

/* Until SIGCHLD was told of count exits at least, as a child of ours or by all that have exited. */
static void
wait_for_exits(const struct exits *exits, size_t count)
{
    uint64_t end = loop_now_usec() + 10000000;
    size_t   told;

    do {
        ck_assert_msg(loop_now_usec() < end, "an exit was not told");
        turns_in(1000);
        told = 0;
        for (size_t n = 0; n < count; n++)
            told += exits[n].calls > 0;
    } while (told < count);
}

START_TEST(each_exit_is_told_once_with_its_status_and_a_strangers_child_is_left_alone)
{
    struct exits exits[3];
    pid_t        stranger = child_that_exits(7);
    int          status, calls = 0;

    loop_on_sigchld(loop, count, &calls);
    for (int n = 0; n < 3; n++)
        child_begin(&exits[n], child_that_exits(3 + n));
    wait_for_exits(exits, 3);
    raise(SIGCHLD);
    turns_in(50000);
    for (int n = 0; n < 3; n++)
        assert_exited(&exits[n], 3 + n);
    ck_assert_int_gt(calls, 0);
    ck_assert_int_eq(waitpid(stranger, &status, 0), stranger);
    ck_assert_int_eq(WEXITSTATUS(status), 7);
    loop_on_sigchld(loop, NULL, NULL);
}
END_TEST

START_TEST(a_child_that_is_not_watched_any_more_is_not_told)
{
    struct exits exits;
    pid_t        pid = child_that_exits(4);
    int          status;

    child_begin(&exits, pid);
    loop_child_stop(&exits.child);
    turns_in(50000);
    ck_assert_int_eq(exits.calls, 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
}
END_TEST

START_TEST(a_child_that_died_before_it_was_watched_is_noticed)
{
    struct exits exits;
    siginfo_t    info;
    pid_t        pid = child_that_exits(5);

    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    child_begin(&exits, pid);
    wait_for_exits(&exits, 1);
    assert_exited(&exits, 5);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("loop");
    TCase   *tc = tcase_create("loop");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, no_start_function_calls_its_callback);
    tcase_add_test(tc, a_regular_file_is_ready_until_it_is_stopped);
    tcase_add_test(tc, a_regular_file_that_stays_registered_does_not_keep_the_processor_busy);
    tcase_add_test(tc, a_regular_file_that_is_started_again_is_ready_at_once);
    tcase_add_loop_test(tc, a_descriptor_that_is_none_is_refused_with_the_reason, 0, 2);
    tcase_add_test(tc, a_device_that_cannot_be_waited_for_is_ready);
    tcase_add_test(tc, a_start_that_is_refused_leaves_the_old_one);
    tcase_add_test(tc, a_pipe_is_ready_while_it_holds_something);
    tcase_add_test(tc, what_becomes_ready_runs_before_the_low_ones_that_have_been_ready_for_longer);
    tcase_add_test(tc,
                   what_becomes_ready_runs_before_the_deferred_calls_that_have_waited_for_longer);
    tcase_add_test(tc, what_is_always_ready_lets_low_ones_and_deferred_calls_run);
    tcase_add_test(tc, a_low_one_that_is_stopped_while_it_waits_is_not_called);
    tcase_add_test(tc, a_deferred_call_may_stop_another_and_start_itself_for_the_next_turn);
    tcase_add_test(tc, deferred_calls_run_in_the_order_of_their_starts);
    tcase_add_test(tc, a_callback_may_free_what_called_it);
    tcase_add_test(tc, a_timer_fires_once_and_not_before_its_time);
    tcase_add_test(tc, a_stopped_timer_does_not_fire);
    tcase_add_test(tc, a_signal_arrives_in_the_loop);
    tcase_add_test(tc, each_exit_is_told_once_with_its_status_and_a_strangers_child_is_left_alone);
    tcase_add_test(tc, a_child_that_is_not_watched_any_more_is_not_told);
    tcase_add_test(tc, a_child_that_died_before_it_was_watched_is_noticed);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
