/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * recover.c: the jobs of an earlier daemon, which was killed or restarted in their middle, or
 * before they had begun.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "conf/domain.h"
#include "config.h"
#include "daemon.h"
#include "domain/domain.h"
#include "job.h"
#include "pool.h"
#include "record.h"
#include "task.h"
#include "wire/record.h"
#include "wire/task.h"

static struct job *
job_of(struct daemon *daemon, const task_record *record)
{
    const worker_start *task = &record->task;
    struct job *job = job_new_adopted(daemon, job_operation_by_name(record->operation), task->job);

    job_take_params(job, &task->params, record->definition);
    job->stop_detail = record->stop_detail;
    job->sequence = record->sequence;
    return job;
}

/*----- those that have a worker, or had one -----*/

static void
hold_domain(struct job *job, const task_record *record)
{
    const worker_start *task = &record->task;
    const uint8_t      *uuid = (const uint8_t *)task->uuid;
    struct domain      *dom;

    if (uuid_is_zero(uuid))
        return; /* a restore whose image was not read yet */
    dom = domains_adopt(job->daemon->domains, task->name, uuid, task->domid);
    if (record->definition[0])
        domain_take_definition(dom, record->definition);
    job_join(job, dom);
}

static void
take_up(struct daemon *daemon, const task_record *record, struct worker *worker)
{
    const worker_start *task = &record->task;
    struct job         *job;
    struct err          died;

    log_info("job %llu (%s %s) is taken up again: its worker %s", (unsigned long long)task->job,
             record->operation, task->name, worker ? "lives" : "is dead");
    job = job_of(daemon, record);
    job->state = JOB_RUNNING;
    job->task = (int)task->params.operation;
    job->undoing = worker && (task->flags & WORKER_UNDO);
    job->begun_realtime_usec = record->begun_usec;
    hold_domain(job, record);
    err_set(&died, ERR_INTERNAL, "its worker died while no daemon was there");
    if (worker) {
        job->died = died;
        job->worker = worker;
        worker_own(worker, &job_worker_ops, job);
    } else {
        job_undo(job, &died);
    }
}

/*----- the records -----*/

struct found {
    const char *path;
    task_record record;
};

/* The tasks of one job stand in their order; to undo one is another one.  Those of version 1 have
 * no number. */
static int
compare(const void *a, const void *b)
{
    const task_record *x = &((const struct found *)a)->record;
    const task_record *y = &((const struct found *)b)->record;

    if (x->task.job != y->task.job)
        return x->task.job < y->task.job ? -1 : 1;
    if (x->sequence != y->sequence)
        return x->sequence < y->sequence ? -1 : 1;
    return (x->begun_usec > y->begun_usec) - (x->begun_usec < y->begun_usec);
}

/* What a newer daemon wrote is left to that one. */
static void
lose(const char *path, const struct err *err)
{
    log_error("a job of an earlier daemon is lost: %s", err->message);
    if (err->code != ERR_NO_SUPPORT)
        unlink(path);
}

static bool
read_task(const char *path, task_record *record_out)
{
    struct err err;

    *record_out = (task_record){.operation = NULL};
    if (record_read(path, (xdrproc_t)xdr_task_record, record_out, &err) == 0) {
        if (job_operation_by_name(record_out->operation) &&
            task_name(record_out->task.params.operation))
            return true;
        err_set(&err, ERR_INTERNAL, "%s: there is no operation '%s' with task %d", path,
                record_out->operation, (int)record_out->task.params.operation);
        wire_body_free((xdrproc_t)xdr_task_record, record_out);
    }
    lose(path, &err);
    return false;
}

static bool
read_queued(const char *path, queued_job *record_out)
{
    struct err err;

    *record_out = (queued_job){.operation = NULL};
    if (record_read(path, (xdrproc_t)xdr_queued_job, record_out, &err) == 0) {
        if (job_operation_by_name(record_out->operation))
            return true;
        err_set(&err, ERR_INTERNAL, "%s: there is no operation '%s'", path, record_out->operation);
        wire_body_free((xdrproc_t)xdr_queued_job, record_out);
    }
    lose(path, &err);
    return false;
}

/* A daemon that was killed had dealt with this task, and the next one of the job had begun. */
static void
drop(struct daemon *daemon, const struct found *found)
{
    struct worker *worker = worker_find(daemon->workers, found->path, &found->record);

    if (worker)
        worker_dismiss(worker);
    else
        worker_forget(found->path);
}

static void
adopt(struct daemon *daemon, const struct found *found)
{
    struct worker *worker = worker_find(daemon->workers, found->path, &found->record);

    take_up(daemon, &found->record, worker);
    if (!worker)
        worker_forget(found->path);
}

void
jobs_adopt(struct daemon *daemon)
{
    cleanup_free char         *folder = xasprintf("%s/jobs", daemon->config->run_dir);
    size_t                     n_paths, count = 0;
    cleanup_free char        **paths = records_find(folder, WORKER_RECORD_SUFFIX, &n_paths);
    cleanup_free struct found *all = xcalloc(n_paths, sizeof *all);

    for (size_t n = 0; n < n_paths; n++)
        if (read_task(paths[n], &all[count].record))
            all[count++].path = paths[n];
    qsort(all, count, sizeof *all, compare);
    for (size_t n = 0; n < count; n++) {
        if (n + 1 < count && all[n].record.task.job == all[n + 1].record.task.job)
            drop(daemon, &all[n]);
        else
            adopt(daemon, &all[n]);
        wire_body_free((xdrproc_t)xdr_task_record, &all[n].record);
    }
    for (size_t n = 0; n < n_paths; n++)
        free(paths[n]);
}

/*----- those that waited -----*/

static int
find_domain(struct job *job, const queued_job *record, struct err *err)
{
    struct domains    *domains = job->daemon->domains;
    struct domain_def *def;

    if (job->operation == &op_restore)
        return 0; /* its worker tells which one */
    if (job->operation == &op_create)
        return domain_def_parse(job->xml, strlen(job->xml), &def, err) < 0
                   ? -1
                   : domains_reserve(domains, def, &job->dom, err);
    job->dom = domains_by_uuid(domains, (const uint8_t *)record->uuid);
    return job->dom ? 0
                    : err_set(err, ERR_NO_DOMAIN,
                              "domain '%s' ended before the operation had begun", record->name);
}

static void
queue_again(struct daemon *daemon, const queued_job *record)
{
    struct job *job =
        job_new_adopted(daemon, job_operation_by_name(record->operation), record->job);
    struct err err;

    job_take_params(job, &record->params, "");
    job->stop_detail = record->stop_detail;

    log_info("job %llu (%s %s) waits again", (unsigned long long)job->id, record->operation,
             record->name);
    job->recorded = true;
    if (find_domain(job, record, &err) < 0)
        job_finish(job, job->operation == &op_destroy ? NULL : &err); /* that it has gone is well */
    else if (job->operation == &op_destroy)
        job_submit_first(job);
    else
        job_submit(job);
}

void
jobs_requeue(struct daemon *daemon)
{
    cleanup_free char  *folder = xasprintf("%s/queue", daemon->config->run_dir);
    size_t              count;
    cleanup_free char **paths = records_find(folder, JOB_RECORD_SUFFIX, &count);

    for (size_t n = 0; n < count; n++) {
        cleanup_free char *path = paths[n];
        queued_job         record;

        if (!read_queued(path, &record))
            continue;
        if (jobs_by_id(daemon->jobs, record.job))
            unlink(path); /* it was killed when the job had just begun */
        else
            queue_again(daemon, &record);
        wire_body_free((xdrproc_t)xdr_queued_job, &record);
    }
}
