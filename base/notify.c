/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/notify.h"

void
notify_socket_open(struct notify_socket *socket_out)
{
    const char *path = getenv("NOTIFY_SOCKET");
    size_t      length = path ? strlen(path) : 0;

    *socket_out = (struct notify_socket){.fd = -1, .address = {.sun_family = AF_UNIX}};
    if (length < 2 || length >= sizeof socket_out->address.sun_path ||
        (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(socket_out->address.sun_path, path, length);
    if (path[0] == '@')
        socket_out->address.sun_path[0] = '\0'; /* no file: a name of the kernel's */
    socket_out->address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    socket_out->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

void
notify_socket_close(struct notify_socket *socket)
{
    if (socket->fd >= 0)
        close(take_fd(socket->fd));
}

bool
notify_socket_tell(const struct notify_socket *socket, const char *text)
{
    size_t length = strlen(text);

    return socket->fd >= 0 && sendto(socket->fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT,
                                     (const struct sockaddr *)&socket->address,
                                     socket->address_size) == (ssize_t)length;
}
