/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * records.h: what the next daemon is to know, a file each in folders of run_dir.
 *
 * A record is a frame, like all that is said with workers (wire/worker.x).
 */
#ifndef WIRE_RECORD_H
#define WIRE_RECORD_H

#include <stddef.h>

#include "base/err.h"
#include "wire/frame.h"

/** Write it, or write it anew: the next daemon finds the old one or the new one, whole. */
int record_write(const char *path, xdrproc_t filter, const void *record, struct err *err);

/** *record_out is to be freed by wire_body_free. */
int record_read(const char *path, xdrproc_t filter, void *record_out, struct err *err);

/**
 * The paths of all records in a folder whose names end so, in the order of their names; to be
 * freed, each and all.
 */
char **records_find(const char *folder, const char *suffix, size_t *count_out);

#endif
