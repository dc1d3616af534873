/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"

int
file_write_all(int fd, const void *data, size_t size)
{
    const char *at = data;

    while (size) {
        ssize_t n = write(fd, at, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

int
file_sync_folder(const char *path, struct err *err)
{
    cleanup_free char *copy = xstrdup(path);
    const char        *folder = dirname(copy);
    cleanup_close int  fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) < 0)
        return err_set_errno(err, errno, "cannot sync the directory %s", folder);
    return 0;
}

/* Fills and closes the new file. */
static int
file_write_new(const char *path, int fd, const void *data, size_t size, mode_t mode,
               struct err *err)
{
    cleanup_close int owned = fd;

    if (file_write_all(owned, data, size) < 0)
        return err_set_errno(err, errno, "cannot write %s", path);
    if (fchmod(owned, mode) < 0 || fsync(owned) < 0)
        return err_set_errno(err, errno, "cannot sync %s", path);
    return 0;
}

int
file_replace(const char *path, const void *data, size_t size, mode_t mode, struct err *err)
{
    cleanup_free char *temporary = xasprintf("%s.XXXXXX", path);
    int                fd = mkostemp(temporary, O_CLOEXEC);

    if (fd < 0)
        return err_set_errno(err, errno, "cannot create %s", path);
    if (file_write_new(path, fd, data, size, mode, err) < 0) {
        unlink(temporary);
        return -1;
    }
    if (rename(temporary, path) < 0) {
        int saved = errno;

        unlink(temporary);
        return err_set_errno(err, saved, "cannot replace %s", path);
    }
    return file_sync_folder(path, err);
}

/* NULL: it is none of those whose files are regular ones by their type only, and may keep their
 * reader waiting for ever or have no end.  (Those of sysfs do not.) */
static const char *
file_name_of_pseudo(const struct statfs *fs)
{
    static const struct {
        unsigned    magic;
        const char *name;
    } pseudo[] = {{PROC_SUPER_MAGIC, "proc"},         {TRACEFS_MAGIC, "tracefs"},
                  {DEBUGFS_MAGIC, "debugfs"},         {SECURITYFS_MAGIC, "securityfs"},
                  {XENFS_SUPER_MAGIC, "xenfs"},       {SELINUX_MAGIC, "selinuxfs"},
                  {SMACK_MAGIC, "smackfs"},           {BPF_FS_MAGIC, "bpf"},
                  {CGROUP_SUPER_MAGIC, "cgroup"},     {CGROUP2_SUPER_MAGIC, "cgroup2"},
                  {RDTGROUP_SUPER_MAGIC, "resctrl"},  {BINFMTFS_MAGIC, "binfmt_misc"},
                  {USBDEVICE_SUPER_MAGIC, "usbdevfs"}};

    for (size_t n = 0; n < array_size(pseudo); n++)
        if ((unsigned)fs->f_type == pseudo[n].magic)
            return pseudo[n].name;
    return NULL;
}

int
file_open_regular(const char *path, struct err *err)
{
    cleanup_close int place = open(path, O_PATH | O_CLOEXEC);
    const char       *pseudo;
    char              self[64];
    struct stat       st;
    struct statfs     fs;
    int               fd;

    if (place < 0 || fstat(place, &st) < 0 || fstatfs(place, &fs) < 0)
        return err_set_errno(err, errno, "cannot read %s", path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_OPERATION_FAILED, "%s is not a regular file", path);
    pseudo = file_name_of_pseudo(&fs);
    if (pseudo)
        return err_set(err, ERR_OPERATION_FAILED,
                       "%s is not a regular file: it belongs to the kernel's file system %s", path,
                       pseudo);
    snprintf(self, sizeof self, "/proc/self/fd/%d", place);
    fd = open(self, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? err_set_errno(err, errno, "cannot read %s", path) : fd;
}

int
file_read(const char *path, size_t max, char **data_out, size_t *size_out, struct err *err)
{
    cleanup_close int  fd = file_open_regular(path, err);
    cleanup_free char *data = NULL;
    struct stat        st;
    size_t             got = 0;

    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0)
        return err_set_errno(err, errno, "cannot read %s", path);
    if ((unsigned long long)st.st_size > max)
        return err_set(err, ERR_INVALID_ARG, "cannot read %s: larger than %zu bytes", path, max);
    data = xmalloc((size_t)st.st_size + 1);
    while (got < (size_t)st.st_size) {
        ssize_t n = read(fd, data + got, (size_t)st.st_size - got);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(err, errno, "cannot read %s", path);
        if (n == 0)
            break;
        got += (size_t)n;
    }
    data[got] = '\0';
    *data_out = take_ptr(data);
    if (size_out)
        *size_out = got;
    return 0;
}
