/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "config.h"

static struct config *config;
static struct err     err;

static void
setup(void)
{
    config = config_new();
    err = (struct err){.code = ERR_NONE};
}

static void
teardown(void)
{
    config_free(config);
}

static char *
installed_file(void)
{
    const char *dir = getenv("top_builddir");

    return xasprintf("%s/systemd/dom0d.conf", dir ? dir : ".");
}

START_TEST(a_new_configuration_has_the_defaults)
{
    ck_assert_str_eq(config->rpc.socket, "/run/dom0d/dom0d-sock");
    ck_assert_str_eq(config->rpc.socket_ro, "/run/dom0d/dom0d-sock-ro");
    ck_assert_str_eq(config->rpc.socket_group, "dom0d");
    ck_assert_uint_eq(config->rpc.max_clients, 2000);
    ck_assert_uint_eq(config->rpc.max_client_requests, 16);
    ck_assert_uint_eq(config->rpc.max_requests, 4000);
    ck_assert_uint_eq(config->job.max_queued_jobs, 64);
    ck_assert_uint_eq(config->job.max_jobs, 1000);
    ck_assert_uint_eq(config->job.max_guest_cores, 8);
    ck_assert_uint_eq(config->job.max_cores, 64);
    ck_assert_uint_eq(config->job.max_guest_core_bytes, 64ull << 30);
    ck_assert_uint_eq(config->job.max_core_bytes, 256ull << 30);
    ck_assert_uint_eq(config->rpc.max_output, 8 << 20);
    ck_assert_uint_eq(config->rpc.max_buffers, 128 << 20);
    ck_assert_uint_eq(config->max_xml, 1 << 20);
    ck_assert_str_eq(config->job.autoballoon, "auto");
    ck_assert_uint_eq(config->job.dom0_min_bytes, 512 << 20);
    ck_assert_uint_eq(config->job.workers_idle, 2);
    ck_assert_uint_eq(config->rpc.keepalive_interval, 5);
    ck_assert_uint_eq(config->rpc.keepalive_count, 5);
    ck_assert_str_eq(config->job.run_dir, "/run/dom0d");
    ck_assert_str_eq(config->job.dump_dir, "/var/lib/dom0d/dump");
    ck_assert_uint_eq(config->console.kept, 64 << 10);
    ck_assert_str_eq(config->console.log_dir, "");
    ck_assert_uint_eq(config->console.log_size, 1 << 20);
    ck_assert_uint_eq(config->console.log_count, 4);
    ck_assert_str_eq(config->job.worker_path, PKGLIBEXECDIR "/dom0d-worker");
    ck_assert_int_eq(config->log_level, LOG_LEVEL_INFO);
}
END_TEST

START_TEST(lines_set_their_keys_and_the_rest_keeps_its_default)
{
    static const char text[] = "# a comment = 3\n"
                               "\n"
                               "max_clients=7\n"
                               "  socket \t=  /tmp/a b \r\n"
                               "socket_group =\n"
                               "max_output = 65536\n"
                               "max_xml=2 MiB\n"
                               "log_level = debug";

    ck_assert_int_eq(config_parse(config, "x", text, &err), 0);
    ck_assert_uint_eq(config->rpc.max_clients, 7);
    ck_assert_str_eq(config->rpc.socket, "/tmp/a b");
    ck_assert_str_eq(config->rpc.socket_group, "");
    ck_assert_uint_eq(config->rpc.max_output, 65536);
    ck_assert_uint_eq(config->max_xml, 2 << 20);
    ck_assert_int_eq(config->log_level, LOG_LEVEL_DEBUG);
    ck_assert_uint_eq(config->job.workers_idle, 2);
}
END_TEST

static const struct {
    const char *text, *message;
} wrong[] = {
    {"\n\nmax_client = 3", "x:3: unknown key 'max_client'"},
    {"max_clients", "x:1: 'max_clients' is not 'key = value'"},
    {"max_clients =", "x:1: max_clients must be a number, not ''"},
    {"max_clients = -1", "x:1: max_clients must be a number, not '-1'"},
    {"max_clients = 0", "x:1: max_clients must be from 1 to 100000, not '0'"},
    {"max_clients = 100001", "x:1: max_clients must be from 1 to 100000, not '100001'"},
    {"max_clients = 3 MiB", "x:1: max_clients must be a number, not '3 MiB'"},
    {"max_clients = 3x", "x:1: max_clients must be a number, not '3x'"},
    {"max_clients = 99999999999999999999",
     "x:1: max_clients must be a number, not '99999999999999999999'"},
    {"max_output = 17179869184 GiB",
     "x:1: max_output must be a size such as 8 MiB, not '17179869184 GiB'"},
    {"max_output = 8 MB", "x:1: max_output must be a size such as 8 MiB, not '8 MB'"},
    {"max_xml = 5 MiB", "x:1: max_xml must be from 4096 to 4194304, not '5 MiB'"},
    {"socket = dom0d-sock", "x:1: socket must be an absolute path, not 'dom0d-sock'"},
    {"socket =", "x:1: socket must be an absolute path, not ''"},
    {"log_level = loud", "x:1: log_level must be error, warning, info or debug, not 'loud'"},
    {"workers_idle = 1\n#\nworkers_idle = 1", "x:3: workers_idle is set already in line 1"},
    {"autoballoon = yes", "x:1: autoballoon must be auto, on or off, not 'yes'"},
    {"dom0_min_memory = 64 MiB",
     "x:1: dom0_min_memory must be from 134217728 to 1125899906842624, not '64 MiB'"},
    {"= 3", "x:1: unknown key ''"},
};

/* _i: which of wrong. */
START_TEST(an_error_names_file_line_key_and_reason)
{
    ck_assert_int_eq(config_parse(config, "x", wrong[_i].text, &err), -1);
    ck_assert_int_eq(err.code, ERR_INVALID_ARG);
    ck_assert_str_eq(err.message, wrong[_i].message);
}
END_TEST

START_TEST(what_is_no_text_file_is_refused)
{
    char path[] = "/tmp/test-config.XXXXXX";
    int  fd = mkstemp(path);

    ck_assert_int_eq(config_read(config, "/tmp", &err), -1);
    ck_assert_int_eq(config_read(config, "/nonexistent/dom0d.conf", &err), -1);
    ck_assert_str_eq(err.message, "cannot read /nonexistent/dom0d.conf: No such file or directory");
    ck_assert_int_eq(write(fd, "#\0max_clients = 3\n", 19), 19);
    ck_assert_int_eq(config_read(config, path, &err), -1);
    close(fd);
    unlink(path);
}
END_TEST

START_TEST(what_may_change_is_taken_over_and_the_rest_is_named)
{
    struct config *fresh = config_new();
    char           changed[256], left[256];

    ck_assert_int_eq(config_parse(fresh, "x",
                                  "max_xml = 2 MiB\nlog_level = debug\ndump_dir = /d\n"
                                  "max_queued_jobs = 3\nrun_dir = /r\nmax_jobs = 5\n",
                                  &err),
                     0);
    config_take(config, fresh, changed, left, sizeof changed);
    config_free(fresh);
    ck_assert_str_eq(changed, "max_queued_jobs, max_xml, dump_dir, log_level");
    ck_assert_str_eq(left, "max_jobs, run_dir");
    ck_assert_uint_eq(config->max_xml, 2 << 20);
    ck_assert_uint_eq(config->job.max_queued_jobs, 3);
    ck_assert_str_eq(config->job.dump_dir, "/d");
    ck_assert_str_eq(config->job.run_dir, "/run/dom0d");
    ck_assert_uint_eq(config->job.max_jobs, 1000);
}
END_TEST

START_TEST(a_configuration_that_says_the_same_changes_nothing)
{
    struct config *fresh = config_new();
    char           changed[256], left[256];

    config_take(config, fresh, changed, left, sizeof changed);
    config_free(fresh);
    ck_assert_str_eq(changed, "");
    ck_assert_str_eq(left, "");
}
END_TEST

START_TEST(the_installed_file_changes_nothing)
{
    cleanup_free char *path = installed_file();

    ck_assert_msg(config_read(config, path, &err) == 0, "%s", err.message);
    ck_assert_uint_eq(config->rpc.max_clients, 2000);
}
END_TEST

START_TEST(the_installed_file_shows_every_key_with_its_default)
{
    cleanup_free char *path = installed_file();
    cleanup_free char *text = NULL;
    const char        *key, *initial;
    unsigned           n, shown = 0;

    ck_assert_msg(file_read(path, 65536, &text, NULL, &err) == 0, "%s", err.message);
    for (n = 0; (key = config_key(n, &initial)); n++) {
        cleanup_free char *line = xasprintf("\n#%s = %s\n", key, initial);

        ck_assert_msg(strstr(text, line), "there is no line '#%s = %s'", key, initial);
    }
    for (const char *at = text; (at = strstr(at, "\n#")); at++)
        shown += at[2] != ' ';
    ck_assert_uint_eq(shown, n);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("config");
    TCase   *tc = tcase_create("config");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_new_configuration_has_the_defaults);
    tcase_add_test(tc, lines_set_their_keys_and_the_rest_keeps_its_default);
    tcase_add_loop_test(tc, an_error_names_file_line_key_and_reason, 0, array_size(wrong));
    tcase_add_test(tc, what_is_no_text_file_is_refused);
    tcase_add_test(tc, what_may_change_is_taken_over_and_the_rest_is_named);
    tcase_add_test(tc, a_configuration_that_says_the_same_changes_nothing);
    tcase_add_test(tc, the_installed_file_changes_nothing);
    tcase_add_test(tc, the_installed_file_shows_every_key_with_its_default);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
