/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * folder.h: the files of a system that may not be the one that runs, as in a chroot or on a disk
 * that is mounted somewhere.
 */
#ifndef CLIENT_FOLDER_H
#define CLIENT_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/err.h"

struct root {
    char *path; /* absolute; "": the system that runs */
    int   fd;   /* -1: not open */
};

/* path NULL: the system that runs. */
int  root_open(struct root *root, const char *path, struct err *err);
void root_close(struct root *root);

/* What the other system calls path, as this one does; the caller frees it. */
char *root_path(const struct root *root, const char *path);

/* The text of a regular file, and which file that is (st_out may be NULL).  Absolute links lead
 * where they would lead in that system. */
int root_read(const struct root *root, const char *path, char **text_out, struct stat *st_out,
              struct err *err);

struct names {
    char **list;
    size_t count;
};

/* name is Copied. */
void names_add(struct names *names, const char *name);
bool names_have(const struct names *names, const char *name);
void names_clear(struct names *names);

#define cleanup_names __attribute__((cleanup(names_clear)))

/*
 * What is in a folder and ends in suffix, without that, in order; but nothing hidden and no
 * folders. A folder that is not there is empty where it may be.
 */
int root_list(const struct root *root, const char *folder, const char *suffix, bool may_lack,
              struct names *names_out, struct err *err);

#endif
