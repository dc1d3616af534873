/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * job-worker.c: a job that has a dom0d-worker do its work.
 *
 *   job_run_worker ----> worker_ended ----> operation->worker_done
 *                             | it died
 *                             v
 *                        undo: another worker ----> worker_ended ----> operation->worker_done
 */
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/log.h"
#include "conf/domain.h"
#include "daemon.h"
#include "domain/domain.h"
#include "job.h"
#include "pool.h"
#include "record.h"
#include "task.h"

/*----- what the worker says -----*/

static void
worker_made_progress(void *arg, const worker_progress *progress)
{
    struct job *job = arg;

    job->processed = progress->processed;
    job->total = progress->total;
}

/* What the image holds becomes a domain of the table, unless there is one like it. */
static int
reserve(struct job *job, const worker_identified *what, struct err *err)
{
    struct domain_def *def;
    struct domain     *dom;
    task_record        record;

    if (domain_def_parse(what->xml, strlen(what->xml), &def, err) < 0)
        return err_prefix(err, "the image's domain XML");
    if (domains_reserve(job->daemon->domains, def, &dom, err) < 0)
        return -1;
    job_join(job, dom);
    if (!job->xml)
        job->xml = xstrdup(what->xml);
    record = job_record(job);
    worker_update_record(job->worker, &record);
    return 0;
}

static void
worker_identified_image(void *arg, const worker_identified *what)
{
    struct job *job = arg;
    struct err  err;

    /* It asks again where a daemon has died before it answered. */
    if (!job->dom && reserve(job, what, &err) < 0)
        worker_refuse(job->worker, &err);
    else
        worker_proceed(job->worker);
}

/*----- how it ends -----*/

static void
report(struct job *job, const worker_done *done)
{
    struct err err;

    if (done->error.code == ERR_NONE) {
        if (job->dom && done->domid >= 0)
            domain_set_id(job->dom, done->domid);
        job->operation->worker_done(job, done->domid, NULL);
        return;
    }
    err_set(&err, (enum err_code)done->error.code, "%s", done->error.message);
    err.detail = done->error.detail;
    if (job->undoing) {
        job->undoing = false;
        job->undone = true;
        err_prefix(&err, "%s", job->died.message);
        err.code = job->died.code;
    }
    job->operation->worker_done(job, -1, &err);
}

static void
worker_ended(void *arg, const worker_done *done, const struct err *died)
{
    struct job *job = arg;
    struct err  err;

    job->worker = NULL;
    if (done) {
        free(job->log);
        job->log = xstrdup(done->log);
        report(job, done);
    } else if (job->undoing) {
        err = *died;
        err_append(&err, ", and so was the one that was to repair what the first had left");
        job->operation->worker_done(job, -1, &err);
    } else {
        job_undo(job, died);
    }
}

const struct worker_ops job_worker_ops = {
    .identified = worker_identified_image,
    .progress = worker_made_progress,
    .ended = worker_ended,
};

/*----- begin -----*/

static uint64_t
realtime_usec(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void
run(struct job *job)
{
    task_record record;
    struct err  err;

    job->sequence++;
    job->begun_realtime_usec = realtime_usec();
    record = job_record(job);
    job->worker = worker_run(job->daemon->workers, &record, &job_worker_ops, job, &err);
    job_record_remove(job); /* the task's stands for the job from here on */
    if (!job->worker)
        job->operation->worker_done(job, -1, &err);
}

void
job_run_worker(struct job *job, int task)
{
    job->task = task;
    job->undoing = job->undone = false;
    run(job);
}

void
job_undo(struct job *job, const struct err *died)
{
    char             uuid[UUID_TEXT_SIZE];
    struct log_about about = {.domain = NULL};

    if (job->dom)
        about = domain_for_log(job->dom, uuid);
    about.job = job->id;
    about.operation = job->operation->name;
    log_about(LOG_LEVEL_ERROR, &about, "%s: %s; what it left is being repaired", about.operation,
              died->message);
    job->undoing = true;
    job->died = *died;
    run(job);
}

void
job_abort_worker(struct job *job)
{
    if (job->worker && !job->undoing)
        worker_abort(job->worker);
}
