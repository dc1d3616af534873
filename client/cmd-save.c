/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Write a domain to a file and end it, or let it go on. */
#include "base/alloc.h"
#include "calls.h"
#include "command.h"
#include "domain.h"
#include "files.h"
#include "job.h"
#include "text.h"
#include "wire/libvirt.h"

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
save_flags(struct client *client, const struct options *options, unsigned *flags_out,
           struct err *err)
{
    bool running = option_given(options, "running"), paused = option_given(options, "paused");

    if (running && paused)
        return client_misused(client, err, "--running and --paused exclude each other");
    *flags_out = (running ? SAVE_RUNNING : 0) | (paused ? SAVE_PAUSED : 0);
    return 0;
}

/* libvirt's call serves, but for what it has no flag for. */
static int
save_begin(struct connection *conn, struct job *job, const struct remote_nonnull_domain *dom,
           char *path, unsigned flags, bool keep, struct err *err)
{
    struct remote_domain_save_flags_args args = {.dom = *dom, .to = path, .flags = flags};
    struct dom0d_guest_save_args kept = {.dom = *dom, .to = path, .flags = flags | DOM0D_SAVE_KEEP};

    return keep ? call_begin_guest_save(conn, &job->call, &kept, err)
                : call_begin_domain_save_flags(conn, &job->call, &args, err);
}

static int
save_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                          *conn;
    cleanup_free char                          *path = NULL, *label = NULL;
    cleanup_domain struct remote_nonnull_domain dom = {0};
    cleanup_job struct job                      job = {0};
    bool                                        keep = option_given(options, "keep");
    unsigned                                    flags = 0;

    if (save_flags(client, options, &flags, err) < 0 || !(conn = client_connect(client, err)) ||
        domain_find(conn, options->operands[0], &dom, err) < 0 ||
        files_absolute_path(options->operands[1], &path, err) < 0)
        return -1;
    job.label = label = xasprintf("save %s", dom.name);
    if (save_begin(conn, &job, &dom, path, flags, keep, err) < 0)
        return -1;
    if (job_run(client, &job, err) < 0)
        return job.aborted && err->code == ERR_OPERATION_ABORTED
                   ? save_tell_aborted(conn, &dom, err)
                   : -1;
    text_print_line(stdout, "%s saved to %s%s%s", dom.name, path, keep ? "; it goes on" : "",
                    job.aborted ? "; the abort came too late" : "");
    return 0;
}

static const struct option_spec save_options[] = {
    {"keep", 'k', NULL, "the domain goes on when it is saved"},
    {"running", 0, NULL, "have it run when it is restored, also where it is paused now"},
    {"paused", 'p', NULL, "have it paused when it is restored"},
    {0},
};

const struct command cmd_save = {
    .name = "save",
    .args = "DOMAIN FILE",
    .help = "write a domain to a file and end it",
    .options = save_options,
    .run = save_run,
};
