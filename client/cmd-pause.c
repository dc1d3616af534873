/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stop a domain's virtual CPUs until it is unpaused. */
#include "change.h"
#include "domain.h"

static int
begin(struct connection *conn, struct call *call, struct remote_nonnull_domain *dom,
      struct err *err)
{
    return call_begin_domain_suspend(conn, call, &(struct remote_domain_suspend_args){.dom = *dom},
                                     err);
}

static bool
is_paused(const struct domain_now *now, int id_before)
{
    return now->id == id_before && domain_is_paused(now);
}

static int
pause_run(struct client *client, const struct options *options, struct err *err)
{
    static const struct change pause = {.name = "pause", .begin = begin, .is_so = is_paused};

    return change_run(client, options->operands[0], &pause, err);
}

const struct command cmd_pause = {
    .name = "pause",
    .args = "DOMAIN",
    .help = "stop a domain until it is unpaused",
    .run = pause_run,
};
