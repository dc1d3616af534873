/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/handlers.h"
#include "api/job-params.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "config.h"
#include "daemon.h"
#include "domain/domain.h"
#include "driver/host.h"
#include "job.h"
#include "pool.h"
#include "record.h"
#include "rpc/events.h"
#include "rpc/request.h"

/* How long an aborted job may take before its worker is killed for the sake of a destroy. */
#define GRACE_USEC 3000000

/* How many jobs that ended are remembered, for job_wait and job_log. */
#define ENDED_MAX 64

struct ended {
    uint64_t   id;
    struct err err; /* code ERR_NONE: it succeeded */
    char      *log;
    TAILQ_ENTRY(ended) link;
};

/* Somebody waits for a job's end. */
struct waiter {
    struct jobs    *jobs;
    uint64_t        id;
    struct request *req;
    TAILQ_ENTRY(waiter) link;
};

struct jobs {
    struct daemon   *daemon;
    uint64_t         last_id;
    unsigned         count;
    struct job_queue all;
    TAILQ_HEAD(, waiter) waiters;
    TAILQ_HEAD(, ended) ended;
    unsigned n_ended;
};

static void job_granted(void *arg);
static void grace_over(void *arg);
static void conclude(struct job *job, const struct err *err);

/*----- all jobs -----*/

const struct job_operation *
job_operation_by_name(const char *name)
{
    static const struct job_operation *const all[] = {&op_create,  &op_restore, &op_save,
                                                      &op_destroy, &op_restart, &op_dump,
                                                      &op_pause,   &op_unpause};

    for (size_t n = 0; n < array_size(all); n++)
        if (strcmp(all[n]->name, name) == 0)
            return all[n];
    return NULL;
}

static char *
last_id_path(const struct jobs *jobs)
{
    return xasprintf("%s/last-job", jobs->daemon->config->run_dir);
}

static uint64_t
read_last_id(const struct jobs *jobs)
{
    cleanup_free char *path = last_id_path(jobs);
    cleanup_free char *text = NULL;
    struct err         err;

    return file_read(path, 64, &text, NULL, &err) < 0 ? 0 : strtoull(text, NULL, 10);
}

struct jobs *
jobs_new(struct daemon *daemon)
{
    struct jobs *jobs = xcalloc(1, sizeof *jobs);

    jobs->daemon = daemon;
    TAILQ_INIT(&jobs->all);
    TAILQ_INIT(&jobs->waiters);
    TAILQ_INIT(&jobs->ended);
    jobs->last_id = read_last_id(jobs);
    return jobs;
}

static void
forget_oldest(struct jobs *jobs)
{
    struct ended *ended = TAILQ_FIRST(&jobs->ended);

    TAILQ_REMOVE(&jobs->ended, ended, link);
    jobs->n_ended--;
    free(ended->log);
    free(ended);
}

unsigned
jobs_count(const struct jobs *jobs)
{
    return jobs->count;
}

struct job *
jobs_first(const struct jobs *jobs)
{
    return TAILQ_FIRST(&jobs->all);
}

struct job *
jobs_by_id(const struct jobs *jobs, uint64_t id)
{
    struct job *job;

    TAILQ_FOREACH (job, &jobs->all, in_all)
        if (job->id == id)
            return job;
    return NULL;
}

/*----- begin -----*/

/* A number that was given is never given again, not even by the next daemon. */
static void
keep_last_id(struct jobs *jobs)
{
    cleanup_free char *path = last_id_path(jobs);
    char               text[24];
    struct err         err;

    snprintf(text, sizeof text, "%llu\n", (unsigned long long)jobs->last_id);
    if (file_replace(path, text, strlen(text), 0600, &err) < 0)
        log_warning("%s", err.message);
}

static struct job *
job_make(struct daemon *daemon, const struct job_operation *operation, uint64_t id)
{
    struct jobs *jobs = daemon->jobs;
    struct job  *job = xcalloc(1, sizeof *job);

    job->id = id;
    job->daemon = daemon;
    job->operation = operation;
    job->stop_detail = -1;
    loop_defer_init(&job->wake, daemon->loop, job_granted, job);
    loop_timer_init(&job->grace, daemon->loop, grace_over, job);
    loop_timer_init(&job->delay, daemon->loop, NULL, NULL);
    TAILQ_INSERT_TAIL(&jobs->all, job, in_all);
    jobs->count++;
    return job;
}

struct job *
job_new_adopted(struct daemon *daemon, const struct job_operation *operation, uint64_t id)
{
    struct job *job = job_make(daemon, operation, id);

    job->begun_usec = loop_now_usec();
    return job;
}

struct job *
job_new(struct daemon *daemon, const struct job_operation *operation, struct domain *dom,
        struct request *req)
{
    struct job *job = job_make(daemon, operation, ++daemon->jobs->last_id);

    keep_last_id(daemon->jobs);
    job->dom = dom;
    job->req = req;
    job->conn_id = req ? request_conn_id(req) : 0;
    job->serial = req ? request_serial(req) : 0;
    return job;
}

static void
job_granted(void *arg)
{
    struct job *job = arg;

    job->state = JOB_RUNNING;
    job->begun_usec = loop_now_usec();
    job->operation->granted(job);
}

static unsigned
queue_length(const struct domain *dom)
{
    struct job *job;
    unsigned    n = 0;

    TAILQ_FOREACH (job, &dom->jobs, in_domain)
        n++;
    return n;
}

static void
enqueue(struct job *job)
{
    TAILQ_INSERT_TAIL(&job->dom->jobs, job, in_domain);
    job->in_queue = true;
}

static void
dequeue(struct job *job)
{
    if (job->in_queue)
        TAILQ_REMOVE(&job->dom->jobs, job, in_domain);
    job->in_queue = false;
}

struct job *
job_of_domain(const struct domain *dom)
{
    return TAILQ_FIRST(&dom->jobs);
}

void
job_wake_first(struct domain *dom)
{
    struct job *first = job_of_domain(dom);

    if (first && first->state == JOB_QUEUED)
        loop_defer_start(&first->wake);
}

/* The job's memory; it is in no domain's queue any more. */
static void
job_free(struct job *job)
{
    struct jobs *jobs = job->daemon->jobs;

    loop_defer_stop(&job->wake);
    loop_timer_stop(&job->grace);
    loop_timer_stop(&job->delay);
    TAILQ_REMOVE(&jobs->all, job, in_all);
    jobs->count--;
    free(job->path);
    free(job->xml);
    free(job->log);
    free(job);
}

/* What the daemon does by itself is never too much. */
static int
check_count(const struct job *job, struct err *err)
{
    unsigned max = job->daemon->config->max_jobs;

    if (!job->req || jobs_count(job->daemon->jobs) <= max)
        return 0;
    return err_set(err, ERR_RESOURCE_BUSY, "there are %u jobs already, of max_jobs %u", max, max);
}

/* What the daemon does by itself the next one does too, for the same reason. */
static void
keep_record(struct job *job)
{
    if (job->req)
        job_record_write(job);
}

void
job_submit(struct job *job)
{
    struct domain *dom = job->dom;
    unsigned       max = job->daemon->config->max_queued_jobs;
    struct err     err;

    job->begun_usec = loop_now_usec();
    if (check_count(job, &err) < 0) {
        job_finish(job, &err);
        return;
    }
    if (dom && queue_length(dom) > max) {
        err_set(&err, ERR_RESOURCE_BUSY, "domain '%s' has %u jobs waiting already", dom->name, max);
        job_finish(job, &err);
        return;
    }
    keep_record(job);
    if (dom) {
        enqueue(job);
        job_wake_first(dom);
    } else {
        loop_defer_start(&job->wake);
    }
}

void
job_join(struct job *job, struct domain *dom)
{
    assert(!job->dom && TAILQ_EMPTY(&dom->jobs));
    job->dom = dom;
    enqueue(job);
}

/* All that wait end, for the domain goes. */
static void
end_others(const struct job *first)
{
    struct domain *dom = first->dom;
    struct job    *job = TAILQ_FIRST(&dom->jobs);
    struct err     err;

    err_set(&err, ERR_OPERATION_ABORTED, "aborted: domain '%s' is being destroyed", dom->name);
    while (job) {
        struct job *next = TAILQ_NEXT(job, in_domain);

        if (job->state == JOB_QUEUED && job != first)
            conclude(job, &err);
        job = next;
    }
}

void
job_submit_first(struct job *job)
{
    struct domain *dom = job->dom;
    struct job    *holder;

    job->begun_usec = loop_now_usec();
    keep_record(job);
    enqueue(job);
    end_others(job);
    holder = job_of_domain(dom);
    if (holder == job) {
        job_wake_first(dom);
    } else if (holder->operation->abort) {
        struct err err;

        loop_timer_start(&holder->grace, GRACE_USEC);
        (void)job_abort(holder, &err); /* may free holder: must be last */
    }
}

/*----- abort -----*/

int
job_abort(struct job *job, struct err *err)
{
    if (job->state == JOB_QUEUED) {
        struct err why;

        err_set(&why, ERR_OPERATION_ABORTED, "aborted before it began");
        job_finish(job, &why);
        return 0;
    }
    if (!job->operation->abort)
        return err_set(err, ERR_OPERATION_INVALID,
                       "Requested operation is not valid: %s cannot be aborted",
                       job->operation->name);
    if (job->state == JOB_RUNNING) {
        job->state = JOB_ABORTING;
        job_record_remove(job);
        job->operation->abort(job); /* may free job: must be last */
    }
    return 0;
}

static void
grace_over(void *arg)
{
    struct job *job = arg;

    log_warning("job %llu (%s) does not heed its abort: its worker is killed",
                (unsigned long long)job->id, job->operation->name);
    if (job->worker)
        worker_kill(job->worker);
}

/*----- end -----*/

static void
answer_waiters(struct jobs *jobs, uint64_t id, const struct err *err)
{
    struct waiter *waiter = TAILQ_FIRST(&jobs->waiters);

    while (waiter) {
        struct waiter *next = TAILQ_NEXT(waiter, link);

        if (waiter->id == id) {
            TAILQ_REMOVE(&jobs->waiters, waiter, link);
            reply_job_wait(waiter->req,
                           &(dom0d_job_wait_ret){.code = (int)err->code,
                                                 .message = (char *)(uintptr_t)err->message});
            free(waiter);
        }
        waiter = next;
    }
}

static void
remember(struct job *job, const struct err *err)
{
    struct jobs  *jobs = job->daemon->jobs;
    struct ended *ended = xcalloc(1, sizeof *ended);

    ended->id = job->id;
    if (err)
        ended->err = *err;
    ended->log = take_ptr(job->log);
    TAILQ_INSERT_TAIL(&jobs->ended, ended, link);
    if (++jobs->n_ended > ENDED_MAX)
        forget_oldest(jobs);
    answer_waiters(jobs, job->id, &ended->err);
}

static void
log_end(const struct job *job, const struct err *err)
{
    char             uuid[UUID_TEXT_SIZE];
    struct log_about about = {.domain = NULL};
    double           seconds = (double)(loop_now_usec() - job->begun_usec) / 1e6;

    if (job->dom)
        about = domain_for_log(job->dom, uuid);
    about.job = job->id;
    about.operation = job->operation->name;
    if (err)
        log_about(LOG_LEVEL_WARNING, &about, "%s failed after %.2f s: %s", about.operation, seconds,
                  err->message);
    else
        log_about(LOG_LEVEL_INFO, &about, "%s done in %.2f s", about.operation, seconds);
}

static void
answer(struct job *job, const struct err *err)
{
    if (!job->req)
        return;
    if (err)
        request_fail(take_ptr(job->req), err);
    else if (job->operation->reply)
        job->operation->reply(job);
    else
        request_reply(take_ptr(job->req), NULL);
    job->req = NULL;
}

/* The domain keeps what its last job did, for domjobinfo --completed, and its clients hear of it.
 */
static void
tell_domain(struct job *job, const struct err *err)
{
    struct domain      *dom = job->dom;
    struct params       params;
    struct event_domain about = domain_for_event(dom);

    job_get_stats(job, &dom->last_job);
    dom->last_job.ended = true;
    dom->last_job.result = err ? err->code : ERR_NONE;
    if (!job->operation->libvirt)
        return;
    job_params_fill(&params, &dom->last_job);
    events_job_completed(job->daemon->events, &about, params.list, params.count);
    params_clear(&params);
}

/* What becomes of it when the daemon stops. */
static const char *
fate_of(const struct job *job)
{
    if (job->worker)
        return "the operation goes on without it";
    return job->recorded ? "the next one takes up the operation" : "the operation was not begun";
}

static void
abandon(struct job *job)
{
    struct err err;

    err_set(&err, ERR_OPERATION_FAILED, "the daemon stops; %s", fate_of(job));
    if (job->req)
        request_fail(take_ptr(job->req), &err);
    dequeue(job);
    job_free(job);
}

/* Whether it has begun or not; what that means for its domain is not looked at. */
static void
conclude(struct job *job, const struct err *err)
{
    struct domain *dom = job->dom;

    job_record_remove(job);
    log_end(job, err);
    if (dom)
        domain_forget_info(dom);
    if (dom && !err && job->stop_detail >= 0)
        dom->stop_detail = job->stop_detail;
    if (dom && job->state != JOB_QUEUED)
        tell_domain(job, err);
    answer(job, err);
    remember(job, err);
    dequeue(job);
    job_free(job);
}

void
job_finish(struct job *job, const struct err *err)
{
    struct domain *dom = job->dom;

    if (job->daemon->stopping && job->recorded) {
        abandon(job);
        return;
    }
    conclude(job, err);
    if (dom)
        domain_settle(dom); /* may free dom: must be last */
}

void
job_get_stats(const struct job *job, struct job_stats *stats_out)
{
    *stats_out = (struct job_stats){.operation = job->operation,
                                    .elapsed_usec = loop_now_usec() - job->begun_usec,
                                    .processed = job->processed,
                                    .total = job->total};
}

/*----- jobs that ended -----*/

static const struct ended *
ended_by_id(const struct jobs *jobs, uint64_t id)
{
    const struct ended *ended;

    TAILQ_FOREACH (ended, &jobs->ended, link)
        if (ended->id == id)
            return ended;
    return NULL;
}

static void
waiter_gone(void *arg)
{
    struct waiter *waiter = arg;

    TAILQ_REMOVE(&waiter->jobs->waiters, waiter, link);
    free(waiter);
}

void
job_wait(struct jobs *jobs, uint64_t id, struct request *req)
{
    const struct ended *ended = ended_by_id(jobs, id);
    struct waiter      *waiter;

    if (ended) {
        reply_job_wait(req,
                       &(dom0d_job_wait_ret){.code = (int)ended->err.code,
                                             .message = (char *)(uintptr_t)ended->err.message});
        return;
    }
    if (!jobs_by_id(jobs, id)) {
        request_fail_with(req, ERR_INVALID_ARG, "no job %llu is known", (unsigned long long)id);
        return;
    }
    waiter = xcalloc(1, sizeof *waiter);
    waiter->jobs = jobs;
    waiter->id = id;
    waiter->req = req;
    request_on_gone(req, waiter_gone, waiter);
    TAILQ_INSERT_TAIL(&jobs->waiters, waiter, link);
}

const char *
jobs_log(const struct jobs *jobs, uint64_t id)
{
    const struct ended *ended = ended_by_id(jobs, id);

    return ended ? ended->log : NULL;
}

void
jobs_free(struct jobs *jobs)
{
    struct waiter *waiter;
    struct job    *job;

    if (!jobs)
        return;
    while ((job = TAILQ_FIRST(&jobs->all)))
        abandon(job);
    while ((waiter = TAILQ_FIRST(&jobs->waiters))) {
        TAILQ_REMOVE(&jobs->waiters, waiter, link);
        request_fail_with(waiter->req, ERR_OPERATION_FAILED, "the daemon stops");
        free(waiter);
    }
    while (!TAILQ_EMPTY(&jobs->ended))
        forget_oldest(jobs);
    free(jobs);
}
