/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "eventloop/work.h"

static struct loop *loop;
static int          gate[2]; /* a piece waits until something comes out of it */

/* What was done, and answered, in order. */
static char done_in_order[64];
static char answered[64];
static char not_ended[64];

struct piece {
    char        name;
    bool        waits;
    atomic_bool begun;
    pthread_t   thread; /* that did it */
    bool        hears_signals;
    int         nice_value;
};

static struct piece pieces[16];

static void
setup(void)
{
    loop = loop_new();
    ck_assert_int_eq(pipe(gate), 0);
    memset(pieces, 0, sizeof pieces);
    done_in_order[0] = answered[0] = not_ended[0] = '\0';
}

static void
teardown(void)
{
    loop_end_work(loop);
    loop_free(loop);
    close(gate[0]);
    close(gate[1]);
}

static void
note(char *where, char name)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

    pthread_mutex_lock(&lock);
    strncat(where, &name, 1);
    pthread_mutex_unlock(&lock);
}

static void
piece_run(void *arg)
{
    struct piece *piece = arg;
    sigset_t      blocked;
    char          c;

    piece->begun = true;
    if (piece->waits)
        ck_assert_int_eq(read(gate[0], &c, 1), 1);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    piece->nice_value = getpriority(PRIO_PROCESS, 0);
    piece->hears_signals = !sigismember(&blocked, SIGTERM);
    piece->thread = pthread_self();
    note(done_in_order, piece->name);
}

static void
piece_done(void *arg, bool ended)
{
    const struct piece *piece = arg;

    note(ended ? answered : not_ended, piece->name);
}

static struct piece *
piece_new(char name)
{
    struct piece *piece = pieces;

    while (piece->name)
        piece++;
    piece->name = name;
    return piece;
}

static struct piece *
begin(char name, uint64_t whose, bool is_long)
{
    struct piece *piece = piece_new(name);

    loop_work(loop, whose, is_long, piece_run, piece_done, piece);
    return piece;
}

/* It is under way until open_gate. */
static void
begin_one_that_waits(uint64_t whose)
{
    struct piece *piece = piece_new('-');

    piece->waits = true;
    loop_work(loop, whose, true, piece_run, piece_done, piece);
    while (!piece->begun)
        usleep(1000);
}

static void
open_gate(void)
{
    ck_assert_int_eq(write(gate[1], "", 1), 1);
}

static void
await_answers(size_t count)
{
    while (strlen(answered) < count)
        loop_run_once(loop);
}

START_TEST(work_is_answered_from_the_loop)
{
    begin('a', 1, _i);
    usleep(10000);
    ck_assert_str_eq(answered, "");
    await_answers(1);
    ck_assert_str_eq(done_in_order, "a");
}
END_TEST

START_TEST(long_work_is_done_by_another_thread_and_short_work_by_the_loop)
{
    const struct piece *far = begin('a', 1, true), *near = begin('b', 1, false);

    await_answers(2);
    ck_assert(!pthread_equal(far->thread, pthread_self()));
    ck_assert(pthread_equal(near->thread, pthread_self()));
}
END_TEST

START_TEST(the_thread_takes_no_signals)
{
    const struct piece *far = begin('a', 1, true), *near = begin('b', 1, false);

    await_answers(2);
    ck_assert(!far->hears_signals);
    ck_assert(near->hears_signals);
}
END_TEST

START_TEST(the_thread_gives_the_loop_precedence)
{
    const int           own = getpriority(PRIO_PROCESS, 0);
    const struct piece *long_one = begin('a', 1, true), *short_one = begin('b', 1, false);

    await_answers(2);
    ck_assert_int_eq(long_one->nice_value, own + 10 > 19 ? 19 : own + 10);
    ck_assert_int_eq(short_one->nice_value, own);
}
END_TEST

START_TEST(long_work_holds_up_neither_the_loop_nor_short_work)
{
    begin_one_that_waits(1);
    begin('a', 1, false);
    await_answers(1);
    ck_assert_str_eq(answered, "a");
    open_gate();
    await_answers(2);
    ck_assert_str_eq(answered, "a-");
}
END_TEST

START_TEST(owners_of_work_have_their_turns)
{
    begin_one_that_waits(1);
    for (const char *name = "abc"; *name; name++)
        begin(*name, 1, true);
    begin('d', 2, true);
    begin('e', 3, true);
    begin('f', 2, true);
    open_gate();
    await_answers(7);
    ck_assert_str_eq(done_in_order, "-adebfc");
}
END_TEST

/* Nobody who comes again and again has all the turns. */
START_TEST(who_has_waited_goes_before_who_comes_later)
{
    begin_one_that_waits(1);
    begin('a', 1, true);
    begin('b', 2, true);
    begin('c', 3, true);
    open_gate();
    await_answers(4);
    ck_assert_str_eq(done_in_order, "-abc");
}
END_TEST

START_TEST(an_end_of_the_work_answers_all_that_wait_for_it)
{
    begin('a', 1, true);
    begin_one_that_waits(1);
    begin('b', 1, true);
    begin('c', 1, false);
    open_gate();
    loop_end_work(loop);
    ck_assert_str_eq(answered, "");
    ck_assert_uint_eq(strlen(not_ended), 4);
    ck_assert_ptr_null(strchr(done_in_order, 'c'));
}
END_TEST

START_TEST(there_can_be_work_after_an_end)
{
    begin('a', 1, true);
    await_answers(1);
    loop_end_work(loop);
    begin('b', 1, true);
    await_answers(2);
    ck_assert_str_eq(not_ended, "");
}
END_TEST

START_TEST(where_no_thread_can_be_had_the_loop_does_the_work)
{
    struct rlimit       before, none;
    const struct piece *piece;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    piece = begin('a', 1, true);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    await_answers(1);
    ck_assert(pthread_equal(piece->thread, pthread_self()));
}
END_TEST

int
main(void)
{
    TCase   *tc = tcase_create("work");
    Suite   *suite = suite_create("work");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, work_is_answered_from_the_loop, 0, 2);
    tcase_add_test(tc, long_work_is_done_by_another_thread_and_short_work_by_the_loop);
    tcase_add_test(tc, the_thread_takes_no_signals);
    tcase_add_test(tc, the_thread_gives_the_loop_precedence);
    tcase_add_test(tc, long_work_holds_up_neither_the_loop_nor_short_work);
    tcase_add_test(tc, owners_of_work_have_their_turns);
    tcase_add_test(tc, who_has_waited_goes_before_who_comes_later);
    tcase_add_test(tc, an_end_of_the_work_answers_all_that_wait_for_it);
    tcase_add_test(tc, there_can_be_work_after_an_end);
    tcase_add_test(tc, where_no_thread_can_be_had_the_loop_does_the_work);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
