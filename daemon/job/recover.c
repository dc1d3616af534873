/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * recover.c: the jobs of an earlier daemon, which was killed or restarted in their middle, or
 * before they had begun.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "change-record.h"
#include "cleanup.h"
#include "given-up.h"
#include "history.h"
#include "ops.h"
#include "pool.h"
#include "private.h"
#include "process.h"
#include "record.h"
#include "wire/record.h"
#include "wire/state.h"

#define READ_AGAIN_USEC 5000000

/* No host has so many jobs while it is up. */
#define UNKNOWN_IDS (UINT64_C(1) << 24)

/* Returns false where it is to be tried again. */
typedef bool recover_fn(struct jobs *jobs, const char *path);

static struct job *
recover_job(struct jobs *jobs, const char *operation, uint64_t id, const worker_params *params,
            int stop_detail)
{
    struct job *job = job_new_adopted(jobs, job_operation_by_name(operation), id);

    if (job->operation->load_params && params->operation)
        job->operation->load_params(job, params);
    job->stop_detail = stop_detail;
    return job;
}

static bool
recover_knows(const char *path, const char *operation, struct err *err)
{
    if (job_operation_by_name(operation))
        return true;
    err_set(err, ERR_INTERNAL, "%s: there is no operation '%s'", path, operation);
    return false;
}

/* What is damaged is of no use to anybody; what a newer daemon wrote is for that one. */
static void
recover_lost(const char *path, const struct err *err)
{
    log_error("a job of an earlier daemon is lost: %s", err->message);
    if (err->code == ERR_RPC || err->code == ERR_INTERNAL)
        unlink(path);
}

/*----- what cannot be read now -----*/

/* For want of a descriptor or of memory, or because a disk fails: it is kept, and read later. */
static bool
recover_is_unread(const struct err *err)
{
    return err->code == ERR_SYSTEM && err->detail != ENOENT;
}

struct recover_unread {
    char       *path;
    recover_fn *again;
    TAILQ_ENTRY(recover_unread) link;
};

static void
recover_unread_free(struct jobs *jobs, struct recover_unread *unread)
{
    TAILQ_REMOVE(&jobs->unread, unread, link);
    free(unread->path);
    free(unread);
}

static void
recover_read_again(void *arg)
{
    struct jobs           *jobs = arg;
    struct recover_unread *unread = TAILQ_FIRST(&jobs->unread), *next;

    for (; unread; unread = next) {
        next = TAILQ_NEXT(unread, link);
        if (unread->again(jobs, unread->path))
            recover_unread_free(jobs, unread);
    }
    if (!TAILQ_EMPTY(&jobs->unread))
        loop_timer_start(&jobs->read_again, READ_AGAIN_USEC);
}

static void
recover_read_later(struct jobs *jobs, const char *path, recover_fn *again, const struct err *err)
{
    struct recover_unread *unread = xcalloc(1, sizeof *unread);

    log_error("a job of an earlier daemon cannot be read yet; trying again: %s", err->message);
    unread->path = xstrdup(path);
    unread->again = again;
    TAILQ_INSERT_TAIL(&jobs->unread, unread, link);
    if (!loop_timer_is_active(&jobs->read_again))
        loop_timer_start(&jobs->read_again, READ_AGAIN_USEC);
}

void
jobs_recover_init(struct jobs *jobs)
{
    TAILQ_INIT(&jobs->unread);
    loop_timer_init(&jobs->read_again, jobs->loop, recover_read_again, jobs);
}

void
jobs_recover_stop(struct jobs *jobs)
{
    loop_timer_stop(&jobs->read_again);
    while (!TAILQ_EMPTY(&jobs->unread))
        recover_unread_free(jobs, TAILQ_FIRST(&jobs->unread));
}

/*----- their numbers -----*/

/* By the files' names: what they say is not looked at yet, and may not be readable now. */
static int
recover_note_ids(struct jobs *jobs, const char *folder, const char *suffix, struct err *err)
{
    cleanup_free char  *path = xasprintf("%s/%s", jobs->limits->run_dir, folder);
    size_t              count;
    cleanup_free char **paths = records_find(path, suffix, &count);

    if (!paths)
        return err_set_errno(err, errno, "cannot read %s", path);
    for (size_t n = 0; n < count; n++) {
        jobs_note_id(jobs, strtoull(strrchr(paths[n], '/') + 1, NULL, 10));
        free(paths[n]);
    }
    return 0;
}

/* What a task's record that cannot be read bears is at most what last-job says; and where that does
 * not say it, less than what comes after so many. */
static void
recover_pass_unknown_ids(struct jobs *jobs)
{
    if (!jobs->kept_id)
        jobs_note_id(jobs, jobs->last_id + UNKNOWN_IDS);
}

/*----- those that have a worker, or had one -----*/

struct recover_found {
    const char *path;
    task_record record;
};

static void
recover_hold_domain(struct job *job, const task_record *record)
{
    const worker_start *task = &record->task;
    const uint8_t      *uuid = (const uint8_t *)task->uuid;
    struct domain      *dom = NULL;

    if (uuid_is_zero(uuid))
        return; /* a restore whose image was not read yet */
    if (job->operation->of_definition)
        dom = domains_by_uuid(job->jobs->domains, uuid);
    if (!dom)
        dom = domains_adopt(job->jobs->domains, task->name, uuid, task->domid);
    if (record->definition[0])
        domain_take_kept(dom, record->definition);
    job_join(job, dom);
}

static void
recover_task(struct jobs *jobs, const task_record *record, const char *path,
             struct pool_worker *worker)
{
    const worker_start *task = &record->task;
    struct job         *job;

    log_info("job %" PRIu64 " (%s %s) is resumed: its worker is %s", (uint64_t)task->job,
             record->operation, task->name, worker ? "alive" : "dead");
    job = recover_job(jobs, record->operation, task->job, &task->params, record->stop_detail);
    job->state = JOB_RUNNING;
    recover_hold_domain(job, record);
    task_take_up(job_task(job), record, path, worker); /* may end job: must be last */
}

/* A restart destroys before it creates; to undo a task comes after it. */
static int
recover_rank(const task_record *record)
{
    return 2 * (record->task.params.operation != WORKER_DESTROY) +
           !!(record->task.flags & WORKER_UNDO);
}

/* The tasks of one job stand in their order, whatever the clock said.  Those of version 1 have no
 * number.  What was given up is the last: something else may have been begun since. */
static int
recover_compare(const void *a, const void *b)
{
    const struct recover_found *found_x = a, *found_y = b;
    const task_record          *x = &found_x->record, *y = &found_y->record;
    bool                        x_given_up = given_up_is_it(found_x->path);

    if (x_given_up != given_up_is_it(found_y->path))
        return x_given_up ? 1 : -1;
    if (x->task.job != y->task.job)
        return x->task.job < y->task.job ? -1 : 1;
    if (x->sequence != y->sequence)
        return x->sequence < y->sequence ? -1 : 1;
    return recover_rank(x) - recover_rank(y);
}

static int
recover_read_task(const char *path, task_record *record_out, struct err *err)
{
    *record_out = (task_record){.operation = NULL};
    if (record_read(path, (xdrproc_t)xdr_task_record, record_out, err) < 0)
        return -1;
    if (recover_knows(path, record_out->operation, err)) {
        if (job_operation_by_name(record_out->operation)->task)
            return 0;
        err_set(err, ERR_INTERNAL, "%s: '%s' has no task", path, record_out->operation);
    }
    wire_body_free((xdrproc_t)xdr_task_record, record_out);
    return -1;
}

/* A daemon that was killed had dealt with this task: the job has ended, or its next task begun. */
static void
recover_drop(struct jobs *jobs, const struct recover_found *found)
{
    struct pool_worker *worker = pool_worker_find(jobs->pool, found->path, &found->record);

    if (worker)
        pool_worker_dismiss(worker);
    else
        pool_worker_forget(found->path);
}

/* What an earlier daemon had begun to clean up is begun anew. */
static void
recover_clean(struct jobs *jobs, const struct recover_found *found)
{
    process_kill_session(found->record.pid, found->record.pid_started);
    cleanup_start(jobs, &found->record);
    pool_worker_forget(found->path);
}

static void
recover_take_up(struct jobs *jobs, const struct recover_found *found)
{
    struct pool_worker *worker = pool_worker_find(jobs->pool, found->path, &found->record);

    recover_task(jobs, &found->record, found->path, worker);
}

/* Its job goes on, unless somebody has gone on with the domain: another job, or this one. */
static void
recover_given_up(struct jobs *jobs, const struct recover_found *found)
{
    const worker_start  *task = &found->record.task;
    const struct domain *dom = domains_by_uuid(jobs->domains, (const uint8_t *)task->uuid);

    if (dom && dom->work.count) {
        given_up_drop(jobs, found->path, &found->record);
        return;
    }
    history_forget(jobs->history, task->job);
    recover_take_up(jobs, found);
}

/* Later than the others: whoever works on its guest meanwhile is let go on. */
static bool
recover_task_again(struct jobs *jobs, const char *path)
{
    struct recover_found found = {.path = path};
    const worker_start  *task = &found.record.task;
    struct domain       *dom;
    struct err           err;
    bool                 busy;

    if (recover_read_task(path, &found.record, &err) < 0) {
        if (!recover_is_unread(&err))
            recover_lost(path, &err);
        return !recover_is_unread(&err);
    }
    dom = domains_by_uuid(jobs->domains, (const uint8_t *)task->uuid);
    busy = dom && dom->work.count;
    if (!busy && cleanup_is_it(&found.record))
        recover_clean(jobs, &found);
    else if (!busy && given_up_is_it(path))
        recover_given_up(jobs, &found);
    else if (!busy && (jobs_by_id(jobs, task->job) || history_end(jobs->history, task->job)))
        recover_drop(jobs, &found);
    else if (!busy)
        recover_take_up(jobs, &found);
    wire_body_free((xdrproc_t)xdr_task_record, &found.record);
    return !busy;
}

static void
recover_could_not_read(struct jobs *jobs, const char *path, const struct err *err)
{
    if (!recover_is_unread(err)) {
        recover_lost(path, err);
        return;
    }
    recover_pass_unknown_ids(jobs);
    recover_read_later(jobs, path, recover_task_again, err);
}

/* Sorted, the last of each job is its present task. */
static bool
recover_is_past(const struct jobs *jobs, const struct recover_found *found,
                const struct recover_found *next)
{
    uint64_t id = found->record.task.job;

    return history_end(jobs->history, id) ||
           (next && !given_up_is_it(next->path) && next->record.task.job == id);
}

static void
recover_all(struct jobs *jobs, struct recover_found *all, size_t count)
{
    for (size_t n = 0; n < count; n++)
        jobs_note_id(jobs, all[n].record.task.job);
    qsort(all, count, sizeof *all, recover_compare);
    for (size_t n = 0; n < count; n++) {
        const struct recover_found *next = n + 1 < count ? &all[n + 1] : NULL;

        if (cleanup_is_it(&all[n].record))
            recover_clean(jobs, &all[n]);
        else if (given_up_is_it(all[n].path))
            recover_given_up(jobs, &all[n]);
        else if (recover_is_past(jobs, &all[n], next))
            recover_drop(jobs, &all[n]);
        else
            recover_take_up(jobs, &all[n]);
        wire_body_free((xdrproc_t)xdr_task_record, &all[n].record);
    }
}

static bool
recover_is_record(const char *path)
{
    const char *suffix = strrchr(path, '.');

    return given_up_is_it(path) || (suffix && strcmp(suffix, WORKER_RECORD_SUFFIX) == 0);
}

/* Records that a daemon was killed in the middle of writing: to look for whole ones removes them.
 */
static void
recover_drop_halves(const char *folder)
{
    size_t              count;
    cleanup_free char **paths = records_find(folder, WORKER_RECORD_SUFFIX, &count);

    for (size_t n = 0; n < count; n++)
        free(paths[n]);
}

static int
recover_tasks(struct jobs *jobs, struct err *err)
{
    cleanup_free char                 *folder = xasprintf("%s/jobs", jobs->limits->run_dir);
    size_t                             n_paths, count = 0;
    cleanup_free char                **paths = records_find(folder, "", &n_paths);
    cleanup_free struct recover_found *all = xcalloc(n_paths + 1, sizeof *all);
    struct err                         bad;

    if (!paths)
        return err_set_errno(err, errno, "cannot read %s", folder);
    for (size_t n = 0; n < n_paths; n++) {
        if (!recover_is_record(paths[n]))
            continue;
        if (recover_read_task(paths[n], &all[count].record, &bad) == 0)
            all[count++].path = paths[n];
        else
            recover_could_not_read(jobs, paths[n], &bad);
    }
    recover_all(jobs, all, count);
    recover_drop_halves(folder);
    for (size_t n = 0; n < n_paths; n++)
        free(paths[n]);
    return 0;
}

int
jobs_recover(struct jobs *jobs, struct err *err)
{
    /* Before any job begins. */
    if (recover_note_ids(jobs, "queue", JOB_RECORD_SUFFIX, err) < 0 ||
        recover_note_ids(jobs, "ended", HISTORY_SUFFIX, err) < 0)
        return -1;
    return recover_tasks(jobs, err);
}

/*----- those that waited -----*/

static int
recover_find_domain(struct job *job, const queued_job *record, struct err *err)
{
    struct domains    *domains = job->jobs->domains;
    const char        *xml;
    struct domain_def *def;

    if (uuid_is_zero((const uint8_t *)record->uuid))
        return 0; /* it has none, or its worker tells which one */
    job->dom = domains_by_uuid(domains, (const uint8_t *)record->uuid);
    if (!job->dom && job->operation->new_domain)
        job->dom = domains_adopt(domains, record->name, (const uint8_t *)record->uuid, -1);
    if (job->operation == &op_create && record->params.worker_params_u.create.xml[0]) {
        job->dom = NULL;
        xml = record->params.worker_params_u.create.xml;
        return definition_read_now(xml, 0, &def, err) < 0
                   ? -1
                   : domains_reserve(domains, def, &job->dom, err);
    }
    return job->dom ? 0
                    : err_set(err, ERR_NO_DOMAIN,
                              "domain '%s' ended before the operation had begun", record->name);
}

static void
recover_queue(struct jobs *jobs, const queued_job *record)
{
    struct job *job =
        recover_job(jobs, record->operation, record->job, &record->params, record->stop_detail);
    struct err err;

    log_info("job %" PRIu64 " (%s %s) waits again", job->id, record->operation, record->name);
    job->recorded = true;
    if (recover_find_domain(job, record, &err) < 0)
        job_finish(job, job->operation == &op_destroy ? NULL : &err); /* that it has gone is well */
    else if (job->operation == &op_destroy)
        job_submit_first(job);
    else
        job_submit(job);
}

/* Of one that cannot be read now *err says why. */
static bool
recover_queued(struct jobs *jobs, const char *path, struct err *unread)
{
    queued_job record = {.operation = NULL};
    struct err err;

    if (record_read(path, (xdrproc_t)xdr_queued_job, &record, &err) < 0) {
        *unread = err;
        if (!recover_is_unread(&err))
            recover_lost(path, &err);
        return !recover_is_unread(&err);
    }
    if (!recover_knows(path, record.operation, &err))
        recover_lost(path, &err);
    else if (jobs_by_id(jobs, record.job) || history_end(jobs->history, record.job))
        unlink(path); /* the daemon was killed when the job had just begun, or just ended */
    else
        recover_queue(jobs, &record);
    wire_body_free((xdrproc_t)xdr_queued_job, &record);
    return true;
}

static bool
recover_queued_again(struct jobs *jobs, const char *path)
{
    struct err err;

    return recover_queued(jobs, path, &err);
}

void
jobs_requeue(struct jobs *jobs)
{
    cleanup_free char  *folder = xasprintf("%s/queue", jobs->limits->run_dir);
    size_t              count;
    cleanup_free char **paths = records_find(folder, JOB_RECORD_SUFFIX, &count);

    struct err err;

    for (size_t n = 0; n < count; n++) {
        if (!recover_queued(jobs, paths[n], &err))
            recover_read_later(jobs, paths[n], recover_queued_again, &err);
        free(paths[n]);
    }
    if (TAILQ_EMPTY(&jobs->unread))
        change_records_clean(jobs);
}
