/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#include "base/alloc.h"
#include "base/log.h"
#include "limits.h"
#include "listen.h"

/*----- our own -----*/

static int
make_address(const char *path, struct sockaddr_un *address_out, struct err *err)
{
    if (strlen(path) >= sizeof address_out->sun_path)
        return err_set(err, ERR_INVALID_ARG, "%s is longer than a socket's name may be (%zu)", path,
                       sizeof address_out->sun_path - 1);
    *address_out = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address_out->sun_path, path, strlen(path));
    return 0;
}

/* Without waiting: a listener whose queue is full says EAGAIN. */
static bool
somebody_listens(const struct sockaddr_un *address)
{
    cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    return fd >= 0 &&
           (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN);
}

/* A daemon that was killed has left its socket behind. */
static int
clear_the_way(const struct sockaddr_un *address, struct err *err)
{
    const char *path = address->sun_path;
    struct stat st;

    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : err_set_errno(err, errno, "cannot listen on %s", path);
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, ERR_OPERATION_FAILED,
                       "cannot listen on %s: there is something else of that name", path);
    if (somebody_listens(address))
        return err_set(err, ERR_OPERATION_FAILED,
                       "cannot listen on %s: another process does already", path);
    if (unlink(path) < 0)
        return err_set_errno(err, errno, "cannot remove %s", path);
    return 0;
}

/* Until somebody listens nobody can connect: so there is no moment with too many rights. */
static int
bind_and_listen(int fd, const struct sockaddr_un *address, gid_t group, mode_t mode)
{
    mode_t before = umask(0777);
    int    r = bind(fd, (const struct sockaddr *)address, sizeof *address);

    umask(before);
    if (r < 0)
        return -1;
    if (group != (gid_t)-1 && chown(address->sun_path, (uid_t)-1, group) < 0)
        return -1;
    if (chmod(address->sun_path, mode) < 0)
        return -1;
    return listen(fd, SOMAXCONN);
}

static int
open_own(const char *path, bool read_only, gid_t group, struct listen_socket *socket_out,
         struct err *err)
{
    cleanup_close int  fd = -1;
    struct sockaddr_un address;
    mode_t             mode = read_only ? 0666 : group == (gid_t)-1 ? 0600 : 0660;

    if (make_address(path, &address, err) < 0 || clear_the_way(&address, err) < 0)
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind_and_listen(fd, &address, group, mode) < 0)
        return err_set_errno(err, errno, "cannot listen on %s", path);
    *socket_out =
        (struct listen_socket){.fd = take_fd(fd), .read_only = read_only, .path = xstrdup(path)};
    return 0;
}

/* Whose members may use the read-write socket; -1: only root. */
static gid_t
find_group(const char *name)
{
    const struct group *group = *name ? getgrnam(name) : NULL;

    if (*name && !group)
        log_warning("there is no group %s: only root may use the read-write socket", name);
    return group ? group->gr_gid : (gid_t)-1;
}

static int
open_both(const struct rpc_limits *limits, struct listen_socket *sockets_out, size_t *count_out,
          struct err *err)
{
    if (open_own(limits->socket, false, find_group(limits->socket_group), &sockets_out[0], err) < 0)
        return -1;
    if (open_own(limits->socket_ro, true, (gid_t)-1, &sockets_out[1], err) < 0) {
        listen_close(&sockets_out[0]);
        return -1;
    }
    *count_out = 2;
    return 0;
}

/*----- systemd's -----*/

/* A unit without FileDescriptorName= passes its own name. */
static bool
is_named(const char *name, const char *wanted)
{
    size_t length = strlen(wanted);

    return !strncmp(name, wanted, length) && (!name[length] || !strcmp(name + length, ".socket"));
}

static bool
is_at(int fd, const char *path)
{
    return sd_is_socket_unix(fd, SOCK_STREAM, 1, path, 0) > 0;
}

static int
take_passed(const struct rpc_limits *limits, int fd, const char *name,
            struct listen_socket *socket_out, struct err *err)
{
    bool read_only = is_named(name, "dom0d-ro") || is_at(fd, limits->socket_ro);

    if (!read_only && !is_named(name, "dom0d") && !is_at(fd, limits->socket))
        return err_set(err, ERR_INVALID_ARG,
                       "systemd passed a socket '%s' that is neither dom0d nor dom0d-ro", name);
    if (sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) <= 0)
        return err_set(err, ERR_INVALID_ARG,
                       "systemd passed a socket '%s' that is no listening Unix socket", name);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    *socket_out = (struct listen_socket){.fd = fd, .read_only = read_only};
    return 0;
}

static int
take_all_passed(const struct rpc_limits *limits, unsigned n, char **names,
                struct listen_socket *sockets_out, struct err *err)
{
    if (n > LISTEN_MAX)
        return err_set(err, ERR_INVALID_ARG, "systemd passed %u sockets, more than %u", n,
                       LISTEN_MAX);
    for (unsigned i = 0; i < n; i++)
        if (take_passed(limits, SD_LISTEN_FDS_START + (int)i, names[i], &sockets_out[i], err) < 0)
            return -1;
    return 0;
}

int
listen_open(const struct rpc_limits *limits, struct listen_socket *sockets_out, size_t *count_out,
            struct err *err)
{
    char **names = NULL;
    int    n = sd_listen_fds_with_names(1, &names);
    int    r;

    if (n < 0)
        return err_set_errno(err, -n, "cannot take the sockets that systemd passed");
    if (n == 0)
        return open_both(limits, sockets_out, count_out, err);
    r = take_all_passed(limits, (unsigned)n, names, sockets_out, err);
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
    if (r < 0)
        return -1;
    *count_out = (size_t)n;
    return 0;
}

void
listen_close(struct listen_socket *socket)
{
    close(take_fd(socket->fd));
    if (socket->path)
        unlink(socket->path);
    free(take_ptr(socket->path));
}
