/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * worker-main.c: dom0d-worker, one operation in a process of its own.  Started by dom0d only:
 *
 *   dom0d-worker SOCKET-PATH LOG-LEVEL      with the listening socket as descriptor 3
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "driver/log-journal.h"
#include "eventloop/loop.h"
#include "worker.h"

#define SOCKET_FD 3

static void
run(struct loop *loop, const char *path)
{
    struct worker *worker = worker_new(loop, SOCKET_FD, path);

    loop_run(loop);
    worker_free(worker);
}

/* The unit has the daemon run before all others, so that it answers at once: it works little.  We,
 * and the device models that we start, work much. */
static void
give_up_priority(void)
{
    if (getpriority(PRIO_PROCESS, 0) < 0)
        setpriority(PRIO_PROCESS, 0, 0);
}

int
main(int argc, char **argv)
{
    struct loop *loop;
    struct stat  st;

    if (argc != 3 || fstat(SOCKET_FD, &st) < 0 || !S_ISSOCK(st.st_mode)) {
        fputs("dom0d-worker is started by dom0d, not by hand\n", stderr);
        return 2;
    }
    fcntl(SOCKET_FD, F_SETFD, FD_CLOEXEC);
    umask(077);
    /*
     * SIGTERM keeps its default: libxl sends it to its children, and one that has not come to exec
     * yet would run a handler of ours, which wakes this process's loop and not its own.
     *
     * A terminal's Ctrl-C and hang-up are for the daemon; an operation outlives it. */
    setsid();
    signal(SIGPIPE, SIG_IGN);
    give_up_priority();
    log_to_journal();
    log_set_level((enum log_level)atoi(argv[2]));
    loop = loop_new();
    run(loop, argv[1]);
    loop_free(loop);
    return 0;
}
