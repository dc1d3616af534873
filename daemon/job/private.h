/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * private.h: what the files of this folder know of the jobs.
 */
#ifndef DAEMON_JOB_PRIVATE_H
#define DAEMON_JOB_PRIVATE_H

#include "job.h"
#include "task.h"

struct jobs {
    struct loop               *loop;
    const struct job_limits   *limits;
    struct domains            *domains;
    struct pool               *pool;
    const struct job_observer *observer;
    void                      *arg;
    struct history            *history;
    uint64_t                   last_id;
    unsigned                   count;
    struct job_queue           all;
    LIST_HEAD(, cleanup) cleanups;
    bool stopping;
};

/** Of an operation that has one. */
static inline struct task *
job_task(const struct job *job)
{
    return (struct task *)((char *)(uintptr_t)job + job->operation->task);
}

#endif
