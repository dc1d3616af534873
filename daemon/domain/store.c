/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store.c: definitions that last; their files are read here, and written by workers.
 *
 * A domain is its UUID.  Where two files have one UUID the one that was written last is its
 * definition.  If they differ in the name alone, a rename was cut short (it writes the new file,
 * then it removes the old one): the older one goes.  Else it is somebody's copy, and is left.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "private.h"
#include "store-file.h"

/*----- paths -----*/

char *
store_folder(const struct domains *domains, const char *which)
{
    return xasprintf("%s/%s", domains->limits->config_dir, which);
}

char *
store_path(const struct domains *domains, const char *name)
{
    return xasprintf("%s/domains/%s" STORE_SUFFIX, domains->limits->config_dir, name);
}

char *
store_autostart_path(const struct domains *domains, const char *name)
{
    return xasprintf("%s/autostart/%s" STORE_SUFFIX, domains->limits->config_dir, name);
}

char *
store_image_path(const struct domains *domains, const char *name)
{
    return xasprintf("%s/%s.save", domains->limits->save_dir, name);
}

char *
store_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    return xstrndup(name, strlen(name) - strlen(STORE_SUFFIX));
}

/*----- what is stored of a domain -----*/

static uint64_t
store_hash_of(const struct domain_def *def)
{
    return store_hash(def->text);
}

void
store_complain(const struct err *err)
{
    log_error("a definition cannot be read and is left as it is: %s", err->message);
}

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
    dom->file.differs = dom->file.told_text != store_hash_of(def);
    store_note_change(dom, hash);
    dom->file.unread = false;
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
        domains->unread++;
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
    cleanup_free char *path = store_path(domains, name), *image = store_image_path(domains, name);
    struct store_file  file = {.hash = 0};
    struct domain     *dom;

    store_read(path, image, &file);
    if (file.gone)
        return;
    if (!file.def) {
        domains->unread++;
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
    dom->has_image = file.has_image;
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
            log_warning("%s/%s" STORE_SUFFIX " is a link to no definition", folder, names[n]);
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
    store_recall_told(domains);
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

/* Its first definition is being written. */
static bool
store_is_first(const struct domain *dom)
{
    return !dom->stored && dom->work.definitions;
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

/* Those that are being written are as good as stored. */
static unsigned
store_count(const struct domains *domains)
{
    unsigned             count = domains->stored;
    const struct domain *dom;

    TAILQ_FOREACH (dom, &domains->list, link)
        count += store_is_first(dom);
    return count;
}

int
domains_check_define(const struct domains *domains, const struct domain_def *def, struct err *err)
{
    const struct domain *dom = domains_by_uuid(domains, def->uuid);
    unsigned             max = domains->limits->max_definitions, count;

    if (dom ? store_check_define(dom, def, err) < 0
            : domains_check_name(domains, def->name, err) < 0)
        return -1;
    if ((!dom || (!dom->stored && !store_is_first(dom))) && (count = store_count(domains)) >= max)
        return err_set(err, ERR_RESOURCE_BUSY,
                       "there are %u definitions already, of max_definitions %u", count, max);
    return 0;
}

int
domains_define(struct domains *domains, const struct domain_def *def, struct domain **dom_out,
               struct err *err)
{
    struct domain *dom;

    if (domains_check_define(domains, def, err) < 0)
        return -1;
    dom = domains_by_uuid(domains, def->uuid);
    *dom_out = dom ? dom : domains_add(domains, def->name, def->uuid);
    return 0;
}

int
store_check_file(const struct domain *dom, struct err *err)
{
    cleanup_free char *path = NULL;

    if (!dom->stored || !dom->file.unread)
        return 0;
    path = store_path(dom->table, dom->stored->name);
    return err_set(err, ERR_OPERATION_FAILED,
                   "%s cannot be read since it was changed (the log says why), and is left as it "
                   "is: repair or remove it, and let the definitions be read again",
                   path);
}

/*----- its file is on the disk -----*/

void
domain_store_again(struct domain *dom, struct domain_def *def)
{
    store_put(dom, def, store_hash_of(def));
    domain_log_ignored(dom, def);
    store_tell(dom);
}

void
domain_store(struct domain *dom, struct domain_def *def)
{
    dom->file.told_text = 0; /* also where it says what it said before */
    domain_store_again(dom, def);
}

void
domain_store_quietly(struct domain *dom, struct domain_def *def)
{
    store_put(dom, def, store_hash_of(def));
    store_know(dom);
}

void
domain_store_renamed(struct domain *dom, struct domain_def *def)
{
    store_put(dom, def, store_hash_of(def));
    if (strcmp(dom->name, def->name) != 0)
        domains_rename(dom, def->name);
    store_tell(dom);
}

void
domain_unstore(struct domain *dom)
{
    dom->table->stored -= dom->stored != NULL;
    dom->stored = domain_def_free(dom->stored);
    dom->autostart = false;
    dom->updated = false;
    dom->file.unread = false;
    store_note_change(dom, 0);
    store_tell(dom);
}

void
domain_set_autostart(struct domain *dom, bool autostart)
{
    dom->autostart = autostart && dom->stored;
    store_note_change(dom, dom->file.hash);
}

void
domain_set_image(struct domain *dom, bool has_image)
{
    dom->has_image = has_image;
    dom->file.image_changed = ++dom->table->changes;
}

void
domain_announce_change(struct domain *dom, int metadata, const char *uri)
{
    if (metadata >= 0)
        dom->table->observer->metadata(dom->table->arg, dom, metadata, uri);
}

void
store_free(struct domains *domains)
{
    struct store_remain *remain;

    while ((remain = domains_next_remain(domains)))
        store_remain_free(remain);
    store_scan_free(domains->scan);
}
