/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* version-1.c: see version-1.h. */
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "version-1.h"
#include "wire/task.h"

static int
params_from_1(worker_start_1 *old, worker_operation operation, worker_params *params_out,
              struct err *err)
{
    bool paused = old->flags & WORKER_1_PAUSED;
    bool overwrite = old->flags & WORKER_1_OVERWRITE;

    *params_out = (worker_params){.operation = operation};
    switch (operation) {
    case WORKER_CREATE:
        params_out->worker_params_u.create =
            (worker_create){.xml = take_ptr(old->xml), .paused = paused};
        return 0;
    case WORKER_RESTORE:
        params_out->worker_params_u.restore =
            (worker_restore){.path = take_ptr(old->path),
                             .xml = take_ptr(old->xml),
                             .flags = paused ? WORKER_RESTORE_PAUSED : 0};
        return 0;
    case WORKER_SAVE:
        params_out->worker_params_u.save =
            (worker_save){.path = take_ptr(old->path),
                          .xml = take_ptr(old->xml),
                          .flags = overwrite ? WORKER_SAVE_OVERWRITE : 0};
        return 0;
    case WORKER_DUMP:
        params_out->worker_params_u.dump =
            (worker_dump){.path = take_ptr(old->path), .overwrite = overwrite};
        return 0;
    case WORKER_DESTROY:
        return 0;
    default:
        return err_set(err, ERR_RPC, "version 1 has no task %d", (int)operation);
    }
}

static int
start_from_1(worker_start_1 *old, worker_start *start_out, struct err *err)
{
    *start_out = (worker_start){.job = old->job,
                                .name = take_ptr(old->name),
                                .domid = old->domid,
                                .flags = old->flags & WORKER_1_UNDO ? WORKER_UNDO : 0};
    memcpy(start_out->uuid, old->uuid, sizeof start_out->uuid);
    return params_from_1(old, (worker_operation)old->operation, &start_out->params, err);
}

int
report_from_1(worker_report_1 *old, worker_report *report_out, struct err *err)
{
    report_out->type = old->type;
    switch (old->type) {
    case WORKER_STATE:
        report_out->worker_report_u.state =
            (worker_state){.pid = old->worker_report_1_u.state.pid,
                           .progress = old->worker_report_1_u.state.progress};
        return start_from_1(&old->worker_report_1_u.state.start,
                            &report_out->worker_report_u.state.start, err);
    case WORKER_IDENTIFIED:
        report_out->worker_report_u.identified = old->worker_report_1_u.identified;
        break;
    case WORKER_PROGRESS:
        report_out->worker_report_u.progress = old->worker_report_1_u.progress;
        break;
    case WORKER_DONE:
        report_out->worker_report_u.done = old->worker_report_1_u.done;
        break;
    case WORKER_SAID:
        report_out->worker_report_u.said = old->worker_report_1_u.said;
        break;
    }
    memset(&old->worker_report_1_u, 0, sizeof old->worker_report_1_u);
    return 0;
}

/* A restart's destroy had it too, for the create that follows. */
static bool
has_definition(const worker_record_1 *old)
{
    return task_traits((worker_operation)old->task.operation) & TASK_MAKES_DOMAIN ||
           old->task.operation == WORKER_DESTROY;
}

int
task_record_from_1(worker_record_1 *old, task_record *record_out, struct err *err)
{
    *record_out = (task_record){.operation = take_ptr(old->operation),
                                .definition = xstrdup(has_definition(old) ? old->task.xml : ""),
                                .stop_detail = old->stop_detail,
                                .begun_usec = old->begun_usec,
                                .protocol = 1};
    return start_from_1(&old->task, &record_out->task, err);
}

int
queued_job_from_1(worker_record_1 *old, queued_job *job_out, struct err *err)
{
    worker_start_1  *task = &old->task;
    worker_operation first = task_by_name(old->operation);

    if (task->operation != 0)
        return err_set(err, ERR_RPC, "a job that waits has the task %d", task->operation);
    *job_out = (queued_job){.operation = take_ptr(old->operation),
                            .job = task->job,
                            .name = take_ptr(task->name),
                            .domid = task->domid,
                            .stop_detail = old->stop_detail,
                            .begun_usec = old->begun_usec};
    memcpy(job_out->uuid, task->uuid, sizeof job_out->uuid);
    /* Those that a worker does have its tasks' names; the others have no parameters. */
    return first ? params_from_1(task, first, &job_out->params, err) : 0;
}

int
known_domain_from_1(known_domain_1 *old, known_domain *known_out, struct err *err)
{
    (void)err;
    *known_out = (known_domain){.name = take_ptr(old->name),
                                .domid = old->domid,
                                .running_reason = old->running_reason,
                                .stop_detail = old->stop_detail,
                                .shutdown_told = old->shutdown_told,
                                .xml = xstrdup("")};
    memcpy(known_out->uuid, old->uuid, sizeof known_out->uuid);
    return 0;
}
