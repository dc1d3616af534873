/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * commands.h: the list of commands.
 */
#ifndef CLIENT_COMMANDS_H
#define CLIENT_COMMANDS_H

#include "command.h"

/* In the order of the help; the last is followed by NULL. */
extern const struct command *const commands[];

/* Options that every command has. */
extern const struct option_spec global_options[];

/* By its name or a beginning of it that no other has. */
const struct command *command_find(const char *name, struct err *err);

/* Whether it takes that many operands, as its args say. */
bool command_takes(const struct command *command, int n_operands);

#endif
