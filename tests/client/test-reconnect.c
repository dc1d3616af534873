/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-reconnect.c: the daemon goes in the middle of a job, or while its events are followed, and
 * another one comes, or none.
 *
 * The first daemon tells that the job is number 41 and half done, and goes.  What the second one
 * says is in `second`.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "scene.h"

#define MIB (1024ull * 1024)

enum { JOB_LIST = SCENE_DOM0D + 1, JOB_WAIT = SCENE_DOM0D + 2, JOB_ABORT = SCENE_DOM0D + 3 };
enum { DESTROY = 12, CREATE = 10, RESUME = 28, SUSPEND = 34, SAVE = 232, RESTORE = 233 };
enum { RUNNING = 1, PAUSED = 3 };

/* The daemon that comes after the first. */
static struct {
    unsigned away;       /* for so many twentieths of a second there is none */
    bool     never;      /* there is none at all */
    bool     mute;       /* there is one that answers nothing */
    bool     forgetful;  /* it knows no job 41 */
    bool     endless;    /* the job ends by an abort only */
    bool     timid;      /* it goes when it is asked for events */
    unsigned figureless; /* so many of its first lists are without figures */
    unsigned lists;      /* the job ends after so many of its lists */
    int      code;       /* how the job ends, and with which words */
    char     message[64];
    int      id; /* what the domain has become */
    int      state, reason;
} second;

static struct scene       scene;
static struct wire_header waiting; /* the call of job_wait, to be answered later */
static size_t             lists_then, list_calls;
static int                long_calls; /* that asked for a job */
static bool               nameless;   /* the job's domain is not known */
static char               path[128];  /* of an image, in the scene's folder */

static void
setup(void)
{
    scene_init(&scene);
    memset(&second, 0, sizeof second);
    second.lists = 1;
    second.id = 7;
    second.state = RUNNING;
    second.reason = 1;
    waiting = (struct wire_header){0};
    lists_then = list_calls = 0;
    long_calls = 0;
    nameless = false;
    snprintf(path, sizeof path, "%s/image", scene.dir);
}

static void
teardown(void)
{
    unlink(path);
    scene_clear(&scene);
}

static void
touch(const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

/*----- the two daemons -----*/

static bool
is_long(const struct wire_header *call)
{
    static const int procedures[] = {DESTROY, CREATE, RESUME, SUSPEND, SAVE, RESTORE};

    for (size_t i = 0; i < array_size(procedures); i++)
        if (call->program == WIRE_PROGRAM_REMOTE && call->procedure == procedures[i])
            return true;
    return false;
}

static void
answer_list(struct scene *s, const struct wire_header *call, bool own, unsigned percent)
{
    static char operation[] = "save", web[] = "web", nothing[] = "";
    dom0d_job   job = {.id = 41,
                       .operation = operation,
                       .domain = nameless ? nothing : web,
                       .state = DOM0D_JOB_RUNNING,
                       .processed = 10 * percent * MIB,
                       .total = percent ? 1000 * MIB : 0,
                       .own = own,
                       .serial = own ? waiting.serial : 0};

    memcpy(job.uuid, scene_uuid, sizeof job.uuid);
    SCENE_ANSWER(s, call, dom0d_job_list_ret, .jobs = {1, &job});
}

static void
end_job(struct scene *s, int code, char *message)
{
    if (waiting.program)
        SCENE_ANSWER(s, &waiting, dom0d_job_wait_ret, .code = code, .message = message);
    waiting.program = 0;
}

/* In the middle of a word. */
static void
go(struct scene *s)
{
    static const unsigned char half[] = {0, 0, 0, 64, 0x20, 0, 0x80, 0x86, 0, 0};

    scene_send(s, half, sizeof half);
    waiting = (struct wire_header){0};
    lists_then = scene_count(s, JOB_LIST);
    if (second.away || second.never)
        scene_go(s);
    else
        scene_hang_up(s);
}

/* The first daemon: it goes after its first list. */
static bool
play_first(struct scene *s, const struct wire_header *call)
{
    if (is_long(call) || (call->program == WIRE_PROGRAM_DOM0D && call->procedure == 2)) {
        waiting = *call;
        long_calls++;
        return true;
    }
    if (call->program != WIRE_PROGRAM_DOM0D || call->procedure != 1)
        return false;
    answer_list(s, call, true, 50);
    list_calls++;
    go(s);
    return true;
}

static void
answer_wait(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    dom0d_job_id_args args = {0};

    SCENE_DECODE(frame, size, dom0d_job_id_args, &args);
    ck_assert_int_eq((int)args.id, 41);
    waiting = *call;
    if (second.forgetful)
        scene_refuse(s, call, ERR_INVALID_ARG, "no job 41 is known");
}

static void
answer_abort(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    static char       message[] = "operation aborted";
    dom0d_job_id_args args = {0};

    SCENE_DECODE(frame, size, dom0d_job_id_args, &args);
    ck_assert_int_eq((int)args.id, 41);
    scene_answer(s, call, NULL, NULL);
    end_job(s, ERR_OPERATION_ABORTED, message);
}

static bool
play_jobs(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    size_t lists = scene_count(s, JOB_LIST) - lists_then;

    if (call->procedure == 1)
        answer_list(s, call, false, lists <= second.figureless ? 0 : 80);
    if (call->procedure == 1 && lists >= second.lists && !second.endless)
        end_job(s, second.code, second.message);
    if (call->procedure == 2)
        answer_wait(s, call, frame, size);
    if (call->procedure == 3)
        answer_abort(s, call, frame, size);
    return true;
}

static bool
play_second(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    remote_nonnull_domain dom = scene_domain(0);

    if (second.mute)
        return true;
    if (call->program == WIRE_PROGRAM_DOM0D)
        return play_jobs(s, call, frame, size);
    long_calls += is_long(call);
    dom.id = second.id;
    if (call->procedure == 24 && second.id < 0)
        scene_refuse(s, call, ERR_NO_DOMAIN, "Domain not found");
    else if (call->procedure == 24)
        SCENE_ANSWER(s, call, remote_domain_lookup_by_uuid_ret, .dom = dom);
    else if (call->procedure == 212)
        SCENE_ANSWER(s, call, remote_domain_get_state_ret, .state = second.state,
                     .reason = second.reason);
    else
        return false;
    return true;
}

static bool
play(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    return s->n_conns > 1 ? play_second(s, call, frame, size) : play_first(s, call);
}

static void
come_back(struct scene *s)
{
    if (s->listener < 0 && second.away && --second.away == 0)
        scene_come_back(s);
}

/* What is said of the loss, and then, in the end. */
static void
check_said(const char *last)
{
    static const char lost[] = "dom0ctl: the connection to the daemon was lost; connecting again\n";

    ck_assert_ptr_nonnull(strstr(scene.err.text, lost));
    ck_assert_str_eq(scene.err.text + strlen(lost), last);
}

static void
run(const char *command)
{
    scene.on_call = play;
    if (!scene.on_idle)
        scene.on_idle = come_back;
    scene.input = "<domain/>";
    scene_run(&scene, command);
}

/*----- found again -----*/

static const struct {
    const char *command, *said;
} commands[] = {
    {"save web /tmp/web.save", "web saved to /tmp/web.save\n"},
    {"restore /tmp/web.save", "web restored from /tmp/web.save\n"},
    {"create -", "web created, id 9\n"},
    {"destroy web", ""},
    {"pause web", ""},
    {"unpause web", ""},
    {"wait 41", ""},
};

START_TEST(a_job_is_found_again_by_its_number_and_its_end_is_waited_for)
{
    second.id = 9;
    run(commands[_i].command);
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    check_said("");
    ck_assert_str_eq(scene.out.text, commands[_i].said);
    ck_assert_uint_eq(scene.n_conns, 2);
    ck_assert_int_eq(long_calls, 1); /* nothing is asked for twice */
}
END_TEST

START_TEST(its_error_is_the_commands)
{
    second.code = ERR_SYSTEM;
    strcpy(second.message, "no space left");
    run(commands[_i].command);
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    check_said("dom0ctl: no space left\n");
    ck_assert_str_eq(scene.out.text, "");
}
END_TEST

START_TEST(a_domain_that_was_created_and_is_gone_or_has_no_name_yet_has_no_id)
{
    second.id = -1;
    nameless = _i;
    run("create -");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_str_eq(scene.out.text, _i ? "the domain was created\n" : "web created\n");
}
END_TEST

START_TEST(a_daemon_that_is_away_for_a_while_is_waited_for)
{
    second.away = 10;
    run("save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    check_said("");
    ck_assert_uint_eq(scene.n_conns, 2);
}
END_TEST

START_TEST(the_progress_goes_on_and_stays_where_it_was_until_there_are_figures)
{
    static const char waits[] = "500/1000 MiB  waits for the daemon";
    const char       *away, *again, *on;
    unsigned          shown = 0;

    scene.terminal = true;
    scene.columns = 100;
    second.away = 10;
    second.figureless = 2;
    second.lists = 4;
    run("save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    away = strstr(scene.err.text, waits);
    ck_assert_ptr_nonnull(away);
    for (const char *at = away; at; at = strstr(at + 1, waits))
        shown++;
    again = strstr(away, "500/1000 MiB\r");
    ck_assert_ptr_nonnull(again);
    on = strstr(again, "800/1000 MiB");
    ck_assert_ptr_nonnull(on);
    ck_assert_ptr_null(strstr(away, "save web: "));
    ck_assert_uint_ge(shown, 3);
}
END_TEST

/* The second daemon goes too, when it has told how far the job is. */
static bool
go_again(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    bool done = play(s, call, frame, size);

    if (s->n_conns == 2 && call->program == WIRE_PROGRAM_DOM0D && call->procedure == 1)
        go(s);
    return done;
}

START_TEST(it_is_found_again_as_often_as_the_daemon_goes)
{
    second.away = 1;
    second.lists = 2;
    scene.on_idle = come_back;
    scene.on_call = go_again;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_uint_eq(scene.n_conns, 3);
    ck_assert_uint_eq(scene_count(&scene, JOB_WAIT), 2);
}
END_TEST

/*----- not found again -----*/

START_TEST(a_daemon_that_does_not_come_back_is_given_up)
{
    static const char *const tried[] = {"save web /tmp/web.save", "wait 41"};

    scene.patience = "1";
    second.never = true;
    run(tried[_i]);
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_ptr_nonnull(strstr(scene.err.text, ": No such file or directory (does dom0d run?); "
                                                 "job 41 may go on\n"));
    ck_assert_str_eq(scene.out.text, "");
}
END_TEST

START_TEST(a_daemon_that_takes_the_connection_and_is_mute_is_given_up)
{
    scene.patience = "1";
    second.mute = true;
    run("save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_ptr_nonnull(strstr(scene.err.text, " does not answer; job 41 may go on\n"));
}
END_TEST

START_TEST(without_patience_it_is_left_to_its_fate)
{
    scene.patience = "0";
    run("save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_ptr_nonnull(strstr(scene.err.text, "was lost; job 41 may go on\n"));
    ck_assert_ptr_null(strstr(scene.err.text, "again"));
    ck_assert_uint_eq(scene.n_conns, 1);
}
END_TEST

START_TEST(patience_is_a_number)
{
    static const char *const wrong[] = {"x", "-1", "1s", "99999999"};

    scene.patience = wrong[_i];
    scene_run(&scene, "list");
    ck_assert_int_eq(scene_exit_status(&scene), 2);
    ck_assert_ptr_nonnull(
        strstr(scene.err.text, "dom0ctl: DOM0CTL_RECONNECT is a number of seconds up to "));
}
END_TEST

static bool
go_at_once(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    if (!is_long(call))
        return play(s, call, frame, size);
    go(s);
    return true;
}

START_TEST(a_job_whose_number_is_not_known_yet_cannot_be_found_again)
{
    scene.on_call = go_at_once;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_ptr_nonnull(
        strstr(scene.err.text, "was lost; what was asked for may go on, see 'dom0ctl jobs'\n"));
    ck_assert_uint_eq(scene.n_conns, 1);
}
END_TEST

/* Instead of going, the daemon goes mad. */
static bool
go_mad(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    static const unsigned char garbage[] = {0, 0, 0, 4, 1, 2, 3, 4};

    if (call->program != WIRE_PROGRAM_DOM0D)
        return play(s, call, frame, size);
    answer_list(s, call, true, 50);
    scene_send(s, garbage, sizeof garbage);
    return true;
}

START_TEST(a_daemon_that_talks_nonsense_is_not_asked_again)
{
    scene.on_call = go_mad;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_ptr_nonnull(strstr(scene.err.text, "sent what is not its protocol: "));
    ck_assert_ptr_nonnull(strstr(scene.err.text, "; job 41 may go on\n"));
    ck_assert_uint_eq(scene.n_conns, 1);
}
END_TEST

/*----- Ctrl-C -----*/

static bool
interrupt_second(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    bool done = play(s, call, frame, size);

    if (s->n_conns > 1 && call->program == WIRE_PROGRAM_DOM0D && call->procedure == 1 &&
        scene_count(s, JOB_LIST) == lists_then + 1)
        scene_interrupt(s);
    return done;
}

START_TEST(an_interrupt_aborts_the_job_that_was_found_again)
{
    second.endless = true;
    scene.on_call = interrupt_second;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    check_said("dom0ctl: aborting; Ctrl-C again leaves without waiting\n"
               "dom0ctl: save of web aborted; the guest runs on\n");
    ck_assert_uint_eq(scene_count(&scene, JOB_ABORT), 1);
}
END_TEST

static void
interrupt_while_away(struct scene *s)
{
    if (s->listener < 0 && (second.never || second.away == 5))
        scene_interrupt(s);
    come_back(s);
}

START_TEST(an_interrupt_while_there_is_no_daemon_aborts_when_one_comes)
{
    second.endless = true;
    second.away = 8;
    scene.on_idle = interrupt_while_away;
    run("save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    check_said("dom0ctl: aborting; Ctrl-C again leaves without waiting\n"
               "dom0ctl: save of web aborted; the guest runs on\n");
}
END_TEST

START_TEST(a_second_interrupt_while_there_is_no_daemon_leaves)
{
    second.never = true;
    scene.on_idle = interrupt_while_away;
    run("save web /tmp/web.save");
    ck_assert(WIFSIGNALED(scene.status));
    ck_assert_int_eq(WTERMSIG(scene.status), SIGINT);
}
END_TEST

START_TEST(an_interrupt_leaves_what_is_not_to_be_aborted)
{
    static const char *const kept[] = {"destroy web", "pause web", "unpause web", "wait 41"};

    second.never = true;
    scene.on_idle = interrupt_while_away;
    run(kept[_i]);
    ck_assert(WIFSIGNALED(scene.status));
    ck_assert_ptr_nonnull(strstr(scene.err.text, "dom0ctl: left without waiting; see 'dom0ctl "));
    ck_assert_ptr_null(strstr(scene.err.text, "aborting"));
}
END_TEST

/* The first daemon is asked for an abort, and goes without an answer. */
static bool
go_when_asked(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    if (s->n_conns > 1 || call->program != WIRE_PROGRAM_DOM0D)
        return play(s, call, frame, size);
    if (call->procedure == 1) {
        answer_list(s, call, true, 50);
        if (list_calls++ == 0)
            scene_interrupt(s);
    } else {
        go(s);
    }
    return true;
}

START_TEST(an_abort_that_was_asked_for_is_asked_for_again)
{
    second.endless = true;
    scene.on_call = go_when_asked;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_uint_eq(scene_count(&scene, JOB_ABORT), 2);
    ck_assert_ptr_nonnull(
        strstr(scene.err.text, "dom0ctl: save of web aborted; the guest runs on\n"));
}
END_TEST

/*----- the new daemon does not know the job -----*/

#define UNKNOWN "dom0ctl: the daemon came back and does not know job 41; "

enum { OLD_FILE = 1, NEW_FILE = 2 };

/* What is there when a save is looked for, and what is said: with no words, it is done. */
static const struct {
    int         files, id, state;
    const char *domain, *file;
} saves[] = {
    {NEW_FILE, -1, 0, NULL, NULL},
    {NEW_FILE, 9, RUNNING, NULL, NULL}, /* somebody has restored it */
    {OLD_FILE | NEW_FILE, -1, 0, NULL, NULL},
    {NEW_FILE, 7, RUNNING, "is running (booted)", "is new"},
    {0, 7, RUNNING, "is running (booted)", "is not there"},
    {0, 7, PAUSED, "is paused (user)", "is not there"},
    {0, -1, 0, "does not run", "is not there"},
    {OLD_FILE, -1, 0, "does not run", "is as it was before"},
    {OLD_FILE, 9, RUNNING, "is running (booted)", "is as it was before"},
};

static bool
save_before_going(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    bool done = play(s, call, frame, size);

    if (saves[s->number].files & NEW_FILE && list_calls == 1 && s->conn < 0) {
        unlink(path);
        touch("another image");
    }
    return done;
}

START_TEST(a_save_that_nobody_saw_end_is_done_where_the_file_is_new_and_the_domain_has_ended)
{
    cleanup_free char *command = xasprintf("save web %s", path);
    cleanup_free char *line = NULL;

    second.forgetful = true;
    second.id = saves[_i].id;
    second.state = saves[_i].state;
    if (saves[_i].files & OLD_FILE)
        touch("image");
    scene.number = _i;
    scene.on_call = save_before_going;
    scene_run(&scene, command);
    ck_assert_int_eq(scene_exit_status(&scene), saves[_i].domain ? 1 : 0);
    if (saves[_i].domain) {
        line = xasprintf(UNKNOWN "web %s, and %s %s\n", saves[_i].domain, path, saves[_i].file);
        check_said(line);
        ck_assert_str_eq(scene.out.text, "");
    } else {
        line = xasprintf("web saved to %s (the file is new and the domain has ended; the daemon "
                         "came back and does not know job 41)\n",
                         path);
        check_said("");
        ck_assert_str_eq(scene.out.text, line);
    }
}
END_TEST

START_TEST(a_file_that_cannot_be_seen_proves_nothing)
{
    cleanup_free char *command = xasprintf("save web %s/below", path);

    second.forgetful = true;
    second.id = -1;
    touch("image");
    run(command);
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_ptr_nonnull(strstr(scene.err.text, "web does not run, and /tmp/"));
    ck_assert_ptr_nonnull(strstr(scene.err.text, "/below cannot be seen: Not a directory\n"));
}
END_TEST

/* Others: how the domain is then, and what is said; without words, it is done. */
static const struct {
    const char *command;
    int         id, state, reason;
    const char *said, *printed;
} others[] = {
    {"create -", 9, RUNNING, 1, NULL, "web created, id 9\n"},
    {"create -", -1, 0, 0, "web does not run", ""},
    {"restore /tmp/x", 9, RUNNING, 1, "web is running (booted)", ""},
    {"restore /tmp/x", -1, 0, 0, "web does not run", ""},
    {"destroy web", -1, 0, 0, NULL, ""},
    {"destroy web", 9, RUNNING, 1, NULL, ""}, /* started anew */
    {"destroy web", 7, RUNNING, 1, "web is running (booted)", ""},
    {"pause web", 7, PAUSED, 1, NULL, ""},
    {"pause web", 7, PAUSED, 3, "web is paused (saving)", ""}, /* by a save */
    {"pause web", 7, RUNNING, 1, "web is running (booted)", ""},
    {"pause web", 9, PAUSED, 1, "web is paused (user)", ""}, /* another one */
    {"unpause web", 7, RUNNING, 5, NULL, ""},
    {"unpause web", 7, PAUSED, 1, "web is paused (user)", ""},
    {"unpause web", 9, RUNNING, 1, "web is running (booted)", ""},
    {"wait 41", 7, RUNNING, 1, "how it ended is not known", ""},
};

START_TEST(of_a_job_that_nobody_saw_end_is_said_what_can_be_seen)
{
    cleanup_free char *line = xasprintf(UNKNOWN "%s\n", others[_i].said ? others[_i].said : "");

    second.forgetful = true;
    second.id = others[_i].id;
    second.state = others[_i].state;
    second.reason = others[_i].reason;
    run(others[_i].command);
    ck_assert_int_eq(scene_exit_status(&scene), others[_i].said ? 1 : 0);
    check_said(others[_i].said ? line : "");
    ck_assert_str_eq(scene.out.text, others[_i].printed);
}
END_TEST

START_TEST(where_not_even_the_domain_is_known_the_list_is_named)
{
    second.forgetful = true;
    nameless = true;
    run(_i ? "restore /tmp/x" : "create -");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    check_said(UNKNOWN "see 'dom0ctl list'\n");
}
END_TEST

/*----- events -----*/

enum { REGISTER = 316 };

/* Each daemon tells of an event; the first one goes then. */
static bool
tell_events(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    remote_connect_domain_event_callback_register_any_args args = {.eventID = -1};

    if (call->procedure != REGISTER)
        return s->n_conns > 1 && second.mute;
    SCENE_DECODE(frame, size, remote_connect_domain_event_callback_register_any_args, &args);
    s->number = args.dom ? args.dom->id : -1;
    wire_body_free((xdrproc_t)xdr_remote_connect_domain_event_callback_register_any_args, &args);
    if (s->n_conns > 1 && second.forgetful) {
        scene_refuse(s, call, ERR_NO_DOMAIN, "Domain not found");
        return true;
    }
    if (s->n_conns == 2 && second.timid) {
        go(s);
        return true;
    }
    SCENE_ANSWER(s, call, remote_connect_domain_event_callback_register_any_ret, .callbackID = 3);
    scene_event(s, s->n_conns > 1 ? 5 : 2, 0);
    if (s->n_conns == 1)
        go(s);
    return true;
}

static void
follow(const char *command)
{
    scene.on_call = tell_events;
    scene.on_idle = come_back;
    scene_run(&scene, command);
}

START_TEST(events_go_on_with_the_next_daemon)
{
    static const char *const followed[] = {"events --count 2", "events --domain web --count 2"};
    const char              *line;

    second.away = 3;
    follow(followed[_i]);
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    line = strstr(scene.out.text, " web started (booted)\n");
    ck_assert_ptr_nonnull(line);
    ck_assert_ptr_nonnull(strstr(line, " web stopped (shut down)\n"));
    check_said("dom0ctl: connected again; what happened meanwhile may not be told in full\n");
    ck_assert_int_eq(scene.number, _i ? 7 : -1);
    ck_assert_uint_eq(scene_count(&scene, REGISTER), 2);
}
END_TEST

START_TEST(events_go_on_with_the_one_after_next_too)
{
    second.timid = true;
    follow("events --count 2");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    check_said("dom0ctl: connected again; what happened meanwhile may not be told in full\n");
    ck_assert_uint_eq(scene.n_conns, 3);
}
END_TEST

START_TEST(events_in_json_are_json_only)
{
    follow("events --count 2 --json");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    for (char *line = strtok(scene.out.text, "\n"); line; line = strtok(NULL, "\n"))
        ck_assert_int_eq(*line, '{');
}
END_TEST

START_TEST(events_end_where_no_daemon_comes)
{
    scene.patience = "1";
    second.never = true;
    follow("events");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_ptr_nonnull(
        strstr(scene.err.text, ": No such file or directory (does dom0d run?)\n"));
}
END_TEST

START_TEST(events_without_patience_end_with_the_connection)
{
    scene.patience = "0";
    follow("events");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_ptr_nonnull(strstr(scene.err.text, "was lost\n"));
    ck_assert_uint_eq(scene.n_conns, 1);
}
END_TEST

START_TEST(events_end_in_time_also_while_there_is_no_daemon)
{
    static const char *const commands_in_time[] = {"events --timeout 1",
                                                   "events --timeout 1 --count 2"};

    second.never = _i < 2;
    second.mute = !second.never;
    follow(commands_in_time[_i % 2]);
    ck_assert_int_eq(scene_exit_status(&scene), _i % 2);
    check_said(_i % 2 ? "dom0ctl: the time is up after 1 of 2 events\n" : "");
}
END_TEST

START_TEST(events_of_a_domain_that_is_gone_end)
{
    second.forgetful = true;
    follow("events --domain web");
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    check_said("dom0ctl: Domain not found\n");
}
END_TEST

static void
add_events(TCase *tc)
{
    tcase_add_loop_test(tc, events_go_on_with_the_next_daemon, 0, 2);
    tcase_add_test(tc, events_go_on_with_the_one_after_next_too);
    tcase_add_test(tc, events_in_json_are_json_only);
    tcase_add_test(tc, events_end_where_no_daemon_comes);
    tcase_add_test(tc, events_without_patience_end_with_the_connection);
    tcase_add_loop_test(tc, events_end_in_time_also_while_there_is_no_daemon, 0, 4);
    tcase_add_test(tc, events_of_a_domain_that_is_gone_end);
}

int
main(void)
{
    Suite   *suite = suite_create("dom0ctl-reconnect");
    TCase   *tc = tcase_create("reconnect");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, a_job_is_found_again_by_its_number_and_its_end_is_waited_for, 0,
                        array_size(commands));
    tcase_add_loop_test(tc, its_error_is_the_commands, 0, array_size(commands));
    tcase_add_loop_test(tc, a_domain_that_was_created_and_is_gone_or_has_no_name_yet_has_no_id, 0,
                        2);
    tcase_add_test(tc, a_daemon_that_is_away_for_a_while_is_waited_for);
    tcase_add_test(tc, the_progress_goes_on_and_stays_where_it_was_until_there_are_figures);
    tcase_add_test(tc, it_is_found_again_as_often_as_the_daemon_goes);
    tcase_add_loop_test(tc, a_daemon_that_does_not_come_back_is_given_up, 0, 2);
    tcase_add_test(tc, a_daemon_that_takes_the_connection_and_is_mute_is_given_up);
    tcase_add_test(tc, without_patience_it_is_left_to_its_fate);
    tcase_add_loop_test(tc, patience_is_a_number, 0, 4);
    tcase_add_test(tc, a_job_whose_number_is_not_known_yet_cannot_be_found_again);
    tcase_add_test(tc, a_daemon_that_talks_nonsense_is_not_asked_again);
    tcase_add_test(tc, an_interrupt_aborts_the_job_that_was_found_again);
    tcase_add_test(tc, an_interrupt_while_there_is_no_daemon_aborts_when_one_comes);
    tcase_add_test(tc, a_second_interrupt_while_there_is_no_daemon_leaves);
    tcase_add_loop_test(tc, an_interrupt_leaves_what_is_not_to_be_aborted, 0, 4);
    tcase_add_test(tc, an_abort_that_was_asked_for_is_asked_for_again);
    tcase_add_loop_test(
        tc, a_save_that_nobody_saw_end_is_done_where_the_file_is_new_and_the_domain_has_ended, 0,
        array_size(saves));
    tcase_add_test(tc, a_file_that_cannot_be_seen_proves_nothing);
    tcase_add_loop_test(tc, of_a_job_that_nobody_saw_end_is_said_what_can_be_seen, 0,
                        array_size(others));
    tcase_add_loop_test(tc, where_not_even_the_domain_is_known_the_list_is_named, 0, 2);
    add_events(tc);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
