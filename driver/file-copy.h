/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * file-copy.h: a part of one file into another, a piece at a time, so that an abort is heeded in
 * between.
 *
 *   Undefined --file_copy_init--> Copying --file_copy_some--> ... --> Copying, done == size
 */
#ifndef DRIVER_FILE_COPY_H
#define DRIVER_FILE_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Where blocks begin, on any file system that dom0d is likely to meet. */
#define FILE_COPY_ALIGN 4096u

struct file_copy {
    int      from, to;               /* Borrowed */
    uint64_t from_offset, to_offset; /* with the same remainder by FILE_COPY_ALIGN */
    uint64_t size, done;             /* bytes */

    /* private */
    bool asked; /* the file system whether it shares blocks */
    bool slow;  /* the kernel cannot copy between these files by itself */
};

void file_copy_init(struct file_copy *copy, int from, uint64_t from_offset, int to,
                    uint64_t to_offset, uint64_t size);

/**
 * The next piece, at most 8 MiB; all that is left, and nothing is copied, where the file system
 * shares blocks between files.  path: of the new file, for errors.
 *
 * Err: ERR_SYSTEM; ERR_OPERATION_FAILED where there is less to copy than was said.
 */
int file_copy_some(struct file_copy *copy, const char *path, struct err *err);

#endif
