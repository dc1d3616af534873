/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "records.h"
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
is_record(const char *name)
{
    size_t length = strlen(name), suffix = strlen(RECORD_SUFFIX);

    return length > suffix && strcmp(name + length - suffix, RECORD_SUFFIX) == 0;
}

char **
records_find(const char *folder, size_t *count_out)
{
    struct dirent **entries = NULL;
    int             count = scandir(folder, &entries, NULL, alphasort);
    char          **paths = xcalloc(count > 0 ? (size_t)count : 1, sizeof *paths);

    *count_out = 0;
    for (int n = 0; n < count; n++) {
        cleanup_free char *path = xasprintf("%s/%s", folder, entries[n]->d_name);

        if (is_record(path))
            paths[(*count_out)++] = take_ptr(path);
        else if (strstr(entries[n]->d_name, RECORD_SUFFIX "."))
            unlink(path); /* a daemon was killed while it wrote it */
        free(entries[n]);
    }
    free(entries);
    return paths;
}
