/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "help.h"
#include "commands.h"

static void
help_print_options(const struct option_spec *specs, FILE *out)
{
    for (; specs && specs->name; specs++) {
        char letter[] = {'-', specs->letter, ',', '\0'};
        char name[64];

        snprintf(name, sizeof name, "--%s%s%s", specs->name, specs->value ? " " : "",
                 specs->value ? specs->value : "");
        fprintf(out, "  %3s %-20s %s\n", specs->letter ? letter : "", name, specs->help);
    }
}

void
help_all(FILE *out)
{
    fputs("usage: dom0ctl [OPTIONS] COMMAND [ARGUMENTS]\n\nCommands:\n", out);
    for (const struct command *const *c = commands; *c; c++) {
        char usage[64];

        snprintf(usage, sizeof usage, "%s %s", (*c)->name, (*c)->args);
        fprintf(out, "  %-24s %s\n", usage, (*c)->help);
    }
    fputs("\nA command may be abbreviated to any unambiguous prefix.  A DOMAIN is\n"
          "given by id, UUID or name.\n\nOptions, before or after the command:\n",
          out);
    help_print_options(global_options, out);
    fputs("\n'dom0ctl help COMMAND' tells a command's own options; see dom0ctl(1).\n", out);
}

void
help_command(const struct command *command, FILE *out)
{
    fprintf(out, "usage: dom0ctl %s%s%s%s\n\n%s: %s\n", command->name,
            command->options ? " [OPTIONS]" : "", *command->args ? " " : "", command->args,
            command->name, command->help);
    if (command->options)
        fputs("\nOptions:\n", out);
    help_print_options(command->options, out);
    if (command->json)
        fprintf(out, "%s  %3s %-20s %s\n", command->options ? "" : "\nOptions:\n", "", "--json",
                "print JSON");
}

void
help_command_names(FILE *out)
{
    for (const struct command *const *c = commands; *c; c++)
        fprintf(out, "%s\n", (*c)->name);
}

void
help_option_names(const struct command *command, FILE *out)
{
    for (const struct option_spec *spec = command->options; spec && spec->name; spec++)
        fprintf(out, "--%s\n", spec->name);
}
