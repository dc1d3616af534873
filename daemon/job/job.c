/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "cleanup.h"
#include "given-up.h"
#include "history.h"
#include "ops.h"
#include "private.h"
#include "record.h"
#include "task.h"

/* How long an aborted job may take before its worker is killed. */
#define GRACE_USEC 3000000

static loop_fn job_granted;
static loop_fn job_limit_over;

/*----- all jobs -----*/

static char *
jobs_last_id_path(const struct jobs *jobs)
{
    return xasprintf("%s/last-job", jobs->limits->run_dir);
}

/* 0: it does not say. */
static uint64_t
jobs_read_last_id(const struct jobs *jobs)
{
    cleanup_free char *path = jobs_last_id_path(jobs);
    cleanup_free char *text = NULL;
    size_t             size;
    char              *end;
    uint64_t           id;
    struct err         err;

    if (file_read(path, 64, &text, &size, &err) < 0)
        return 0;
    id = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || end + 1 != text + size || *end != '\n' ||
        id > JOB_ID_MAX) {
        log_warning("%s is damaged: numbers of jobs go on above those of all records", path);
        return 0;
    }
    return id;
}

void
jobs_note_id(struct jobs *jobs, uint64_t id)
{
    if (id <= JOB_ID_MAX && jobs->last_id < id)
        jobs->last_id = id;
}

int
jobs_keep_last_id(struct jobs *jobs, struct err *err)
{
    cleanup_free char *path = jobs_last_id_path(jobs);
    char               text[24];

    if (jobs->kept_id == jobs->last_id)
        return 0;
    snprintf(text, sizeof text, "%" PRIu64 "\n", jobs->last_id);
    if (file_replace(path, text, strlen(text), 0600, err) < 0)
        return err_prefix(err, "the number of the job cannot be kept");
    jobs->kept_id = jobs->last_id;
    return 0;
}

struct jobs *
jobs_new(struct loop *loop, const struct job_limits *limits, struct domains *domains,
         struct pool *pool, const struct job_observer *observer, void *arg)
{
    struct jobs *jobs = xcalloc(1, sizeof *jobs);

    jobs->loop = loop;
    jobs->limits = limits;
    jobs->domains = domains;
    jobs->pool = pool;
    jobs->observer = observer;
    jobs->arg = arg;
    jobs->history = history_new(limits->run_dir);
    TAILQ_INIT(&jobs->all);
    LIST_INIT(&jobs->cleanups);
    LIST_INIT(&jobs->given_up);
    jobs_recover_init(jobs);
    jobs->kept_id = jobs_read_last_id(jobs);
    jobs->last_id = jobs->kept_id;
    jobs_note_id(jobs, history_last_id(jobs->history));
    return jobs;
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

struct domains *
jobs_domains(const struct jobs *jobs)
{
    return jobs->domains;
}

struct history *
jobs_history(const struct jobs *jobs)
{
    return jobs->history;
}

/*----- the queue of a domain -----*/

struct domain_jobs *
domain_jobs(struct domain *dom)
{
    struct domain_jobs *mine = dom->work.more;

    if (!mine) {
        mine = dom->work.more = xcalloc(1, sizeof *mine);
        TAILQ_INIT(&mine->queue);
        TAILQ_INIT(&mine->definitions);
    }
    return mine;
}

static struct job_queue *
job_queue_of(const struct job *job)
{
    struct domain_jobs *mine = domain_jobs(job->dom);

    return job->operation->of_definition ? &mine->definitions : &mine->queue;
}

static unsigned *
job_count_of(const struct job *job)
{
    struct domain_work *work = &job->dom->work;

    return job->operation->of_definition ? &work->definitions : &work->count;
}

void
domain_jobs_free(struct domain *dom)
{
    struct domain_jobs *mine = dom->work.more;

    if (mine)
        free(mine->lost_core);
    free(take_ptr(dom->work.more));
}

void
domain_note_lost_core(struct domain *dom, const char *why)
{
    struct domain_jobs *mine = domain_jobs(dom);

    free(mine->lost_core);
    mine->lost_core = xasprintf("; its core could not be written: %s", why);
}

struct job *
job_of_domain(const struct domain *dom)
{
    const struct domain_jobs *mine = dom->work.more;

    return mine ? TAILQ_FIRST(&mine->queue) : NULL;
}

struct job *
job_of_definition(const struct domain *dom)
{
    const struct domain_jobs *mine = dom->work.more;

    return mine ? TAILQ_FIRST(&mine->definitions) : NULL;
}

struct job_stats
job_last_of_domain(const struct domain *dom)
{
    const struct domain_jobs *mine = dom->work.more;

    return mine ? mine->last : (struct job_stats){.operation = NULL};
}

/* The domain's state tells what is done to it. */
static void
job_show_activity(struct domain *dom)
{
    const struct job *first = job_of_domain(dom);

    dom->work.activity =
        first && first->state != JOB_QUEUED ? first->operation->activity : DOMAIN_IDLE;
}

static void
job_enqueue(struct job *job)
{
    TAILQ_INSERT_TAIL(job_queue_of(job), job, in_domain);
    job->in_queue = true;
    ++*job_count_of(job);
    job_show_activity(job->dom);
}

static void
job_dequeue(struct job *job)
{
    if (!job->in_queue)
        return;
    TAILQ_REMOVE(job_queue_of(job), job, in_domain);
    job->in_queue = false;
    --*job_count_of(job);
    job_show_activity(job->dom);
}

static void
job_wake(struct job *first)
{
    if (first && first->state == JOB_QUEUED)
        loop_defer_start(&first->wake);
}

void
job_wake_first(struct domain *dom)
{
    job_wake(job_of_domain(dom));
}

/*----- begin -----*/

struct job *
job_new_adopted(struct jobs *jobs, const struct job_operation *operation, uint64_t id)
{
    struct job *job = xcalloc(1, operation->size);

    job->id = id;
    jobs_note_id(jobs, id);
    job->jobs = jobs;
    job->operation = operation;
    job->stop_detail = -1;
    job->begun_usec = loop_now_usec();
    loop_defer_init(&job->wake, jobs->loop, job_granted, job);
    loop_timer_init(&job->limit, jobs->loop, job_limit_over, job);
    if (operation->task)
        task_init(job_task(job), job);
    TAILQ_INSERT_TAIL(&jobs->all, job, in_all);
    jobs->count++;
    return job;
}

struct job *
job_new(struct jobs *jobs, const struct job_operation *operation, struct domain *dom,
        const struct job_owner *owner)
{
    struct job *job = job_new_adopted(jobs, operation, jobs->last_id + 1);

    job->dom = dom;
    if (owner)
        job->owner = *owner;
    return job;
}

static void
job_free(struct job *job)
{
    assert(!job->in_queue);
    loop_defer_stop(&job->wake);
    loop_timer_stop(&job->limit);
    if (job->operation->clear)
        job->operation->clear(job);
    if (job->operation->task)
        task_clear(job_task(job));
    TAILQ_REMOVE(&job->jobs->all, job, in_all);
    job->jobs->count--;
    free(job);
}

static void
job_granted(void *arg)
{
    struct job *job = arg;

    job->state = JOB_RUNNING;
    job->begun_usec = loop_now_usec();
    if (job->dom)
        job_show_activity(job->dom);
    job->operation->granted(job);
}

/* What the daemon does by itself is never too much, and the next daemon does it too, for the same
 * reason. */
static bool
job_is_asked_for(const struct job *job)
{
    return job->owner.done;
}

static int
job_check_room(const struct job *job, struct err *err)
{
    const struct job_limits *limits = job->jobs->limits;

    if (job_is_asked_for(job) && job->jobs->count > limits->max_jobs)
        return err_set(err, ERR_RESOURCE_BUSY, "there are %u jobs already, of max_jobs %u",
                       limits->max_jobs, limits->max_jobs);
    if (job_is_asked_for(job) && job->dom && *job_count_of(job) > limits->max_queued_jobs)
        return err_set(err, ERR_RESOURCE_BUSY, "domain '%s' has %u jobs waiting already",
                       job->dom->name, limits->max_queued_jobs);
    return 0;
}

/* A client finds its job by the number, under the next daemon too.  What the daemon does by itself
 * has it kept when it comes to a worker. */
static int
job_keep_number(const struct job *job, struct err *err)
{
    if (jobs_keep_last_id(job->jobs, err) == 0)
        return 0;
    return job_is_asked_for(job) && !job->operation->unrecorded ? -1 : 0;
}

void
job_submit(struct job *job)
{
    struct err err;

    job->begun_usec = loop_now_usec();
    if (job_check_room(job, &err) < 0 || job_keep_number(job, &err) < 0) {
        job_finish(job, &err);
        return;
    }
    if (job_is_asked_for(job))
        job_record_write(job);
    if (job->dom) {
        job_enqueue(job);
        job_wake(TAILQ_FIRST(job_queue_of(job)));
    } else {
        loop_defer_start(&job->wake);
    }
}

void
job_join(struct job *job, struct domain *dom)
{
    assert(!job->dom);
    job->dom = dom;
    assert(TAILQ_EMPTY(job_queue_of(job)));
    job_enqueue(job);
}

static void job_conclude(struct job *job, const struct err *err);

bool
job_destroy_waits(const struct job *job)
{
    const struct job *next = job->in_queue ? TAILQ_NEXT(job, in_domain) : NULL;

    return next && next->goes_first;
}

/* The destroy that another one waits for: it is asked for, or under way. */
static bool
job_is_destroy_of(const struct job *job, const struct job_operation *operation)
{
    return job->operation == operation && (job->goes_first || job->state != JOB_QUEUED);
}

/* All that have joined a job that has come to its end are answered as that is. */
static void
job_end_joined(struct domain *dom, const struct job_operation *operation, const struct err *err)
{
    struct job *job = job_of_domain(dom), *next;

    for (; job; job = next) {
        next = TAILQ_NEXT(job, in_domain);
        if (job->state == JOB_QUEUED && job_is_destroy_of(job, operation))
            job_conclude(job, err);
    }
}

/* All that wait end, for the domain goes. */
static void
job_end_others(const struct job *first)
{
    struct domain *dom = first->dom;
    struct job    *job = job_of_domain(dom), *next;
    struct err     err;

    err_set(&err, ERR_OPERATION_ABORTED, "aborted: domain '%s' is being destroyed", dom->name);
    for (; job; job = next) {
        next = TAILQ_NEXT(job, in_domain);
        if (job->state == JOB_QUEUED && !job_is_destroy_of(job, first->operation))
            job_conclude(job, &err);
    }
}

void
job_submit_first(struct job *job)
{
    struct job *holder;
    struct err  err;

    job->begun_usec = loop_now_usec();
    job->goes_first = true;
    (void)job_keep_number(job, &err);
    if (job_is_asked_for(job))
        job_record_write(job);
    job_enqueue(job);
    job_end_others(job);
    holder = job_of_domain(job->dom);
    if (holder == job)
        job_wake_first(job->dom);
    else if (holder->state == JOB_HELD || (holder->operation->abort && holder->state != JOB_QUEUED))
        (void)job_abort(holder, &err); /* may free holder: must be last */
}

/*----- held -----*/

void
job_hold(struct job *job, uint64_t usec)
{
    assert(job->state == JOB_RUNNING);
    job->state = JOB_HELD;
    loop_timer_start(&job->limit, usec);
}

void
job_go_on(struct job *job)
{
    assert(job->state == JOB_HELD);
    job->state = JOB_RUNNING;
    loop_timer_stop(&job->limit);
}

/* There is no work under way that could be told to end. */
static void
job_end_held(struct job *job, const char *why)
{
    struct err err;

    err_set(&err, ERR_OPERATION_ABORTED, "%s", why);
    job_finish(job, &err); /* must be last */
}

void
jobs_owner_gone(struct jobs *jobs, uint64_t conn_id)
{
    struct job *job = jobs_first(jobs), *next;

    for (; job; job = next) {
        next = TAILQ_NEXT(job, in_all);
        if (job->state == JOB_HELD && job->owner.conn_id == conn_id)
            job_end_held(job, "aborted: the client that held the domain has gone");
    }
}

static void
job_limit_over(void *arg)
{
    struct job *job = arg;

    if (job->state == JOB_HELD) {
        job_end_held(job, "aborted: nothing was done for too long");
        return;
    }
    if (job->operation->task)
        task_grace_over(job_task(job));
}

/*----- abort -----*/

bool
job_was_aborted(const struct job *job, struct err *err)
{
    if (job->abort_asked)
        err_set(err, ERR_OPERATION_ABORTED, "aborted");
    return job->abort_asked;
}

int
job_abort(struct job *job, struct err *err)
{
    if (job->state == JOB_QUEUED || job->state == JOB_HELD) {
        job_end_held(job, job->state == JOB_QUEUED ? "aborted before it began" : "aborted");
        return 0;
    }
    if (!job->operation->abort)
        return err_set_libvirt(err, ERR_OPERATION_INVALID, "%s cannot be aborted",
                               job->operation->name);
    if (job->abort_asked)
        return 0;
    job->abort_asked = true;
    job_record_remove(job);
    loop_timer_start(&job->limit, GRACE_USEC);
    if (job->operation->task)
        task_hurry(job_task(job));
    if (job->state == JOB_RUNNING) {
        job->state = JOB_ABORTING;
        job->operation->abort(job); /* may free job: must be last */
    }
    return 0;
}

/*----- end -----*/

void
job_get_stats(const struct job *job, struct job_stats *stats_out)
{
    *stats_out = (struct job_stats){.operation = job->operation,
                                    .elapsed_usec = loop_now_usec() - job->begun_usec,
                                    .processed = job->processed,
                                    .total = job->total};
}

struct log_about
job_for_log(const struct job *job, char uuid_text[UUID_TEXT_SIZE])
{
    struct log_about about = {.domain = NULL};

    if (job->dom)
        about = domain_for_log(job->dom, uuid_text);
    about.job = job->id;
    about.operation = job->operation->name;
    return about;
}

static void
job_log_end(const struct job *job, const struct err *err)
{
    char             uuid[UUID_TEXT_SIZE];
    struct log_about about = job_for_log(job, uuid);
    double           seconds = (double)(loop_now_usec() - job->begun_usec) / 1e6;
    bool             dumps = job->operation == &op_dump;
    /* Whoever comes next to the domain tells, not who still waits. */
    cleanup_free char *core = job->dom && !dumps && job->state != JOB_QUEUED
                                  ? take_ptr(domain_jobs(job->dom)->lost_core)
                                  : NULL;
    const char        *no_core = core ? core : "";

    if (err)
        log_about(LOG_LEVEL_WARNING, &about, "%s failed after %.2f s: %s%s", about.operation,
                  seconds, err->message, no_core);
    else
        log_about(core ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, &about, "%s done in %.2f s%s",
                  about.operation, seconds, no_core);
}

/* The domain keeps what its last job did, for domjobinfo --completed. */
static void
job_tell_end(const struct job *job, const struct err *err)
{
    struct job_stats *stats = &domain_jobs(job->dom)->last;

    job_get_stats(job, stats);
    stats->ended = true;
    stats->result = err ? err->code : ERR_NONE;
    job->jobs->observer->ended(job->jobs->arg, job, stats);
}

static void
job_answer(struct job *job, const struct err *err)
{
    if (job->owner.done)
        job->owner.done(job->owner.arg, job, err);
    job->owner.done = NULL;
}

/* Whether it has begun or not; what that means for its domain is not looked at. */
static void
job_conclude(struct job *job, const struct err *err)
{
    struct domain *dom = job->dom;

    job_record_remove(job);
    job_log_end(job, err);
    if (dom)
        domain_forget_info(dom);
    if (dom && !err && job->stop_detail >= 0)
        dom->run.stop_detail = job->stop_detail;
    if (dom && job->state != JOB_QUEUED && !job->operation->of_definition)
        job_tell_end(job, err);
    job_answer(job, err);
    history_add(job->jobs->history, job, err,
                job->operation->task ? task_log(job_task(job)) : NULL);
    if (job->operation->task)
        task_forget_left(job_task(job));
    job_dequeue(job);
    job_free(job);
}

/* The next daemon takes it up, or its worker goes on without one. */
static void
job_leave(struct job *job)
{
    bool        at_work = job->operation->task && task_is_running(job_task(job));
    bool        kept = job->recorded || job->state == JOB_REPAIRING;
    const char *fate = at_work ? "the operation goes on without it"
                       : kept  ? "the next one takes up the operation"
                               : "the operation was not begun";
    struct err  err;

    err_set(&err, ERR_OPERATION_FAILED, "the daemon stops; %s", fate);
    job_answer(job, &err);
    job_dequeue(job);
    job_free(job);
}

void
job_finish(struct job *job, const struct err *err)
{
    struct domain              *dom = job->dom;
    const struct job_operation *operation = job->operation;
    bool                        guest = !operation->of_definition;
    bool                        begun = job->state != JOB_QUEUED;
    struct err                  end = {.code = ERR_NONE};
    bool                        stopping = job->jobs->stopping;

    if (stopping && job->recorded) {
        job_leave(job);
        return;
    }
    if (err)
        end = *err;
    job_conclude(job, err);
    if (dom && guest && begun && !stopping)
        job_end_joined(dom, operation, err ? &end : NULL);
    if (dom && !guest && !stopping)
        job_wake(TAILQ_FIRST(&domain_jobs(dom)->definitions));
    /* What has become of the domain is for the next daemon to see. */
    if (dom && !stopping)
        domain_settle(dom);
}

void
jobs_stop(struct jobs *jobs)
{
    jobs->stopping = true;
}

void
jobs_free(struct jobs *jobs)
{
    struct err err;

    if (!jobs)
        return;
    jobs_recover_stop(jobs);
    while (!TAILQ_EMPTY(&jobs->all))
        job_leave(TAILQ_FIRST(&jobs->all));
    cleanups_free(jobs);
    given_up_free_all(jobs);
    err_set(&err, ERR_OPERATION_FAILED, "the daemon stops");
    history_answer_all(jobs->history, &err);
    history_free(jobs->history);
    free(jobs);
}
