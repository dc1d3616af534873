/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loop as libxl sees it through its hooks. */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake-libxl.h"
#include "scene.h"

static const libxl_osevent_hooks *hooks;
static void                      *user;
static int                        calls;

static void
setup(void)
{
    scene_begin();
    hooks = scene.xl.ctx->hooks;
    user = scene.xl.ctx->hooks_user;
    calls = 0;
}

static void
teardown(void)
{
    scene_end();
}

static void
turn(void)
{
    for (int n = 0; n < 5; n++)
        loop_run_ready(scene.loop);
}

static void
ended(struct xl_call *call, int rc)
{
    (void)call, (void)rc;
    calls++;
}

START_TEST(a_timeout_comes_when_it_is_due_and_not_before)
{
    struct fake_domain *dom = fake_domain_add("web", 'w');
    struct xl_call      call;
    uint64_t            begin = loop_now_usec();

    scene.world->delay_msec = 60;
    xl_call_init(&call, &scene.xl);
    xl_domain_pause(&call, dom->domid, ended);
    while (!calls && loop_now_usec() < begin + 60000000)
        loop_run_ready(scene.loop);
    ck_assert_int_eq(calls, 1);
    /* libevent's clock is a coarse one, a few milliseconds. */
    ck_assert_uint_ge(loop_now_usec() - begin, 50000);
}
END_TEST

START_TEST(a_timeout_in_the_past_comes_at_once)
{
    struct fake_domain *dom = fake_domain_add("web", 'w');
    struct xl_call      call;

    xl_call_init(&call, &scene.xl);
    xl_domain_pause(&call, dom->domid, ended);
    ck_assert_int_eq(calls, 0);
    turn();
    ck_assert_int_eq(calls, 1);
}
END_TEST

/* libxl gives up a timeout by having it fire at once, and leaks if it is not told of it. */
START_TEST(a_timeout_that_libxl_drops_is_still_told)
{
    struct fake_timeout *timeout = fake_timeout_new(scene.xl.ctx, NULL, 100000);

    fake_timeout_drop(scene.xl.ctx, timeout);
    ck_assert(!LIST_EMPTY(&scene.xl.timeouts));
    turn();
    ck_assert(LIST_EMPTY(&scene.xl.timeouts)); /* and its memory is libxl's to free, which it did */
}
END_TEST

START_TEST(a_descriptor_tells_for_as_long_as_it_is_registered)
{
    libxl_evgen_domain_death *evgen;

    ck_assert_int_eq(libxl_evenable_domain_death(scene.xl.ctx, 77, 0, &evgen), 0);
    ck_assert(!LIST_EMPTY(&scene.xl.fds));
    fake_xen_changed();
    turn();
    ck_assert(((struct fake_evgen *)evgen)->death_told);
    libxl_evdisable_domain_death(scene.xl.ctx, evgen);
    ck_assert(LIST_EMPTY(&scene.xl.fds));
    fake_xen_changed();
    turn();
}
END_TEST

START_TEST(a_descriptor_may_be_registered_for_nothing_and_changed_later)
{
    int   fds[2];
    void *registration = NULL;

    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(hooks->fd_register(user, fds[0], &registration, 0, NULL), 0);
    turn();
    ck_assert_int_eq(hooks->fd_modify(user, fds[0], &registration, POLLIN), 0);
    turn(); /* nothing to read */
    ck_assert_int_eq(hooks->fd_modify(user, fds[0], &registration, 0), 0);
    ck_assert_int_eq(write(fds[1], "x", 1), 1);
    turn(); /* nobody asked */
    hooks->fd_deregister(user, fds[0], registration);
    close(fds[0]);
    close(fds[1]);
}
END_TEST

START_TEST(a_descriptor_that_the_loop_refuses_is_told_to_libxl_with_the_reason)
{
    void *registration = NULL;
    int   fds[2];

    ck_assert_int_eq(hooks->fd_register(user, 987, &registration, POLLIN, NULL),
                     ERROR_OSEVENT_REG_FAIL);
    ck_assert(LIST_EMPTY(&scene.xl.fds));
    ck_assert_ptr_nonnull(strstr(scene.xl.log.reasons, "Bad file descriptor"));

    /* One that was closed behind our back: what was registered stays so. */
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(hooks->fd_register(user, fds[0], &registration, 0, NULL), 0);
    close(fds[0]);
    close(fds[1]);
    ck_assert_int_eq(hooks->fd_modify(user, fds[0], &registration, POLLIN), ERROR_OSEVENT_REG_FAIL);
    ck_assert(!LIST_EMPTY(&scene.xl.fds));
    turn();
    hooks->fd_deregister(user, fds[0], registration);
}
END_TEST

START_TEST(an_operation_that_forks_ends_when_its_childs_exit_is_handed_on)
{
    struct fake_domain *dom = fake_domain_add("web", 'w');
    struct xl_call      call;
    uint64_t            end = loop_now_usec() + 60000000;

    scene.world->forks = true;
    scene.world->delay_msec = 20;
    xl_call_init(&call, &scene.xl);
    xl_domain_pause(&call, dom->domid, ended);
    turn();
    ck_assert_int_eq(calls, 0);
    while (!calls && loop_now_usec() < end)
        loop_run_ready(scene.loop);
    ck_assert_int_eq(calls, 1);
    ck_assert(dom->paused);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* libxl has reaped it */
}
END_TEST

static void
give_up(libxl_ctx *ctx)
{
    ctx->event_hooks->disaster(ctx->event_user, 0, "gives up", 0);
    ctx->lost = true; /* the fake ends the process if it is entered from here on */
}

START_TEST(sigchld_enters_no_context_that_is_lost)
{
    give_up(scene.xl.ctx);
    loop_defer_stop(&scene.xl.disaster); /* its owner does not know yet */
    raise(SIGCHLD);
    turn();
    loop_defer_start(&scene.xl.disaster);
    turn();
    ck_assert_int_eq(scene.disasters, 1);
    raise(SIGCHLD);
    turn();
}
END_TEST

START_TEST(sigchld_enters_no_context_that_is_closed)
{
    xl_close(&scene.xl);
    raise(SIGCHLD);
    turn();
}
END_TEST

START_TEST(a_disaster_is_told_once_from_the_loop)
{
    libxl_evgen_domain_death *evgen;

    ck_assert_int_eq(libxl_evenable_domain_death(scene.xl.ctx, 77, 0, &evgen), 0);
    scene.world->xenstore_broken = true;
    fake_xen_changed();
    turn();
    ck_assert_int_eq(scene.disasters, 1);
    ck_assert(scene.xl.lost);
    ck_assert(LIST_EMPTY(&scene.xl.fds));
    fake_xen_changed();
    turn();
    ck_assert_int_eq(scene.disasters, 1);
    scene.world->xenstore_broken = false;
}
END_TEST

START_TEST(a_context_that_is_closed_leaves_nothing_in_the_loop)
{
    libxl_evgen_domain_death *evgen;

    ck_assert_int_eq(libxl_evenable_domain_death(scene.xl.ctx, 77, 0, &evgen), 0);
    fake_timeout_drop(scene.xl.ctx, fake_timeout_new(scene.xl.ctx, NULL, 0));
    xl_close(&scene.xl);
    ck_assert(LIST_EMPTY(&scene.xl.fds) && LIST_EMPTY(&scene.xl.timeouts));
    turn();
    /* loop_free asserts the rest. */
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("xl-hooks");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_timeout_comes_when_it_is_due_and_not_before);
    tcase_add_test(tc, a_timeout_in_the_past_comes_at_once);
    tcase_add_test(tc, a_timeout_that_libxl_drops_is_still_told);
    tcase_add_test(tc, a_descriptor_tells_for_as_long_as_it_is_registered);
    tcase_add_test(tc, a_descriptor_may_be_registered_for_nothing_and_changed_later);
    tcase_add_test(tc, a_descriptor_that_the_loop_refuses_is_told_to_libxl_with_the_reason);
    tcase_add_test(tc, an_operation_that_forks_ends_when_its_childs_exit_is_handed_on);
    tcase_add_test(tc, sigchld_enters_no_context_that_is_lost);
    tcase_add_test(tc, sigchld_enters_no_context_that_is_closed);
    tcase_add_test(tc, a_disaster_is_told_once_from_the_loop);
    tcase_add_test(tc, a_context_that_is_closed_leaves_nothing_in_the_loop);
    return scene_main("xl-hooks", tc);
}
