/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-rename.c: a domain that is stored and does not run gets another name.
 *
 *   rename_granted   its definition with the new name is made
 *   rename_made      a worker writes the new file, and the new link; then it removes the old ones
 *   rename_done
 *   rename_read      instead, where an earlier daemon had made it
 */
#include <string.h>

#include "base/alloc.h"
#include "eventloop/work.h"
#include "op-file.h"
#include "ops.h"
#include "private.h"

struct op_rename {
    struct op_file     file;
    char              *old_name, *new_name;
    struct domain_def *old, *def; /* old is shared */
    struct err         err;
};

static loop_fn      rename_make;
static loop_work_fn rename_made;

static struct op_rename *
rename_of(struct job *job)
{
    return container_of(container_of(job, struct op_file, job), struct op_rename, file);
}

/* The next daemon knows the new name by the path. */
struct job *
op_rename_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
              const char *new_name)
{
    struct job        *job = job_new(jobs, &op_rename, dom, owner);
    cleanup_free char *path = store_path(jobs->domains, new_name);
    worker_file        file = {
               .path = path, .change = WORKER_FILE_REPLACE, .second = task_text(NULL), .mode = 0600};

    rename_of(job)->new_name = xstrdup(new_name);
    op_file_set(&rename_of(job)->file, &file);
    return job;
}

static int
rename_check(const struct domain *dom, const char *new_name, struct err *err)
{
    if (domain_runs(dom) || dom->work.count)
        return err_set_libvirt(err, ERR_OPERATION_INVALID, "cannot rename active domain");
    if (!dom->stored)
        return err_set_libvirt(err, ERR_OPERATION_INVALID, "cannot rename a transient domain");
    if (dom->has_image)
        return err_set_libvirt(err, ERR_OPERATION_INVALID,
                               "domain with a managed saved state can't be renamed");
    return store_check_file(dom, err) < 0 ? -1 : domains_check_name(dom->table, new_name, err);
}

static void
rename_granted(struct job *job)
{
    struct op_rename *op = rename_of(job);
    struct err        err;

    if (rename_check(job->dom, op->new_name, &err) < 0) {
        job_finish(job, &err);
        return;
    }
    job->dom->work.new_name = op->new_name;
    op->old_name = xstrdup(job->dom->stored->name);
    op->old = domain_def_share(job->dom->stored);
    loop_work(job->jobs->loop, job->owner.user, definition_is_long(op->old), rename_make,
              rename_made, op);
}

static void
rename_make(void *arg)
{
    struct op_rename *op = arg;

    op->def = domain_def_with_name(op->old, op->new_name, &op->err);
}

/* The changes behind the first one: the new link is there before the old one goes, and both before
 * the old file goes. */
struct rename_files {
    char        *path, *link, *old_path, *old_link;
    worker_file  make_link, remove_link, remove_old;
    worker_file *first;
};

static void
rename_files_init(struct rename_files *files, const struct domains *domains, const char *old_name,
                  const char *name, bool autostart)
{
    *files = (struct rename_files){.path = store_path(domains, name),
                                   .link = store_autostart_path(domains, name),
                                   .old_path = store_path(domains, old_name),
                                   .old_link = store_autostart_path(domains, old_name)};
    files->remove_old = (worker_file){
        .path = files->old_path, .change = WORKER_FILE_REMOVE, .second = task_text(NULL)};
    files->remove_link = (worker_file){.path = files->old_link,
                                       .change = WORKER_FILE_REMOVE,
                                       .second = autostart ? files->old_path : task_text(NULL),
                                       .then = &files->remove_old};
    files->make_link = (worker_file){.path = files->link,
                                     .change = WORKER_FILE_SYMLINK,
                                     .second = files->path,
                                     .then = &files->remove_link};
    files->first = autostart ? &files->make_link : &files->remove_link;
}

static void
rename_files_free(struct rename_files *files)
{
    free(files->path);
    free(files->link);
    free(files->old_path);
    free(files->old_link);
}

struct job *
op_rename_remains_new(struct jobs *jobs, const struct store_remain *remain)
{
    struct rename_files files;
    struct job         *job;

    rename_files_init(&files, jobs->domains, remain->old_name, remain->name, remain->autostart);
    job = op_file_new(jobs, NULL, NULL, files.first);
    rename_files_free(&files);
    return job;
}

static void
rename_set_files(struct op_rename *op)
{
    const struct domain *dom = op->file.job.dom;
    struct rename_files  files;
    worker_file          first;

    rename_files_init(&files, dom->table, op->old_name, op->new_name, dom->autostart);
    first = op_file_of_definition(files.path, op->def);
    first.then = files.first;
    op_file_set(&op->file, &first);
    op_file_set_new(&op->file, true);
    rename_files_free(&files);
}

static void
rename_made(void *arg, bool ended)
{
    struct op_rename *op = arg;
    struct err        stopped;

    domain_def_free(take_ptr(op->old));
    if (ended && op->def) {
        rename_set_files(op);
        op_file_run(&op->file);
        return;
    }
    err_set(&stopped, ERR_OPERATION_ABORTED, "aborted: the daemon stops");
    job_finish(&op->file.job, ended ? &op->err : &stopped);
}

/* def is Taken. */
static void
rename_is_stored(struct op_rename *op, struct domain_def *def)
{
    struct domain *dom = op->file.job.dom;

    dom->work.new_name = NULL;
    domain_store_renamed(dom, def);
    job_finish(&op->file.job, NULL);
}

static void
rename_read(void *arg, struct domain_def *def, const struct err *err)
{
    struct op_rename *op = container_of((struct op_file *)arg, struct op_rename, file);

    if (def)
        rename_is_stored(op, def);
    else
        job_finish(&op->file.job, err);
}

static void
rename_done(struct job *job, const struct err *err)
{
    struct op_rename *op = rename_of(job);

    if (err)
        op_file_failed(&op->file, err);
    else if (op->def)
        rename_is_stored(op, take_ptr(op->def));
    else
        op_file_read(&op->file, rename_read);
}

static void
rename_load_params(struct job *job, const worker_params *params)
{
    op_file_load_params(job, params);
    rename_of(job)->new_name = store_name(params->worker_params_u.file.path);
}

static void
rename_clear(struct job *job)
{
    struct op_rename *op = rename_of(job);

    if (job->dom && job->dom->work.new_name == op->new_name)
        job->dom->work.new_name = NULL;
    domain_def_free(op->old);
    domain_def_free(op->def);
    free(op->old_name);
    free(op->new_name);
    op_file_clear(job);
}

const struct job_operation op_rename = {
    .name = "rename",
    .activity = DOMAIN_CHANGING,
    .size = sizeof(struct op_rename),
    .task = offsetof(struct op_file, task),
    .of_definition = true,
    .granted = rename_granted,
    .worker_done = rename_done,
    .save_params = op_file_save_params,
    .load_params = rename_load_params,
    .clear = rename_clear,
};
