/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-define.c: what is stored of a domain becomes this definition.
 *
 *   define_granted         a worker writes its file
 *   define_done
 *   define_looked          where it is the first one: is there a managed save of that name?
 *
 * Taken up by a later daemon it has its text alone:
 *
 *   define_granted -> define_read_first -> define_begin
 *   define_done -> define_read_last -> define_looked
 */
#include <string.h>

#include "base/alloc.h"
#include "eventloop/work.h"
#include "op-file.h"
#include "ops.h"
#include "private.h"

struct op_define {
    struct op_file     file;
    struct domain_def *def;      /* NULL: it is to be read */
    bool               taken_up; /* after its file was written, by a later daemon */
    char              *image;    /* where a managed save would be; NULL: that is not looked for */
    bool               has_image;
};

static loop_fn      define_look;
static loop_work_fn define_looked;

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

    if (dom->stored && strcmp(dom->stored->name, op->def->name) != 0) {
        err_set_libvirt(&err, ERR_OPERATION_FAILED, "domain '%s' is already defined with uuid %s",
                        dom->stored->name, uuid_format(dom->uuid, uuid));
        job_finish(&op->file.job, &err);
    } else if (store_check_file(dom, &err) < 0) {
        job_finish(&op->file.job, &err);
    } else {
        op_file_set_new(&op->file, !dom->stored);
        op_file_run(&op->file);
    }
}

/* An undefine that was cut short, or somebody else, may have left one. */
static void
define_is_written(struct op_define *op)
{
    const struct job    *job = &op->file.job;
    const struct domain *dom = job->dom;

    if (!dom->stored && !dom->has_image)
        op->image = store_image_path(dom->table, op->def->name);
    loop_work(job->jobs->loop, DEFINITION_OF_DAEMON, op->image != NULL, define_look, define_looked,
              op);
}

static void
define_look(void *arg)
{
    struct op_define *op = arg;

    op->has_image = op->image && store_is_image(op->image);
}

static void
define_looked(void *arg, bool ended)
{
    struct op_define *op = arg;
    struct domain    *dom = op->file.job.dom;

    /* Where the daemon stops the next one looks. */
    if (ended && op->has_image) {
        log_warning("%s is there already: it is the managed save of '%s' now", op->image,
                    op->def->name);
        domain_set_image(dom, true);
    }
    if (op->taken_up)
        domain_store_again(dom, take_ptr(op->def));
    else
        domain_store(dom, take_ptr(op->def));
    job_finish(&op->file.job, NULL);
}

static void
define_read_last(void *arg, struct domain_def *def, const struct err *err)
{
    struct op_define *op = container_of((struct op_file *)arg, struct op_define, file);

    op->def = def;
    op->taken_up = true;
    if (def)
        define_is_written(op);
    else
        job_finish(&op->file.job, err);
}

static void
define_done(struct job *job, const struct err *err)
{
    struct op_define *op = define_of(job);

    if (err)
        op_file_failed(&op->file, err);
    else if (op->def)
        define_is_written(op);
    else
        op_file_read(&op->file, define_read_last);
}

static void
define_clear(struct job *job)
{
    domain_def_free(define_of(job)->def);
    free(define_of(job)->image);
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
