/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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

    loop_defer_init(&defer, loop, count, &calls);
    loop_timer_init(&timer, loop, count, &calls);
    loop_io_init(&io, loop, count, &calls);
    loop_defer_start(&defer);
    loop_timer_start(&timer, 0);
    loop_io_start(&io, file, true, false);
    ck_assert_int_eq(calls, 0);
    loop_run_ready(loop);
    ck_assert_int_gt(calls, 0);
    loop_io_stop(&io);
    loop_timer_stop(&timer);
    loop_defer_stop(&defer);
    close(file);
}
END_TEST

START_TEST(a_regular_file_is_always_ready_until_it_is_stopped)
{
    struct loop_io io;
    char           path[] = "/tmp/test-loop.XXXXXX";
    int            file = mkstemp(path);
    int            calls = 0;

    unlink(path);
    loop_io_init(&io, loop, count, &calls);
    loop_io_start(&io, file, false, true);
    for (int i = 0; i < 5; i++)
        loop_run_ready(loop);
    ck_assert_int_eq(calls, 5);
    loop_io_stop(&io);
    loop_run_ready(loop);
    ck_assert_int_eq(calls, 5);
    close(file);
}
END_TEST

START_TEST(a_pipe_is_ready_while_it_holds_something)
{
    struct loop_io io;
    int            ends[2], calls = 0;

    ck_assert_int_eq(pipe(ends), 0);
    loop_io_init(&io, loop, count, &calls);
    loop_io_start(&io, ends[0], true, false);
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

START_TEST(a_timer_fires_once_and_not_before_its_time)
{
    struct loop_timer timer;
    uint64_t          begin = loop_now_usec();
    int               calls = 0;

    loop_timer_init(&timer, loop, count_and_stop, &calls);
    loop_timer_start(&timer, 20000);
    ck_assert(loop_timer_is_active(&timer));
    loop_run(loop);
    ck_assert_uint_ge(loop_now_usec() - begin, 19000);
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

static int exits, last_status;

static void
child_exited(void *arg, int status)
{
    (void)arg;
    last_status = status;
    if (++exits == 2)
        loop_stop(loop);
}

START_TEST(each_exit_is_told_once_with_its_status_and_a_strangers_child_is_left_alone)
{
    struct loop_child a, b;
    pid_t             stranger = child_that_exits(7);
    int               status, calls = 0;

    exits = 0;
    loop_on_sigchld(loop, count, &calls);
    loop_child_init(&a, loop, child_exited, NULL);
    loop_child_init(&b, loop, child_exited, NULL);
    loop_child_start(&a, child_that_exits(3));
    loop_child_start(&b, child_that_exits(3));
    loop_run(loop);
    ck_assert_int_eq(exits, 2);
    ck_assert_int_eq(WEXITSTATUS(last_status), 3);
    ck_assert_int_gt(calls, 0);
    ck_assert_int_eq(waitpid(stranger, &status, 0), stranger);
    ck_assert_int_eq(WEXITSTATUS(status), 7);
    loop_on_sigchld(loop, NULL, NULL);
}
END_TEST

START_TEST(a_child_that_died_before_it_was_watched_is_noticed)
{
    struct loop_child child;
    siginfo_t         info;
    pid_t             pid = child_that_exits(0);

    exits = 1; /* child_exited stops at the second */
    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    loop_child_init(&child, loop, child_exited, NULL);
    loop_child_start(&child, pid);
    loop_run(loop);
    ck_assert_int_eq(exits, 2);
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
    tcase_add_test(tc, a_regular_file_is_always_ready_until_it_is_stopped);
    tcase_add_test(tc, a_pipe_is_ready_while_it_holds_something);
    tcase_add_test(tc, a_deferred_call_may_stop_another_and_start_itself_for_the_next_turn);
    tcase_add_test(tc, deferred_calls_run_in_the_order_of_their_starts);
    tcase_add_test(tc, a_callback_may_free_what_called_it);
    tcase_add_test(tc, a_timer_fires_once_and_not_before_its_time);
    tcase_add_test(tc, a_stopped_timer_does_not_fire);
    tcase_add_test(tc, a_signal_arrives_in_the_loop);
    tcase_add_test(tc, each_exit_is_told_once_with_its_status_and_a_strangers_child_is_left_alone);
    tcase_add_test(tc, a_child_that_died_before_it_was_watched_is_noticed);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
