/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * job.h: a call that takes long: its progress is shown, and Ctrl-C has it aborted.
 *
 *   struct job job = {.label = "save web"};
 *   call_begin_...(client->conn, &job.call, ...)
 *   job_run(client, &job, err)            until the job has ended
 *   call_end_...(&job.call, ...)          if the answer says something, and !job.joined
 *   job_clear(&job)
 *
 * The daemon's job list says how far the job is: it names the call (by its serial on this very
 * connection) that asked for each job.  Jobs outlive the daemon, and so the connection, and how
 * they ended does too: where the connection is lost, another one is made, and the job is waited for
 * by its number.  So the list is asked for together with the job.  A connection that is lost before
 * its answer leaves it open whether there is a job, unless the call was not even written.
 */
#ifndef CLIENT_JOB_H
#define CLIENT_JOB_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"
#include "calls.h"
#include "command.h"
#include "progress.h"

struct job {
    /* parameters */
    const char *label; /* "save web", for the bar and the messages */
    struct call call;  /* the long one; Idle: just wait for the job id */
    uint64_t    id;    /* 0: the job that call asks for */
    bool        keep;  /* Ctrl-C only leaves: the job is not ours to abort */

    /* results */
    bool    aborted;         /* Ctrl-C came, and the daemon was asked for an abort */
    bool    joined;          /* its end was told to one who waited, not to the one who asked */
    char   *domain;          /* the name of the job's domain; NULL: the daemon did not say it */
    uint8_t uuid[UUID_SIZE]; /* its UUID, if domain is not NULL */

    /* private */
    struct connection *conn;
    struct progress    progress;
    struct call        list_call, abort_call;
    bool               list_refused;
    bool               abort_wanted, abort_tried;
    bool               reconnected;
    bool               written; /* once the connection is lost: the call was */
    uint64_t           list_due_usec;
    int                interrupt_fd; /* -1: Ctrl-C is not ours to catch */
    sigset_t           signals;      /* those that were blocked before */
};

/*
 * Wait for the end of the job.  Fails as the job did, or where the connection is lost for good,
 * with a word about the job's fate; what became of a job whose number is not known, or not to the
 * daemon, is STATUS_UNKNOWN.  A second Ctrl-C ends the process.
 */
int job_run(struct client *client, struct job *job, struct err *err);

/* Where err is the answer to an abort, word it after what was asked for.  Returns -1. */
int job_aborted(const struct job *job, struct err *err);

/* Free what the results hold, and forget a call whose answer was not taken. */
void job_clear(struct job *job);

#define cleanup_job __attribute__((cleanup(job_clear)))

#endif
