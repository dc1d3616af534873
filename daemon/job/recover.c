/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * adopt.c: the jobs of an earlier daemon, which was killed or restarted in their middle, or before
 * they had begun.
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

static struct job *
job_of(struct daemon *daemon, const worker_record *record)
{
    const worker_start *task = &record->task;
    struct job *job = job_new_adopted(daemon, job_operation_by_name(record->operation), task->job);

    job->path = task->path[0] ? xstrdup(task->path) : NULL;
    job->xml = task->xml[0] ? xstrdup(task->xml) : NULL;
    job->flags = task->flags & ~(unsigned)WORKER_UNDO;
    job->stop_detail = record->stop_detail;
    return job;
}

/*----- those that have a worker, or had one -----*/

/* Of such a domain, and of one that is made anew, the definition is the task's. */
static bool
makes_domain(const worker_start *task)
{
    return task->operation == WORKER_CREATE || task->operation == WORKER_RESTORE;
}

static void
hold_domain(struct job *job, const worker_start *task)
{
    const uint8_t *uuid = (const uint8_t *)task->uuid;
    struct domain *dom;

    if (uuid_is_zero(uuid))
        return; /* a restore whose image was not read yet */
    dom = domains_adopt(job->daemon->domains, task->name, uuid, task->domid);
    if (makes_domain(task) || job->operation == &op_restart)
        domain_take_definition(dom, task->xml);
    job_join(job, dom);
}

static void
take_up(struct daemon *daemon, const worker_record *record, struct worker *worker)
{
    const worker_start *task = &record->task;
    struct job         *job;
    struct err          died;

    log_info("job %llu (%s %s) is taken up again: its worker %s", (unsigned long long)task->job,
             record->operation, task->name, worker ? "lives" : "is dead");
    job = job_of(daemon, record);
    job->state = JOB_RUNNING;
    job->task = (int)task->operation;
    job->undoing = worker && (task->flags & WORKER_UNDO);
    job->begun_realtime_usec = record->begun_usec;
    hold_domain(job, task);
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
    const char   *path;
    worker_record record;
};

/* The tasks of one job stand in their order; to undo one is another one. */
static int
compare(const void *a, const void *b)
{
    const worker_record *x = &((const struct found *)a)->record;
    const worker_record *y = &((const struct found *)b)->record;

    if (x->task.job != y->task.job)
        return x->task.job < y->task.job ? -1 : 1;
    return (x->begun_usec > y->begun_usec) - (x->begun_usec < y->begun_usec);
}

static bool
read_one(const char *path, worker_record *record_out)
{
    struct err err;

    *record_out = (worker_record){.operation = NULL};
    if (record_read(path, (xdrproc_t)xdr_worker_record, record_out, &err) == 0) {
        if (job_operation_by_name(record_out->operation))
            return true;
        err_set(&err, ERR_INTERNAL, "%s: there is no operation '%s'", path, record_out->operation);
        wire_body_free((xdrproc_t)xdr_worker_record, record_out);
    }
    log_error("a job of an earlier daemon is lost: %s", err.message);
    unlink(path);
    return false;
}

/* A daemon that was killed had dealt with this task, and the next one of the job had begun. */
static void
drop(struct daemon *daemon, const struct found *found)
{
    struct worker *worker = worker_find(daemon->workers, found->path);

    if (worker)
        worker_dismiss(worker);
    else
        worker_forget(found->path);
}

static void
adopt(struct daemon *daemon, const struct found *found)
{
    struct worker *worker = worker_find(daemon->workers, found->path);

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
        if (read_one(paths[n], &all[count].record))
            all[count++].path = paths[n];
    qsort(all, count, sizeof *all, compare);
    for (size_t n = 0; n < count; n++) {
        if (n + 1 < count && all[n].record.task.job == all[n + 1].record.task.job)
            drop(daemon, &all[n]);
        else
            adopt(daemon, &all[n]);
        wire_body_free((xdrproc_t)xdr_worker_record, &all[n].record);
    }
    for (size_t n = 0; n < n_paths; n++)
        free(paths[n]);
}

/*----- those that waited -----*/

static int
find_domain(struct job *job, const worker_start *task, struct err *err)
{
    struct domains    *domains = job->daemon->domains;
    struct domain_def *def;

    if (job->operation == &op_restore)
        return 0; /* its worker tells which one */
    if (job->operation == &op_create)
        return domain_def_parse(task->xml, strlen(task->xml), &def, err) < 0
                   ? -1
                   : domains_reserve(domains, def, &job->dom, err);
    job->dom = domains_by_uuid(domains, (const uint8_t *)task->uuid);
    return job->dom ? 0
                    : err_set(err, ERR_NO_DOMAIN,
                              "domain '%s' ended before the operation had begun", task->name);
}

static void
queue_again(struct daemon *daemon, const worker_record *record)
{
    struct job *job = job_of(daemon, record);
    struct err  err;

    log_info("job %llu (%s %s) waits again", (unsigned long long)job->id, record->operation,
             record->task.name);
    job->recorded = true;
    if (find_domain(job, &record->task, &err) < 0)
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
        worker_record      record;

        if (!read_one(path, &record))
            continue;
        if (jobs_by_id(daemon->jobs, record.task.job))
            unlink(path); /* it was killed when the job had just begun */
        else
            queue_again(daemon, &record);
        wire_body_free((xdrproc_t)xdr_worker_record, &record);
    }
}
