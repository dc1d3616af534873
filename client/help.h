/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CLIENT_HELP_H
#define CLIENT_HELP_H

#include <stdio.h>

struct command;

void help_all(FILE *out);
void help_command(const struct command *command, FILE *out);

/* For programs: the names of all commands, or a command's own options, one a line. */
void help_command_names(FILE *out);
void help_option_names(const struct command *command, FILE *out);

#endif
