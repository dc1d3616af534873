/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * writer.h: the process that puts what consoles say into files; wire/host.x says what it is told.
 *
 * It alone waits for the disk.  A file that would become larger than it may is put aside as FILE.1,
 * and what was that as FILE.2, and so on.
 */
#ifndef DRIVER_WRITER_H
#define DRIVER_WRITER_H

#include "eventloop/loop.h"

struct writer;

/** fd: the socket to the daemon, Taken.  ended: the daemon has gone and all is written. */
struct writer *writer_new(struct loop *loop, int fd, loop_fn *ended, void *arg);

/** NULL is fine. */
void writer_free(struct writer *writer);

#endif
