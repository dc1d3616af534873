/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stop a domain's virtual CPUs until it is unpaused. */
#include "calls.h"
#include "command.h"
#include "domain.h"

static int
pause_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                          *conn = client_connect(client, err);
    cleanup_domain struct remote_nonnull_domain dom = {0};

    if (!conn || domain_find(conn, options->operands[0], &dom, err) < 0)
        return -1;
    return call_domain_suspend(conn, &(struct remote_domain_suspend_args){.dom = dom}, NULL, err);
}

const struct command cmd_pause = {
    .name = "pause",
    .args = "DOMAIN",
    .help = "stop a domain until it is unpaused",
    .run = pause_run,
};
