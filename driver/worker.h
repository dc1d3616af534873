/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * worker.h: the worker's side of the conversation of wire/worker.x.
 *
 * It listens; one daemon is connected at a time, a newer one replaces the older.  What was said is
 * kept, so that a daemon that comes later hears it too.
 */
#ifndef DRIVER_WORKER_H
#define DRIVER_WORKER_H

#include <stdint.h>

#include "base/err.h"
#include "eventloop/loop.h"

struct worker;

/**
 * fd is a listening AF_UNIX stream socket, Taken; path, its name, is unlinked at the end.  libxl's
 * context is opened soon, or when a task needs it.  loop_stop is called when there is nothing left
 * to do.
 *
 * autoballoon, dom0_min_kib: whether dom0 gives memory for a domain, see memory.h.  Borrowed.
 */
struct worker *worker_new(struct loop *loop, int fd, const char *path, const char *autoballoon,
                          uint64_t dom0_min_kib);

/** NULL is fine. */
void worker_free(struct worker *worker);

#endif
