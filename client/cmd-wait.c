/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wait until a job ends, and end as it did. */
#include "base/alloc.h"
#include "command.h"
#include "job.h"

static int
wait_run(struct client *client, const struct options *options, struct err *err)
{
    cleanup_job struct job job = {.keep = true};
    cleanup_free char     *label = NULL;

    if (client_job_id(client, options->operands[0], &job.id, err) < 0 ||
        !client_connect(client, err))
        return -1;
    job.label = label = xasprintf("job %s", options->operands[0]);
    return job_run(client, &job, err);
}

const struct command cmd_wait = {
    .name = "wait",
    .args = "ID",
    .help = "wait until the job with this number ends",
    .run = wait_run,
};
