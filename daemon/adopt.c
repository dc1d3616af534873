/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * adopt.c: the jobs of an earlier daemon, which was killed or restarted in their middle.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "config.h"
#include "daemon.h"
#include "domains.h"
#include "job-worker.h"
#include "job.h"
#include "records.h"
#include "workers.h"

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
    const worker_start         *task = &record->task;
    const struct job_operation *operation = job_operation_by_name(record->operation);
    struct job                 *job;
    struct err                  died;

    log_info("job %llu (%s %s) is taken up again: its worker %s", (unsigned long long)task->job,
             record->operation, task->name, worker ? "lives" : "is dead");
    job = job_new_adopted(daemon, operation, task->job);
    job->task = (int)task->operation;
    job->path = xstrdup(task->path);
    job->xml = task->xml[0] ? xstrdup(task->xml) : NULL;
    job->flags = task->flags & ~(unsigned)WORKER_UNDO;
    job->undoing = worker && (task->flags & WORKER_UNDO);
    job->stop_detail = record->stop_detail;
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
read_one(struct found *found, const char *path)
{
    struct err err;

    *found = (struct found){.path = path};
    if (record_read(path, (xdrproc_t)xdr_worker_record, &found->record, &err) == 0) {
        if (job_operation_by_name(found->record.operation))
            return true;
        err_set(&err, ERR_INTERNAL, "%s: there is no operation '%s'", path,
                found->record.operation);
        wire_body_free((xdrproc_t)xdr_worker_record, &found->record);
    }
    log_error("a job of an earlier daemon is lost: %s", err.message);
    worker_forget(path);
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
        if (read_one(&all[count], paths[n]))
            count++;
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
