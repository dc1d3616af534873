/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * file.c: change a file so that it lasts, see worker.x, worker_file.  Waits for the disk; nothing
 * of it is Xen's.
 *
 * All of it may be done again, so that is how a worker that died in it is followed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "new-file.h"
#include "operation.h"

static int
file_write_new(const struct new_file *file, const worker_file *params, struct err *err)
{
    if (file_write_all(file->fd, params->content.content_val, params->content.content_len) < 0 ||
        fchmod(file->fd, params->mode & 07777) < 0)
        return err_set_errno(err, errno, "cannot write %s", params->path);
    return 0;
}

static int
file_do_replace(const struct operation *op, const worker_file *params, struct err *err)
{
    struct new_file file;
    int             r;

    if (new_file_open(&file, params->path, true, op->task->job, err) < 0)
        return -1;
    /* There may be no older one any more to go back to. */
    file.keep = true;
    r = file_write_new(&file, params, err) < 0 ? -1 : new_file_commit(&file, err);
    new_file_discard(&file);
    return r;
}

static int
file_do_remove(const worker_file *params, struct err *err)
{
    if (unlink(params->path) < 0 && errno != ENOENT)
        return err_set_errno(err, errno, "cannot remove %s", params->path);
    return file_sync_folder(params->path, err);
}

static int
file_do_symlink(const struct operation *op, const worker_file *params, struct err *err)
{
    if (!*params->second)
        return err_set(err, ERR_INVALID_ARG, "%s: the link has no target", params->path);
    return new_file_symlink(params->path, params->second, op->task->job, err);
}

/* The worker that died had come so far. */
static bool
file_was_renamed(const struct operation *op, const worker_file *params)
{
    struct stat st;

    return op->task->flags & WORKER_UNDO && lstat(params->second, &st) == 0;
}

static int
file_do_rename(const struct operation *op, const worker_file *params, struct err *err)
{
    if (params->second[0] != '/')
        return err_set(err, ERR_INVALID_ARG, "%s: an absolute path is needed", params->second);
    if (rename(params->path, params->second) < 0 &&
        (errno != ENOENT || !file_was_renamed(op, params)))
        return err_set_errno(err, errno, "cannot rename %s to %s", params->path, params->second);
    return file_sync_folder(params->second, err) < 0 ? -1 : file_sync_folder(params->path, err);
}

static int
file_do_one(const struct operation *op, const worker_file *params, struct err *err)
{
    if (params->path[0] != '/')
        return err_set(err, ERR_INVALID_ARG, "%s: an absolute path is needed", params->path);
    switch (params->change) {
    case WORKER_FILE_REPLACE:
        return file_do_replace(op, params, err);
    case WORKER_FILE_REMOVE:
        return file_do_remove(params, err);
    case WORKER_FILE_SYMLINK:
        return file_do_symlink(op, params, err);
    case WORKER_FILE_RENAME:
        return file_do_rename(op, params, err);
    }
    return err_set(err, ERR_INVALID_ARG, "%s: a change of a file %d is not supported", params->path,
                   (int)params->change);
}

/* One after the other: each is on the disk before the next one begins. */
static void
file_start(struct operation *op)
{
    const worker_file *params = &op->task->params.worker_params_u.file;
    struct err         err;
    int                r = 0;

    for (; params && r == 0; params = params->then)
        r = file_do_one(op, params, &err);
    if (r < 0)
        operation_fail(op, &err);
    operation_finish(op);
}

static void
file_undo(struct operation *op)
{
    const worker_file *params = &op->task->params.worker_params_u.file;

    for (; params; params = params->then)
        new_file_remove_stale(params->path, op->task->job);
    file_start(op);
}

const struct operation_type operation_file = {
    .size = sizeof(struct operation),
    .start = file_start,
    .undo = file_undo,
    .abort = NULL, /* it is done in one step */
};
