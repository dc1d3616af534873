/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-pause.c: stop a domain's virtual processors, and let them go on.
 */
#include "base/alloc.h"
#include "ops.h"
#include "private.h"

struct op_pause {
    struct job        job;
    struct host_call *call; /* while Xen is asked */
};

/* Xen counts pauses, and does not let go what runs: one that is paused already, by xl or by us,
 * would stay so when it is unpaused once. */
static void
pause_ask(struct job *job, bool pause, host_done_fn *done)
{
    struct op_pause    *op = container_of(job, struct op_pause, job);
    struct host_dominfo info;
    struct err          err;

    if (!domain_runs(job->dom)) {
        err_set_libvirt(&err, ERR_OPERATION_INVALID, "domain '%s' is not running", job->dom->name);
        job_finish(job, &err);
    } else if (domain_ask_now(job->dom, &info, &err) < 0) {
        job_finish(job, &err);
    } else if (info.paused == pause) {
        done(op, NULL);
    } else {
        op->call = host_request(domains_host(job->jobs->domains), pause ? HOST_PAUSE : HOST_UNPAUSE,
                                (uint32_t)job->dom->run.domid, done, op);
    }
}

static void
pause_done(void *arg, const struct err *err)
{
    struct op_pause *op = arg;

    op->call = NULL;
    if (!err)
        domain_announce_paused(op->job.dom);
    job_finish(&op->job, err);
}

static void
unpause_done(void *arg, const struct err *err)
{
    struct op_pause *op = arg;

    op->call = NULL;
    if (!err)
        domain_announce_resumed(op->job.dom);
    job_finish(&op->job, err);
}

static void
pause_granted(struct job *job)
{
    pause_ask(job, true, pause_done);
}

static void
unpause_granted(struct job *job)
{
    pause_ask(job, false, unpause_done);
}

static void
pause_abort(struct job *job)
{
    struct op_pause *op = container_of(job, struct op_pause, job);

    if (op->call)
        host_call_abort(op->call);
}

const struct job_operation op_pause = {
    .name = "pause",
    .activity = DOMAIN_CHANGING,
    .size = sizeof(struct op_pause),
    .granted = pause_granted,
    .abort = pause_abort,
};

const struct job_operation op_unpause = {
    .name = "unpause",
    .activity = DOMAIN_CHANGING,
    .size = sizeof(struct op_pause),
    .granted = unpause_granted,
    .abort = pause_abort,
};
