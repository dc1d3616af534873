/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "history.h"
#include "job.h"
#include "wire/record.h"
#include "wire/state.h"

struct ended {
    uint64_t   id;
    struct err err; /* code ERR_NONE: it succeeded */
    char      *log;
    TAILQ_ENTRY(ended) link;
};

struct history_wait {
    struct history *history;
    uint64_t        id;
    history_fn     *done;
    void           *arg;
    TAILQ_ENTRY(history_wait) link;
};

struct history {
    char *run_dir;
    TAILQ_HEAD(, ended) ended; /* the oldest first */
    unsigned count;
    TAILQ_HEAD(, history_wait) waits;
};

/* Names of one length: their order is that of the numbers. */
static char *
history_path(const struct history *history, uint64_t id)
{
    return xasprintf("%s/ended/%020" PRIu64 HISTORY_SUFFIX, history->run_dir, id);
}

/*----- what is known -----*/

static void
history_forget_one(struct history *history, struct ended *ended)
{
    cleanup_free char *path = history_path(history, ended->id);

    unlink(path);
    TAILQ_REMOVE(&history->ended, ended, link);
    history->count--;
    free(ended->log);
    free(ended);
}

static struct ended *
history_append(struct history *history, uint64_t id, const struct err *err, const char *log)
{
    struct ended *ended = xcalloc(1, sizeof *ended);

    ended->id = id;
    if (err)
        ended->err = *err;
    ended->log = xstrdup(log);
    TAILQ_INSERT_TAIL(&history->ended, ended, link);
    history->count++;
    while (history->count > HISTORY_MAX)
        history_forget_one(history, TAILQ_FIRST(&history->ended));
    return ended;
}

static void
history_read(struct history *history, const char *path)
{
    ended_job  record = {.log = NULL};
    struct err err, end = {.code = ERR_NONE};

    if (record_read(path, (xdrproc_t)xdr_ended_job, &record, &err) < 0) {
        log_warning("how a job of an earlier daemon ended is not known: %s", err.message);
        if (err.code == ERR_RPC)
            unlink(path); /* damaged: of no use to anybody */
        return;
    }
    if (record.error.code != ERR_NONE)
        err_set(&end, (enum err_code)record.error.code, "%s", record.error.message);
    end.detail = record.error.detail;
    history_append(history, record.job, &end, record.log);
    wire_body_free((xdrproc_t)xdr_ended_job, &record);
}

struct history *
history_new(const char *run_dir)
{
    struct history     *history = xcalloc(1, sizeof *history);
    cleanup_free char  *folder = xasprintf("%s/ended", run_dir);
    size_t              count;
    cleanup_free char **paths = records_find(folder, HISTORY_SUFFIX, &count);

    history->run_dir = xstrdup(run_dir);
    TAILQ_INIT(&history->ended);
    TAILQ_INIT(&history->waits);
    for (size_t n = 0; n < count; n++) {
        history_read(history, paths[n]);
        free(paths[n]);
    }
    return history;
}

void
history_free(struct history *history)
{
    struct ended *ended;

    if (!history)
        return;
    while ((ended = TAILQ_FIRST(&history->ended))) {
        TAILQ_REMOVE(&history->ended, ended, link);
        free(ended->log);
        free(ended);
    }
    free(history->run_dir);
    free(history);
}

static struct ended *
history_find(const struct history *history, uint64_t id)
{
    struct ended *ended;

    TAILQ_FOREACH (ended, &history->ended, link)
        if (ended->id == id)
            return ended;
    return NULL;
}

void
history_forget(struct history *history, uint64_t id)
{
    struct ended *ended = history_find(history, id);

    if (ended)
        history_forget_one(history, ended);
}

const struct err *
history_end(const struct history *history, uint64_t id)
{
    const struct ended *ended = history_find(history, id);

    return ended ? &ended->err : NULL;
}

const char *
history_log(const struct history *history, uint64_t id)
{
    const struct ended *ended = history_find(history, id);

    return ended ? ended->log : NULL;
}

uint64_t
history_last_id(const struct history *history)
{
    const struct ended *ended;
    uint64_t            last = 0;

    TAILQ_FOREACH (ended, &history->ended, link)
        if (ended->id > last)
            last = ended->id;
    return last;
}

/*----- one more -----*/

static void
history_write(const struct history *history, const struct job *job, const struct ended *ended)
{
    static char        empty[1];
    cleanup_free char *path = history_path(history, ended->id);
    struct job_stats   stats;
    ended_job          record;
    struct err         err;

    job_get_stats(job, &stats);
    record = (ended_job){.job = ended->id,
                         .operation = (char *)(uintptr_t)job->operation->name,
                         .name = job->dom ? job->dom->name : empty,
                         .error = {.code = (int)ended->err.code,
                                   .detail = ended->err.detail,
                                   .message = (char *)(uintptr_t)ended->err.message},
                         .elapsed_usec = stats.elapsed_usec,
                         .processed = stats.processed,
                         .total = stats.total,
                         .log = ended->log ? ended->log : empty};
    if (job->dom)
        memcpy(record.uuid, job->dom->uuid, sizeof record.uuid);
    if (record_write(path, (xdrproc_t)xdr_ended_job, &record, &err) < 0)
        log_warning("how job %" PRIu64 " ended will not be known to the next daemon: %s", ended->id,
                    err.message);
}

static void
history_tell(struct history *history, const struct ended *ended)
{
    struct history_wait *wait = TAILQ_FIRST(&history->waits), *next;

    for (; wait; wait = next) {
        next = TAILQ_NEXT(wait, link);
        if (wait->id != ended->id)
            continue;
        TAILQ_REMOVE(&history->waits, wait, link);
        wait->done(wait->arg, &ended->err);
        free(wait);
    }
}

void
history_add(struct history *history, const struct job *job, const struct err *err, const char *log)
{
    struct ended *ended = history_append(history, job->id, err, log);

    history_write(history, job, ended);
    history_tell(history, ended);
}

/*----- waiting -----*/

struct history_wait *
history_wait(struct history *history, uint64_t id, history_fn *done, void *arg)
{
    struct history_wait *wait = xcalloc(1, sizeof *wait);

    *wait = (struct history_wait){.history = history, .id = id, .done = done, .arg = arg};
    TAILQ_INSERT_TAIL(&history->waits, wait, link);
    return wait;
}

void
history_wait_stop(struct history_wait *wait)
{
    TAILQ_REMOVE(&wait->history->waits, wait, link);
    free(wait);
}

void
history_answer_all(struct history *history, const struct err *err)
{
    struct history_wait *wait;

    while ((wait = TAILQ_FIRST(&history->waits))) {
        TAILQ_REMOVE(&history->waits, wait, link);
        wait->done(wait->arg, err);
        free(wait);
    }
}
