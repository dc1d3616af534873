/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * new-file.h: a file that bears its name only when it is complete.
 *
 *   Undefined --open--> Open --commit or discard--> Closed
 *
 * Where the file system can, it has no name at all until commit, so that nothing is left of it if
 * this process is killed; else it is a hidden one in the same folder.
 */
#ifndef DRIVER_NEW_FILE_H
#define DRIVER_NEW_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct new_file {
    int      fd;        /* for writing and reading, mode 0600; -1: Closed */
    int      folder;    /* -1: Closed */
    char    *path;      /* what it is to be called */
    char    *name;      /* path's last part */
    char    *temporary; /* its name in the folder now; NULL: none */
    bool     overwrite;
    bool     keep; /* under its name too, where its folder cannot be written to the disk */
    uint64_t job;  /* whose it is: the hidden name tells */
};

/**
 * path's folder must be there; path itself must not, or, if overwrite, may be a regular file.
 *
 * Err: ERR_OPERATION_FAILED, ERR_SYSTEM, with the path.  Closed then.
 */
int new_file_open(struct new_file *file, const char *path, bool overwrite, uint64_t job,
                  struct err *err);

/**
 * The same for a symbolic link, which replaces a file or link at path: it is on the disk when this
 * returns.  target need not be there.
 *
 * Err: as new_file_open.
 */
int new_file_symlink(const char *path, const char *target, uint64_t job, struct err *err);

/** The hidden file that a process which was killed may have left for this path and job. */
void new_file_remove_stale(const char *path, uint64_t job);

/** The same with a hidden name from the beginning, as where the file system knows no other way. */
int new_file_open_named(struct new_file *file, const char *path, bool overwrite, uint64_t job,
                        struct err *err);

/** To the disk, then to its name; waits for the disk.  On failure the file is Open still. */
int new_file_commit(struct new_file *file, struct err *err);

/** Nothing is left of it.  Idempotent; does nothing to one that was committed. */
void new_file_discard(struct new_file *file);

#endif
