/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * destroy.c: end a domain, whatever it is doing.
 *
 *   destroy_start  see that the id still means this domain, and that no other one needs it
 *   destroy_done
 */
#include "base/alloc.h"
#include "operation.h"

static xl_call_fn destroy_done;

static void
destroy_start(struct operation *op)
{
    struct err err;

    if (operation_need_domain(op, NULL, &err) < 0 || operation_refuse_stubdomain(op, &err) < 0) {
        /* One that is gone is what was asked for. */
        if (err.code != ERR_NO_DOMAIN)
            operation_fail(op, &err);
        operation_finish(op);
        return;
    }
    xl_domain_destroy(&op->call, (uint32_t)op->domid, destroy_done);
}

static void
destroy_done(struct xl_call *call, int rc)
{
    struct operation *op = operation_of_call(call);
    struct err        err;

    op->domain_left = rc && operation_look(op, NULL) != OPERATION_DOMAIN_GONE;
    if (op->domain_left) {
        xl_err_set(&err, op->xl, rc, "cannot destroy domain %s", op->task->name);
        operation_fail(op, &err);
    }
    operation_finish(op);
}

const struct operation_type operation_destroy = {
    .size = sizeof(struct operation),
    .start = destroy_start,
    .undo = destroy_start, /* it is its own repair */
    .abort = NULL, /* what is half destroyed is of no use to anybody: it goes on to the end */
};
