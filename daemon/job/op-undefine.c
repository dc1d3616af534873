/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-undefine.c: nothing is stored of a domain any more; if it runs it runs on, and is transient.
 *
 *   undefine_granted   a worker removes its managed save, then its link, then its file: what is cut
 *                      short leaves a definition, and no image that nobody knows of
 *   undefine_done
 */
#include "base/alloc.h"
#include "op-file.h"
#include "ops.h"
#include "private.h"

/* Until its turn comes its parameters are the image, if that is to go. */
struct job *
op_undefine_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
                bool with_image)
{
    struct job        *job = job_new(jobs, &op_undefine, dom, owner);
    cleanup_free char *path = store_image_path(jobs->domains, dom->name);
    worker_file image = {.path = path, .change = WORKER_FILE_REMOVE, .second = task_text(NULL)};

    if (with_image)
        op_file_set(container_of(job, struct op_file, job), &image);
    return job;
}

int
definition_stays(const struct domain *dom, struct err *err)
{
    const struct job *job = job_of_definition(dom);

    if (dom->work.new_name)
        return err_set(err, ERR_RESOURCE_BUSY, "domain '%s' is being renamed", dom->name);
    if (job && job->operation == &op_undefine && job->state != JOB_QUEUED)
        return err_set(err, ERR_RESOURCE_BUSY, "domain '%s' is being undefined", dom->name);
    return 0;
}

/* It would be nobody's. */
static bool
undefine_meets_image(const struct domain *dom)
{
    const struct job *job = job_of_domain(dom);

    return job && job->state != JOB_QUEUED &&
           (job->operation == &op_image_import || op_save_is_managed(job));
}

static void
undefine_granted(struct job *job)
{
    struct op_file      *op = container_of(job, struct op_file, job);
    const struct domain *dom = job->dom;
    cleanup_free char   *path = NULL, *link = NULL, *image = NULL;
    worker_file          files[3];

    if (!dom->stored) {
        op_file_refuse(op, ERR_OPERATION_INVALID, "cannot undefine transient domain");
        return;
    }
    if (dom->has_image && op->params.operation != WORKER_FILE) {
        op_file_refuse(op, ERR_OPERATION_INVALID,
                       "Refusing to undefine while domain managed save image exists");
        return;
    }
    if (undefine_meets_image(dom)) {
        op_file_refuse(op, ERR_RESOURCE_BUSY, "a managed save of the domain is being made");
        return;
    }
    path = store_path(job->jobs->domains, dom->stored->name);
    link = store_autostart_path(job->jobs->domains, dom->stored->name);
    image = store_image_path(job->jobs->domains, dom->stored->name);
    for (size_t n = 0; n < array_size(files); n++)
        files[n] = (worker_file){.change = WORKER_FILE_REMOVE, .second = task_text(NULL)};
    files[0].path = image;
    files[0].then = &files[1];
    files[1].path = link;
    files[1].then = &files[2];
    files[2].path = path;
    op_file_set(op, dom->has_image ? &files[0] : &files[1]);
    op_file_run(op);
}

static void
undefine_done(struct job *job, const struct err *err)
{
    if (err) {
        op_file_failed(container_of(job, struct op_file, job), err);
        return;
    }
    domain_set_image(job->dom, false);
    domain_unstore(job->dom);
    job_finish(job, NULL);
}

const struct job_operation op_undefine = {
    .name = "undefine",
    OP_FILE_OPERATION,
    .size = sizeof(struct op_file),
    .of_definition = true,
    .granted = undefine_granted,
    .worker_done = undefine_done,
    .clear = op_file_clear,
};
