/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Print how to use dom0ctl. */
#include "commands.h"
#include "help.h"

static int
help_run(struct client *client, const struct options *options, struct err *err)
{
    const struct command *command = NULL;
    bool                  names = option_given(options, "names");

    if (options->n_operands && !(command = command_find(options->operands[0], err)))
        return client_misused(client, err, NULL);
    if (command)
        (names ? help_option_names : help_command)(command, stdout);
    else
        (names ? help_command_names : help_all)(stdout);
    return 0;
}

static const struct option_spec help_options[] = {
    {"names", 0, NULL, "only the names, of commands or of a command's options, one a line"},
    {0},
};

const struct command cmd_help = {
    .name = "help",
    .args = "[COMMAND]",
    .help = "say how to use dom0ctl, or a command",
    .options = help_options,
    .run = help_run,
};
