/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Let a paused domain go on. */
#include "calls.h"
#include "command.h"
#include "domain.h"

static int
unpause_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                          *conn = client_connect(client, err);
    cleanup_domain struct remote_nonnull_domain dom = {0};

    if (!conn || domain_find(conn, options->operands[0], &dom, err) < 0)
        return -1;
    return call_domain_resume(conn, &(struct remote_domain_resume_args){.dom = dom}, NULL, err);
}

const struct command cmd_unpause = {
    .name = "unpause",
    .args = "DOMAIN",
    .help = "let a paused domain go on",
    .run = unpause_run,
};
