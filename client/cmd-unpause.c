/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Let a paused domain go on. */
#include "change.h"
#include "domain.h"

static int
begin(struct connection *conn, struct call *call, struct remote_nonnull_domain *dom,
      struct err *err)
{
    return call_begin_domain_resume(conn, call, &(struct remote_domain_resume_args){.dom = *dom},
                                    err);
}

static bool
runs_on(const struct domain_now *now, int id_before)
{
    return now->id == id_before && domain_runs(now->state);
}

static int
unpause_run(struct client *client, const struct options *options, struct err *err)
{
    static const struct change unpause = {.name = "unpause", .begin = begin, .is_so = runs_on};

    return change_run(client, options->operands[0], &unpause, err);
}

const struct command cmd_unpause = {
    .name = "unpause",
    .args = "DOMAIN",
    .help = "let a paused domain go on",
    .run = unpause_run,
};
