/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-check.c: is this a Xen dom0?  libxl would say it in three lines of its own, or wait for ever.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xenstore_lib.h>

#include "base/alloc.h"
#include "xl.h"

static int
check_privcmd(struct err *err)
{
    if (access("/dev/xen/privcmd", F_OK) == 0 || access("/proc/xen/privcmd", F_OK) == 0)
        return 0;
    return err_set(err, ERR_NO_CONNECT,
                   "this is not a Xen dom0: there is no /dev/xen/privcmd (is the host booted into "
                   "Xen?)");
}

/* In a guest the devices are there too. */
static int
check_control_domain(struct err *err)
{
    char  text[64] = "";
    FILE *f = fopen("/proc/xen/capabilities", "re");

    if (!f)
        return 0; /* xenfs is not mounted; libxl can do without */
    if (!fgets(text, sizeof text, f))
        text[0] = '\0';
    fclose(f);
    if (strstr(text, "control_d"))
        return 0;
    return err_set(err, ERR_NO_CONNECT,
                   "this is not a Xen dom0: /proc/xen/capabilities does not say control_d");
}

/*
 * libxenstore, finding no socket, falls back on the kernel's device, where the first request waits
 * for an xenstored that may never come.  So its socket is asked for first.  (An xenstored in a
 * domain of its own has no socket; such hosts are not served.)
 */
static int
connect_to_xenstored(struct err *err)
{
    const char        *path = xs_daemon_socket();
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int                r;
    cleanup_close int  fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return err_set_errno(err, errno, "cannot create a socket");
    if ((size_t)snprintf(addr.sun_path, sizeof addr.sun_path, "%s", path) >= sizeof addr.sun_path)
        return err_set(err, ERR_SYSTEM, "the path of xenstored's socket is too long: %s", path);
    r = connect(fd, (struct sockaddr *)&addr, sizeof addr);
    if (r < 0)
        return err_set_errno(err, errno, "xenstored does not answer at %s", path);
    return take_fd(fd);
}

int
xl_check_host(struct err *err)
{
    if (check_privcmd(err) < 0 || check_control_domain(err) < 0)
        return -1;
    return connect_to_xenstored(err);
}
