/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * limits.h: what the configuration says of consoles.
 */
#ifndef DAEMON_CONSOLE_LIMITS_H
#define DAEMON_CONSOLE_LIMITS_H

#include <stddef.h>

struct console_limits {
    size_t   kept;      /* bytes of the last output, of each console; 0: none */
    char    *log_dir;   /* ""; or where the output is written to files */
    size_t   log_size;  /* bytes of one of them */
    unsigned log_count; /* of the older ones, for each console */
};

#endif
