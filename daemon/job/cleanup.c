/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cleanup.c: see cleanup.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "cleanup.h"
#include "eventloop/loop.h"
#include "pool.h"
#include "private.h"
#include "wire/task.h"

/* To remove a large file takes a while; a mount that does not answer by then is dead. */
#define CLEANUP_USEC 30000000

struct cleanup {
    struct jobs        *jobs;
    uint64_t            job;
    char               *path;
    struct pool_worker *worker;
    struct loop_timer   limit;
    LIST_ENTRY(cleanup) link;
};

bool
cleanup_is_it(const task_record *record)
{
    return record->task.flags & WORKER_FILES_ONLY;
}

static void
cleanup_free_one(struct cleanup *c)
{
    loop_timer_stop(&c->limit);
    LIST_REMOVE(c, link);
    free(c->path);
    free(c);
}

static void
cleanup_identified(void *arg, const worker_identified *what)
{
    (void)arg, (void)what;
}

static void
cleanup_progress(void *arg, const worker_progress *progress)
{
    (void)arg, (void)progress;
}

static void
cleanup_failed(const struct cleanup *c, const char *why)
{
    log_warning("what job %" PRIu64 " has left beside %s could not be removed: %s", c->job, c->path,
                why);
}

static void
cleanup_ended(void *arg, const worker_done *done, const struct err *died)
{
    struct cleanup *c = arg;

    if (!done)
        cleanup_failed(c, died->message);
    else if (done->error.code != ERR_NONE)
        cleanup_failed(c, done->error.message);
    cleanup_free_one(c);
}

static const struct pool_worker_ops cleanup_worker_ops = {
    .identified = cleanup_identified,
    .progress = cleanup_progress,
    .ended = cleanup_ended,
};

static void
cleanup_takes_too_long(void *arg)
{
    struct cleanup *c = arg;

    pool_worker_kill(c->worker);
}

void
cleanup_start(struct jobs *jobs, const task_record *record)
{
    struct cleanup *c = xcalloc(1, sizeof *c);
    task_record     mine = *record;
    const char     *path = task_path(&record->task.params);
    struct err      err;

    mine.sequence++;
    mine.task.flags = WORKER_UNDO | WORKER_FILES_ONLY | (record->task.flags & WORKER_GUEST_RUNS);
    c->jobs = jobs;
    c->job = record->task.job;
    c->path = xstrdup(path ? path : "");
    loop_timer_init(&c->limit, jobs->loop, cleanup_takes_too_long, c);
    LIST_INSERT_HEAD(&jobs->cleanups, c, link);
    c->worker = pool_run(jobs->pool, &mine, false, &cleanup_worker_ops, c, &err);
    if (c->worker) {
        loop_timer_start(&c->limit, CLEANUP_USEC);
        return;
    }
    cleanup_failed(c, err.message);
    cleanup_free_one(c);
}

uint64_t
cleanup_job_at(const struct jobs *jobs, const char *path)
{
    const struct cleanup *c;

    LIST_FOREACH (c, &jobs->cleanups, link) {
        if (strcmp(c->path, path) == 0)
            return c->job;
    }
    return 0;
}

void
cleanups_free(struct jobs *jobs)
{
    while (!LIST_EMPTY(&jobs->cleanups))
        cleanup_free_one(LIST_FIRST(&jobs->cleanups));
}
