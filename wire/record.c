/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "wire/record.h"
#include "wire/worker.h"

#define RECORD_SIZE_MAX (WORKER_TEXT_MAX + 65536)

static const struct wire_header record_header = {
    .program = WIRE_PROGRAM_WORKER, .version = WIRE_VERSION, .type = WIRE_MESSAGE};

int
record_write(const char *path, xdrproc_t filter, const void *record, struct err *err)
{
    cleanup_free void *frame = NULL;
    size_t             size;

    if (wire_encode(&record_header, filter, record, &frame, &size, err) < 0)
        return -1;
    return file_replace(path, frame, size, 0600, err);
}

int
record_read(const char *path, xdrproc_t filter, void *record_out, struct err *err)
{
    cleanup_free char *frame = NULL;
    size_t             size, length = 0;

    if (file_read(path, RECORD_SIZE_MAX, &frame, &size, err) < 0 ||
        wire_frame_size(frame, size, &length, err) < 0)
        return -1;
    if (length != size)
        return err_set(err, ERR_INTERNAL, "%s: this is no record", path);
    return wire_decode(frame, size, filter, record_out, err);
}

static bool
ends_with(const char *name, const char *suffix)
{
    size_t length = strlen(name), n = strlen(suffix);

    return length > n && strcmp(name + length - n, suffix) == 0;
}

/* A daemon was killed while it wrote it: see file_replace. */
static bool
is_half_written(const char *name, const char *suffix)
{
    const char *end = strrchr(name, '.');
    size_t      n = strlen(suffix);

    return end && (size_t)(end - name) > n && strncmp(end - n, suffix, n) == 0;
}

char **
records_find(const char *folder, const char *suffix, size_t *count_out)
{
    struct dirent **entries = NULL;
    int             count = scandir(folder, &entries, NULL, alphasort);
    char          **paths = xcalloc(count > 0 ? (size_t)count : 1, sizeof *paths);

    *count_out = 0;
    for (int n = 0; n < count; n++) {
        cleanup_free char *path = xasprintf("%s/%s", folder, entries[n]->d_name);

        if (ends_with(path, suffix))
            paths[(*count_out)++] = take_ptr(path);
        else if (is_half_written(entries[n]->d_name, suffix))
            unlink(path);
        free(entries[n]);
    }
    free(entries);
    return paths;
}
