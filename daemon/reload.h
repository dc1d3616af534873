/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reload.h: what can be read again while the daemon runs is, when it is told to (SIGHUP).
 */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include <stdbool.h>

struct daemon;

struct reload {
    struct daemon *daemon;
    const char    *file;      /* the configuration */
    bool           must;      /* that there is none is an error */
    const char    *log_level; /* stands above what the file says; NULL: nothing does */
    bool           reads;     /* the file is being read */
    bool           again;     /* ... and is to be read once more */
};

/** The configuration and the definitions are read beside the loop; what has changed is logged, and
 * what waits for the next start. */
void reload_start(struct reload *reload);

#endif
