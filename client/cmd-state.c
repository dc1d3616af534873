/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Print the state of a domain in one word. */
#include <stdio.h>

#include "calls.h"
#include "command.h"
#include "domain.h"
#include "json.h"

static void
state_print_json(const struct remote_nonnull_domain       *dom,
                 const struct remote_domain_get_state_ret *ret)
{
    struct json json;

    json_init(&json, stdout, false);
    json_object(&json, NULL);
    domain_write_json(&json, dom);
    json_string(&json, "state", domain_state_name(ret->state));
    json_string(&json, "reason", domain_state_reason(ret->state, ret->reason));
    json_object_end(&json);
}

static int
state_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                          *conn = client_connect(client, err);
    cleanup_domain struct remote_nonnull_domain dom = {0};
    struct remote_domain_get_state_args         args = {0};
    struct remote_domain_get_state_ret          ret = {0};

    if (!conn || domain_find(conn, options->operands[0], &dom, err) < 0)
        return -1;
    args.dom = dom;
    if (call_domain_get_state(conn, &args, &ret, err) < 0)
        return -1;
    if (client->json)
        state_print_json(&dom, &ret);
    else if (option_given(options, "reason"))
        printf("%s (%s)\n", domain_state_name(ret.state),
               domain_state_reason(ret.state, ret.reason));
    else
        printf("%s\n", domain_state_name(ret.state));
    return 0;
}

static const struct option_spec state_options[] = {
    {"reason", 0, NULL, "with the reason"},
    {0},
};

const struct command cmd_state = {
    .name = "state",
    .args = "DOMAIN",
    .help = "print the state of a domain in one word",
    .options = state_options,
    .json = true,
    .run = state_run,
};
