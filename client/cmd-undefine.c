/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remove the stored definition of a domain. */
#include "change.h"
#include "domain.h"
#include "wire/libvirt.h"

static int
undefine_begin_with(struct connection *conn, struct call *call, struct remote_nonnull_domain *dom,
                    unsigned flags, struct err *err)
{
    struct remote_domain_undefine_flags_args args = {.dom = *dom, .flags = flags};

    return call_begin_domain_undefine_flags(conn, call, &args, err);
}

static int
undefine_begin(struct connection *conn, struct call *call, struct remote_nonnull_domain *dom,
               struct err *err)
{
    return undefine_begin_with(conn, call, dom, 0, err);
}

static int
undefine_begin_all(struct connection *conn, struct call *call, struct remote_nonnull_domain *dom,
                   struct err *err)
{
    return undefine_begin_with(conn, call, dom, UNDEFINE_MANAGED_SAVE, err);
}

static int
undefine_run(struct client *client, const struct options *options, struct err *err)
{
    return change_run(client, options->operands[0], "undefine",
                      option_given(options, "managed-save") ? undefine_begin_all : undefine_begin,
                      err);
}

static const struct option_spec undefine_options[] = {
    {"managed-save", 0, NULL, "also what was saved of it, without which this is refused"},
    {0},
};

const struct command cmd_undefine = {
    .name = "undefine",
    .args = "DOMAIN",
    .help = "remove what is stored of a domain; if it runs it runs on",
    .options = undefine_options,
    .run = undefine_run,
};
