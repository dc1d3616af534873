/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DAEMON_LOCK_H
#define DAEMON_LOCK_H

#include "base/err.h"

struct config;

/**
 * Make the folders below run_dir where they are missing, and take the lock in there: two daemons
 * would both obey a guest's on_reboot.
 *
 * The result is the lock's descriptor, the caller's to close; -1 with err where it failed.  The
 * kernel gives the lock back when the process ends, however it ends; children do not hold it.
 */
int lock_run_dir(const struct config *config, struct err *err);

#endif
