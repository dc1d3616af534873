/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * operation.c: what all operations have in common.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/uuid.h"
#include "operation.h"

#define TICK_USEC 200000
#define ABORT_AGAIN_USEC 20000

/* What libxl itself reads or writes of a stream before its helper takes over. */
#define LIBXL_STREAM_START 24

static const struct operation_type *const types[] = {
#define TASK(nr, NAME, name, traits) [nr] = &operation_##name,
#include "wire/tasks.def"
#undef TASK
};

const char *
operation_name(const struct operation *op)
{
    return task_name(op->task->params.operation);
}

static bool
operation_is_undo(const struct operation *op)
{
    return op->task->flags & WORKER_UNDO;
}

static bool
operation_is_of_files(const worker_start *task)
{
    return task->flags & WORKER_UNDO && task->flags & WORKER_FILES_ONLY;
}

static void
operation_undo_files(struct operation *op)
{
    operation_phase(op, WORKER_UNDOING);
    if (op->type->undo_files) {
        op->started = true;
        op->type->undo_files(op);
    }
    operation_finish(op);
}

static void
operation_begin(void *arg)
{
    struct operation *op = arg;

    /* An abort was quicker. */
    if (operation_failed(op)) {
        operation_finish(op);
        return;
    }
    if (op->xl->ctx)
        xl_log_clear(&op->xl->log);
    operation_phase(op, WORKER_RUNNING);
    if (operation_is_of_files(op->task)) {
        operation_undo_files(op);
        return;
    }
    op->started = true;
    /* Who waits for these sees by it that the worker does not hang. */
    if (operation_is_undo(op) || op->type == &operation_destroy)
        operation_tick(op, NULL);
    if (operation_is_undo(op))
        op->type->undo(op);
    else
        op->type->start(op);
}

static void
operation_tick_due(void *arg)
{
    struct operation *op = arg;

    loop_timer_start(&op->tick, TICK_USEC);
    if (op->ticked)
        op->ticked(op);
    op->events->progress(op->arg, op);
}

static void
operation_abort_due(void *arg)
{
    struct operation *op = arg;

    if (op->abort_ready && !op->abort_ready(op))
        loop_timer_start(&op->abort_later, ABORT_AGAIN_USEC);
    else
        xl_call_abort(&op->call);
}

static int
operation_check(const worker_start *task, struct err *err)
{
    worker_operation operation = task->params.operation;
    unsigned         traits = task_traits(operation);

    if (!task_name(operation))
        return err_set(err, ERR_INVALID_ARG, "the worker knows no operation %d", (int)operation);
    /* Never dom0 itself. */
    if (traits & TASK_NEEDS_DOMAIN && task->domid <= 0 && !operation_is_of_files(task))
        return err_set(err, ERR_INVALID_ARG, "%s of the domain %d is not possible",
                       task_name(operation), task->domid);
    if (traits & TASK_NEEDS_PATH && task_path(&task->params)[0] != '/')
        return err_set(err, ERR_INVALID_ARG, "%s: an absolute path is needed",
                       task_path(&task->params));
    return 0;
}

int
operation_start(struct xl *xl, const worker_start *task, const struct operation_events *events,
                void *arg, struct operation **op_out, struct err *err)
{
    const struct operation_type *type;
    struct operation            *op;

    if (operation_check(task, err) < 0)
        return -1;
    type = types[task->params.operation];
    op = xcalloc(1, type->size);
    op->type = type;
    op->xl = xl;
    op->task = task;
    op->events = events;
    op->arg = arg;
    op->domid = task->domid;
    op->domain_left = task_traits(task->params.operation) & TASK_LEAVES_DOMAIN;
    xl_call_init(&op->call, xl);
    loop_defer_init(&op->begin, xl->loop, operation_begin, op);
    loop_timer_init(&op->tick, xl->loop, operation_tick_due, op);
    loop_timer_init(&op->abort_later, xl->loop, operation_abort_due, op);
    loop_defer_start(&op->begin);
    *op_out = op;
    return 0;
}

void
operation_abort(struct operation *op)
{
    struct err err;

    if (!op->type->abort || operation_is_undo(op) || operation_failed(op) ||
        op->phase == WORKER_COMMITTED)
        return;
    err_set(&err, ERR_OPERATION_ABORTED, "aborted");
    operation_fail(op, &err);
    operation_phase(op, WORKER_ABORTING);
    if (op->waits_for_proceed)
        operation_proceed(op);
    else if (op->started)
        op->type->abort(op);
}

void
operation_proceed(struct operation *op)
{
    if (!op->waits_for_proceed)
        return;
    op->waits_for_proceed = false;
    op->type->proceed(op);
}

void
operation_refuse(struct operation *op, const struct err *why)
{
    if (!op->waits_for_proceed)
        return;
    operation_fail(op, why);
    operation_proceed(op);
}

void
operation_fail(struct operation *op, const struct err *err)
{
    if (op->err.code)
        log_about(LOG_LEVEL_WARNING, &op->xl->log.about, "%s: %s", operation_name(op),
                  err->message);
    else
        op->err = *err;
}

void
operation_fail_xl(struct operation *op, int rc, const char *what)
{
    struct err err;

    xl_err_set(&err, op->xl, rc, "%s", what);
    operation_fail(op, &err);
}

bool
operation_failed(const struct operation *op)
{
    return op->err.code != ERR_NONE;
}

void
operation_phase(struct operation *op, worker_phase phase)
{
    op->phase = phase;
    op->events->progress(op->arg, op);
}

void
operation_tick(struct operation *op, void (*ticked)(struct operation *op))
{
    op->ticked = ticked;
    loop_timer_start(&op->tick, TICK_USEC);
}

void
operation_abort_call(struct operation *op, uint64_t usec, bool (*ready)(struct operation *op))
{
    op->abort_ready = ready;
    loop_timer_start(&op->abort_later, usec);
}

bool
operation_helper_runs(int fd, uint64_t offset)
{
    return lseek(fd, 0, SEEK_CUR) >= (off_t)offset + LIBXL_STREAM_START;
}

void
operation_undoing(struct operation *op)
{
    loop_timer_stop(&op->abort_later);
    operation_phase(op, WORKER_UNDOING);
}

void
operation_undone(struct operation *op, const char *what)
{
    struct err err;

    err_set(&err, ERR_OPERATION_ABORTED, "%s", what);
    operation_fail(op, &err);
    operation_finish(op);
}

void
operation_finish(struct operation *op)
{
    assert(!op->call.active);
    loop_timer_stop(&op->tick);
    loop_timer_stop(&op->abort_later);
    loop_defer_stop(&op->begin);
    op->phase = WORKER_FINISHED;
    op->events->done(op->arg, op);
    if (op->started && op->type->clear)
        op->type->clear(op);
    free(op);
}

/*----- which domain -----*/

enum operation_domain
operation_look(const struct operation *op, libxl_dominfo *info_out)
{
    enum operation_domain found = OPERATION_DOMAIN_UNKNOWN;
    libxl_dominfo         info;
    int                   rc;

    libxl_dominfo_init(&info);
    rc = libxl_domain_info(op->xl->ctx, &info, (uint32_t)op->task->domid);
    if (rc == 0 && uuid_equal(libxl_uuid_bytearray(&info.uuid), (const uint8_t *)op->task->uuid))
        found = OPERATION_DOMAIN_THERE;
    else if (rc == 0 || rc == ERROR_DOMAIN_NOTFOUND)
        found = OPERATION_DOMAIN_GONE;
    if (found == OPERATION_DOMAIN_THERE && info_out)
        *info_out = info;
    else
        libxl_dominfo_dispose(&info);
    return found;
}

int
operation_need_domain(const struct operation *op, libxl_dominfo *info_out, struct err *err)
{
    switch (operation_look(op, info_out)) {
    case OPERATION_DOMAIN_THERE:
        return 0;
    case OPERATION_DOMAIN_GONE:
        return err_set(err, ERR_NO_DOMAIN, "there is no domain %s with id %d any more",
                       op->task->name, op->task->domid);
    case OPERATION_DOMAIN_UNKNOWN:
        break;
    }
    return err_set(err, ERR_OPERATION_FAILED, "the hypervisor does not tell about domain %s",
                   op->task->name);
}

int
operation_refuse_stubdomain(const struct operation *op, struct err *err)
{
    cleanup_free char *guest = NULL;
    uint32_t           domid;

    if (!xl_is_stubdomain(op->xl, (uint32_t)op->domid, &domid, &guest))
        return 0;
    return err_set(err, ERR_OPERATION_INVALID,
                   "domain %s is the device model of domain %s (id %u), and goes with that one",
                   op->task->name, guest, domid);
}

enum operation_domain
operation_find(const struct operation *op, const uint8_t *uuid, int *domid_out)
{
    enum operation_domain found = OPERATION_DOMAIN_GONE;
    int                   count = 0;
    libxl_dominfo        *list = libxl_list_domain(op->xl->ctx, &count);

    if (!list)
        return OPERATION_DOMAIN_UNKNOWN;
    for (int n = 0; n < count && found == OPERATION_DOMAIN_GONE; n++) {
        if (list[n].dying || !uuid_equal(libxl_uuid_bytearray(&list[n].uuid), uuid))
            continue;
        *domid_out = (int)list[n].domid;
        found = OPERATION_DOMAIN_THERE;
    }
    libxl_dominfo_list_free(list, count);
    return found;
}

struct operation *
operation_of_call(struct xl_call *call)
{
    return container_of(call, struct operation, call);
}
