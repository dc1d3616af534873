/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-autostart.c: a domain is started with the host, or is not any more.
 *
 *   autostart_granted   a worker makes its link, or removes it
 *   autostart_done
 */
#include "base/alloc.h"
#include "op-file.h"
#include "ops.h"
#include "private.h"

/* Of the definition with this name; it may get another one before the job's turn comes. */
static void
autostart_set(struct op_file *op, const char *name, bool autostart)
{
    struct domains    *domains = op->job.jobs->domains;
    cleanup_free char *link = store_autostart_path(domains, name);
    cleanup_free char *path = store_path(domains, name);
    worker_file        file = {.path = link, .change = WORKER_FILE_REMOVE, .second = path};

    if (autostart)
        file.change = WORKER_FILE_SYMLINK;
    op_file_set(op, &file);
}

static bool
autostart_wanted(const struct op_file *op)
{
    return op_file_get(op)->change == WORKER_FILE_SYMLINK;
}

struct job *
op_autostart_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
                 bool autostart)
{
    struct job *job = job_new(jobs, &op_autostart, dom, owner);

    autostart_set(container_of(job, struct op_file, job), dom->name, autostart);
    return job;
}

static void
autostart_granted(struct job *job)
{
    struct op_file *op = container_of(job, struct op_file, job);

    if (!job->dom->stored) {
        op_file_refuse(op, ERR_OPERATION_INVALID, "cannot set autostart for transient domain");
        return;
    }
    autostart_set(op, job->dom->stored->name, autostart_wanted(op));
    op_file_run(op);
}

static void
autostart_done(struct job *job, const struct err *err)
{
    struct op_file *op = container_of(job, struct op_file, job);

    if (err) {
        op_file_failed(op, err);
        return;
    }
    domain_set_autostart(job->dom, autostart_wanted(op));
    job_finish(job, NULL);
}

const struct job_operation op_autostart = {
    .name = "autostart",
    OP_FILE_OPERATION,
    .size = sizeof(struct op_file),
    .of_definition = true,
    .granted = autostart_granted,
    .worker_done = autostart_done,
    .clear = op_file_clear,
};
