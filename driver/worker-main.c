/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * worker-main.c: dom0d-worker, the processes that wait in the daemon's place.  Started by dom0d
 * only:
 *
 *   dom0d-worker SOCKET-PATH LOG-LEVEL AUTOBALLOON DOM0-MIN-KIB
 *                                           one operation; the listening socket is descriptor 3
 *   dom0d-worker --host LOG-LEVEL           the helper (helper.h), and
 *   dom0d-worker --query LOG-LEVEL          a query process (query.h), and
 *   dom0d-worker --write LOG-LEVEL          the writer (writer.h): a socket to the daemon is
 *                                           descriptor 3
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/spawn.h"
#include "driver/log-journal.h"
#include "eventloop/loop.h"
#include "helper.h"
#include "host-wire.h"
#include "query.h"
#include "worker.h"
#include "writer.h"

static void
run_worker(struct loop *loop, int argc, char **argv)
{
    /* A daemon of an earlier version gives the first two only. */
    const char    *autoballoon = argc > 3 ? argv[3] : "off";
    uint64_t       dom0_min_kib = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
    struct worker *worker = worker_new(loop, SPAWN_FD, argv[1], autoballoon, dom0_min_kib);

    loop_run(loop);
    worker_free(worker);
}

static void
daemon_has_gone(void *arg)
{
    loop_stop(arg);
}

/*
 * Killed with its daemon, also while it waits and sees no end of its socket: it does nothing that
 * must be finished.
 */
static void
die_with_daemon(void)
{
    struct pollfd daemon = {.fd = SPAWN_FD};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* The daemon was quicker. */
    if (poll(&daemon, 1, 0) == 1 && (daemon.revents & POLLHUP))
        _exit(0);
}

static void
run_helper(struct loop *loop)
{
    struct helper *helper;

    die_with_daemon();
    helper = helper_new(loop, SPAWN_FD, daemon_has_gone, loop);
    loop_run(loop);
    helper_free(helper);
}

static void
run_query(struct loop *loop)
{
    struct query *query;

    die_with_daemon();
    query = query_new(loop, SPAWN_FD, daemon_has_gone, loop);
    loop_run(loop);
    query_free(query);
}

/* What it was given it writes, also when the daemon has gone. */
static void
run_writer(struct loop *loop)
{
    struct writer *writer = writer_new(loop, SPAWN_FD, daemon_has_gone, loop);

    loop_run(loop);
    writer_free(writer);
}

/* The unit has the daemon run before all others, so that it answers at once: it works little.  We,
 * and the device models that we start, work much.  (The helper works as little as the daemon, and
 * answers it.) */
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
    bool         is_helper;

    if ((argc != 3 && argc != 5) || fstat(SPAWN_FD, &st) < 0 || !S_ISSOCK(st.st_mode)) {
        fputs("dom0d-worker is started by dom0d, not by hand\n", stderr);
        return 2;
    }
    fcntl(SPAWN_FD, F_SETFD, FD_CLOEXEC);
    umask(077);
    /*
     * SIGTERM keeps its default: libxl sends it to its children, and one that has not come to exec
     * yet would run a handler of ours, which wakes this process's loop and not its own.
     */
    signal(SIGPIPE, SIG_IGN);
    is_helper = strcmp(argv[1], "--host") == 0;
    if (!is_helper)
        give_up_priority();
    log_to_journal();
    log_set_level((enum log_level)atoi(argv[2]));
    loop = loop_new();
    if (is_helper)
        run_helper(loop);
    else if (strcmp(argv[1], "--query") == 0)
        run_query(loop);
    else if (strcmp(argv[1], "--write") == 0)
        run_writer(loop);
    else
        run_worker(loop, argc, argv);
    loop_free(loop);
    return 0;
}
