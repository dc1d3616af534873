/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Save a domain where its next start finds it, or remove what was saved. */
#include "base/alloc.h"
#include "calls.h"
#include "change.h"
#include "command.h"
#include "domain.h"
#include "job.h"
#include "text.h"
#include "wire/libvirt.h"

static int
managedsave_begin_remove(struct connection *conn, struct call *call,
                         struct remote_nonnull_domain *dom, struct err *err)
{
    struct remote_domain_managed_save_remove_args args = {.dom = *dom};

    return call_begin_domain_managed_save_remove(conn, call, &args, err);
}

static int
managedsave_save(struct client *client, const char *name, unsigned flags, struct err *err)
{
    struct connection                          *conn = client_connect(client, err);
    cleanup_free char                          *label = NULL;
    cleanup_domain struct remote_nonnull_domain dom = {0};
    cleanup_job struct job                      job = {0};
    struct remote_domain_managed_save_args      args = {.flags = flags};

    if (!conn || domain_find(conn, name, &dom, err) < 0)
        return -1;
    args.dom = dom;
    job.label = label = xasprintf("managedsave %s", dom.name);
    if (call_begin_domain_managed_save(conn, &job.call, &args, err) < 0)
        return -1;
    if (job_run(client, &job, err) < 0)
        return job_aborted(&job, err);
    text_print_line(stdout, "%s saved%s", dom.name, job.aborted ? "; the abort came too late" : "");
    return 0;
}

static int
managedsave_run(struct client *client, const struct options *options, struct err *err)
{
    bool running = option_given(options, "running"), paused = option_given(options, "paused");
    bool remove = option_given(options, "remove");

    if (running + paused + remove > 1)
        return client_misused(client, err, "--running, --paused and --remove exclude each other");
    if (remove)
        return change_run(client, options->operands[0], "managedsave", managedsave_begin_remove,
                          err);
    return managedsave_save(client, options->operands[0],
                            (running ? SAVE_RUNNING : 0) | (paused ? SAVE_PAUSED : 0), err);
}

static const struct option_spec managedsave_options[] = {
    {"running", 0, NULL, "have it run when it is started, also where it is paused now"},
    {"paused", 'p', NULL, "have it paused when it is started"},
    {"remove", 0, NULL, "remove what was saved: the next start is a fresh one"},
    {0},
};

const struct command cmd_managedsave = {
    .name = "managedsave",
    .args = "DOMAIN",
    .help = "save a domain until it is started again",
    .options = managedsave_options,
    .run = managedsave_run,
};
