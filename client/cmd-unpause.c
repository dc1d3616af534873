/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Let a paused domain go on. */
#include "change.h"
#include "domain.h"

static int
unpause_begin(struct connection *conn, struct call *call, struct remote_nonnull_domain *dom,
              struct err *err)
{
    return call_begin_domain_resume(conn, call, &(struct remote_domain_resume_args){.dom = *dom},
                                    err);
}

static int
unpause_run(struct client *client, const struct options *options, struct err *err)
{
    return change_run(client, options->operands[0], "unpause", unpause_begin, err);
}

const struct command cmd_unpause = {
    .name = "unpause",
    .args = "DOMAIN",
    .help = "let a paused domain go on",
    .run = unpause_run,
};
