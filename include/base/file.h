/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * file.h: small files that are never half written.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/**
 * Put data into a file so that a reader, or a machine that loses power, sees the old content or
 * the new one: a new file beside it, fsync, rename, fsync of the folder.
 *
 * mode: whatever the umask is.  Waits for the disk: on the daemon's loop only below /run.
 *
 * Errors: ERR_SYSTEM.
 */
int file_replace(const char *path, const void *data, size_t size, mode_t mode, struct err *err);

/**
 * Open to read what somebody else has named.  Returns the descriptor, or -1.
 *
 * Symbolic links are followed, as everybody expects.  What is no regular file is not opened at all:
 * to open a FIFO may wait, to open a device may do something.  Nor is a file of /proc, of tracefs
 * or of others that the kernel makes up: to read it may wait too.
 *
 * Errors: ERR_OPERATION_FAILED where it is not a regular file; ERR_SYSTEM.
 */
int file_open_regular(const char *path, struct err *err);

/**
 * Read a whole regular file; larger than max is an error, and so is anything but a regular file.
 *
 * *data_out is the caller's to free, with a NUL behind it that *size_out (may be NULL) does not
 * count.
 *
 * Errors: as file_open_regular; ERR_INVALID_ARG where it has more than max bytes.
 */
int file_read(const char *path, size_t max, char **data_out, size_t *size_out, struct err *err);

/** fsync the folder that holds path, so that what was renamed or unlinked there stays so. */
int file_sync_folder(const char *path, struct err *err);

/** Write all of it, whatever write() takes at a time.  Returns 0, or -1 with errno. */
int file_write_all(int fd, const void *data, size_t size);

#endif
