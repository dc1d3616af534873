/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
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
    cleanup_close int fd = mkstemps(path, (int)strlen(".xml"));

    if (fd < 0)
        return err_set_errno(err, errno, "cannot create %s", path);
    editor->path = take_ptr(path);
    return file_write_all(fd, text, strlen(text)) < 0
               ? err_set_errno(err, errno, "cannot write %s", editor->path)
               : 0;
}

static int
editor_wait(const struct editor *editor, const char *command, struct err *err)
{
    cleanup_free char *line = xasprintf("%s \"$1\"", command);
    int                status;
    pid_t              pid = fork();

    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", line, "sh", editor->path, (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        return err_set_errno(err, errno, "cannot run the editor '%s'", command);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return err_set(err, ERR_OPERATION_FAILED, "the editor '%s' failed", command);
}

int
editor_run(struct editor *editor, const char *text, char **changed_out, struct err *err)
{
    cleanup_free char *changed = NULL;

    if (editor_write(editor, text, err) < 0 || editor_wait(editor, editor_command(), err) < 0 ||
        files_read_text(editor->path, &changed, err) < 0)
        return -1;
    *changed_out = strcmp(text, changed) == 0 ? NULL : take_ptr(changed);
    return 0;
}

void
editor_forget(struct editor *editor, bool keep)
{
    if (editor->path && !keep)
        unlink(editor->path);
    free(take_ptr(editor->path));
}
