/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Write a running domain to a file and end it. */
#include "base/alloc.h"
#include "calls.h"
#include "command.h"
#include "domain.h"
#include "files.h"
#include "job.h"
#include "text.h"

/* What the abort led to is asked of the daemon, not assumed. */
static int
save_tell_aborted(struct connection *conn, const struct remote_nonnull_domain *dom, struct err *err)
{
    struct remote_domain_get_state_args args = {.dom = *dom};
    struct remote_domain_get_state_ret  ret = {0};
    struct err                          other = {0};

    if (call_domain_get_state(conn, &args, &ret, &other) < 0)
        return err_append(err, "; the guest's state is not known: %s", other.message);
    if (domain_runs(ret.state))
        return err_set(err, ERR_OPERATION_ABORTED, "save of %s aborted; the guest runs on",
                       dom->name);
    return err_set(err, ERR_OPERATION_ABORTED, "save of %s aborted; the guest is %s", dom->name,
                   domain_state_name(ret.state));
}

static int
save_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                          *conn = client_connect(client, err);
    cleanup_free char                          *path = NULL, *label = NULL;
    cleanup_domain struct remote_nonnull_domain dom = {0};
    cleanup_job struct job                      job = {0};
    struct remote_domain_save_flags_args        args;

    if (!conn || domain_find(conn, options->operands[0], &dom, err) < 0 ||
        files_absolute_path(options->operands[1], &path, err) < 0)
        return -1;
    job.label = label = xasprintf("save %s", dom.name);
    args = (struct remote_domain_save_flags_args){.dom = dom, .to = path};
    if (call_begin_domain_save_flags(conn, &job.call, &args, err) < 0)
        return -1;
    if (job_run(client, &job, err) < 0)
        return job.aborted && err->code == ERR_OPERATION_ABORTED
                   ? save_tell_aborted(conn, &dom, err)
                   : -1;
    text_print_line(stdout, "%s saved to %s%s", dom.name, path,
                    job.aborted ? "; the abort came too late" : "");
    return 0;
}

const struct command cmd_save = {
    .name = "save",
    .args = "DOMAIN FILE",
    .help = "write a running domain to a file and end it",
    .run = save_run,
};
