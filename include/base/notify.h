/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * notify.h: the socket by which systemd is told how a service is, see sd_notify(3).
 *
 * libsystemd's own function waits while the other end does not read; this one never does.
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

struct notify_socket {
    int                fd; /* -1: systemd does not listen, and nothing is told */
    struct sockaddr_un address;
    socklen_t          address_size;
};

/** By NOTIFY_SOCKET of the environment. */
void notify_socket_open(struct notify_socket *socket_out);
void notify_socket_close(struct notify_socket *socket);

/** Returns whether systemd has taken it; text: lines, "STATUS=...". */
bool notify_socket_tell(const struct notify_socket *socket, const char *text);

#endif
