/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-reconnect.c: the daemon goes in the middle of a job, or while its events are followed, and
 * another one comes, or none.
 *
 * The first daemon tells that the job is number 41 and half done, and goes.  What the second one
 * says is in `second`.
 */
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "scene.h"

#define MIB (1024ull * 1024)

enum { JOB_LIST = SCENE_DOM0D + 1, JOB_WAIT = SCENE_DOM0D + 2, JOB_ABORT = SCENE_DOM0D + 3 };
enum { DESTROY = 12, CREATE = 10, RESUME = 28, SUSPEND = 34, SAVE = 232, RESTORE = 233 };
enum { CONNECT_OPEN = 1, LOOKUP_BY_NAME = 23, LOOKUP_BY_UUID = 24, GET_STATE = 212 };
enum { RUNNING = 1 };

/* The daemon that comes after the first. */
static struct {
    unsigned away;       /* for so many twentieths of a second there is none */
    bool     never;      /* there is none at all */
    bool     mute;       /* there is one that answers nothing */
    bool     forgetful;  /* it knows no job 41 */
    bool     ended;      /* it knows how the job ended, which runs no more */
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
}

static void
teardown(void)
{
    scene_clear(&scene);
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
    else if (second.ended)
        end_job(s, second.code, second.message);
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

    if (call->procedure == 1 && second.ended)
        SCENE_ANSWER(s, call, dom0d_job_list_ret, .jobs = {0, NULL});
    else if (call->procedure == 1)
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
    const char *command, *said, *label;
} commands[] = {
    {"save web /tmp/web.save", "web saved to /tmp/web.save\n", "save web"},
    {"restore /tmp/web.save", "web restored from /tmp/web.save\n", "restore /tmp/web.save"},
    {"create -", "web created, id 9\n", "create"},
    {"destroy web", "", "destroy web"},
    {"pause web", "", "pause web"},
    {"unpause web", "", "unpause web"},
    {"wait 41", "", NULL},
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

START_TEST(a_job_that_ended_while_there_was_no_connection_ends_as_it_did)
{
    bool failed = _i % 2;

    second.ended = true;
    second.away = 1;
    second.id = 9;
    second.code = failed ? ERR_SYSTEM : 0;
    strcpy(second.message, failed ? "no space left" : "");
    run(commands[_i / 2].command);
    ck_assert_int_eq(scene_exit_status(&scene), failed ? 1 : 0);
    check_said(failed ? "dom0ctl: no space left\n" : "");
    ck_assert_str_eq(scene.out.text, failed ? "" : commands[_i / 2].said);
    ck_assert_uint_eq(scene_count(&scene, JOB_WAIT), _i / 2 == 6 ? 2 : 1);
    ck_assert_int_eq(long_calls, 1);
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

static void
send_ping(struct scene *s)
{
    static const unsigned char ping[] = {0, 0, 0, 28, 0x6b, 0x65, 0x65, 0x70, 0, 0, 0, 1, 0, 0,
                                         0, 1, 0, 0,  0,    2,    0,    0,    0, 0, 0, 0, 0, 0};

    scene_send(s, ping, sizeof ping);
}

/* The list comes behind more than is read at once, and behind a ping that cannot be answered. */
static bool
go_with_the_last_word_unread(struct scene *s, const struct wire_header *call, const void *frame,
                             size_t size)
{
    if (s->n_conns > 1 || call->program != WIRE_PROGRAM_DOM0D)
        return play(s, call, frame, size);
    ck_assert_int_eq(kill(s->child, SIGSTOP), 0);
    ck_assert_int_eq(waitpid(s->child, NULL, WUNTRACED), s->child);
    scene_hold(s);
    send_ping(s);
    for (unsigned i = 0; i < 1000; i++)
        scene_event(s, 2, 0);
    answer_list(s, call, true, 50);
    scene_release(s);
    scene_hang_up(s);
    ck_assert_int_eq(kill(s->child, SIGCONT), 0);
    return true;
}

START_TEST(what_the_daemon_said_before_it_hung_up_is_heard)
{
    scene.on_call = go_with_the_last_word_unread;
    scene_run(&scene, "save web /tmp/web.save");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    ck_assert_uint_eq(scene_count(&scene, JOB_WAIT), 1);
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
    ck_assert_ptr_nonnull(strstr(scene.err.text, "dom0ctl: no longer waiting; see 'dom0ctl "));
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

/*----- what cannot be known -----*/

START_TEST(of_a_job_that_the_daemon_does_not_know_the_end_is_not_known)
{
    second.forgetful = true;
    run(commands[_i].command);
    ck_assert_int_eq(scene_exit_status(&scene), 3);
    check_said("dom0ctl: the daemon came back and does not know job 41; how it ended is not "
               "known\n");
    ck_assert_str_eq(scene.out.text, "");
    ck_assert_uint_eq(scene_count(&scene, LOOKUP_BY_UUID) + scene_count(&scene, GET_STATE), 0);
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

START_TEST(whether_a_job_began_whose_number_never_came_is_not_known)
{
    cleanup_free char *line = xasprintf("was lost; whether '%s' was begun is not known, see "
                                        "'dom0ctl jobs' and 'dom0ctl list'\n",
                                        commands[_i].label);

    scene.on_call = go_at_once;
    scene.input = "<domain/>";
    scene_run(&scene, commands[_i].command);
    ck_assert_int_eq(scene_exit_status(&scene), 3);
    ck_assert_ptr_nonnull(strstr(scene.err.text, line));
    ck_assert_str_eq(scene.out.text, "");
    ck_assert_uint_eq(scene.n_conns, 1);
}
END_TEST

/* It hears nothing any more when it answers the look-up. */
static bool
go_deaf(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    if (call->program != WIRE_PROGRAM_REMOTE || call->procedure != LOOKUP_BY_NAME)
        return play(s, call, frame, size);
    ck_assert_int_eq(shutdown(s->conn, SHUT_RD), 0);
    SCENE_ANSWER(s, call, remote_domain_lookup_by_name_ret, .dom = scene_domain(0));
    scene_go(s);
    return true;
}

static void
wait_for_bytes(struct scene *s)
{
    struct pollfd fd = {.fd = s->conn, .events = POLLIN};

    ck_assert_int_eq(poll(&fd, 1, 60000), 1);
}

/* It goes when it has got the beginning of a call that is larger than any socket's buffer. */
static bool
go_half_way(struct scene *s, const struct wire_header *call, const void *frame, size_t size)
{
    if (call->program != WIRE_PROGRAM_REMOTE || call->procedure != CONNECT_OPEN)
        return play(s, call, frame, size);
    scene_answer(s, call, NULL, NULL);
    wait_for_bytes(s);
    scene_go(s);
    return true;
}

static const struct {
    const char    *command, *said;
    scene_call_fn *on_call;
} unwritten[] = {
    {"save web /tmp/web.save", "; 'save web' was not begun\n", go_deaf},
    {"destroy web", "; 'destroy web' was not begun\n", go_deaf},
    {"create -", "; 'create' was not begun\n", go_half_way},
};

START_TEST(a_job_whose_call_was_not_written_whole_was_not_begun)
{
    cleanup_free char *xml = xcalloc(1, 2 * MIB);

    memset(xml, 'x', 2 * MIB - 1);
    xml[0] = '<'; /* it is sent as it is */
    scene.input = xml;
    scene.on_call = unwritten[_i].on_call;
    scene_run(&scene, unwritten[_i].command);
    ck_assert_int_eq(scene_exit_status(&scene), 1);
    ck_assert_ptr_nonnull(strstr(scene.err.text, unwritten[_i].said));
    ck_assert_uint_eq(scene.n_conns, 1);
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
    check_said("dom0ctl: reconnected; some events in between may be missing\n");
    ck_assert_int_eq(scene.number, _i ? 7 : -1);
    ck_assert_uint_eq(scene_count(&scene, REGISTER), 2);
}
END_TEST

START_TEST(events_go_on_with_the_one_after_next_too)
{
    second.timid = true;
    follow("events --count 2");
    ck_assert_int_eq(scene_exit_status(&scene), 0);
    check_said("dom0ctl: reconnected; some events in between may be missing\n");
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
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, a_job_is_found_again_by_its_number_and_its_end_is_waited_for, 0,
                        array_size(commands));
    tcase_add_loop_test(tc, its_error_is_the_commands, 0, array_size(commands));
    tcase_add_loop_test(tc, a_job_that_ended_while_there_was_no_connection_ends_as_it_did, 0,
                        2 * array_size(commands));
    tcase_add_loop_test(tc, a_domain_that_was_created_and_is_gone_or_has_no_name_yet_has_no_id, 0,
                        2);
    tcase_add_test(tc, a_daemon_that_is_away_for_a_while_is_waited_for);
    tcase_add_test(tc, the_progress_goes_on_and_stays_where_it_was_until_there_are_figures);
    tcase_add_test(tc, it_is_found_again_as_often_as_the_daemon_goes);
    tcase_add_test(tc, what_the_daemon_said_before_it_hung_up_is_heard);
    tcase_add_loop_test(tc, a_daemon_that_does_not_come_back_is_given_up, 0, 2);
    tcase_add_test(tc, a_daemon_that_takes_the_connection_and_is_mute_is_given_up);
    tcase_add_test(tc, without_patience_it_is_left_to_its_fate);
    tcase_add_loop_test(tc, patience_is_a_number, 0, 4);
    tcase_add_test(tc, a_daemon_that_talks_nonsense_is_not_asked_again);
    tcase_add_test(tc, an_interrupt_aborts_the_job_that_was_found_again);
    tcase_add_test(tc, an_interrupt_while_there_is_no_daemon_aborts_when_one_comes);
    tcase_add_test(tc, a_second_interrupt_while_there_is_no_daemon_leaves);
    tcase_add_loop_test(tc, an_interrupt_leaves_what_is_not_to_be_aborted, 0, 4);
    tcase_add_test(tc, an_abort_that_was_asked_for_is_asked_for_again);
    tcase_add_loop_test(tc, of_a_job_that_the_daemon_does_not_know_the_end_is_not_known, 0,
                        array_size(commands));
    tcase_add_loop_test(tc, whether_a_job_began_whose_number_never_came_is_not_known, 0,
                        array_size(commands) - 1);
    tcase_add_loop_test(tc, a_job_whose_call_was_not_written_whole_was_not_begun, 0,
                        array_size(unwritten));
    add_events(tc);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
