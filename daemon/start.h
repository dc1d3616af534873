/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * start.h: the parts of a daemon are made and tied together, and taken apart again.
 *
 * The parts do not know each other upwards: what the table of domains and the jobs have to tell
 * goes to observers, and these are here.
 */
#ifndef DAEMON_START_H
#define DAEMON_START_H

#include "base/err.h"

struct daemon;

/**
 * daemon has its loop and its config, and the lock of run_dir is held.  Afterwards clients may be
 * let in (server_listen): there is an answer to whatever they ask.
 *
 * Err: ERR_NO_CONNECT where this is no Xen dom0.  On failure daemon_stop is to be called, too.
 */
int daemon_start(struct daemon *daemon, struct err *err);

/** Of whatever daemon_start has made.  Workers that are at work go on. */
void daemon_stop(struct daemon *daemon);

#endif
