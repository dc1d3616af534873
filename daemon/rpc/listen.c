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
listen_make_address(const char *path, struct sockaddr_un *address_out, struct err *err)
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
listen_is_taken(const struct sockaddr_un *address)
{
    cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    return fd >= 0 &&
           (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN);
}

/* A daemon that was killed has left its socket behind. */
static int
listen_clear_way(const struct sockaddr_un *address, struct err *err)
{
    const char *path = address->sun_path;
    struct stat st;

    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : err_set_errno(err, errno, "cannot listen on %s", path);
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, ERR_OPERATION_FAILED,
                       "cannot listen on %s: it exists and is not a socket", path);
    if (listen_is_taken(address))
        return err_set(err, ERR_OPERATION_FAILED,
                       "cannot listen on %s: another process already does", path);
    if (unlink(path) < 0)
        return err_set_errno(err, errno, "cannot remove %s", path);
    return 0;
}

/* Until somebody listens nobody can connect: so there is no moment with too many rights. */
static int
listen_bind(int fd, const struct sockaddr_un *address, gid_t group, mode_t mode)
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
listen_open_own(const char *path, bool read_only, gid_t group, struct listen_socket *socket_out,
                struct err *err)
{
    cleanup_close int  fd = -1;
    struct sockaddr_un address;
    struct stat        st;
    mode_t             mode = read_only ? 0666 : group == (gid_t)-1 ? 0600 : 0660;

    if (listen_make_address(path, &address, err) < 0 || listen_clear_way(&address, err) < 0)
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || listen_bind(fd, &address, group, mode) < 0)
        return err_set_errno(err, errno, "cannot listen on %s", path);
    if (lstat(path, &st) < 0)
        return err_set_errno(err, errno, "cannot listen on %s", path);
    *socket_out = (struct listen_socket){.fd = take_fd(fd),
                                         .read_only = read_only,
                                         .path = xstrdup(path),
                                         .device = st.st_dev,
                                         .inode = st.st_ino};
    return 0;
}

/* Whose members may use the read-write socket; -1: only root. */
static gid_t
listen_find_group(const char *name)
{
    const struct group *group = *name ? getgrnam(name) : NULL;

    if (*name && !group)
        log_warning("there is no group %s: only root may use the read-write socket", name);
    return group ? group->gr_gid : (gid_t)-1;
}

static int
listen_open_both(const struct rpc_limits *limits, struct listen_socket *sockets_out,
                 size_t *count_out, struct err *err)
{
    if (listen_open_own(limits->socket, false, listen_find_group(limits->socket_group),
                        &sockets_out[0], err) < 0)
        return -1;
    if (listen_open_own(limits->socket_ro, true, (gid_t)-1, &sockets_out[1], err) < 0) {
        listen_close(&sockets_out[0]);
        return -1;
    }
    *count_out = 2;
    return 0;
}

/*----- systemd's -----*/

/* A unit without FileDescriptorName= passes its own name. */
static bool
listen_is_named(const char *name, const char *wanted)
{
    size_t length = strlen(wanted);

    return !strncmp(name, wanted, length) && (!name[length] || !strcmp(name + length, ".socket"));
}

static bool
listen_is_at(int fd, const char *path)
{
    return sd_is_socket_unix(fd, SOCK_STREAM, 1, path, 0) > 0;
}

static int
listen_take_passed(const struct rpc_limits *limits, int fd, const char *name,
                   struct listen_socket *socket_out, struct err *err)
{
    bool read_only = listen_is_named(name, "dom0d-ro") || listen_is_at(fd, limits->socket_ro);

    if (!read_only && !listen_is_named(name, "dom0d") && !listen_is_at(fd, limits->socket))
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
listen_take_all_passed(const struct rpc_limits *limits, unsigned n, char **names,
                       struct listen_socket *sockets_out, struct err *err)
{
    if (n > LISTEN_MAX)
        return err_set(err, ERR_INVALID_ARG, "systemd passed %u sockets, more than %u", n,
                       LISTEN_MAX);
    for (unsigned i = 0; i < n; i++)
        if (listen_take_passed(limits, SD_LISTEN_FDS_START + (int)i, names[i], &sockets_out[i],
                               err) < 0)
            return -1;
    return 0;
}

static bool
listen_has_read_write(const struct listen_socket *sockets, size_t count)
{
    for (size_t n = 0; n < count; n++)
        if (!sockets[n].read_only)
            return true;
    return false;
}

/* dom0d.socket fails where its group does not exist: that must not leave root without a way to
 * change guests.  What cannot be had is told, and those who only look are served all the same. */
static void
listen_add_read_write(const struct rpc_limits *limits, struct listen_socket *sockets, size_t *count)
{
    struct err err;

    log_warning("systemd passed no read-write socket (did dom0d.socket fail?): opening %s",
                limits->socket);
    if (*count == LISTEN_MAX)
        log_error("there is no read-write socket: systemd passed %u others", LISTEN_MAX);
    else if (listen_open_own(limits->socket, false, listen_find_group(limits->socket_group),
                             &sockets[*count], &err) < 0)
        log_error("there is no read-write socket: %s", err.message);
    else
        ++*count;
}

void
listen_mark_passed(void)
{
    /* A number that makes no sense is told by listen_open. */
    (void)sd_listen_fds(0);
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
        return listen_open_both(limits, sockets_out, count_out, err);
    r = listen_take_all_passed(limits, (unsigned)n, names, sockets_out, err);
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
    if (r < 0)
        return -1;
    *count_out = (size_t)n;
    if (!listen_has_read_write(sockets_out, *count_out))
        listen_add_read_write(limits, sockets_out, count_out);
    return 0;
}

void
listen_close(struct listen_socket *socket)
{
    struct stat st;

    close(take_fd(socket->fd));
    /* systemd removes whatever is in the way of its own socket: then the path is ours no more. */
    if (socket->path && lstat(socket->path, &st) == 0 && st.st_dev == socket->device &&
        st.st_ino == socket->inode)
        unlink(socket->path);
    free(take_ptr(socket->path));
}
