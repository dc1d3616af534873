/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-console.c: dom0ctl console and log, by pipes, against a daemon that the test plays.  With
 * the real one, and on terminals: tests/daemon/test-console.sh.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "scene.h"

enum { LIST_ALL = 273, LOOKUP_BY_NAME = 23, OPEN_CONSOLE = 201, CONSOLE_READ = 5 };

static struct scene scene;

/* What the client has sent over the stream, and with which flags it opened it. */
static char     typed[65536];
static size_t   n_typed;
static unsigned n_finished, flags;
static char     device[32], guest[64];

static void
setup(void)
{
    scene_init(&scene);
    n_typed = 0;
    n_finished = flags = 0;
    device[0] = guest[0] = '\0';
}

static void
teardown(void)
{
    scene_clear(&scene);
}

/*----- the daemon -----*/

static void
stream_says(const struct wire_header *call, uint32_t status, const void *data, size_t size)
{
    struct wire_header header = *call;
    cleanup_free void *frame = NULL;
    size_t             frame_size;

    header.type = WIRE_STREAM;
    header.status = status;
    wire_encode_data(&header, data, size, &frame, &frame_size);
    scene_send(&scene, frame, frame_size);
}

static void
take_arguments(const struct wire_header *call, const void *frame, size_t size)
{
    remote_domain_open_console_args open = {.flags = 0};
    dom0d_console_read_args         args = {.flags = 0};

    if (call->program == WIRE_PROGRAM_DOM0D) {
        SCENE_DECODE(frame, size, dom0d_console_read_args, &args);
        snprintf(guest, sizeof guest, "%s", args.guest);
        snprintf(device, sizeof device, "%s", args.device ? *args.device : "");
        flags = args.flags;
        wire_body_free((xdrproc_t)xdr_dom0d_console_read_args, &args);
        return;
    }
    SCENE_DECODE(frame, size, remote_domain_open_console_args, &open);
    snprintf(guest, sizeof guest, "%s", open.dom.name);
    snprintf(device, sizeof device, "%s", open.dev_name ? *open.dev_name : "");
    flags = open.flags;
    wire_body_free((xdrproc_t)xdr_remote_domain_open_console_args, &open);
}

/* The first output comes with the answer; the end when "bye" is typed. */
static bool
is_console(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    bool is_read = call->program == WIRE_PROGRAM_DOM0D && call->procedure == CONSOLE_READ;

    if (call->procedure != OPEN_CONSOLE && !is_read)
        return false;
    if (call->type == WIRE_CALL) {
        take_arguments(call, frame, size);
        scene_hold(s);
        scene_answer(s, call, NULL, NULL);
        stream_says(call, WIRE_CONTINUE, "login: \033[1m\r\n", 13);
        if (is_read)
            stream_says(call, WIRE_CONTINUE, NULL, 0);
        scene_release(s);
    } else if (call->status == WIRE_CONTINUE) {
        memcpy(typed + n_typed, (const char *)frame + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE);
        n_typed += size - WIRE_HEADER_SIZE;
        if (memmem(typed, n_typed, "bye", 3))
            stream_says(call, WIRE_CONTINUE, NULL, 0);
    } else {
        ck_assert_uint_eq(call->status, WIRE_OK);
        n_finished++;
        stream_says(call, WIRE_OK, NULL, 0);
    }
    return true;
}

START_TEST(what_comes_is_printed_and_the_input_is_sent_as_it_is)
{
    scene.on_call = is_console;
    scene.input = "root\r\035bye";
    scene_run(&scene, "console web --device serial1 --force");
    ck_assert_str_eq(scene.out.text, "login: \033[1m\r\n");
    ck_assert_str_eq(scene.err.text, "");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_uint_eq(n_typed, 9);
    ck_assert_mem_eq(typed, "root\r\035bye", 9);
    ck_assert_str_eq(guest, "web");
    ck_assert_str_eq(device, "serial1");
    ck_assert_uint_eq(flags, 1);
    ck_assert_uint_eq(n_finished, 1);
}
END_TEST

static struct wire_header opened;

static bool
is_taken_over(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    if (!is_console(s, call, frame, size))
        return false;
    opened = *call;
    opened.type = WIRE_STREAM;
    scene_refuse(s, &opened, ERR_OPERATION_FAILED, "operation failed: taken\033over");
    return true;
}

START_TEST(a_session_that_fails_says_why)
{
    scene.on_call = is_taken_over;
    scene_run(&scene, "console web");
    ck_assert_str_eq(scene.err.text, "dom0ctl: operation failed: taken\\x1bover\n");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_str_eq(device, "");
    ck_assert_uint_eq(flags, 0);
}
END_TEST

static bool
hangs_up(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    if (!is_console(s, call, frame, size))
        return false;
    scene_go(s);
    return true;
}

START_TEST(a_session_ends_with_the_daemon)
{
    scene.on_call = hangs_up;
    scene_run(&scene, "console web");
    ck_assert_ptr_nonnull(strstr(scene.err.text, "was lost"));
    ck_assert_int_eq(scene_exit_status(&scene), 1);
}
END_TEST

START_TEST(output_that_nobody_takes_ends_the_session)
{
    scene.on_call = is_console;
    scene.full_output = true;
    scene_run(&scene, "console web");
    ck_assert_str_eq(scene.err.text, "dom0ctl: cannot write the output: No space left on device\n");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
}
END_TEST

START_TEST(what_is_no_key_is_misuse)
{
    scene_run(&scene, _i ? "console web --escape ab" : "console web --escape ^1");
    ck_assert_int_eq(scene_exit_status(&scene), 2);
    ck_assert_ptr_nonnull(strstr(scene.err.text, "--escape is a character, or one like ^]"));
}
END_TEST

START_TEST(log_prints_what_is_kept_to_its_end)
{
    scene.on_call = is_console;
    scene_run(&scene, "log --follow --device console0 web");
    ck_assert_str_eq(scene.out.text, "login: \033[1m\r\n");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_str_eq(guest, "11223344-5566-7788-99aa-bbccddeeff01");
    ck_assert_str_eq(device, "console0");
    ck_assert_uint_eq(flags, 1);
}
END_TEST

START_TEST(log_asks_for_a_guest_that_is_not_there_by_its_name)
{
    scene.on_call = is_console;
    scene_run(&scene, "log gone");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_str_eq(guest, "gone");
    ck_assert_uint_eq(flags, 0);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("dom0ctl console");
    TCase   *tc = tcase_create("console");
    SRunner *runner;
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_comes_is_printed_and_the_input_is_sent_as_it_is);
    tcase_add_test(tc, a_session_that_fails_says_why);
    tcase_add_test(tc, a_session_ends_with_the_daemon);
    tcase_add_test(tc, output_that_nobody_takes_ends_the_session);
    tcase_add_loop_test(tc, what_is_no_key_is_misuse, 0, 2);
    tcase_add_test(tc, log_prints_what_is_kept_to_its_end);
    tcase_add_test(tc, log_asks_for_a_guest_that_is_not_there_by_its_name);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
