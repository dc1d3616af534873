/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * files.h: files that the user names.
 */
#ifndef CLIENT_FILES_H
#define CLIENT_FILES_H

#include "base/err.h"

/* The daemon's working folder is another one than ours.  The caller frees the result. */
int files_absolute_path(const char *path, char **path_out, struct err *err);

/* The text behind an open descriptor; name: for errors.  The caller frees it. */
int files_read_all(int fd, const char *name, char **text_out, struct err *err);

/* The text of a file, a pipe, or standard input ("-").  The caller frees it. */
int files_read_text(const char *path, char **text_out, struct err *err);

#endif
