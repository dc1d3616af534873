/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/log.h"
#include "conf/domain.h"
#include "pool.h"
#include "private.h"
#include "record.h"
#include "task.h"

void
task_init(struct task *task, struct job *job)
{
    *task = (struct task){.job = job};
}

void
task_clear(struct task *task)
{
    free(take_ptr(task->log));
}

char *
task_text(char *text)
{
    static char empty[1];

    return text ? text : empty;
}

/*----- what the worker says -----*/

static void
task_progress(void *arg, const worker_progress *progress)
{
    const struct task *task = arg;
    struct job        *job = task->job;

    job->processed = progress->processed;
    job->total = progress->total;
    job->jobs->observer->progressed(job->jobs->arg, job);
}

/* What the image holds becomes a domain of the table, unless there is one like it. */
static int
task_reserve_domain(struct task *task, const worker_identified *what, struct err *err)
{
    struct job        *job = task->job;
    struct domain_def *def;
    struct domain     *dom;

    if (domain_def_parse(what->xml, strlen(what->xml), &def, err) < 0)
        return err_prefix(err, "the image's domain XML");
    if (domains_reserve(job->jobs->domains, def, &dom, err) < 0)
        return -1;
    job_join(job, dom);
    task_record_update(task);
    return 0;
}

static void
task_identified(void *arg, const worker_identified *what)
{
    struct task *task = arg;
    struct err   err;

    /* It asks again where a daemon has died before it answered. */
    if (!task->job->dom && task_reserve_domain(task, what, &err) < 0)
        pool_worker_refuse(task->worker, &err);
    else
        pool_worker_proceed(task->worker);
}

/*----- how it ends -----*/

static void
task_report(struct task *task, const worker_done *done)
{
    struct job *job = task->job;
    struct err  err;

    if (done->error.code == ERR_NONE) {
        if (job->dom && done->domid >= 0)
            domain_set_id(job->dom, done->domid);
        job->operation->worker_done(job, NULL);
        return;
    }
    err_set(&err, (enum err_code)done->error.code, "%s", done->error.message);
    err.detail = done->error.detail;
    if (job->state == JOB_REPAIRING) {
        task->undone = true;
        err_prefix(&err, "%s", task->died.message);
        err.code = task->died.code;
    }
    job->operation->worker_done(job, &err);
}

static void task_repair(struct task *task, const struct err *died);

static void
task_ended(void *arg, const worker_done *done, const struct err *died)
{
    struct task *task = arg;
    struct job  *job = task->job;
    struct err   err;

    task->worker = NULL;
    if (done) {
        free(task->log);
        task->log = xstrdup(done->log);
        task_report(task, done);
    } else if (job->state == JOB_REPAIRING) {
        err = *died;
        err_append(&err, ", and so was the one that was to repair what the first had left");
        job->operation->worker_done(job, &err);
    } else {
        task_repair(task, died);
    }
}

static const struct pool_worker_ops task_worker_ops = {
    .identified = task_identified,
    .progress = task_progress,
    .ended = task_ended,
};

/*----- begin -----*/

static uint64_t
task_realtime_usec(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* Whoever takes the job up again knows by the sequence which of its tasks is the present one. */
static void
task_begin(struct task *task)
{
    struct job *job = task->job;
    struct err  err;

    task->begun_usec = task_realtime_usec();
    task->sequence++;
    task->worker = task_record_give(task, &task_worker_ops, &err);
    job_record_remove(job); /* the task's stands for the job from here on */
    if (!task->worker)
        job->operation->worker_done(job, &err);
}

void
task_run(struct task *task, worker_operation operation)
{
    struct job *job = task->job;

    if (job->state == JOB_REPAIRING)
        job->state = job->abort_asked ? JOB_ABORTING : JOB_RUNNING;
    task->operation = operation;
    task->undone = false;
    task_begin(task);
}

static void
task_repair(struct task *task, const struct err *died)
{
    char             uuid[UUID_TEXT_SIZE];
    struct log_about about = job_for_log(task->job, uuid);

    log_about(LOG_LEVEL_ERROR, &about, "%s: %s; what it left is being repaired", about.operation,
              died->message);
    task->job->state = JOB_REPAIRING;
    task->died = *died;
    task_begin(task);
}

void
task_abort(struct task *task)
{
    if (task->worker && task->job->state != JOB_REPAIRING)
        pool_worker_abort(task->worker);
}

void
task_abort_job(struct job *job)
{
    task_abort(job_task(job));
}

void
task_kill(struct task *task)
{
    if (task->worker)
        pool_worker_kill(task->worker);
}

/*----- after a restart of the daemon -----*/

void
task_take_up(struct task *task, const task_record *record, struct pool_worker *worker)
{
    struct job *job = task->job;
    struct err  died;

    task->operation = record->task.params.operation;
    task->sequence = record->sequence;
    task->begun_usec = record->begun_usec;
    job->state = JOB_RUNNING;
    err_set(&died, ERR_INTERNAL, "its worker died while no daemon was there");
    if (!worker) {
        task_repair(task, &died);
        return;
    }
    if (record->task.flags & WORKER_UNDO) {
        job->state = JOB_REPAIRING;
        task->died = died;
    }
    task->worker = worker;
    pool_worker_own(worker, &task_worker_ops, task);
}
