/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cores.h"

#define CORES_SUFFIX ".core"

struct core {
    char           *name;
    struct timespec written;
    uint64_t        bytes;
    bool            of_guest; /* the one that is to have another */
};

struct cores {
    const char  *folder;
    struct core *list; /* the oldest first, once it is sorted */
    size_t       count;
    size_t       size; /* room in list */
};

/*----- names -----*/

/* Where "-DIGITS" begins, which ends there; digits 0: any number of them.  0: it does not. */
static size_t
cores_digits_begin(const char *name, size_t end, size_t digits)
{
    size_t at = end;

    while (at && isdigit((unsigned char)name[at - 1]))
        at--;
    if (at < 2 || name[at - 1] != '-' || at == end || (digits && end - at != digits))
        return 0;
    return at - 1;
}

static size_t
cores_date_begins(const char *name, size_t end)
{
    size_t time = cores_digits_begin(name, end, 6);

    return time ? cores_digits_begin(name, time, 8) : 0;
}

/* How long the guest's part of it is; 0: this is no core's name. */
static size_t
cores_guest_length(const char *name)
{
    size_t end = strlen(name), date, number;

    if (end < sizeof CORES_SUFFIX || strcmp(name + end - strlen(CORES_SUFFIX), CORES_SUFFIX) != 0)
        return 0;
    end -= strlen(CORES_SUFFIX);
    date = cores_date_begins(name, end);
    if (date)
        return date;
    number = cores_digits_begin(name, end, 0);
    return number ? cores_date_begins(name, number) : 0;
}

/*----- what is there -----*/

static void
cores_note(struct cores *cores, int folder, const char *name, const char *mine)
{
    size_t      length = cores_guest_length(name), my_length = cores_guest_length(mine);
    struct stat st;

    if (!length || fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
        return;
    if (cores->count == cores->size) {
        cores->size = cores->size ? 2 * cores->size : 16;
        cores->list = xrealloc(cores->list, cores->size * sizeof *cores->list);
    }
    cores->list[cores->count++] = (struct core){
        .name = xstrdup(name),
        .written = st.st_mtim,
        .bytes = (uint64_t)st.st_blocks * 512,
        .of_guest = length == my_length && strncmp(name, mine, length) == 0,
    };
}

static int
cores_compare(const void *a, const void *b)
{
    const struct core *x = a, *y = b;

    if (x->written.tv_sec != y->written.tv_sec)
        return x->written.tv_sec < y->written.tv_sec ? -1 : 1;
    if (x->written.tv_nsec != y->written.tv_nsec)
        return x->written.tv_nsec < y->written.tv_nsec ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int
cores_read(struct cores *cores, const char *mine, struct err *err)
{
    DIR           *folder = opendir(cores->folder);
    struct dirent *entry;

    if (!folder)
        return err_set_errno(err, errno, "cannot read the directory %s", cores->folder);
    while ((entry = readdir(folder)))
        cores_note(cores, dirfd(folder), entry->d_name, mine);
    closedir(folder);
    if (cores->count)
        qsort(cores->list, cores->count, sizeof *cores->list, cores_compare);
    return 0;
}

static void
cores_clear(struct cores *cores)
{
    for (size_t n = 0; n < cores->count; n++)
        free(cores->list[n].name);
    free(cores->list);
}

/*----- less of it -----*/

static int
cores_remove(const struct cores *cores, struct core *core, struct err *err)
{
    cleanup_free char *path = xasprintf("%s/%s", cores->folder, core->name);

    if (unlink(path) < 0 && errno != ENOENT)
        return err_set_errno(err, errno, "cannot remove the old core %s", path);
    free(take_ptr(core->name));
    return 0;
}

/* Of the guest's or of all: with one more there are at most so many, of so many bytes; 0: as many
 * as there are. */
static int
cores_remove_oldest(struct cores *cores, bool of_guest, uint64_t max_count, uint64_t max_bytes,
                    uint64_t bytes, struct err *err)
{
    uint64_t count = 1;

    for (size_t n = 0; n < cores->count; n++)
        if (cores->list[n].name && (!of_guest || cores->list[n].of_guest)) {
            count++;
            bytes += cores->list[n].bytes;
        }
    for (size_t n = 0; n < cores->count; n++) {
        struct core *core = &cores->list[n];

        if ((!max_count || count <= max_count) && (!max_bytes || bytes <= max_bytes))
            break;
        if (!core->name || (of_guest && !core->of_guest))
            continue;
        if (cores_remove(cores, core, err) < 0)
            return -1;
        count--;
        bytes -= core->bytes;
    }
    return 0;
}

static int
cores_check_size(const worker_keep *keep, uint64_t bytes, struct err *err)
{
    uint64_t max = keep->all_bytes;

    if (keep->guest_bytes && (!max || keep->guest_bytes < max))
        max = keep->guest_bytes;
    if (!max || bytes <= max)
        return 0;
    return err_set(err, ERR_OPERATION_FAILED,
                   "a core of %llu MiB is more than the configuration allows, %llu MiB",
                   (unsigned long long)bytes >> 20, (unsigned long long)max >> 20);
}

int
cores_make_room(const char *path, const worker_keep *keep, uint64_t bytes, struct err *err)
{
    const char        *slash = strrchr(path, '/');
    cleanup_free char *folder = xstrndup(path, (size_t)(slash - path));
    struct cores       cores = {.folder = *folder ? folder : "/"};
    int                r = cores_check_size(keep, bytes, err);

    if (r == 0)
        r = cores_read(&cores, slash + 1, err);
    if (r == 0)
        r = cores_remove_oldest(&cores, true, keep->guest_count, keep->guest_bytes, bytes, err);
    if (r == 0)
        r = cores_remove_oldest(&cores, false, keep->all_count, keep->all_bytes, bytes, err);
    cores_clear(&cores);
    return r;
}
