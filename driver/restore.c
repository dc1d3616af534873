/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * restore.c: bring a domain back from an image.  The image is only read, and goes, where that is
 * wanted, when nothing can lose the domain any more.
 *
 *   restore_start    open the image, read the wrapper, see that the stream is whole, tell whose it
 *                    is, wait
 *   restore_granted  see that its disks are what they were
 *   restore_ready    ask libxl to make the domain from the stream
 *   build_made       and so on, see build.h
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "build.h"
#include "conf/libxl.h"
#include "disks.h"
#include "driver/image.h"

#define STREAM_VERSION 2

struct restore {
    struct build                build; /* must be first */
    int                         fd;    /* -1: not open */
    struct image                image;
    libxl_domain_restore_params params;
};

/* The steps, in the order they run. */
static void restore_start(struct operation *op);
static void restore_granted(struct operation *op);
static void restore_ready(struct build *b);

/*----- helpers -----*/

static const worker_restore *
restore_params(const struct operation *op)
{
    return &op->task->params.worker_params_u.restore;
}

/* Another one may have its name by now. */
static bool
restore_is_its_image(const struct restore *r, const char *path)
{
    struct stat opened, named;

    return r->fd >= 0 && fstat(r->fd, &opened) == 0 && lstat(path, &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* The domain is there: that its image is there too is said, and no failure. */
static void
restore_remove_image(struct build *b)
{
    const struct restore *r = container_of(b, struct restore, build);
    const char           *path = restore_params(&b->op)->path;
    struct err            err;

    if (!restore_is_its_image(r, path))
        return;
    if (unlink(path) < 0)
        err_set_errno(&err, errno, "cannot remove %s, which is of no use any more", path);
    else if (file_sync_folder(path, &err) == 0)
        return;
    log_about(LOG_LEVEL_WARNING, &b->op.xl->log.about, "%s", err.message);
}

static void
restore_init(struct restore *r)
{
    r->fd = -1;
    build_init(&r->build, restore_params(&r->build.op)->flags & WORKER_RESTORE_PAUSED);
    if (restore_params(&r->build.op)->flags & WORKER_RESTORE_REMOVE)
        r->build.there = restore_remove_image;
    libxl_domain_restore_params_init(&r->params);
    r->params.stream_version = STREAM_VERSION; /* libxl's own default is 1 */
}

static int
restore_open_image(struct restore *r, struct err *err)
{
    const char *path = restore_params(&r->build.op)->path;

    r->fd = file_open_regular(path, err);
    if (r->fd < 0)
        return err_prefix(err, "the image");
    if (image_read(r->fd, &r->image, err) < 0 ||
        image_check_stream(r->fd, r->image.stream_offset, err) < 0)
        return err_prefix(err, "%s", path);
    return 0;
}

/* As the image says, where nobody says otherwise. */
static bool
restore_is_to_pause(const struct operation *op, const struct image *image)
{
    unsigned flags = restore_params(op)->flags;

    if (flags & (WORKER_RESTORE_PAUSED | WORKER_RESTORE_RUNNING))
        return flags & WORKER_RESTORE_PAUSED;
    return image->note && image->note->state == IMAGE_STATE_PAUSED;
}

static int
restore_identify(struct restore *r, struct err *err)
{
    struct build *b = &r->build;

    return build_read_image(b->op.xl, &r->image, restore_params(&b->op)->xml, &b->def, &b->config,
                            err);
}

/* The helper that reads the stream shares the open file and so its position. */
static void
restore_note_position(struct operation *op)
{
    struct restore *r = container_of(op, struct restore, build.op);
    off_t           here = lseek(r->fd, 0, SEEK_CUR);

    if (here >= (off_t)r->image.stream_offset)
        op->processed = (uint64_t)here - r->image.stream_offset;
    if (op->domid < 0)
        (void)operation_find(op, r->build.def->uuid, &op->domid);
}

static void
restore_fail(struct restore *r, const struct err *err)
{
    operation_fail(&r->build.op, err);
    build_roll_back(&r->build);
}

/*----- the steps -----*/

static void
restore_start(struct operation *op)
{
    struct restore    *r = container_of(op, struct restore, build.op);
    cleanup_free char *xml = NULL;
    struct err         err;

    restore_init(r);
    if (restore_open_image(r, &err) < 0 || restore_identify(r, &err) < 0) {
        restore_fail(r, &err);
        return;
    }
    r->build.paused = restore_is_to_pause(op, &r->image);
    xml = domain_def_format(r->build.def, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE);
    op->waits_for_proceed = true;
    op->events->identified(op->arg, op, r->build.def, xml);
}

static int
restore_check_disks(const struct restore *r, struct err *err)
{
    if (!r->image.note || restore_params(&r->build.op)->flags & WORKER_RESTORE_FORCE)
        return 0;
    return disks_compare(r->image.note, &r->build.config, err);
}

static void
restore_granted(struct operation *op)
{
    struct restore *r = container_of(op, struct restore, build.op);
    struct err      err;

    if (operation_failed(op))
        build_roll_back(&r->build);
    else if (restore_check_disks(r, &err) < 0)
        restore_fail(r, &err);
    else
        build_begin(&r->build, restore_ready);
}

static void
restore_ready(struct build *b)
{
    struct restore   *r = container_of(b, struct restore, build);
    struct operation *op = &b->op;
    struct err        err;

    if (lseek(r->fd, (off_t)r->image.stream_offset, SEEK_SET) < 0) {
        err_set_errno(&err, errno, "cannot read %s", restore_params(op)->path);
        restore_fail(r, &err);
        return;
    }
    op->total = r->image.size - r->image.stream_offset;
    operation_tick(op, restore_note_position);
    xl_domain_restore(&op->call, &r->build.config, &r->build.domid, r->fd, &r->params, build_made);
}

static bool
restore_helper_runs(struct operation *op)
{
    struct restore *r = container_of(op, struct restore, build.op);

    return operation_helper_runs(r->fd, r->image.stream_offset);
}

/* Only where the domain is complete: files that do not answer must not keep a half-built one. */
static void
restore_recall(struct build *b)
{
    struct restore *r = container_of(b, struct restore, build);
    struct err      err;

    r->fd = file_open_regular(restore_params(&b->op)->path, &err);
    if (r->fd >= 0)
        (void)image_read(r->fd, &r->image, &err);
    b->paused = restore_is_to_pause(&b->op, &r->image);
}

static void
restore_undo(struct operation *op)
{
    struct restore *r = container_of(op, struct restore, build.op);

    restore_init(r);
    r->build.recall = restore_recall;
    build_undo(&r->build); /* must be last */
}

static void
restore_abort(struct operation *op)
{
    struct restore *r = container_of(op, struct restore, build.op);

    /* The domain has no devices before the stream is read. */
    restore_note_position(op);
    if (op->processed < op->total)
        operation_abort_call(op, 0, restore_helper_runs);
    else
        build_abort(&r->build);
}

static void
restore_clear(struct operation *op)
{
    struct restore *r = container_of(op, struct restore, build.op);

    if (r->fd >= 0)
        close(r->fd);
    image_clear(&r->image);
    libxl_domain_restore_params_dispose(&r->params);
    build_clear(&r->build);
}

const struct operation_type operation_restore = {
    .size = sizeof(struct restore),
    .start = restore_start,
    .undo = restore_undo,
    .abort = restore_abort,
    .proceed = restore_granted,
    .clear = restore_clear,
};
