/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fake-console.c: the guest's end of a console, beside a daemon: as xenconsoled does for it, a pty
 * for each run of the domain, whose path is in xenstore.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "fake-console.h"
#include "fake-xen.h"

#define LOOK_MSEC 20

struct fake_console {
    const char *name;
    unsigned    terminal;
    uint32_t    domid;     /* of the run that has the pty; 0: none */
    int         fd, slave; /* -1: no pty; like xenconsoled we hold both ends */
    bool        input_ended;
};

static void
console_hang_up(struct fake_console *console)
{
    if (console->fd < 0)
        return;
    close(take_fd(console->fd));
    close(take_fd(console->slave));
}

static void
console_connect(struct fake_console *console, struct fake_domain *dom)
{
    struct termios mode;
    char           path[32];

    console->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    assert(console->fd >= 0 && grantpt(console->fd) == 0 && unlockpt(console->fd) == 0);
    assert(ptsname_r(console->fd, path, sizeof path) == 0);
    console->slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert(console->slave >= 0 && tcgetattr(console->slave, &mode) == 0);
    cfmakeraw(&mode);
    assert(tcsetattr(console->slave, TCSANOW, &mode) == 0);
    fake_domain_set_tty(dom, console->terminal, path);
}

/* The domain may have gone, or be another one of the same name.  Returns whether it is another. */
static bool
console_follow_domain(struct fake_console *console)
{
    struct fake_domain *dom = fake_domain_named(console->name);
    uint32_t            domid = dom ? dom->domid : 0;

    if (domid == console->domid)
        return false;
    console_hang_up(console);
    console->domid = domid;
    if (dom)
        console_connect(console, dom);
    return true;
}

static void
console_to_guest(struct fake_console *console)
{
    char    bytes[4096];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes), at = 0, m;

    console->input_ended = n <= 0;
    while (at < n) {
        m = write(console->fd, bytes + at, (size_t)(n - at));
        if (m < 0 && errno != EAGAIN)
            return;
        if (m < 0)
            usleep(1000);
        at += m > 0 ? m : 0;
    }
}

static void
console_from_guest(struct fake_console *console)
{
    char    bytes[4096];
    ssize_t n = read(console->fd, bytes, sizeof bytes);

    if (n > 0)
        file_write_all(STDOUT_FILENO, bytes, (size_t)n);
}

void
fake_console_run(const char *name, unsigned terminal)
{
    struct fake_console console = {.name = name, .terminal = terminal, .fd = -1, .slave = -1};

    for (;;) {
        struct pollfd fds[2];

        console_follow_domain(&console);
        fds[0] = (struct pollfd){.fd = console.fd < 0 || console.input_ended ? -1 : STDIN_FILENO,
                                 .events = POLLIN};
        fds[1] = (struct pollfd){.fd = console.fd, .events = POLLIN};
        /* What came meanwhile is for the domain that there is now, not for one that has gone. */
        if (poll(fds, 2, LOOK_MSEC) < 1 || console_follow_domain(&console))
            continue;
        if (fds[1].revents)
            console_from_guest(&console);
        if (fds[0].revents)
            console_to_guest(&console);
    }
}
