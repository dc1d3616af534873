/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What journald gets: a socket of ours stands for it.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "driver/log-journal.h"
#include "scene.h"

static char folder[64], path[96], said[16384];
static int  journald;

static void
setup(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(folder, sizeof folder, "/tmp/test-journal.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    journald = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(journald, (struct sockaddr *)&address, sizeof address), 0);
    log_to_journal_at(path);
}

static void
teardown(void)
{
    log_set_sink(NULL);
    close(journald);
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
}

/* The next entry; "" where there is none. */
static const char *
hear(void)
{
    ssize_t n = recv(journald, said, sizeof said - 1, 0);

    said[n > 0 ? n : 0] = '\0';
    return said;
}

START_TEST(a_line_has_the_fields_that_say_what_it_is_about)
{
    const struct log_about about = {.domain = "web", .uuid = "1-2", .job = 7, .operation = "save"};

    log_about(LOG_LEVEL_WARNING, &about, "it is slow");
    ck_assert_str_eq(hear(), "MESSAGE=web: it is slow\nPRIORITY=4\n"
                             "SYSLOG_IDENTIFIER=test-log-journal\n"
                             "DOM0D_DOMAIN=web\nDOM0D_UUID=1-2\nDOM0D_JOB=7\n"
                             "DOM0D_OPERATION=save\n");
    log_info("nothing more");
    ck_assert_str_eq(hear(), "MESSAGE=nothing more\nPRIORITY=6\n"
                             "SYSLOG_IDENTIFIER=test-log-journal\n");
}
END_TEST

START_TEST(no_value_makes_a_field_of_its_own)
{
    const struct log_about about = {.domain = "web\nPRIORITY=0"};

    log_about(LOG_LEVEL_INFO, &about, "x\nPRIORITY=1");
    ck_assert_str_eq(hear(), "MESSAGE=web?PRIORITY=0: x?PRIORITY=1\nPRIORITY=6\n"
                             "SYSLOG_IDENTIFIER=test-log-journal\nDOM0D_DOMAIN=web?PRIORITY=0\n");
}
END_TEST

START_TEST(a_journald_that_does_not_read_is_not_waited_for_and_told_what_it_missed)
{
    unsigned taken = 0;
    unsigned lost;

    for (int n = 0; n < 5000; n++)
        log_info("%d", n);
    while (*hear())
        taken++;
    ck_assert_uint_lt(taken, 5000);
    log_info("last");
    ck_assert_int_eq(sscanf(hear(),
                            "MESSAGE=%u lines were lost: journald did not take them\n"
                            "PRIORITY=4",
                            &lost),
                     1);
    ck_assert_uint_eq(lost, 5000 - taken);
    ck_assert_ptr_nonnull(strstr(hear(), "MESSAGE=last\n"));
    ck_assert_str_eq(hear(), "");
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("log-journal");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_line_has_the_fields_that_say_what_it_is_about);
    tcase_add_test(tc, no_value_makes_a_field_of_its_own);
    tcase_add_test(tc, a_journald_that_does_not_read_is_not_waited_for_and_told_what_it_missed);
    return scene_main("log-journal", tc);
}
