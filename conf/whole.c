/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * whole.c: definitions of guests of which libxl knows more than the XML can say.  See whole.h.
 *
 * Such a definition is libxl's configuration with what the XML says otherwise by now: its XML is
 * compared with what the tables make of the configuration.
 */
#include <string.h>

#include "base/alloc.h"
#include "conf/libxl.h"
#include "def.h"
#include "json.h"
#include "notes.h"
#include "walk.h"
#include "whole.h"
#include "xml.h"

#define PATH_SHOWN 128 /* bytes of a path in a note */

static const char whole_ns[] = "urn:dom0d:libxl";

/*----- the elements -----*/

static bool
is_ours(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && node->ns && node->ns->href &&
           strcmp((const char *)node->ns->href, whole_ns) == 0 &&
           strcmp((const char *)node->name, name) == 0;
}

/* The first of them from node on. */
static xmlNode *
first_of_ours(xmlNode *node, const char *name)
{
    while (node && !is_ours(node, name))
        node = node->next;
    return node;
}

static xmlNode *
find_libxl(const xmlNode *root)
{
    const xmlNode *metadata = xml_child(root, "metadata");

    return metadata ? first_of_ours(metadata->children, "libxl") : NULL;
}

bool
whole_is_namespace(const char *uri)
{
    return strcmp(uri, whole_ns) == 0;
}

xmlNode *
whole_find(const xmlNode *root)
{
    const xmlNode *libxl = find_libxl(root);

    return libxl ? first_of_ours(libxl->children, "configuration") : NULL;
}

const char *
whole_action(const xmlNode *root, const char *name)
{
    return xml_attr(find_libxl(root), name);
}

void
whole_note(struct domain_def *def)
{
    const xmlNode *root = xmlDocGetRootElement(def->document), *libxl = find_libxl(root);
    xmlNode *only = libxl && !whole_find(root) ? first_of_ours(libxl->children, "only") : NULL;

    for (; only; only = first_of_ours(only->next, "only")) {
        cleanup_free char *path = xml_text(only);

        note_add(def,
                 xasprintf("line %ld: <only>: %.*s is in libxl's configuration only, which is not "
                           "here",
                           xmlGetLineNo(only), PATH_SHOWN, path),
                 false);
    }
}

void
whole_hide(const xmlNode *root)
{
    xmlNode *node;

    while ((node = whole_find(root)))
        xml_remove(node);
}

static void
add_part(xmlNode *libxl, const char *name, const char *text)
{
    xmlSetNs(xml_add_child(libxl, name, text), libxl->ns);
}

static void
put_whole(struct domain_def *def, const libxl_domain_config *config, char *const *only,
          const char *json)
{
    cleanup_free char *compact = json_compact(json);
    xmlNode           *root = xmlDocGetRootElement(def->document);
    xmlNode           *libxl = xml_add_child(walk_make(root, "metadata"), "libxl", NULL);

    xmlSetNs(libxl, xmlNewNs(libxl, (const xmlChar *)whole_ns, (const xmlChar *)"dom0d"));
    if (config->on_watchdog != config->on_crash)
        xml_set_attr(libxl, "on_watchdog", def_action_name(config->on_watchdog));
    if (config->on_soft_reset != LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET)
        xml_set_attr(libxl, "on_soft_reset", def_action_name(config->on_soft_reset));
    for (; *only; only++)
        add_part(libxl, "only", *only);
    add_part(libxl, "configuration", compact);
}

/*----- libxl's configuration to a definition -----*/

static void
free_list(char **list)
{
    for (size_t i = 0; list && list[i]; i++)
        free(list[i]);
    free(list);
}

static int
keep_whole(const libxl_domain_config *config, struct domain_def *def, struct err *err)
{
    libxl_domain_config said, shallow = *config; /* what it points to is not touched */
    char              **only = NULL, *json = NULL;
    int                 r;

    libxl_domain_config_init(&said);
    r = conf_to_libxl(def, &said, err);
    if (!r) {
        only = conf_difference(config, &said, true);
        json = libxl_domain_config_to_json(NULL, &shallow);
    }
    if (only && json)
        put_whole(def, config, only, json);
    else if (!r)
        r = err_set(err, ERR_INTERNAL, "libxl cannot write its configuration of the domain");
    free_list(only);
    free(json);
    libxl_domain_config_dispose(&said);
    return r;
}

int
conf_from_libxl_whole(const libxl_domain_config *config, struct domain_def **def_out,
                      struct err *err)
{
    if (def_from_libxl(config, DOMAIN_PARSE_RUNS, def_out, err))
        return -1;
    if (keep_whole(config, *def_out, err) == 0) {
        def_fill_actions(*def_out);
        return 0;
    }
    *def_out = domain_def_free(*def_out);
    return -1;
}

bool
domain_def_is_whole(const struct domain_def *def)
{
    return whole_find(xmlDocGetRootElement(def->document));
}

void
domain_def_inherit(struct domain_def *def, const struct domain_def *from)
{
    xmlNode *root = xmlDocGetRootElement(def->document), *own = find_libxl(root);
    xmlNode *libxl = find_libxl(xmlDocGetRootElement(from->document));

    if (!domain_def_is_whole(from) || domain_def_is_whole(def))
        return;
    if (own)
        xml_remove(own);
    xmlAddChild(walk_make(root, "metadata"), xmlDocCopyNode(libxl, def->document, 1));
    def_fill_actions(def);
}

/*----- and back -----*/

/* A leaf of the configuration of which the XML did not speak when the two were written, by a
 * version that perhaps had fewer words than this one. */
static bool
is_unsaid(void *arg, const char *path, const char *value, size_t length)
{
    const xmlNode *libxl = arg;
    xmlNode       *only = first_of_ours(libxl->children, "only");

    for (; only; only = first_of_ours(only->next, "only")) {
        cleanup_free char *text = xml_text(only);

        if (strcmp(text, path) == 0)
            return true;
    }
    return conf_is_worked_out(path, value, length, true);
}

/* What the tables make of the configuration. */
static int
read_base(const libxl_domain_config *kept, const struct domain_def *def, libxl_domain_config *base,
          struct err *err)
{
    struct domain_def *said = NULL;
    int                r = def_from_libxl(kept, DOMAIN_PARSE_RUNS, &said, err);

    if (!r && said->type != def->type)
        r = err_set(err, ERR_CONFIG_UNSUPPORTED,
                    "the type of a guest cannot be changed in XML that has libxl's configuration");
    if (!r)
        r = conf_to_libxl(said, base, err);
    domain_def_free(said);
    return r;
}

static int
merge_whole(const struct domain_def *def, libxl_domain_config *kept, char **json_out,
            struct err *err)
{
    xmlNode            *libxl = find_libxl(xmlDocGetRootElement(def->document));
    libxl_domain_config base, now;
    cleanup_free char  *kept_json = NULL, *base_json = NULL, *now_json = NULL;
    int                 r;

    libxl_domain_config_init(&base);
    libxl_domain_config_init(&now);
    r = read_base(kept, def, &base, err) || conf_to_libxl(def, &now, err) ? -1 : 0;
    if (!r) {
        kept_json = libxl_domain_config_to_json(NULL, kept);
        base_json = libxl_domain_config_to_json(NULL, &base);
        now_json = libxl_domain_config_to_json(NULL, &now);
        r = kept_json && base_json && now_json
                ? json_merge(kept_json, base_json, now_json, is_unsaid, libxl, json_out, err)
                : err_set(err, ERR_INTERNAL, "libxl cannot write its configuration of the domain");
    }
    libxl_domain_config_dispose(&base);
    libxl_domain_config_dispose(&now);
    return r;
}

int
conf_to_libxl_whole(libxl_ctx *ctx, const struct domain_def *def, libxl_domain_config *config_out,
                    struct err *err)
{
    const xmlNode      *node = whole_find(xmlDocGetRootElement(def->document));
    cleanup_free char  *text = xml_text(node), *merged = NULL;
    libxl_domain_config kept;
    int                 r = 0;

    if (!text)
        return conf_to_libxl(def, config_out, err);
    libxl_domain_config_init(&kept);
    if (libxl_domain_config_from_json(ctx, &kept, text))
        r = err_set(err, ERR_XML, "libxl's configuration in <metadata> cannot be read");
    if (!r)
        r = merge_whole(def, &kept, &merged, err);
    if (!r && libxl_domain_config_from_json(ctx, config_out, merged))
        r = err_set(err, ERR_INTERNAL, "libxl cannot read the configuration of the domain");
    libxl_domain_config_dispose(&kept);
    return r;
}
