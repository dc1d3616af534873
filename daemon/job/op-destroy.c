/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-destroy.c: make an end of a domain.
 *
 *   destroy_granted   the worker destroys, where there is something to destroy
 *   destroy_done
 */
#include "base/alloc.h"
#include "ops.h"
#include "task.h"

struct op_destroy {
    struct job  job;
    struct task task;
};

struct job *
op_destroy_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner, int detail)
{
    struct job *job = job_new(jobs, &op_destroy, dom, owner);

    job->stop_detail = detail;
    return job;
}

static void
destroy_granted(struct job *job)
{
    /* What held the domain before may have left nothing to destroy. */
    if (!domain_runs(job->dom))
        job_finish(job, NULL);
    else
        task_run(&container_of(job, struct op_destroy, job)->task, WORKER_DESTROY);
}

static void
destroy_done(struct job *job, const struct err *err)
{
    job_finish(job, err);
}

const struct job_operation op_destroy = {
    .name = "destroy",
    .activity = DOMAIN_CHANGING,
    .size = sizeof(struct op_destroy),
    .task = offsetof(struct op_destroy, task),
    .unrecorded = true,
    .granted = destroy_granted,
    .worker_done = destroy_done,
};
