/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-change.c: one thing of a domain's definition is changed: of what runs, of what is stored, or
 * of both.
 *
 *   change_granted   both are made
 *   change_made      a worker writes the file of what is stored
 *   change_done      what runs is another one, too
 *
 * Taken up by a later daemon, which knows what was asked for by its record (change-record.h):
 *
 *   change_granted   as above
 *   change_done -> change_read   what is stored is known; what runs is made then -> change_made
 */
#include <string.h>

#include "base/alloc.h"
#include "change-record.h"
#include "eventloop/work.h"
#include "op-file.h"
#include "ops.h"
#include "private.h"
#include "record.h"

struct op_change {
    struct op_file           file;
    struct definition_change change;                  /* its texts are owned */
    bool                     known;                   /* what that is */
    struct domain_def       *from_live, *from_stored; /* shared; NULL: that is not changed */
    struct domain_def       *live, *stored;           /* what they become */
    struct err               err;
};

static loop_fn      change_make;
static loop_work_fn change_made;

static void change_begin(struct op_change *op, bool live, bool stored);

static struct op_change *
change_of(struct job *job)
{
    return container_of(container_of(job, struct op_file, job), struct op_change, file);
}

struct job *
op_change_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
              const struct definition_change *change)
{
    struct job               *job = job_new(jobs, &op_change, dom, owner);
    struct definition_change *mine = &change_of(job)->change;

    *mine = *change;
    mine->value = xstrdup(change->value);
    mine->key = xstrdup(change->key);
    mine->uri = xstrdup(change->uri);
    change_of(job)->known = true;
    change_record_write(job, mine);
    return job;
}

/* Returns whether it is known what it is to change. */
static bool
change_recall(struct op_change *op)
{
    struct definition_change *change = &op->change;

    if (!op->known)
        op->known = change_record_read(&op->file.job, change);
    return op->known && change->action < DOMAIN_ACTION_COUNT;
}

int
definition_affects(const struct domain *dom, unsigned affect, bool *live_out, bool *stored_out,
                   struct err *err)
{
    if (!(affect & AFFECT_ALL))
        affect = domain_runs(dom) ? AFFECT_LIVE : AFFECT_CONFIG;
    *live_out = affect & AFFECT_LIVE;
    *stored_out = affect & AFFECT_CONFIG;
    if (*live_out && !domain_runs(dom))
        return err_set_libvirt(err, ERR_OPERATION_INVALID, "domain is not running");
    if (*stored_out && !dom->stored)
        return err_set_libvirt(err, ERR_OPERATION_INVALID,
                               "transient domains do not have any persistent config");
    return 0;
}

static int
change_check(struct op_change *op, bool *live_out, bool *stored_out, struct err *err)
{
    const struct domain *dom = op->file.job.dom;

    if (!change_recall(op))
        return err_set(err, ERR_OPERATION_ABORTED, "aborted: the daemon ended before it began");
    if (definition_affects(dom, op->change.affect, live_out, stored_out, err) < 0 ||
        (*stored_out && store_check_file(dom, err) < 0))
        return -1;
    if (*live_out && !dom->live)
        return err_set_libvirt(err, ERR_OPERATION_UNSUPPORTED,
                               "domain '%s' was started by xl, and its definition is xl's",
                               dom->name);
    return 0;
}

static void
change_granted(struct job *job)
{
    struct op_change *op = change_of(job);
    bool              live = false, stored = false;
    struct err        err;

    if (change_check(op, &live, &stored, &err) < 0) {
        job_finish(job, &err);
        return;
    }
    change_begin(op, live, stored);
}

static void
change_begin(struct op_change *op, bool live, bool stored)
{
    const struct job    *job = &op->file.job;
    const struct domain *dom = job->dom;

    op->from_live = live ? domain_def_share(dom->live) : NULL;
    op->from_stored = stored ? domain_def_share(dom->stored) : NULL;
    loop_work(job->jobs->loop, job->owner.user,
              (op->from_live && definition_is_long(op->from_live)) ||
                  (op->from_stored && definition_is_long(op->from_stored)) ||
                  (op->change.value && strlen(op->change.value) > DEFINITION_LONG),
              change_make, change_made, op);
}

static struct domain_def *
change_one(struct op_change *op, const struct domain_def *from)
{
    const struct definition_change *change = &op->change;

    if (change->metadata < 0)
        return domain_def_with_action(from, change->which, change->action, &op->err);
    return domain_def_with_metadata(from, change->metadata, change->value, change->key, change->uri,
                                    &op->err);
}

static void
change_make(void *arg)
{
    struct op_change *op = arg;

    if (op->from_live)
        op->live = change_one(op, op->from_live);
    if (op->from_stored && (op->live || !op->from_live))
        op->stored = change_one(op, op->from_stored);
}

static void
change_forget_origins(struct op_change *op)
{
    domain_def_free(take_ptr(op->from_live));
    domain_def_free(take_ptr(op->from_stored));
}

/* What runs may have ended, or been renamed by xl, while that was made. */
static bool
change_is_outdated(const struct op_change *op)
{
    return op->from_live && op->file.job.dom->live != op->from_live;
}

/* For the next daemon.  While it is being started it is in the record of who does that. */
static int
change_record_live(const struct domain *dom, struct err *err)
{
    const struct job *starts = job_of_domain(dom);

    if (dom->run.announced)
        return domain_record(dom, err);
    if (starts && starts->operation->task && task_is_running(job_task(starts)))
        return task_record_update(job_task(starts), err);
    return 0;
}

/* What a client is answered the next daemon knows. */
static int
change_live(struct op_change *op, struct err *err)
{
    struct domain     *dom = op->file.job.dom;
    struct domain_def *before;

    if (!op->live || !dom->live || strcmp(op->live->name, dom->live->name) != 0)
        return 0;
    before = domain_def_share(dom->live);
    domain_take_live(dom, take_ptr(op->live));
    if (change_record_live(dom, err) == 0) {
        domain_def_free(before);
        return 0;
    }
    domain_take_live(dom, before);
    return err_prefix(err, "what runs is as it was");
}

static void
change_finish(struct op_change *op)
{
    struct domain *dom = op->file.job.dom;
    bool           stored = op->stored;
    struct err     err;
    int            r;

    if (stored)
        domain_store_quietly(dom, take_ptr(op->stored));
    r = change_live(op, &err);
    if (stored || r == 0)
        domain_announce_change(dom, op->change.metadata, op->change.uri);
    job_finish(&op->file.job, r < 0 ? &err : NULL);
}

static void
change_write(struct op_change *op)
{
    cleanup_free char *path = store_path(op->file.job.jobs->domains, op->stored->name);
    worker_file        file = op_file_of_definition(path, op->stored);

    op_file_set(&op->file, &file);
    op_file_run(&op->file);
}

static void
change_made(void *arg, bool ended)
{
    struct op_change *op = arg;
    bool              failed = (op->from_live && !op->live) || (op->from_stored && !op->stored);
    bool              outdated = change_is_outdated(op);
    struct err        err = op->err;

    change_forget_origins(op);
    if (!ended)
        err_set(&err, ERR_OPERATION_ABORTED, "aborted: the daemon stops");
    else if (outdated)
        err_set(&err, ERR_RESOURCE_BUSY, "domain '%s' has changed meanwhile: try it again",
                op->file.job.dom->name);
    if (!ended || outdated || failed)
        job_finish(&op->file.job, &err);
    else if (op->stored)
        change_write(op);
    else
        change_finish(op);
}

static void
change_read(void *arg, struct domain_def *def, const struct err *err)
{
    struct op_change    *op = container_of((struct op_file *)arg, struct op_change, file);
    struct domain       *dom = op->file.job.dom;
    const struct domain *runs = domain_runs(dom) && dom->live ? dom : NULL;

    if (!def || !change_recall(op)) {
        if (def)
            domain_store_again(dom, def);
        job_finish(&op->file.job, err);
    } else if (op->change.affect & AFFECT_LIVE && runs) {
        domain_store_quietly(dom, def);
        change_begin(op, true, false);
    } else {
        op->stored = def;
        change_finish(op);
    }
}

static void
change_done(struct job *job, const struct err *err)
{
    struct op_change *op = change_of(job);

    if (err)
        op_file_failed(&op->file, err);
    else if (op->stored)
        change_finish(op);
    else
        op_file_read(&op->file, change_read);
}

static void
change_clear(struct job *job)
{
    struct op_change *op = change_of(job);

    if (!job->jobs->stopping)
        change_record_remove(job);
    change_forget_origins(op);
    domain_def_free(op->live);
    domain_def_free(op->stored);
    free(op->change.value);
    free(op->change.key);
    free(op->change.uri);
    op_file_clear(job);
}

const struct job_operation op_change = {
    .name = "change",
    OP_FILE_OPERATION,
    .size = sizeof(struct op_change),
    .of_definition = true,
    .granted = change_granted,
    .worker_done = change_done,
    .clear = change_clear,
};
