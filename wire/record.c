/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "version-1.h"
#include "wire/record.h"

#define RECORD_SIZE_MAX (2 * WORKER_TEXT_MAX + WORKER_LOG_MAX + 65536)

static int
adopt_task_1(void *old, void *record_out, struct err *err)
{
    return task_record_from_1(old, record_out, err);
}

static int
adopt_queued_1(void *old, void *record_out, struct err *err)
{
    return queued_job_from_1(old, record_out, err);
}

static int
adopt_domain_1(void *old, void *record_out, struct err *err)
{
    return known_domain_from_1(old, record_out, err);
}

/* What a version wrote is told by a filter of its own; adopt() moves that into today's type. */
static const struct record_kind {
    xdrproc_t         filter;
    enum state_record state; /* the frame's procedure */
    xdrproc_t         filter_1;
    int (*adopt_1)(void *old, void *record_out, struct err *err);
} kinds[] = {
    {(xdrproc_t)xdr_task_record, STATE_TASK, (xdrproc_t)xdr_worker_record_1, adopt_task_1},
    {(xdrproc_t)xdr_queued_job, STATE_QUEUED, (xdrproc_t)xdr_worker_record_1, adopt_queued_1},
    {(xdrproc_t)xdr_known_domain, STATE_DOMAIN, (xdrproc_t)xdr_known_domain_1, adopt_domain_1},
    {(xdrproc_t)xdr_ended_job, STATE_ENDED, NULL, NULL},
    {(xdrproc_t)xdr_known_console, STATE_CONSOLE, NULL, NULL},
    {(xdrproc_t)xdr_known_definition, STATE_DEFINITION, NULL, NULL},
    {(xdrproc_t)xdr_seen_domain, STATE_SEEN, NULL, NULL},
    {(xdrproc_t)xdr_asked_change, STATE_CHANGE, NULL, NULL},
};

static const struct record_kind *
record_kind_of(xdrproc_t filter)
{
    for (size_t n = 0; n < array_size(kinds); n++)
        if (kinds[n].filter == filter)
            return &kinds[n];
    assert(!"a type of state.x");
    abort();
}

int
record_write(const char *path, xdrproc_t filter, const void *record, struct err *err)
{
    struct wire_header header = {.program = WIRE_PROGRAM_WORKER,
                                 .version = STATE_VERSION,
                                 .procedure = (int)record_kind_of(filter)->state,
                                 .type = WIRE_MESSAGE};
    cleanup_free void *frame = NULL;
    size_t             size;

    if (wire_encode(&header, filter, record, &frame, &size, err) < 0)
        return -1;
    return file_replace(path, frame, size, 0600, err);
}

/* The whole of it and nothing behind it. */
static int
record_decode(const void *frame, size_t size, xdrproc_t filter, void *record_out, struct err *err)
{
    if (wire_decode(frame, size, filter, record_out, err) < 0)
        return -1;
    if (WIRE_HEADER_SIZE + xdr_sizeof(filter, record_out) == size)
        return 0;
    wire_body_free(filter, record_out);
    return err_set(err, ERR_RPC, "there is more in it than a record");
}

static int
record_decode_1(const struct record_kind *kind, const void *frame, size_t size, void *record_out,
                struct err *err)
{
    union {
        worker_record_1 record;
        known_domain_1  domain;
    } old;
    int r;

    memset(&old, 0, sizeof old);
    if (!kind->filter_1)
        return err_set(err, ERR_RPC, "version 1 has no such record");
    if (record_decode(frame, size, kind->filter_1, &old, err) < 0)
        return -1;
    r = kind->adopt_1(&old, record_out, err);
    wire_body_free(kind->filter_1, &old);
    if (r < 0)
        wire_body_free(kind->filter, record_out);
    return r;
}

static int
record_decode_any(const struct record_kind *kind, const void *frame, size_t size, void *record_out,
                  struct err *err)
{
    struct wire_header header;
    size_t             length = 0;

    if (wire_frame_size(frame, size, &length, err) < 0)
        return -1;
    if (!length || length != size)
        return err_set(err, ERR_RPC, "this is no record, or not all of it");
    wire_header_decode(frame, size, &header);
    if (header.program != WIRE_PROGRAM_WORKER || header.type != WIRE_MESSAGE || !header.version)
        return err_set(err, ERR_RPC, "this is no record");
    if (header.version > STATE_VERSION)
        return err_set(err, ERR_NO_SUPPORT,
                       "a newer dom0d wrote this: it has version %u, and %u is supported",
                       header.version, STATE_VERSION);
    if (header.version == 1)
        return record_decode_1(kind, frame, size, record_out, err);
    if (header.procedure != (int)kind->state)
        return err_set(err, ERR_RPC, "this is another kind of record, %d", header.procedure);
    return record_decode(frame, size, kind->filter, record_out, err);
}

int
record_read(const char *path, xdrproc_t filter, void *record_out, struct err *err)
{
    const struct record_kind *kind = record_kind_of(filter);
    cleanup_free char        *frame = NULL;
    size_t                    size;

    if (file_read(path, RECORD_SIZE_MAX, &frame, &size, err) < 0)
        return -1;
    if (record_decode_any(kind, frame, size, record_out, err) < 0)
        return err_prefix(err, "%s", path);
    return 0;
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
    char          **paths;

    *count_out = 0;
    if (count < 0 && errno != ENOENT)
        return NULL;
    paths = xcalloc(count > 0 ? (size_t)count : 1, sizeof *paths);
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
