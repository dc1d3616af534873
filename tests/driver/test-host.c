/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The helper and the query processes are in this process, on the same loop; test-host-processes has
 * real ones.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "host-inside.h"
#include "host-private.h"
#include "scene.h"
#include "wire/worker.h"

/* What is late on a busy machine is late by less. */
#define PATIENCE_USEC 20000000

static struct host *host;
static int          changes, renames, models, disasters, answers;
static bool         model_lives;
static uint32_t     renamed;
static struct err   answer;
static char         said[1024]; /* the messages of all */
static bool         inside;

static void
on_changed(void *arg)
{
    (void)arg;
    ck_assert(!inside);
    changes++;
}

static void
on_disaster(void *arg, const char *reason)
{
    (void)arg;
    ck_assert(!inside && *reason);
    disasters++;
}

static void
on_model(void *arg, uint32_t domid, bool lives)
{
    (void)arg, (void)domid;
    ck_assert(!inside);
    models++;
    model_lives = lives;
}

static void
on_renamed(void *arg, uint32_t domid)
{
    (void)arg;
    ck_assert(!inside);
    renames++;
    renamed = domid;
}

/* "3:0=/dev/pts/1 " for each terminal that was told of. */
static char terminals[256];

static void
on_terminal(void *arg, uint32_t domid, enum host_terminal terminal)
{
    const char *tty = host_domain_tty(host, domid, terminal);
    size_t      length = strlen(terminals);

    (void)arg;
    ck_assert(!inside);
    snprintf(terminals + length, sizeof terminals - length, "%u:%u=%s ", domid, terminal,
             tty ? tty : "none");
}

static const struct host_events events = {.changed = on_changed,
                                          .renamed = on_renamed,
                                          .model = on_model,
                                          .terminal = on_terminal,
                                          .disaster = on_disaster};

static void
on_answer(void *arg, const struct err *err)
{
    ck_assert_ptr_eq(arg, &answers);
    ck_assert(!inside);
    answers++;
    answer = err ? *err : (struct err){0};
    if (err && strlen(said) + strlen(err->message) + 2 < sizeof said)
        strcat(strcat(said, err->message), "\n");
}

static void
turn(void)
{
    for (int n = 0; n < 40; n++)
        loop_run_ready(scene.loop);
}

static void
open_host(void)
{
    struct err err;

    ck_assert_int_eq(host_open(scene.loop, "worker", &events, NULL, &host, &err), 0);
    turn();
    changes = disasters = answers = 0;
    said[0] = terminals[0] = '\0';
}

static void
setup(void)
{
    scene_begin();
    xl_close(&scene.xl); /* the host has its own */
    open_host();
}

static void
teardown(void)
{
    host_close(host);
    host_inside_end();
    scene_end();
}

static struct host_call *
request(enum host_request what, const struct fake_domain *dom)
{
    struct host_call *call;

    inside = true;
    call = host_request(host, what, dom->domid, on_answer, &answers);
    inside = false;
    return call;
}

/*----- open and close -----*/

START_TEST(a_host_that_is_off_gives_one_reason)
{
    struct host *none = NULL;
    struct err   err;

    scene.world->off = true;
    ck_assert_int_eq(host_open(scene.loop, "worker", &events, NULL, &none, &err), -1);
    ck_assert_int_eq(err.code, ERR_NO_CONNECT);
    ck_assert_ptr_null(none);
}
END_TEST

START_TEST(whatever_fails_while_it_opens_is_cleaned_up)
{
    static const struct {
        const char *call;
        unsigned    nth;
    } steps[] = {{"ctx_alloc", 1}, {"spawn", 1},    {"ctx_alloc", 2},
                 {"xs_open", 1},   {"xs_watch", 1}, {"xs_watch", 2}};
    struct host *none = NULL;
    struct err   err;

    host_close(host);
    host = NULL;
    turn();
    fake_xen_rule(steps[_i].call, steps[_i].nth, ERROR_FAIL, false);
    ck_assert_int_eq(host_open(scene.loop, "worker", &events, NULL, &none, &err), -1);
    ck_assert_ptr_null(none);
    turn();
    ck_assert_int_eq(changes + disasters, 0);
}
END_TEST

/*----- queries -----*/

START_TEST(the_host_is_described)
{
    struct host_info info;
    struct err       err;

    ck_assert_int_eq(host_info(host, &info, &err), 0);
    ck_assert_uint_eq(info.memory_kib, 8 * 1024 * 1024);
    ck_assert_uint_eq(info.free_memory_kib, 7 * 1024 * 1024);
    ck_assert_uint_eq(info.cpus, 2);
    ck_assert_uint_eq(info.mhz, 2400);
    ck_assert_uint_eq(info.xen_major * 10000 + info.xen_minor * 100 + info.xen_extra, 41707);
    ck_assert(info.cap_pv && info.cap_hvm && info.cap_pvh && info.cap_hap);
    fake_xen_rule("get_physinfo", 1, ERROR_FAIL, false);
    ck_assert_int_eq(host_info(host, &info, &err), -1);
}
END_TEST

START_TEST(domains_are_listed_in_order_with_dom0_first)
{
    struct host_dominfo *list;
    size_t               count;
    struct err           err;

    fake_domain_add("a", 'a');
    fake_domain_add("b", 'b')->paused = true;
    fake_domain_add("c", 'c');
    turn();
    ck_assert_int_eq(host_list(host, &list, &count, &err), 0);
    ck_assert_uint_eq(count, 4);
    for (uint32_t n = 0; n < 4; n++)
        ck_assert_uint_eq(list[n].domid, n);
    ck_assert_int_eq(list[0].type, DOMAIN_PV);
    ck_assert_int_eq(list[1].type, DOMAIN_PVH);
    ck_assert_int_eq(list[2].uuid[0], 'b');
    ck_assert(list[2].paused && !list[3].paused);
    ck_assert_int_eq(list[3].shutdown_reason, HOST_SHUTDOWN_NONE);
    free(list);
    fake_xen_rule("list_domain", 1, ERROR_FAIL, false);
    ck_assert_int_eq(host_list(host, &list, &count, &err), -1);
}
END_TEST

/* The fake lists them as it keeps them, where a new one has the place of one that went. */
START_TEST(the_order_is_that_of_the_domids_whatever_the_hypervisors)
{
    struct host_dominfo *list;
    size_t               count;
    struct err           err;

    fake_domain_add("a", 'a');
    fake_domain_add("b", 'b');
    fake_domain_goes(fake_domain_named("a"));
    fake_domain_add("c", 'c');
    turn();
    ck_assert_int_eq(host_list(host, &list, &count, &err), 0);
    ck_assert_uint_eq(count, 3);
    ck_assert_uint_eq(list[1].domid, 2);
    ck_assert_uint_eq(list[2].domid, 3);
    free(list);
}
END_TEST

START_TEST(thousands_of_domains_are_listed)
{
    struct host_dominfo *list;
    size_t               count;
    struct err           err;

    fake_lock(); /* one for all: much quicker */
    for (int n = 0; n < 5000; n++) {
        char name[16];

        snprintf(name, sizeof name, "d%d", n);
        fake_domain_add(name, (char)n);
    }
    fake_unlock();
    ck_assert_int_eq(host_list(host, &list, &count, &err), 0);
    ck_assert_uint_eq(count, 5001);
    free(list);
}
END_TEST

START_TEST(a_domain_that_is_not_there_is_told)
{
    struct host_dominfo info;
    struct err          err;

    ck_assert_int_eq(host_domain_info(host, 99, &info, &err), -1);
    ck_assert_int_eq(err.code, ERR_NO_DOMAIN);
}
END_TEST

START_TEST(what_a_domain_is_follows_xenstore)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');
    struct host_dominfo info;
    struct err          err;

    turn();
    ck_assert_int_eq(host_domain_info(host, dom->domid, &info, &err), 0);
    ck_assert_int_eq(info.type, DOMAIN_PVH);
    /* Another one has its id now. */
    dom->type = LIBXL_DOMAIN_TYPE_HVM;
    memset(dom->uuid, 'b', sizeof dom->uuid);
    fake_xen_changed();
    turn();
    ck_assert_int_eq(host_domain_info(host, dom->domid, &info, &err), 0);
    ck_assert_int_eq(info.type, DOMAIN_HVM);
}
END_TEST

START_TEST(a_shutdown_has_its_reason)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');
    struct host_dominfo info;
    struct err          err;

    fake_domain_shuts_down(dom, LIBXL_SHUTDOWN_REASON_CRASH);
    ck_assert_int_eq(host_domain_info(host, dom->domid, &info, &err), 0);
    ck_assert(info.shutdown);
    ck_assert_int_eq(info.shutdown_reason, HOST_SHUTDOWN_CRASH);
}
END_TEST

START_TEST(names_may_be_missing)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    turn();
    ck_assert_str_eq(host_domain_name(host, dom->domid), "a");
    dom->name[0] = '\0';
    fake_xen_changed();
    turn();
    ck_assert_ptr_null(host_domain_name(host, dom->domid));
    ck_assert_ptr_null(host_domain_name(host, 99));
}
END_TEST

START_TEST(names_are_known_before_a_change_is_told)
{
    fake_domain_add("a", 'a');
    for (int n = 0; n < 100 && !changes; n++)
        loop_run_ready(scene.loop);
    ck_assert_int_gt(changes, 0);
    ck_assert_str_eq(host_domain_name(host, 1), "a");
}
END_TEST

START_TEST(the_name_of_a_domain_that_has_gone_is_forgotten)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    turn();
    ck_assert_str_eq(host_domain_name(host, 1), "a");
    fake_domain_goes(dom);
    turn();
    ck_assert_ptr_null(host_domain_name(host, 1));
}
END_TEST

/* The hypervisor has it, and xenstore says no word of it: it is built just now. */
START_TEST(a_domain_that_only_the_hypervisor_has_is_told_of_when_it_gets_its_name)
{
    struct fake_domain *dom = fake_domain_add("", 'a');
    struct host_dominfo info;
    struct err          err;

    scene.world->unlisted = dom->domid;
    turn();
    renames = 0;
    ck_assert_int_eq(host_domain_info(host, dom->domid, &info, &err), 0);
    ck_assert_int_eq(info.type, DOMAIN_HVM);
    turn();
    strcpy(dom->name, "a");
    fake_xen_changed();
    turn();
    ck_assert_int_gt(renames, 0);
}
END_TEST

static char kept[64];

static void
on_kept(void *arg, char *xml, const struct err *err)
{
    on_answer(arg, err);
    snprintf(kept, sizeof kept, "%s", xml ? xml : "none");
    free(xml);
}

static void
keep_xml(uint32_t domid, const char *xml)
{
    cleanup_free char *path = fake_path("userdata", domid);
    struct err         err;

    ck_assert_int_eq(file_replace(path, xml, strlen(xml), 0600, &err), 0);
}

static struct host_call *
ask_kept(uint32_t domid)
{
    struct host_call *call;

    inside = true;
    call = host_domain_kept_xml(host, domid, on_kept, &answers);
    inside = false;
    return call;
}

START_TEST(kept_xml_is_what_was_stored)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    ask_kept(dom->domid);
    turn();
    ck_assert_int_eq(answers, 1);
    ck_assert_int_eq(answer.code, ERR_NONE);
    ck_assert_str_eq(kept, "none");
    keep_xml(dom->domid, "<domain/>");
    ask_kept(dom->domid);
    turn();
    ck_assert_int_eq(answers, 2);
    ck_assert_str_eq(kept, "<domain/>");
    ck_assert_int_eq(host_inside.queries, 1); /* the process stays for the next question */
    fake_xen_rule("userdata_retrieve", 1, ERROR_FAIL, false);
    ask_kept(dom->domid);
    turn();
    ck_assert_int_eq(answers, 3);
    ck_assert_int_eq(answer.code, ERR_OPERATION_FAILED);
    ck_assert_str_eq(kept, "none");
}
END_TEST

START_TEST(two_who_ask_the_same_share_the_answer)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    keep_xml(dom->domid, "<domain/>");
    fake_xen_rule("userdata_retrieve", 2, ERROR_FAIL, false);
    ask_kept(dom->domid);
    ask_kept(dom->domid);
    turn();
    ck_assert_int_eq(answers, 2);
    ck_assert_int_eq(answer.code, ERR_NONE);
    ck_assert_str_eq(kept, "<domain/>");
}
END_TEST

START_TEST(a_few_processes_answer_many_questions)
{
    for (int n = 0; n < 20; n++)
        fake_domain_add("x", 'a');
    for (uint32_t n = 1; n <= 20; n++)
        ask_kept(n);
    turn();
    turn();
    ck_assert_int_eq(answers, 20);
    ck_assert_int_eq(host_inside.queries, HOST_QUERIES_MAX);
}
END_TEST

START_TEST(a_question_can_be_aborted_and_the_next_one_is_answered)
{
    struct host_call *call = ask_kept(1);

    fake_domain_add("a", 'a');
    keep_xml(1, "<domain/>");
    if (_i) /* it is under way */
        loop_run_ready(scene.loop);
    inside = true;
    host_call_abort(call);
    inside = false;
    turn();
    ck_assert_int_eq(answers, 1);
    ck_assert_int_eq(answer.code, ERR_OPERATION_ABORTED);
    ask_kept(1);
    turn();
    ck_assert_int_eq(answers, 2);
    ck_assert_str_eq(kept, "<domain/>");
}
END_TEST

START_TEST(a_process_to_which_libxl_was_refused_asks_for_it_again)
{
    fake_domain_add("a", 'a');
    fake_xen_rule("ctx_alloc", 1, ERROR_FAIL, false);
    ask_kept(1);
    turn();
    ck_assert_int_eq(answers, 1);
    ck_assert_ptr_nonnull(strstr(answer.message, "libxl does not start: "));
    ask_kept(1);
    turn();
    ck_assert_int_eq(answer.code, ERR_NONE);
    ck_assert_int_eq(host_inside.queries, 1); /* the same process */
}
END_TEST

START_TEST(a_process_that_cannot_be_made_is_told)
{
    fake_xen_rule("spawn", 1, ERROR_FAIL, false);
    ask_kept(1);
    turn();
    ck_assert_int_eq(answers, 1);
    ck_assert_ptr_nonnull(strstr(answer.message, "cannot read what is kept with domain 1: "));
    fake_domain_add("a", 'a');
    ask_kept(1);
    turn();
    ck_assert_int_eq(answer.code, ERR_NONE);
}
END_TEST

START_TEST(a_process_that_dies_is_told_and_another_answers)
{
    fake_domain_add("a", 'a');
    host_inside.deaf = true;
    ask_kept(1);
    turn();
    ck_assert_int_eq(answers, 0);
    host_inside.deaf = false;
    shutdown(host->askers[0].process->framed.fd, SHUT_RDWR);
    turn();
    ck_assert_int_eq(answers, 1);
    ck_assert_int_eq(answer.code, ERR_OPERATION_FAILED);
    ask_kept(1);
    turn();
    ck_assert_int_eq(answers, 2);
    ck_assert_int_eq(answer.code, ERR_NONE);
}
END_TEST

static void
keep_config(const struct fake_domain *dom, const char *json)
{
    cleanup_free char *path = fake_path("config", dom->domid);
    struct err         err;

    ck_assert_int_eq(file_replace(path, json, strlen(json), 0600, &err), 0);
}

static char live_text[128];

static void
on_live(void *arg, struct host_live *live, const struct err *err)
{
    on_answer(arg, err);
    live_text[0] = '\0';
    if (live)
        snprintf(live_text, sizeof live_text, "%d %s %zu %s %s", live->live.domid,
                 live->live.console_tty ? live->live.console_tty : "none",
                 live->live.n_interface_names,
                 live->live.n_interface_names ? live->live.interface_names[0] : "none",
                 live->live.n_interface_names > 1 ? live->live.interface_names[1] : "none");
}

START_TEST(what_only_a_running_domain_has_is_told)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    keep_config(dom, "{\"nics\": [{\"devid\": 0}, {\"devid\": 1, \"ifname\": \"tap7\"}]}");
    fake_domain_set_tty(dom, HOST_TERMINAL_CONSOLE, "/dev/pts/1");
    inside = true;
    host_domain_live(host, dom->domid, on_live, &answers);
    inside = false;
    turn();
    ck_assert_int_eq(answers, 1);
    ck_assert_str_eq(live_text, "1 /dev/pts/1 2 vif1.0 tap7");
    host_domain_live(host, 99, on_live, &answers);
    turn();
    ck_assert_int_eq(answers, 2);
    ck_assert_str_eq(live_text, "99 none 0 none none");
}
END_TEST

/*----- events -----*/

START_TEST(any_number_of_changes_in_one_turn_is_one)
{
    for (int n = 0; n < 50; n++)
        fake_xen_changed();
    turn();
    ck_assert_int_ge(changes, 1);
    ck_assert_int_le(changes, 2);
}
END_TEST

START_TEST(a_domain_that_is_renamed_is_told_of)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    turn();
    renames = 0;
    fake_domain_rename(dom, "b");
    turn();
    ck_assert_int_eq(renames, 1);
    ck_assert_uint_eq(renamed, dom->domid);
    ck_assert_str_eq(host_domain_name(host, dom->domid), "b");
    fake_xen_changed();
    turn();
    ck_assert_int_eq(renames, 1);
}
END_TEST

static pid_t
model_starts(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        pause();
        _exit(0);
    }
    return pid;
}

/* It is told to end, and the loop turns until that was told, too. */
static void
model_ends(pid_t pid)
{
    uint64_t end = loop_now_usec() + 10000000;
    int      told = models;

    kill(pid, SIGKILL);
    while (models == told && loop_now_usec() < end)
        turn();
    waitpid(pid, NULL, 0);
}

START_TEST(a_device_model_that_ends_is_told_of_and_so_is_the_next_one)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    for (int n = 0; n < 2; n++) {
        models = 0;
        dom->model_pid = model_starts();
        fake_xen_changed();
        turn();
        ck_assert_int_eq(models, 1);
        ck_assert(model_lives);
        fake_xen_changed(); /* nothing is new of it */
        turn();
        ck_assert_int_eq(models, 1);
        model_ends(dom->model_pid);
        ck_assert_int_eq(models, 2);
        ck_assert(!model_lives);
    }
}
END_TEST

START_TEST(a_device_model_that_had_ended_before_is_told_of)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');
    pid_t               pid = model_starts();

    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    models = 0;
    dom->model_pid = pid;
    fake_xen_changed();
    turn();
    ck_assert_int_ge(models, 1);
    ck_assert(!model_lives);
}
END_TEST

START_TEST(the_device_model_of_a_domain_that_has_gone_is_forgotten)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');
    pid_t               pid = dom->model_pid = model_starts();

    fake_xen_changed();
    turn();
    models = 0;
    fake_domain_goes(dom);
    turn();
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    turn();
    ck_assert_int_eq(models, 0);
}
END_TEST

START_TEST(the_pty_of_a_terminal_is_told_when_it_comes_and_again_when_it_is_another)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    turn();
    ck_assert_str_eq(terminals, "");
    ck_assert_ptr_null(host_domain_tty(host, dom->domid, HOST_TERMINAL_CONSOLE));
    fake_domain_set_tty(dom, HOST_TERMINAL_CONSOLE, "/dev/pts/1");
    turn();
    fake_xen_changed(); /* nothing is new of it */
    turn();
    ck_assert_str_eq(terminals, "1:0=/dev/pts/1 ");
    terminals[0] = '\0';
    fake_domain_set_tty(dom, HOST_TERMINAL_SERIAL + 1, "/dev/pts/2");
    turn();
    ck_assert_ptr_nonnull(strstr(terminals, "1:2=/dev/pts/2 "));
    terminals[0] = '\0';
    fake_domain_set_tty(dom, HOST_TERMINAL_CONSOLE, "");
    turn();
    ck_assert_ptr_nonnull(strstr(terminals, "1:0=none "));
}
END_TEST

/* A pty that has gone leaves its path to the next one. */
START_TEST(a_pty_of_the_same_path_as_before_is_told_of)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    for (int n = 0; n < 2; n++) {
        terminals[0] = '\0';
        fake_domain_set_tty(dom, HOST_TERMINAL_CONSOLE, "/dev/pts/1");
        turn();
        ck_assert_str_eq(terminals, "1:0=/dev/pts/1 ");
    }
}
END_TEST

START_TEST(the_terminals_of_domains_that_were_there_before_are_known)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    fake_domain_set_tty(dom, HOST_TERMINAL_CONSOLE, "/dev/pts/1");
    host_close(host);
    open_host();
    ck_assert_str_eq(host_domain_tty(host, dom->domid, HOST_TERMINAL_CONSOLE), "/dev/pts/1");
}
END_TEST

START_TEST(the_console_of_an_hvm_guest_is_its_serial_port)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    dom->type = LIBXL_DOMAIN_TYPE_HVM;
    keep_config(dom, "{}");
    fake_domain_set_tty(dom, HOST_TERMINAL_CONSOLE, "/dev/pts/1");
    fake_domain_set_tty(dom, HOST_TERMINAL_SERIAL, "/dev/pts/2");
    host_domain_live(host, dom->domid, on_live, &answers);
    turn();
    ck_assert_str_eq(live_text, "1 /dev/pts/2 0 none none");
}
END_TEST

/* Whoever has been answered knows of what xenstore said then. */
START_TEST(what_is_asked_of_a_domain_tells_of_its_terminals_too)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    turn();
    snprintf(dom->ttys[0], sizeof dom->ttys[0], "/dev/pts/1"); /* no watch fires */
    host_domain_live(host, dom->domid, on_live, &answers);
    turn();
    ck_assert_str_eq(terminals, "1:0=/dev/pts/1 ");
}
END_TEST

START_TEST(a_name_of_any_bytes_and_length_is_told_as_bounded_utf8)
{
    char                long_name[4000];
    struct fake_domain *dom = fake_domain_add("bad\xff\n", 'a');

    turn();
    ck_assert_str_eq(host_domain_name(host, dom->domid), "bad\\xff\\x0a");
    memset(long_name, 'n', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    fake_domain_rename(dom, long_name);
    turn();
    ck_assert_uint_eq(strlen(host_domain_name(host, dom->domid)), WORKER_NAME_MAX);
}
END_TEST

START_TEST(a_name_that_cannot_be_watched_is_said_and_no_more)
{
    fake_xen_rule("xs_watch", 1, ERROR_FAIL, false);
    fake_domain_add("a", 'a');
    turn();
    ck_assert_int_eq(disasters, 0);
    ck_assert_str_eq(host_domain_name(host, 1), "a");
}
END_TEST

START_TEST(an_xenstored_that_goes_is_one_disaster_though_nobody_asks_it)
{
    fake_xenstored_goes();
    turn();
    turn();
    ck_assert_int_eq(disasters, 1);
    /* And a new one serves again. */
    host_close(host);
    open_host();
    fake_xen_changed();
    turn();
    ck_assert_int_ge(changes, 1);
}
END_TEST

START_TEST(a_broken_xenstore_is_one_disaster)
{
    /* libxl may find it out, or we. */
    if (_i) {
        scene.world->libxl_broken = true;
        request(HOST_PAUSE, fake_domain_find(0));
    } else {
        scene.world->xenstore_broken = true;
    }
    fake_xen_changed();
    turn();
    changes = 0;
    fake_xen_changed();
    turn();
    ck_assert_int_eq(disasters, 1);
    ck_assert_int_eq(changes, 0);
    /* And a new one serves again. */
    host_close(host);
    scene.world->xenstore_broken = scene.world->libxl_broken = false;
    open_host();
    fake_xen_changed();
    turn();
    ck_assert_int_ge(changes, 1);
}
END_TEST

/*----- requests -----*/

START_TEST(pause_and_unpause_are_answered_from_the_loop)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    scene.world->when = (enum fake_when)_i;
    request(HOST_PAUSE, dom);
    turn();
    ck_assert_int_eq(answers, 1);
    ck_assert_int_eq(answer.code, ERR_NONE);
    ck_assert(dom->paused);
    request(HOST_UNPAUSE, dom);
    turn();
    ck_assert(answers == 2 && !dom->paused);
}
END_TEST

START_TEST(a_request_that_fails_has_libxls_reason)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    scene.world->when = (enum fake_when)_i;
    fake_xen_rule("pause", 1, ERROR_FAIL, false);
    request(HOST_PAUSE, dom);
    turn();
    ck_assert_int_eq(answers, 1);
    ck_assert_int_eq(answer.code, ERR_OPERATION_FAILED);
    ck_assert_ptr_nonnull(strstr(answer.message, "cannot pause domain 1: pause "));
}
END_TEST

/* _i: in which order they are asked. */
START_TEST(each_of_two_requests_that_fail_side_by_side_has_its_own_reason)
{
    struct fake_domain *a = fake_domain_add("a", 'a'), *b = fake_domain_add("b", 'b'),
                       *c = fake_domain_add("c", 'c');

    fake_xen_rule("pause", 0, ERROR_FAIL, false);
    fake_xen_rule("unpause", 0, ERROR_FAIL, false);
    said[0] = '\0';
    request(_i ? HOST_UNPAUSE : HOST_PAUSE, a);
    request(HOST_SHUTDOWN_ACPI, c); /* fails without a line */
    request(_i ? HOST_PAUSE : HOST_UNPAUSE, b);
    turn();
    ck_assert_int_eq(answers, 3);
    ck_assert_str_eq(said, _i ? "cannot unpause domain 1: unpause failed as it was told\n"
                                "cannot press the power button of domain 3: fail\n"
                                "cannot pause domain 2: pause failed as it was told\n"
                              : "cannot pause domain 1: pause failed as it was told\n"
                                "cannot press the power button of domain 3: fail\n"
                                "cannot unpause domain 2: unpause failed as it was told\n");
}
END_TEST

START_TEST(a_guest_that_does_not_listen_is_told_from_one_that_does)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    dom->type = LIBXL_DOMAIN_TYPE_HVM;
    request(HOST_SHUTDOWN_PV, dom);
    turn();
    ck_assert_int_eq(answer.code, ERR_OPERATION_UNSUPPORTED);
    request(HOST_SHUTDOWN_ACPI, dom);
    turn();
    ck_assert_int_eq(answer.code, ERR_NONE);
    ck_assert(dom->shutdown);
}
END_TEST

START_TEST(a_stubdomain_is_not_shut_down_while_its_guest_is_there)
{
    static const enum host_request requests[] = {HOST_SHUTDOWN_PV, HOST_SHUTDOWN_ACPI,
                                                 HOST_REBOOT_PV};
    struct fake_domain            *guest = fake_domain_add("big", 'b');
    struct fake_domain            *dom = fake_domain_add("big-dm", 'a');

    dom->target = guest->domid;
    request(requests[_i], dom);
    turn();
    ck_assert_int_eq(answer.code, ERR_OPERATION_INVALID);
    ck_assert_str_eq(answer.message, "domain 2 is the device model of domain big (id 1), and goes "
                                     "with that one");
    ck_assert(!dom->shutdown);
}
END_TEST

START_TEST(a_reboot_and_a_resume_do_what_they_say)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    request(HOST_REBOOT_PV, dom);
    turn();
    ck_assert(dom->shutdown && dom->reason == LIBXL_SHUTDOWN_REASON_REBOOT);
    dom->reason = LIBXL_SHUTDOWN_REASON_SUSPEND;
    request(HOST_RESUME, dom);
    turn();
    ck_assert(!dom->shutdown);
}
END_TEST

START_TEST(a_frozen_guest_holds_up_nobody_and_its_request_can_be_aborted)
{
    struct fake_domain *dom = fake_domain_add("a", 'a'), *other = fake_domain_add("b", 'b');
    struct host_call   *call;

    scene.world->abort = (enum fake_abort)_i;
    dom->frozen = true;
    call = request(HOST_SHUTDOWN_PV, dom);
    request(HOST_PAUSE, other);
    turn();
    ck_assert_int_eq(answers, 1);
    ck_assert(other->paused);
    inside = true;
    host_call_abort(call);
    inside = false;
    turn();
    ck_assert_int_eq(answers, 2);
    ck_assert_int_eq(answer.code, ERR_OPERATION_ABORTED);
}
END_TEST

START_TEST(a_host_that_is_closed_answers_what_is_under_way)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    scene.world->abort = (enum fake_abort)_i;
    dom->frozen = true;
    request(HOST_SHUTDOWN_PV, dom);
    request(HOST_SHUTDOWN_PV, dom);
    host_close(host);
    host = NULL;
    ck_assert_int_eq(answers, 2);
    ck_assert_int_eq(answer.code, ERR_OPERATION_ABORTED);
    turn();
    ck_assert_int_eq(answers, 2);
}
END_TEST

/*----- a helper that goes, or says nothing -----*/

static void
on_xml_again(void *arg, char *xml, const struct err *err)
{
    ck_assert_ptr_null(xml);
    on_answer(arg, err);
}

static void
on_xml_ask_again(void *arg, char *xml, const struct err *err)
{
    on_xml_again(arg, xml, err);
    host_request(host, HOST_PAUSE, 1, on_answer, &answers);
    host_domain_kept_xml(host, 1, on_xml_again, &answers);
}

START_TEST(who_asks_again_when_the_host_is_closed_is_answered_too)
{
    fake_domain_add("a", 'a');
    host_domain_kept_xml(host, 1, on_xml_ask_again, &answers);
    host_close(host);
    host = NULL;
    ck_assert_int_eq(answers, 3);
}
END_TEST

START_TEST(a_helper_that_dies_is_started_again_and_what_it_had_to_do_is_told)
{
    struct fake_domain *dom = fake_domain_add("a", 'a'), *other = fake_domain_add("b", 'b');

    turn();
    dom->frozen = true;
    request(HOST_SHUTDOWN_PV, dom);
    turn();
    ck_assert_int_eq(answers, 0);
    changes = renames = 0;
    host_inside_helper_dies();
    strcpy(other->name, "c");
    fake_domain_goes(dom);
    turn();
    ck_assert_int_eq(answers, 1);
    ck_assert_int_eq(answer.code, ERR_OPERATION_FAILED);
    ck_assert_ptr_nonnull(strstr(answer.message, "cannot shut down domain 1: the helper "));
    ck_assert_int_eq(host_inside.helpers, 2);
    ck_assert_int_gt(changes, 0);
    ck_assert_int_eq(disasters, 0);
    ck_assert_int_eq(renames, 1);
    ck_assert_uint_eq(renamed, other->domid);
    ck_assert_ptr_null(host_domain_name(host, 1));
    request(HOST_PAUSE, other);
    turn();
    ck_assert_int_eq(answer.code, ERR_NONE);
}
END_TEST

START_TEST(a_helper_that_dies_again_and_again_is_given_a_rest)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    host_inside_helper_dies();
    turn();
    host_inside_helper_dies();
    turn();
    ck_assert_int_eq(host_inside.helpers, 2);
    request(HOST_PAUSE, dom); /* what is asked meanwhile waits */
    turn();
    ck_assert_int_eq(answers, 0);
    for (int n = 0; n < 300 && !answers; n++) {
        usleep(10000);
        turn();
    }
    ck_assert_int_eq(host_inside.helpers, 3);
    ck_assert_int_eq(answers, 1);
    ck_assert_int_eq(answer.code, ERR_NONE);
    ck_assert(dom->paused);
}
END_TEST

START_TEST(a_helper_that_says_nothing_is_waited_for_so_long_and_no_longer)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');
    struct host_dominfo info;
    struct err          err;
    uint64_t            begin;

    host_close(host);
    host_inside.deaf = true;
    begin = loop_now_usec();
    open_host();
    ck_assert_uint_ge(loop_now_usec() - begin, HOST_OPEN_USEC);
    ck_assert_uint_le(loop_now_usec() - begin, HOST_OPEN_USEC + PATIENCE_USEC);
    ck_assert_ptr_null(host_domain_name(host, dom->domid));
    ck_assert_int_eq(host_domain_info(host, dom->domid, &info, &err), 0);
    begin = loop_now_usec();
    request(HOST_PAUSE, dom);
    host_domain_live(host, dom->domid, on_live, &answers);
    while (answers < 2 && loop_now_usec() - begin < 2 * HOST_LIMIT_USEC) {
        usleep(10000);
        turn();
    }
    ck_assert_int_eq(answers, 2);
    ck_assert_uint_ge(loop_now_usec() - begin, HOST_LIMIT_USEC - 1000000);
    ck_assert_uint_le(loop_now_usec() - begin, HOST_LIMIT_USEC + PATIENCE_USEC);
    ck_assert_int_eq(answer.code, ERR_OPERATION_TIMEOUT);
    ck_assert_str_eq(said,
                     "cannot pause domain 1: xenstored does not answer (it may still happen)\n"
                     "cannot read what xenstore says of domain 1: xenstored does not answer\n");
}
END_TEST

/*----- definitions -----*/

static char def_xml[2048];

static void
on_def(void *arg, char *xml, const struct err *err)
{
    on_answer(arg, err);
    ck_assert_int_ne(xml != NULL, err != NULL);
    snprintf(def_xml, sizeof def_xml, "%s", xml ? xml : "");
    free(xml);
}

START_TEST(a_guest_of_xl_has_a_definition)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    scene.world->when = (enum fake_when)_i;
    keep_config(dom, "{\"c_info\": {\"type\": \"pvh\", \"name\": \"a\","
                     "\"uuid\": \"61616161-6161-6161-6161-616161616161\"},"
                     "\"b_info\": {\"type.pvh\": {}, \"max_memkb\": 131072,"
                     "\"target_memkb\": 131072, \"max_vcpus\": 1, \"kernel\": \"/k\"}}");
    host_domain_def(host, dom->domid, on_def, &answers);
    turn();
    ck_assert_int_eq(answers, 1);
    ck_assert_msg(answer.code == ERR_NONE, "%s", answer.message);
    ck_assert_ptr_nonnull(strstr(def_xml, "<name>a</name>"));
}
END_TEST

START_TEST(a_domain_without_a_configuration_is_told)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    scene.world->when = (enum fake_when)_i;
    host_domain_def(host, dom->domid, on_def, &answers);
    turn();
    ck_assert_int_eq(answers, 1);
    ck_assert_int_eq(answer.code, ERR_OPERATION_FAILED);
}
END_TEST

START_TEST(a_stubdomain_is_shown_as_the_device_model_that_it_is)
{
    struct fake_domain *guest = fake_domain_add("big", 'b');
    struct fake_domain *dom = fake_domain_add("big-dm", 'a');

    scene.world->when = (enum fake_when)_i;
    dom->target = guest->domid;
    host_domain_def(host, dom->domid, on_def, &answers);
    turn();
    ck_assert_int_eq(answers, 1);
    ck_assert_msg(answer.code == ERR_NONE, "%s", answer.message);
    ck_assert_ptr_nonnull(strstr(def_xml, "<name>big-dm</name>"));
    ck_assert_ptr_nonnull(strstr(def_xml, "<description>The device model of domain big (id 1)"));
}
END_TEST

START_TEST(a_host_that_is_closed_answers_who_waits_for_a_definition)
{
    struct fake_domain *dom = fake_domain_add("a", 'a');

    scene.world->abort = (enum fake_abort)_i;
    host_domain_def(host, dom->domid, on_def, &answers);
    host_close(host);
    host = NULL;
    ck_assert_int_eq(answers, 1);
    ck_assert_int_eq(answer.code, ERR_OPERATION_ABORTED);
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("host");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, a_host_that_is_off_gives_one_reason);
    tcase_add_loop_test(tc, whatever_fails_while_it_opens_is_cleaned_up, 0, 6);
    tcase_add_test(tc, the_host_is_described);
    tcase_add_test(tc, domains_are_listed_in_order_with_dom0_first);
    tcase_add_test(tc, the_order_is_that_of_the_domids_whatever_the_hypervisors);
    tcase_add_test(tc, thousands_of_domains_are_listed);
    tcase_add_test(tc, a_domain_that_is_not_there_is_told);
    tcase_add_test(tc, what_a_domain_is_follows_xenstore);
    tcase_add_test(tc, a_shutdown_has_its_reason);
    tcase_add_test(tc, names_may_be_missing);
    tcase_add_test(tc, names_are_known_before_a_change_is_told);
    tcase_add_test(tc, the_name_of_a_domain_that_has_gone_is_forgotten);
    tcase_add_test(tc, a_domain_that_only_the_hypervisor_has_is_told_of_when_it_gets_its_name);
    tcase_add_test(tc, kept_xml_is_what_was_stored);
    tcase_add_test(tc, two_who_ask_the_same_share_the_answer);
    tcase_add_test(tc, a_few_processes_answer_many_questions);
    tcase_add_loop_test(tc, a_question_can_be_aborted_and_the_next_one_is_answered, 0, 2);
    tcase_add_test(tc, a_process_to_which_libxl_was_refused_asks_for_it_again);
    tcase_add_test(tc, a_process_that_cannot_be_made_is_told);
    tcase_add_test(tc, a_process_that_dies_is_told_and_another_answers);
    tcase_add_test(tc, what_only_a_running_domain_has_is_told);
    tcase_add_test(tc, any_number_of_changes_in_one_turn_is_one);
    tcase_add_test(tc, a_domain_that_is_renamed_is_told_of);
    tcase_add_test(tc, the_pty_of_a_terminal_is_told_when_it_comes_and_again_when_it_is_another);
    tcase_add_test(tc, a_pty_of_the_same_path_as_before_is_told_of);
    tcase_add_test(tc, the_terminals_of_domains_that_were_there_before_are_known);
    tcase_add_test(tc, the_console_of_an_hvm_guest_is_its_serial_port);
    tcase_add_test(tc, what_is_asked_of_a_domain_tells_of_its_terminals_too);
    /* Debian 12's valgrind does not know pidfd_open. */
    if (!getenv("UNDER_VALGRIND")) {
        tcase_add_test(tc, a_device_model_that_ends_is_told_of_and_so_is_the_next_one);
        tcase_add_test(tc, a_device_model_that_had_ended_before_is_told_of);
        tcase_add_test(tc, the_device_model_of_a_domain_that_has_gone_is_forgotten);
    }
    tcase_add_test(tc, a_name_of_any_bytes_and_length_is_told_as_bounded_utf8);
    tcase_add_test(tc, a_name_that_cannot_be_watched_is_said_and_no_more);
    tcase_add_test(tc, an_xenstored_that_goes_is_one_disaster_though_nobody_asks_it);
    tcase_add_loop_test(tc, a_broken_xenstore_is_one_disaster, 0, 2);
    tcase_add_loop_test(tc, pause_and_unpause_are_answered_from_the_loop, FAKE_LATER, FAKE_REFUSED);
    tcase_add_loop_test(tc, a_request_that_fails_has_libxls_reason, FAKE_LATER, FAKE_WHENS);
    tcase_add_loop_test(tc, each_of_two_requests_that_fail_side_by_side_has_its_own_reason, 0, 2);
    tcase_add_test(tc, who_asks_again_when_the_host_is_closed_is_answered_too);
    tcase_add_test(tc, a_helper_that_dies_is_started_again_and_what_it_had_to_do_is_told);
    tcase_add_test(tc, a_helper_that_dies_again_and_again_is_given_a_rest);
    tcase_add_test(tc, a_helper_that_says_nothing_is_waited_for_so_long_and_no_longer);
    tcase_add_test(tc, a_guest_that_does_not_listen_is_told_from_one_that_does);
    tcase_add_loop_test(tc, a_stubdomain_is_not_shut_down_while_its_guest_is_there, 0, 3);
    tcase_add_test(tc, a_reboot_and_a_resume_do_what_they_say);
    tcase_add_loop_test(tc, a_frozen_guest_holds_up_nobody_and_its_request_can_be_aborted, 0,
                        FAKE_ABORT_IGNORED);
    tcase_add_loop_test(tc, a_host_that_is_closed_answers_what_is_under_way, 0, FAKE_ABORTS);
    tcase_add_loop_test(tc, a_guest_of_xl_has_a_definition, FAKE_LATER, FAKE_REFUSED);
    tcase_add_loop_test(tc, a_stubdomain_is_shown_as_the_device_model_that_it_is, FAKE_LATER,
                        FAKE_REFUSED);
    tcase_add_loop_test(tc, a_domain_without_a_configuration_is_told, FAKE_LATER, FAKE_WHENS);
    tcase_add_loop_test(tc, a_host_that_is_closed_answers_who_waits_for_a_definition, 0,
                        FAKE_ABORTS);
    return scene_main("host", tc);
}
