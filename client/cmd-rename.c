/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Give a domain another name. */
#include "base/alloc.h"
#include "calls.h"
#include "command.h"
#include "domain.h"
#include "job.h"

static int
rename_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                          *conn = client_connect(client, err);
    cleanup_domain struct remote_nonnull_domain dom = {0};
    cleanup_free char                          *label = NULL;
    cleanup_job struct job                      job = {.keep = true};
    remote_nonnull_string                       name = options->operands[1];
    struct remote_domain_rename_args            args = {.new_name = &name};

    if (!conn || domain_find(conn, options->operands[0], &dom, err) < 0)
        return -1;
    job.label = label = xasprintf("rename %s", dom.name);
    args.dom = dom;
    if (call_begin_domain_rename(conn, &job.call, &args, err) < 0)
        return -1;
    return job_run(client, &job, err);
}

const struct command cmd_rename = {
    .name = "rename",
    .args = "DOMAIN NAME",
    .help = "give a stored domain that does not run another name",
    .run = rename_run,
};
