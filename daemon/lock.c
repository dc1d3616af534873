/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "config.h"
#include "lock.h"

static int
lock_make_directory(const char *path, mode_t mode, struct err *err)
{
    if (mkdir(path, mode) < 0 && errno != EEXIST)
        return err_set_errno(err, errno, "cannot create the directory %s", path);
    return 0;
}

static int
lock_file(const char *path, struct err *err)
{
    cleanup_close int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct flock      lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fd < 0)
        return err_set_errno(err, errno, "cannot open %s", path);
    /* Not flock(2): a child that was forked and not yet executed would hold it too. */
    if (fcntl(fd, F_SETLK, &lock) == 0)
        return take_fd(fd);
    if (errno != EAGAIN && errno != EACCES)
        return err_set_errno(err, errno, "cannot lock %s", path);
    return err_set(err, ERR_OPERATION_FAILED,
                   "another dom0d is already running: it holds the lock on %s", path);
}

int
lock_run_dir(const struct config *config, struct err *err)
{
    static const char *const folders[] = {"changes", "consoles", "domains",
                                          "ended",   "jobs",     "queue"};
    cleanup_free char       *path = xasprintf("%s/dom0d.lock", config->job.run_dir);

    if (lock_make_directory(config->job.run_dir, 0755, err) < 0)
        return -1;
    for (size_t n = 0; n < array_size(folders); n++) {
        cleanup_free char *folder = xasprintf("%s/%s", config->job.run_dir, folders[n]);

        if (lock_make_directory(folder, 0700, err) < 0)
            return -1;
    }
    return lock_file(path, err);
}
