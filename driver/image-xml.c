/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clang-format off */
/*
 * image-xml.c: tell the definition that is in an image, or put another one in its place.
 *
 *   image_xml_start    open the image, read the wrapper; tell it, perhaps if a restore could do with
 *                      it, and that is all.  Or: may the other one stand for it?  A new file, with
 *                      the new wrapper
 *   image_xml_copy     a piece of the stream, again and again
 *   image_xml_copied   see that it is whole, give the file the image's name
 *
 * Whoever opens the image finds the old one or the new one, whole.  The wrappers' lengths differ, so
 * the stream moves: by as much that a file system which can shares its blocks, and nothing is copied.
 */
/* clang-format on */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "build.h"
#include "conf/libxl.h"
#include "driver/image.h"
#include "file-copy.h"
#include "new-file.h"
#include "operation.h"

_Static_assert(IMAGE_ALIGN % FILE_COPY_ALIGN == 0, "an aligned stream can be shared");

struct image_xml {
    struct operation  op; /* must be first */
    int               fd; /* of the image; -1: not open */
    struct stat       st; /* its */
    struct image      image;
    struct new_file   file;
    struct image      next; /* of the new file */
    struct file_copy  copy; /* of the stream */
    struct loop_defer piece;
};

/* The steps, in the order they run. */
static void    image_xml_start(struct operation *op);
static loop_fn image_xml_copy;
static void    image_xml_copied(struct image_xml *x);

/*----- helpers -----*/

static const worker_image_xml *
image_xml_params(const struct image_xml *x)
{
    return &x->op.task->params.worker_params_u.image_xml;
}

static bool
image_xml_has_flag(const struct image_xml *x, unsigned flag)
{
    return image_xml_params(x)->flags & flag;
}

static int
image_xml_open(struct image_xml *x, struct err *err)
{
    const char *path = image_xml_params(x)->path;

    x->fd = file_open_regular(path, err);
    if (x->fd < 0)
        return err_prefix(err, "the image");
    if (fstat(x->fd, &x->st) < 0)
        return err_set_errno(err, errno, "cannot read %s", path);
    return image_read(x->fd, &x->image, err) < 0 ? err_prefix(err, "%s", path) : 0;
}

/*----- tell -----*/

static int
image_xml_check(const struct image_xml *x, struct err *err)
{
    if (!image_xml_has_flag(x, WORKER_IMAGE_CHECK))
        return 0;
    return build_check_image(x->op.xl, x->fd, err) < 0
               ? -1
               : image_check_stream(x->fd, x->image.stream_offset, err);
}

static int
image_xml_tell(struct image_xml *x, struct err *err)
{
    unsigned           secure = image_xml_has_flag(x, WORKER_IMAGE_SECURE) ? DOMAIN_XML_SECURE : 0;
    struct domain_def *def;
    cleanup_free char *xml = NULL;

    if (image_xml_check(x, err) < 0 || build_parse_image(x->op.xl, &x->image, &def, err) < 0)
        return err_prefix(err, "%s", image_xml_params(x)->path);
    xml = domain_def_format(def, NULL, secure | DOMAIN_XML_INACTIVE);
    x->op.events->identified(x->op.arg, &x->op, def, xml);
    domain_def_free(def);
    return 0;
}

/*----- replace -----*/

/* What the image notes of the disks stays true. */
static void
image_xml_take_note(struct image_xml *x)
{
    image_state state = image_xml_has_flag(x, WORKER_IMAGE_PAUSED)    ? IMAGE_STATE_PAUSED
                        : image_xml_has_flag(x, WORKER_IMAGE_RUNNING) ? IMAGE_STATE_RUNNING
                                                                      : IMAGE_STATE_UNKNOWN;

    x->next.note = take_ptr(x->image.note);
    if (state == IMAGE_STATE_UNKNOWN)
        return;
    if (!x->next.note)
        x->next.note = xcalloc(1, sizeof *x->next.note);
    x->next.note->state = state;
}

/* The wrapper that the new file gets; its format is the old one's. */
static int
image_xml_make(struct image_xml *x, const struct domain_def *def, libxl_domain_config *config,
               struct err *err)
{
    char *xml = domain_def_format(def, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE);

    x->next.format = x->image.format;
    image_xml_take_note(x);
    if (x->next.format == IMAGE_LIBVIRT) {
        x->next.config = xml;
        return 0;
    }
    x->next.xml = xml;
    x->next.config = libxl_domain_config_to_json(x->op.xl->ctx, config);
    return x->next.config
               ? 0
               : err_set(err, ERR_INTERNAL, "libxl cannot write its configuration of the domain");
}

static int
image_xml_define(struct image_xml *x, struct err *err)
{
    struct domain_def  *def = NULL;
    libxl_domain_config config;
    int                 r;

    libxl_domain_config_init(&config);
    r = build_read_image(x->op.xl, &x->image, image_xml_params(x)->xml, &def, &config, err);
    if (r == 0)
        r = image_xml_make(x, def, &config, err);
    libxl_domain_config_dispose(&config);
    domain_def_free(def);
    return r;
}

/* Whose the image was, and who could read it. */
static int
image_xml_take_mode(const struct image_xml *x, struct err *err)
{
    if (fchown(x->file.fd, x->st.st_uid, x->st.st_gid) == 0 &&
        fchmod(x->file.fd, x->st.st_mode & 0777) == 0)
        return 0;
    return err_set_errno(err, errno, "cannot give the new %s the owner and mode of the old one",
                         x->file.path);
}

static int
image_xml_prepare(struct image_xml *x, struct err *err)
{
    const char *path = image_xml_params(x)->path;

    if (image_check_stream(x->fd, x->image.stream_offset, err) < 0)
        return err_prefix(err, "%s", path);
    if (image_xml_define(x, err) < 0 ||
        new_file_open(&x->file, path, true, x->op.task->job, err) < 0 ||
        image_xml_take_mode(x, err) < 0 ||
        image_write(x->file.fd, &x->next, x->image.stream_offset % IMAGE_ALIGN, err) < 0 ||
        build_check_image(x->op.xl, x->file.fd, err) < 0)
        return -1;
    x->op.total = x->image.size - x->image.stream_offset;
    file_copy_init(&x->copy, x->fd, x->image.stream_offset, x->file.fd, x->next.stream_offset,
                   x->op.total);
    return 0;
}

/*----- the copy -----*/

/* It failed: the image stays as it is. */
static void
image_xml_give_up(struct image_xml *x)
{
    operation_undoing(&x->op);
    new_file_discard(&x->file);
    operation_finish(&x->op);
}

static void
image_xml_fail(struct image_xml *x, const struct err *err)
{
    operation_fail(&x->op, err);
    image_xml_give_up(x);
}

static void
image_xml_copy(void *arg)
{
    struct image_xml *x = arg;
    struct err        err;

    if (operation_failed(&x->op)) {
        image_xml_give_up(x);
        return;
    }
    if (file_copy_some(&x->copy, x->file.path, &err) < 0) {
        image_xml_fail(x, &err);
        return;
    }
    x->op.processed = x->copy.done;
    if (x->copy.done == x->copy.size)
        image_xml_copied(x);
    else
        loop_defer_start(&x->piece);
}

/*----- the steps -----*/

static void
image_xml_start(struct operation *op)
{
    struct image_xml *x = container_of(op, struct image_xml, op);
    bool              defines = image_xml_has_flag(x, WORKER_IMAGE_DEFINE);
    struct err        err;
    int               r;

    x->fd = -1;
    x->file = (struct new_file){.fd = -1, .folder = -1};
    loop_defer_init(&x->piece, op->xl->loop, image_xml_copy, x);
    r = image_xml_open(x, &err);
    if (r == 0)
        r = defines ? image_xml_prepare(x, &err) : image_xml_tell(x, &err);
    if (r < 0) {
        image_xml_fail(x, &err);
    } else if (defines) {
        operation_tick(op, NULL);
        loop_defer_start(&x->piece);
    } else {
        operation_finish(op);
    }
}

/* Who has put another one there meant that one. */
static int
image_xml_check_place(const struct image_xml *x, struct err *err)
{
    struct stat st;

    if (stat(x->file.path, &st) == 0 && st.st_dev == x->st.st_dev && st.st_ino == x->st.st_ino)
        return 0;
    return err_set(err, ERR_OPERATION_FAILED, "%s: it was replaced or removed meanwhile",
                   x->file.path);
}

static void
image_xml_copied(struct image_xml *x)
{
    struct err err;

    if (image_check_stream(x->file.fd, x->next.stream_offset, &err) < 0 ||
        image_xml_check_place(x, &err) < 0 || new_file_commit(&x->file, &err) < 0) {
        image_xml_fail(x, &err);
        return;
    }
    operation_finish(&x->op);
}

/* It is all the same how often the same definition takes the image's place. */
static void
image_xml_undo(struct operation *op)
{
    const char *path = image_xml_params(container_of(op, struct image_xml, op))->path;

    new_file_remove_stale(path, op->task->job);
    image_xml_start(op);
}

static void
image_xml_undo_files(struct operation *op)
{
    struct image_xml *x = container_of(op, struct image_xml, op);

    x->fd = -1;
    x->file = (struct new_file){.fd = -1, .folder = -1};
    loop_defer_init(&x->piece, op->xl->loop, image_xml_copy, x);
    new_file_remove_stale(image_xml_params(x)->path, op->task->job);
}

/* The next piece sees that. */
static void
image_xml_abort(struct operation *op)
{
    (void)op;
}

static void
image_xml_clear(struct operation *op)
{
    struct image_xml *x = container_of(op, struct image_xml, op);

    loop_defer_stop(&x->piece);
    if (x->fd >= 0)
        close(x->fd);
    image_clear(&x->image);
    image_clear(&x->next);
    new_file_discard(&x->file);
}

const struct operation_type operation_image_xml = {
    .size = sizeof(struct image_xml),
    .start = image_xml_start,
    .undo = image_xml_undo,
    .undo_files = image_xml_undo_files,
    .abort = image_xml_abort,
    .clear = image_xml_clear,
};
