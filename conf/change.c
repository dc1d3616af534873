/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * change.c: definitions with one thing changed, and packed ones.
 */
#include <libxml/parser.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/domain.h"
#include "def.h"
#include "text.h"
#include "walk.h"
#include "whole.h"
#include "xml.h"

/*----- packed ones -----*/

int
domain_def_pack(struct domain_def *def, struct err *err)
{
    xmlNode *root = xmlDocGetRootElement(def->document);
    bool     hides = walk_has_secrets(root) || whole_find(root);

    if (domain_def_keep_text(def, 0, err) < 0)
        return -1;
    def->hides = hides;
    xmlFreeDoc(take_ptr(def->document));
    return 0;
}

xmlDoc *
def_document(const struct domain_def *def)
{
    xmlDoc    *document;
    struct err err;

    if (def->document)
        return xmlCopyDoc(def->document, 1);
    /* xml_write has made it of a document. */
    if (xml_parse(def->text, strlen(def->text), &document, &err))
        abort();
    return document;
}

/*----- one thing changed -----*/

/* To be changed; change_end gives the result. */
static struct domain_def *
change_begin(const struct domain_def *def)
{
    struct domain_def *copy = def_copy(def);

    if (!copy->document)
        copy->document = def_document(def);
    return copy;
}

static xmlNode *
change_root(const struct domain_def *def)
{
    return xmlDocGetRootElement(def->document);
}

/* What libxml2 and we accept piece by piece may be too much in one document. */
static int
change_check(const struct domain_def *changed, struct err *err)
{
    struct text        out = {.max = DOMAIN_XML_MAX};
    struct domain_def *again = NULL;
    int                r;

    xml_write(&out, change_root(changed));
    if (out.is_cut)
        r = err_set(err, ERR_XML, "it would be longer than %u bytes", DOMAIN_XML_MAX);
    else
        r = domain_def_parse_flags(out.data, out.length, DOMAIN_PARSE_RUNS | DOMAIN_PARSE_HAS_UUID,
                                   &again, err);
    if (r == 0 && strcmp(again->name, changed->name) != 0)
        r = err_set(err, ERR_XML, "its name would be read as '%s'", again->name);
    domain_def_free(again);
    free(out.data);
    return r < 0 ? err_prefix(err, "the definition could not be read again") : 0;
}

/* changed is Taken, and packed where def is. */
static struct domain_def *
change_end(const struct domain_def *def, struct domain_def *changed, struct err *err)
{
    if (start_read(changed, change_root(changed), err) < 0 || change_check(changed, err) < 0)
        return domain_def_free(changed);
    if (def->document)
        def_changed(changed);
    else if (domain_def_pack(changed, err) < 0)
        return domain_def_free(changed);
    return changed;
}

struct domain_def *
domain_def_with_name(const struct domain_def *def, const char *name, struct err *err)
{
    struct domain_def *changed = change_begin(def);

    free(changed->name);
    changed->name = xstrdup(name);
    xml_set_text(xml_child(change_root(changed), "name"), name);
    return change_end(def, changed, err);
}

struct domain_def *
domain_def_with_action(const struct domain_def *def, unsigned which, enum domain_action action,
                       struct err *err)
{
    static const char *const elements[] = {[ACTION_FOR_POWEROFF] = "on_poweroff",
                                           [ACTION_FOR_REBOOT] = "on_reboot",
                                           [ACTION_FOR_CRASH] = "on_crash"};
    struct domain_def       *changed = change_begin(def);

    xml_set_text(walk_make(change_root(changed), elements[which]), domain_action_name(action));
    *(which == ACTION_FOR_POWEROFF ? &changed->on_poweroff
      : which == ACTION_FOR_REBOOT ? &changed->on_reboot
                                   : &changed->on_crash) = action;
    def_fill_actions(changed);
    return change_end(def, changed, err);
}

/*----- metadata -----*/

static const char *
metadata_element(int type)
{
    return type == METADATA_TITLE ? "title" : "description";
}

static bool
metadata_is_of(const xmlNode *node, const char *uri)
{
    return node->type == XML_ELEMENT_NODE && node->ns && node->ns->href &&
           strcmp((const char *)node->ns->href, uri) == 0;
}

xmlNode *
metadata_find(const xmlNode *root, const char *uri)
{
    const xmlNode *metadata = xml_child(root, "metadata");
    xmlNode       *node = metadata ? metadata->children : NULL;

    while (node && !metadata_is_of(node, uri))
        node = node->next;
    return node;
}

static void
metadata_set_text(xmlNode *root, const char *name, const char *value)
{
    xmlNode *node = xml_child(root, name);

    if (value && *value)
        xml_set_text(walk_make(root, name), value);
    else if (node)
        xml_remove(node);
}

/* Those of its elements that are in no namespace are in this one from now on. */
static void
metadata_put_in_namespace(xmlNode *node, xmlNs *ns)
{
    if (node->type != XML_ELEMENT_NODE)
        return;
    if (!node->ns)
        xmlSetNs(node, ns);
    for (xmlNode *child = node->children; child; child = child->next)
        metadata_put_in_namespace(child, ns);
}

static int
metadata_set_element(xmlDoc *document, const char *value, const char *key, const char *uri,
                     struct err *err)
{
    xmlNode *root = xmlDocGetRootElement(document), *old = metadata_find(root, uri), *node;
    xmlDoc  *parsed = NULL;
    xmlNs   *ns;

    if (value && *value && xmlValidateNCName((const xmlChar *)key, 0))
        return err_set(err, ERR_INVALID_ARG, "'%s' does not do for a prefix in XML", key);
    if (value && *value && xml_parse(value, strlen(value), &parsed, err))
        return -1;
    if (old)
        xml_remove(old);
    if (!parsed)
        return 0;
    node = xmlDocCopyNode(xmlDocGetRootElement(parsed), document, 1);
    xmlFreeDoc(parsed);
    xmlAddChild(walk_make(root, "metadata"), node);
    ns = xmlNewNs(node, (const xmlChar *)uri, (const xmlChar *)key);
    if (!ns)
        return err_set(err, ERR_INVALID_ARG, "the prefix '%s' is another namespace's in the XML",
                       key);
    xmlSetNs(node, NULL);
    metadata_put_in_namespace(node, ns);
    return 0;
}

struct domain_def *
domain_def_with_metadata(const struct domain_def *def, int type, const char *value, const char *key,
                         const char *uri, struct err *err)
{
    struct domain_def *changed;

    if (type == METADATA_ELEMENT && whole_is_namespace(uri)) {
        err_set(err, ERR_INVALID_ARG, "what is in the namespace %s is dom0d's own", uri);
        return NULL;
    }
    changed = change_begin(def);
    if (type != METADATA_ELEMENT)
        metadata_set_text(change_root(changed), metadata_element(type), value);
    else if (metadata_set_element(changed->document, value, key, uri, err) < 0)
        return domain_def_free(changed);
    return change_end(def, changed, err);
}

static void
metadata_leave_namespace(xmlNode *node, const char *uri)
{
    if (metadata_is_of(node, uri))
        node->ns = NULL;
    for (xmlNode *child = node->children; child; child = child->next)
        metadata_leave_namespace(child, uri);
}

/* As it was given: in no namespace, and without the newline at its end.  node is changed. */
static char *
metadata_element_text(xmlNode *node, const char *uri)
{
    struct text out = {0};
    xmlNs     **at = &node->nsDef, *ns;
    char       *text;

    metadata_leave_namespace(node, uri);
    while ((ns = *at) && strcmp((const char *)ns->href, uri) != 0)
        at = &ns->next;
    if (ns) {
        *at = ns->next;
        xmlFreeNs(ns);
    }
    xml_write(&out, node);
    text = text_take(&out);
    text[strlen(text) - 1] = '\0';
    return text;
}

char *
domain_def_metadata(const struct domain_def *def, int type, const char *uri)
{
    xmlDoc  *document = def_document(def);
    xmlNode *root = xmlDocGetRootElement(document), *node;
    char    *value = NULL;

    walk_strip_secrets(root);
    whole_hide(root);
    if (type == METADATA_ELEMENT)
        node = uri ? metadata_find(root, uri) : NULL;
    else
        node = xml_child(root, metadata_element(type));
    if (node)
        value = type == METADATA_ELEMENT ? metadata_element_text(node, uri) : xml_text(node);
    xmlFreeDoc(document);
    return value;
}
