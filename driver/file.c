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
#include "base/log.h"
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

/* Its content is this one: it is the same to have it there as to put it there. */
static bool
file_says_that(const worker_file *params)
{
    size_t             wanted = params->content.content_len, size;
    cleanup_free char *text = NULL;
    struct err         err;

    return file_read(params->path, wanted, &text, &size, &err) == 0 && size == wanted &&
           memcmp(text, params->content.content_val, wanted) == 0;
}

static int
file_do_create(const struct operation *op, const worker_file *params, struct err *err)
{
    struct stat st;

    if (lstat(params->path, &st) == 0 && !file_says_that(params))
        return err_set(err, ERR_OPERATION_FAILED,
                       "%s: the file exists and is left as it is: it is no definition that could "
                       "be read (the log says why), or none that has been read yet (a reload does)",
                       params->path);
    return file_do_replace(op, params, err);
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
    switch (params->change) {
    case WORKER_FILE_REPLACE:
        return file_do_replace(op, params, err);
    case WORKER_FILE_REMOVE:
        return file_do_remove(params, err);
    case WORKER_FILE_SYMLINK:
        return file_do_symlink(op, params, err);
    case WORKER_FILE_RENAME:
        return file_do_rename(op, params, err);
    case WORKER_FILE_CREATE:
        return file_do_create(op, params, err);
    }
    return err_set(err, ERR_INVALID_ARG, "%s: a change of a file %d is not supported", params->path,
                   (int)params->change);
}

/* What is in its way, as far as that is to be seen before it is done. */
static int
file_check_one(const worker_file *params, struct err *err)
{
    const char        *slash = strrchr(params->path, '/');
    cleanup_free char *folder = NULL;
    struct stat        st;

    if (params->path[0] != '/')
        return err_set(err, ERR_INVALID_ARG, "%s: an absolute path is needed", params->path);
    folder = xstrndup(params->path, slash == params->path ? 1 : (size_t)(slash - params->path));
    if (stat(folder, &st) < 0)
        return err_set_errno(err, errno, "cannot change %s: cannot open the directory %s",
                             params->path, folder);
    if (lstat(params->path, &st) == 0 && S_ISDIR(st.st_mode))
        return err_set(err, ERR_OPERATION_FAILED, "%s: this is a directory", params->path);
    return 0;
}

static int
file_check(const worker_file *params, struct err *err)
{
    for (; params; params = params->then)
        if (file_check_one(params, err) < 0)
            return -1;
    return 0;
}

/* One after the other: each is on the disk before the next one begins. */
static int
file_do_all(const struct operation *op, const worker_file *params, bool *begun, struct err *err)
{
    for (; params; params = params->then) {
        if (file_do_one(op, params, err) < 0)
            return -1;
        *begun = true;
    }
    return 0;
}

/*----- back -----*/

/* Whose place they take: while it is there, what was created can go again. */
static bool
file_has_old_one(const worker_file *params)
{
    struct stat st;

    while (params->then)
        params = params->then;
    return params->change == WORKER_FILE_REMOVE && lstat(params->path, &st) == 0;
}

static void
file_take_back_one(const struct operation *op, const worker_file *params)
{
    struct stat st;
    struct err  err;
    int         r = 0;

    if (params->change == WORKER_FILE_CREATE || params->change == WORKER_FILE_SYMLINK)
        r = file_do_remove(params, &err);
    else if (*params->second && lstat(params->path, &st) < 0 && errno == ENOENT)
        r = new_file_symlink(params->path, params->second, op->task->job, &err);
    if (r < 0)
        log_warning("a change that failed cannot be taken back: %s", err.message);
}

/* The new file goes last: until then it is seen that this is not done. */
static void
file_take_back(const struct operation *op, const worker_file *first)
{
    if (first->change != WORKER_FILE_CREATE || !first->then || !file_says_that(first) ||
        !file_has_old_one(first))
        return;
    for (const worker_file *params = first->then; params; params = params->then)
        file_take_back_one(op, params);
    file_take_back_one(op, first);
}

static void
file_start(struct operation *op)
{
    const worker_file *params = &op->task->params.worker_params_u.file;
    bool               begun = op->task->flags & WORKER_UNDO;
    struct err         err;

    if (file_check(params, &err) < 0 || file_do_all(op, params, &begun, &err) < 0) {
        if (begun)
            file_take_back(op, params);
        operation_fail(op, &err);
    }
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
