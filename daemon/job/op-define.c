/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-define.c: what is stored of a domain becomes this definition.
 *
 *   define_granted         a worker writes its file
 *   define_done
 *
 * Taken up by a later daemon it has its text alone:
 *
 *   define_granted -> define_read_first -> define_begin
 *   define_done -> define_read_last
 */
#include <string.h>

#include "base/alloc.h"
#include "op-file.h"
#include "ops.h"
#include "private.h"

struct op_define {
    struct op_file     file;
    struct domain_def *def; /* NULL: it is to be read */
};

static void define_begin(struct op_define *op);

static struct op_define *
define_of(struct job *job)
{
    return container_of(container_of(job, struct op_file, job), struct op_define, file);
}

struct job *
op_define_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
              struct domain_def *def)
{
    struct job        *job = job_new(jobs, &op_define, dom, owner);
    cleanup_free char *path = store_path(jobs->domains, def->name);
    worker_file        file = op_file_of_definition(path, def);

    define_of(job)->def = def;
    op_file_set(&define_of(job)->file, &file);
    return job;
}

static void
define_read_first(void *arg, struct domain_def *def, const struct err *err)
{
    struct op_define *op = container_of((struct op_file *)arg, struct op_define, file);

    op->def = def;
    if (def)
        define_begin(op);
    else
        job_finish(&op->file.job, err);
}

static void
define_granted(struct job *job)
{
    struct op_define *op = define_of(job);

    if (op->def)
        define_begin(op);
    else
        op_file_read(&op->file, define_read_first);
}

/* It may have been renamed since this was asked for. */
static void
define_begin(struct op_define *op)
{
    const struct domain *dom = op->file.job.dom;
    char                 uuid[UUID_TEXT_SIZE];
    struct err           err;

    if (!dom->stored || strcmp(dom->stored->name, op->def->name) == 0) {
        op_file_run(&op->file);
        return;
    }
    err_set_libvirt(&err, ERR_OPERATION_FAILED, "domain '%s' is already defined with uuid %s",
                    dom->stored->name, uuid_format(dom->uuid, uuid));
    job_finish(&op->file.job, &err);
}

static void
define_is_stored(struct op_define *op)
{
    domain_store(op->file.job.dom, take_ptr(op->def));
    job_finish(&op->file.job, NULL);
}

static void
define_read_last(void *arg, struct domain_def *def, const struct err *err)
{
    struct op_define *op = container_of((struct op_file *)arg, struct op_define, file);

    if (def)
        domain_store_again(op->file.job.dom, def);
    job_finish(&op->file.job, err);
}

static void
define_done(struct job *job, const struct err *err)
{
    struct op_define *op = define_of(job);

    if (err)
        op_file_failed(&op->file, err);
    else if (op->def)
        define_is_stored(op);
    else
        op_file_read(&op->file, define_read_last);
}

static void
define_clear(struct job *job)
{
    domain_def_free(define_of(job)->def);
    op_file_clear(job);
}

const struct job_operation op_define = {
    .name = "define",
    OP_FILE_OPERATION,
    .size = sizeof(struct op_define),
    .of_definition = true,
    .new_domain = true,
    .granted = define_granted,
    .worker_done = define_done,
    .clear = define_clear,
};
