/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "files.h"
#include "wire/remote.h"

int
files_absolute_path(const char *path, char **path_out, struct err *err)
{
    cleanup_free char *folder = NULL;

    if (*path == '\0')
        return err_set(err, ERR_INVALID_ARG, "the file's name is empty");
    if (*path == '/') {
        *path_out = xstrdup(path);
        return 0;
    }
    folder = getcwd(NULL, 0);
    if (!folder)
        return err_set_errno(err, errno, "cannot determine the working directory");
    *path_out = xasprintf("%s/%s", folder, path);
    return 0;
}

/* No larger text has room in a call. */
int
files_read_all(int fd, const char *name, char **text_out, struct err *err)
{
    cleanup_free char *text = xmalloc(REMOTE_STRING_MAX + 1);
    size_t             size = 0;

    for (;;) {
        ssize_t n = read(fd, text + size, REMOTE_STRING_MAX + 1 - size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(err, errno, "cannot read %s", name);
        if (n == 0)
            break;
        size += (size_t)n;
        if (size > REMOTE_STRING_MAX)
            return err_set(err, ERR_INVALID_ARG, "cannot read %s: larger than %d bytes", name,
                           REMOTE_STRING_MAX);
    }
    text[size] = '\0';
    if (strlen(text) != size)
        return err_set(err, ERR_INVALID_ARG, "%s is not a text file: it contains a NUL byte", name);
    *text_out = take_ptr(text);
    return 0;
}

int
files_read_text(const char *path, char **text_out, struct err *err)
{
    cleanup_close int fd = -1;

    if (strcmp(path, "-") == 0)
        return files_read_all(STDIN_FILENO, "standard input", text_out, err);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, errno, "cannot read %s", path);
    return files_read_all(fd, path, text_out, err);
}
