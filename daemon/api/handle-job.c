/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle-job.c: how far jobs are, waiting for them, ending them.
 */
#include <string.h>

#include "base/alloc.h"
#include "daemon.h"
#include "handlers.h"
#include "job-params.h"
#include "job/history.h"
#include "job/job.h"
#include "wire/libvirt.h"
#include "wire/worker.h"

/* The figures of the job that holds the domain; operation NULL where none does. */
static void
job_stats_of(const struct domain *dom, struct job_stats *stats_out)
{
    const struct job *job = job_of_domain(dom);

    *stats_out = (struct job_stats){.operation = NULL};
    if (job)
        job_get_stats(job, stats_out);
}

void
handle_domain_get_job_info(struct request *req, struct domain *dom,
                           const remote_domain_get_job_info_args *args)
{
    struct job_stats               stats;
    remote_domain_get_job_info_ret ret = {.type = 0};

    (void)args;
    job_stats_of(dom, &stats);
    ret.type = job_type(&stats);
    ret.timeElapsed = stats.elapsed_usec / 1000;
    ret.timeRemaining = job_remaining_usec(&stats) / 1000;
    ret.dataTotal = ret.memTotal = stats.total;
    ret.dataProcessed = ret.memProcessed = stats.processed;
    ret.dataRemaining = ret.memRemaining =
        stats.total > stats.processed ? stats.total - stats.processed : 0;
    reply_domain_get_job_info(req, &ret);
}

void
handle_domain_get_job_stats(struct request *req, struct domain *dom,
                            const remote_domain_get_job_stats_args *args)
{
    struct job_stats                stats;
    struct params                   params;
    remote_domain_get_job_stats_ret ret = {.type = 0};

    job_stats_of(dom, &stats);
    if (args->flags & JOB_STATS_COMPLETED)
        stats = job_last_of_domain(dom);
    job_params_fill(&params, &stats);
    ret.type = job_type(&stats);
    ret.params.params_val = params.list;
    ret.params.params_len = params.count;
    reply_domain_get_job_stats(req, &ret);
    params_clear(&params);
}

/*----- abort -----*/

static void
job_abort_for(struct request *req, struct job *job)
{
    struct err err;

    if (job_abort(job, &err) < 0)
        request_fail(req, &err);
    else
        request_reply(req, NULL);
}

static void
job_abort_of_domain(struct request *req, const struct domain *dom)
{
    if (job_of_domain(dom))
        job_abort_for(req, job_of_domain(dom));
    else
        request_fail_libvirt(req, ERR_OPERATION_INVALID, "no job is active on domain '%s'",
                             dom->name);
}

void
handle_domain_abort_job(struct request *req, struct domain *dom,
                        const remote_domain_abort_job_args *args)
{
    (void)args;
    job_abort_of_domain(req, dom);
}

void
handle_domain_abort_job_flags(struct request *req, struct domain *dom,
                              const remote_domain_abort_job_flags_args *args)
{
    (void)args;
    job_abort_of_domain(req, dom);
}

void
handle_job_abort(struct request *req, const dom0d_job_id_args *args)
{
    struct job *job = jobs_by_id(request_daemon(req)->jobs, args->id);

    if (job)
        job_abort_for(req, job);
    else
        request_fail_libvirt(req, ERR_OPERATION_INVALID, "there is no job %llu",
                             (unsigned long long)args->id);
}

/*----- what dom0d adds -----*/

static dom0d_job_state
job_wire_state(const struct job *job)
{
    if (job->state == JOB_QUEUED)
        return DOM0D_JOB_QUEUED;
    return job->abort_asked ? DOM0D_JOB_ABORTING : DOM0D_JOB_RUNNING;
}

static void
job_describe(const struct job *job, uint64_t conn_id, dom0d_job *out)
{
    struct job_stats stats;

    job_get_stats(job, &stats);
    *out = (dom0d_job){.id = job->id,
                       .operation = (char *)(uintptr_t)job->operation->name,
                       .domain = (char *)(uintptr_t)(job->dom ? job->dom->name : ""),
                       .state = job_wire_state(job),
                       .elapsed_usec = stats.elapsed_usec,
                       .processed = stats.processed,
                       .total = stats.total,
                       .own = job->owner.conn_id == conn_id,
                       .serial = job->owner.serial};
    if (job->dom)
        memcpy(out->uuid, job->dom->uuid, sizeof out->uuid);
}

void
handle_job_list(struct request *req, const rpc_void *args)
{
    const struct jobs      *jobs = request_daemon(req)->jobs;
    cleanup_free dom0d_job *list = xcalloc(jobs_count(jobs), sizeof *list);
    dom0d_job_list_ret      ret = {.jobs.jobs_val = list};
    const struct job       *job;

    (void)args;
    for (job = jobs_first(jobs); job && ret.jobs.jobs_len < DOM0D_JOB_LIST_MAX;
         job = TAILQ_NEXT(job, in_all))
        job_describe(job, request_conn_id(req), &list[ret.jobs.jobs_len++]);
    reply_job_list(req, &ret);
}

static void
job_wait_answer(struct request *req, const struct err *end)
{
    reply_job_wait(req, &(dom0d_job_wait_ret){.code = (int)end->code,
                                              .message = (char *)(uintptr_t)end->message});
}

static void
job_wait_done(void *arg, const struct err *end)
{
    job_wait_answer(arg, end);
}

static void
job_wait_gone(void *arg)
{
    history_wait_stop(arg);
}

static void
job_wait_for(struct request *req, struct jobs *jobs, uint64_t id)
{
    if (request_check_waiting(req))
        request_on_gone(req, job_wait_gone,
                        history_wait(jobs_history(jobs), id, job_wait_done, req));
}

void
handle_job_wait(struct request *req, const dom0d_job_id_args *args)
{
    struct jobs      *jobs = request_daemon(req)->jobs;
    const struct err *end = history_end(jobs_history(jobs), args->id);

    if (end)
        job_wait_answer(req, end);
    else if (jobs_by_id(jobs, args->id))
        job_wait_for(req, jobs, args->id);
    else
        request_fail_with(req, ERR_INVALID_ARG, "no job %llu is known",
                          (unsigned long long)args->id);
}

void
handle_job_log(struct request *req, const dom0d_job_id_args *args)
{
    const char *log = history_log(jobs_history(request_daemon(req)->jobs), args->id);

    if (log)
        reply_job_log(req, &(dom0d_job_log_ret){.log = (char *)(uintptr_t)log});
    else
        request_fail_with(req, ERR_INVALID_ARG, "no log of job %llu is known",
                          (unsigned long long)args->id);
}
