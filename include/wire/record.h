/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * record.h: what the next daemon is to know, a file each in folders of run_dir; see wire/state.x.
 */
#ifndef WIRE_RECORD_H
#define WIRE_RECORD_H

#include <stddef.h>

#include "base/err.h"
#include "wire/frame.h"

/** Behind the path of a worker's socket: the file that says, while the worker has it locked, how
 * much memory its domain is still to get. */
#define WORKER_PROMISE_SUFFIX ".memory"

/**
 * filter is that of a type of state.x: xdr_task_record, xdr_queued_job, xdr_asked_change,
 * xdr_known_domain, xdr_seen_domain, xdr_ended_job, xdr_known_console or xdr_known_definition.
 *
 * Write it, or write it anew: the next daemon finds the old one or the new one, whole.
 */
int record_write(const char *path, xdrproc_t filter, const void *record, struct err *err);

/**
 * *record_out, which must be zeroed, is to be freed by wire_body_free.  What an earlier version
 * wrote is converted.
 *
 * Err: ERR_NO_SUPPORT a newer version wrote it: leave the file to that one.
 *      ERR_RPC        it is damaged, or another kind of record; of no use to anybody.
 *      ERR_SYSTEM     it cannot be read.
 */
int record_read(const char *path, xdrproc_t filter, void *record_out, struct err *err);

/**
 * The paths of all records in a folder whose names end so, in the order of their names; to be
 * freed, each and all.  None where there is no such folder; NULL, with errno and no count, where it
 * cannot be read.
 */
char **records_find(const char *folder, const char *suffix, size_t *count_out);

#endif
