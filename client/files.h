/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * files.h: files that the user names.
 */
#ifndef CLIENT_FILES_H
#define CLIENT_FILES_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "base/err.h"

/* The daemon's working folder is another one than ours.  The caller frees the result. */
int files_absolute_path(const char *path, char **path_out, struct err *err);

/* The text of a file, a pipe, or standard input ("-").  The caller frees it. */
int files_read_text(const char *path, char **text_out, struct err *err);

/* Which file stands under a name, and as it was written last. */
struct file_mark {
    int             errnum; /* why that cannot be told; 0: it can */
    dev_t           dev;
    ino_t           ino;
    struct timespec written;
};

void files_mark(const char *path, struct file_mark *mark_out);

/* Whether another file is there than before, and a file at all. */
bool files_is_new(const struct file_mark *before, const struct file_mark *after);

#endif
