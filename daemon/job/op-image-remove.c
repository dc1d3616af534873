/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-image-remove.c: the managed save of a domain goes, and with it what the guest was about.
 *
 *   image_remove_granted   a worker removes the file
 *   image_remove_done
 */
#include "base/alloc.h"
#include "op-file.h"
#include "ops.h"
#include "private.h"

static void
image_remove_granted(struct job *job)
{
    struct op_file    *op = container_of(job, struct op_file, job);
    cleanup_free char *path = store_image_path(job->jobs->domains, job->dom->name);
    worker_file file = {.path = path, .change = WORKER_FILE_REMOVE, .second = task_text(NULL)};

    if (!job->dom->has_image) {
        job_finish(job, NULL);
        return;
    }
    op_file_set(op, &file);
    op_file_run(op);
}

static void
image_remove_done(struct job *job, const struct err *err)
{
    if (!err)
        domain_set_image(job->dom, false);
    job_finish(job, err);
}

const struct job_operation op_image_remove = {
    .name = "image_remove",
    OP_FILE_OPERATION,
    .size = sizeof(struct op_file),
    .granted = image_remove_granted,
    .abort = task_abort_job,
    .worker_done = image_remove_done,
    .clear = op_file_clear,
};
