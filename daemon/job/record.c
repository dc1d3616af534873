/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * job-record.c: what the next daemon is to know of a job.  While it waits, or has not come to its
 * worker yet, that lies in RUN_DIR/queue; from then on in its task's record (workers.c).
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

static char *
or_empty(char *text)
{
    static char empty[1];

    return text ? text : empty;
}

worker_record
job_record(const struct job *job)
{
    const struct domain *dom = job->dom;
    worker_record        record = {
               .operation = (char *)(uintptr_t)job->operation->name,
               .task = {.operation = (enum worker_operation)job->task,
                        .job = job->id,
                        .name = or_empty(dom ? dom->name : NULL),
                        .domid = dom ? dom->domid : -1,
                        .flags = job->flags | (job->undoing ? WORKER_UNDO : 0),
                        .path = or_empty(job->path),
                        .xml = or_empty(job->xml)},
               .stop_detail = job->stop_detail,
               .begun_usec = job->begun_realtime_usec,
    };

    if (dom)
        memcpy(record.task.uuid, dom->uuid, sizeof record.task.uuid);
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
    worker_record      record = job_record(job);
    struct err         err;

    job->recorded = record_write(path, (xdrproc_t)xdr_worker_record, &record, &err) == 0;
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
