/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wait until a job ends, and end as it did. */
#include "base/alloc.h"
#include "calls.h"
#include "command.h"
#include "job.h"

static int
wait_run(struct client *client, const struct options *options, struct err *err)
{
    cleanup_job struct job                          job = {.keep = true};
    struct dom0d_job_id_args                        args = {0};
    cleanup_free char                              *label = NULL;
    cleanup_ret(job_wait) struct dom0d_job_wait_ret ret = {0};

    if (client_job_id(client, options->operands[0], &args.id, err) < 0 ||
        !(job.conn = client_connect(client, err)))
        return -1;
    job.id = args.id;
    job.label = label = xasprintf("job %s", options->operands[0]);
    if (call_begin_job_wait(job.conn, &job.call, &args, err) < 0 || job_run(&job, err) < 0 ||
        call_end_job_wait(&job.call, &ret, err) < 0)
        return -1;
    return ret.code ? err_set(err, (enum err_code)ret.code, "%s", ret.message) : 0;
}

const struct command cmd_wait = {
    .name = "wait",
    .args = "ID",
    .help = "wait until the job with this number ends",
    .run = wait_run,
};
