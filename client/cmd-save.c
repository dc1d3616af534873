/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Write a running domain to a file and end it. */
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "calls.h"
#include "command.h"
#include "domain.h"
#include "files.h"
#include "job.h"
#include "text.h"

/* What is to be saved, and where. */
struct target {
    struct remote_nonnull_domain dom;
    char                        *path;
    struct file_mark             before; /* what stood there when the save was asked for */
};

static int
find_target(struct connection *conn, const struct options *options, struct target *target,
            struct err *err)
{
    if (domain_find(conn, options->operands[0], &target->dom, err) < 0 ||
        files_absolute_path(options->operands[1], &target->path, err) < 0)
        return -1;
    files_mark(target->path, &target->before);
    return 0;
}

static void
target_clear(struct target *target)
{
    domain_clear(&target->dom);
    free(target->path);
}

#define cleanup_target __attribute__((cleanup(target_clear)))

/* What the abort led to is asked of the daemon, not assumed. */
static int
say_aborted(struct connection *conn, const struct remote_nonnull_domain *dom, struct err *err)
{
    struct remote_domain_get_state_args args = {.dom = *dom};
    struct remote_domain_get_state_ret  ret = {0};
    struct err                          other = {0};

    if (call_domain_get_state(conn, &args, &ret, &other) < 0)
        return err_append(err, "; the guest's state is not known: %s", other.message);
    if (domain_runs(ret.state))
        return err_set(err, ERR_OPERATION_ABORTED, "save of %s aborted; the guest runs on",
                       dom->name);
    return err_set(err, ERR_OPERATION_ABORTED, "save of %s aborted; the guest is %s", dom->name,
                   domain_state_name(ret.state));
}

static char *
file_text(const struct target *target, const struct file_mark *now)
{
    if (now->errnum == ENOENT)
        return xasprintf("%s is not there", target->path);
    if (now->errnum)
        return xasprintf("%s cannot be seen: %s", target->path, strerror(now->errnum));
    return xasprintf("%s is %s", target->path,
                     files_is_new(&target->before, now) ? "new" : "as it was before");
}

/*
 * Nobody saw the end.  The file has its name only once it is whole, and only then is the domain
 * ended: where both are so, the domain is saved.
 */
static int
look(struct connection *conn, const struct target *target, struct err *err)
{
    const char        *name = target->dom.name;
    struct file_mark   file;
    struct domain_now  now;
    struct err         other;
    cleanup_free char *guest = NULL, *image = NULL;

    if (domain_look(conn, (const uint8_t *)target->dom.uuid, &now, &other) < 0)
        return err_append(err, "; what became of %s is not known: %s", name, other.message);
    files_mark(target->path, &file);
    if (now.id == target->dom.id || !files_is_new(&target->before, &file)) {
        guest = domain_now_text(name, &now);
        image = file_text(target, &file);
        return err_append(err, "; %s, and %s", guest, image);
    }
    text_print_line(stdout, "%s saved to %s (the file is new and the domain has ended; %s)", name,
                    target->path, err->message);
    return 0;
}

static int
explain(struct connection *conn, const struct job *job, const struct target *target,
        struct err *err)
{
    if (job->unknown)
        return look(conn, target, err);
    if (job->aborted && err->code == ERR_OPERATION_ABORTED)
        return say_aborted(conn, &target->dom, err);
    return -1;
}

static int
save_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                   *conn = client_connect(client, err);
    cleanup_free char                   *label = NULL;
    cleanup_job struct job               job = {.conn = conn};
    cleanup_target struct target         target = {.path = NULL};
    struct remote_domain_save_flags_args args;

    if (!conn || find_target(conn, options, &target, err) < 0)
        return -1;
    job.label = label = xasprintf("save %s", target.dom.name);
    args = (struct remote_domain_save_flags_args){.dom = target.dom, .to = target.path};
    if (call_begin_domain_save_flags(conn, &job.call, &args, err) < 0)
        return -1;
    if (job_run(&job, err) < 0)
        return explain(conn, &job, &target, err);
    text_print_line(stdout, "%s saved to %s%s", target.dom.name, target.path,
                    job.aborted ? "; the abort came too late" : "");
    return 0;
}

const struct command cmd_save = {
    .name = "save",
    .args = "DOMAIN FILE",
    .help = "write a running domain to a file and end it",
    .run = save_run,
};
