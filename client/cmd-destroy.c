/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* End a domain at once, as pulling the plug does. */
#include "calls.h"
#include "command.h"
#include "domain.h"

static int
destroy_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                          *conn = client_connect(client, err);
    cleanup_domain struct remote_nonnull_domain dom = {0};

    if (!conn || domain_find(conn, options->operands[0], &dom, err) < 0)
        return -1;
    return call_domain_destroy(conn, &(struct remote_domain_destroy_args){.dom = dom}, NULL, err);
}

const struct command cmd_destroy = {
    .name = "destroy",
    .args = "DOMAIN",
    .help = "end a domain at once, as pulling the plug does",
    .run = destroy_run,
};
