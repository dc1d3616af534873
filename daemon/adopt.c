/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * adopt.c: the jobs of an earlier daemon, which was killed or restarted in their middle.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "conf/domain.h"
#include "daemon.h"
#include "domains.h"
#include "job-worker.h"
#include "job.h"
#include "workers.h"

/* Was the domain of this task running, as far as clients know, before it began? */
static bool
ran_before(const worker_start *task)
{
    return task->operation != WORKER_CREATE && task->operation != WORKER_RESTORE;
}

/* Of a domain that the task makes, the definition is the task's. */
static void
give_definition(struct domain *dom, const char *xml)
{
    struct err err;

    if (!dom->def && domain_def_parse(xml, strlen(xml), &dom->def, &err) < 0)
        log_warning("domain '%s': the XML of its job cannot be read: %s", dom->name, err.message);
}

static void
hold_domain(struct job *job, const worker_start *task)
{
    const uint8_t *uuid = (const uint8_t *)task->uuid;
    struct domain *dom;

    if (uuid_is_zero(uuid))
        return; /* a restore whose image was not read yet */
    dom = domains_adopt(job->daemon->domains, task->name, uuid, ran_before(task));
    if (!ran_before(task) || job->operation == &op_restart)
        give_definition(dom, task->xml);
    job_join(job, dom);
}

static void
found(void *arg, const worker_record *record, struct worker *worker)
{
    struct daemon              *daemon = arg;
    const worker_start         *task = &record->task;
    const struct job_operation *operation = job_operation_by_name(record->operation);
    struct job                 *job;
    struct err                  died;

    if (!operation) {
        log_error("a job of an earlier daemon is not known: '%s'", record->operation);
        return;
    }
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

void
jobs_adopt(struct daemon *daemon)
{
    workers_adopt(daemon->workers, found, daemon);
}
