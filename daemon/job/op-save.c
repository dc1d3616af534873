/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-save.c: write a domain to a file, then it is gone, unless it is kept.
 *
 *   save_granted     see that it can be saved, ask for its XML
 *   save_xml_ready   where the user has brought another one: may it stand for that?
 *   save_replaced    the worker saves
 *   save_done
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cleanup.h"
#include "eventloop/work.h"
#include "ops.h"
#include "private.h"

struct op_save {
    struct job  job;
    struct task task;
    char       *path;
    char       *xml; /* what the image gets; NULL: the domain's own, not asked for yet */
    unsigned    flags;

    /* While a thread sees whether the user's XML may stand for the domain's own. */
    char *own_xml;
    char *whole_xml; /* the user's, with what the domain's own keeps beside it; NULL: nothing */
    bool  refused;
    struct err why;
};

static domain_xml_fn save_xml_ready;
static loop_fn       save_replace;
static loop_work_fn  save_replaced;

struct job *
op_save_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner, const char *path,
            const char *xml, unsigned flags)
{
    struct job     *job = job_new(jobs, &op_save, dom, owner);
    struct op_save *op = container_of(job, struct op_save, job);

    op->path = xstrdup(path);
    op->xml = xstrdup(xml);
    op->flags = flags;
    return job;
}

bool
op_save_is_managed(const struct job *job)
{
    return job->operation == &op_save &&
           container_of(job, const struct op_save, job)->flags & WORKER_SAVE_MANAGED;
}

/* Its image could never be restored: the name is taken for as long as the host is up. */
static bool
save_is_named_as_dom0(const struct op_save *op)
{
    const struct domain *dom0 = domains_by_id(op->job.jobs->domains, 0);

    return dom0 && strcmp(dom0->name, op->job.dom->name) == 0;
}

/* A kernel that has stopped cannot suspend itself, and libxl would wait a minute to find that out.
 * One that is paused the worker lets run for it. */
static int
save_check(struct op_save *op, struct err *err)
{
    const struct domain *dom = op->job.dom;
    uint64_t             busy = cleanup_job_at(op->job.jobs, op->path);
    struct host_dominfo  info;
    int                  reason;

    if (!domain_runs(dom))
        return err_set_libvirt(err, ERR_OPERATION_INVALID, "domain '%s' is not running", dom->name);
    if (busy)
        return err_set(err, ERR_OPERATION_FAILED,
                       "cannot save to '%s': what job %" PRIu64 " has left there is being removed",
                       op->path, busy);
    if (op->flags & WORKER_SAVE_MANAGED && !dom->stored)
        return err_set_libvirt(err, ERR_OPERATION_INVALID,
                               "cannot do managed save for transient domain");
    if (save_is_named_as_dom0(op))
        return err_set_libvirt(err, ERR_OPERATION_INVALID,
                               "domain '%s' cannot be saved: its name is the control domain's, so "
                               "that it could not be restored",
                               dom->name);
    if (op->flags & WORKER_SAVE_MANAGED && definition_stays(dom, err) < 0)
        return -1;
    if (domain_ask_now(dom, &info, err) < 0)
        return -1;
    if (domain_lacks_model(dom, &info))
        return err_set_libvirt(err, ERR_OPERATION_INVALID,
                               "domain '%s' cannot be saved: its device model has exited",
                               dom->name);
    switch (domain_state(dom, &info, &reason)) {
    case STATE_RUNNING:
        op->flags &= ~(unsigned)WORKER_SAVE_OF_PAUSED;
        return 0;
    case STATE_PAUSED:
        op->flags |= WORKER_SAVE_OF_PAUSED;
        return 0;
    default:
        return err_set_libvirt(err, ERR_OPERATION_INVALID, "domain '%s' has shut down", dom->name);
    }
}

static void
save_granted(struct job *job)
{
    struct err err;

    if (save_check(container_of(job, struct op_save, job), &err) < 0)
        job_finish(job, &err);
    else
        domain_xml(job->dom, job->owner.user,
                   DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE | DOMAIN_XML_OF_RUN, save_xml_ready,
                   job);
}

static void
save_run(struct op_save *op)
{
    if (!(op->flags & WORKER_SAVE_KEEP))
        op->job.stop_detail = STOPPED_SAVED;
    task_run(&op->task, WORKER_SAVE);
}

static void
save_xml_ready(void *arg, char *xml, const struct err *err)
{
    struct op_save *op = arg;
    struct job     *job = &op->job;
    struct err      why;

    if (!err && job_was_aborted(job, &why))
        err = &why;
    if (err) {
        free(xml);
        job_finish(job, err);
    } else if (!op->xml) {
        op->xml = xml;
        save_run(op);
    } else {
        op->own_xml = xml;
        loop_work(job->jobs->loop, job->owner.user,
                  strlen(op->xml) > DEFINITION_LONG || strlen(xml) > DEFINITION_LONG, save_replace,
                  save_replaced, op);
    }
}

/* What the domain keeps beside its XML stays. */
static void
save_replace(void *arg)
{
    struct op_save    *op = arg;
    struct domain_def *def = NULL, *own = NULL;

    op->refused = domain_def_parse(op->xml, strlen(op->xml), &def, &op->why) < 0 ||
                  domain_def_parse_flags(op->own_xml, strlen(op->own_xml), DOMAIN_PARSE_RUNS, &own,
                                         &op->why) < 0 ||
                  domain_def_check_same_machine(own, def, &op->why) < 0;
    if (!op->refused && domain_def_is_whole(own)) {
        domain_def_inherit(def, own);
        op->whole_xml = domain_def_format(def, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE);
    }
    domain_def_free(def);
    domain_def_free(own);
}

static void
save_replaced(void *arg, bool ended)
{
    struct op_save *op = arg;
    struct err      err;

    if (!ended)
        err_set(&err, ERR_OPERATION_ABORTED, "aborted: the daemon stops");
    else if (op->refused)
        err = op->why;
    if (!ended || op->refused || job_was_aborted(&op->job, &err)) {
        job_finish(&op->job, &err);
        return;
    }
    if (op->whole_xml) {
        free(op->xml);
        op->xml = take_ptr(op->whole_xml);
    }
    save_run(op);
}

static void
save_abort(struct job *job)
{
    domain_xml_abort(job->jobs->domains, job);
    task_abort_job(job);
}

static void
save_done(struct job *job, const struct err *err)
{
    if (!err && container_of(job, struct op_save, job)->flags & WORKER_SAVE_MANAGED)
        domain_set_image(job->dom, true);
    job_finish(job, err);
}

static void
save_save_params(struct job *job, worker_params *params_out)
{
    const struct op_save *op = container_of(job, struct op_save, job);

    *params_out = (worker_params){
        .operation = WORKER_SAVE,
        .worker_params_u.save = {.path = op->path, .xml = task_text(op->xml), .flags = op->flags}};
}

static void
save_load_params(struct job *job, const worker_params *params)
{
    struct op_save    *op = container_of(job, struct op_save, job);
    const worker_save *save = &params->worker_params_u.save;

    op->path = xstrdup(save->path);
    op->xml = save->xml[0] ? xstrdup(save->xml) : NULL;
    op->flags = save->flags;
}

static void
save_clear(struct job *job)
{
    struct op_save *op = container_of(job, struct op_save, job);

    free(op->path);
    free(op->xml);
    free(op->own_xml);
    free(op->whole_xml);
}

const struct job_operation op_save = {
    .name = "save",
    .libvirt = JOB_OPERATION_SAVE,
    .activity = DOMAIN_SAVING,
    .size = sizeof(struct op_save),
    .task = offsetof(struct op_save, task),
    .granted = save_granted,
    .abort = save_abort,
    .worker_done = save_done,
    .save_params = save_save_params,
    .load_params = save_load_params,
    .clear = save_clear,
};
