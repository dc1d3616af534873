/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rule that all operations rely on: one callback per call, from the loop, exactly once. */
#include <check.h>
#include <string.h>

#include "base/alloc.h"
#include "scene.h"

static struct xl_call      call;
static int                 calls, last_rc;
static bool                inside; /* a function of libxl's or ours runs */
static struct fake_domain *dom;

static void
ended(struct xl_call *c, int rc)
{
    ck_assert_ptr_eq(c, &call);
    ck_assert(!inside);
    ck_assert(!c->active);
    calls++;
    last_rc = rc;
}

static void
setup(void)
{
    scene_begin();
    calls = 0;
    last_rc = 12345;
    inside = false;
    dom = fake_domain_add("web", 'w');
    xl_call_init(&call, &scene.xl);
}

static void
teardown(void)
{
    scene_end();
}

static void
start_pause(void)
{
    inside = true;
    xl_domain_pause(&call, dom->domid, ended);
    inside = false;
    ck_assert(call.active);
    ck_assert_int_eq(calls, 0);
}

static void
turn(void)
{
    for (int n = 0; n < 20; n++)
        loop_run_ready(scene.loop);
}

START_TEST(a_call_that_succeeds_says_so_once)
{
    scene.world->when = (enum fake_when)_i;
    start_pause();
    turn();
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(last_rc, 0);
    ck_assert(dom->paused);
}
END_TEST

START_TEST(a_call_that_fails_says_so_once_with_libxls_number)
{
    scene.world->when = (enum fake_when)_i;
    fake_xen_rule("pause", 1, ERROR_NOT_READY, false);
    start_pause();
    turn();
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(last_rc, ERROR_NOT_READY);
}
END_TEST

static void
ended_and_again(struct xl_call *c, int rc)
{
    ck_assert_int_eq(rc, 0);
    if (++calls < 5)
        xl_domain_pause(c, dom->domid, ended_and_again);
}

START_TEST(a_call_may_be_used_again_from_its_callback)
{
    scene.world->when = (enum fake_when)_i;
    xl_domain_pause(&call, dom->domid, ended_and_again);
    turn();
    ck_assert_int_eq(calls, 5);
}
END_TEST

static void
ended_and_free(struct xl_call *c, int rc)
{
    (void)rc;
    calls++;
    free(c);
}

START_TEST(a_call_may_be_freed_by_its_callback)
{
    struct xl_call *own = xcalloc(1, sizeof *own);

    scene.world->when = (enum fake_when)_i;
    xl_call_init(own, &scene.xl);
    xl_domain_pause(own, dom->domid, ended_and_free);
    turn();
    ck_assert_int_eq(calls, 1);
}
END_TEST

START_TEST(an_aborted_call_ends_once)
{
    scene.world->abort = (enum fake_abort)_i;
    start_pause();
    inside = true;
    xl_call_abort(&call);
    xl_call_abort(&call);
    inside = false;
    turn();
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(last_rc, _i == FAKE_ABORT_IGNORED ? 0 : ERROR_ABORTED);
}
END_TEST

START_TEST(an_abort_of_a_call_that_libxl_ended_already_does_nothing)
{
    scene.world->when = FAKE_AT_ONCE;
    start_pause();
    xl_call_abort(&call);
    turn();
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(last_rc, 0);
    xl_call_abort(&call);
    turn();
    ck_assert_int_eq(calls, 1);
}
END_TEST

START_TEST(an_abort_hits_its_own_call_and_no_other)
{
    struct xl_call other;

    dom->frozen = true;
    xl_call_init(&other, &scene.xl);
    xl_domain_shutdown(&other, dom->domid, ended);
    xl_domain_shutdown(&call, dom->domid, ended);
    xl_call_abort(&call);
    turn();
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(last_rc, ERROR_ABORTED);
    ck_assert(other.active);
    xl_call_drop(&other);
}
END_TEST

START_TEST(a_call_that_is_dropped_says_nothing)
{
    scene.world->when = (enum fake_when)_i;
    start_pause();
    xl_call_drop(&call);
    ck_assert(!call.active);
    turn();
    ck_assert_int_eq(calls, 0);
    /* A context that has a call under way cannot be freed, and is not. */
    ck_assert_int_eq(scene.xl.lost, _i == FAKE_LATER);
}
END_TEST

START_TEST(a_context_may_be_closed_with_calls_under_way)
{
    scene.world->when = (enum fake_when)_i;
    start_pause();
    xl_close(&scene.xl);
    ck_assert(!call.active);
    turn();
    ck_assert_int_eq(calls, 0);
}
END_TEST

/*----- errors -----*/

START_TEST(an_error_has_libxls_reason)
{
    struct err err;

    fake_xen_rule("pause", 1, ERROR_FAIL, false);
    start_pause();
    turn();
    ck_assert_int_eq(xl_err_set(&err, &scene.xl, last_rc, "cannot pause %s", "web"), -1);
    ck_assert_int_eq(err.code, ERR_OPERATION_FAILED);
    ck_assert_int_eq(err.detail, ERROR_FAIL);
    ck_assert_str_eq(err.message, "cannot pause web: pause failed as it was told");
}
END_TEST

START_TEST(an_error_without_a_reason_has_words)
{
    static const struct {
        int           rc;
        enum err_code code;
        const char   *message;
    } cases[] = {
        {ERROR_ABORTED, ERR_OPERATION_ABORTED, "x: aborted"},
        {ERROR_DOMAIN_NOTFOUND, ERR_NO_DOMAIN, "x: there is no such domain"},
        {ERROR_DOMAIN_DESTROYED, ERR_NO_DOMAIN, "x: there is no such domain"},
        {ERROR_GUEST_TIMEDOUT, ERR_OPERATION_TIMEOUT, "x: the guest did not answer in time"},
        {ERROR_TIMEDOUT, ERR_OPERATION_TIMEOUT, "x: it timed out"},
        {ERROR_NOPARAVIRT, ERR_OPERATION_UNSUPPORTED, "x: the guest has no paravirtual drivers"},
        {ERROR_LOCK_FAIL, ERR_OPERATION_FAILED, "x: lock_fail"},
        {-999, ERR_OPERATION_FAILED, "x: libxl gives no reason"},
    };
    struct err err;

    xl_err_set(&err, &scene.xl, cases[_i].rc, "x");
    ck_assert_int_eq((int)err.code, (int)cases[_i].code);
    ck_assert_str_eq(err.message, cases[_i].message);
}
END_TEST
static void __attribute__((format(printf, 1, 2))) libxl_says(const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    xtl_logv(&scene.xl.log.vtable, XTL_ERROR, -1, "libxl", format, ap);
    va_end(ap);
}

START_TEST(a_line_that_names_a_domain_is_a_reason_of_that_domains_calls_only)
{
    struct fake_domain *db = fake_domain_add("db", 'd');
    struct xl_call      other;
    struct err          err;

    dom->frozen = db->frozen = true;
    xl_call_init(&other, &scene.xl);
    xl_domain_shutdown(&call, dom->domid, ended);
    xl_domain_shutdown(&other, db->domid, ended);
    libxl_says("libxl_x.c:1:f: Domain %u:the first", dom->domid);
    libxl_says("libxl_x.c:1:f: Domain %u:the second", db->domid);
    libxl_says("libxl_x.c:1:f: anybody's");
    libxl_says("libxl_x.c:1:f: Domain 77:nobody's");
    xl_call_err_set(&err, &call, ERROR_FAIL, "web");
    ck_assert_str_eq(err.message, "web: the first");
    xl_call_err_set(&err, &other, ERROR_FAIL, "db");
    ck_assert_str_eq(err.message, "db: the second");
    xl_call_drop(&call);
    xl_call_drop(&other);
}
END_TEST

/* That of domain 0 names no domain here. */
START_TEST(a_line_that_names_no_domain_is_a_reason_of_the_call_that_is_started)
{
    struct xl_call other;
    struct err     err;

    dom->frozen = true;
    xl_call_init(&other, &scene.xl);
    xl_domain_shutdown(&other, dom->domid, ended);
    scene.world->when = FAKE_REFUSED;
    xl_domain_pause(&call, 0, ended);
    turn();
    xl_call_err_set(&err, &call, last_rc, "dom0");
    ck_assert_str_eq(err.message, "dom0: pause is refused as it was told");
    ck_assert_str_eq(other.reasons, "");
    xl_call_drop(&other);
}
END_TEST

START_TEST(a_call_that_is_used_again_has_forgotten_its_reasons)
{
    fake_xen_rule("pause", 1, ERROR_FAIL, false);
    start_pause();
    turn();
    ck_assert_str_eq(call.reasons, "pause failed as it was told");
    calls = 0;
    start_pause();
    ck_assert_str_eq(call.reasons, "");
    turn();
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("xl-call");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_call_that_succeeds_says_so_once, FAKE_LATER, FAKE_REFUSED);
    tcase_add_loop_test(tc, a_call_that_fails_says_so_once_with_libxls_number, FAKE_LATER,
                        FAKE_WHENS);
    tcase_add_loop_test(tc, a_call_may_be_used_again_from_its_callback, FAKE_LATER, FAKE_REFUSED);
    tcase_add_loop_test(tc, a_call_may_be_freed_by_its_callback, FAKE_LATER, FAKE_WHENS);
    tcase_add_loop_test(tc, an_aborted_call_ends_once, 0, FAKE_ABORTS);
    tcase_add_test(tc, an_abort_of_a_call_that_libxl_ended_already_does_nothing);
    tcase_add_test(tc, an_abort_hits_its_own_call_and_no_other);
    tcase_add_loop_test(tc, a_call_that_is_dropped_says_nothing, FAKE_LATER, FAKE_WHENS);
    tcase_add_loop_test(tc, a_context_may_be_closed_with_calls_under_way, FAKE_LATER, FAKE_WHENS);
    tcase_add_test(tc, an_error_has_libxls_reason);
    tcase_add_loop_test(tc, an_error_without_a_reason_has_words, 0, 8);
    tcase_add_test(tc, a_line_that_names_a_domain_is_a_reason_of_that_domains_calls_only);
    tcase_add_test(tc, a_line_that_names_no_domain_is_a_reason_of_the_call_that_is_started);
    tcase_add_test(tc, a_call_that_is_used_again_has_forgotten_its_reasons);
    return scene_main("xl-call", tc);
}
