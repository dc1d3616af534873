/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * def.c: a definition: libvirt's domain XML, read by the tables.
 */
#include <libxl_utils.h>
#include <libxml/tree.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/domain.h"
#include "conf/libxl.h"
#include "def.h"
#include "hooks.h"
#include "names.h"
#include "notes.h"
#include "text.h"
#include "walk.h"
#include "whole.h"
#include "xml.h"

const char *const type_names[] = {"xen", "xenpvh", "hvm", NULL};
const char *const type_machines[] = {"xenpv", "xenpvh", "xenfv", NULL};

const struct rows *const domain_tables[] = {&domain_items, &os_items, &feature_items, &cpu_items,
                                            NULL};

/*----- names -----*/

static const struct {
    const char              *name;
    libxl_action_on_shutdown libxl;
} actions[] = {
    [DOMAIN_ACTION_DESTROY] = {"destroy", LIBXL_ACTION_ON_SHUTDOWN_DESTROY},
    [DOMAIN_ACTION_RESTART] = {"restart", LIBXL_ACTION_ON_SHUTDOWN_RESTART},
    [DOMAIN_ACTION_RENAME_RESTART] = {"rename-restart", LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME},
    [DOMAIN_ACTION_PRESERVE] = {"preserve", LIBXL_ACTION_ON_SHUTDOWN_PRESERVE},
    [DOMAIN_ACTION_COREDUMP_DESTROY] = {"coredump-destroy",
                                        LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY},
    [DOMAIN_ACTION_COREDUMP_RESTART] = {"coredump-restart",
                                        LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART},
    [DOMAIN_ACTION_SOFT_RESET] = {"soft-reset", LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET},
};

const char *
domain_action_name(enum domain_action action)
{
    return actions[action].name;
}

const char *
def_action_name(libxl_action_on_shutdown action)
{
    for (size_t i = 0; i < array_size(actions); i++)
        if (actions[i].libxl == action)
            return actions[i].name;
    return NULL;
}

static enum domain_action
action_only_in_libxl(const struct domain_def *def, const char *key, enum domain_action without)
{
    const char *name = whole_action(xmlDocGetRootElement(def->document), key);

    for (size_t i = 0; name && i < array_size(actions); i++)
        if (strcmp(actions[i].name, name) == 0)
            return (enum domain_action)i;
    return without;
}

void
def_fill_actions(struct domain_def *def)
{
    def->on_watchdog = action_only_in_libxl(def, "on_watchdog", def->on_crash);
    def->on_soft_reset = action_only_in_libxl(def, "on_soft_reset", DOMAIN_ACTION_SOFT_RESET);
}

static enum domain_action
action_of(libxl_action_on_shutdown action)
{
    for (size_t i = 0; i < array_size(actions); i++)
        if (actions[i].libxl == action)
            return (enum domain_action)i;
    return DOMAIN_ACTION_DESTROY;
}

const char *
domain_type_name(enum domain_type type)
{
    return type_names[type];
}

bool
domain_name_is_valid(const char *name)
{
    size_t length = strlen(name);

    if (!length || length > DOMAIN_NAME_MAX || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        !text_is_plain(name))
        return false;
    for (; *name; name++)
        if (*name == '/' || (unsigned char)*name < ' ' || *name == 0x7f)
            return false;
    return true;
}

/*----- notes -----*/

void
note_add(struct domain_def *def, char *message, bool implied)
{
    if (def->n_notes == NOTES_MAX) {
        free(message);
        return;
    }
    def->notes = xreallocarray(def->notes, def->n_notes + 1, sizeof *def->notes);
    def->notes[def->n_notes++] = (struct domain_note){.message = message, .implied = implied};
}

void
notes_free(struct domain_def *def)
{
    for (size_t i = 0; i < def->n_notes; i++)
        free(def->notes[i].message);
    free(take_ptr(def->notes));
    def->n_notes = 0;
}

void
walk_note(struct walk *walk, const xmlNode *node, const char *name, bool implied,
          const char *reason)
{
    if (walk->def && (!implied || walk->note_implied))
        note_add(walk->def, xml_describe(node, name, reason), implied);
}

/*----- the life of a definition -----*/

struct domain_def *
domain_def_free(struct domain_def *def)
{
    if (!def)
        return NULL;
    if (def->shares) {
        def->shares--;
        return NULL;
    }
    free(def->name);
    free(def->kernel);
    free(def->ramdisk);
    free(def->start.after);
    notes_free(def);
    xmlFreeDoc(def->document);
    free(def->text);
    free(def);
    return NULL;
}

struct domain_def *
domain_def_share(struct domain_def *def)
{
    def->shares++;
    return def;
}

struct domain_def *
def_copy(const struct domain_def *def)
{
    struct domain_def *copy = xmalloc(sizeof *copy);

    *copy = *def;
    copy->shares = 0;
    copy->name = xstrdup(def->name);
    copy->kernel = xstrdup(def->kernel);
    copy->ramdisk = xstrdup(def->ramdisk);
    copy->start.after = xstrdup(def->start.after);
    copy->text = xstrdup(def->text);
    copy->document = def->document ? xmlCopyDoc(def->document, 1) : NULL;
    copy->notes = xcalloc(def->n_notes, sizeof *copy->notes);
    for (size_t i = 0; i < def->n_notes; i++)
        copy->notes[i] = (struct domain_note){.message = xstrdup(def->notes[i].message),
                                              .implied = def->notes[i].implied};
    return copy;
}

void
def_changed(struct domain_def *def)
{
    struct err err;

    if (def->text)
        (void)domain_def_keep_text(def, 0, &err); /* one that is too long now is not kept */
}

struct domain_def *
domain_def_rename(struct domain_def *def, const char *name)
{
    struct domain_def *shared = def;
    bool               packed = !def->document;
    struct err         err;

    if (shared->shares) {
        def = def_copy(shared);
        domain_def_free(shared);
    }
    if (packed)
        def->document = def_document(def);
    free(def->name);
    def->name = xstrdup(name);
    xml_set_text(xml_child(xmlDocGetRootElement(def->document), "name"), name);
    if (packed)
        (void)domain_def_pack(def, &err); /* one that is too long now is not packed */
    else
        def_changed(def);
    return def;
}

/*----- reading -----*/

libxl_domain_type
def_libxl_type(enum domain_type type)
{
    switch (type) {
    case DOMAIN_PV:
        return LIBXL_DOMAIN_TYPE_PV;
    case DOMAIN_PVH:
        return LIBXL_DOMAIN_TYPE_PVH;
    case DOMAIN_HVM:
        return LIBXL_DOMAIN_TYPE_HVM;
    }
    abort();
}

enum domain_type
def_type_of(const xmlNode *root)
{
    cleanup_free char *text = xml_trimmed_text(xml_child(xml_child(root, "os"), "type"));

    for (int i = 0; text && type_names[i]; i++)
        if (strcmp(text, type_names[i]) == 0)
            return (enum domain_type)i;
    return DOMAIN_PV; /* also "linux", and what is no type at all: its row says so */
}

/* libvirt reads all <devices> as one. */
static void
merge_devices(xmlNode *root)
{
    xmlNode *devices = xml_child(root, "devices"), *more;

    while (devices && (more = xml_next(devices, "devices"))) {
        while (more->children) {
            xmlNode *child = more->children;

            xmlUnlinkNode(child);
            xmlAddChild(devices, child);
        }
        xml_remove(more);
    }
}

/* What the guest is by nature, whatever the XML says. */
static void
set_defaults(struct walk *walk)
{
    libxl_domain_config *config = walk->config;

    config->c_info.type = def_libxl_type(walk->type);
    libxl_domain_build_info_init_type(&config->b_info, config->c_info.type);
    /* Memory is claimed before the build, as xl does: two creates do not race for it. */
    libxl_defbool_set(&config->b_info.claim_mode, true);
    /* libxl only keeps the actions; whoever started the domain obeys them.  These are xl's defaults
     * for what the XML does not name. */
    config->on_watchdog = LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
    config->on_soft_reset = LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET;
    if (walk->type != DOMAIN_HVM)
        return;
    config->b_info.device_model_version = LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN;
    /* libxl's default is a VNC server; nobody asked for one. */
    libxl_defbool_set(&config->b_info.u.hvm.vnc.enable, false);
}

static int
read_document(struct walk *walk, const xmlNode *root, struct err *err)
{
    libxl_domain_config *config = walk->config;

    set_defaults(walk);
    if (walk_read(walk, domain_tables, &walk->indexes[KINDS_MAX], root, config, err) ||
        walk_read_devices(walk, xml_child(root, "devices"), err) ||
        boot_order_finish(walk, root, err))
        return -1;
    /* A PV guest with the host's devices needs the host's map of memory; so does xl. */
    if (config->num_pcidevs && walk->type == DOMAIN_PV)
        libxl_defbool_setdefault(&config->b_info.u.pv.e820_host, true);
    return 0;
}

static void
fill_def(struct domain_def *def, const libxl_domain_config *config)
{
    def->name = xstrdup(config->c_info.name);
    memcpy(def->uuid, config->c_info.uuid.uuid, UUID_SIZE);
    def->max_memory_kib = config->b_info.max_memkb;
    def->memory_kib = config->b_info.target_memkb;
    def->max_vcpus = (unsigned)config->b_info.max_vcpus;
    def->vcpus = (unsigned)libxl_bitmap_count_set(&config->b_info.avail_vcpus);
    def->kernel = xstrdup(config->b_info.kernel);
    def->ramdisk = xstrdup(config->b_info.ramdisk);
    def->on_poweroff = action_of(config->on_poweroff);
    def->on_reboot = action_of(config->on_reboot);
    def->on_crash = action_of(config->on_crash);
}

static int
parse_document(struct domain_def *def, unsigned flags, struct err *err)
{
    xmlNode            *root = xmlDocGetRootElement(def->document);
    const char         *type = xml_attr(root, "type");
    libxl_domain_config config;
    struct walk         walk = {.config = &config,
                                .def = def,
                                .validate = flags & DOMAIN_PARSE_VALIDATE,
                                .note_implied = flags & DOMAIN_PARSE_NOTE_IMPLIED,
                                .keeps = flags & DOMAIN_PARSE_HAS_UUID,
                                .runs = flags & DOMAIN_PARSE_RUNS,
                                .whole = flags & DOMAIN_PARSE_RUNS || whole_find(root)};
    int                 r;

    if (!xml_is(root, "domain"))
        return xml_fail(root, err, "<domain> is expected here");
    if (!type || strcmp(type, "xen") != 0)
        return xml_unsupported(root, err, "type must be 'xen'");
    merge_devices(root);
    walk.type = def->type = def_type_of(root);
    libxl_domain_config_init(&config);
    r = read_document(&walk, root, err);
    if (!r) {
        fill_def(def, &config);
        native_take_comments(def, root);
        walk_complete(&walk, root);
        def_fill_actions(def);
        whole_note(def);
        r = flags & DOMAIN_PARSE_RUNS ? 0 : start_read(def, root, err);
    }
    walk_end(&walk);
    libxl_domain_config_dispose(&config);
    return r;
}

int
domain_def_parse_flags(const char *xml, size_t size, unsigned flags, struct domain_def **def_out,
                       struct err *err)
{
    struct domain_def *def;
    xmlDoc            *document;

    if (size > DOMAIN_XML_MAX)
        return err_set(err, ERR_XML, "domain XML of %zu bytes is longer than %u", size,
                       DOMAIN_XML_MAX);
    if (xml_parse(xml, size, &document, err))
        return -1;
    def = xcalloc(1, sizeof *def);
    def->document = document;
    if (parse_document(def, flags, err)) {
        domain_def_free(def);
        return -1;
    }
    *def_out = def;
    return 0;
}

int
domain_def_parse(const char *xml, size_t size, struct domain_def **def_out, struct err *err)
{
    return domain_def_parse_flags(xml, size, 0, def_out, err);
}

/* The document is complete, so what was generated is in it and is read again.  It was accepted. */
int
conf_to_libxl(const struct domain_def *def, libxl_domain_config *config_out, struct err *err)
{
    struct walk walk = {.config = config_out, .type = def->type, .runs = true, .whole = true};
    xmlDoc     *read_anew = def->document ? NULL : def_document(def);
    int         r;

    r = read_document(&walk, xmlDocGetRootElement(read_anew ? read_anew : def->document), err);
    walk_end(&walk);
    xmlFreeDoc(read_anew);
    return r;
}
