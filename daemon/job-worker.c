/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * job-worker.c: a job that has a dom0d-worker do its work.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "conf/domain.h"
#include "daemon.h"
#include "domains.h"
#include "job.h"
#include "workers.h"

static char *
or_empty(char *text)
{
    static char empty[1];

    return text ? text : empty;
}

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

    if (domain_def_parse(what->xml, strlen(what->xml), &def, err) < 0)
        return err_prefix(err, "the image's domain XML");
    if (domains_reserve(job->daemon->domains, def, &dom, err) < 0)
        return -1;
    job_join(job, dom);
    return 0;
}

static void
worker_identified_image(void *arg, const worker_identified *what)
{
    struct job *job = arg;
    struct err  err;

    if (job->dom || reserve(job, what, &err) < 0)
        worker_refuse(job->worker, &err);
    else
        worker_proceed(job->worker);
}

static void
worker_ended(void *arg, const worker_done *done, const struct err *died)
{
    struct job    *job = arg;
    struct err     err;
    struct domain *dom = job->dom;

    job->worker = NULL;
    if (!done) {
        job->worker_done(job, -1, died);
        return;
    }
    free(job->log);
    job->log = xstrdup(done->log);
    if (done->error.code == ERR_NONE) {
        if (dom && done->domid >= 0)
            domain_set_id(dom, done->domid);
        job->worker_done(job, done->domid, NULL);
        return;
    }
    err_set(&err, (enum err_code)done->error.code, "%s", done->error.message);
    err.detail = done->error.detail;
    job->worker_done(job, -1, &err);
}

static const struct worker_ops job_worker_ops = {
    .identified = worker_identified_image,
    .progress = worker_made_progress,
    .ended = worker_ended,
};

void
job_run_worker(struct job *job, int operation, job_worker_fn *done)
{
    const struct domain *dom = job->dom;
    worker_start         task = {
                .operation = (enum worker_operation)operation,
                .job = job->id,
                .name = or_empty(dom ? dom->name : NULL),
                .domid = dom ? dom->domid : -1,
                .flags = job->flags,
                .path = or_empty(job->path),
                .xml = or_empty(job->xml),
    };
    struct err err;

    if (dom)
        memcpy(task.uuid, dom->uuid, sizeof task.uuid);
    job->worker_done = done;
    job->worker = worker_run(job->daemon->workers, &task, &job_worker_ops, job, &err);
    if (!job->worker)
        done(job, -1, &err);
}

void
job_abort_worker(struct job *job)
{
    if (job->worker)
        worker_abort(job->worker);
}
