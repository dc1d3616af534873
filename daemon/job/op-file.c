/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-file.c: change a file so that it is on the disk when the job has ended: the loop waits for no
 * disk.
 *
 *   file_granted   a worker changes it
 *   file_done
 */
#include "base/alloc.h"
#include "ops.h"
#include "task.h"
#include "wire/frame.h"
#include "wire/task.h"

struct op_file {
    struct job    job;
    struct task   task;
    worker_params params;
};

struct job *
op_file_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
            const worker_file *file)
{
    struct job   *job = job_new(jobs, &op_file, dom, owner);
    worker_params params = {.operation = WORKER_FILE, .worker_params_u.file = *file};

    container_of(job, struct op_file, job)->params = task_params_copy(&params);
    return job;
}

static void
file_granted(struct job *job)
{
    task_run(&container_of(job, struct op_file, job)->task, WORKER_FILE);
}

static void
file_done(struct job *job, const struct err *err)
{
    job_finish(job, err);
}

static void
file_save_params(struct job *job, worker_params *params_out)
{
    *params_out = container_of(job, struct op_file, job)->params;
}

static void
file_load_params(struct job *job, const worker_params *params)
{
    container_of(job, struct op_file, job)->params = task_params_copy(params);
}

static void
file_clear(struct job *job)
{
    wire_body_free((xdrproc_t)xdr_worker_params, &container_of(job, struct op_file, job)->params);
}

const struct job_operation op_file = {
    .name = "file",
    .activity = DOMAIN_CHANGING,
    .size = sizeof(struct op_file),
    .task = offsetof(struct op_file, task),
    .granted = file_granted,
    .abort = task_abort_job,
    .worker_done = file_done,
    .save_params = file_save_params,
    .load_params = file_load_params,
    .clear = file_clear,
};
