/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-pause.c: stop a domain's virtual processors, and let them go on.
 */
#include "daemon.h"
#include "domain/domain.h"
#include "job.h"
#include "rpc/events.h"
#include "wire/libvirt.h"

static void
request(struct job *job, enum host_request what, host_done_fn *done)
{
    struct err err;

    if (job->dom->domid < 0) {
        err_set(&err, ERR_OPERATION_INVALID,
                "Requested operation is not valid: domain '%s' is not running", job->dom->name);
        job_finish(job, &err);
        return;
    }
    job->call = host_request(job->daemon->host, what, (uint32_t)job->dom->domid, done, job);
}

static void
finish(struct job *job, enum lifecycle_event event, int detail, const struct err *err)
{
    struct event_domain about = domain_for_event(job->dom);

    job->call = NULL;
    if (!err)
        events_lifecycle(job->daemon->events, &about, event, detail);
    job_finish(job, err);
}

static void
paused(void *arg, const struct err *err)
{
    finish(arg, LIFECYCLE_SUSPENDED, SUSPENDED_PAUSED, err);
}

static void
unpaused(void *arg, const struct err *err)
{
    struct job *job = arg;

    if (!err) {
        job->dom->running_reason = RUNNING_UNPAUSED;
        domain_remember(job->dom);
    }
    finish(job, LIFECYCLE_RESUMED, RESUMED_UNPAUSED, err);
}

static void
pause_granted(struct job *job)
{
    request(job, HOST_PAUSE, paused);
}

static void
unpause_granted(struct job *job)
{
    request(job, HOST_UNPAUSE, unpaused);
}

static void
abort_call(struct job *job)
{
    if (job->call)
        host_call_abort(job->call);
}

const struct job_operation op_pause = {
    .name = "pause",
    .granted = pause_granted,
    .abort = abort_call,
};

const struct job_operation op_unpause = {
    .name = "unpause",
    .granted = unpause_granted,
    .abort = abort_call,
};
