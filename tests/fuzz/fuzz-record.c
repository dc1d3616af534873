/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The input is a file of RUN_DIR, read as each kind of record; and what a worker of any version
 * says.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "fuzz.h"
#include "wire/frame.h"
#include "wire/record.h"
#include "wire/state.h"
#include "wire/worker-frame.h"

static void
read_as(const char *path, xdrproc_t filter)
{
    union {
        task_record      task;
        queued_job       queued;
        known_domain     domain;
        ended_job        ended;
        known_definition definition;
        seen_domain      seen;
        asked_change     change;
    } body;
    struct err err;

    memset(&body, 0, sizeof body);
    if (record_read(path, filter, &body, &err) == 0)
        wire_body_free(filter, &body);
}

static void
hear(const uint8_t *data, size_t size)
{
    worker_report report = {.type = 0};
    struct err    err;

    if (size >= WIRE_HEADER_SIZE && worker_report_decode(data, size, &report, &err) == 0)
        wire_body_free((xdrproc_t)xdr_worker_report, &report);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_close int fd = memfd_create("record", MFD_CLOEXEC);
    char              path[64];

    assert(fd >= 0 && file_write_all(fd, data, size) == 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    read_as(path, (xdrproc_t)xdr_task_record);
    read_as(path, (xdrproc_t)xdr_queued_job);
    read_as(path, (xdrproc_t)xdr_known_domain);
    read_as(path, (xdrproc_t)xdr_ended_job);
    read_as(path, (xdrproc_t)xdr_known_definition);
    read_as(path, (xdrproc_t)xdr_seen_domain);
    read_as(path, (xdrproc_t)xdr_asked_change);
    hear(data, size);
    return 0;
}
