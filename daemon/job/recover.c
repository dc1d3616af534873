/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * recover.c: the jobs of an earlier daemon, which was killed or restarted in their middle, or
 * before they had begun.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "cleanup.h"
#include "history.h"
#include "ops.h"
#include "pool.h"
#include "private.h"
#include "process.h"
#include "record.h"
#include "wire/record.h"
#include "wire/state.h"

static struct job *
recover_job(struct jobs *jobs, const char *operation, uint64_t id, const worker_params *params,
            int stop_detail)
{
    struct job *job = job_new_adopted(jobs, job_operation_by_name(operation), id);

    if (job->operation->load_params && params->operation)
        job->operation->load_params(job, params);
    job->stop_detail = stop_detail;
    return job;
}

static bool
recover_knows(const char *path, const char *operation, struct err *err)
{
    if (job_operation_by_name(operation))
        return true;
    err_set(err, ERR_INTERNAL, "%s: there is no operation '%s'", path, operation);
    return false;
}

/* What is damaged is of no use to anybody; what cannot be read now, or by us, may be another time.
 */
static void
recover_lost(const char *path, const struct err *err)
{
    log_error("a job of an earlier daemon is lost: %s", err->message);
    if (err->code == ERR_RPC || err->code == ERR_INTERNAL)
        unlink(path);
}

/*----- those that have a worker, or had one -----*/

struct found {
    const char *path;
    task_record record;
};

static void
recover_hold_domain(struct job *job, const task_record *record)
{
    const worker_start *task = &record->task;
    const uint8_t      *uuid = (const uint8_t *)task->uuid;
    struct domain      *dom;

    if (uuid_is_zero(uuid))
        return; /* a restore whose image was not read yet */
    dom = domains_adopt(job->jobs->domains, task->name, uuid, task->domid);
    if (record->definition[0])
        domain_take_kept(dom, record->definition);
    job_join(job, dom);
}

static void
recover_task(struct jobs *jobs, const task_record *record, struct pool_worker *worker)
{
    const worker_start *task = &record->task;
    struct job         *job;

    log_info("job %" PRIu64 " (%s %s) is taken up again: its worker %s", (uint64_t)task->job,
             record->operation, task->name, worker ? "lives" : "is dead");
    job = recover_job(jobs, record->operation, task->job, &task->params, record->stop_detail);
    job->state = JOB_RUNNING;
    recover_hold_domain(job, record);
    task_take_up(job_task(job), record, worker); /* may end job: must be last */
}

/* The tasks of one job stand in their order; to undo one is another one.  Those of version 1 have
 * no number. */
static int
recover_compare(const void *a, const void *b)
{
    const task_record *x = &((const struct found *)a)->record;
    const task_record *y = &((const struct found *)b)->record;

    if (x->task.job != y->task.job)
        return x->task.job < y->task.job ? -1 : 1;
    if (x->sequence != y->sequence)
        return x->sequence < y->sequence ? -1 : 1;
    return (x->begun_usec > y->begun_usec) - (x->begun_usec < y->begun_usec);
}

static bool
recover_read_task(const char *path, task_record *record_out)
{
    struct err err;

    *record_out = (task_record){.operation = NULL};
    if (record_read(path, (xdrproc_t)xdr_task_record, record_out, &err) == 0) {
        if (recover_knows(path, record_out->operation, &err) &&
            job_operation_by_name(record_out->operation)->task)
            return true;
        wire_body_free((xdrproc_t)xdr_task_record, record_out);
    }
    recover_lost(path, &err);
    return false;
}

/* A daemon that was killed had dealt with this task: the job has ended, or its next task begun. */
static void
recover_drop(struct jobs *jobs, const struct found *found)
{
    struct pool_worker *worker = pool_worker_find(jobs->pool, found->path, &found->record);

    if (worker)
        pool_worker_dismiss(worker);
    else
        pool_worker_forget(found->path);
}

/* What an earlier daemon had begun to clean up is begun anew. */
static void
recover_clean(struct jobs *jobs, const struct found *found)
{
    process_kill_session(found->record.pid, found->record.pid_started);
    cleanup_start(jobs, &found->record);
    pool_worker_forget(found->path);
}

static void
recover_take_up(struct jobs *jobs, const struct found *found)
{
    struct pool_worker *worker = pool_worker_find(jobs->pool, found->path, &found->record);

    recover_task(jobs, &found->record, worker);
    if (!worker)
        pool_worker_forget(found->path);
}

void
jobs_recover(struct jobs *jobs)
{
    cleanup_free char         *folder = xasprintf("%s/jobs", jobs->limits->run_dir);
    size_t                     n_paths, count = 0;
    cleanup_free char        **paths = records_find(folder, WORKER_RECORD_SUFFIX, &n_paths);
    cleanup_free struct found *all = xcalloc(n_paths, sizeof *all);

    for (size_t n = 0; n < n_paths; n++)
        if (recover_read_task(paths[n], &all[count].record))
            all[count++].path = paths[n];
    qsort(all, count, sizeof *all, recover_compare);
    for (size_t n = 0; n < count; n++) {
        uint64_t id = all[n].record.task.job;

        if (cleanup_is_it(&all[n].record))
            recover_clean(jobs, &all[n]);
        else if (history_end(jobs->history, id) ||
                 (n + 1 < count && id == all[n + 1].record.task.job))
            recover_drop(jobs, &all[n]);
        else
            recover_take_up(jobs, &all[n]);
        wire_body_free((xdrproc_t)xdr_task_record, &all[n].record);
    }
    for (size_t n = 0; n < n_paths; n++)
        free(paths[n]);
}

/*----- those that waited -----*/

static int
recover_find_domain(struct job *job, const queued_job *record, struct err *err)
{
    struct domains    *domains = job->jobs->domains;
    const char        *xml;
    struct domain_def *def;

    if (uuid_is_zero((const uint8_t *)record->uuid))
        return 0; /* it has none, or its worker tells which one */
    if (job->operation == &op_create) {
        xml = record->params.worker_params_u.create.xml;
        return domain_def_parse(xml, strlen(xml), &def, err) < 0
                   ? -1
                   : domains_reserve(domains, def, &job->dom, err);
    }
    job->dom = domains_by_uuid(domains, (const uint8_t *)record->uuid);
    return job->dom ? 0
                    : err_set(err, ERR_NO_DOMAIN,
                              "domain '%s' ended before the operation had begun", record->name);
}

static void
recover_queue(struct jobs *jobs, const queued_job *record)
{
    struct job *job =
        recover_job(jobs, record->operation, record->job, &record->params, record->stop_detail);
    struct err err;

    log_info("job %" PRIu64 " (%s %s) waits again", job->id, record->operation, record->name);
    job->recorded = true;
    if (recover_find_domain(job, record, &err) < 0)
        job_finish(job, job->operation == &op_destroy ? NULL : &err); /* that it has gone is well */
    else if (job->operation == &op_destroy)
        job_submit_first(job);
    else
        job_submit(job);
}

static void
recover_queued(struct jobs *jobs, const char *path)
{
    queued_job record = {.operation = NULL};
    struct err err;

    if (record_read(path, (xdrproc_t)xdr_queued_job, &record, &err) < 0) {
        recover_lost(path, &err);
        return;
    }
    if (!recover_knows(path, record.operation, &err))
        recover_lost(path, &err);
    else if (jobs_by_id(jobs, record.job) || history_end(jobs->history, record.job))
        unlink(path); /* the daemon was killed when the job had just begun, or just ended */
    else
        recover_queue(jobs, &record);
    wire_body_free((xdrproc_t)xdr_queued_job, &record);
}

void
jobs_requeue(struct jobs *jobs)
{
    cleanup_free char  *folder = xasprintf("%s/queue", jobs->limits->run_dir);
    size_t              count;
    cleanup_free char **paths = records_find(folder, JOB_RECORD_SUFFIX, &count);

    for (size_t n = 0; n < count; n++) {
        recover_queued(jobs, paths[n]);
        free(paths[n]);
    }
}
