/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * helper.h: the helper's side of the conversation of wire/host.x: whatever touches xenstored, in a
 * process that may wait for it.
 */
#ifndef DRIVER_HELPER_H
#define DRIVER_HELPER_H

#include "eventloop/loop.h"

struct helper;

/**
 * fd is the socket to the daemon, Taken.  libxl's context and the connection to xenstored are
 * opened here, and the names of all domains are told; that it cannot be done is told to the daemon.
 *
 * ended is called, once, from the loop, when nothing is left to do: the daemon has gone, or was
 * told that Xen is lost.
 */
struct helper *helper_new(struct loop *loop, int fd, loop_fn *ended, void *arg);

/** NULL is fine.  Calls that are under way are left where they are. */
void helper_free(struct helper *helper);

#endif
