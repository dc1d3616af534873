/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dump.c: write a domain's memory to a file, for a debugger.
 *
 *   dump_start    make room among the older ones, open a new file, start the dump
 *   dump_written  give the file its name
 */
#include <stdio.h>

#include "base/alloc.h"
#include "cores.h"
#include "new-file.h"
#include "operation.h"

struct dump {
    struct operation op; /* must be first */
    struct new_file  file;
    char             self[64]; /* libxl opens the file by name: this leads to ours */
};

static xl_call_fn dump_written;

static const worker_dump *
dump_params(const struct operation *op)
{
    return &op->task->params.worker_params_u.dump;
}

static int
dump_prepare(struct dump *d, struct err *err)
{
    const worker_dump *params = dump_params(&d->op);
    const worker_keep *keep = &params->keep;
    libxl_dominfo      info;
    uint64_t           bytes;

    if (operation_need_domain(&d->op, &info, err) < 0)
        return -1;
    bytes = info.current_memkb * 1024;
    libxl_dominfo_dispose(&info);
    if ((keep->guest_count || keep->guest_bytes || keep->all_count || keep->all_bytes) &&
        cores_make_room(params->path, keep, bytes, err) < 0)
        return -1;
    return new_file_open(&d->file, params->path, params->overwrite, d->op.task->job, err);
}

static void
dump_start(struct operation *op)
{
    struct dump *d = container_of(op, struct dump, op);
    struct err   err;

    d->file = (struct new_file){.fd = -1, .folder = -1};
    if (dump_prepare(d, &err) < 0) {
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
        xl_err_set(&err, d->op.xl, rc, "cannot dump domain %s to %s", d->op.task->name,
                   dump_params(&d->op)->path);
        operation_fail(&d->op, &err);
    } else if (!operation_failed(&d->op) && new_file_commit(&d->file, &err) < 0) {
        operation_fail(&d->op, &err);
    }
    operation_finish(&d->op);
}

static void
dump_undo_files(struct operation *op)
{
    struct dump *d = container_of(op, struct dump, op);

    d->file = (struct new_file){.fd = -1, .folder = -1};
    new_file_remove_stale(dump_params(op)->path, op->task->job);
}

static void
dump_undo(struct operation *op)
{
    struct dump *d = container_of(op, struct dump, op);

    operation_phase(op, WORKER_UNDOING);
    if (op->task->flags & WORKER_GUEST_ONLY) {
        d->file = (struct new_file){.fd = -1, .folder = -1};
        operation_undone(op, "the dump was given up");
        return;
    }
    dump_undo_files(op);
    operation_undone(op, "nothing is left of the dump");
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
    .size = sizeof(struct dump),
    .start = dump_start,
    .undo = dump_undo,
    .undo_files = dump_undo_files,
    .abort = dump_abort,
    .clear = dump_clear,
};
