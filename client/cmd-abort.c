/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ask for the abort of a domain's job, or of a job given by its number. */
#include "calls.h"
#include "command.h"
#include "domain.h"

static int
abort_domain(struct connection *conn, const char *domain, struct err *err)
{
    cleanup_domain struct remote_nonnull_domain dom = {0};

    if (domain_find(conn, domain, &dom, err) < 0)
        return -1;
    return call_domain_abort_job(conn, &(struct remote_domain_abort_job_args){.dom = dom}, NULL,
                                 err);
}

static int
abort_run(struct client *client, const struct options *options, struct err *err)
{
    struct dom0d_job_id_args args = {0};
    const char              *number = option_value(options, "job");

    if (!number == (options->n_operands == 0))
        return client_misused(client, err, "abort needs a DOMAIN or --job ID");
    if (number && client_job_id(client, number, &args.id, err) < 0)
        return -1;
    if (!client_connect(client, err))
        return -1;
    if (number)
        return call_job_abort(client->conn, &args, NULL, err);
    return abort_domain(client->conn, options->operands[0], err);
}

static const struct option_spec abort_options[] = {
    {"job", 'j', "ID", "the job with this number"},
    {0},
};

const struct command cmd_abort = {
    .name = "abort",
    .args = "[DOMAIN]",
    .help = "abort a domain's job, or that with a given number",
    .options = abort_options,
    .run = abort_run,
};
