/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* disks.c: see disks.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "disks.h"

#define SECTOR_BYTES 512u /* sysfs counts in these, whatever the device has */

/* libxl does not wait for the end of QEMU, which has much to put down where it had a large cache.
 */
#define CLOSING_SEC 30u

/*----- block devices, as sysfs knows them: to open one could wait for it -----*/

/* The line that a file of sysfs holds, the caller's to free; NULL: there is none. */
static char *
disks_read_attribute(unsigned major_nr, unsigned minor_nr, const char *name)
{
    cleanup_free char *path = xasprintf("/sys/dev/block/%u:%u/%s", major_nr, minor_nr, name);
    cleanup_close int  fd = open(path, O_RDONLY | O_CLOEXEC);
    char               line[IMAGE_IDENTITY_MAX];
    ssize_t            n = fd < 0 ? -1 : read(fd, line, sizeof line - 1);

    if (n <= 0)
        return NULL;
    line[n] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return line[0] ? utf8_escape(line, IMAGE_IDENTITY_MAX - 64) : NULL;
}

/* What lasts longer than its number.  A partition is that of its disk with this number. */
static char *
disks_identity(unsigned major_nr, unsigned minor_nr)
{
    static const char *const names[] = {
        "dm/uuid",
        "wwid",
        "device/wwid",
        "md/uuid",
        "loop/backing_file",
        "../dm/uuid",
        "../wwid",
        "../device/wwid",
        "serial",
        "device/serial",
        "../loop/backing_file",
        "../serial",
    };
    cleanup_free char *partition = disks_read_attribute(major_nr, minor_nr, "partition");

    for (size_t n = 0; n < array_size(names); n++) {
        cleanup_free char *value = disks_read_attribute(major_nr, minor_nr, names[n]);

        if (value && partition)
            return xasprintf("%s, partition %s", value, partition);
        if (value)
            return take_ptr(value);
    }
    return xstrdup("");
}

static void
disks_look_at_device(image_disk *disk, const struct stat *st)
{
    unsigned           major_nr = major(st->st_rdev), minor_nr = minor(st->st_rdev);
    cleanup_free char *size = disks_read_attribute(major_nr, minor_nr, "size");

    if (!size)
        return;
    disk->kind = IMAGE_DISK_BLOCK;
    disk->size = strtoull(size, NULL, 10) * SECTOR_BYTES;
    if (!disk->identity)
        disk->identity = disks_identity(major_nr, minor_nr);
}

/*----- files -----*/

/* 0 where the file system knows none. */
static unsigned
disks_generation(const char *path)
{
    cleanup_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    long              generation = 0;

    return fd >= 0 && ioctl(fd, FS_IOC_GETVERSION, &generation) == 0 ? (unsigned)generation : 0;
}

static void
disks_look_at_file(image_disk *disk, const struct stat *st)
{
    disk->kind = IMAGE_DISK_FILE;
    disk->size = (uint64_t)st->st_size;
    disk->modified_sec = st->st_mtim.tv_sec;
    disk->modified_nsec = (unsigned)st->st_mtim.tv_nsec;
    disk->inode = st->st_ino;
    disk->generation = disks_generation(disk->source);
}

/* disk->source is looked at; identity is kept where it is not NULL.  Returns 0, or -1 with errno.
 */
static int
disks_look(image_disk *disk)
{
    struct stat st;

    disk->kind = IMAGE_DISK_UNKNOWN;
    if (stat(disk->source, &st) < 0)
        return -1;
    if (S_ISREG(st.st_mode))
        disks_look_at_file(disk, &st);
    else if (S_ISBLK(st.st_mode))
        disks_look_at_device(disk, &st);
    return 0;
}

/*----- the note -----*/

static bool
disks_is_seen(const libxl_device_disk *disk)
{
    return !disk->is_cdrom && !disk->script && !disk->backend_domname && !disk->backend_domid &&
           disk->pdev_path && disk->pdev_path[0] == '/' &&
           strlen(disk->pdev_path) < IMAGE_SOURCE_MAX && disk->vdev &&
           strlen(disk->vdev) < IMAGE_TARGET_MAX;
}

static bool
disks_has_own_format(const libxl_device_disk *disk)
{
    switch (disk->format) {
    case LIBXL_DISK_FORMAT_UNKNOWN:
    case LIBXL_DISK_FORMAT_RAW:
    case LIBXL_DISK_FORMAT_EMPTY:
        return false;
    default:
        return true;
    }
}

image_note *
disks_note(const libxl_domain_config *config, bool kept)
{
    image_note *note = xcalloc(1, sizeof *note);
    u_int       n_disks = 0;

    note->disks.disks_val = xcalloc((size_t)config->num_disks + 1, sizeof(image_disk));
    for (int n = 0; n < config->num_disks && n_disks < IMAGE_DISKS_MAX; n++) {
        image_disk *disk = &note->disks.disks_val[n_disks];

        if (!disks_is_seen(&config->disks[n]))
            continue;
        disk->target = xstrdup(config->disks[n].vdev);
        disk->source = xstrdup(config->disks[n].pdev_path);
        disk->closing_sec = !kept && disks_has_own_format(&config->disks[n]) ? CLOSING_SEC : 0;
        (void)disks_look(disk);
        if (!disk->identity)
            disk->identity = xstrdup("");
        n_disks++;
    }
    note->disks.disks_len = n_disks;
    return note;
}

void
disks_note_again(image_note *note)
{
    note->saved_sec = time(NULL);
    for (u_int n = 0; n < note->disks.disks_len; n++)
        (void)disks_look(&note->disks.disks_val[n]);
}

/*----- the comparison -----*/

static char *
disks_time_text(int64_t sec, unsigned nsec)
{
    time_t    when = (time_t)sec;
    struct tm tm;
    char      text[64];

    if (!gmtime_r(&when, &tm) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm))
        return xasprintf("%" PRId64, sec);
    return xasprintf("%s.%09u UTC", text, nsec);
}

/* Was it only closed by who had it open? */
static bool
disks_was_closed(const image_disk *then, const image_disk *now, int64_t saved_sec)
{
    return then->closing_sec && now->modified_sec <= saved_sec + (int64_t)then->closing_sec;
}

static char *
disks_change_of_size(const image_disk *then, const image_disk *now)
{
    if (then->size == now->size)
        return NULL;
    return xasprintf("it had %" PRIu64 " bytes then, and has %" PRIu64 " now", then->size,
                     now->size);
}

static char *
disks_change_of_time(const image_disk *then, const image_disk *now)
{
    cleanup_free char *was = NULL, *is = NULL;

    if (then->modified_sec == now->modified_sec && then->modified_nsec == now->modified_nsec)
        return NULL;
    was = disks_time_text(then->modified_sec, then->modified_nsec);
    is = disks_time_text(now->modified_sec, now->modified_nsec);
    return xasprintf("it was last modified at %s then, and at %s now", was, is);
}

static char *
disks_change_of_file(const image_disk *then, const image_disk *now, int64_t saved_sec)
{
    bool  closed = disks_was_closed(then, now, saved_sec);
    char *change = closed ? NULL : disks_change_of_size(then, now);

    if (!change && !closed)
        change = disks_change_of_time(then, now);
    if (!change && (then->inode != now->inode || then->generation != now->generation))
        change = xasprintf("it was inode %" PRIu64 " (generation %u) then, and is inode %" PRIu64
                           " (generation %u) now: another file has its name",
                           then->inode, then->generation, now->inode, now->generation);
    return change;
}

static char *
disks_change_of_device(const image_disk *then, const image_disk *now)
{
    char *change = disks_change_of_size(then, now);

    if (!change && strcmp(then->identity, now->identity) != 0)
        change =
            xasprintf("the device was '%s' then, and is '%s' now", then->identity, now->identity);
    return change;
}

static const char *
disks_kind_name(image_disk_kind kind)
{
    switch (kind) {
    case IMAGE_DISK_FILE:
        return "a file";
    case IMAGE_DISK_BLOCK:
        return "a block device";
    default:
        return "neither a file nor a block device";
    }
}

static char *
disks_change_between(const image_disk *then, const image_disk *now, int64_t saved_sec)
{
    if (then->kind != now->kind)
        return xasprintf("it was %s then, and is %s now", disks_kind_name(then->kind),
                         disks_kind_name(now->kind));
    return then->kind == IMAGE_DISK_FILE ? disks_change_of_file(then, now, saved_sec)
                                         : disks_change_of_device(then, now);
}

/* In words, the caller's to free; NULL: it is what it was, or is not compared. */
static char *
disks_change_of(const image_disk *noted, const char *source, int64_t saved_sec)
{
    image_disk now = {.source = (char *)(uintptr_t)source};
    char      *change;

    if (noted->kind == IMAGE_DISK_UNKNOWN)
        return NULL;
    if (disks_look(&now) < 0)
        return xasprintf("it cannot be looked at: %s", strerrordesc_np(errno));
    if (!now.identity)
        now.identity = xstrdup("");
    /* As the user wants it: the file may be another one, with the same content. */
    change = strcmp(noted->source, source) == 0 ? disks_change_between(noted, &now, saved_sec)
                                                : disks_change_of_size(noted, &now);
    free(now.identity);
    return change;
}

static const image_disk *
disks_find(const image_note *note, const char *target)
{
    for (u_int n = 0; n < note->disks.disks_len; n++)
        if (strcmp(note->disks.disks_val[n].target, target) == 0)
            return &note->disks.disks_val[n];
    return NULL;
}

int
disks_compare(const image_note *note, const libxl_domain_config *config, struct err *err)
{
    for (int n = 0; n < config->num_disks; n++) {
        const libxl_device_disk *disk = &config->disks[n];
        const image_disk        *noted = disks_is_seen(disk) ? disks_find(note, disk->vdev) : NULL;
        cleanup_free char       *change =
            noted ? disks_change_of(noted, disk->pdev_path, note->saved_sec) : NULL;

        if (change)
            return err_set_libvirt(
                err, ERR_OPERATION_INVALID,
                "disk %s (%s) is not what it was when the domain was saved: %s; the domain would "
                "destroy what is on it (dom0ctl restore --force restores all the same)",
                disk->vdev, disk->pdev_path, change);
    }
    return 0;
}
