/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "commands.h"

extern const struct command cmd_abort, cmd_autostart, cmd_console, cmd_convert, cmd_create,
    cmd_define, cmd_destroy, cmd_edit, cmd_events, cmd_guests, cmd_help, cmd_image_edit,
    cmd_image_xml, cmd_import_libvirt, cmd_import_xl, cmd_info, cmd_jobs, cmd_list, cmd_log,
    cmd_managedsave, cmd_pause, cmd_reboot, cmd_rename, cmd_restore, cmd_save, cmd_shutdown,
    cmd_start, cmd_state, cmd_undefine, cmd_unpause, cmd_version, cmd_wait, cmd_xml;

const struct command *const commands[] = {
    &cmd_list,        &cmd_info,
    &cmd_state,       &cmd_xml,
    &cmd_convert,     &cmd_create,
    &cmd_define,      &cmd_start,
    &cmd_edit,        &cmd_autostart,
    &cmd_rename,      &cmd_undefine,
    &cmd_destroy,     &cmd_shutdown,
    &cmd_reboot,      &cmd_pause,
    &cmd_unpause,     &cmd_save,
    &cmd_managedsave, &cmd_restore,
    &cmd_image_xml,   &cmd_image_edit,
    &cmd_console,     &cmd_log,
    &cmd_jobs,        &cmd_abort,
    &cmd_wait,        &cmd_events,
    &cmd_guests,      &cmd_import_libvirt,
    &cmd_import_xl,   &cmd_version,
    &cmd_help,        NULL,
};

const struct option_spec global_options[] = {
    {"socket", 's', "PATH", "the daemon's socket [/run/dom0d/dom0d-sock]"},
    {"readonly", 'r', NULL, "use the read-only socket"},
    {"json", 0, NULL, "print JSON where there is something to print"},
    {"help", 'h', NULL, "say how to use dom0ctl, or the command"},
    {"version", 0, NULL, "print dom0ctl's version"},
    {0},
};

/* "save, shutdown, state": the commands whose names begin so. */
static void
command_list_candidates(const char *name, char *list, size_t size)
{
    size_t length = 0;

    for (const struct command *const *c = commands; *c && length < size; c++)
        if (strncmp((*c)->name, name, strlen(name)) == 0)
            length += (size_t)snprintf(list + length, size - length, "%s%s", length ? ", " : "",
                                       (*c)->name);
}

const struct command *
command_find(const char *name, struct err *err)
{
    const struct command *found = NULL;
    int                   n = 0;
    char                  list[512];

    for (const struct command *const *c = commands; *c; c++) {
        if (strcmp((*c)->name, name) == 0)
            return *c;
        if (strncmp((*c)->name, name, strlen(name)) == 0) {
            found = *c;
            n++;
        }
    }
    if (n == 1)
        return found;
    if (n == 0) {
        err_set(err, ERR_INVALID_ARG, "there is no command \"%s\"", name);
        return NULL;
    }
    command_list_candidates(name, list, sizeof list);
    err_set(err, ERR_INVALID_ARG, "\"%s\" is the beginning of several commands: %s", name, list);
    return NULL;
}

bool
command_takes(const struct command *command, int n_operands)
{
    int least = 0, most = 0;

    for (const char *at = command->args; *at; at += strspn(at, " ")) {
        least += *at != '[';
        most++;
        at += strcspn(at, " ");
    }
    return n_operands >= least && n_operands <= most;
}
