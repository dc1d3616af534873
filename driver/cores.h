/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cores.h: the folder of cores does not grow without end.
 *
 * A core is a file GUEST-DATE-TIME.core or GUEST-DATE-TIME-NUMBER.core, as the daemon names them
 * (daemon/job/obey.c); other files are let alone.
 */
#ifndef DRIVER_CORES_H
#define DRIVER_CORES_H

#include <stdint.h>

#include "base/err.h"
#include "wire/worker.h"

/**
 * Remove the oldest cores beside path, those of its guest first, until with one more of so many
 * bytes there are no more than keep says.  Waits for the disk.
 *
 * Err: ERR_OPERATION_FAILED the new one alone is more, and nothing was removed; ERR_SYSTEM.
 */
int cores_make_room(const char *path, const worker_keep *keep, uint64_t bytes, struct err *err);

#endif
