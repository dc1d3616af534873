/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-destroy.c: make an end of a domain; and restart, which makes it anew.
 */
#include "base/alloc.h"
#include "base/log.h"
#include "daemon.h"
#include "domain/domain.h"
#include "job.h"
#include "rpc/events.h"
#include "wire/libvirt.h"
#include "wire/worker.h"

/*----- destroy -----*/

static void
destroyed(struct job *job, int domid, const struct err *err)
{
    (void)domid;
    job_finish(job, err);
}

static void
destroy_granted(struct job *job)
{
    /* What held the domain before may have left nothing to destroy. */
    if (job->dom->domid < 0)
        job_finish(job, NULL);
    else
        job_run_worker(job, WORKER_DESTROY);
}

const struct job_operation op_destroy = {
    .name = "destroy",
    .granted = destroy_granted,
    .worker_done = destroyed,
};

/*----- restart -----*/

/* A guest that lived not this much longer than it last waited is restarted later, and later each
 * time: see dom0d(8). */
#define RESTART_SOON_USEC 5000000u
#define RESTART_DELAY_USEC 1000000u
#define RESTART_DELAY_MAX 60000000u

static loop_fn restart_due;
static void    restart_old_gone(struct job *job, const struct err *err);
static void    restart_create(struct job *job);
static void    restart_done(struct job *job, const struct err *err);

static uint64_t
restart_delay(struct domain *dom)
{
    uint64_t lived = loop_now_usec() - dom->restarted_usec;

    if (!dom->restarted_usec || lived > RESTART_SOON_USEC + dom->restart_delay_usec)
        dom->restart_delay_usec = 0;
    else if (!dom->restart_delay_usec)
        dom->restart_delay_usec = RESTART_DELAY_USEC;
    else if (dom->restart_delay_usec < RESTART_DELAY_MAX / 2)
        dom->restart_delay_usec *= 2;
    else
        dom->restart_delay_usec = RESTART_DELAY_MAX;
    return dom->restart_delay_usec;
}

static void
restart_granted(struct job *job)
{
    uint64_t delay = restart_delay(job->dom);

    if (delay)
        log_warning("domain '%s' restarts again and again: waiting %.0f s", job->dom->name,
                    (double)delay / 1e6);
    loop_timer_init(&job->delay, job->daemon->loop, restart_due, job);
    loop_timer_start(&job->delay, delay);
}

static void
restart_due(void *arg)
{
    struct job    *job = arg;
    struct domain *dom = job->dom;

    /* Each half's record has all that the second one needs. */
    job->xml = domain_def_format(dom->def, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE);
    job_run_worker(job, WORKER_DESTROY);
}

static void
restart_old_gone(struct job *job, const struct err *err)
{
    struct err aborted;

    if (!err) {
        domain_gone(job->dom);
        if (job->state == JOB_ABORTING) {
            err_set(&aborted, ERR_OPERATION_ABORTED, "aborted");
            err = &aborted;
        }
    }
    if (err)
        job_finish(job, err);
    else
        restart_create(job);
}

static void
restart_create(struct job *job)
{
    job_run_worker(job, WORKER_CREATE);
}

static void
restart_done(struct job *job, const struct err *err)
{
    struct domain *dom = job->dom;

    /* A worker that died is no reason for a guest not to come back. */
    if (err && job->undone && !job->retried && job->state != JOB_ABORTING) {
        job->retried = true;
        restart_create(job);
        return;
    }
    if (!err) {
        dom->running_reason = RUNNING_BOOTED;
        dom->restarted_usec = loop_now_usec();
        domain_announce_started(dom, STARTED_BOOTED);
    }
    job_finish(job, err);
}

static void
restart_worker_done(struct job *job, int domid, const struct err *err)
{
    (void)domid;
    if (job->task == WORKER_DESTROY)
        restart_old_gone(job, err);
    else
        restart_done(job, err);
}

static void
restart_abort(struct job *job)
{
    struct err aborted;

    if (loop_timer_is_active(&job->delay)) {
        err_set(&aborted, ERR_OPERATION_ABORTED, "aborted");
        job_finish(job, &aborted);
    } else if (job->task == WORKER_CREATE) {
        job_abort_worker(job);
    }
}

const struct job_operation op_restart = {
    .name = "restart",
    .granted = restart_granted,
    .abort = restart_abort,
    .worker_done = restart_worker_done,
};
