/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host-private.h"
#include "host-wire.h"

/* What systemd says to the daemon alone. */
static bool
spawn_hides_variable(const char *variable)
{
    static const char *const hidden[] = {"LISTEN_FDS=",    "LISTEN_PID=",    "LISTEN_FDNAMES=",
                                         "NOTIFY_SOCKET=", "WATCHDOG_USEC=", "WATCHDOG_PID="};

    for (size_t n = 0; n < array_size(hidden); n++)
        if (strncmp(variable, hidden[n], strlen(hidden[n])) == 0)
            return true;
    return false;
}

/* The strings are environ's. */
static char **
spawn_environment(void)
{
    size_t count = 0, kept = 0;
    char **environment;

    while (environ[count])
        count++;
    environment = xcalloc(count + 1, sizeof *environment);
    for (size_t n = 0; n < count; n++)
        if (!spawn_hides_variable(environ[n]))
            environment[kept++] = environ[n];
    return environment;
}

/* Signals as a fresh process has them, and a process group of its own: a Ctrl-C is for the daemon.
 */
static void
spawn_set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(attributes);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                             POSIX_SPAWN_SETPGROUP);
}

static int
spawn_with_socket(const char *path, const char *mode, int fd, pid_t *pid_out)
{
    char                level[4];
    char               *argv[] = {(char *)(uintptr_t)path, (char *)(uintptr_t)mode, level, NULL};
    cleanup_free char **environment = spawn_environment();
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t          attributes;
    int                        r;

    snprintf(level, sizeof level, "%d", (int)log_get_level());
    spawn_set_attributes(&attributes);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd, HOST_PROCESS_FD);
    /* The daemon's listening sockets, which systemd has opened, are not marked yet. */
    posix_spawn_file_actions_addclosefrom_np(&actions, HOST_PROCESS_FD + 1);
    r = posix_spawn(pid_out, path, &actions, &attributes, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return r;
}

int
host_spawn(struct loop *loop, const char *path, const char *mode, pid_t *pid_out, struct err *err)
{
    int               pair[2], r;
    cleanup_close int ours = -1, theirs = -1, moved = -1;

    (void)loop;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return err_set_errno(err, errno, "cannot make a socket pair");
    ours = pair[0];
    theirs = pair[1];
    /* To copy a descriptor onto itself would leave it to be closed by exec. */
    moved = fcntl(theirs, F_DUPFD_CLOEXEC, HOST_PROCESS_FD + 1);
    r = moved < 0 ? errno : spawn_with_socket(path, mode, moved, pid_out);
    if (r)
        return err_set_errno(err, r, "cannot run %s %s", path, mode);
    return take_fd(ours);
}
