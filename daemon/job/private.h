/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * private.h: what the files of this folder know of the jobs.
 */
#ifndef DAEMON_JOB_PRIVATE_H
#define DAEMON_JOB_PRIVATE_H

#include "job.h"
#include "task.h"

struct recover_unread;

struct jobs {
    struct loop               *loop;
    const struct job_limits   *limits;
    struct domains            *domains;
    struct pool               *pool;
    const struct job_observer *observer;
    void                      *arg;
    struct history            *history;
    uint64_t                   last_id; /* that was given, or that any record bears */
    uint64_t                   kept_id; /* as last-job says it; 0: it does not */
    unsigned                   count;
    struct job_queue           all;
    LIST_HEAD(, cleanup) cleanups;
    LIST_HEAD(, given_up) given_up;
    bool stopping;
    TAILQ_HEAD(, recover_unread) unread; /* records that cannot be read now (recover.c) */
    struct loop_timer read_again;
};

/* More jobs than a host sees while it is up: a file that says more is damaged. */
#define JOB_ID_MAX (UINT64_C(1) << 62)

/** An earlier daemon has given this number: later ones are above it. */
void jobs_note_id(struct jobs *jobs, uint64_t id);

/** The next daemon is to know the highest number that was given, if it does not yet. */
int jobs_keep_last_id(struct jobs *jobs, struct err *err);

/** For jobs_new and jobs_free: records that cannot be read now are read later, or not any more. */
void jobs_recover_init(struct jobs *jobs);
void jobs_recover_stop(struct jobs *jobs);

/** The domain has crashed and there is no core of it, for this reason (Copied): the line about the
 * end of its next job says so. */
void domain_note_lost_core(struct domain *dom, const char *why);

/** Of an operation that has one. */
static inline struct task *
job_task(const struct job *job)
{
    return (struct task *)((char *)(uintptr_t)job + job->operation->task);
}

#endif
