/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "new-file.h"

static int
open_folder(struct new_file *file, struct err *err)
{
    const char        *slash = strrchr(file->path, '/');
    cleanup_free char *folder = NULL;

    if (!slash)
        folder = xstrdup(".");
    else if (slash == file->path)
        folder = xstrdup("/");
    else
        folder = xstrndup(file->path, (size_t)(slash - file->path));
    file->name = xstrdup(slash ? slash + 1 : file->path);
    if (!*file->name || strcmp(file->name, ".") == 0 || strcmp(file->name, "..") == 0)
        return err_set(err, ERR_INVALID_ARG, "%s: this is a directory", file->path);
    file->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file->folder < 0)
        return err_set_errno(err, errno, "cannot open the directory %s", folder);
    return 0;
}

static int
check_target(const struct new_file *file, struct err *err)
{
    struct stat st;

    if (fstatat(file->folder, file->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno == ENOENT)
            return 0;
        return err_set_errno(err, errno, "cannot stat %s", file->path);
    }
    if (S_ISDIR(st.st_mode))
        return err_set(err, ERR_OPERATION_FAILED, "%s: this is a directory", file->path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_OPERATION_FAILED, "%s: this is not a regular file", file->path);
    if (!file->overwrite)
        return err_set(err, ERR_OPERATION_FAILED, "%s: the file exists", file->path);
    return 0;
}

/* Hidden, and no longer than the folder takes.  Job numbers are never given twice while the host
 * is up: what has this name already is from before. */
static char *
temporary_name(const struct new_file *file)
{
    return xasprintf(".%.200s.dom0d-%llu", file->name, (unsigned long long)file->job);
}

static int
open_named(struct new_file *file, struct err *err)
{
    file->temporary = temporary_name(file);
    unlinkat(file->folder, file->temporary, 0);
    file->fd = openat(file->folder, file->temporary,
                      O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file->fd >= 0)
        return 0;
    free(take_ptr(file->temporary));
    return err_set_errno(err, errno, "cannot create %s", file->path);
}

static int
open_nameless(struct new_file *file, struct err *err)
{
    file->fd = openat(file->folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file->fd >= 0)
        return 0;
    /* What kernels and file systems that have no O_TMPFILE say, see open(2). */
    if (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT || errno == EINVAL)
        return open_named(file, err);
    return err_set_errno(err, errno, "cannot create %s", file->path);
}

static int
open_by(int (*create)(struct new_file *file, struct err *err), struct new_file *file,
        const char *path, bool overwrite, uint64_t job, struct err *err)
{
    *file = (struct new_file){
        .fd = -1, .folder = -1, .path = xstrdup(path), .overwrite = overwrite, .job = job};
    if (open_folder(file, err) == 0 && check_target(file, err) == 0 && create(file, err) == 0)
        return 0;
    new_file_discard(file);
    return -1;
}

int
new_file_open(struct new_file *file, const char *path, bool overwrite, uint64_t job,
              struct err *err)
{
    return open_by(open_nameless, file, path, overwrite, job, err);
}

int
new_file_open_named(struct new_file *file, const char *path, bool overwrite, uint64_t job,
                    struct err *err)
{
    return open_by(open_named, file, path, overwrite, job, err);
}

/* The file without a name gets one.  Returns 0, or -1 with errno. */
static int
give_name(const struct new_file *file, const char *name)
{
    char self[64];

    snprintf(self, sizeof self, "/proc/self/fd/%d", file->fd);
    return linkat(AT_FDCWD, self, file->folder, name, AT_SYMLINK_FOLLOW);
}

/* Returns 0, or -1 with errno. */
static int
rename_in(const struct new_file *file)
{
    if (file->overwrite)
        return renameat(file->folder, file->temporary, file->folder, file->name);
    if (renameat2(file->folder, file->temporary, file->folder, file->name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    /* Some network file systems know no RENAME_NOREPLACE; a link does not replace either. */
    if (linkat(file->folder, file->temporary, file->folder, file->name, 0) < 0)
        return -1;
    return unlinkat(file->folder, file->temporary, 0);
}

/* Returns 0, or -1 with errno. */
static int
to_its_name(struct new_file *file)
{
    if (!file->temporary && !file->overwrite)
        return give_name(file, file->name);
    if (!file->temporary) {
        /* A link cannot replace; a rename can. */
        cleanup_free char *temporary = temporary_name(file);

        unlinkat(file->folder, temporary, 0);
        if (give_name(file, temporary) < 0)
            return -1;
        file->temporary = take_ptr(temporary);
    }
    return rename_in(file);
}

int
new_file_commit(struct new_file *file, struct err *err)
{
    if (fsync(file->fd) < 0)
        return err_set_errno(err, errno, "cannot write %s", file->path);
    if (to_its_name(file) < 0) {
        if (errno == EEXIST)
            return err_set(err, ERR_OPERATION_FAILED, "%s: the file exists", file->path);
        return err_set_errno(err, errno, "cannot link the file %s to its name", file->path);
    }
    free(take_ptr(file->temporary));
    if (fsync(file->folder) < 0) {
        err_set_errno(err, errno, "cannot sync the directory of %s", file->path);
        if (!file->keep)
            unlinkat(file->folder, file->name, 0);
        return -1;
    }
    new_file_discard(file);
    return 0;
}

void
new_file_discard(struct new_file *file)
{
    if (file->temporary)
        unlinkat(file->folder, file->temporary, 0);
    if (file->fd >= 0)
        close(take_fd(file->fd));
    if (file->folder >= 0)
        close(take_fd(file->folder));
    free(take_ptr(file->temporary));
    free(take_ptr(file->name));
    free(take_ptr(file->path));
}

static int
new_file_make_link(struct new_file *file, const char *target, struct err *err)
{
    file->temporary = temporary_name(file);
    unlinkat(file->folder, file->temporary, 0);
    if (symlinkat(target, file->folder, file->temporary) < 0)
        return err_set_errno(err, errno, "cannot create %s", file->path);
    if (renameat(file->folder, file->temporary, file->folder, file->name) < 0)
        return err_set_errno(err, errno, "cannot replace %s", file->path);
    free(take_ptr(file->temporary));
    if (fsync(file->folder) < 0)
        return err_set_errno(err, errno, "cannot sync the directory of %s", file->path);
    return 0;
}

int
new_file_symlink(const char *path, const char *target, uint64_t job, struct err *err)
{
    struct new_file file = {.fd = -1, .folder = -1, .path = xstrdup(path), .job = job};
    int             r;

    r = open_folder(&file, err) < 0 ? -1 : new_file_make_link(&file, target, err);
    new_file_discard(&file);
    return r;
}

void
new_file_remove_stale(const char *path, uint64_t job)
{
    struct new_file file = {.fd = -1, .folder = -1, .path = xstrdup(path), .job = job};
    struct err      err;

    if (open_folder(&file, &err) == 0)
        file.temporary = temporary_name(&file);
    new_file_discard(&file);
}
