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
    [WORKER_CREATE] = &operation_create, [WORKER_RESTORE] = &operation_restore,
    [WORKER_SAVE] = &operation_save,     [WORKER_DESTROY] = &operation_destroy,
    [WORKER_DUMP] = &operation_dump,
};

static const struct operation_type *
type_of(worker_operation operation)
{
    return (size_t)operation < array_size(types) ? types[operation] : NULL;
}

/* Destroying is its own repair. */
static const struct operation_type *
type_of_task(const worker_start *params)
{
    if ((params->flags & WORKER_UNDO) && params->operation != WORKER_DESTROY &&
        type_of(params->operation))
        return &operation_undo;
    return type_of(params->operation);
}

const char *
operation_name(worker_operation operation)
{
    const struct operation_type *type = type_of(operation);

    return type ? type->name : "idle";
}

static void
begin(void *arg)
{
    struct operation *op = arg;

    /* An abort was quicker. */
    if (operation_failed(op)) {
        operation_finish(op);
        return;
    }
    xl_log_clear(&op->xl->log);
    operation_phase(op, WORKER_RUNNING);
    op->started = true;
    op->type->start(op);
}

static void
tick_due(void *arg)
{
    struct operation *op = arg;

    loop_timer_start(&op->tick, TICK_USEC);
    op->ticked(op);
    op->events->progress(op->arg, op);
}

static void
abort_due(void *arg)
{
    struct operation *op = arg;

    if (op->abort_ready && !op->abort_ready(op))
        loop_timer_start(&op->abort_later, ABORT_AGAIN_USEC);
    else
        xl_call_abort(&op->call);
}

static int
check_params(const worker_start *params, struct err *err)
{
    bool needs_domid = params->operation != WORKER_CREATE && params->operation != WORKER_RESTORE;
    bool needs_path = params->operation != WORKER_CREATE && params->operation != WORKER_DESTROY;

    if (!type_of(params->operation))
        return err_set(err, ERR_INVALID_ARG, "the worker knows no operation %d",
                       (int)params->operation);
    /* Never dom0 itself. */
    if (needs_domid && params->domid <= 0)
        return err_set(err, ERR_INVALID_ARG, "%s of the domain %d is not possible",
                       operation_name(params->operation), params->domid);
    if (needs_path && params->path[0] != '/')
        return err_set(err, ERR_INVALID_ARG, "%s: an absolute path is needed", params->path);
    return 0;
}

int
operation_start(struct xl *xl, const worker_start *params, const struct operation_events *events,
                void *arg, struct operation **op_out, struct err *err)
{
    struct operation *op;

    if (check_params(params, err) < 0)
        return -1;
    op = xcalloc(1, type_of_task(params)->size);
    op->type = type_of_task(params);
    op->xl = xl;
    op->params = params;
    op->events = events;
    op->arg = arg;
    op->domid = params->domid;
    op->domain_left = params->operation == WORKER_SAVE || params->operation == WORKER_DUMP;
    xl_call_init(&op->call, xl);
    loop_defer_init(&op->begin, xl->loop, begin, op);
    loop_timer_init(&op->tick, xl->loop, tick_due, op);
    loop_timer_init(&op->abort_later, xl->loop, abort_due, op);
    loop_defer_start(&op->begin);
    *op_out = op;
    return 0;
}

void
operation_abort(struct operation *op)
{
    struct err err;

    if (!op->type->abort || operation_failed(op) || op->phase == WORKER_COMMITTED)
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
        log_about(LOG_LEVEL_WARNING, &op->xl->log.about, "%s: %s", op->type->name, err->message);
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
operation_finish(struct operation *op)
{
    assert(!op->call.active);
    loop_timer_stop(&op->tick);
    loop_timer_stop(&op->abort_later);
    loop_defer_stop(&op->begin);
    op->phase = WORKER_FINISHED;
    op->events->done(op->arg, op);
    if (op->started)
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
    rc = libxl_domain_info(op->xl->ctx, &info, (uint32_t)op->params->domid);
    if (rc == 0 && uuid_equal(libxl_uuid_bytearray(&info.uuid), (const uint8_t *)op->params->uuid))
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
                       op->params->name, op->params->domid);
    case OPERATION_DOMAIN_UNKNOWN:
        break;
    }
    return err_set(err, ERR_OPERATION_FAILED, "the hypervisor does not tell about domain %s",
                   op->params->name);
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
