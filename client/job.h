/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * job.h: a call that takes long: its progress is shown, and Ctrl-C has it aborted.
 *
 *   struct job job = {.conn = conn, .label = "save web"};
 *   call_begin_...(conn, &job.call, ...)
 *   job_run(&job, err)                    until the call is Answered
 *   call_end_...(&job.call, ...)
 *   job_clear(&job)
 *
 * The daemon's job list says how far the job is: it names the call (by its serial on this very
 * connection) that asked for each job.
 */
#ifndef CLIENT_JOB_H
#define CLIENT_JOB_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "calls.h"
#include "progress.h"

struct job {
    /* parameters */
    struct connection *conn;
    const char        *label; /* "save web", for the bar and the messages */
    struct call        call;  /* the long one */
    uint64_t           id;    /* 0: the job that call asks for */
    bool               keep;  /* Ctrl-C only leaves: the job is not ours to abort */

    /* results */
    bool  aborted; /* Ctrl-C came, and the daemon was asked for an abort */
    char *domain;  /* the name of the job's domain; NULL: the daemon did not say it */

    /* private */
    struct progress progress;
    struct call     list_call, abort_call;
    bool            list_refused;
    bool            abort_wanted, abort_tried;
    uint64_t        list_due_usec;
    int             interrupt_fd; /* -1: Ctrl-C is not ours to catch */
    sigset_t        signals;      /* those that were blocked before */
};

/*
 * Wait for the answer of job->call.  Fails where the connection is lost, with a word about the
 * job's fate.  A second Ctrl-C ends the process.
 */
int job_run(struct job *job, struct err *err);

/* Where err is the answer to an abort, word it after what was asked for.  Returns -1. */
int job_aborted(const struct job *job, struct err *err);

/* Free what the results hold, and forget a call that was not answered. */
void job_clear(struct job *job);

#define cleanup_job __attribute__((cleanup(job_clear)))

#endif
