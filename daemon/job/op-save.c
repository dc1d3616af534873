/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-save.c: write a running domain to job->path, then it is gone.  Dumping its core is alike,
 * but it stays.
 *
 *   save_granted     see that it can be saved, ask for its XML
 *   save_xml_ready   the worker saves
 *   save_done
 */
#include "base/alloc.h"
#include "daemon.h"
#include "domain/domain.h"
#include "job.h"
#include "rpc/events.h"
#include "wire/libvirt.h"
#include "wire/worker.h"

static domain_xml_fn save_xml_ready;
static void          save_done(struct job *job, int domid, const struct err *err);

/* A kernel that does not run cannot suspend itself, and libxl would wait a minute to find that out.
 */
static int
can_be_saved(const struct domain *dom, struct err *err)
{
    struct host_dominfo info;
    int                 reason;

    if (dom->domid < 0)
        return err_set(err, ERR_OPERATION_INVALID,
                       "Requested operation is not valid: domain '%s' is not running", dom->name);
    if (host_domain_info(dom->daemon->host, (uint32_t)dom->domid, &info, err) < 0)
        return -1;
    switch (domain_state(dom, &info, &reason)) {
    case STATE_RUNNING:
        return 0;
    case STATE_PAUSED:
        return err_set(err, ERR_OPERATION_INVALID,
                       "Requested operation is not valid: domain '%s' is paused and so cannot save "
                       "itself: resume it first",
                       dom->name);
    default:
        return err_set(err, ERR_OPERATION_INVALID,
                       "Requested operation is not valid: domain '%s' has shut down", dom->name);
    }
}

static void
save_granted(struct job *job)
{
    struct err err;

    if (can_be_saved(job->dom, &err) < 0)
        job_finish(job, &err);
    else
        domain_xml(job->dom, DOMAIN_XML_SECURE, save_xml_ready, job);
}

static void
save_xml_ready(void *arg, char *xml, const struct err *err)
{
    struct job *job = arg;
    struct err  aborted;

    if (!err && job->state == JOB_ABORTING) {
        err_set(&aborted, ERR_OPERATION_ABORTED, "aborted");
        err = &aborted;
    }
    if (err) {
        free(xml);
        job_finish(job, err);
        return;
    }
    if (!job->xml)
        job->xml = take_ptr(xml);
    free(xml);
    job->stop_detail = STOPPED_SAVED;
    job_run_worker(job, WORKER_SAVE);
}

static void
save_done(struct job *job, int domid, const struct err *err)
{
    (void)domid;
    job_finish(job, err);
}

static void
dump_granted(struct job *job)
{
    job_run_worker(job, WORKER_DUMP);
}

const struct job_operation op_save = {
    .name = "save",
    .libvirt = JOB_OPERATION_SAVE,
    .granted = save_granted,
    .abort = job_abort_worker,
    .worker_done = save_done,
};

const struct job_operation op_dump = {
    .name = "dump",
    .libvirt = JOB_OPERATION_DUMP,
    .granted = dump_granted,
    .abort = job_abort_worker,
    .worker_done = save_done,
};
