/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * listen.h: listening sockets, our own or systemd's.
 */
#ifndef DAEMON_LISTEN_H
#define DAEMON_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct rpc_limits;

#define LISTEN_MAX 8

struct listen_socket {
    int   fd;
    bool  read_only;
    char *path;   /* to unlink when it is closed; NULL: systemd's */
    dev_t device; /* what stands at path while it is ours */
    ino_t inode;
};

/**
 * What systemd passes is not marked close-on-exec: this must come before any process is started.
 * The sockets stay where they are until listen_open takes them.
 */
void listen_mark_passed(void);

/**
 * Open them all.  What systemd passes is taken as it is.  Whether there is a read-only socket is
 * then for the administrator to say; a read-write one that is missing is opened, since
 * dom0d.socket may have failed, and the log says so.
 *
 * A file that is in the way is removed when it is a socket on which nobody listens.
 * sockets_out has room for LISTEN_MAX.
 */
int listen_open(const struct rpc_limits *limits, struct listen_socket *sockets_out,
                size_t *count_out, struct err *err);

void listen_close(struct listen_socket *socket);

#endif
