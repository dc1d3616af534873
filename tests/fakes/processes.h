/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TESTS_FAKES_PROCESSES_H
#define TESTS_FAKES_PROCESSES_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * The process whose first argument is this, and whose parent is that one (-1: whoever); -1: there
 * is none.  Those that have ended and are not reaped do not count.
 */
pid_t find_process(pid_t parent, const char *argument);

/** Of one that is no child of ours too; it may have ended and not be reaped. */
bool process_runs(pid_t pid);

#endif
