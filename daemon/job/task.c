/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/log.h"
#include "conf/domain.h"
#include "given-up.h"
#include "ops.h"
#include "pool.h"
#include "private.h"
#include "record.h"
#include "task.h"
#include "wire/task.h"

/*
 * So long may a worker that is to answer soon say nothing at first: it says something five times a
 * second.  The next one has twice as long, for it may be xenstored that does not answer.
 */
#define SILENCE_USEC 2000000
#define SILENCE_MAX_USEC 32000000

/* So many workers that repair may die; where nobody waits the next one has its turn after a second,
 * then after twice as long each time. */
#define REPAIRS_MAX 5
#define REPAIR_AGAIN_USEC 1000000u

static loop_fn task_is_silent;

/* What must be done and cannot begin, for want of a process or a descriptor, is tried again. */
#define TASK_AGAIN_USEC 1000000

static void    task_begin(struct task *task);
static loop_fn task_turn_came;

void
task_init(struct task *task, struct job *job)
{
    *task = (struct task){.job = job};
    task->patience_usec = SILENCE_USEC;
    loop_timer_init(&task->silence, job->jobs->loop, task_is_silent, task);
    loop_timer_init(&task->again, job->jobs->loop, task_turn_came, task);
}

/* What a worker has found in an image is read. */
struct task_image {
    struct task *task; /* NULL: its worker has ended meanwhile */
};

static void
task_forget_image(struct task *task)
{
    if (task->image)
        task->image->task = NULL;
    task->image = NULL;
}

void
task_clear(struct task *task)
{
    loop_timer_stop(&task->silence);
    loop_timer_stop(&task->again);
    task_forget_image(task);
    free(take_ptr(task->log));
    free(take_ptr(task->left_record));
}

void
task_forget_left(struct task *task)
{
    if (task->left_record)
        pool_worker_forget(task->left_record);
    free(take_ptr(task->left_record));
}

char *
task_text(char *text)
{
    static char empty[1];

    return text ? text : empty;
}

/*----- a worker that says nothing -----*/

static bool
task_has_trait(const struct task *task, unsigned trait)
{
    return task_traits(task->operation) & trait;
}

/* It destroys, or undoes a domain that is half made: then it waits for the hypervisor only. */
static bool
task_ends_domain(const struct task *task)
{
    return task->operation == WORKER_DESTROY || task->committed ||
           (task->job->state == JOB_REPAIRING && task_has_trait(task, TASK_MAKES_DOMAIN));
}

static bool
task_must_answer_soon(const struct task *task)
{
    return task->operation == WORKER_DESTROY ||
           (task->job->abort_asked && (task->job->state == JOB_REPAIRING || task->committed));
}

static void
task_watch_silence(struct task *task)
{
    loop_timer_stop(&task->silence);
    if (task->worker && task_must_answer_soon(task))
        loop_timer_start(&task->silence, task->patience_usec);
}

static void
task_kill(struct task *task, const char *why)
{
    log_warning("job %" PRIu64 " (%s): %s: its worker is killed", task->job->id,
                task->job->operation->name, why);
    loop_timer_stop(&task->silence);
    pool_worker_kill(task->worker);
}

static void
task_is_silent(void *arg)
{
    struct task *task = arg;

    task->silent = true;
    if (task->patience_usec < SILENCE_MAX_USEC)
        task->patience_usec *= 2;
    task_kill(task, "nothing is heard of it");
}

void
task_grace_over(struct task *task)
{
    if (task->worker && !task_ends_domain(task))
        task_kill(task, "it does not heed its abort");
}

unsigned
task_flags(const struct task *task)
{
    if (task->job->state != JOB_REPAIRING)
        return 0;
    return WORKER_UNDO | (task->job->abort_asked ? WORKER_SOON : 0) |
           (task->guest_only ? WORKER_GUEST_ONLY : 0);
}

/*----- what the worker says -----*/

static void
task_progress(void *arg, const worker_progress *progress)
{
    struct task *task = arg;
    struct job  *job = task->job;

    /* One that is kept goes on: until then it is in between, as before. */
    if (progress->phase == WORKER_COMMITTED && job->stop_detail >= 0)
        task->committed = true;
    task_watch_silence(task);
    job->processed = progress->processed;
    job->total = progress->total;
    job->jobs->observer->progressed(job->jobs->arg, job);
}

/* What the image holds becomes a domain of the table, unless there is one like it.  def is Taken.
 */
static int
task_reserve_domain(struct task *task, struct domain_def *def, struct err *err)
{
    struct job    *job = task->job;
    struct domain *dom;

    if (job->dom)
        return domain_take_image(job->dom, def, err);
    if (domains_reserve(job->jobs->domains, def, &dom, err) < 0)
        return -1;
    job_join(job, dom);
    return task_record_update(task, err);
}

static void
task_image_read(void *arg, struct domain_def *def, const struct err *bad)
{
    cleanup_free struct task_image *image = arg;
    struct task                    *task = image->task;
    struct err                      err;

    if (!task) {
        domain_def_free(def);
        return;
    }
    task->image = NULL;
    if (bad && bad->code == ERR_OPERATION_ABORTED)
        return; /* the daemon stops: the worker asks the next one */
    if (bad) {
        err = *bad;
        err_prefix(&err, "the image's domain XML");
    }
    if (bad || task_reserve_domain(task, def, &err) < 0) {
        pool_worker_refuse(task->worker, &err);
        return;
    }
    task->identified = true;
    pool_worker_proceed(task->worker);
}

static void
task_identified(void *arg, const worker_identified *what)
{
    struct task *task = arg;
    struct job  *job = task->job;

    if (job->operation->identified) {
        job->operation->identified(job, what);
        return;
    }
    /* It asks again where a daemon has died before it answered. */
    if (task->identified) {
        pool_worker_proceed(task->worker);
    } else if (!task->image) {
        task->image = xcalloc(1, sizeof *task->image);
        task->image->task = task;
        definition_read(job->jobs->loop, job->owner.user, what->xml, 0, task_image_read,
                        task->image);
    }
}

/*----- how it ends -----*/

static void
task_report(struct task *task, const worker_done *done)
{
    struct job *job = task->job;
    struct err  err;

    if (done->error.code == ERR_NONE) {
        if (job->dom && done->domid >= 0)
            domain_set_id(job->dom, done->domid);
        job->operation->worker_done(job, NULL);
        return;
    }
    err_set(&err, (enum err_code)done->error.code, "%s", done->error.message);
    err.detail = done->error.detail;
    if (job->state == JOB_REPAIRING) {
        task->undone = true;
        err_prefix(&err, "%s", task->died.message);
        err.code = task->died.code;
    }
    job->operation->worker_done(job, &err);
}

static void task_repair(struct task *task, const struct err *died);

/* The domain goes anyway: what the worker left of it need not be undone, only its files. */
static void
task_give_way(struct task *task, const struct err *died)
{
    struct job *job = task->job;
    struct err  err;

    err_set(&err, ERR_OPERATION_ABORTED, "aborted: the domain is being destroyed; %s",
            died->message);
    task_record_clean(task, false);
    job->operation->worker_done(job, &err);
}

/* The record lasts where somebody could do something about it: a domain or a file is in between. */
static bool
task_keep_for_next_daemon(struct task *task)
{
    const struct domain *dom = task->job->dom;

    if (!dom || !task->left_record || !task_has_trait(task, TASK_MAKES_DOMAIN | TASK_LEAVES_DOMAIN))
        return false;
    given_up_add(task->job->jobs, task->left_record, dom->uuid);
    free(take_ptr(task->left_record));
    return true;
}

static void
task_give_up(struct task *task, const struct err *died)
{
    struct job *job = task->job;
    struct err  err = task->died;

    err_append(&err, "; all %u workers that were to clean up after it died too, the last one: %s",
               task->repairs, died->message);
    if (task_keep_for_next_daemon(task))
        err_append(&err, "; this is tried again when the daemon restarts, unless something else is "
                         "done with the domain before");
    else if (task->guest_only)
        task_record_clean(task, false);
    job->operation->worker_done(job, &err);
}

static void
task_repair_later(struct task *task, const struct err *died)
{
    char             uuid[UUID_TEXT_SIZE];
    struct log_about about = job_for_log(task->job, uuid);
    uint64_t         usec = REPAIR_AGAIN_USEC << (task->repairs - 1);

    log_about(LOG_LEVEL_ERROR, &about,
              "%s: cleaning up after it failed; trying again in %.0f s: %s", about.operation,
              (double)usec / 1e6, died->message);
    loop_timer_start(&task->again, usec);
}

static void
task_repair_died(struct task *task, const struct err *died)
{
    bool soon = task_must_answer_soon(task);

    if (!task->silent)
        task->repairs++;
    if (task->repairs == REPAIRS_MAX) {
        task_give_up(task, died);
    } else if (soon) {
        /* If it was files that did not answer, they are not asked any more. */
        task->guest_only = task_has_trait(task, TASK_LEAVES_DOMAIN);
        task_begin(task);
    } else {
        task_repair_later(task, died);
    }
}

static void
task_ended(void *arg, const worker_done *done, const struct err *died)
{
    struct task *task = arg;
    struct job  *job = task->job;

    /* Until another record stands for the job: there may be no room for one. */
    task_forget_left(task);
    task->left_record = pool_worker_take_record(task->worker);
    task->worker = NULL;
    task_forget_image(task);
    loop_timer_stop(&task->silence);
    if (done) {
        free(task->log);
        task->log = xstrdup(done->log);
        if (task->guest_only)
            task_record_clean(task, done->error.code != ERR_NONE && done->domain_left);
        task_report(task, done);
    } else if (job_destroy_waits(job) && task_has_trait(task, TASK_LEAVES_DOMAIN)) {
        task_give_way(task, died);
    } else if (job->state == JOB_REPAIRING) {
        task_repair_died(task, died);
    } else {
        task_repair(task, died);
    }
}

static const struct pool_worker_ops task_worker_ops = {
    .identified = task_identified,
    .progress = task_progress,
    .ended = task_ended,
};

/*----- begin -----*/

static uint64_t
task_realtime_usec(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* A guest or a file is in between until it is repaired, and one that has powered off shall go: only
 * another destroy makes that needless. */
static bool
task_must_come(const struct job *job)
{
    return (job->state == JOB_REPAIRING || (job->operation->unrecorded && !job->owner.done)) &&
           !job_destroy_waits(job);
}

static void
task_begin_again(struct task *task, const struct err *err)
{
    char             uuid[UUID_TEXT_SIZE];
    struct log_about about = job_for_log(task->job, uuid);

    if (!task->refused)
        log_about(LOG_LEVEL_ERROR, &about, "%s cannot go on, and is tried again: %s",
                  about.operation, err->message);
    task->refused = true;
    loop_timer_start(&task->again, TASK_AGAIN_USEC);
}

/* Whoever takes the job up again knows by the sequence which of its tasks is the present one. */
static void
task_begin(struct task *task)
{
    struct job *job = task->job;
    struct err  err;

    task->begun_usec = task_realtime_usec();
    task->sequence++;
    task->committed = task->silent = false;
    task->worker = task_record_give(task, &task_worker_ops, &err);
    if (!task->worker && task_must_come(job)) {
        task_begin_again(task, &err);
        return;
    }
    task->refused = !task->worker;
    if (task->worker && pool_worker_is_recorded(task->worker))
        task_forget_left(task);
    if (task->worker && job->dom && !job->operation->of_definition)
        given_up_forget(job->jobs, job->dom->uuid);
    job_record_remove(job); /* the task's stands for the job from here on */
    task_watch_silence(task);
    if (task->worker)
        return;
    if (job->state == JOB_REPAIRING)
        (void)task_keep_for_next_daemon(task);
    job->operation->worker_done(job, &err);
}

static void
task_turn_came(void *arg)
{
    struct task *task = arg;

    if (!task->refused && job_destroy_waits(task->job) && task_has_trait(task, TASK_LEAVES_DOMAIN))
        task_give_way(task, &task->died);
    else
        task_begin(task);
}

void
task_run(struct task *task, worker_operation operation)
{
    struct job *job = task->job;

    if (job->state == JOB_REPAIRING)
        job->state = job->abort_asked ? JOB_ABORTING : JOB_RUNNING;
    task->operation = operation;
    task->undone = task->guest_only = false;
    task->repairs = 0;
    task->patience_usec = SILENCE_USEC;
    task_begin(task);
}

static void
task_repair(struct task *task, const struct err *died)
{
    char             uuid[UUID_TEXT_SIZE];
    struct log_about about = job_for_log(task->job, uuid);

    log_about(LOG_LEVEL_ERROR, &about, "%s: %s; what it left is being repaired", about.operation,
              died->message);
    task->job->state = JOB_REPAIRING;
    task->died = *died;
    task_begin(task);
}

void
task_abort(struct task *task)
{
    if (task->worker && task->job->state != JOB_REPAIRING)
        pool_worker_abort(task->worker);
}

void
task_hurry(struct task *task)
{
    task_watch_silence(task);
    if (loop_timer_is_active(&task->again) && !task->refused)
        loop_timer_start(&task->again, 0);
}

void
task_abort_job(struct job *job)
{
    task_abort(job_task(job));
}

/*----- after a restart of the daemon -----*/

void
task_take_up(struct task *task, const task_record *record, const char *record_path,
             struct pool_worker *worker)
{
    struct job *job = task->job;
    struct err  died;

    task->operation = record->task.params.operation;
    task->sequence = record->sequence;
    task->begun_usec = record->begun_usec;
    job->state = JOB_RUNNING;
    err_set(&died, ERR_INTERNAL, "its worker died %s",
            given_up_is_it(record_path) ? "under an earlier daemon" : "while no daemon was there");
    if (!worker) {
        task->left_record = xstrdup(record_path);
        task_repair(task, &died);
        return;
    }
    if (record->task.flags & WORKER_UNDO) {
        job->state = JOB_REPAIRING;
        task->died = died;
        task->guest_only = record->task.flags & WORKER_GUEST_ONLY;
    }
    task->worker = worker;
    pool_worker_own(worker, &task_worker_ops, task);
    task_watch_silence(task);
}
