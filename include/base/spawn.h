/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * spawn.h: a process of our own that shares nothing with us but one descriptor.
 */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <sys/types.h>

#include "base/err.h"

/* The descriptor at which the process finds what it was given. */
#define SPAWN_FD 3

/**
 * Start the program argv[0], which is a path, with fd as its descriptor SPAWN_FD.
 *
 * Of ours it has the standard descriptors and no others, marked or not, and the environment without
 * what systemd has said to us alone.  Its signals are those of a fresh process.  It leads a session
 * of its own: it gets neither a terminal's Ctrl-C nor its hang-up, and outlives us.
 *
 * argv: NULL behind the last.  fd stays the caller's.  *pid_out is the caller's to reap.
 *
 * Errors: ERR_SYSTEM, also where argv[0] cannot be executed.
 */
int spawn_program(const char *const *argv, int fd, pid_t *pid_out, struct err *err);

#endif
