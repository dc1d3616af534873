/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-restart.c: make an end of a domain and start it anew, because its guest rebooted.
 *
 *   restart_granted    wait, if it was started a moment ago
 *   restart_due        a worker destroys the old one
 *   restart_old_gone   a worker builds the new one
 *   restart_create
 *   restart_new_there
 *   restart_again      instead, where a task could not begin, or the builder died: it is tried
 *                      later, and later each time
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "op-restart.h"
#include "ops.h"
#include "private.h"

/* A guest that lived not this much longer than it last waited is restarted later, and later each
 * time: see dom0d(8). */
#define RESTART_SOON_USEC 5000000u
#define RESTART_DELAY_USEC 1000000u
#define RESTART_DELAY_MAX 60000000u

static loop_fn restart_due;
static void    restart_create(struct op_restart *op);
static void    restart_again(struct op_restart *op, const struct err *err);

static void
restart_lengthen_delay(struct domain_jobs *of_domain)
{
    if (!of_domain->restart_delay_usec)
        of_domain->restart_delay_usec = RESTART_DELAY_USEC;
    else if (of_domain->restart_delay_usec < RESTART_DELAY_MAX / 2)
        of_domain->restart_delay_usec *= 2;
    else
        of_domain->restart_delay_usec = RESTART_DELAY_MAX;
}

uint64_t
restart_delay(struct domain_jobs *of_domain)
{
    uint64_t lived = loop_now_usec() - of_domain->restarted_usec;

    if (!of_domain->restarted_usec || lived > RESTART_SOON_USEC + of_domain->restart_delay_usec)
        of_domain->restart_delay_usec = 0;
    else
        restart_lengthen_delay(of_domain);
    return of_domain->restart_delay_usec;
}

uint64_t
restart_put_off(struct job *job, const char *why, const struct err *err)
{
    struct domain_jobs *of_domain = domain_jobs(job->dom);
    char                uuid[UUID_TEXT_SIZE];
    struct log_about    about = job_for_log(job, uuid);

    restart_lengthen_delay(of_domain);
    log_about(LOG_LEVEL_ERROR, &about, "%s %s; trying again in %.0f s: %s", about.operation, why,
              (double)of_domain->restart_delay_usec / 1e6, err->message);
    return of_domain->restart_delay_usec;
}

static void
restart_wait(struct op_restart *op, uint64_t usec)
{
    loop_timer_init(&op->delay, op->job.jobs->loop, restart_due, op);
    loop_timer_start(&op->delay, usec);
}

static void
restart_granted(struct job *job)
{
    struct op_restart *op = container_of(job, struct op_restart, job);
    uint64_t           delay = restart_delay(domain_jobs(job->dom));

    if (delay)
        log_warning("domain '%s' keeps restarting: waiting %.0f s", job->dom->name,
                    (double)delay / 1e6);
    restart_wait(op, delay);
}

static void
restart_due(void *arg)
{
    struct op_restart *op = arg;

    if (op->task.operation == WORKER_CREATE)
        restart_create(op);
    else
        task_run(&op->task, WORKER_DESTROY);
}

static void
restart_create(struct op_restart *op)
{
    free(op->xml);
    op->xml = domain_def_format(op->job.dom->live, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE);
    task_run(&op->task, WORKER_CREATE);
}

static void
restart_old_gone(struct op_restart *op, const struct err *err)
{
    struct err aborted;

    if (!err)
        domain_gone(op->job.dom);
    if (!err && job_was_aborted(&op->job, &aborted))
        err = &aborted;
    if (err)
        job_finish(&op->job, err);
    else
        restart_create(op);
}

static void
restart_new_there(struct op_restart *op, const struct err *err)
{
    struct domain *dom = op->job.dom;

    if (err && op->task.undone && !op->job.abort_asked) {
        domain_gone(dom); /* the half-built one may have been seen */
        restart_again(op, err);
        return;
    }
    if (!err) {
        domain_jobs(dom)->restarted_usec = loop_now_usec();
        domain_announce_started(dom, STARTED_BOOTED, RUNNING_BOOTED);
    }
    job_finish(&op->job, err);
}

/* For want of room in RUN_DIR, of a process or a descriptor, or because a worker died: that is no
 * reason for a guest not to come back. */
static void
restart_again(struct op_restart *op, const struct err *err)
{
    op->job.state = JOB_RUNNING;
    restart_wait(op, restart_put_off(&op->job, "cannot go on", err));
}

static void
restart_worker_done(struct job *job, const struct err *err)
{
    struct op_restart *op = container_of(job, struct op_restart, job);

    if (err && op->task.refused && !job->abort_asked)
        restart_again(op, err);
    else if (op->task.operation == WORKER_DESTROY)
        restart_old_gone(op, err);
    else
        restart_new_there(op, err);
}

static void
restart_abort(struct job *job)
{
    struct op_restart *op = container_of(job, struct op_restart, job);
    struct err         aborted;

    if (!task_is_running(&op->task)) {
        (void)job_was_aborted(job, &aborted);
        job_finish(job, &aborted);
    } else if (op->task.operation == WORKER_CREATE) {
        task_abort(&op->task);
    }
}

static void
restart_save_params(struct job *job, worker_params *params_out)
{
    const struct op_restart *op = container_of(job, struct op_restart, job);

    if (op->xml)
        *params_out =
            (worker_params){.operation = WORKER_CREATE, .worker_params_u.create = {.xml = op->xml}};
}

static void
restart_load_params(struct job *job, const worker_params *params)
{
    struct op_restart *op = container_of(job, struct op_restart, job);

    if (params->operation == WORKER_CREATE)
        op->xml = xstrdup(params->worker_params_u.create.xml);
}

static void
restart_clear(struct job *job)
{
    struct op_restart *op = container_of(job, struct op_restart, job);

    if (op->delay.loop)
        loop_timer_stop(&op->delay);
    free(op->xml);
}

const struct job_operation op_restart = {
    .name = "restart",
    .activity = DOMAIN_STARTING,
    .size = sizeof(struct op_restart),
    .task = offsetof(struct op_restart, task),
    .granted = restart_granted,
    .abort = restart_abort,
    .worker_done = restart_worker_done,
    .save_params = restart_save_params,
    .load_params = restart_load_params,
    .clear = restart_clear,
};
