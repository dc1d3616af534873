/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-save.c: write a running domain to a file, then it is gone.
 *
 *   save_granted     see that it can be saved, ask for its XML
 *   save_xml_ready   the worker saves
 *   save_done
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ops.h"
#include "private.h"

struct op_save {
    struct job  job;
    struct task task;
    char       *path;
    char       *xml; /* what the image gets; NULL: the domain's own, not asked for yet */
};

static domain_xml_fn save_xml_ready;

struct job *
op_save_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner, const char *path,
            const char *xml)
{
    struct job     *job = job_new(jobs, &op_save, dom, owner);
    struct op_save *op = container_of(job, struct op_save, job);

    op->path = xstrdup(path);
    op->xml = xstrdup(xml);
    return job;
}

/* Its image could never be restored: the name is taken for as long as the host is up. */
static bool
save_is_named_as_dom0(const struct op_save *op)
{
    const struct domain *dom0 = domains_by_id(op->job.jobs->domains, 0);

    return dom0 && strcmp(dom0->name, op->job.dom->name) == 0;
}

/* A kernel that does not run cannot suspend itself, and libxl would wait a minute to find that out.
 */
static int
save_check(const struct op_save *op, struct err *err)
{
    const struct domain *dom = op->job.dom;
    struct host_dominfo  info;
    int                  reason;

    if (!domain_runs(dom))
        return err_set_libvirt(err, ERR_OPERATION_INVALID, "domain '%s' is not running", dom->name);
    if (save_is_named_as_dom0(op))
        return err_set_libvirt(err, ERR_OPERATION_INVALID,
                               "domain '%s' cannot be saved: its name is the control domain's, so "
                               "that it could not be restored",
                               dom->name);
    if (domain_ask_now(dom, &info, err) < 0)
        return -1;
    if (domain_lacks_model(dom, &info))
        return err_set_libvirt(err, ERR_OPERATION_INVALID,
                               "domain '%s' cannot be saved: its device model has exited",
                               dom->name);
    switch (domain_state(dom, &info, &reason)) {
    case STATE_RUNNING:
        return 0;
    case STATE_PAUSED:
        return err_set_libvirt(err, ERR_OPERATION_INVALID,
                               "domain '%s' is paused and so cannot save "
                               "itself: resume it first",
                               dom->name);
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
        domain_xml(job->dom, job->owner.user, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE,
                   save_xml_ready, job);
}

/* The user's XML stands for the domain's own; what that keeps beside its XML stays. */
static int
save_inherit(struct op_save *op, const char *domain_xml, struct err *err)
{
    struct domain_def *def = NULL, *own = NULL;
    int                r;

    r = domain_def_parse(op->xml, strlen(op->xml), &def, err) < 0 ||
                domain_def_parse_flags(domain_xml, strlen(domain_xml), DOMAIN_PARSE_RUNS, &own,
                                       err) < 0
            ? -1
            : 0;
    if (!r && domain_def_is_whole(own)) {
        domain_def_inherit(def, own);
        free(op->xml);
        op->xml = domain_def_format(def, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE);
    }
    domain_def_free(def);
    domain_def_free(own);
    return r;
}

static void
save_xml_ready(void *arg, char *xml, const struct err *err)
{
    struct op_save *op = arg;
    struct err      why;

    if (!err && (job_was_aborted(&op->job, &why) || (op->xml && save_inherit(op, xml, &why) < 0)))
        err = &why;
    if (err) {
        free(xml);
        job_finish(&op->job, err);
        return;
    }
    if (!op->xml)
        op->xml = take_ptr(xml);
    free(xml);
    op->job.stop_detail = STOPPED_SAVED;
    task_run(&op->task, WORKER_SAVE);
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
    job_finish(job, err);
}

static void
save_save_params(struct job *job, worker_params *params_out)
{
    const struct op_save *op = container_of(job, struct op_save, job);

    *params_out =
        (worker_params){.operation = WORKER_SAVE,
                        .worker_params_u.save = {.path = op->path, .xml = task_text(op->xml)}};
}

static void
save_load_params(struct job *job, const worker_params *params)
{
    struct op_save    *op = container_of(job, struct op_save, job);
    const worker_save *save = &params->worker_params_u.save;

    op->path = xstrdup(save->path);
    op->xml = save->xml[0] ? xstrdup(save->xml) : NULL;
}

static void
save_clear(struct job *job)
{
    struct op_save *op = container_of(job, struct op_save, job);

    free(op->path);
    free(op->xml);
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
