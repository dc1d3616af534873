/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store-scan.c: all files of definitions are read again, a file at a time beside the loop.
 *
 *   domains_reload -> scan_listed -> scan_read -> scan_taken -> scan_read ... -> scan_done
 *
 * What has changed in the table since that began is newer than the files as they were read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "eventloop/work.h"
#include "private.h"
#include "store-file.h"

struct store_scan {
    struct domains   *domains;
    uint64_t          began;
    char             *folder, *autostart_folder;
    char            **names, **autostart;
    size_t            n_names, n_autostart, at;
    int               errnum; /* of the listing; 0: it was done */
    char             *path;   /* of the file that is read */
    char             *image;  /* ... and of its managed save */
    struct store_file file;
    unsigned          added, changed, gone, unreadable;
};

static loop_fn      scan_list, scan_read_file;
static loop_work_fn scan_listed, scan_taken;

void
store_scan_free(struct store_scan *scan)
{
    if (!scan)
        return;
    store_free_names(scan->names, scan->n_names);
    store_free_names(scan->autostart, scan->n_autostart);
    domain_def_free(scan->file.def);
    free(scan->folder);
    free(scan->autostart_folder);
    free(scan->path);
    free(scan->image);
    free(scan);
}

void
domains_reload(struct domains *domains)
{
    struct store_scan *scan;

    domains->rescan = domains->scan;
    if (domains->scan)
        return;
    scan = domains->scan = xcalloc(1, sizeof *scan);
    scan->domains = domains;
    scan->began = domains->changes;
    scan->folder = store_folder(domains, "domains");
    scan->autostart_folder = store_folder(domains, "autostart");
    for (struct domain *dom = domains_first(domains); dom; dom = domains_next(dom))
        dom->file.found = false;
    loop_work(domains->loop, DEFINITION_OF_DAEMON, true, scan_list, scan_listed, scan);
}

static void
scan_list(void *arg)
{
    struct store_scan *scan = arg;

    scan->names = store_list(scan->folder, &scan->n_names);
    scan->errnum = scan->names ? 0 : errno;
    if (scan->names)
        scan->autostart = store_list(scan->autostart_folder, &scan->n_autostart);
    if (scan->names && !scan->autostart && errno != ENOENT)
        scan->errnum = errno;
}

/* May what was read of its file be taken? */
static bool
scan_may_change(const struct store_scan *scan, const struct domain *dom)
{
    return dom->file.changed <= scan->began && !dom->work.definitions;
}

static void
scan_remove_others(struct store_scan *scan)
{
    struct domain *dom = domains_first(scan->domains), *next;

    for (; dom; dom = next) {
        next = domains_next(dom);
        if (!dom->stored || dom->file.found || !scan_may_change(scan, dom))
            continue;
        scan->gone++;
        domain_unstore(dom);
        domain_settle(dom);
    }
}

static void
scan_take_autostart(struct store_scan *scan)
{
    struct domain *dom;

    TAILQ_FOREACH (dom, &scan->domains->list, link)
        if (dom->stored && scan_may_change(scan, dom))
            dom->autostart = store_has_name(scan->autostart, scan->n_autostart, dom->stored->name);
}

static void
scan_done(struct store_scan *scan)
{
    struct domains *domains = scan->domains;

    scan_take_autostart(scan);
    scan_remove_others(scan);
    log_info("definitions: %u are known; %u added, %u changed, %u gone, %u cannot be read",
             domains->stored, scan->added, scan->changed, scan->gone, scan->unreadable);
    domains->unread = scan->unreadable;
    domains->scan = NULL;
    store_scan_free(scan);
    if (domains->rescan)
        domains_reload(domains);
}

/* Whose file it is: nearly always of who is called so. */
static struct domain *
scan_find(const struct store_scan *scan, const char *name)
{
    struct domain *dom = domains_by_name(scan->domains, name);

    if (dom && dom->stored && strcmp(dom->stored->name, name) == 0)
        return dom;
    TAILQ_FOREACH (dom, &scan->domains->list, link)
        if (dom->stored && strcmp(dom->stored->name, name) == 0)
            return dom;
    return NULL;
}

static void
scan_read(struct store_scan *scan)
{
    const struct domain *dom;

    if (scan->at == scan->n_names) {
        scan_done(scan);
        return;
    }
    dom = scan_find(scan, scan->names[scan->at]);
    free(scan->path);
    free(scan->image);
    scan->path = store_path(scan->domains, scan->names[scan->at]);
    scan->image = store_image_path(scan->domains, scan->names[scan->at]);
    scan->file = (struct store_file){.known_hash = dom ? dom->file.hash : 0};
    loop_work(scan->domains->loop, DEFINITION_OF_DAEMON, true, scan_read_file, scan_taken, scan);
}

/* The daemon stops where it was not. */
static bool
scan_goes_on(struct store_scan *scan, bool ended)
{
    if (ended)
        return true;
    scan->domains->scan = NULL;
    store_scan_free(scan);
    return false;
}

static void
scan_listed(void *arg, bool ended)
{
    struct store_scan *scan = arg;

    if (!scan_goes_on(scan, ended))
        return;
    if (!scan->errnum) {
        scan_read(scan);
        return;
    }
    log_error("the definitions are as they were: cannot read %s: %s", scan->folder,
              strerror(scan->errnum));
    scan->domains->scan = NULL;
    store_scan_free(scan);
}

static void
scan_read_file(void *arg)
{
    struct store_scan *scan = arg;

    store_read(scan->path, scan->image, &scan->file);
}

static bool
scan_is_renamed(const struct domain *dom, const struct domain_def *def)
{
    return dom->stored && strcmp(dom->stored->name, def->name) != 0;
}

/* It has the domain's UUID, and another file has it, too. */
static bool
scan_is_copy(const struct store_scan *scan, const struct domain *dom, const struct domain_def *def)
{
    return scan_is_renamed(dom, def) &&
           store_has_name(scan->names, scan->n_names, dom->stored->name);
}

static void
scan_refuse(struct store_scan *scan, const struct domain_def *def, const char *why)
{
    scan->unreadable++;
    log_error("the definition '%s' is left as it is: %s", def->name, why);
}

/* Returns the domain whose it may be, or NULL. */
static struct domain *
scan_domain_for(struct store_scan *scan, const struct domain_def *def)
{
    struct domain *dom = domains_by_uuid(scan->domains, def->uuid);
    struct err     err;

    if (dom && scan_is_copy(scan, dom, def)) {
        err_set(&err, ERR_OPERATION_FAILED, "it has the UUID of '%s'", dom->stored->name);
        dom = NULL;
    } else if (!dom || !scan_is_renamed(dom, def)) {
        if (domains_define(scan->domains, def, &dom, &err) < 0)
            dom = NULL;
    }
    if (!dom)
        scan_refuse(scan, def, err.message);
    return dom;
}

/* It says the same as what is stored, if in other lines. */
static bool
scan_is_same(const struct domain *dom, const struct domain_def *def)
{
    return dom->stored && strcmp(dom->stored->text, def->text) == 0;
}

/* A managed save is of its name, also where that has been another's meanwhile, or nobody's. */
static void
scan_take_image(const struct store_scan *scan, struct domain *dom)
{
    if (dom->has_image && dom->stored)
        log_warning("the managed save of '%s' is left as it is: that is called '%s' now", dom->name,
                    scan->names[scan->at]);
    dom->has_image = scan->file.has_image;
}

/* Somebody has put or removed one, or an undefine that failed has removed no more.  What a job has
 * done to it since this began is newer. */
static void
scan_see_image(const struct store_scan *scan, struct domain *dom)
{
    if (dom->file.image_changed <= scan->began && !dom->work.count &&
        strcmp(dom->name, scan->names[scan->at]) == 0)
        dom->has_image = scan->file.has_image;
}

/* def is Taken. */
static void
scan_put(struct store_scan *scan, struct domain *dom, struct domain_def *def, uint64_t hash)
{
    if (scan_is_same(dom, def)) {
        domain_def_free(def);
        scan_see_image(scan, dom);
    } else {
        *(dom->stored ? &scan->changed : &scan->added) += 1;
        if (!dom->stored || (scan_is_renamed(dom, def) && !domain_runs(dom)))
            scan_take_image(scan, dom);
        else
            scan_see_image(scan, dom);
        /* One that runs is called so when it has stopped. */
        if (scan_is_renamed(dom, def) && !domain_runs(dom))
            domain_store_renamed(dom, def);
        else
            domain_store(dom, def);
    }
    dom->file.hash = hash;
    dom->file.changed = scan->began;
    dom->file.found = true;
    store_remember(dom);
}

/* def is Taken. */
static void
scan_take(struct store_scan *scan, struct domain_def *def, uint64_t hash)
{
    struct domain *dom = domains_by_uuid(scan->domains, def->uuid);

    if (dom && !scan_may_change(scan, dom))
        dom->file.found = true;
    else if ((dom = scan_domain_for(scan, def)))
        scan_put(scan, dom, take_ptr(def), hash);
    domain_def_free(def);
}

static void
scan_taken(void *arg, bool ended)
{
    struct store_scan *scan = arg;
    struct domain     *known;

    if (!scan_goes_on(scan, ended))
        return;
    known = scan_find(scan, scan->names[scan->at]);
    /* Also one that cannot be read any more: what was read of it before is still true. */
    if (known)
        known->file.found = true;
    if (known && scan->file.hash == known->file.hash && scan_may_change(scan, known))
        scan_see_image(scan, known);
    if (scan->file.def) {
        scan_take(scan, take_ptr(scan->file.def), scan->file.hash);
    } else if (!scan->file.gone && (!known || scan->file.hash != known->file.hash)) {
        scan->unreadable++;
        store_complain(&scan->file.err);
    }
    if (known && scan_may_change(scan, known))
        known->file.unread = !scan->file.gone && scan->file.hash != known->file.hash;
    scan->at++;
    scan_read(scan);
}
