/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * record.c: which domains clients were told to run, with what they were started, and how they were,
 * for the next daemon: what it finds to be otherwise has happened while there was none.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "private.h"
#include "wire/record.h"
#include "wire/state.h"

#define SUFFIX ".domain"
#define SEEN_SUFFIX ".seen"

static char *
record_folder(const struct domains *domains)
{
    return xasprintf("%s/domains", domains->run_dir);
}

/* Not by its UUID: guests of xl may share one. */
static char *
record_path(const struct domain *dom, const char *suffix)
{
    return xasprintf("%s/domains/%d%s", dom->table->run_dir, dom->run.domid, suffix);
}

int
domain_record(const struct domain *dom, struct err *err)
{
    cleanup_free char *path = record_path(dom, SUFFIX);
    cleanup_free char *xml = NULL;
    known_domain       record = {.name = dom->name,
                                 .domid = dom->run.domid,
                                 .owner = (known_owner)dom->owner,
                                 .running_reason = dom->run.running_reason,
                                 .stop_detail = dom->run.stop_detail,
                                 .shutdown_told = dom->run.shutdown_told};

    memcpy(record.uuid, dom->uuid, sizeof record.uuid);
    if (dom->live)
        xml = domain_def_format(dom->live, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE);
    else
        xml = xstrdup("");
    record.xml = xml;
    return record_write(path, (xdrproc_t)xdr_known_domain, &record, err);
}

void
domain_remember(const struct domain *dom)
{
    struct err err;

    if (dom->run.announced && domain_record(dom, &err) < 0)
        log_warning("%s", err.message);
}

void
domain_remember_seen(const struct domain *dom)
{
    cleanup_free char *path = record_path(dom, SEEN_SUFFIX);
    seen_domain        record = {.paused = dom->run.paused, .model_lost = dom->run.model_told};
    struct err         err;

    if (!dom->run.announced)
        return;
    memcpy(record.uuid, dom->uuid, sizeof record.uuid);
    if (!record.paused && !record.model_lost)
        unlink(path);
    else if (record_write(path, (xdrproc_t)xdr_seen_domain, &record, &err) < 0)
        log_warning("%s", err.message);
}

void
domain_forget(const struct domain *dom)
{
    cleanup_free char *path = record_path(dom, SUFFIX), *seen = record_path(dom, SEEN_SUFFIX);

    unlink(path);
    unlink(seen);
}

/* What the device model is now the host says soon, and again only where it is another one. */
static void
record_recall_seen(struct domain *dom)
{
    cleanup_free char *path = record_path(dom, SEEN_SUFFIX);
    seen_domain        record = {.paused = false};
    struct err         err;

    if (access(path, F_OK) < 0)
        return;
    if (record_read(path, (xdrproc_t)xdr_seen_domain, &record, &err) < 0) {
        log_error("how domain %d was last is not known any more: %s", dom->run.domid, err.message);
        if (err.code == ERR_RPC)
            unlink(path); /* damaged: of no use to anybody */
        return;
    }
    if (!uuid_equal((const uint8_t *)record.uuid, dom->uuid))
        return;
    dom->run.paused = record.paused;
    dom->run.model_told = record.model_lost;
    dom->run.model_ended_usec = record.model_lost ? loop_now_usec() : 0;
}

static void
record_recall(struct domains *domains, const char *path)
{
    known_domain   record = {.name = NULL};
    struct domain *dom;
    struct err     err;

    if (record_read(path, (xdrproc_t)xdr_known_domain, &record, &err) < 0) {
        log_error("a domain of an earlier daemon is not known any more: %s", err.message);
        if (err.code == ERR_RPC)
            unlink(path); /* damaged: of no use to anybody */
        return;
    }
    dom = domains_adopt(domains, record.name, (const uint8_t *)record.uuid, record.domid);
    dom->run.announced = dom->run.recalled = true;
    record_recall_seen(dom);
    dom->named = false; /* it may have another name by now */
    dom->owner = (enum domain_owner)record.owner;
    dom->run.running_reason = record.running_reason;
    dom->run.stop_detail = record.stop_detail;
    dom->run.shutdown_told = record.shutdown_told;
    if (record.xml[0])
        domain_take_kept(dom, record.xml);
    wire_body_free((xdrproc_t)xdr_known_domain, &record);
}

bool
domains_recall(struct domains *domains)
{
    cleanup_free char  *folder = record_folder(domains);
    size_t              count;
    cleanup_free char **paths = records_find(folder, SUFFIX, &count);

    domains->recalling = true;
    for (size_t n = 0; n < count; n++) {
        record_recall(domains, paths[n]);
        free(paths[n]);
    }
    return count > 0;
}
