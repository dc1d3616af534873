/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-jobs.c: create, save, restore and wait: progress, Ctrl-C, and what is said in the end.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "scene.h"

#define MIB (1024ull * 1024)

enum { JOB_LIST = SCENE_DOM0D + 1, JOB_WAIT = SCENE_DOM0D + 2, JOB_ABORT = SCENE_DOM0D + 3 };

static struct scene       scene;
static struct wire_header long_call;  /* the save's, to be answered later */
static int                state_then; /* what GET_STATE says afterwards */

static void
setup(void)
{
    scene_init(&scene);
    long_call = (struct wire_header){0};
    state_then = 1;
}

static void
teardown(void)
{
    scene_clear(&scene);
}

/*----- the daemon's side -----*/

/* Another client's job, and ours: 100 MiB further each time, of 1,000 MiB. */
static void
answer_list(struct scene *s, const struct wire_header *call)
{
    static char save[] = "save", web[] = "web", other[] = "other";
    dom0d_job   jobs[] = {
          {.id = 40, .operation = save, .domain = other, .serial = long_call.serial},
          {.id = 41,
           .operation = save,
           .domain = web,
           .state = DOM0D_JOB_RUNNING,
           .processed = scene_count(s, JOB_LIST) * 100 * MIB,
           .total = 1000 * MIB,
           .own = true,
           .serial = long_call.serial},
    };

    SCENE_ANSWER(s, call, dom0d_job_list_ret, .jobs = {array_size(jobs), jobs});
}

static void
note_abort(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    dom0d_job_id_args args = {0};

    SCENE_DECODE(frame, size, dom0d_job_id_args, &args);
    s->number = (int)args.id;
    scene_answer(s, call, NULL, NULL);
}

static bool
is_long(const struct wire_header *call)
{
    if (call->program == WIRE_PROGRAM_DOM0D)
        return call->procedure == 2;
    return call->procedure == 232 || call->procedure == 233 || call->procedure == 10;
}

/* A job that never ends by itself: the long call is kept, its progress told, an abort noted. */
static bool
be_busy(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    if (is_long(call))
        long_call = *call;
    else if (call->program == WIRE_PROGRAM_DOM0D && call->procedure == 1)
        answer_list(s, call);
    else if (call->program == WIRE_PROGRAM_DOM0D && call->procedure == 3)
        note_abort(s, call, frame, size);
    else if (call->procedure == 212)
        SCENE_ANSWER(s, call, remote_domain_get_state_ret, .state = state_then, .reason = 1);
    else
        return false;
    return true;
}

static bool
end_after_three_lists(struct scene *s, const struct wire_header *call, const void *frame,
                      size_t size)
{
    bool done = be_busy(s, call, frame, size);

    if (scene_count(s, JOB_LIST) == 3 && long_call.program) {
        scene_answer(s, &long_call, NULL, NULL);
        long_call.program = 0;
    }
    return done;
}

/* Ctrl-C after the second list; the abort is obeyed. */
static bool
abort_when_asked(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    bool done = be_busy(s, call, frame, size);

    if (call->program != WIRE_PROGRAM_DOM0D)
        return done;
    if (call->procedure == 1 && scene_count(s, JOB_LIST) == 2)
        scene_interrupt(s);
    if (call->procedure == 3)
        scene_refuse(s, &long_call, ERR_OPERATION_ABORTED, "operation aborted: save of web");
    return done;
}

/*----- progress -----*/

START_TEST(a_save_draws_a_bar_on_a_terminal_and_erases_it)
{
    scene.on_call = end_after_three_lists;
    scene.terminal = true;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_ptr_nonnull(strstr(scene.err.text, "\r\033[Ksave web: 0:00"));
    ck_assert_ptr_nonnull(strstr(scene.err.text, "\r\033[Ksave web  10% [=> "));
    ck_assert_ptr_nonnull(strstr(scene.err.text, "\r\033[Ksave web  20% [===> "));
    ck_assert_ptr_nonnull(strstr(scene.err.text, " 200/1000 MiB"));
    ck_assert_str_eq(scene.err.text + scene.err.size - 4, "\r\033[K");
    ck_assert_str_eq(scene.out.text, "web saved to /tmp/web.save\n");
}
END_TEST

START_TEST(a_save_is_silent_for_five_seconds_where_there_is_no_terminal)
{
    scene.on_call = end_after_three_lists;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_str_eq(scene.err.text, "");
    ck_assert_str_eq(scene.out.text, "web saved to /tmp/web.save\n");
}
END_TEST

static bool
note_file(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    remote_domain_save_flags_args args = {.dom = {.name = NULL}};
    char                          folder[4096];
    cleanup_free char            *wanted = NULL;

    if (call->procedure != 232)
        return false;
    SCENE_DECODE(frame, size, remote_domain_save_flags_args, &args);
    wanted = xasprintf("%s/web.save", getcwd(folder, sizeof folder));
    ck_assert_str_eq(args.to, wanted);
    ck_assert_str_eq(args.dom.name, "web");
    ck_assert_ptr_null(args.dxml);
    wire_body_free((xdrproc_t)xdr_remote_domain_save_flags_args, &args);
    scene_answer(s, call, NULL, NULL);
    return true;
}

START_TEST(a_save_asks_for_its_number_at_once_and_gives_an_absolute_path)
{
    scene.on_call = note_file;
    scene_run(&scene, "save web web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_uint_eq(scene.n_calls, 5);
    ck_assert_int_eq(scene.calls[3], 232);
    ck_assert_int_eq(scene.calls[4], JOB_LIST);
}
END_TEST

/* A daemon that does not know the program of dom0d. */
static bool
have_no_list(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    if (call->program == WIRE_PROGRAM_DOM0D) {
        scene_refuse(s, call, ERR_RPC, "Cannot find program");
        scene_answer(s, &long_call, NULL, NULL);
        return true;
    }
    return be_busy(s, call, frame, size);
}

START_TEST(a_daemon_without_a_list_of_jobs_can_save)
{
    scene.on_call = have_no_list;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_str_eq(scene.out.text, "web saved to /tmp/web.save\n");
}
END_TEST

/* The list is answered only after the save, and 10,000 events come in between. */
static bool
answer_out_of_order(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    if (call->program == WIRE_PROGRAM_DOM0D && call->procedure == 1) {
        for (int i = 0; i < 10000; i++)
            scene_event(s, 4, 0);
        scene_answer(s, &long_call, NULL, NULL);
        answer_list(s, call);
        return true;
    }
    return be_busy(s, call, frame, size);
}

START_TEST(answers_in_another_order_and_a_flood_of_events_do_no_harm)
{
    scene.on_call = answer_out_of_order;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_str_eq(scene.out.text, "web saved to /tmp/web.save\n");
}
END_TEST

/*----- Ctrl-C -----*/

START_TEST(an_interrupt_aborts_the_save_and_says_that_the_guest_runs_on)
{
    scene.on_call = abort_when_asked;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_int_eq(scene.number, 41);
    ck_assert_uint_eq(scene_count(&scene, JOB_ABORT), 1);
    ck_assert_str_eq(scene.err.text, "dom0ctl: aborting; Ctrl-C again leaves without waiting\n"
                                     "dom0ctl: save of web aborted; the guest runs on\n");
    ck_assert_str_eq(scene.out.text, "");
}
END_TEST

START_TEST(a_guest_that_does_not_run_after_the_abort_is_not_said_to_run)
{
    scene.on_call = abort_when_asked;
    state_then = 3;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_ptr_nonnull(
        strstr(scene.err.text, "dom0ctl: save of web aborted; the guest is paused\n"));
}
END_TEST

START_TEST(the_bar_gives_way_to_what_is_said_about_the_abort)
{
    scene.on_call = abort_when_asked;
    scene.terminal = true;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_ptr_nonnull(strstr(scene.err.text, "\r\033[Kdom0ctl: aborting; "));
    ck_assert_ptr_nonnull(
        strstr(scene.err.text, "\r\033[Kdom0ctl: save of web aborted; the guest runs on\r\n"));
}
END_TEST

START_TEST(an_interrupted_restore_or_create_is_aborted_too)
{
    static const char *const commands[] = {"restore /tmp/x.save", "create -"};
    static const char *const said[] = {"dom0ctl: restore /tmp/x.save: aborted\n",
                                       "dom0ctl: create: aborted\n"};

    scene.on_call = abort_when_asked;
    scene.input = "<domain/>";
    scene_run(&scene, commands[_i]);
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_int_eq(scene.number, 41);
    ck_assert_ptr_nonnull(strstr(scene.err.text, said[_i]));
}
END_TEST

/* The save ends as Ctrl-C comes: the abort is refused, and then the answer is there. */
static bool
be_too_late(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    if (call->program == WIRE_PROGRAM_DOM0D && call->procedure == 3) {
        scene_hold(s);
        scene_answer(s, &long_call, NULL, NULL);
        scene_refuse(s, call, ERR_OPERATION_INVALID, "there is no job 41");
        scene_release(s);
        return true;
    }
    return call->procedure == 3 || abort_when_asked(s, call, frame, size);
}

START_TEST(an_abort_that_comes_too_late_is_no_failure)
{
    scene.on_call = be_too_late;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_str_eq(scene.out.text, "web saved to /tmp/web.save; the abort came too late\n");
    ck_assert_ptr_null(strstr(scene.err.text, "cannot abort"));
}
END_TEST

/* The abort is refused, and the save goes on to its end. */
static bool
refuse_abort(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    if (call->program == WIRE_PROGRAM_DOM0D && call->procedure == 3) {
        scene_refuse(s, call, ERR_OPERATION_DENIED, "not yours");
        return true;
    }
    if (scene_count(s, JOB_LIST) == 4 && long_call.program) {
        scene_answer(s, &long_call, NULL, NULL);
        long_call.program = 0;
    }
    return abort_when_asked(s, call, frame, size);
}

START_TEST(an_abort_that_is_refused_is_said_and_the_save_goes_on)
{
    scene.on_call = refuse_abort;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_ptr_nonnull(strstr(scene.err.text, "dom0ctl: cannot abort: not yours\n"));
}
END_TEST

/* Ctrl-C twice; nothing ever ends. */
static bool
interrupt_twice(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    if (call->program == WIRE_PROGRAM_DOM0D && call->procedure == 3)
        scene_interrupt(s);
    if (call->program == WIRE_PROGRAM_DOM0D && call->procedure == 1 &&
        scene_count(s, JOB_LIST) == 2)
        scene_interrupt(s);
    return be_busy(s, call, frame, size);
}

START_TEST(a_second_interrupt_leaves_as_any_interrupt_does)
{
    scene.on_call = interrupt_twice;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert(WIFSIGNALED(scene.status));
    ck_assert_int_eq(WTERMSIG(scene.status), SIGINT);
    ck_assert_ptr_nonnull(
        strstr(scene.err.text, "dom0ctl: no longer waiting; see 'dom0ctl jobs'\n"));
}
END_TEST

static bool
have_no_list_and_wait(struct scene *s, const struct wire_header *call, const void *frame,
                      size_t size)
{
    if (call->program != WIRE_PROGRAM_DOM0D)
        return be_busy(s, call, frame, size);
    scene_refuse(s, call, ERR_RPC, "Cannot find program");
    scene_interrupt(s);
    return true;
}

static void
end_when_told(struct scene *s)
{
    if (strstr(s->err.text, "cannot abort"))
        scene_answer(s, &long_call, NULL, NULL);
}

START_TEST(an_abort_that_cannot_be_asked_for_is_said)
{
    scene.on_call = have_no_list_and_wait;
    scene.on_idle = end_when_told;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_ptr_nonnull(strstr(scene.err.text, "dom0ctl: cannot abort: the daemon does not"));
    ck_assert_str_eq(scene.out.text, "web saved to /tmp/web.save\n");
}
END_TEST

static void
interrupt_while_waiting(struct scene *s)
{
    if (long_call.program)
        scene_interrupt(s);
}

/* Nothing but the long call is ever answered, and that not either. */
static bool
say_nothing(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    return call->program == WIRE_PROGRAM_DOM0D || be_busy(s, call, frame, size);
}

START_TEST(interrupts_work_while_the_daemon_says_nothing_at_all)
{
    scene.on_call = say_nothing;
    scene.on_idle = interrupt_while_waiting;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert(WIFSIGNALED(scene.status));
    ck_assert_int_eq(WTERMSIG(scene.status), SIGINT);
}
END_TEST

START_TEST(an_interrupt_that_is_ignored_stays_ignored)
{
    scene.on_call = end_after_three_lists;
    scene.on_idle = interrupt_while_waiting;
    scene.ignore_interrupt = true;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_uint_eq(scene_count(&scene, JOB_ABORT), 0);
}
END_TEST

/*----- failures -----*/

static bool
fail_the_save(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    (void)frame, (void)size;
    if (!is_long(call))
        return false;
    scene_refuse(s, call, ERR_SYSTEM, "cannot write /tmp/web.save: No space left on device");
    return true;
}

START_TEST(a_save_that_fails_says_what_the_daemon_says)
{
    scene.on_call = fail_the_save;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_str_eq(scene.err.text,
                     "dom0ctl: cannot write /tmp/web.save: No space left on device\n");
}
END_TEST

static bool
abort_unasked(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    if (is_long(call)) {
        scene_refuse(s, call, ERR_OPERATION_ABORTED, "save aborted: the domain is destroyed");
        return true;
    }
    return be_busy(s, call, frame, size);
}

START_TEST(a_save_that_somebody_else_aborts_keeps_the_daemons_words)
{
    scene.on_call = abort_unasked;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_str_eq(scene.err.text, "dom0ctl: save aborted: the domain is destroyed\n");
}
END_TEST

/*----- create, restore, wait -----*/

static bool
note_xml(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    remote_domain_create_xml_args args = {.xml_desc = NULL};

    if (call->procedure != 10)
        return false;
    SCENE_DECODE(frame, size, remote_domain_create_xml_args, &args);
    ck_assert_str_eq(args.xml_desc, "<domain type='xen'/>\n");
    s->number = (int)args.flags;
    free(args.xml_desc);
    SCENE_ANSWER(s, call, remote_domain_create_xml_ret, .dom = scene_domain(0));
    return true;
}

START_TEST(create_sends_the_xml_and_names_the_new_domain)
{
    scene.on_call = note_xml;
    scene.input = "<domain type='xen'/>\n";
    scene_run(&scene, _i ? "create --paused -" : "create -");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_int_eq(scene.number, _i);
    ck_assert_str_eq(scene.out.text, "web created, id 7\n");
}
END_TEST

static bool
note_xml_with_messages(struct scene *s, const struct wire_header *call, const void *frame,
                       size_t size)
{
    static char           message[] = "ignored: line 3: <rng>\033[2J";
    remote_nonnull_string list[] = {message};

    if (call->procedure != 426)
        return note_xml(s, call, frame, size);
    SCENE_ANSWER(s, call, remote_domain_get_messages_ret,
                 .msgs = {.msgs_len = 1, .msgs_val = list});
    return true;
}

START_TEST(create_warns_of_what_is_ignored)
{
    scene.on_call = note_xml_with_messages;
    scene.input = "<domain type='xen'/>\n";
    scene_run(&scene, "create -");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_str_eq(scene.out.text, "web created, id 7\n");
    ck_assert_str_eq(scene.err.text, "dom0ctl: warning: ignored: line 3: <rng>\\x1b[2J\n");
}
END_TEST

static bool
convert_then_note_xml(struct scene *s, const struct wire_header *call, const void *frame,
                      size_t size)
{
    static char                                xml[] = "<domain type='xen'/>\n";
    remote_connect_domain_xml_from_native_args args = {.nativeFormat = NULL};

    if (call->procedure != 135)
        return note_xml(s, call, frame, size);
    SCENE_DECODE(frame, size, remote_connect_domain_xml_from_native_args, &args);
    ck_assert_str_eq(args.nativeFormat, "xen-xl");
    ck_assert_str_eq(args.nativeConfig, s->input);
    wire_body_free((xdrproc_t)xdr_remote_connect_domain_xml_from_native_args, &args);
    SCENE_ANSWER(s, call, remote_connect_domain_xml_from_native_ret, .domainXml = xml);
    return true;
}

START_TEST(create_has_an_xl_cfg_converted_and_sends_its_xml)
{
    scene.on_call = convert_then_note_xml;
    scene.input = "# <not xml>\nname = 'web'\n";
    scene_run(&scene, "create -");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_str_eq(scene.out.text, "web created, id 7\n");
}
END_TEST

static bool
refuse_cfg(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    (void)frame, (void)size;
    if (call->procedure != 135)
        return false;
    scene_refuse(s, call, ERR_CONFIG_UNSUPPORTED, "line 3: irqs: is not supported");
    return true;
}

START_TEST(create_of_an_xl_cfg_that_is_refused_begins_nothing)
{
    scene.on_call = refuse_cfg;
    scene.input = "name = 'web'\n";
    scene_run(&scene, "create -");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_str_eq(scene.err.text, "dom0ctl: line 3: irqs: is not supported\n");
    ck_assert_uint_eq(scene_count(&scene, 10), 0);
}
END_TEST

START_TEST(create_takes_neither_a_missing_file_nor_an_endless_one_nor_zero_bytes)
{
    static const char *const commands[] = {"create /nonexistent/x.xml", "create /dev/zero",
                                           "create /dev/full"};
    static const char *const said[] = {
        "dom0ctl: cannot read /nonexistent/x.xml: No such file or directory\n",
        "dom0ctl: cannot read /dev/zero: larger than 4194304 bytes\n",
        "dom0ctl: cannot read /dev/full: larger than 4194304 bytes\n",
    };

    scene_run(&scene, commands[_i]);
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_str_eq(scene.err.text, said[_i]);
    ck_assert_uint_eq(scene_count(&scene, 10), 0);
}
END_TEST

START_TEST(create_takes_no_text_with_a_zero_byte)
{
    cleanup_free char *path = xasprintf("%s/x", scene.dir), *command = xasprintf("create %s", path);
    FILE              *file = fopen(path, "w");

    ck_assert_uint_eq(fwrite("<domain/>\0", 1, 10, file), 10);
    fclose(file);
    scene_run(&scene, command);
    unlink(path);
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_ptr_nonnull(strstr(scene.err.text, " is not a text file: it contains a NUL byte\n"));
    ck_assert_uint_eq(scene_count(&scene, 10), 0);
}
END_TEST

static bool
note_restore(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    remote_domain_restore_flags_args args = {.from = NULL};

    if (call->procedure == 233) {
        SCENE_DECODE(frame, size, remote_domain_restore_flags_args, &args);
        ck_assert_str_eq(args.from, "/tmp/x.save");
        s->number = (int)args.flags;
        wire_body_free((xdrproc_t)xdr_remote_domain_restore_flags_args, &args);
    }
    return end_after_three_lists(s, call, frame, size);
}

START_TEST(restore_names_the_domain_that_the_daemon_found_in_the_file)
{
    scene.on_call = note_restore;
    scene_run(&scene, _i ? "restore /tmp/x.save -p" : "restore /tmp/x.save");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_int_eq(scene.number, _i ? 4 : 0);
    ck_assert_str_eq(scene.out.text, "web restored from /tmp/x.save\n");
}
END_TEST

static bool
end_the_wait(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    static char       message[] = "no space left", nothing[] = "";
    dom0d_job_id_args args = {0};

    if (!is_long(call))
        return false;
    SCENE_DECODE(frame, size, dom0d_job_id_args, &args);
    ck_assert_int_eq((int)args.id, 41);
    SCENE_ANSWER(s, call, dom0d_job_wait_ret, .code = s->number,
                 .message = s->number ? message : nothing);
    return true;
}

START_TEST(wait_ends_as_the_job_did)
{
    scene.on_call = end_the_wait;
    scene.number = _i ? ERR_SYSTEM : 0;
    scene_run(&scene, "wait 41");
    ck_assert_int_eq(scene_exit_status(&scene), _i);
    ck_assert_str_eq(scene.err.text, _i ? "dom0ctl: no space left\n" : "");
}
END_TEST

static bool
know_no_job(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    (void)frame, (void)size;
    if (is_long(call))
        scene_refuse(s, call, ERR_INVALID_ARG, "no job 41 is known");
    return is_long(call);
}

START_TEST(to_wait_for_a_job_that_never_was_is_an_error_in_the_daemons_words)
{
    scene.on_call = know_no_job;
    scene_run(&scene, "wait 41");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_str_eq(scene.err.text, "dom0ctl: no job 41 is known\n");
}
END_TEST

START_TEST(an_interrupted_wait_leaves_and_aborts_nothing)
{
    scene.on_call = be_busy;
    scene.on_idle = interrupt_while_waiting;
    scene_run(&scene, "wait 41");
    ck_assert(WIFSIGNALED(scene.status));
    ck_assert_uint_eq(scene_count(&scene, JOB_ABORT), 0);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("dom0ctl-jobs");
    TCase   *tc = tcase_create("jobs");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, a_save_draws_a_bar_on_a_terminal_and_erases_it);
    tcase_add_test(tc, a_save_is_silent_for_five_seconds_where_there_is_no_terminal);
    tcase_add_test(tc, a_save_asks_for_its_number_at_once_and_gives_an_absolute_path);
    tcase_add_test(tc, a_daemon_without_a_list_of_jobs_can_save);
    tcase_add_test(tc, answers_in_another_order_and_a_flood_of_events_do_no_harm);
    tcase_add_test(tc, an_interrupt_aborts_the_save_and_says_that_the_guest_runs_on);
    tcase_add_test(tc, a_guest_that_does_not_run_after_the_abort_is_not_said_to_run);
    tcase_add_test(tc, the_bar_gives_way_to_what_is_said_about_the_abort);
    tcase_add_loop_test(tc, an_interrupted_restore_or_create_is_aborted_too, 0, 2);
    tcase_add_test(tc, an_abort_that_comes_too_late_is_no_failure);
    tcase_add_test(tc, an_abort_that_is_refused_is_said_and_the_save_goes_on);
    tcase_add_test(tc, an_abort_that_cannot_be_asked_for_is_said);
    tcase_add_test(tc, a_second_interrupt_leaves_as_any_interrupt_does);
    tcase_add_test(tc, interrupts_work_while_the_daemon_says_nothing_at_all);
    tcase_add_test(tc, an_interrupt_that_is_ignored_stays_ignored);
    tcase_add_test(tc, a_save_that_fails_says_what_the_daemon_says);
    tcase_add_test(tc, a_save_that_somebody_else_aborts_keeps_the_daemons_words);
    tcase_add_loop_test(tc, create_sends_the_xml_and_names_the_new_domain, 0, 2);
    tcase_add_test(tc, create_warns_of_what_is_ignored);
    tcase_add_test(tc, create_has_an_xl_cfg_converted_and_sends_its_xml);
    tcase_add_test(tc, create_of_an_xl_cfg_that_is_refused_begins_nothing);
    tcase_add_loop_test(tc, create_takes_neither_a_missing_file_nor_an_endless_one_nor_zero_bytes,
                        0, 3);
    tcase_add_test(tc, create_takes_no_text_with_a_zero_byte);
    tcase_add_loop_test(tc, restore_names_the_domain_that_the_daemon_found_in_the_file, 0, 2);
    tcase_add_loop_test(tc, wait_ends_as_the_job_did, 0, 2);
    tcase_add_test(tc, to_wait_for_a_job_that_never_was_is_an_error_in_the_daemons_words);
    tcase_add_test(tc, an_interrupted_wait_leaves_and_aborts_nothing);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
