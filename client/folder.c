/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "files.h"
#include "folder.h"

int
root_open(struct root *root, const char *path, struct err *err)
{
    cleanup_free char *absolute = NULL;

    *root = (struct root){.path = xstrdup(""), .fd = -1};
    if (!path)
        return 0;
    if (files_absolute_path(path, &absolute, err) < 0)
        return -1;
    root->fd = open(absolute, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root->fd < 0)
        return err_set_errno(err, errno, "cannot open the directory %s", absolute);
    free(root->path);
    root->path = take_ptr(absolute);
    return 0;
}

void
root_close(struct root *root)
{
    if (root->path && root->fd >= 0)
        close(root->fd);
    free(take_ptr(root->path));
}

char *
root_path(const struct root *root, const char *path)
{
    return xasprintf("%s%s", root->path, path);
}

/* Returns a descriptor, or -1 with errno.  A FIFO does not hold us up. */
static int
root_open_at(const struct root *root, const char *path, unsigned flags)
{
    struct open_how how = {.flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | flags,
                           .resolve = RESOLVE_IN_ROOT};

    if (root->fd < 0)
        return open(path, (int)how.flags);
    return (int)syscall(SYS_openat2, root->fd, path, &how, sizeof how);
}

int
root_read(const struct root *root, const char *path, char **text_out, struct stat *st_out,
          struct err *err)
{
    cleanup_free char *name = root_path(root, path);
    cleanup_close int  fd = root_open_at(root, path, 0);
    struct stat        st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return err_set_errno(err, errno, "cannot read %s", name);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_INVALID_ARG, "cannot read %s: it is not a regular file", name);
    if (st_out)
        *st_out = st;
    return files_read_all(fd, name, text_out, err);
}

/*----- names -----*/

void
names_add(struct names *names, const char *name)
{
    names->list = xreallocarray(names->list, names->count + 1, sizeof *names->list);
    names->list[names->count++] = xstrdup(name);
}

bool
names_have(const struct names *names, const char *name)
{
    for (size_t n = 0; n < names->count; n++)
        if (strcmp(names->list[n], name) == 0)
            return true;
    return false;
}

void
names_clear(struct names *names)
{
    for (size_t n = 0; n < names->count; n++)
        free(names->list[n]);
    free(names->list);
    *names = (struct names){.list = NULL};
}

static int
names_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/*----- folders -----*/

/* A link may lead to a folder, or nowhere: who reads it will say so. */
static bool
folder_is_wanted(int folder, const struct dirent *entry, const char *suffix)
{
    size_t      length = strlen(entry->d_name), more = strlen(suffix);
    struct stat st;

    if (entry->d_name[0] == '.' || length <= more ||
        strcmp(entry->d_name + length - more, suffix) != 0)
        return false;
    return fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode);
}

static void
folder_list(DIR *dir, const char *suffix, struct names *names)
{
    struct dirent *entry;

    while ((entry = readdir(dir))) {
        size_t length = strlen(entry->d_name);

        if (!folder_is_wanted(dirfd(dir), entry, suffix))
            continue;
        entry->d_name[length - strlen(suffix)] = '\0';
        names_add(names, entry->d_name);
    }
    if (names->count)
        qsort(names->list, names->count, sizeof *names->list, names_compare);
}

int
root_list(const struct root *root, const char *folder, const char *suffix, bool may_lack,
          struct names *names_out, struct err *err)
{
    cleanup_free char *name = root_path(root, folder);
    int                fd = root_open_at(root, folder, O_DIRECTORY);
    DIR               *dir = fd < 0 ? NULL : fdopendir(fd);

    *names_out = (struct names){.list = NULL};
    if (dir) {
        folder_list(dir, suffix, names_out);
        closedir(dir);
        return 0;
    }
    if (fd >= 0)
        close(fd);
    return may_lack && errno == ENOENT ? 0 : err_set_errno(err, errno, "cannot read %s", name);
}
