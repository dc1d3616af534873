/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * image-import.c: an image that another toolstack has saved becomes a domain's own: it is copied,
 * and stays where it was.
 *
 *   image_import_start    see that the image is this domain's, and whole; a new file
 *   image_import_copy     a piece of it, again and again
 *   image_import_copied   see that the copy is whole, give it its name
 */
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "build.h"
#include "driver/image.h"
#include "file-copy.h"
#include "new-file.h"
#include "operation.h"

struct image_import {
    struct operation  op; /* must be first */
    int               fd; /* of the image; -1: not open */
    struct image      image;
    struct new_file   file;
    struct file_copy  copy;
    struct loop_defer piece;
};

/* The steps, in the order they run. */
static void    image_import_start(struct operation *op);
static loop_fn image_import_copy;
static void    image_import_copied(struct image_import *i);

/*----- helpers -----*/

static const worker_image_import *
image_import_params(const struct image_import *i)
{
    return &i->op.task->params.worker_params_u.image_import;
}

static void
image_import_init(struct image_import *i)
{
    i->fd = -1;
    i->file = (struct new_file){.fd = -1, .folder = -1};
    loop_defer_init(&i->piece, i->op.xl->loop, image_import_copy, i);
}

/* It failed, or was aborted: nothing is left of the copy. */
static void
image_import_give_up(struct image_import *i)
{
    operation_undoing(&i->op);
    new_file_discard(&i->file);
    operation_finish(&i->op);
}

static void
image_import_fail(struct image_import *i, const struct err *err)
{
    operation_fail(&i->op, err);
    image_import_give_up(i);
}

/*----- may it be the domain's? -----*/

static int
image_import_check_domain(const struct image_import *i, const struct domain_def *def,
                          struct err *err)
{
    const worker_start *task = i->op.task;
    char                uuid[UUID_TEXT_SIZE], own[UUID_TEXT_SIZE];

    if (uuid_equal(def->uuid, (const uint8_t *)task->uuid) && strcmp(def->name, task->name) == 0)
        return 0;
    return err_set(err, ERR_OPERATION_FAILED,
                   "it is an image of domain '%s' with uuid %s, not of '%s' with uuid %s",
                   def->name, uuid_format(def->uuid, uuid), task->name,
                   uuid_format((const uint8_t *)task->uuid, own));
}

static int
image_import_check(const struct image_import *i, struct err *err)
{
    struct domain_def *def;
    int                r;

    if (build_check_image(i->op.xl, i->fd, err) < 0 ||
        build_parse_image(i->op.xl, &i->image, &def, err) < 0)
        return -1;
    r = image_import_check_domain(i, def, err);
    domain_def_free(def);
    return r < 0 ? -1 : image_check_stream(i->fd, i->image.stream_offset, err);
}

/* path: of the image that is to be this domain's. */
static int
image_import_open(struct image_import *i, const char *path, struct err *err)
{
    i->fd = file_open_regular(path, err);
    if (i->fd < 0)
        return err_prefix(err, "the image");
    if (image_read(i->fd, &i->image, err) < 0 || image_import_check(i, err) < 0)
        return err_prefix(err, "%s", path);
    return 0;
}

/*----- the steps -----*/

static void
image_import_start(struct operation *op)
{
    struct image_import *i = container_of(op, struct image_import, op);
    struct err           err;

    image_import_init(i);
    if (image_import_open(i, image_import_params(i)->from, &err) < 0 ||
        new_file_open(&i->file, image_import_params(i)->path, false, op->task->job, &err) < 0) {
        image_import_fail(i, &err);
        return;
    }
    op->total = i->image.size;
    file_copy_init(&i->copy, i->fd, 0, i->file.fd, 0, i->image.size);
    operation_tick(op, NULL);
    loop_defer_start(&i->piece);
}

static void
image_import_copy(void *arg)
{
    struct image_import *i = arg;
    struct err           err;

    if (operation_failed(&i->op)) {
        image_import_give_up(i);
        return;
    }
    if (file_copy_some(&i->copy, i->file.path, &err) < 0) {
        image_import_fail(i, &err);
        return;
    }
    i->op.processed = i->copy.done;
    if (i->copy.done == i->copy.size)
        image_import_copied(i);
    else
        loop_defer_start(&i->piece);
}

/* Somebody may have written to the image meanwhile. */
static void
image_import_copied(struct image_import *i)
{
    struct err err;

    if (image_check_stream(i->file.fd, i->image.stream_offset, &err) < 0) {
        err_prefix(&err, "the copy of %s", image_import_params(i)->from);
        image_import_fail(i, &err);
        return;
    }
    if (new_file_commit(&i->file, &err) < 0)
        image_import_fail(i, &err);
    else
        operation_finish(&i->op);
}

/*----- where a worker died -----*/

static void
image_import_remove_stale(const struct image_import *i)
{
    new_file_remove_stale(image_import_params(i)->path, i->op.task->job);
}

/* It had its name already: none had it before. */
static void
image_import_undo(struct operation *op)
{
    struct image_import *i = container_of(op, struct image_import, op);
    struct err           err;

    image_import_init(i);
    operation_phase(op, WORKER_UNDOING);
    image_import_remove_stale(i);
    if (image_import_open(i, image_import_params(i)->path, &err) < 0) {
        operation_undone(op, "nothing is left of the copy");
        return;
    }
    if (file_sync_folder(image_import_params(i)->path, &err) < 0)
        operation_fail(op, &err);
    operation_finish(op);
}

static void
image_import_undo_files(struct operation *op)
{
    struct image_import *i = container_of(op, struct image_import, op);

    image_import_init(i);
    image_import_remove_stale(i);
}

/* The next piece sees that. */
static void
image_import_abort(struct operation *op)
{
    (void)op;
}

static void
image_import_clear(struct operation *op)
{
    struct image_import *i = container_of(op, struct image_import, op);

    loop_defer_stop(&i->piece);
    if (i->fd >= 0)
        close(i->fd);
    image_clear(&i->image);
    new_file_discard(&i->file);
}

const struct operation_type operation_image_import = {
    .size = sizeof(struct image_import),
    .start = image_import_start,
    .undo = image_import_undo,
    .undo_files = image_import_undo_files,
    .abort = image_import_abort,
    .clear = image_import_clear,
};
