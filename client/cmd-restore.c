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
restore_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                      *conn = client_connect(client, err);
    cleanup_free char                      *path = NULL, *label = NULL;
    cleanup_job struct job                  job = {0};
    struct remote_domain_restore_flags_args args = {0};

    if (!conn || files_absolute_path(options->operands[0], &path, err) < 0)
        return -1;
    job.label = label = xasprintf("restore %s", options->operands[0]);
    args.from = path;
    args.flags = option_given(options, "paused") ? SAVE_PAUSED : 0;
    if (call_begin_domain_restore_flags(conn, &job.call, &args, err) < 0)
        return -1;
    if (job_run(client, &job, err) < 0)
        return job_aborted(&job, err);
    text_print_line(stdout, "%s%srestored from %s%s", job.domain ? job.domain : "",
                    job.domain ? " " : "", path, job.aborted ? "; the abort came too late" : "");
    return 0;
}

static const struct option_spec restore_options[] = {
    {"paused", 'p', NULL, "leave the domain paused"},
    {0},
};

const struct command cmd_restore = {
    .name = "restore",
    .args = "FILE",
    .help = "start a domain again from a file that a save wrote",
    .options = restore_options,
    .run = restore_run,
};
