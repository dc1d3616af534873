/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "clock.h"
#include "job.h"
#include "text.h"

#define POLL_INTERVAL_USEC 250000u

/*----- Ctrl-C -----*/

/* A SIGINT that the caller's shell has us ignore (a job in the background) stays ignored. */
static void
job_catch_interrupt(struct job *job)
{
    struct sigaction action;
    sigset_t         interrupt;

    job->interrupt_fd = -1;
    if (sigaction(SIGINT, NULL, &action) < 0 || action.sa_handler == SIG_IGN)
        return;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    sigprocmask(SIG_BLOCK, &interrupt, &job->signals);
    job->interrupt_fd = signalfd(-1, &interrupt, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
job_release_interrupt(struct job *job)
{
    if (job->interrupt_fd < 0)
        return;
    close(take_fd(job->interrupt_fd));
    sigprocmask(SIG_SETMASK, &job->signals, NULL);
}

/* End as Ctrl-C ends any program, with a word on what goes on without us. */
static void
job_leave(struct job *job)
{
    progress_say(&job->progress, "dom0ctl: no longer waiting; see 'dom0ctl jobs'");
    job_release_interrupt(job);
    raise(SIGINT);
}

static void
job_take_interrupt(struct job *job)
{
    struct signalfd_siginfo info;

    if (job->interrupt_fd < 0 || read(job->interrupt_fd, &info, sizeof info) != sizeof info)
        return;
    if (job->keep || job->abort_wanted) {
        job_leave(job);
        return;
    }
    job->abort_wanted = true;
    job->list_due_usec = 0;
    progress_say(&job->progress, "dom0ctl: aborting; Ctrl-C again leaves without waiting");
}

/*----- the daemon's list of jobs -----*/

static bool
job_is_ours(const struct job *job, const struct dom0d_job *listed)
{
    return job->id ? listed->id == job->id : listed->own && listed->serial == job->call.serial;
}

static void
job_note_progress(struct job *job, const struct dom0d_job *listed)
{
    static const enum progress_state states[] = {
        [DOM0D_JOB_QUEUED] = PROGRESS_QUEUED,
        [DOM0D_JOB_RUNNING] = PROGRESS_RUNNING,
        [DOM0D_JOB_ABORTING] = PROGRESS_ABORTING,
    };
    enum progress_state state = PROGRESS_RUNNING;

    if (listed->state >= 0 && (size_t)listed->state < array_size(states))
        state = states[listed->state];
    job->id = listed->id;
    if (!job->domain && *listed->domain) {
        job->domain = xstrdup(listed->domain);
        memcpy(job->uuid, listed->uuid, sizeof job->uuid);
    }
    /* A new daemon has no figures before the worker has told them. */
    if (job->reconnected && listed->total == 0)
        progress_set_state(&job->progress, state);
    else
        progress_update(&job->progress, state, listed->processed, listed->total, clock_usec());
}

/* A daemon that has no list does not keep us from waiting, and there is nothing to show. */
static void
job_take_list(struct job *job)
{
    cleanup_ret(job_list) struct dom0d_job_list_ret ret = {0};
    struct err                                      err = {0};

    if (call_end_job_list(&job->list_call, &ret, &err) < 0) {
        job->list_refused = true;
        return;
    }
    for (unsigned i = 0; i < ret.jobs.jobs_len; i++) {
        if (job_is_ours(job, &ret.jobs.jobs_val[i]))
            job_note_progress(job, &ret.jobs.jobs_val[i]);
    }
}

static void
job_step_list(struct job *job)
{
    struct err ignored;

    if (call_answered(&job->list_call))
        job_take_list(job);
    if (job->list_call.conn || job->list_refused || clock_usec() < job->list_due_usec)
        return;
    job->list_due_usec = clock_usec() + POLL_INTERVAL_USEC;
    call_begin_job_list(job->conn, &job->list_call, NULL, &ignored);
}

/*----- the abort -----*/

static void
job_tell_abort_refused(struct job *job, const struct err *err)
{
    cleanup_free char *reason = text_safe(err->message);
    cleanup_free char *line = xasprintf("dom0ctl: cannot abort: %s", reason);

    /* That the job has just ended is no news: its own answer follows. */
    if (!call_answered(&job->call))
        progress_say(&job->progress, line);
}

/* The abort can be asked for once the list has told the job's id. */
static void
job_step_abort(struct job *job)
{
    struct dom0d_job_id_args args = {.id = job->id};
    struct err               err = {0};

    if (call_answered(&job->abort_call) && call_end_job_abort(&job->abort_call, NULL, &err) < 0)
        job_tell_abort_refused(job, &err);
    if (!job->abort_wanted || job->abort_tried || (!job->id && !job->list_refused))
        return;
    job->abort_tried = true;
    if (job->id) {
        job->aborted = true;
        call_begin_job_abort(job->conn, &job->abort_call, &args, &err);
    } else {
        err_set(&err, ERR_NO_SUPPORT, "the daemon does not tell the number of the job");
        job_tell_abort_refused(job, &err);
    }
}

/*----- another daemon -----*/

/* Whoever asked for the job: have its end told to us. */
static int
job_join(struct job *job, struct err *err)
{
    struct dom0d_job_id_args args = {.id = job->id};

    job->joined = true;
    return call_begin_job_wait(job->conn, &job->call, &args, err);
}

static void
job_forget_calls(struct job *job)
{
    call_forget(&job->call);
    call_forget(&job->list_call);
    call_forget(&job->abort_call);
}

static bool
job_go_on(void *arg)
{
    struct job *job = arg;

    job_take_interrupt(job);
    progress_show(&job->progress, clock_usec());
    return true;
}

/* An abort that was asked for is asked for again: who was asked may not have heard it. */
static int
job_reconnect(struct job *job, struct err *err)
{
    struct reopening reopening = {.wake_fd = job->interrupt_fd, .go_on = job_go_on, .arg = job};

    if (call_answered(&job->list_call))
        job_take_list(job);
    job->written = call_was_written(&job->call);
    job_forget_calls(job);
    if (!job->id || !connection_may_reopen(job->conn))
        return -1;
    progress_say(&job->progress,
                 "dom0ctl: the connection to the daemon was lost; connecting again");
    progress_set_state(&job->progress, PROGRESS_AWAY);
    if (connection_reopen(job->conn, &reopening, err) < 0)
        return -1;
    job->reconnected = true;
    job->abort_tried = false;
    return job_join(job, err);
}

/*----- the end -----*/

/* The connection is lost for good: say what is certain of the job. */
static int
job_tell_fate(struct client *client, const struct job *job, struct err *err)
{
    if (job->id)
        return err_append(err, "; job %llu may go on", (unsigned long long)job->id);
    if (!job->written)
        return err_append(err, "; '%s' was not begun", job->label);
    client->failure = STATUS_UNKNOWN;
    return err_append(
        err, "; whether '%s' was begun is not known, see 'dom0ctl jobs' and 'dom0ctl list'",
        job->label);
}

/* The daemon keeps the last ends only; more may have come while there was no connection. */
static int
job_take_end(struct client *client, struct job *job, struct err *err)
{
    cleanup_ret(job_wait) struct dom0d_job_wait_ret ret = {0};

    if (call_end_job_wait(&job->call, &ret, err) == 0)
        return ret.code ? err_set(err, (enum err_code)ret.code, "%s", ret.message) : 0;
    if (!job->reconnected || err->code != ERR_INVALID_ARG)
        return -1;
    client->failure = STATUS_UNKNOWN;
    return err_set(err, ERR_OPERATION_FAILED,
                   "the daemon came back and does not know job %llu; how it ended is not known",
                   (unsigned long long)job->id);
}

/*----- the whole -----*/

static int
job_turn(struct job *job, struct err *err)
{
    if (connection_turn(job->conn, job->interrupt_fd, POLL_INTERVAL_USEC / USEC_PER_MSEC, err) < 0)
        return job_reconnect(job, err);
    job_take_interrupt(job);
    job_step_list(job);
    job_step_abort(job);
    if (!call_answered(&job->call))
        progress_show(&job->progress, clock_usec());
    return 0;
}

/* The list is asked for at once: the job's number is what leads to it when the daemon goes. */
static int
job_wait_for_answer(struct job *job, struct err *err)
{
    int r = job->call.conn ? 0 : job_join(job, err);

    job_step_list(job);
    while (r == 0 && !call_answered(&job->call))
        r = job_turn(job, err);
    return r;
}

int
job_run(struct client *client, struct job *job, struct err *err)
{
    int r;

    job->conn = client->conn;
    progress_init(&job->progress, stderr, job->label, clock_usec());
    job_catch_interrupt(job);
    r = job_wait_for_answer(job, err);
    call_forget(&job->list_call);
    call_forget(&job->abort_call);
    progress_clear(&job->progress);
    job_release_interrupt(job);
    if (r < 0)
        return job_tell_fate(client, job, err);
    return job->joined ? job_take_end(client, job, err) : call_check(&job->call, err);
}

int
job_aborted(const struct job *job, struct err *err)
{
    if (job->aborted && err->code == ERR_OPERATION_ABORTED)
        err_set(err, ERR_OPERATION_ABORTED, "%s: aborted", job->label);
    return -1;
}

void
job_clear(struct job *job)
{
    call_forget(&job->call);
    free(take_ptr(job->domain));
}
