/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * domain-record.c: which domains clients were told to run, for the next daemon: what it finds to be
 * otherwise has happened while there was none.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "conf/domain.h"
#include "config.h"
#include "daemon.h"
#include "domain.h"
#include "wire/record.h"
#include "wire/state.h"

#define SUFFIX ".domain"

static char *
folder_of(const struct daemon *daemon)
{
    return xasprintf("%s/domains", daemon->config->run_dir);
}

/* Not by its UUID: guests of xl may share one. */
static char *
path_of(const struct domain *dom)
{
    cleanup_free char *folder = folder_of(dom->daemon);

    return xasprintf("%s/%d" SUFFIX, folder, dom->domid);
}

void
domain_remember(const struct domain *dom)
{
    cleanup_free char *path = path_of(dom);
    cleanup_free char *xml =
        dom->def ? domain_def_format(dom->def, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE)
                 : xstrdup("");
    known_domain known = {.name = dom->name,
                          .domid = dom->domid,
                          .running_reason = dom->running_reason,
                          .stop_detail = dom->stop_detail,
                          .shutdown_told = dom->shutdown_told,
                          .xml = xml};
    struct err   err;

    if (!dom->announced)
        return;
    memcpy(known.uuid, dom->uuid, sizeof known.uuid);
    if (record_write(path, (xdrproc_t)xdr_known_domain, &known, &err) < 0)
        log_warning("%s", err.message);
}

void
domain_forget(const struct domain *dom)
{
    cleanup_free char *path = path_of(dom);

    unlink(path);
}

static void
recall(struct domains *domains, const char *path)
{
    known_domain   known = {.name = NULL};
    struct domain *dom;
    struct err     err;

    if (record_read(path, (xdrproc_t)xdr_known_domain, &known, &err) < 0) {
        log_error("a domain of an earlier daemon is not known any more: %s", err.message);
        if (err.code != ERR_NO_SUPPORT)
            unlink(path);
        return;
    }
    dom = domains_adopt(domains, known.name, (const uint8_t *)known.uuid, known.domid);
    dom->announced = true;
    dom->named = false; /* it may have another name by now */
    dom->running_reason = known.running_reason;
    dom->stop_detail = known.stop_detail;
    dom->shutdown_told = known.shutdown_told;
    wire_body_free((xdrproc_t)xdr_known_domain, &known);
}

bool
domains_recall(struct domains *domains, const struct daemon *daemon)
{
    cleanup_free char  *folder = folder_of(daemon);
    size_t              count;
    cleanup_free char **paths = records_find(folder, SUFFIX, &count);

    for (size_t n = 0; n < count; n++) {
        recall(domains, paths[n]);
        free(paths[n]);
    }
    return count > 0;
}
