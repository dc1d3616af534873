/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What systemd hears: a socket of ours stands for it.
 */
#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "domain/table.h"
#include "eventloop/loop.h"
#include "harness.h"
#include "job/job.h"
#include "notify.h"

static struct harness h;
static struct notify  notify;
static char           dir[64], path[96];
static int            systemd = -1;
static unsigned       n_domains, n_jobs, n_unread;

unsigned
domains_count(const struct domains *domains)
{
    (void)domains;
    return n_domains;
}

unsigned
domains_unread(const struct domains *domains)
{
    (void)domains;
    return n_unread;
}

unsigned
jobs_count(const struct jobs *jobs)
{
    (void)jobs;
    return n_jobs;
}

static void
setup(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    harness_start(&h);
    n_domains = n_jobs = n_unread = 0;
    snprintf(dir, sizeof dir, "/tmp/test-notify.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/notify", dir);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    systemd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(systemd, (struct sockaddr *)&address, sizeof address), 0);
    setenv("NOTIFY_SOCKET", path, 1);
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

static void
teardown(void)
{
    unsetenv("NOTIFY_SOCKET");
    close(systemd);
    unlink(path);
    ck_assert_int_eq(rmdir(dir), 0);
    harness_stop(&h);
}

/* What came, in one line; "" for nothing. */
static const char *
heard(void)
{
    static char text[1024];
    size_t      used = 0;
    ssize_t     n;

    text[0] = '\0';
    while ((n = recv(systemd, text + used, sizeof text - used - 2, 0)) > 0) {
        used += (size_t)n;
        text[used++] = ';';
        text[used] = '\0';
    }
    return text;
}

static void
stop_loop(void *arg)
{
    loop_stop(arg);
}

static void
run_for(uint64_t usec)
{
    struct loop_timer timer;

    loop_timer_init(&timer, h.daemon.loop, stop_loop, h.daemon.loop);
    loop_timer_start(&timer, usec);
    loop_run(h.daemon.loop);
}

START_TEST(we_are_ready_and_say_how_we_are)
{
    struct client client = client_new(&h, false);

    n_domains = 3;
    n_jobs = 2;
    notify_start(&notify, &h.daemon);
    ck_assert_str_eq(heard(), "READY=1;STATUS=3 domains, 1 client, 2 jobs;");
    notify_stop(&notify);
    ck_assert_str_eq(heard(), "STOPPING=1;");
    client_free(&client);
}
END_TEST

START_TEST(the_status_is_told_again_when_it_has_changed)
{
    notify_start(&notify, &h.daemon);
    ck_assert_str_eq(heard(), "READY=1;STATUS=0 domains, 0 clients, 0 jobs;");
    n_domains = 1;
    n_jobs = 1;
    harness_settle(&h);
    ck_assert_str_eq(heard(), ""); /* not more than once a second */
    run_for(1100000);
    ck_assert_str_eq(heard(), "STATUS=1 domain, 0 clients, 1 job;");
    run_for(1100000);
    ck_assert_str_eq(heard(), "");
    notify_stop(&notify);
}
END_TEST

START_TEST(the_status_says_how_many_definitions_could_not_be_read)
{
    n_unread = 1;
    notify_start(&notify, &h.daemon);
    ck_assert_str_eq(heard(), "READY=1;STATUS=0 domains, 0 clients, 0 jobs, "
                              "1 definition could not be read;");
    n_unread = 2;
    run_for(1100000);
    ck_assert_str_eq(heard(),
                     "STATUS=0 domains, 0 clients, 0 jobs, 2 definitions could not be read;");
    notify_stop(&notify);
}
END_TEST

/* Fed more often than the limit, and not all the time. */
START_TEST(the_watchdog_is_fed_while_the_loop_turns)
{
    unsigned times = 0;

    setenv("WATCHDOG_USEC", "200000", 1);
    notify_start(&notify, &h.daemon);
    heard();
    run_for(550000);
    for (const char *at = heard(); (at = strstr(at, "WATCHDOG=1;")); at++)
        times++;
    ck_assert_uint_ge(times, 2);
    ck_assert_uint_le(times, 6);
    notify_stop(&notify);
    heard();
    run_for(250000);
    ck_assert_str_eq(heard(), "");
}
END_TEST

START_TEST(without_systemd_nobody_is_told_and_no_timer_runs)
{
    unsetenv("NOTIFY_SOCKET");
    setenv("WATCHDOG_USEC", "200000", 1);
    notify_start(&notify, &h.daemon);
    ck_assert(!loop_timer_is_active(&notify.status));
    ck_assert(!loop_timer_is_active(&notify.watchdog));
    notify_stop(&notify);
    ck_assert_str_eq(heard(), "");
}
END_TEST

/* Until the kernel's queue of it is full. */
static void
systemd_is_slow(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int                fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    while (sendto(fd, "X=1", 3, 0, (struct sockaddr *)&address, sizeof address) == 3)
        continue;
    close(fd);
}

START_TEST(a_systemd_that_does_not_read_is_not_waited_for_and_told_later)
{
    setenv("WATCHDOG_USEC", "200000", 1);
    systemd_is_slow();
    notify_start(&notify, &h.daemon);
    run_for(250000);
    while (recv(systemd, (char[8]){0}, 8, 0) > 0)
        continue;
    run_for(1500000);
    ck_assert_ptr_nonnull(strstr(heard(), "READY=1;STATUS=0 domains, 0 clients, 0 jobs;"));
    systemd_is_slow();
    notify_stop(&notify);
}
END_TEST

START_TEST(systemds_socket_may_be_a_name_without_a_file)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int                length =
        snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "dom0d-test-%d", (int)getpid());
    char name[128];

    close(systemd);
    systemd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(systemd, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)),
                     0);
    snprintf(name, sizeof name, "@%s", address.sun_path + 1);
    setenv("NOTIFY_SOCKET", name, 1);
    notify_start(&notify, &h.daemon);
    ck_assert_str_eq(heard(), "READY=1;STATUS=0 domains, 0 clients, 0 jobs;");
    notify_stop(&notify);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("notify");
    TCase   *tc = tcase_create("notify");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, we_are_ready_and_say_how_we_are);
    tcase_add_test(tc, the_status_is_told_again_when_it_has_changed);
    tcase_add_test(tc, the_status_says_how_many_definitions_could_not_be_read);
    tcase_add_test(tc, the_watchdog_is_fed_while_the_loop_turns);
    tcase_add_test(tc, without_systemd_nobody_is_told_and_no_timer_runs);
    tcase_add_test(tc, a_systemd_that_does_not_read_is_not_waited_for_and_told_later);
    tcase_add_test(tc, systemds_socket_may_be_a_name_without_a_file);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
