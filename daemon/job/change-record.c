/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change-record.c: see change-record.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "change-record.h"
#include "ops.h"
#include "private.h"
#include "wire/record.h"
#include "wire/state.h"

#define SUFFIX ".change"

static char *
change_record_path(const struct job *job)
{
    return xasprintf("%s/changes/%020" PRIu64 SUFFIX, job->jobs->limits->run_dir, job->id);
}

void
change_record_write(const struct job *job, const struct definition_change *change)
{
    cleanup_free char *path = change_record_path(job);
    state_text         value = change->value, key = change->key, uri = change->uri;
    asked_change       record = {.affect = change->affect,
                                 .metadata = change->metadata,
                                 .value = value ? &value : NULL,
                                 .key = key ? &key : NULL,
                                 .uri = uri ? &uri : NULL,
                                 .which = change->which,
                                 .action = (u_int)change->action};
    struct err         err;

    if (record_write(path, (xdrproc_t)xdr_asked_change, &record, &err) < 0)
        log_warning("job %" PRIu64 " would not outlive the daemon: %s", job->id, err.message);
}

static char *
change_record_text(const state_text *text)
{
    return text ? xstrdup(*text) : NULL;
}

bool
change_record_read(const struct job *job, struct definition_change *change_out)
{
    cleanup_free char *path = change_record_path(job);
    asked_change       record = {.affect = 0};
    struct err         err;

    if (record_read(path, (xdrproc_t)xdr_asked_change, &record, &err) < 0) {
        log_error("what job %" PRIu64 " was to change is not known any more: %s", job->id,
                  err.message);
        return false;
    }
    *change_out = (struct definition_change){.affect = record.affect,
                                             .metadata = record.metadata,
                                             .value = change_record_text(record.value),
                                             .key = change_record_text(record.key),
                                             .uri = change_record_text(record.uri),
                                             .which = record.which,
                                             .action = (enum domain_action)record.action};
    wire_body_free((xdrproc_t)xdr_asked_change, &record);
    return true;
}

void
change_record_remove(const struct job *job)
{
    cleanup_free char *path = change_record_path(job);

    unlink(path);
}

void
change_records_clean(const struct jobs *jobs)
{
    cleanup_free char  *folder = xasprintf("%s/changes", jobs->limits->run_dir);
    size_t              count;
    cleanup_free char **paths = records_find(folder, SUFFIX, &count);

    for (size_t n = 0; n < count; n++) {
        if (!jobs_by_id(jobs, strtoull(strrchr(paths[n], '/') + 1, NULL, 10)))
            unlink(paths[n]);
        free(paths[n]);
    }
}
