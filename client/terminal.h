/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * terminal.h: the user's terminal, raw for a while.
 */
#ifndef CLIENT_TERMINAL_H
#define CLIENT_TERMINAL_H

#include <stdbool.h>

#include "base/err.h"

/**
 * Every key is a byte of the standard input from now on, and nothing of the output is changed.
 * A signal that ends the process puts the terminal back first.  Once at a time.
 */
int terminal_make_raw(struct err *err);

/** As it was before.  Does nothing where it is not raw. */
void terminal_restore(void);

#endif
