/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * walk-write.c: libxl to XML, by the tables.
 *
 * What is as the XML has it when it says nothing is left out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "walk.h"
#include "xml.h"

const char *
walk_word(const struct word *words, int value)
{
    for (; words->word; words++)
        if (words->value == value && !words->refused)
            return words->word;
    return NULL;
}

static const char *
text_of_bool(const struct item *item, libxl_defbool value, const char *yes, const char *no)
{
    if (!libxl_defbool_is_default(value))
        return libxl_defbool_val(value) ? yes : no;
    return item->unset;
}

/* number has room for any; the result is there, or static; NULL: nothing to say. */
static const char *
text_of(const struct item *item, const void *at, char number[24])
{
    switch (item->kind) {
    case KIND_STR:
        return *(char *const *)at;
    case KIND_U64:
        if (!*(const uint64_t *)at || *(const uint64_t *)at == LIBXL_MEMKB_DEFAULT)
            return NULL;
        snprintf(number, 24, "%" PRIu64, *(const uint64_t *)at);
        return number;
    case KIND_U32:
        if (!*(const uint32_t *)at || *(const uint32_t *)at == UINT32_MAX)
            return NULL;
        snprintf(number, 24, "%" PRIu32, *(const uint32_t *)at);
        return number;
    case KIND_INT:
        if (*(const int *)at <= 0)
            return NULL;
        snprintf(number, 24, "%d", *(const int *)at);
        return number;
    case KIND_DEFBOOL:
        return text_of_bool(item, *(const libxl_defbool *)at, "yes", "no");
    case KIND_FEATURE:
        return text_of_bool(item, *(const libxl_defbool *)at, "on", "off");
    case KIND_ENUM:
        return walk_word(item->words, *(const int *)at);
    case KIND_PRESENT:
        return *(const int *)at ? "" : NULL;
    case KIND_ABSENT:
        return *(const int *)at ? NULL : "";
    case KIND_KNOWN:
    case KIND_HOOK:
        break;
    }
    return NULL;
}

static void
write_text(const struct item *item, xmlNode *parent, const char *text)
{
    const char        *at = strchr(item->path, '@');
    cleanup_free char *path = xstrndup(item->path, at ? (size_t)(at - item->path) : SIZE_MAX);
    xmlNode           *node = walk_make(parent, path);

    if (at)
        xml_set_attr(node, at + 1, text);
    else if (item->kind != KIND_FEATURE)
        xml_set_text(node, text);
    else if ((item->unset && !*item->unset) || strcmp(text, "off") == 0)
        xml_set_attr(node, "state", text);
}

static void
write_item(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    char        number[24];
    const char *text;

    if (item->kind == KIND_HOOK) {
        if (item->hook->write)
            item->hook->write(walk, item, parent, base);
        return;
    }
    if (item->at == NOWHERE)
        return;
    text = text_of(item, (const char *)base + item->at, number);
    if (!text || (!*text && item->kind != KIND_PRESENT && item->kind != KIND_ABSENT) ||
        (item->initial && strcmp(text, item->initial) == 0))
        return;
    write_text(item, parent, text);
}

void
walk_write(struct walk *walk, const struct rows *rows, xmlNode *parent, const void *base)
{
    for (size_t i = 0; i < rows->n; i++)
        if (walk_is(walk, rows->items[i].types) &&
            !(rows->items[i].flags & (REFUSED | IGNORED | IMPLIED)))
            write_item(walk, &rows->items[i], parent, base);
}

/* The index-th of a kind, NULL where there are no more. */
static const void *
load(struct walk *walk, const struct device *table, void *device)
{
    int count;

    if (table->array == NOWHERE) {
        if (table->size)
            memset(device, 0, table->size);
        if (!table->load || !table->load(walk, walk->index, device))
            return NULL;
        return table->size ? device : walk->config;
    }
    count = *(const int *)(const void *)((const char *)walk->config + table->count);
    if (walk->index >= (size_t)count)
        return NULL;
    return *(char *const *)(const void *)((const char *)walk->config + table->array) +
           walk->index * table->size;
}

static void
write_devices_of(struct walk *walk, const struct device *table, xmlNode *devices)
{
    cleanup_free void *device = xcalloc(1, table->size ? table->size : 1);
    const void        *from;

    for (walk->index = 0; (from = load(walk, table, device)); walk->index++) {
        xmlNode *node = xml_add_child(devices, table->element, NULL);

        walk_write(walk, &table->rows, node, from);
    }
}

void
walk_write_devices(struct walk *walk, xmlNode *devices)
{
    for (size_t i = 0; device_tables[i]; i++)
        if (walk_is(walk, device_tables[i]->types ? device_tables[i]->types : ALL) &&
            !(device_tables[i]->flags & (REFUSED | IGNORED | IMPLIED)))
            write_devices_of(walk, device_tables[i], devices);
}
