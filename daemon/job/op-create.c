/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-create.c: start a domain that the table has reserved, or by what is stored of it.
 *
 *   create_granted   a worker builds it
 *   create_done
 */
#include "base/alloc.h"
#include "ops.h"
#include "task.h"

struct op_create {
    struct job  job;
    struct task task;
    char       *xml; /* NULL: what is stored when its turn comes */
    bool        paused;
};

struct job *
op_create_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner, bool paused)
{
    struct job       *job = job_new(jobs, &op_create, dom, owner);
    struct op_create *op = container_of(job, struct op_create, job);

    op->xml = domain_def_format(dom->live, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE);
    op->paused = paused;
    return job;
}

struct job *
op_start_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner, bool paused)
{
    struct job *job = job_new(jobs, &op_create, dom, owner);

    container_of(job, struct op_create, job)->paused = paused;
    return job;
}

static int
create_take_stored(struct op_create *op, struct err *err)
{
    struct domain *dom = op->job.dom;

    if (domain_runs(dom))
        return err_set_libvirt(err, ERR_OPERATION_INVALID, "domain '%s' is already running",
                               dom->name);
    if (!dom->stored)
        return err_set(err, ERR_NO_DOMAIN, "domain '%s' is not defined any more", dom->name);
    if (dom->has_image)
        return err_set(err, ERR_OPERATION_INVALID,
                       "domain '%s' has a managed save, which a fresh start would make useless",
                       dom->name);
    if (dom->work.new_name)
        return err_set(err, ERR_RESOURCE_BUSY, "domain '%s' is being renamed", dom->name);
    domain_take_live(dom, domain_def_share(dom->stored));
    op->xml = domain_def_format(dom->live, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE);
    return 0;
}

static void
create_granted(struct job *job)
{
    struct op_create *op = container_of(job, struct op_create, job);
    struct err        err;

    if (!op->xml && create_take_stored(op, &err) < 0)
        job_finish(job, &err);
    else
        task_run(&op->task, WORKER_CREATE);
}

static void
create_done(struct job *job, const struct err *err)
{
    const struct op_create *op = container_of(job, struct op_create, job);

    if (!err)
        domain_announce_started(job->dom, STARTED_BOOTED, RUNNING_BOOTED);
    if (!err && op->paused)
        domain_announce_paused(job->dom);
    job_finish(job, err);
}

static void
create_save_params(struct job *job, worker_params *params_out)
{
    const struct op_create *op = container_of(job, struct op_create, job);

    *params_out = (worker_params){
        .operation = WORKER_CREATE,
        .worker_params_u.create = {.xml = task_text(op->xml), .paused = op->paused}};
}

static void
create_load_params(struct job *job, const worker_params *params)
{
    struct op_create *op = container_of(job, struct op_create, job);

    if (params->worker_params_u.create.xml[0])
        op->xml = xstrdup(params->worker_params_u.create.xml);
    op->paused = params->worker_params_u.create.paused;
}

static void
create_clear(struct job *job)
{
    free(container_of(job, struct op_create, job)->xml);
}

const struct job_operation op_create = {
    .name = "create",
    .libvirt = JOB_OPERATION_START,
    .activity = DOMAIN_STARTING,
    .size = sizeof(struct op_create),
    .task = offsetof(struct op_create, task),
    .granted = create_granted,
    .abort = task_abort_job,
    .worker_done = create_done,
    .save_params = create_save_params,
    .load_params = create_load_params,
    .clear = create_clear,
};
