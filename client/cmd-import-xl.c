/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Take over the guests of xl, as xendomains starts and saves them.
 *
 * For xl a guest is its name; a configuration seldom has a UUID, and then each run of the guest had
 * another one.  So where there is none it is that of the guest which is meant: of the one that runs
 * or that dom0d knows, else of what was saved of it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "import.h"
#include "native.h"
#include "settings.h"

#define XL_DEFINITIONS "/etc/xen"

struct xl_source {
    char       *path; /* in its root */
    char       *cfg;
    struct stat st;
    bool        autostart;
};

struct xl_sources {
    struct import    *import;
    char             *autostart, *save; /* xendomains' folders; NULL: none */
    struct xl_source *list;
    size_t            count;
};

static void
xl_clear(struct xl_sources *sources)
{
    for (size_t n = 0; n < sources->count; n++) {
        free(sources->list[n].path);
        free(sources->list[n].cfg);
    }
    free(sources->list);
    free(sources->autostart);
    free(sources->save);
}

#define cleanup_xl __attribute__((cleanup(xl_clear)))

/*----- what there is -----*/

/* Debian's place, and everybody else's. */
static int
xl_read_settings(struct xl_sources *sources, struct err *err)
{
    static const char *const paths[] = {"/etc/default/xendomains", "/etc/sysconfig/xendomains"};
    struct setting           settings[] = {
                  {.name = "XENDOMAINS_AUTO", .value = xstrdup("/etc/xen/auto")},
                  {.name = "XENDOMAINS_SAVE", .value = xstrdup("/var/lib/xen/save")},
    };
    int r = 0;

    for (size_t n = 0; n < array_size(paths) && r == 0; n++)
        r = settings_read(&sources->import->root, paths[n], settings, array_size(settings), err);
    sources->autostart = settings[0].value;
    sources->save = settings[1].value;
    return r < 0 ? -1 : 0;
}

static struct xl_source *
xl_find(const struct xl_sources *sources, const struct stat *st)
{
    for (size_t n = 0; n < sources->count; n++)
        if (sources->list[n].st.st_dev == st->st_dev && sources->list[n].st.st_ino == st->st_ino)
            return &sources->list[n];
    return NULL;
}

/* One that cannot be read is said, and is none. */
static int
xl_add(struct xl_sources *sources, const char *folder, const char *name, bool autostart,
       struct err *err)
{
    struct xl_source   source = {.path = xasprintf("%s/%s", folder, name), .autostart = autostart};
    cleanup_free char *file = root_path(&sources->import->root, source.path);
    struct xl_source  *twin;
    int r = root_read(&sources->import->root, source.path, &source.cfg, &source.st, err);

    twin = r < 0 ? NULL : xl_find(sources, &source.st);
    if (r == 0 && !twin) {
        sources->list = xreallocarray(sources->list, sources->count + 1, sizeof *sources->list);
        sources->list[sources->count++] = source;
        return 0;
    }
    if (twin)
        twin->autostart |= autostart;
    else
        r = import_refuse_err(sources->import, file, "not defined", err);
    free(source.path);
    free(source.cfg);
    return r;
}

static int
xl_add_folder(struct xl_sources *sources, const char *folder, const char *suffix, bool autostart,
              struct err *err)
{
    cleanup_names struct names names;

    if (root_list(&sources->import->root, folder, suffix, autostart, &names, err) < 0)
        return -1;
    for (size_t n = 0; n < names.count; n++) {
        cleanup_free char *name = xasprintf("%s%s", names.list[n], suffix);

        if (xl_add(sources, folder, name, autostart, err) < 0)
            return -1;
    }
    return 0;
}

/* xendomains starts whatever is in its folder: links to the others, most of the time. */
static int
xl_list(struct xl_sources *sources, struct err *err)
{
    if (xl_read_settings(sources, err) < 0 ||
        xl_add_folder(sources, XL_DEFINITIONS, ".cfg", false, err) < 0)
        return -1;
    return *sources->autostart ? xl_add_folder(sources, sources->autostart, "", true, err) : 0;
}

/*----- which guest is it? -----*/

/* A configuration without a UUID gets another one whenever it is read. */
static int
xl_has_uuid(const struct import *import, const struct xl_source *source, const char *uuid,
            bool *has_out, struct err *err)
{
    cleanup_ret(definition_check) struct dom0d_definition_check_ret again = {0};
    cleanup_free char                                              *xml = NULL;

    if (native_to_xml(import->client->conn, source->cfg, &xml, err) < 0 ||
        import_check(import, xml, &again, err) < 0)
        return -1;
    *has_out = memcmp(uuid, again.dom.uuid, UUID_SIZE) == 0;
    return 0;
}

/* Whether there is one that is meant, and its UUID.  What is wrong with an image is said when it is
 * to be taken. */
static bool
xl_find_uuid(const struct import *import, const char *name, const char *image,
             uint8_t uuid_out[UUID_SIZE])
{
    const struct dom0d_guest                             *known = import_find_name(import, name);
    cleanup_ret(image_check) struct dom0d_image_check_ret ret = {0};
    struct err                                            ignored;
    bool found = known || (image && import_check_image(import, image, &ret, &ignored) == 0 &&
                           strcmp(ret.dom.name, name) == 0);

    if (found)
        memcpy(uuid_out, known ? known->dom.uuid : ret.dom.uuid, UUID_SIZE);
    return found;
}

/* *xml has the UUID of the guest that is meant, where the configuration has none. */
static int
xl_settle_uuid(const struct import *import, const struct xl_source *source,
               const struct remote_nonnull_domain *dom, const char *image, char **xml,
               struct err *err)
{
    cleanup_free char *cfg = NULL;
    uint8_t            uuid[UUID_SIZE];
    char               text[UUID_TEXT_SIZE];
    bool               has;

    if (xl_has_uuid(import, source, dom->uuid, &has, err) < 0)
        return -1;
    if (has || !xl_find_uuid(import, dom->name, image, uuid))
        return 0;
    cfg = xasprintf("uuid = \"%s\"\n%s", uuid_format(uuid, text), source->cfg);
    free(take_ptr(*xml));
    return native_to_xml(import->client->conn, cfg, xml, err);
}

/*----- take them -----*/

/* NULL: nothing was saved of it. */
static char *
xl_find_image(const struct xl_sources *sources, const struct names *saved, const char *name)
{
    return names_have(saved, name)
               ? xasprintf("%s%s/%s", sources->import->root.path, sources->save, name)
               : NULL;
}

static int
xl_take(struct xl_sources *sources, const struct xl_source *source, const struct names *saved,
        const char *file, struct err *err)
{
    struct import                                                  *import = sources->import;
    cleanup_free char                                              *xml = NULL, *image = NULL;
    cleanup_ret(definition_check) struct dom0d_definition_check_ret ret = {0};
    struct import_guest guest = {.file = file, .autostart = source->autostart};

    if (native_to_xml(import->client->conn, source->cfg, &xml, err) < 0 ||
        import_check(import, xml, &ret, err) < 0)
        return import_refuse_err(import, file, "not defined", err);
    guest.image = image = xl_find_image(sources, saved, ret.dom.name);
    if (xl_settle_uuid(import, source, &ret.dom, image, &xml, err) < 0)
        return import_refuse_err(import, file, "not defined", err);
    guest.xml = xml;
    return import_guest(import, &guest, err);
}

static int
xl_take_all(struct xl_sources *sources, struct err *err)
{
    struct import             *import = sources->import;
    cleanup_names struct names saved = {.list = NULL};

    if (*sources->save && root_list(&import->root, sources->save, "", true, &saved, err) < 0)
        return -1;
    for (size_t n = 0; n < sources->count; n++) {
        cleanup_free char *file = root_path(&import->root, sources->list[n].path);

        if (xl_take(sources, &sources->list[n], &saved, file, err) < 0)
            return -1;
    }
    return *sources->save ? import_check_rest(import, sources->save, "", err) : 0;
}

static int
xl_run(struct client *client, const struct options *options, struct err *err)
{
    cleanup_import struct import import;
    cleanup_xl struct xl_sources sources = {.import = &import};

    if (import_begin(&import, client, options, err) < 0 || xl_list(&sources, err) < 0 ||
        xl_take_all(&sources, err) < 0)
        return -1;
    return import_end(&import, err);
}

const struct command cmd_import_xl = {
    .name = "import-xl",
    .args = "",
    .help = "take over the guests of xl and xendomains, which stay as they are there",
    .options = import_options,
    .run = xl_run,
};
