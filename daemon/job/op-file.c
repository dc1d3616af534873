/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-file.c: change files so that they are on the disk when the job has ended: the loop waits for
 * no disk.
 *
 *   file_granted   a worker changes them
 *   file_done
 */
#include <string.h>

#include "base/alloc.h"
#include "op-file.h"
#include "ops.h"
#include "private.h"
#include "wire/frame.h"
#include "wire/task.h"

/*----- for those that begin with it -----*/

void
op_file_set(struct op_file *op, const worker_file *file)
{
    worker_params params = {.operation = WORKER_FILE, .worker_params_u.file = *file};

    wire_body_free((xdrproc_t)xdr_worker_params, &op->params);
    op->params = task_params_copy(&params);
}

worker_file
op_file_of_definition(char *path, const struct domain_def *def)
{
    return (worker_file){.path = path,
                         .change = WORKER_FILE_REPLACE,
                         .second = task_text(NULL),
                         .content = {(u_int)strlen(def->text), def->text},
                         .mode = 0600};
}

void
op_file_set_new(struct op_file *op, bool is_new)
{
    op->params.worker_params_u.file.change = is_new ? WORKER_FILE_CREATE : WORKER_FILE_REPLACE;
}

void
op_file_read(struct op_file *op, definition_read_fn *done)
{
    const worker_file *file = op_file_get(op);
    cleanup_free char *xml = xstrndup(file->content.content_val, file->content.content_len);

    definition_read(op->job.jobs->loop, DEFINITION_OF_DAEMON, xml,
                    DOMAIN_PARSE_HAS_UUID | DEFINITION_PACK, done, op);
}

void
op_file_failed(struct op_file *op, const struct err *err)
{
    struct domains *domains = op->job.jobs->domains;
    bool            begun = !op->task.refused;

    job_finish(&op->job, err);
    if (begun)
        domains_reload(domains);
}

void
op_file_refuse(struct op_file *op, enum err_code code, const char *why)
{
    struct err err;

    err_set_libvirt(&err, code, "%s", why);
    job_finish(&op->job, &err);
}

void
op_file_run(struct op_file *op)
{
    task_run(&op->task, WORKER_FILE);
}

void
op_file_save_params(struct job *job, worker_params *params_out)
{
    *params_out = container_of(job, struct op_file, job)->params;
}

void
op_file_load_params(struct job *job, const worker_params *params)
{
    container_of(job, struct op_file, job)->params = task_params_copy(params);
}

void
op_file_clear(struct job *job)
{
    wire_body_free((xdrproc_t)xdr_worker_params, &container_of(job, struct op_file, job)->params);
}

/*----- any file -----*/

struct job *
op_file_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
            const worker_file *file)
{
    struct job *job = job_new(jobs, &op_file, dom, owner);

    op_file_set(container_of(job, struct op_file, job), file);
    return job;
}

static void
file_granted(struct job *job)
{
    op_file_run(container_of(job, struct op_file, job));
}

static void
file_done(struct job *job, const struct err *err)
{
    job_finish(job, err);
}

const struct job_operation op_file = {
    .name = "file",
    OP_FILE_OPERATION,
    .size = sizeof(struct op_file),
    .granted = file_granted,
    .abort = task_abort_job,
    .worker_done = file_done,
    .clear = op_file_clear,
};
