/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * walk-tree.c: the document itself, by the tables: made to say all that was understood, and freed
 * of what is live or secret.
 *
 * So a client reads the same from it whoever wrote it: the UUID and the addresses that were
 * generated, the actions that are libvirt's defaults.  What a running domain once had goes: people
 * define what `virsh dumpxml` of another domain printed.
 */
#include <string.h>

#include "base/alloc.h"
#include "walk.h"
#include "xml.h"

/*----- paths -----*/

/* The order in which libvirt writes them; those not named here come between the actions' group
 * and the devices, or wherever they were. */
static const char *const root_order[] = {
    "name",     "uuid",       "genid",           "title",     "description",
    "metadata", "memory",     "currentMemory",   "vcpu",      "cputune",
    "numatune", "bootloader", "bootloader_args", "os",        "features",
    "cpu",      "clock",      "on_poweroff",     "on_reboot", "on_crash",
    "pm",       "devices",    "seclabel",
};

static int
rank_of(const xmlNode *node)
{
    if (node->type != XML_ELEMENT_NODE)
        return -1;
    for (size_t i = 0; i < array_size(root_order); i++)
        if (root_order[i][0] == (char)node->name[0] && xml_is(node, root_order[i]))
            return (int)i;
    return -1;
}

/* A new child of the root, behind the last of those that libvirt writes before it. */
static xmlNode *
insert_in_order(xmlNode *root, const char *name)
{
    xmlNode *node = xml_add_child(root, name, NULL), *before = NULL;
    int      rank = rank_of(node);

    if (rank < 0)
        return node;
    for (xmlNode *child = root->children; child != node; child = child->next) {
        int other = rank_of(child);

        if (other >= 0 && other < rank)
            before = child;
    }
    if (before)
        xmlAddNextSibling(before, node);
    return node;
}

static xmlNode *
make_child(xmlNode *parent, const char *name)
{
    xmlNode *child = xml_child(parent, name);

    if (child)
        return child;
    return xml_is(parent, "domain") ? insert_in_order(parent, name)
                                    : xml_add_child(parent, name, NULL);
}

xmlNode *
walk_make(xmlNode *parent, const char *path)
{
    while (*path) {
        size_t             length = strcspn(path, "/");
        cleanup_free char *name = xstrndup(path, length);

        parent = make_child(parent, name);
        path += length + (path[length] == '/');
    }
    return parent;
}

xmlNode *
walk_find(const xmlNode *parent, const char *path)
{
    xmlNode *node = (xmlNode *)(uintptr_t)parent;

    while (node && *path && *path != '@') {
        size_t             length = strcspn(path, "/@");
        cleanup_free char *name = xstrndup(path, length);

        node = xml_child(node, name);
        path += length + (path[length] == '/');
    }
    return node;
}

/*----- complete -----*/

/* Where absent, its initial value. */
static void
put_initial(const struct item *item, xmlNode *element)
{
    const char        *at = strchr(item->path, '@');
    cleanup_free char *path = NULL;
    xmlNode           *node;

    if (!at) {
        if (!walk_find(element, item->path))
            xml_set_text(walk_make(element, item->path), item->initial);
        return;
    }
    path = xstrndup(item->path, (size_t)(at - item->path));
    node = walk_make(element, path);
    if (!xml_attr(node, at + 1))
        xml_set_attr(node, at + 1, item->initial);
}

static void
complete_items(struct walk *walk, const struct rows *rows, xmlNode *element, const void *base)
{
    for (const struct item *item = rows->items; item < rows->items + rows->n; item++) {
        if (!walk_is(walk, item->types))
            continue;
        if (item->kind == KIND_HOOK && item->hook->complete)
            item->hook->complete(walk, item, element, base);
        if (item->flags & COMPLETE)
            put_initial(item, element);
    }
}

/* libvirt numbers devices anew at each start; names that begin with "ua-" are the user's. */
static void
strip_alias(xmlNode *node)
{
    xmlNode *alias = xml_child(node, "alias"), *next;

    for (; alias; alias = next) {
        const char *name = xml_attr(alias, "name");

        next = xml_next(alias, "alias");
        if (!name || strncmp(name, "ua-", 3) != 0)
            xml_remove(alias);
    }
}

void
walk_complete_device(struct walk *walk, const struct device *table, xmlNode *node,
                     const void *device)
{
    strip_alias(node);
    if (!table || table->flags & (REFUSED | IGNORED | IMPLIED) ||
        !walk_is(walk, table->types ? table->types : ALL))
        return;
    walk_strip_live(&table->rows, node);
    complete_items(walk, &table->rows, node, device);
}

/* A device that was read into an array is found there; the others have nothing to be put in. */
static void
complete_devices(struct walk *walk, xmlNode *devices)
{
    size_t seen[KINDS_MAX] = {0};

    for (xmlNode *node = xml_child(devices, NULL); node; node = xml_next(node, NULL)) {
        size_t               kind = device_kind(node);
        const struct device *table = device_tables[kind];
        const void          *device = NULL;
        char                *array;

        walk->index = seen[kind]++;
        array = table && table->array != NOWHERE
                    ? *(char **)(void *)((char *)walk->config + table->array)
                    : NULL;
        if (array)
            device = array + walk->index * table->size;
        walk_complete_device(walk, table, node, device);
    }
}

void
walk_complete(struct walk *walk, xmlNode *root)
{
    for (size_t i = 0; domain_tables[i]; i++) {
        walk_strip_live(domain_tables[i], root);
        complete_items(walk, domain_tables[i], root, walk->config);
    }
    complete_devices(walk, walk_make(root, "devices"));
}

/*----- strip -----*/

void
walk_strip_live(const struct rows *rows, xmlNode *element)
{
    for (const struct item *item = rows->items; item < rows->items + rows->n; item++) {
        const char *at = item->flags & LIVE ? strchr(item->path, '@') : NULL;
        xmlNode    *node;

        if (!(item->flags & LIVE))
            continue;
        while ((node = walk_find(element, item->path))) {
            if (!at) {
                xml_remove(node);
                continue;
            }
            xml_set_attr(node, at + 1, NULL);
            break;
        }
    }
}

struct names {
    const char *names[16];
    size_t      n;
};

static void
add_secrets(struct names *names, const struct rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        const char *at = strchr(rows->items[i].path, '@');
        size_t      known = 0;

        if (!(rows->items[i].flags & SECRET) || !at)
            continue;
        while (known < names->n && strcmp(names->names[known], at + 1) != 0)
            known++;
        if (known == names->n && names->n < array_size(names->names))
            names->names[names->n++] = at + 1;
    }
}

/* What was an element until somebody put it into a comment. */
static bool
is_secret_comment(const struct names *names, const xmlNode *node)
{
    if (node->type != XML_COMMENT_NODE || !node->content)
        return false;
    for (size_t i = 0; i < names->n; i++)
        if (strstr((const char *)node->content, names->names[i]))
            return true;
    return false;
}

/* Whether there are any below node; they are taken away where remove is true. */
static bool
find_secrets(const struct names *names, xmlNode *node, bool remove)
{
    xmlAttr *attr = node->properties, *next;
    bool     found = false;

    for (; attr; attr = next) {
        size_t i = 0;

        next = attr->next;
        while (i < names->n && strcmp((const char *)attr->name, names->names[i]) != 0)
            i++;
        if (i == names->n)
            continue;
        found = true;
        if (remove)
            xmlRemoveProp(attr);
    }
    for (xmlNode *child = node->children, *after; child; child = after) {
        after = child->next;
        if (child->type == XML_ELEMENT_NODE && find_secrets(names, child, remove))
            found = true;
        if (!is_secret_comment(names, child))
            continue;
        found = true;
        if (remove)
            xml_remove(child);
    }
    return found;
}

/* By the attribute's name alone: what is in a corner that nobody reads is as secret. */
static struct names
names_of_secrets(void)
{
    struct names names = {.n = 0};

    for (size_t i = 0; domain_tables[i]; i++)
        add_secrets(&names, domain_tables[i]);
    for (size_t i = 0; device_tables[i]; i++)
        add_secrets(&names, &device_tables[i]->rows);
    return names;
}

bool
walk_has_secrets(xmlNode *node)
{
    const struct names names = names_of_secrets();

    return find_secrets(&names, node, false);
}

void
walk_strip_secrets(xmlNode *node)
{
    const struct names names = names_of_secrets();

    (void)find_secrets(&names, node, true);
}
