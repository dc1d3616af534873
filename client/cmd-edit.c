/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Have the user edit the stored definition of a domain.  What the daemon refuses, or what would
 * take back somebody else's change, stays in its file.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "calls.h"
#include "command.h"
#include "domain.h"
#include "files.h"
#include "job.h"
#include "text.h"
#include "wire/libvirt.h"

static int
edit_get(struct connection *conn, const struct remote_nonnull_domain *dom, char **xml_out,
         struct err *err)
{
    struct remote_domain_get_xml_desc_args args = {
        .dom = *dom, .flags = DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE};
    struct remote_domain_get_xml_desc_ret ret = {0};

    if (call_domain_get_xml_desc(conn, &args, &ret, err) < 0)
        return -1;
    *xml_out = ret.xml;
    return 0;
}

/* It holds passwords: nobody else reads it. */
static int
edit_write(const char *xml, char **path_out, struct err *err)
{
    const char        *folder = getenv("TMPDIR");
    cleanup_free char *path =
        xasprintf("%s/dom0ctl-XXXXXX.xml", folder && *folder ? folder : "/tmp");
    cleanup_close int fd = mkostemps(path, (int)strlen(".xml"), O_CLOEXEC);

    if (fd < 0)
        return err_set_errno(err, errno, "cannot create %s", path);
    if (file_write_all(fd, xml, strlen(xml)) < 0) {
        err_set_errno(err, errno, "cannot write %s", path);
        unlink(path);
        return -1;
    }
    *path_out = take_ptr(path);
    return 0;
}

static const char *
edit_editor(void)
{
    const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");

    return visual && *visual ? visual : editor && *editor ? editor : "vi";
}

/* The editor may be a command with arguments, as everywhere. */
static void
edit_exec(const char *path)
{
    cleanup_free char *command = xasprintf("%s \"$1\"", edit_editor());

    execl("/bin/sh", "sh", "-c", command, "sh", path, (char *)NULL);
    _exit(127);
}

/* Ctrl-C is the editor's. */
static int
edit_wait(const char *path, struct err *err)
{
    void (*old)(int) = signal(SIGINT, SIG_IGN);
    int   status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        signal(SIGINT, old);
        edit_exec(path);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    signal(SIGINT, old);
    if (pid < 0)
        return err_set_errno(err, errno, "cannot start %s", edit_editor());
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return err_set(err, ERR_OPERATION_FAILED, "the editor %s failed", edit_editor());
    return 0;
}

/* Is what was edited what is stored by now? */
static int
edit_check(struct connection *conn, const struct remote_nonnull_domain *dom, const char *before,
           struct err *err)
{
    cleanup_free char *now = NULL;

    if (edit_get(conn, dom, &now, err) < 0)
        return -1;
    if (strcmp(now, before) != 0)
        return err_set(err, ERR_OPERATION_FAILED,
                       "domain '%s' was changed by somebody else meanwhile", dom->name);
    return 0;
}

static int
edit_define(struct client *client, const struct remote_nonnull_domain *dom, char *xml,
            bool validate, struct err *err)
{
    cleanup_free char                         *label = xasprintf("define %s", dom->name);
    cleanup_job struct job                     job = {.label = label, .keep = true};
    struct remote_domain_define_xml_flags_args args = {.xml = xml,
                                                       .flags = validate ? DEFINE_VALIDATE : 0};

    if (call_begin_domain_define_xml_flags(client->conn, &job.call, &args, err) < 0)
        return -1;
    return job_run(client, &job, err);
}

/* From here on the text is the user's work. */
static int
edit_take(struct client *client, const struct remote_nonnull_domain *dom, const char *before,
          const char *path, bool validate, struct err *err)
{
    cleanup_free char *after = NULL;

    if (files_read_text(path, &after, err) < 0)
        return -1;
    if (strcmp(after, before) == 0) {
        text_print_line(stdout, "%s not changed", dom->name);
        return 0;
    }
    if (edit_check(client->conn, dom, before, err) < 0 ||
        edit_define(client, dom, after, validate, err) < 0)
        return -1;
    text_print_line(stdout, "%s changed%s", dom->name,
                    dom->id < 0 ? "" : "; it counts when the domain is started next");
    return 0;
}

static int
edit_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                          *conn = client_connect(client, err);
    cleanup_domain struct remote_nonnull_domain dom = {0};
    cleanup_free char                          *before = NULL, *path = NULL;
    bool                                        validate = !option_given(options, "lax");

    if (!conn || domain_find(conn, options->operands[0], &dom, err) < 0 ||
        edit_get(conn, &dom, &before, err) < 0 || edit_write(before, &path, err) < 0)
        return -1;
    /* The user takes his time, in which the daemon would miss our answers and hang up. */
    connection_close(take_ptr(client->conn));
    if (edit_wait(path, err) < 0 || !client_connect(client, err) ||
        edit_take(client, &dom, before, path, validate, err) < 0)
        return err_append(err, "; the text is in %s", path);
    unlink(path);
    return 0;
}

static const struct option_spec edit_options[] = {
    {"lax", 0, NULL, "accept elements and attributes that are not known"},
    {0},
};

const struct command cmd_edit = {
    .name = "edit",
    .args = "DOMAIN",
    .help = "edit a domain's stored definition with $VISUAL or $EDITOR",
    .options = edit_options,
    .run = edit_run,
};
