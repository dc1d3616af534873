/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-soft-reset.c: a domain goes on with the kernel that its guest has loaded itself.
 *
 *   soft_reset_granted   wait, if it was started or reset a moment ago
 *   soft_reset_due       a worker resets it
 *   soft_reset_done      ... or destroyed it, where that could not be done
 *   soft_reset_due       again later, where the task could not begin
 */
#include "op-soft-reset.h"
#include "base/alloc.h"
#include "base/log.h"
#include "op-restart.h"
#include "ops.h"
#include "private.h"

static loop_fn soft_reset_due;

static void
soft_reset_wait(struct op_soft_reset *op, uint64_t usec)
{
    loop_timer_init(&op->delay, op->job.jobs->loop, soft_reset_due, op);
    loop_timer_start(&op->delay, usec);
}

static void
soft_reset_granted(struct job *job)
{
    uint64_t delay = restart_delay(domain_jobs(job->dom));

    if (delay)
        log_warning("domain '%s' keeps being reset: waiting %.0f s", job->dom->name,
                    (double)delay / 1e6);
    soft_reset_wait(container_of(job, struct op_soft_reset, job), delay);
}

static void
soft_reset_due(void *arg)
{
    task_run(&((struct op_soft_reset *)arg)->task, WORKER_SOFT_RESET);
}

static void
soft_reset_done(struct job *job, const struct err *err)
{
    struct op_soft_reset *op = container_of(job, struct op_soft_reset, job);

    if (err && op->task.refused && !job->abort_asked) {
        /* For want of room in RUN_DIR, of a process or a descriptor: no reason to lose a guest. */
        soft_reset_wait(op, restart_put_off(job, "cannot begin", err));
        return;
    }
    if (!err) {
        domain_jobs(job->dom)->restarted_usec = loop_now_usec();
        domain_revived(job->dom);
    } else if (job->abort_asked) {
        job->dom->run.stop_detail = STOPPED_DESTROYED;
    }
    job_finish(job, err);
}

static void
soft_reset_abort(struct job *job)
{
    struct op_soft_reset *op = container_of(job, struct op_soft_reset, job);
    struct err            aborted;

    if (task_is_running(&op->task)) {
        task_abort(&op->task);
        return;
    }
    (void)job_was_aborted(job, &aborted);
    job_finish(job, &aborted);
}

static void
soft_reset_clear(struct job *job)
{
    struct op_soft_reset *op = container_of(job, struct op_soft_reset, job);

    if (op->delay.loop)
        loop_timer_stop(&op->delay);
}

const struct job_operation op_soft_reset = {
    .name = "soft_reset",
    .activity = DOMAIN_STARTING,
    .size = sizeof(struct op_soft_reset),
    .task = offsetof(struct op_soft_reset, task),
    .granted = soft_reset_granted,
    .abort = soft_reset_abort,
    .worker_done = soft_reset_done,
    .clear = soft_reset_clear,
};
