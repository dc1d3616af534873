/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-undefine.c: nothing is stored of a domain any more; if it runs it runs on, and is transient.
 *
 *   undefine_granted   a worker removes its link, then its file
 *   undefine_done
 */
#include "base/alloc.h"
#include "op-file.h"
#include "ops.h"
#include "private.h"

static void
undefine_granted(struct job *job)
{
    struct op_file      *op = container_of(job, struct op_file, job);
    const struct domain *dom = job->dom;
    cleanup_free char   *path = NULL, *link = NULL;
    worker_file          then, first;

    if (!dom->stored) {
        op_file_refuse(op, ERR_OPERATION_INVALID, "cannot undefine transient domain");
        return;
    }
    path = store_path(job->jobs->domains, dom->stored->name);
    link = store_autostart_path(job->jobs->domains, dom->stored->name);
    then = (worker_file){.path = path, .change = WORKER_FILE_REMOVE, .second = task_text(NULL)};
    first = (worker_file){
        .path = link, .change = WORKER_FILE_REMOVE, .second = task_text(NULL), .then = &then};
    op_file_set(op, &first);
    op_file_run(op);
}

static void
undefine_done(struct job *job, const struct err *err)
{
    if (err) {
        op_file_failed(container_of(job, struct op_file, job), err);
        return;
    }
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
