/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * worker-frame.h: what the daemon and a worker say to each other, as frames.  See worker.x.
 */
#ifndef WIRE_WORKER_FRAME_H
#define WIRE_WORKER_FRAME_H

#include <stddef.h>

#include "base/err.h"
#include "wire/worker.h"

/**
 * version: what the worker speaks, 1 or WORKER_VERSION.  A worker of version 1 has its task: it is
 * never told WORKER_START.
 *
 * *frame_out is the caller's to free.  Err: ERR_RPC, a bound of worker.x is broken.
 */
int worker_command_encode(unsigned version, const worker_command *command, void **frame_out,
                          size_t *size_out, struct err *err);
int worker_report_encode(const worker_report *report, void **frame_out, size_t *size_out,
                         struct err *err);

/**
 * Of a whole frame.  *command_out must be zeroed; on failure (ERR_RPC) it holds nothing to free.
 */
int worker_command_decode(const void *frame, size_t size, worker_command *command_out,
                          struct err *err);

/** The same.  A report of version 1 is understood too. */
int worker_report_decode(const void *frame, size_t size, worker_report *report_out,
                         struct err *err);

#endif
