/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-guests.c: what systemd is told while guests are started and stopped with the host.  That
 * they are, and in which order, is tests/daemon/test-guests.sh.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "scene.h"

enum { GUEST_LIST = 8, MANAGED_SAVE = 182, GET_STATE = 212, CREATE_WITH_FLAGS = 196 };

static struct scene scene;
static char         dir[64], path[96];
static int          systemd = -1;
static unsigned     parallel;
static const char  *third; /* the name of one of the guests */

static void
setup(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    scene_init(&scene);
    parallel = 1;
    third = "web";
    snprintf(dir, sizeof dir, "/tmp/test-guests.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/notify", dir);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    systemd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(systemd, (struct sockaddr *)&address, sizeof address), 0);
    setenv("NOTIFY_SOCKET", path, 1);
}

static void
teardown(void)
{
    unsetenv("NOTIFY_SOCKET");
    close(systemd);
    unlink(path);
    ck_assert_int_eq(rmdir(dir), 0);
    scene_clear(&scene);
}

/* Those that run are to be stopped; the others are to be started. */
static void
answer_guests(struct scene *s, const struct wire_header *call, int domid)
{
    static char db[] = "db", mail[] = "mail", nothing[] = "";
    char       *names[] = {db, mail, (char *)(uintptr_t)third};
    dom0d_guest guests[array_size(names)];

    for (size_t n = 0; n < array_size(names); n++)
        guests[n] = (dom0d_guest){.dom = {.name = names[n], .id = domid < 0 ? -1 : domid + (int)n},
                                  .flags = DOM0D_GUEST_STORED | DOM0D_GUEST_AUTOSTART,
                                  .order = 100,
                                  .after = nothing};
    SCENE_ANSWER(s, call, dom0d_guest_list_ret, .guests = {array_size(guests), guests},
                 .parallel = parallel, .stop_sec = 60, .stop = DOM0D_HOST_STOP_SAVE);
}

static bool
save_them(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    (void)frame, (void)size;
    if (call->program == WIRE_PROGRAM_DOM0D && call->procedure == GUEST_LIST)
        answer_guests(s, call, 7);
    else if (call->program != WIRE_PROGRAM_DOM0D && call->procedure == MANAGED_SAVE)
        scene_answer(s, call, NULL, NULL);
    else
        return false;
    return true;
}

/* All but the first one. */
static bool
start_two_of_them(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    remote_domain_create_with_flags_args args = {0};

    if (call->program == WIRE_PROGRAM_DOM0D && call->procedure == GUEST_LIST) {
        answer_guests(s, call, -1);
    } else if (call->program != WIRE_PROGRAM_DOM0D && call->procedure == CREATE_WITH_FLAGS) {
        SCENE_DECODE(frame, size, remote_domain_create_with_flags_args, &args);
        if (strcmp(args.dom.name, "db") == 0)
            scene_refuse(s, call, ERR_OPERATION_FAILED, "no memory");
        else
            SCENE_ANSWER(s, call, remote_domain_create_with_flags_ret, .dom = args.dom);
        wire_body_free((xdrproc_t)xdr_remote_domain_create_with_flags_args, &args);
    } else if (call->program != WIRE_PROGRAM_DOM0D && call->procedure == GET_STATE) {
        SCENE_ANSWER(s, call, remote_domain_get_state_ret, .state = 5, .reason = 1);
    } else {
        return false;
    }
    return true;
}

/* What came, in one line. */
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

START_TEST(systemd_is_told_who_is_saved_and_how_many_were)
{
    scene.on_call = save_them;
    scene_run(&scene, "guests stop");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_str_eq(heard(), "STATUS=saving 1 of 3: web;STATUS=saving 2 of 3: mail;"
                              "STATUS=saving 3 of 3: db;STATUS=3 stopped;");
}
END_TEST

START_TEST(all_that_are_under_way_are_named)
{
    parallel = 3;
    scene.on_call = save_them;
    scene_run(&scene, "guests stop");
    ck_assert_ptr_nonnull(strstr(heard(), "STATUS=saving 3 of 3: web, mail, db;"));
}
END_TEST

START_TEST(systemd_is_told_how_many_could_not_be_started)
{
    scene.on_call = start_two_of_them;
    scene_run(&scene, "guests start");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_str_eq(heard(), "STATUS=starting 1 of 3: db;STATUS=starting 2 of 3: mail;"
                              "STATUS=starting 3 of 3: web;STATUS=2 started, 1 failed;");
}
END_TEST

/* systemd would take the second line for one of ours. */
START_TEST(a_name_with_a_line_break_says_nothing_to_systemd)
{
    third = "web\nMAINPID=1";
    scene.on_call = save_them;
    scene_run(&scene, "guests stop");
    ck_assert_ptr_null(strchr(heard(), '\n'));
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("guests");
    TCase   *tc = tcase_create("guests");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, systemd_is_told_who_is_saved_and_how_many_were);
    tcase_add_test(tc, all_that_are_under_way_are_named);
    tcase_add_test(tc, systemd_is_told_how_many_could_not_be_started);
    tcase_add_test(tc, a_name_with_a_line_break_says_nothing_to_systemd);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
