/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/log.h"
#include "host-private.h"

static void
process_free(struct host_process *process)
{
    framed_close(&process->framed);
    loop_child_stop(&process->child);
    LIST_REMOVE(process, link);
    free(process);
}

/* What it was good for is dealt with by whoever has its socket, which is closed by now or soon. */
static void
process_exited(void *arg, int status)
{
    struct host_process *process = arg;

    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
        log_error("dom0d-worker %s was killed by signal %d (%s)", process->mode, WTERMSIG(status),
                  strsignal(WTERMSIG(status)));
    else if (WIFEXITED(status) && WEXITSTATUS(status))
        log_error("dom0d-worker %s ended with status %d", process->mode, WEXITSTATUS(status));
    process->pid = -1;
    if (process->framed.fd < 0)
        process_free(process);
}

struct host_process *
host_process_new(struct host *host, const char *mode, const struct framed_ops *ops, void *arg,
                 struct err *err)
{
    struct host_process *process;
    pid_t                pid = -1;
    int                  fd = host_spawn(host->loop, host->worker_path, mode, &pid, err);

    if (fd < 0)
        return NULL;
    process = xcalloc(1, sizeof *process);
    process->host = host;
    process->mode = mode;
    process->pid = pid;
    loop_child_init(&process->child, host->loop, process_exited, process);
    if (pid > 0)
        loop_child_start(&process->child, pid);
    framed_init(&process->framed, host->loop, fd, ops, arg);
    LIST_INSERT_HEAD(&host->processes, process, link);
    return process;
}

void
host_process_end(struct host_process *process)
{
    if (!process)
        return;
    framed_close(&process->framed);
    if (process->pid > 0)
        kill(process->pid, SIGKILL);
    else
        process_free(process);
}

void
host_processes_close(struct host *host)
{
    struct host_process *process;

    while ((process = LIST_FIRST(&host->processes))) {
        /* It cannot defend itself, and init reaps it. */
        if (process->pid > 0)
            kill(process->pid, SIGKILL);
        process_free(process);
    }
}
