/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tty.h: the pty of a guest's console, at our end of it.
 */
#ifndef DAEMON_CONSOLE_TTY_H
#define DAEMON_CONSOLE_TTY_H

#include "base/err.h"

/**
 * Open a pty that xenconsoled or QEMU has made, raw, for reading and writing without waiting.
 *
 * path is what xenstore says; nothing is opened that is not /dev/pts/N, a terminal, and of our own
 * user: a path that was not written anew after its pty had gone may be that of somebody's login.
 *
 * Returns the descriptor, or -1: ERR_INTERNAL, ERR_SYSTEM.
 */
int console_tty_open(const char *path, struct err *err);

#endif
