/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* End a domain at once, as pulling the plug does. */
#include "change.h"
#include "domain.h"

static int
destroy_begin(struct connection *conn, struct call *call, struct remote_nonnull_domain *dom,
              struct err *err)
{
    return call_begin_domain_destroy(conn, call, &(struct remote_domain_destroy_args){.dom = *dom},
                                     err);
}

static int
destroy_run(struct client *client, const struct options *options, struct err *err)
{
    return change_run(client, options->operands[0], "destroy", destroy_begin, err);
}

const struct command cmd_destroy = {
    .name = "destroy",
    .args = "DOMAIN",
    .help = "end a domain at once, as pulling the plug does",
    .run = destroy_run,
};
