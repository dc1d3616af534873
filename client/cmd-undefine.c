/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remove the stored definition of a domain. */
#include "change.h"
#include "domain.h"

static int
undefine_begin(struct connection *conn, struct call *call, struct remote_nonnull_domain *dom,
               struct err *err)
{
    return call_begin_domain_undefine(conn, call,
                                      &(struct remote_domain_undefine_args){.dom = *dom}, err);
}

static int
undefine_run(struct client *client, const struct options *options, struct err *err)
{
    return change_run(client, options->operands[0], "undefine", undefine_begin, err);
}

const struct command cmd_undefine = {
    .name = "undefine",
    .args = "DOMAIN",
    .help = "remove what is stored of a domain; if it runs it runs on",
    .run = undefine_run,
};
