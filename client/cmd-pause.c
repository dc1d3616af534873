/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stop a domain's virtual CPUs until it is unpaused. */
#include "change.h"
#include "domain.h"

static int
pause_begin(struct connection *conn, struct call *call, struct remote_nonnull_domain *dom,
            struct err *err)
{
    return call_begin_domain_suspend(conn, call, &(struct remote_domain_suspend_args){.dom = *dom},
                                     err);
}

static int
pause_run(struct client *client, const struct options *options, struct err *err)
{
    return change_run(client, options->operands[0], "pause", pause_begin, err);
}

const struct command cmd_pause = {
    .name = "pause",
    .args = "DOMAIN",
    .help = "stop a domain until it is unpaused",
    .run = pause_run,
};
