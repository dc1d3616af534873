/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-dump.c: write a domain's memory to a file, as a core.
 *
 *   dump_granted   the worker dumps
 *   dump_done
 */
#include "base/alloc.h"
#include "ops.h"
#include "private.h"
#include "task.h"

struct op_dump {
    struct job  job;
    struct task task;
    char       *path;
    worker_keep keep; /* for the core of a crash, among those of its folder */
};

struct job *
op_dump_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner, const char *path)
{
    struct job              *job = job_new(jobs, &op_dump, dom, owner);
    struct op_dump          *op = container_of(job, struct op_dump, job);
    const struct job_limits *limits = jobs->limits;

    op->path = xstrdup(path);
    if (!owner)
        op->keep = (worker_keep){.guest_count = limits->max_guest_cores,
                                 .guest_bytes = limits->max_guest_core_bytes,
                                 .all_count = limits->max_cores,
                                 .all_bytes = limits->max_core_bytes};
    return job;
}

static void
dump_granted(struct job *job)
{
    task_run(&container_of(job, struct op_dump, job)->task, WORKER_DUMP);
}

static void
dump_done(struct job *job, const struct err *err)
{
    /* What follows tells with its own end that there is none. */
    if (err && !job->owner.done)
        domain_note_lost_core(job->dom, err->message);
    job_finish(job, err);
}

static void
dump_save_params(struct job *job, worker_params *params_out)
{
    const struct op_dump *op = container_of(job, struct op_dump, job);

    *params_out = (worker_params){.operation = WORKER_DUMP,
                                  .worker_params_u.dump = {.path = op->path, .keep = op->keep}};
}

static void
dump_load_params(struct job *job, const worker_params *params)
{
    struct op_dump *op = container_of(job, struct op_dump, job);

    op->path = xstrdup(params->worker_params_u.dump.path);
    op->keep = params->worker_params_u.dump.keep;
}

static void
dump_clear(struct job *job)
{
    free(container_of(job, struct op_dump, job)->path);
}

const struct job_operation op_dump = {
    .name = "dump",
    .libvirt = JOB_OPERATION_DUMP,
    .activity = DOMAIN_DUMPING,
    .size = sizeof(struct op_dump),
    .task = offsetof(struct op_dump, task),
    .granted = dump_granted,
    .abort = task_abort_job,
    .worker_done = dump_done,
    .save_params = dump_save_params,
    .load_params = dump_load_params,
    .clear = dump_clear,
};
