/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "cleanup.h"
#include "pool.h"
#include "private.h"
#include "record.h"
#include "wire/record.h"
#include "wire/state.h"

/*----- a job that waits -----*/

/* Names of one length: their order is that of the numbers. */
static char *
job_record_path(const struct job *job)
{
    return xasprintf("%s/queue/%020" PRIu64 JOB_RECORD_SUFFIX, job->jobs->limits->run_dir, job->id);
}

void
job_record_write(struct job *job)
{
    const struct domain *dom = job->dom;
    cleanup_free char   *path = job_record_path(job);
    queued_job           record = {.operation = (char *)(uintptr_t)job->operation->name,
                                   .job = job->id,
                                   .name = task_text(dom ? dom->name : NULL),
                                   .domid = dom ? dom->run.domid : -1,
                                   .stop_detail = job->stop_detail};
    struct err           err;

    if (dom)
        memcpy(record.uuid, dom->uuid, sizeof record.uuid);
    if (job->operation->save_params)
        job->operation->save_params(job, &record.params);
    job->recorded = record_write(path, (xdrproc_t)xdr_queued_job, &record, &err) == 0;
    if (!job->recorded)
        log_warning("job %" PRIu64 " would not outlive the daemon: %s", job->id, err.message);
}

void
job_record_remove(struct job *job)
{
    cleanup_free char *path = job_record_path(job);

    if (job->recorded)
        unlink(path);
    job->recorded = false;
}

/*----- a task -----*/

/* Borrows from the job, and from definition. */
static task_record
task_record_make(const struct task *task, char *definition)
{
    struct job          *job = task->job;
    const struct domain *dom = job->dom;
    task_record          record = {.operation = (char *)(uintptr_t)job->operation->name,
                                   .sequence = task->sequence,
                                   .definition = definition,
                                   .stop_detail = job->stop_detail,
                                   .begun_usec = task->begun_usec,
                                   .task = {.job = job->id,
                                            .name = task_text(dom ? dom->name : NULL),
                                            .domid = dom ? dom->run.domid : -1}};

    if (dom)
        memcpy(record.task.uuid, dom->uuid, sizeof record.task.uuid);
    record.task.flags = task_flags(task);
    if (job->operation->save_params)
        job->operation->save_params(job, &record.task.params);
    /* An operation of several tasks has parameters for one of them. */
    if (record.task.params.operation != task->operation)
        record.task.params = (worker_params){.operation = task->operation};
    return record;
}

/* Of a domain that the job makes, or makes anew: nobody else can tell the next daemon. */
static char *
task_record_definition(const struct job *job)
{
    if (job->operation->activity != DOMAIN_STARTING || !job->dom || !job->dom->live)
        return xstrdup("");
    return domain_def_format(job->dom->live, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE);
}

struct pool_worker *
task_record_give(struct task *task, const struct pool_worker_ops *ops, struct err *err)
{
    cleanup_free char *definition = task_record_definition(task->job);
    task_record        record = task_record_make(task, definition);
    struct jobs       *jobs = task->job->jobs;
    /* What the dead worker left stands for its repair. */
    bool unrecorded = task->job->operation->unrecorded ||
                      (task->job->state == JOB_REPAIRING && task->left_record);

    if (jobs_keep_last_id(jobs, err) < 0 && !unrecorded)
        return NULL;
    return pool_run(jobs->pool, &record, unrecorded, ops, task, err);
}

void
task_record_clean(const struct task *task, bool guest_runs)
{
    task_record record = task_record_make(task, task_text(NULL));

    if (guest_runs)
        record.task.flags |= WORKER_GUEST_RUNS;
    cleanup_start(task->job->jobs, &record);
}

int
task_record_update(const struct task *task, struct err *err)
{
    cleanup_free char *definition = task_record_definition(task->job);
    task_record        record = task_record_make(task, definition);

    return pool_worker_update_record(task->worker, &record, err);
}
