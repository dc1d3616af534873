/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * create.c: start a domain from its XML.
 *
 *   create_start  parse, check
 *   create_ready  ask libxl to make it
 *   build_made    and so on, see build.h
 */
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "build.h"
#include "conf/libxl.h"

struct create {
    struct build build; /* must be first */
};

static void create_ready(struct build *b);

/* libxl tells of a missing kernel in three lines, none of which is plain. */
static int
create_check_readable(const char *path, const char *what, struct err *err)
{
    cleanup_close int fd = path ? file_open_regular(path, err) : -1;

    return path && fd < 0 ? err_prefix(err, "the %s", what) : 0;
}

static const worker_create *
create_params(const struct operation *op)
{
    return &op->task->params.worker_params_u.create;
}

static int
create_prepare(struct create *c, struct err *err)
{
    struct build *b = &c->build;
    const char   *xml = create_params(&b->op)->xml;

    if (build_parse_xml(b->op.xl, xml, &b->def, &b->config, err) < 0 ||
        create_check_readable(b->def->kernel, "kernel", err) < 0)
        return -1;
    return create_check_readable(b->def->ramdisk, "ramdisk", err);
}

/* Its id, before libxl tells it at the end. */
static void
create_look_for_domain(struct operation *op)
{
    struct build *b = container_of(op, struct build, op);

    if (op->domid < 0)
        (void)operation_find(op, b->def->uuid, &op->domid);
}

static void
create_start(struct operation *op)
{
    struct create *c = container_of(op, struct create, build.op);
    struct err     err;

    build_init(&c->build, create_params(op)->paused);
    if (create_prepare(c, &err) < 0) {
        operation_fail(op, &err);
        build_roll_back(&c->build);
        return;
    }
    build_begin(&c->build, create_ready);
}

static void
create_ready(struct build *b)
{
    operation_tick(&b->op, create_look_for_domain);
    xl_domain_create(&b->op.call, &b->config, &b->domid, build_made);
}

static void
create_undo(struct operation *op)
{
    struct create *c = container_of(op, struct create, build.op);

    build_init(&c->build, create_params(op)->paused);
    build_undo(&c->build); /* must be last */
}

static void
create_abort(struct operation *op)
{
    struct create *c = container_of(op, struct create, build.op);

    build_abort(&c->build);
}

static void
create_clear(struct operation *op)
{
    struct create *c = container_of(op, struct create, build.op);

    build_clear(&c->build);
}

const struct operation_type operation_create = {
    .size = sizeof(struct create),
    .start = create_start,
    .undo = create_undo,
    .abort = create_abort,
    .clear = create_clear,
};
