/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-image-import.c: an image that another toolstack has saved becomes the managed save of a domain
 * that is stored and does not run.
 *
 *   image_import_granted   a worker copies it
 *   image_import_done
 */
#include "base/alloc.h"
#include "ops.h"
#include "private.h"
#include "task.h"

struct op_image_import {
    struct job  job;
    struct task task;
    char       *path; /* of the managed save; NULL: not granted yet */
    char       *from;
};

struct job *
op_image_import_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
                    const char *from)
{
    struct job *job = job_new(jobs, &op_image_import, dom, owner);

    container_of(job, struct op_image_import, job)->from = xstrdup(from);
    return job;
}

static int
image_import_check(const struct domain *dom, struct err *err)
{
    if (!dom->stored)
        return err_set_libvirt(err, ERR_OPERATION_INVALID,
                               "domain '%s' is not defined: it can have no managed save",
                               dom->name);
    /* What was saved is older than what runs. */
    if (domain_runs(dom))
        return err_set_libvirt(err, ERR_OPERATION_INVALID, "domain '%s' is already running",
                               dom->name);
    if (dom->has_image)
        return err_set_libvirt(err, ERR_OPERATION_INVALID, "domain '%s' has a managed save already",
                               dom->name);
    return definition_stays(dom, err);
}

static void
image_import_granted(struct job *job)
{
    struct op_image_import *op = container_of(job, struct op_image_import, job);
    struct err              err;

    if (image_import_check(job->dom, &err) < 0) {
        job_finish(job, &err);
        return;
    }
    /* It may have been renamed since this was asked for. */
    free(op->path);
    op->path = store_image_path(job->jobs->domains, job->dom->stored->name);
    task_run(&op->task, WORKER_IMAGE_IMPORT);
}

static void
image_import_done(struct job *job, const struct err *err)
{
    if (!err)
        domain_set_image(job->dom, true);
    job_finish(job, err);
}

static void
image_import_save_params(struct job *job, worker_params *params_out)
{
    const struct op_image_import *op = container_of(job, struct op_image_import, job);

    *params_out = (worker_params){
        .operation = WORKER_IMAGE_IMPORT,
        .worker_params_u.image_import = {.path = task_text(op->path), .from = op->from}};
}

static void
image_import_load_params(struct job *job, const worker_params *params)
{
    struct op_image_import *op = container_of(job, struct op_image_import, job);

    op->path = xstrdup(params->worker_params_u.image_import.path);
    op->from = xstrdup(params->worker_params_u.image_import.from);
}

static void
image_import_clear(struct job *job)
{
    struct op_image_import *op = container_of(job, struct op_image_import, job);

    free(op->path);
    free(op->from);
}

const struct job_operation op_image_import = {
    .name = "image_import",
    .activity = DOMAIN_CHANGING,
    .size = sizeof(struct op_image_import),
    .task = offsetof(struct op_image_import, task),
    .granted = image_import_granted,
    .abort = task_abort_job,
    .worker_done = image_import_done,
    .save_params = image_import_save_params,
    .load_params = image_import_load_params,
    .clear = image_import_clear,
};
