/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * soft-reset.c: the kernel of a guest has stopped for another one that lies in its memory (kexec,
 * as after a crash): the machine around the memory is made anew, and the guest goes on.
 *
 *   soft_reset_start        see that the guest asks for it, read the XML that is kept with it
 *   soft_reset_config_read  the XML goes, for from here on the domain is half-built; ask libxl to
 *                           reset it
 *   build_made              and so on, see build.h
 *
 * What cannot be reset is destroyed, as xl does; libxl itself leaves nothing of it either.
 */
#include <string.h>

#include "base/alloc.h"
#include "build.h"

struct soft_reset {
    struct build build; /* must be first */
};

static xl_call_fn soft_reset_config_read;

/*----- helpers -----*/

static bool
soft_reset_is_asked_for(const libxl_dominfo *info)
{
    return info->shutdown && info->shutdown_reason == LIBXL_SHUTDOWN_REASON_SOFT_RESET;
}

static int
soft_reset_read_xml(struct build *b, struct err *err)
{
    cleanup_free uint8_t *xml = NULL;
    int                   size = 0;
    int rc = libxl_userdata_retrieve(b->op.xl->ctx, b->domid, BUILD_USERDATA, &xml, &size);

    if (rc)
        return xl_err_set(err, b->op.xl, rc, "cannot read the definition from libxl's userdata");
    return domain_def_parse_flags((const char *)xml, (size_t)size, DOMAIN_PARSE_RUNS, &b->def, err);
}

static int
soft_reset_prepare(struct build *b, struct err *err)
{
    libxl_dominfo info;
    bool          asked;

    if (operation_need_domain(&b->op, &info, err) < 0)
        return -1;
    asked = soft_reset_is_asked_for(&info);
    libxl_dominfo_dispose(&info);
    if (!asked)
        return err_set(err, ERR_OPERATION_INVALID, "domain %s does not ask for a soft reset",
                       b->op.task->name);
    b->asked = true;
    b->domid = (uint32_t)b->op.domid;
    return soft_reset_read_xml(b, err);
}

static int
soft_reset_make_half_built(struct build *b, struct err *err)
{
    int rc;

    if (b->config.c_info.type != LIBXL_DOMAIN_TYPE_HVM)
        return err_set(err, ERR_OPERATION_UNSUPPORTED,
                       "domain %s asks for a soft reset, which libxl supports for HVM guests only",
                       b->def->name);
    rc = libxl_userdata_unlink(b->op.xl->ctx, b->domid, BUILD_USERDATA);
    return rc ? xl_err_set(err, b->op.xl, rc, "cannot remove the definition from libxl's userdata")
              : 0;
}

/*----- the steps -----*/

static void
soft_reset_begin(struct build *b)
{
    struct err err;

    if (soft_reset_prepare(b, &err) < 0) {
        operation_fail(&b->op, &err);
        build_roll_back(b);
        return;
    }
    xl_domain_config(&b->op.call, b->domid, &b->config, soft_reset_config_read);
}

static void
soft_reset_start(struct operation *op)
{
    struct soft_reset *r = container_of(op, struct soft_reset, build.op);

    build_init(&r->build, false);
    operation_tick(op, NULL);
    soft_reset_begin(&r->build);
}

static void
soft_reset_config_read(struct xl_call *call, int rc)
{
    struct build *b = container_of(operation_of_call(call), struct build, op);
    struct err    err;

    if (rc)
        operation_fail_xl(&b->op, rc, "cannot read how the domain is built");
    else if (soft_reset_make_half_built(b, &err) < 0)
        operation_fail(&b->op, &err);
    if (operation_failed(&b->op)) {
        build_roll_back(b);
        return;
    }
    xl_domain_soft_reset(&b->op.call, b->domid, &b->config, build_made);
}

/*----- after a worker that died -----*/

static bool
soft_reset_was_not_begun(const struct operation *op)
{
    libxl_dominfo info;
    bool          asked;

    if (operation_look(op, &info) != OPERATION_DOMAIN_THERE)
        return false;
    asked = soft_reset_is_asked_for(&info);
    libxl_dominfo_dispose(&info);
    return asked && build_is_complete(op);
}

static void
soft_reset_undo(struct operation *op)
{
    struct soft_reset *r = container_of(op, struct soft_reset, build.op);
    struct err         err;

    build_init(&r->build, false);
    if (!soft_reset_was_not_begun(op)) {
        build_undo(&r->build); /* must be last */
    } else if (op->task->flags & WORKER_SOON) {
        err_set(&err, ERR_OPERATION_ABORTED, "the domain was not reset, but destroyed");
        operation_fail(op, &err);
        r->build.asked = true;
        build_roll_back(&r->build); /* must be last */
    } else {
        soft_reset_begin(&r->build);
    }
}

static void
soft_reset_abort(struct operation *op)
{
    build_abort(&container_of(op, struct soft_reset, build.op)->build);
}

static void
soft_reset_clear(struct operation *op)
{
    build_clear(&container_of(op, struct soft_reset, build.op)->build);
}

const struct operation_type operation_soft_reset = {
    .size = sizeof(struct soft_reset),
    .start = soft_reset_start,
    .undo = soft_reset_undo,
    .abort = soft_reset_abort,
    .clear = soft_reset_clear,
};
