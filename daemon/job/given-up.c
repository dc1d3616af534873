/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* given-up.c: see given-up.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/uuid.h"
#include "cleanup.h"
#include "given-up.h"
#include "pool.h"
#include "private.h"
#include "wire/record.h"
#include "wire/task.h"

#define GIVEN_UP_SUFFIX ".left"

struct given_up {
    char   *path; /* of its record */
    uint8_t uuid[UUID_SIZE];
    LIST_ENTRY(given_up) link;
};

bool
given_up_is_it(const char *record_path)
{
    const char *suffix = strrchr(record_path, '.');

    return suffix && strcmp(suffix, GIVEN_UP_SUFFIX) == 0;
}

/* A new name needs no room.  It may have that already. */
static char *
given_up_rename(const char *record_path)
{
    int                length = (int)(strrchr(record_path, '.') - record_path);
    cleanup_free char *path = xasprintf("%.*s" GIVEN_UP_SUFFIX, length, record_path);

    if (rename(record_path, path) < 0)
        log_error("%s cannot be kept for the next daemon: %s", record_path, strerror(errno));
    return take_ptr(path);
}

void
given_up_add(struct jobs *jobs, const char *record_path, const uint8_t *uuid)
{
    struct given_up *g = xcalloc(1, sizeof *g);

    g->path = given_up_rename(record_path);
    memcpy(g->uuid, uuid, UUID_SIZE);
    LIST_INSERT_HEAD(&jobs->given_up, g, link);
}

static void
given_up_free(struct given_up *g)
{
    LIST_REMOVE(g, link);
    free(g->path);
    free(g);
}

void
given_up_drop(struct jobs *jobs, const char *record_path, const task_record *record)
{
    if (task_traits(record->task.params.operation) & TASK_LEAVES_DOMAIN)
        cleanup_start(jobs, record);
    pool_worker_forget(record_path);
}

void
given_up_forget(struct jobs *jobs, const uint8_t *uuid)
{
    struct given_up *g = LIST_FIRST(&jobs->given_up), *next;
    task_record      record;
    struct err       err;

    for (; g; g = next) {
        next = LIST_NEXT(g, link);
        if (!uuid_equal(g->uuid, uuid))
            continue;
        record = (task_record){.operation = NULL};
        if (record_read(g->path, (xdrproc_t)xdr_task_record, &record, &err) < 0)
            log_warning("what a job left is not cleaned up: %s", err.message);
        else
            given_up_drop(jobs, g->path, &record);
        wire_body_free((xdrproc_t)xdr_task_record, &record);
        given_up_free(g);
    }
}

void
given_up_free_all(struct jobs *jobs)
{
    while (!LIST_EMPTY(&jobs->given_up))
        given_up_free(LIST_FIRST(&jobs->given_up));
}
