/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Start a domain again from the file that a save wrote. */
#include "base/alloc.h"
#include "calls.h"
#include "command.h"
#include "domain.h"
#include "files.h"
#include "job.h"
#include "text.h"
#include "wire/libvirt.h"

static int
restore_flags(struct client *client, const struct options *options, unsigned *flags_out,
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
restore_begin(struct connection *conn, struct job *job, char *path, unsigned flags, bool force,
              struct err *err)
{
    struct remote_domain_restore_flags_args args = {.from = path, .flags = flags};
    struct dom0d_guest_restore_args forced = {.from = path, .flags = flags | DOM0D_RESTORE_FORCE};

    return force ? call_begin_guest_restore(conn, &job->call, &forced, err)
                 : call_begin_domain_restore_flags(conn, &job->call, &args, err);
}

static int
restore_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection     *conn;
    cleanup_free char     *path = NULL, *label = NULL;
    cleanup_job struct job job = {0};
    unsigned               flags = 0;

    if (restore_flags(client, options, &flags, err) < 0 || !(conn = client_connect(client, err)) ||
        files_absolute_path(options->operands[0], &path, err) < 0)
        return -1;
    job.label = label = xasprintf("restore %s", options->operands[0]);
    if (restore_begin(conn, &job, path, flags, option_given(options, "force"), err) < 0)
        return -1;
    if (job_run(client, &job, err) < 0)
        return job_aborted(&job, err);
    text_print_line(stdout, "%s%srestored from %s%s", job.domain ? job.domain : "",
                    job.domain ? " " : "", path, job.aborted ? "; the abort came too late" : "");
    return 0;
}

static const struct option_spec restore_options[] = {
    {"running", 0, NULL, "have it run, also where its file says that it was paused"},
    {"paused", 'p', NULL, "leave the domain paused"},
    {"force", 'f', NULL, "also where a disk has changed since it was saved"},
    {0},
};

const struct command cmd_restore = {
    .name = "restore",
    .args = "FILE",
    .help = "start a domain again from a file that a save wrote",
    .options = restore_options,
    .run = restore_run,
};
