/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/spawn.h"
#include "host-private.h"

int
host_spawn(struct loop *loop, const char *path, const char *mode, pid_t *pid_out, struct err *err)
{
    int               pair[2];
    char              level[4];
    const char *const argv[] = {path, mode, level, NULL};
    cleanup_close int ours = -1, theirs = -1;

    (void)loop;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return err_set_errno(err, errno, "cannot make a socket pair");
    ours = pair[0];
    theirs = pair[1];
    snprintf(level, sizeof level, "%d", (int)log_get_level());
    return spawn_program(argv, theirs, pid_out, err) < 0 ? -1 : take_fd(ours);
}
