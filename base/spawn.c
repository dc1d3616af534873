/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/spawn.h"

/* What systemd says to us alone.  JOURNAL_STREAM is for all who have our stderr. */
static bool
spawn_hides_variable(const char *variable)
{
    static const char *const hidden[] = {"LISTEN_", "NOTIFY_", "WATCHDOG_", "MAINPID=", "FDSTORE="};

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

static void
spawn_set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(attributes);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setflags(attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
}

int
spawn_program(const char *const *argv, int fd, pid_t *pid_out, struct err *err)
{
    cleanup_free char **environment = spawn_environment();
    /* To copy a descriptor onto itself would leave it to be closed by exec. */
    cleanup_close int          moved = fcntl(fd, F_DUPFD_CLOEXEC, SPAWN_FD + 1);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t          attributes;
    int                        r;

    if (moved < 0)
        return err_set_errno(err, errno, "cannot run %s", argv[0]);
    spawn_set_attributes(&attributes);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, moved, SPAWN_FD);
    posix_spawn_file_actions_addclosefrom_np(&actions, SPAWN_FD + 1);
    r = posix_spawn(pid_out, argv[0], &actions, &attributes, (char *const *)(uintptr_t)argv,
                    environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return r ? err_set_errno(err, r, "cannot run %s", argv[0]) : 0;
}
