/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * create.c: start a domain from its XML.
 *
 *   create_start  parse, check, ask libxl to make it
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

/* libxl tells of a missing kernel in three lines, none of which is plain. */
static int
check_readable(const char *path, const char *what, struct err *err)
{
    cleanup_close int fd = path ? file_open_regular(path, err) : -1;

    return path && fd < 0 ? err_prefix(err, "the %s", what) : 0;
}

static int
prepare(struct create *c, struct err *err)
{
    struct build *b = &c->build;
    const char   *xml = b->op.params->xml;

    if (domain_def_parse(xml, strlen(xml), &b->def, err) < 0 ||
        conf_to_libxl(b->def, &b->config, err) < 0 ||
        check_readable(b->def->kernel, "kernel", err) < 0 ||
        check_readable(b->def->ramdisk, "ramdisk", err) < 0)
        return -1;
    return build_begin(b, err);
}

/* Its id, before libxl tells it at the end. */
static void
look_for_domain(struct operation *op)
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

    build_init(&c->build);
    if (prepare(c, &err) < 0) {
        operation_fail(op, &err);
        build_undo(&c->build);
        return;
    }
    operation_tick(op, look_for_domain);
    xl_domain_create(&op->call, &c->build.config, &c->build.domid, build_made);
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
    .name = "create",
    .size = sizeof(struct create),
    .start = create_start,
    .abort = create_abort,
    .clear = create_clear,
};
