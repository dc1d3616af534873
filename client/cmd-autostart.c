/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Have a domain started with the host, or not. */
#include "change.h"
#include "domain.h"

static int
autostart_set(struct connection *conn, struct call *call, struct remote_nonnull_domain *dom,
              bool autostart, struct err *err)
{
    struct remote_domain_set_autostart_args args = {.dom = *dom, .autostart = autostart};

    return call_begin_domain_set_autostart(conn, call, &args, err);
}

static int
autostart_enable(struct connection *conn, struct call *call, struct remote_nonnull_domain *dom,
                 struct err *err)
{
    return autostart_set(conn, call, dom, true, err);
}

static int
autostart_disable(struct connection *conn, struct call *call, struct remote_nonnull_domain *dom,
                  struct err *err)
{
    return autostart_set(conn, call, dom, false, err);
}

static int
autostart_run(struct client *client, const struct options *options, struct err *err)
{
    return change_run(client, options->operands[0], "autostart",
                      option_given(options, "disable") ? autostart_disable : autostart_enable, err);
}

static const struct option_spec autostart_options[] = {
    {"disable", 0, NULL, "do not start it with the host any more"},
    {0},
};

const struct command cmd_autostart = {
    .name = "autostart",
    .args = "DOMAIN",
    .help = "start a domain with the host",
    .options = autostart_options,
    .run = autostart_run,
};
