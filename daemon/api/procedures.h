/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * procedures.h: wire/procs.def as the table that the server calls from.
 */
#ifndef DAEMON_PROCEDURES_H
#define DAEMON_PROCEDURES_H

#include "rpc/procedure.h"

/** For server_setup.programs.  Its handlers take the server's context for the struct daemon. */
extern const struct program api_programs[];

#endif
