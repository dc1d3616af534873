/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * record.c: what the next daemon is to know of a job.  While it waits, or has not come to its
 * worker yet, that lies in RUN_DIR/queue; from then on in its task's record (pool.c).
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "config.h"
#include "daemon.h"
#include "domain/domain.h"
#include "job.h"
#include "record.h"
#include "wire/record.h"
#include "wire/task.h"

static char *
or_empty(char *text)
{
    static char empty[1];

    return text ? text : empty;
}

static worker_params
job_params(const struct job *job, worker_operation operation)
{
    worker_params params = {.operation = operation};
    char         *path = or_empty(job->path), *xml = or_empty(job->xml);
    bool          paused = job->flags & WORKER_PAUSED, overwrite = job->flags & WORKER_OVERWRITE;

    switch (operation) {
    case WORKER_CREATE:
        params.worker_params_u.create = (worker_create){.xml = xml, .paused = paused};
        break;
    case WORKER_RESTORE:
        params.worker_params_u.restore =
            (worker_restore){.path = path, .xml = xml, .paused = paused};
        break;
    case WORKER_SAVE:
        params.worker_params_u.save =
            (worker_save){.path = path, .xml = xml, .overwrite = overwrite};
        break;
    case WORKER_DUMP:
        params.worker_params_u.dump = (worker_dump){.path = path, .overwrite = overwrite};
        break;
    default:
        break;
    }
    return params;
}

static char *
copy_unless_empty(const char *text)
{
    return *text ? xstrdup(text) : NULL;
}

void
job_take_params(struct job *job, const worker_params *params, const char *definition)
{
    bool paused = false, overwrite = false;

    switch (params->operation) {
    case WORKER_CREATE:
        job->xml = copy_unless_empty(params->worker_params_u.create.xml);
        paused = params->worker_params_u.create.paused;
        break;
    case WORKER_RESTORE:
        job->xml = copy_unless_empty(params->worker_params_u.restore.xml);
        paused = params->worker_params_u.restore.paused;
        break;
    case WORKER_SAVE:
        job->xml = copy_unless_empty(params->worker_params_u.save.xml);
        overwrite = params->worker_params_u.save.overwrite;
        break;
    case WORKER_DUMP:
        overwrite = params->worker_params_u.dump.overwrite;
        break;
    default:
        job->xml = copy_unless_empty(definition);
        break;
    }
    if (task_path(params))
        job->path = copy_unless_empty(task_path(params));
    job->flags = (paused ? WORKER_PAUSED : 0) | (overwrite ? WORKER_OVERWRITE : 0);
}

/* Of such a domain, and of one that is made anew, the definition is the task's. */
static bool
has_definition(const struct job *job)
{
    return task_traits((worker_operation)job->task) & TASK_MAKES_DOMAIN ||
           job->operation == &op_restart;
}

task_record
job_record(const struct job *job)
{
    const struct domain *dom = job->dom;
    task_record          record = {
                 .operation = (char *)(uintptr_t)job->operation->name,
                 .sequence = job->sequence,
                 .task = {.job = job->id,
                          .name = or_empty(dom ? dom->name : NULL),
                          .domid = dom ? dom->domid : -1,
                          .flags = job->undoing ? WORKER_UNDO : 0,
                          .params = job_params(job, (worker_operation)job->task)},
                 .definition = or_empty(has_definition(job) ? job->xml : NULL),
                 .stop_detail = job->stop_detail,
                 .begun_usec = job->begun_realtime_usec,
    };

    if (dom)
        memcpy(record.task.uuid, dom->uuid, sizeof record.task.uuid);
    return record;
}

static queued_job
job_queued_record(const struct job *job)
{
    const struct domain *dom = job->dom;
    queued_job           record = {
                  .operation = (char *)(uintptr_t)job->operation->name,
                  .job = job->id,
                  .name = or_empty(dom ? dom->name : NULL),
                  .domid = dom ? dom->domid : -1,
                  .params = job_params(job, task_by_name(job->operation->name)),
                  .stop_detail = job->stop_detail,
    };

    if (dom)
        memcpy(record.uuid, dom->uuid, sizeof record.uuid);
    return record;
}

/* Names of one length: their order is that of the numbers. */
static char *
path_of(const struct job *job)
{
    return xasprintf("%s/queue/%020" PRIu64 JOB_RECORD_SUFFIX, job->daemon->config->run_dir,
                     job->id);
}

void
job_record_write(struct job *job)
{
    cleanup_free char *path = path_of(job);
    queued_job         record = job_queued_record(job);
    struct err         err;

    job->recorded = record_write(path, (xdrproc_t)xdr_queued_job, &record, &err) == 0;
    if (!job->recorded)
        log_warning("job %" PRIu64 " would not outlive the daemon: %s", job->id, err.message);
}

void
job_record_remove(struct job *job)
{
    cleanup_free char *path = path_of(job);

    if (job->recorded)
        unlink(path);
    job->recorded = false;
}
