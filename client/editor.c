/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "command.h"
#include "connection.h"
#include "editor.h"
#include "files.h"

/* The command may have words of its own: "emacs -nw". */
static const char *
editor_command(void)
{
    const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");

    return visual && *visual ? visual : editor && *editor ? editor : "vi";
}

static int
editor_write(struct editor *editor, const char *text, struct err *err)
{
    const char        *folder = getenv("TMPDIR");
    cleanup_free char *path =
        xasprintf("%s/dom0ctl-XXXXXX.xml", folder && *folder ? folder : "/tmp");
    cleanup_close int fd = mkostemps(path, (int)strlen(".xml"), O_CLOEXEC);

    if (fd < 0)
        return err_set_errno(err, errno, "cannot create %s", path);
    if (file_write_all(fd, text, strlen(text)) < 0) {
        err_set_errno(err, errno, "cannot write %s", path);
        unlink(path);
        return -1;
    }
    editor->path = take_ptr(path);
    return 0;
}

static void
editor_exec(const char *path)
{
    cleanup_free char *line = xasprintf("%s \"$1\"", editor_command());

    execl("/bin/sh", "sh", "-c", line, "sh", path, (char *)NULL);
    _exit(127);
}

/* Ctrl-C is the editor's. */
static int
editor_wait(const char *path, struct err *err)
{
    void (*old)(int) = signal(SIGINT, SIG_IGN);
    int   status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        signal(SIGINT, old);
        editor_exec(path);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    signal(SIGINT, old);
    if (pid < 0)
        return err_set_errno(err, errno, "cannot start %s", editor_command());
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return err_set(err, ERR_OPERATION_FAILED, "the editor %s failed", editor_command());
    return 0;
}

int
editor_run(struct editor *editor, struct client *client, const char *text, char **changed_out,
           struct err *err)
{
    cleanup_free char *changed = NULL;

    if (editor_write(editor, text, err) < 0)
        return -1;
    connection_close(take_ptr(client->conn));
    if (editor_wait(editor->path, err) < 0 || !client_connect(client, err) ||
        files_read_text(editor->path, &changed, err) < 0)
        return -1;
    *changed_out = strcmp(text, changed) == 0 ? NULL : take_ptr(changed);
    return 0;
}

int
editor_end(struct editor *editor, int r, struct err *err)
{
    cleanup_free char *path = take_ptr(editor->path);

    if (!path)
        return r;
    if (r < 0)
        return err_append(err, "; the text is in %s", path);
    unlink(path);
    return r;
}
