/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hang.c: to be preloaded into a worker: system calls that do not return, as on a file system that
 * is slow or dead.  CALL waits while $DOM0D_HANG/hang-CALL is there:
 *
 *   fsync, rename, unlink   where a new file gets its name or goes
 *   folder                  open of a folder
 *   open                    open of what lies at a path that has "dead" in it
 *   read                    pread, and read of regular files
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static void
wait_while(const char *call)
{
    const char *folder = getenv("DOM0D_HANG");
    char        path[512];

    snprintf(path, sizeof path, "%s/hang-%s", folder ? folder : "/nonexistent", call);
    while (access(path, F_OK) == 0)
        usleep(10000);
}

#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

int
fsync(int fd)
{
    wait_while("fsync");
    return REAL(fsync)(fd);
}

int
renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    wait_while("rename");
    return REAL(renameat)(from_folder, from, to_folder, to);
}

int
renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    wait_while("rename");
    return REAL(renameat2)(from_folder, from, to_folder, to, flags);
}

int
linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    wait_while("rename");
    return REAL(linkat)(from_folder, from, to_folder, to, flags);
}

int
unlinkat(int folder, const char *path, int flags)
{
    wait_while("unlink");
    return REAL(unlinkat)(folder, path, flags);
}

static void
wait_for_path(const char *path, int flags)
{
    if ((flags & O_DIRECTORY) == O_DIRECTORY)
        wait_while("folder");
    if (strstr(path, "dead"))
        wait_while("open");
}

int
open(const char *path, int flags, ...)
{
    va_list ap;
    int     mode;

    va_start(ap, flags);
    mode = va_arg(ap, int);
    va_end(ap);
    wait_for_path(path, flags);
    return REAL(open)(path, flags, mode);
}

int
openat(int folder, const char *path, int flags, ...)
{
    va_list ap;
    int     mode;

    va_start(ap, flags);
    mode = va_arg(ap, int);
    va_end(ap);
    wait_for_path(path, flags);
    return REAL(openat)(folder, path, flags, mode);
}

static void
wait_for_read(int fd)
{
    struct stat st;

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        wait_while("read");
}

ssize_t
read(int fd, void *data, size_t size)
{
    wait_for_read(fd);
    return REAL(read)(fd, data, size);
}

ssize_t
pread(int fd, void *data, size_t size, off_t offset)
{
    wait_for_read(fd);
    return REAL(pread)(fd, data, size, offset);
}
