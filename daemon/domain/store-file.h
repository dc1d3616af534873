/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store-file.h: the files of definitions: which there are, and what one says.
 *
 * All of it may be done by the thread beside the loop.
 */
#ifndef DAEMON_DOMAIN_STORE_FILE_H
#define DAEMON_DOMAIN_STORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "conf/domain.h"

/** The names of domains that have a file in the folder, sorted; freed by store_free_names.  NULL
 * with errno where it cannot be read. */
char **store_list(const char *folder, size_t *count_out);
void   store_free_names(char **names, size_t count);

/** Is it one of these? */
bool store_has_name(char *const *names, size_t count, const char *name);

/* One of them, read. */
struct store_file {
    uint64_t           known_hash; /* such a file is not read further; 0: it is */
    uint64_t           hash;       /* 0: it was not read */
    struct domain_def *def;        /* packed; NULL: it was not read, or the error says why */
    bool               has_image;  /* a managed save of it is there */
    bool               gone;       /* it was not read because it is not there any more */
    struct err         err;
};

/** What is in the file at path, and whether there is a file at image_path; file is zeroed but for
 * known_hash. */
void store_read(const char *path, const char *image_path, struct store_file *file);

/** Of the text of a file: another text has another one. */
uint64_t store_hash(const char *text);

#endif
