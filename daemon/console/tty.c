/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tty.h"

#define FOLDER "/dev/pts/"

/* Of the slaves of Unix98 ptys, see Documentation/admin-guide/devices.txt of Linux. */
#define MAJOR_FIRST 136
#define MAJOR_LAST 143

static bool
tty_is_path(const char *path)
{
    const char *number = path + strlen(FOLDER);

    return strncmp(path, FOLDER, strlen(FOLDER)) == 0 && *number && strlen(number) < 10 &&
           strspn(number, "0123456789") == strlen(number);
}

static bool
tty_is_pty(const struct stat *st)
{
    return S_ISCHR(st->st_mode) && major(st->st_rdev) >= MAJOR_FIRST &&
           major(st->st_rdev) <= MAJOR_LAST;
}

/* Before it is opened, so that nothing else is. */
static int
tty_check(const char *path, struct stat *st, struct err *err)
{
    if (!tty_is_path(path))
        return err_set(err, ERR_INTERNAL, "xenstore says that a console is '%s', which is no pty",
                       path);
    if (lstat(path, st) < 0)
        return err_set_errno(err, errno, "cannot open the console %s", path);
    if (!tty_is_pty(st))
        return err_set(err, ERR_INTERNAL, "the console %s is no pty", path);
    if (st->st_uid != geteuid())
        return err_set(err, ERR_INTERNAL, "the console %s is a terminal of user %u", path,
                       (unsigned)st->st_uid);
    return 0;
}

static int
tty_make_raw(int fd, const char *path, struct err *err)
{
    struct termios mode;

    if (tcgetattr(fd, &mode) == 0) {
        cfmakeraw(&mode);
        if (tcsetattr(fd, TCSANOW, &mode) == 0)
            return 0;
    }
    return err_set_errno(err, errno, "cannot make the console %s raw", path);
}

int
console_tty_open(const char *path, struct err *err)
{
    cleanup_close int fd = -1;
    struct stat       before, st;

    if (tty_check(path, &before, err) < 0)
        return -1;
    fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) < 0)
        return err_set_errno(err, errno, "cannot open the console %s", path);
    if (!tty_is_pty(&st) || st.st_uid != before.st_uid)
        return err_set(err, ERR_INTERNAL, "the console %s is no pty", path);
    if (tty_make_raw(fd, path, err) < 0)
        return -1;
    return take_fd(fd);
}
