/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dom0ctl: the command line of dom0d.
 */
#include "build-config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "commands.h"
#include "connection.h"
#include "help.h"
#include "text.h"

#define SOCKET_DEFAULT "/run/dom0d/dom0d-sock"

static int
dom0ctl_report(const struct client *client, const struct command *command, const struct err *err)
{
    cleanup_free char *message = text_safe(err->message);

    fprintf(stderr, "dom0ctl: %s\n", message);
    if (client->failure == STATUS_USAGE)
        fprintf(stderr, "Try 'dom0ctl help%s%s'.\n", command ? " " : "",
                command ? command->name : "");
    return client->failure;
}

/* Output that did not get where it should is a failure. */
static int
dom0ctl_flush_output(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : -1;
}

static void
dom0ctl_apply_globals(struct client *client, const struct options *options)
{
    if (option_given(options, "socket"))
        client->socket = option_value(options, "socket");
    client->readonly |= option_given(options, "readonly");
    client->json |= option_given(options, "json");
}

/* --help and --version: command is NULL where they stand before any. */
static bool
dom0ctl_print_instead(const struct options *options, const struct command *command)
{
    if (option_given(options, "help") && command)
        help_command(command, stdout);
    else if (option_given(options, "help"))
        help_all(stdout);
    else if (option_given(options, "version"))
        puts("dom0ctl " PACKAGE_VERSION);
    else
        return false;
    return true;
}

/* argv[0] is the command's name. */
static int
dom0ctl_run_command(struct client *client, const struct command *command, int argc, char **argv,
                    struct err *err)
{
    struct options options;

    options_init(&options);
    options_add(&options, global_options);
    options_add(&options, command->options);
    if (options_parse(&options, argc, argv, true, err) < 0)
        return client_misused(client, err, NULL);
    if (dom0ctl_print_instead(&options, command))
        return 0;
    dom0ctl_apply_globals(client, &options);
    if (client->json && !command->json)
        return client_misused(client, err, "%s prints nothing that could be JSON", command->name);
    if (!command_takes(command, options.n_operands))
        return client_misused(client, err, "%s takes %s", command->name,
                              *command->args ? command->args : "no operands");
    return command->run(client, &options, err);
}

/* argv as main has it. */
static int
dom0ctl_run(struct client *client, int argc, char **argv, const struct command **command_out,
            struct err *err)
{
    struct options options;

    options_init(&options);
    options_add(&options, global_options);
    if (options_parse(&options, argc, argv, false, err) < 0)
        return client_misused(client, err, NULL);
    if (dom0ctl_print_instead(&options, NULL))
        return 0;
    if (options.n_operands == 0)
        return client_misused(client, err, "a command is missing");
    dom0ctl_apply_globals(client, &options);
    *command_out = command_find(options.operands[0], err);
    if (!*command_out)
        return client_misused(client, err, NULL);
    return dom0ctl_run_command(client, *command_out, options.n_operands, options.operands, err);
}

/* An empty one counts as none. */
static const char *
dom0ctl_setting(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

int
main(int argc, char **argv)
{
    struct err            err = {0};
    const struct command *command = NULL;
    struct client         client = {.socket = dom0ctl_setting("DOM0D_SOCKET"),
                                    .patience = dom0ctl_setting("DOM0CTL_RECONNECT"),
                                    .failure = STATUS_FAILED};
    int                   r;

    if (!client.socket)
        client.socket = SOCKET_DEFAULT;
    r = dom0ctl_run(&client, argc, argv, &command, &err);
    connection_close(client.conn);
    if (dom0ctl_flush_output() < 0 && r == 0)
        r = err_set(&err, ERR_SYSTEM, "cannot write the output");
    return r < 0 ? dom0ctl_report(&client, command, &err) : STATUS_OK;
}
