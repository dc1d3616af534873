/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store.c: definitions that last; their files are read here, and written by workers.
 *
 * A domain is its UUID.  Where two files have one UUID the one that was written last is its
 * definition.  If they differ in the name alone, a rename was cut short (it writes the new file,
 * then it removes the old one): the older one goes.  Else it is somebody's copy, and is left.
 *
 *   domains_load     all files at once, at start
 *   domains_reload   scan_listed -> scan_read -> scan_taken -> scan_read ... -> scan_done
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/file.h"
#include "eventloop/work.h"
#include "private.h"
#include "store.h"

#define SUFFIX ".xml"

/*----- paths -----*/

static char *
store_folder(const struct domains *domains, const char *which)
{
    return xasprintf("%s/%s", domains->limits->config_dir, which);
}

char *
store_path(const struct domains *domains, const char *name)
{
    return xasprintf("%s/domains/%s" SUFFIX, domains->limits->config_dir, name);
}

char *
store_autostart_path(const struct domains *domains, const char *name)
{
    return xasprintf("%s/autostart/%s" SUFFIX, domains->limits->config_dir, name);
}

char *
store_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    return xstrndup(name, strlen(name) - strlen(SUFFIX));
}

static int
store_is_definition(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > strlen(SUFFIX) && strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) == 0;
}

/* The names of domains that have a file in the folder, sorted.  NULL with errno where it cannot be
 * read. */
static char **
store_list(const char *folder, size_t *count_out)
{
    struct dirent **entries = NULL;
    int             count = scandir(folder, &entries, store_is_definition, alphasort);
    char          **names;

    *count_out = 0;
    if (count < 0)
        return NULL;
    names = xcalloc((size_t)count + 1, sizeof *names);
    for (; *count_out < (size_t)count; ++*count_out) {
        names[*count_out] = store_name(entries[*count_out]->d_name);
        free(entries[*count_out]);
    }
    free(entries);
    return names;
}

static void
store_free_names(char **names, size_t count)
{
    for (size_t n = 0; n < count; n++)
        free(names[n]);
    free(names);
}

static int
store_compare_names(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

static bool
store_has_name(char *const *names, size_t count, const char *name)
{
    return bsearch(&name, names, count, sizeof *names, store_compare_names);
}

/*----- one file -----*/

/* FNV-1a. */
static uint64_t
store_hash(const char *text)
{
    uint64_t hash = 14695981039346656037u;

    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 1099511628211u;
    return hash;
}

struct store_file {
    uint64_t           known_hash; /* such a file is not read further; 0: it is */
    uint64_t           hash;       /* 0: it was not read */
    struct domain_def *def;        /* NULL: it was not read, or the error says why it cannot be */
    struct err         err;
};

static int
store_check(const struct domain_def *def, const char *name, struct err *err)
{
    if (strcmp(def->name, name) != 0)
        return err_set(err, ERR_XML, "<name> is '%s', and not as the file is called", def->name);
    return definition_check(def, err);
}

/* Also by the thread beside the loop. */
static void
store_read(const char *path, struct store_file *file)
{
    cleanup_free char *name = store_name(path), *text = NULL;
    size_t             size;

    if (file_read(path, DOMAIN_XML_MAX, &text, &size, &file->err) < 0)
        return;
    file->hash = store_hash(text);
    if (file->hash == file->known_hash)
        return;
    if (domain_def_parse_flags(text, size, DOMAIN_PARSE_HAS_UUID, &file->def, &file->err) == 0 &&
        (store_check(file->def, name, &file->err) < 0 ||
         domain_def_pack(file->def, &file->err) < 0))
        file->def = domain_def_free(file->def);
    if (!file->def)
        err_prefix(&file->err, "%s", path);
}

static void
store_complain(const struct err *err)
{
    log_error("a definition cannot be read and is left as it is: %s", err->message);
}

/* Others have changed it since the reading of all has begun, or are about to. */
static void
store_note_change(struct domain *dom, uint64_t hash)
{
    dom->file.hash = hash;
    dom->file.changed = ++dom->table->changes;
    dom->file.found = true;
}

static void
store_put(struct domain *dom, struct domain_def *def, uint64_t hash)
{
    dom->updated = domain_runs(dom) && (dom->stored || dom->updated);
    dom->table->stored += !dom->stored;
    domain_def_free(dom->stored);
    dom->stored = def;
    store_note_change(dom, hash);
}

/*----- at start -----*/

static bool
store_is_older(const struct domains *domains, const char *name, const char *than)
{
    cleanup_free char *path = store_path(domains, name), *other = store_path(domains, than);
    struct stat        st, st_other;

    if (stat(path, &st) < 0 || stat(other, &st_other) < 0)
        return false;
    if (st.st_mtim.tv_sec != st_other.st_mtim.tv_sec)
        return st.st_mtim.tv_sec < st_other.st_mtim.tv_sec;
    return st.st_mtim.tv_nsec < st_other.st_mtim.tv_nsec;
}

/* older is Taken. */
static void
store_drop_older(struct domains *domains, struct domain_def *older, const struct domain_def *newer)
{
    cleanup_free char   *name = xstrdup(older->name);
    struct store_remain *remain;

    older = domain_def_rename(older, newer->name);
    if (older->text && newer->text && strcmp(older->text, newer->text) == 0) {
        remain = xcalloc(1, sizeof *remain);
        remain->old_name = take_ptr(name);
        remain->name = xstrdup(newer->name);
        STAILQ_INSERT_TAIL(&domains->remains, remain, link);
        log_warning("domain '%s' was called '%s': that file is what is left of it", newer->name,
                    remain->old_name);
    } else {
        log_error("the definition '%s' has the UUID of '%s', which was written later: it is left "
                  "as it is",
                  name, newer->name);
    }
    domain_def_free(older);
}

/* def is Taken. */
static void
store_load_twin(struct domain *dom, struct domain_def *def, uint64_t hash)
{
    struct domains    *domains = dom->table;
    struct domain_def *older = def;

    if (store_is_older(domains, dom->stored->name, def->name)) {
        older = take_ptr(dom->stored);
        dom->stored = def;
        dom->file.hash = hash;
        domains_rename(dom, def->name);
    }
    store_drop_older(domains, older, dom->stored);
}

static void
store_load_one(struct domains *domains, const char *name)
{
    cleanup_free char *path = store_path(domains, name);
    struct store_file  file = {.hash = 0};
    struct domain     *dom;

    store_read(path, &file);
    if (!file.def) {
        store_complain(&file.err);
        return;
    }
    dom = domains_by_uuid(domains, file.def->uuid);
    if (dom) {
        store_load_twin(dom, file.def, file.hash);
        return;
    }
    dom = domains_add(domains, file.def->name, file.def->uuid);
    store_put(dom, file.def, file.hash);
}

/* In a folder that the installation makes: where there is none, no definition can be kept. */
static void
store_make_folder(const struct domains *domains, const char *which)
{
    cleanup_free char *folder = store_folder(domains, which);

    if (mkdir(folder, 0700) < 0 && errno != EEXIST && errno != ENOENT)
        log_warning("no definition can be kept: cannot create %s: %s", folder, strerror(errno));
}

static struct store_remain *
store_find_remain(const struct domains *domains, const char *old_name)
{
    struct store_remain *remain;

    STAILQ_FOREACH (remain, &domains->remains, link)
        if (strcmp(remain->old_name, old_name) == 0)
            return remain;
    return NULL;
}

static void
store_load_autostart(struct domains *domains)
{
    cleanup_free char *folder = store_folder(domains, "autostart");
    size_t             count;
    char             **names = store_list(folder, &count);
    struct domain     *dom;

    for (size_t n = 0; n < count; n++) {
        struct store_remain *remain = store_find_remain(domains, names[n]);

        dom = domains_by_name(domains, remain ? remain->name : names[n]);
        if (remain)
            remain->autostart = true;
        if (dom && dom->stored)
            dom->autostart = true;
        else
            log_warning("%s/%s" SUFFIX " is a link to no definition", folder, names[n]);
    }
    store_free_names(names, count);
}

void
domains_load(struct domains *domains)
{
    cleanup_free char *folder = store_folder(domains, "domains");
    size_t             count;
    char             **names;

    store_make_folder(domains, "domains");
    store_make_folder(domains, "autostart");
    names = store_list(folder, &count);
    if (!names && errno != ENOENT)
        log_error("no definition can be read: %s: %s", folder, strerror(errno));
    for (size_t n = 0; n < count && domains->stored < domains->limits->max_definitions; n++)
        store_load_one(domains, names[n]);
    if (count && domains->stored == domains->limits->max_definitions)
        log_warning("%u definitions are known, as max_definitions says; there may be more in %s",
                    domains->stored, folder);
    store_free_names(names, count);
    store_load_autostart(domains);
}

struct store_remain *
domains_next_remain(struct domains *domains)
{
    struct store_remain *remain = STAILQ_FIRST(&domains->remains);

    if (remain)
        STAILQ_REMOVE_HEAD(&domains->remains, link);
    return remain;
}

void
store_remain_free(struct store_remain *remain)
{
    free(remain->old_name);
    free(remain->name);
    free(remain);
}

/*----- a client defines one -----*/

/* One that xl has renamed while it runs keeps the file. */
struct domain *
store_find_name(const struct domains *domains, const char *name)
{
    struct domain *found = domains_by_name(domains, name), *dom;

    TAILQ_FOREACH (dom, &domains->list, link)
        if (!found && ((dom->stored && strcmp(dom->stored->name, name) == 0) ||
                       (dom->work.new_name && strcmp(dom->work.new_name, name) == 0)))
            found = dom;
    return found;
}

int
domains_check_name(const struct domains *domains, const char *name, struct err *err)
{
    const struct domain *twin = store_find_name(domains, name);
    char                 text[UUID_TEXT_SIZE];

    if (strlen(name) > STORE_NAME_MAX)
        return err_set(err, ERR_INVALID_ARG,
                       "a name of %zu bytes is too long for the file of a definition: %u are "
                       "allowed",
                       strlen(name), STORE_NAME_MAX);
    if (twin)
        return err_set_libvirt(err, ERR_OPERATION_FAILED, "domain '%s' already exists with uuid %s",
                               name, uuid_format(twin->uuid, text));
    return 0;
}

/* Of a domain that is there. */
static int
store_check_define(const struct domain *dom, const struct domain_def *def, struct err *err)
{
    const char *name = dom->stored ? dom->stored->name : dom->name;
    char        text[UUID_TEXT_SIZE];

    if (dom->run.domid == 0)
        return err_set_libvirt(err, ERR_OPERATION_INVALID, "domain '%s' is the control domain",
                               dom->name);
    if (strcmp(name, def->name) != 0)
        return err_set_libvirt(err, ERR_OPERATION_FAILED,
                               "domain '%s' is already defined with uuid %s", name,
                               uuid_format(dom->uuid, text));
    if (strlen(name) > STORE_NAME_MAX)
        return domains_check_name(dom->table, name, err);
    return 0;
}

int
domains_define(struct domains *domains, const struct domain_def *def, struct domain **dom_out,
               struct err *err)
{
    struct domain *dom = domains_by_uuid(domains, def->uuid);
    unsigned       max = domains->limits->max_definitions;

    if (dom ? store_check_define(dom, def, err) < 0
            : domains_check_name(domains, def->name, err) < 0)
        return -1;
    if ((!dom || !dom->stored) && domains->stored >= max)
        return err_set(err, ERR_RESOURCE_BUSY,
                       "there are %u definitions already, of max_definitions %u", domains->stored,
                       max);
    *dom_out = dom ? dom : domains_add(domains, def->name, def->uuid);
    return 0;
}

/*----- its file is on the disk -----*/

static uint64_t
store_hash_of(const struct domain_def *def)
{
    return store_hash(def->text);
}

void
domain_store(struct domain *dom, struct domain_def *def)
{
    int detail = dom->stored ? DEFINED_UPDATED : DEFINED_ADDED;

    store_put(dom, def, store_hash_of(def));
    domain_log_ignored(dom, def);
    domain_tell(dom, LIFECYCLE_DEFINED, detail);
}

void
domain_store_quietly(struct domain *dom, struct domain_def *def)
{
    store_put(dom, def, store_hash_of(def));
}

void
domain_store_renamed(struct domain *dom, const char *old_name, struct domain_def *def)
{
    char *name = dom->name;

    /* It may be called by its new name already: the files were read after they had been written. */
    dom->name = (char *)(uintptr_t)old_name;
    domain_tell(dom, LIFECYCLE_UNDEFINED, UNDEFINED_RENAMED);
    dom->name = name;
    store_put(dom, def, store_hash_of(def));
    if (strcmp(dom->name, def->name) != 0)
        domains_rename(dom, def->name);
    domain_tell(dom, LIFECYCLE_DEFINED, DEFINED_RENAMED);
}

void
domain_unstore(struct domain *dom)
{
    dom->table->stored -= dom->stored != NULL;
    dom->stored = domain_def_free(dom->stored);
    dom->autostart = false;
    dom->updated = false;
    store_note_change(dom, 0);
    domain_tell(dom, LIFECYCLE_UNDEFINED, UNDEFINED_REMOVED);
}

void
domain_set_autostart(struct domain *dom, bool autostart)
{
    dom->autostart = autostart && dom->stored;
    store_note_change(dom, dom->file.hash);
}

void
domain_announce_change(struct domain *dom, int metadata, const char *uri)
{
    domain_remember(dom);
    if (metadata >= 0)
        dom->table->observer->metadata(dom->table->arg, dom, metadata, uri);
}

/*----- all files are read again -----*/

/* What has changed in the table since began is newer than the files as they were read. */
struct store_scan {
    struct domains   *domains;
    uint64_t          began;
    char             *folder, *autostart_folder;
    char            **names, **autostart;
    size_t            n_names, n_autostart, at;
    int               errnum; /* of the listing; 0: it was done */
    char             *path;   /* of the file that is read */
    struct store_file file;
    unsigned          added, changed, gone, unreadable;
};

static loop_fn      scan_list, scan_read_file;
static loop_work_fn scan_listed, scan_taken;

static void
scan_free(struct store_scan *scan)
{
    if (!scan)
        return;
    store_free_names(scan->names, scan->n_names);
    store_free_names(scan->autostart, scan->n_autostart);
    domain_def_free(scan->file.def);
    free(scan->folder);
    free(scan->autostart_folder);
    free(scan->path);
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
    domains->scan = NULL;
    scan_free(scan);
    if (domains->rescan)
        domains_reload(domains);
}

static struct domain *
scan_find(const struct store_scan *scan, const char *name)
{
    struct domain *dom;

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
    scan->path = store_path(scan->domains, scan->names[scan->at]);
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
    scan_free(scan);
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
    scan_free(scan);
}

static void
scan_read_file(void *arg)
{
    struct store_scan *scan = arg;

    store_read(scan->path, &scan->file);
}

/* It has the domain's UUID, and another file has it, too. */
static bool
scan_is_copy(const struct store_scan *scan, const struct domain *dom, const struct domain_def *def)
{
    return dom->stored && strcmp(dom->stored->name, def->name) != 0 &&
           store_has_name(scan->names, scan->n_names, dom->stored->name);
}

static bool
scan_is_renamed(const struct domain *dom, const struct domain_def *def)
{
    return dom->stored && strcmp(dom->stored->name, def->name) != 0;
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

/* def is Taken. */
static void
scan_take(struct store_scan *scan, struct domain_def *def, uint64_t hash)
{
    struct domain *dom = domains_by_uuid(scan->domains, def->uuid);

    if (dom && !scan_may_change(scan, dom))
        dom->file.found = true;
    else if ((dom = scan_domain_for(scan, def))) {
        *(dom->stored ? &scan->changed : &scan->added) += 1;
        if (scan_is_renamed(dom, def) && !domain_runs(dom)) {
            cleanup_free char *old_name = xstrdup(dom->name);

            domain_store_renamed(dom, old_name, take_ptr(def));
        } else {
            domain_store(dom, take_ptr(def)); /* one that runs is called so when it has stopped */
        }
        dom->file.hash = hash;
        dom->file.changed = scan->began;
    }
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
    if (scan->file.def) {
        scan_take(scan, take_ptr(scan->file.def), scan->file.hash);
    } else if (!known || scan->file.hash != known->file.hash) {
        scan->unreadable++;
        store_complain(&scan->file.err);
    }
    scan->at++;
    scan_read(scan);
}

void
store_free(struct domains *domains)
{
    struct store_remain *remain;

    while ((remain = domains_next_remain(domains)))
        store_remain_free(remain);
    scan_free(domains->scan);
}
