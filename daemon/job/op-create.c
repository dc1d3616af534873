/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-create.c: start a domain that the table has reserved (create), or the one that an image
 * holds (restore).  job->xml is the definition, job->flags may have WORKER_PAUSED.
 */
#include "api/handlers.h"
#include "base/alloc.h"
#include "daemon.h"
#include "domain/domain.h"
#include "job.h"
#include "rpc/events.h"
#include "rpc/request.h"
#include "wire/libvirt.h"
#include "wire/worker.h"

static void
started(struct job *job, const struct err *err, int running_reason, int detail)
{
    struct domain *dom = job->dom;

    if (!err) {
        dom->running_reason = running_reason;
        domain_announce_started(dom, detail);
        if (job->flags & WORKER_PAUSED) {
            struct event_domain about = domain_for_event(dom);

            events_lifecycle(job->daemon->events, &about, LIFECYCLE_SUSPENDED, SUSPENDED_PAUSED);
        }
    }
    job_finish(job, err); /* must be last */
}

static void
created(struct job *job, int domid, const struct err *err)
{
    (void)domid;
    started(job, err, RUNNING_BOOTED, STARTED_BOOTED);
}

static void
create_granted(struct job *job)
{
    job_run_worker(job, WORKER_CREATE);
}

/* The answer to DOMAIN_CREATE_XML. */
static void
create_reply(struct job *job)
{
    remote_domain_create_xml_ret ret = {.dom = domain_for_wire(job->dom)};

    request_reply(take_ptr(job->req), &ret);
}

static void
restored(struct job *job, int domid, const struct err *err)
{
    (void)domid;
    started(job, err, RUNNING_RESTORED, STARTED_RESTORED);
}

static void
restore_granted(struct job *job)
{
    job_run_worker(job, WORKER_RESTORE);
}

const struct job_operation op_create = {
    .name = "create",
    .libvirt = JOB_OPERATION_START,
    .granted = create_granted,
    .abort = job_abort_worker,
    .reply = create_reply,
    .worker_done = created,
};

const struct job_operation op_restore = {
    .name = "restore",
    .libvirt = JOB_OPERATION_RESTORE,
    .granted = restore_granted,
    .abort = job_abort_worker,
    .worker_done = restored,
};
