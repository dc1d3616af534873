/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The real libxl on this machine, which is most likely no Xen dom0: one clear reason, no crash. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/host.h"

static void
nothing(void *arg)
{
    (void)arg;
}

static void
no_disaster(void *arg, const char *reason)
{
    (void)arg, (void)reason;
}

static const struct host_events events = {.changed = nothing, .disaster = no_disaster};

START_TEST(a_host_that_is_no_dom0_says_so)
{
    struct loop *loop = loop_new();
    struct host *host = NULL;
    struct err   err = {0};

    ck_assert_int_eq(host_open(loop, "worker", &events, NULL, &host, &err), -1);
    ck_assert_ptr_null(host);
    ck_assert_int_eq(err.code, ERR_NO_CONNECT);
    ck_assert_ptr_nonnull(strstr(err.message, "Xen"));
    ck_assert_ptr_null(strchr(err.message, '\n'));
    loop_free(loop);
}
END_TEST

int
main(void)
{
    Suite   *suite;
    TCase   *tc;
    SRunner *runner;
    int      failed;

    if (access("/dev/xen/privcmd", F_OK) == 0)
        return 77; /* skipped: this is a Xen host */
    suite = suite_create("off-xen");
    tc = tcase_create("off-xen");
    tcase_add_test(tc, a_host_that_is_no_dom0_says_so);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
