/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dump.c: write a domain's memory to a file, for a debugger.
 *
 *   dump_start    open a new file, start the dump
 *   dump_written  give the file its name
 */
#include <stdio.h>

#include "base/alloc.h"
#include "new-file.h"
#include "operation.h"

struct dump {
    struct operation op; /* must be first */
    struct new_file  file;
    char             self[64]; /* libxl opens the file by name: this leads to ours */
};

static xl_call_fn dump_written;

static int
prepare(struct dump *d, struct err *err)
{
    const worker_start *params = d->op.params;

    if (operation_need_domain(&d->op, NULL, err) < 0)
        return -1;
    return new_file_open(&d->file, params->path, params->flags & WORKER_OVERWRITE, params->job,
                         err);
}

static void
dump_start(struct operation *op)
{
    struct dump *d = container_of(op, struct dump, op);
    struct err   err;

    d->file = (struct new_file){.fd = -1, .folder = -1};
    if (prepare(d, &err) < 0) {
        operation_fail(op, &err);
        operation_finish(op);
        return;
    }
    snprintf(d->self, sizeof d->self, "/proc/self/fd/%d", d->file.fd);
    xl_domain_dump(&op->call, (uint32_t)op->domid, d->self, dump_written);
}

static void
dump_written(struct xl_call *call, int rc)
{
    struct dump *d = container_of(operation_of_call(call), struct dump, op);
    struct err   err;

    if (rc) {
        xl_err_set(&err, d->op.xl, rc, "cannot dump domain %s to %s", d->op.params->name,
                   d->op.params->path);
        operation_fail(&d->op, &err);
    } else if (!operation_failed(&d->op) && new_file_commit(&d->file, &err) < 0) {
        operation_fail(&d->op, &err);
    }
    operation_finish(&d->op);
}

static void
dump_abort(struct operation *op)
{
    xl_call_abort(&op->call);
}

static void
dump_clear(struct operation *op)
{
    struct dump *d = container_of(op, struct dump, op);

    new_file_discard(&d->file);
}

const struct operation_type operation_dump = {
    .name = "dump",
    .size = sizeof(struct dump),
    .start = dump_start,
    .abort = dump_abort,
    .clear = dump_clear,
};
