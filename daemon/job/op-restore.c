/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-restore.c: start the domain that an image holds.  Which one that is the worker tells (task.c):
 * only then the job has a domain, unless it is a managed save, which is its domain's.
 *
 *   restore_granted   a worker reads the image and builds the domain
 *   restore_done
 */
#include "base/alloc.h"
#include "ops.h"
#include "private.h"
#include "task.h"

struct op_restore {
    struct job  job;
    struct task task;
    char       *path;
    char       *xml; /* NULL: the image's own */
    unsigned    flags;
};

struct job *
op_restore_new(struct jobs *jobs, const struct job_owner *owner, const char *path, const char *xml,
               unsigned flags)
{
    struct job        *job = job_new(jobs, &op_restore, NULL, owner);
    struct op_restore *op = container_of(job, struct op_restore, job);

    op->path = xstrdup(path);
    op->xml = xstrdup(xml);
    op->flags = flags;
    return job;
}

struct job *
op_start_saved_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
                   unsigned flags)
{
    cleanup_free char *path = store_image_path(jobs->domains, dom->name);
    struct job        *job = job_new(jobs, &op_restore, dom, owner);
    struct op_restore *op = container_of(job, struct op_restore, job);

    op->path = take_ptr(path);
    op->flags = flags | WORKER_RESTORE_REMOVE;
    return job;
}

static bool
restore_is_managed(const struct op_restore *op)
{
    return op->flags & WORKER_RESTORE_REMOVE;
}

static int
restore_check_managed(const struct domain *dom, struct err *err)
{
    if (domain_runs(dom))
        return err_set_libvirt(err, ERR_OPERATION_INVALID, "domain '%s' is already running",
                               dom->name);
    if (!dom->stored || !dom->has_image)
        return err_set(err, ERR_OPERATION_INVALID, "domain '%s' has no managed save any more",
                       dom->name);
    return 0;
}

static void
restore_granted(struct job *job)
{
    struct op_restore *op = container_of(job, struct op_restore, job);
    struct err         err;

    if (restore_is_managed(op) && restore_check_managed(job->dom, &err) < 0)
        job_finish(job, &err);
    else
        task_run(&op->task, WORKER_RESTORE);
}

/* Perhaps because its image says so. */
static bool
restore_is_paused(const struct domain *dom)
{
    struct host_dominfo info;
    struct err          err;

    return domain_ask_now(dom, &info, &err) == 0 && info.paused;
}

/* A managed save that could not be restored stays. */
static void
restore_done(struct job *job, const struct err *err)
{
    if (!err && restore_is_managed(container_of(job, struct op_restore, job)))
        domain_set_image(job->dom, false);
    if (!err)
        domain_announce_started(job->dom, STARTED_RESTORED, RUNNING_RESTORED);
    if (!err && restore_is_paused(job->dom))
        domain_announce_paused(job->dom);
    job_finish(job, err);
}

static void
restore_save_params(struct job *job, worker_params *params_out)
{
    const struct op_restore *op = container_of(job, struct op_restore, job);

    *params_out =
        (worker_params){.operation = WORKER_RESTORE,
                        .worker_params_u.restore = {
                            .path = op->path, .xml = task_text(op->xml), .flags = op->flags}};
}

static void
restore_load_params(struct job *job, const worker_params *params)
{
    struct op_restore    *op = container_of(job, struct op_restore, job);
    const worker_restore *restore = &params->worker_params_u.restore;

    op->path = xstrdup(restore->path);
    op->xml = restore->xml[0] ? xstrdup(restore->xml) : NULL;
    op->flags = restore->flags;
}

static void
restore_clear(struct job *job)
{
    struct op_restore *op = container_of(job, struct op_restore, job);

    free(op->path);
    free(op->xml);
}

const struct job_operation op_restore = {
    .name = "restore",
    .libvirt = JOB_OPERATION_RESTORE,
    .activity = DOMAIN_STARTING,
    .size = sizeof(struct op_restore),
    .task = offsetof(struct op_restore, task),
    .granted = restore_granted,
    .abort = task_abort_job,
    .worker_done = restore_done,
    .save_params = restore_save_params,
    .load_params = restore_load_params,
    .clear = restore_clear,
};
