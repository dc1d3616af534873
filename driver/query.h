/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * query.h: a query process's side of the conversation of wire/host.x: what may wait for a lock that
 * another process holds, one question at a time.
 */
#ifndef DRIVER_QUERY_H
#define DRIVER_QUERY_H

#include "eventloop/loop.h"

struct query;

/**
 * fd is the socket to the daemon, Taken.  libxl's context is opened here; that it cannot be is the
 * answer to the questions.  ended is called, once, from the loop, when the daemon has gone.
 */
struct query *query_new(struct loop *loop, int fd, loop_fn *ended, void *arg);

/** NULL is fine. */
void query_free(struct query *query);

#endif
