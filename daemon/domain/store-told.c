/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store-told.c: which definitions clients were told of, also by an earlier daemon: what they were
 * not told of has happened while there was none, or in a job that outlived it.
 *
 *   RUN_DIR/definitions/UUID.definition    one that they know
 *
 * The folder is made here: where there is none, no daemon has told of any since the host was
 * booted, and nothing that is found is news.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "private.h"
#include "store-file.h"
#include "wire/record.h"
#include "wire/state.h"

#define SUFFIX ".definition"

static char *
told_folder(const struct domains *domains)
{
    return xasprintf("%s/definitions", domains->run_dir);
}

static char *
told_path(const struct domain *dom)
{
    char uuid[UUID_TEXT_SIZE];

    return xasprintf("%s/definitions/%s" SUFFIX, dom->table->run_dir, uuid_format(dom->uuid, uuid));
}

void
store_remember(const struct domain *dom)
{
    cleanup_free char *path = told_path(dom);
    known_definition   record = {.name = dom->file.told,
                                 .file_hash = dom->file.hash,
                                 .text_hash = dom->file.told_text,
                                 .updated = dom->updated};
    struct err         err;

    if (!dom->file.told) {
        unlink(path);
        return;
    }
    memcpy(record.uuid, dom->uuid, sizeof record.uuid);
    if (record_write(path, (xdrproc_t)xdr_known_definition, &record, &err) < 0)
        log_warning("%s", err.message);
}

/*----- telling -----*/

/* What runs keeps its name, and takes that of its definition when it stops. */
static bool
told_is_renamed(const struct domain *dom)
{
    return dom->file.told && dom->stored && !domain_runs(dom) &&
           strcmp(dom->file.told, dom->stored->name) != 0;
}

bool
store_is_untold(const struct domain *dom)
{
    return !dom->file.told != !dom->stored || (dom->stored && dom->file.differs) ||
           told_is_renamed(dom);
}

/* Of the name that clients know. */
static void
told_tell_undefined(struct domain *dom, int detail)
{
    char *name = dom->name;

    if (!domain_runs(dom))
        dom->name = dom->file.told;
    domain_tell(dom, LIFECYCLE_UNDEFINED, detail);
    dom->name = name;
}

void
store_know(struct domain *dom)
{
    dom->file.differs = false;
    dom->file.told_text = dom->stored ? store_hash(dom->stored->text) : 0;
    /* The name that a definition has got while its guest runs is told when that has stopped. */
    if (!dom->stored || !dom->file.told || !domain_runs(dom)) {
        free(dom->file.told);
        dom->file.told = dom->stored ? xstrdup(dom->stored->name) : NULL;
    }
    store_remember(dom);
}

void
store_tell(struct domain *dom)
{
    bool known = dom->file.told, renamed = told_is_renamed(dom);

    if (!store_is_untold(dom))
        return;
    if (renamed || (known && !dom->stored))
        told_tell_undefined(dom, renamed ? UNDEFINED_RENAMED : UNDEFINED_REMOVED);
    if (dom->stored)
        domain_tell(dom, LIFECYCLE_DEFINED,
                    renamed ? DEFINED_RENAMED
                    : known ? DEFINED_UPDATED
                            : DEFINED_ADDED);
    store_know(dom);
}

/*----- the next daemon -----*/

static void
told_recall_one(struct domains *domains, const char *path)
{
    known_definition record = {.name = NULL};
    struct domain   *dom;
    struct err       err;

    if (record_read(path, (xdrproc_t)xdr_known_definition, &record, &err) < 0) {
        log_error("that clients know a definition is not known any more: %s", err.message);
        if (err.code == ERR_RPC)
            unlink(path); /* damaged: of no use to anybody */
        return;
    }
    dom = domains_by_uuid(domains, (const uint8_t *)record.uuid);
    if (!dom) /* it leaves again when that was told */
        dom = domains_add(domains, record.name, (const uint8_t *)record.uuid);
    free(dom->file.told);
    dom->file.told = xstrdup(record.name);
    dom->file.told_text = record.text_hash;
    /* Of another version the text may be another one, and what is not in the file, as the address
     * of an interface, is made up anew. */
    dom->file.differs = dom->stored && dom->file.hash != record.file_hash &&
                        store_hash(dom->stored->text) != record.text_hash;
    dom->updated = dom->stored && (record.updated || dom->file.differs);
    wire_body_free((xdrproc_t)xdr_known_definition, &record);
}

static void
told_recall(struct domains *domains, const char *folder)
{
    size_t              count;
    cleanup_free char **paths = records_find(folder, SUFFIX, &count);

    for (size_t n = 0; n < count; n++) {
        told_recall_one(domains, paths[n]);
        free(paths[n]);
    }
}

void
store_recall_told(struct domains *domains)
{
    cleanup_free char *folder = told_folder(domains);
    struct domain     *dom;

    if (mkdir(folder, 0700) < 0 && errno == EEXIST) {
        told_recall(domains, folder);
        return;
    }
    TAILQ_FOREACH (dom, &domains->list, link)
        store_know(dom);
}

void
domains_tell_defined(struct domains *domains)
{
    struct domain *dom;

    TAILQ_FOREACH (dom, &domains->list, link)
        if (dom->stored && !dom->work.definitions)
            store_tell(dom);
}

void
domains_tell_undefined(struct domains *domains)
{
    struct domain *dom = domains_first(domains), *next;

    for (; dom; dom = next) {
        next = domains_next(dom);
        if (store_is_untold(dom) || (dom->updated && !domain_runs(dom)))
            domain_settle(dom);
    }
}
