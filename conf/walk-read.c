/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * walk-read.c: XML to libxl, by the tables.
 *
 * First the element is gone through and each thing in it is given to its row, so that whatever has
 * none is noticed; then the rows are read in the table's order, whatever the order of the XML.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "notes.h"
#include "walk.h"
#include "xml.h"

#define PATH_SIZE 128 /* longer than any path of a table */
#define ROWS_MAX 512

/*----- which row is it? -----*/

struct found {
    const xmlNode *node;  /* NULL: it is not there */
    const char    *value; /* of the attribute; NULL: the row is an element's */
};

struct collector {
    struct walk              *walk;
    const xmlNode            *element; /* the domain's or the device's */
    const struct rows *const *tables;
    struct row_index        **index; /* of the walk; NULL: the tables are searched */
    size_t                    searches;
    struct found             *found; /* of the rows of all tables, one after the other */
    char                      path[PATH_SIZE];
};

/* A row, and its place among those of all tables. */
struct row {
    const struct item *item; /* NULL: there is none */
    size_t             index;
    bool               below; /* there are rows whose paths go on from here */
};

/* The row of a path, one for this type of guest if there is one. */
static struct row
search_row(const struct collector *c, size_t length)
{
    struct row row = {NULL, 0, false};
    size_t     before = 0;

    for (const struct rows *const *table = c->tables; *table; before += (*table)->n, table++)
        for (size_t i = 0; i < (*table)->n; i++) {
            const struct item *item = &(*table)->items[i];

            if (item->path[0] != c->path[0] || strncmp(item->path, c->path, length) != 0)
                continue;
            if (item->path[length] == '/' || item->path[length] == '@')
                row.below = true;
            else if (!item->path[length] && (!row.item || walk_is(c->walk, item->types)))
                row.item = item, row.index = before + i;
        }
    return row;
}

/*
 * A document may have very many elements, and a domain a thousand devices of one table.  Where many
 * rows are to be found, it is by a hash of the path.
 */
struct slot {
    const char *path; /* with its length, for a path above a row has no end of its own */
    size_t      length;
    struct row  row;
};

struct row_index {
    size_t      size; /* a power of 2, and more than twice the paths of the tables */
    struct slot slots[];
};

static size_t
hash_path(const char *path, size_t length)
{
    uint32_t hash = 2166136261u;

    while (length--)
        hash = (hash ^ (unsigned char)*path++) * 16777619u;
    return hash ^ hash >> 16;
}

static struct slot *
find_slot(struct row_index *index, const char *path, size_t length)
{
    size_t mask = index->size - 1, at = hash_path(path, length) & mask;

    while (index->slots[at].path &&
           (index->slots[at].length != length || memcmp(index->slots[at].path, path, length) != 0))
        at = (at + 1) & mask;
    return &index->slots[at];
}

static struct slot *
add_slot(struct row_index *index, const char *path, size_t length)
{
    struct slot *slot = find_slot(index, path, length);

    slot->path = path;
    slot->length = length;
    return slot;
}

static void
index_row(struct row_index *index, const struct walk *walk, const struct item *item, size_t place)
{
    struct slot *slot = add_slot(index, item->path, strlen(item->path));

    if (!slot->row.item || walk_is(walk, item->types))
        slot->row.item = item, slot->row.index = place;
    for (size_t above = 1; *item->path && item->path[above]; above++)
        if (item->path[above] == '/' || item->path[above] == '@')
            add_slot(index, item->path, above)->row.below = true;
}

static struct row_index *
make_index(const struct walk *walk, const struct rows *const *tables)
{
    struct row_index *index;
    size_t            n = 0, size = 64;

    for (size_t i = 0; tables[i]; i++)
        n += tables[i]->n;
    while (size < n * 4)
        size *= 2;
    index = xcalloc(1, sizeof *index + size * sizeof *index->slots);
    index->size = size;
    for (size_t i = 0, before = 0; tables[i]; before += tables[i]->n, i++)
        for (size_t row = 0; row < tables[i]->n; row++)
            index_row(index, walk, &tables[i]->items[row], before + row);
    return index;
}

#define SEARCHES_MAX 100 /* from here on an index is worth its making */

static struct row
find_row(struct collector *c, size_t length)
{
    if (!*c->index && ++c->searches > SEARCHES_MAX)
        *c->index = make_index(c->walk, c->tables);
    return *c->index ? find_slot(*c->index, c->path, length)->row : search_row(c, length);
}

/* Put a name at the end of the path.  Returns the new length, 0 where no row can be so long. */
static size_t
extend_path(struct collector *c, size_t length, char separator, const char *name)
{
    size_t more = strlen(name);

    if (length + 1 + more >= PATH_SIZE)
        return 0;
    if (length || separator == '@')
        c->path[length++] = separator;
    memcpy(c->path + length, name, more + 1);
    return length + more;
}

const struct word *
walk_find_word(const struct word *words, const char *text)
{
    for (; words->word; words++)
        if (strcmp(words->word, text) == 0)
            return words;
    return NULL;
}

static const char *
type_of_guest(enum domain_type type)
{
    return type == DOMAIN_PV ? "PV" : type == DOMAIN_PVH ? "PVH" : "HVM";
}

/* name: of the attribute, NULL for an element. */
static int
refuse(struct walk *walk, const xmlNode *node, const char *name, const char *reason,
       struct err *err)
{
    if (walk->runs) {
        walk_note(walk, node, name, false, reason);
        return 0;
    }
    return name ? xml_unsupported_attr(node, name, err, "%s", reason)
                : xml_unsupported(node, err, "%s", reason);
}

static int
refuse_unknown(struct walk *walk, const xmlNode *node, const char *name, struct err *err)
{
    char reason[128] = "is not known here";

    /* Not its value: it may be a password whose attribute was misspelt. */
    if (name)
        snprintf(reason, sizeof reason, "the attribute %.*s is not known here",
                 xml_shown_length(name), name);
    if (walk->validate)
        return xml_fail(node, err, "%s", reason);
    walk_note(walk, node, NULL, false, reason);
    return 0;
}

/* Rows that are there to say why nothing is read; words are those that may be passed over. */
static int
pass_over(struct walk *walk, const struct item *row, const xmlNode *node, const char *name,
          struct err *err)
{
    if (row->words) {
        cleanup_free char *own = name ? NULL : xml_trimmed_text(node);
        const char        *text = name ? xml_attr(node, name) : own;
        const struct word *word = walk_find_word(row->words, text);

        if (!word || word->refused)
            return refuse(walk, node, name, word ? word->refused : row->reason, err);
    } else if (row->flags & REFUSED) {
        return refuse(walk, node, name, row->reason, err);
    }
    walk_note(walk, node, name, row->flags & IMPLIED, row->reason);
    return 0;
}

static int
wrong_guest(struct walk *walk, const struct item *row, const xmlNode *node, const char *name,
            struct err *err)
{
    char reason[64];

    if (row->flags & REFUSED)
        return refuse(walk, node, name, row->reason, err);
    snprintf(reason, sizeof reason, "has no meaning for %s guests", type_of_guest(walk->type));
    if (row->flags & STRICT)
        return refuse(walk, node, name, reason, err);
    walk_note(walk, node, name, row->flags & IMPLIED, reason);
    return 0;
}

/*----- rows that depend on another attribute -----*/

/* The attribute of "@type=tcp|udp" or "source@protocol=rbd"; "" where it is absent. */
static const char *
governing_value(const xmlNode *element, const char *when)
{
    size_t             above = strcspn(when, "@");
    size_t             length = strcspn(when + above + 1, "=");
    cleanup_free char *parent = xstrndup(when, above);
    cleanup_free char *name = xstrndup(when + above + 1, length);
    const char        *value = xml_attr(*parent ? xml_child(element, parent) : element, name);

    return value ? value : "";
}

static bool
row_is_read(const struct collector *c, const struct item *item)
{
    const char *value, *word;

    if (!item->when)
        return true;
    value = governing_value(c->element, item->when);
    for (word = strchr(item->when, '='); word; word = strchr(word, '|')) {
        size_t length = strcspn(++word, "|");

        if (strlen(value) == length && strncmp(word, value, length) == 0)
            return true;
    }
    return false;
}

static int
not_read(const struct collector *c, const struct item *item, const xmlNode *node, const char *name,
         struct err *err)
{
    const char *value = governing_value(c->element, item->when);
    const char *governing = strchr(item->when, '@') + 1;
    int         length = (int)strcspn(governing, "=");
    char        reason[160];

    if (*value)
        snprintf(reason, sizeof reason, "has no meaning where %.*s is '%.*s'", length, governing,
                 xml_shown_length(value), value);
    else
        snprintf(reason, sizeof reason, "has no meaning without %.*s", length, governing);
    if (item->flags & STRICT)
        return refuse(c->walk, node, name, reason, err);
    walk_note(c->walk, node, name, false, reason);
    return 0;
}

/* done_out: nothing more is to be looked at below. */
static int
walk_take(struct collector *c, const struct row *row, const xmlNode *node, const char *name,
          bool *done_out, struct err *err)
{
    struct found *found = &c->found[row->index];

    *done_out = true;
    if (!walk_is(c->walk, row->item->types))
        return wrong_guest(c->walk, row->item, node, name, err);
    if (row->item->flags & (REFUSED | IGNORED | IMPLIED))
        return pass_over(c->walk, row->item, node, name, err);
    if (!row_is_read(c, row->item))
        return not_read(c, row->item, node, name, err);
    *done_out = row->item->flags & WHOLE;
    if (found->node)
        return 0;
    found->node = node;
    found->value = name ? xml_attr(node, name) : NULL;
    return 0;
}

static int
collect_attributes(struct collector *c, const xmlNode *node, size_t length, struct err *err)
{
    for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
        const char *name = (const char *)attr->name;
        size_t      longer = attr->ns ? 0 : extend_path(c, length, '@', name);
        struct row  row = {NULL, 0, false};
        bool        unused;

        if (attr->ns)
            continue;
        if (longer)
            row = find_row(c, longer);
        if (row.item ? walk_take(c, &row, node, name, &unused, err)
                     : refuse_unknown(c->walk, node, name, err))
            return -1;
    }
    c->path[length] = '\0';
    return 0;
}

/*----- text -----*/

static bool
has_text(const xmlNode *node)
{
    for (const xmlNode *child = node->children; child; child = child->next)
        if (child->type == XML_CDATA_SECTION_NODE || child->type == XML_ENTITY_REF_NODE ||
            (child->type == XML_TEXT_NODE && !xmlIsBlankNode(child)))
            return true;
    return false;
}

static bool
reads_text(const struct item *item)
{
    return item->flags & TEXT || item->kind == KIND_STR || item->kind == KIND_U64 ||
           item->kind == KIND_U32 || item->kind == KIND_INT || item->kind == KIND_DEFBOOL ||
           item->kind == KIND_ENUM;
}

/* item: of the element; NULL: it has none. */
static int
check_text(struct walk *walk, const struct item *item, const xmlNode *node, struct err *err)
{
    if ((item && reads_text(item)) || !has_text(node))
        return 0;
    /* <acpi>off</acpi> would switch it on. */
    if (item && (item->kind == KIND_FEATURE || item->kind == KIND_PRESENT))
        return refuse(walk, node, NULL, "takes no text; an attribute 'state' switches it off", err);
    if (walk->validate)
        return xml_fail(node, err, "takes no text");
    walk_note(walk, node, NULL, false, "takes no text");
    return 0;
}

static int collect(struct collector *c, const xmlNode *node, const struct item *item, size_t length,
                   struct err *err);

static int
collect_child(struct collector *c, const xmlNode *parent, const xmlNode *child, size_t length,
              struct err *err)
{
    size_t     longer = extend_path(c, length, '/', (const char *)child->name);
    struct row row = {NULL, 0, false};
    bool       done = false;

    if (longer)
        row = find_row(c, longer);
    if (!row.item && !row.below)
        return refuse_unknown(c->walk, child, NULL, err);
    if (row.item && walk_take(c, &row, child, NULL, &done, err))
        return -1;
    if (done)
        return 0;
    if (!(row.item && row.item->flags & MANY) &&
        xml_child(parent, (const char *)child->name) != child)
        return xml_fail(child, err, "occurs twice");
    return collect(c, child, row.item, longer, err);
}

static int
collect(struct collector *c, const xmlNode *node, const struct item *item, size_t length,
        struct err *err)
{
    if (check_text(c->walk, item, node, err) || collect_attributes(c, node, length, err))
        return -1;
    for (const xmlNode *child = xml_child(node, NULL); child; child = xml_next(child, NULL))
        if (collect_child(c, node, child, length, err))
            return -1;
    return 0;
}

/*----- values -----*/

/* The last name in a path: what an attribute, or an element without one, is called. */
static const char *
last_name(const char *path)
{
    const char *at = strrchr(path, '@'), *slash = strrchr(path, '/');

    return at ? at + 1 : slash ? slash + 1 : path;
}

static int
read_walk_number(const struct item *item, const xmlNode *node, const char *text, void *to,
                 struct err *err)
{
    uint64_t limit = item->kind == KIND_INT   ? INT32_MAX
                     : item->kind == KIND_U32 ? UINT32_MAX
                                              : UINT64_MAX;
    uint64_t max = item->max ? item->max : limit, value = 0;
    bool     attribute = strchr(item->path, '@');

    if (xml_number(node, text, max, &value, err))
        return attribute ? err_append(err, " (%s)", last_name(item->path)) : -1;
    if (value < item->min)
        return xml_fail(node, err, "%s is less than %llu", text, (unsigned long long)item->min);
    if (item->kind == KIND_U64)
        *(uint64_t *)to = value;
    else if (item->kind == KIND_U32)
        *(uint32_t *)to = (uint32_t)value;
    else
        *(int *)to = (int)value;
    return 0;
}

static int
read_bool(const struct item *item, const xmlNode *node, const char *text, void *to, struct err *err)
{
    static const char *const words[] = {"no", "yes", "off", "on", NULL};
    int                      word = 0;

    const char *what = item->kind == KIND_FEATURE ? "state" : last_name(item->path);

    if (xml_word(node, what, text, words, &word, err))
        return -1;
    libxl_defbool_set(to, word & 1);
    return 0;
}

static int
read_word(const struct item *item, const xmlNode *node, const char *text, void *to, struct err *err)
{
    const struct word *word = walk_find_word(item->words, text);
    const char        *what = item->reason ? item->reason : last_name(item->path);

    if (!word)
        return xml_fail(node, err, "%s '%s' is not known", what, text);
    if (word->refused)
        return xml_unsupported(node, err, "%s '%s' is not supported%s%s", what, text,
                               *word->refused ? ": " : "", word->refused);
    if (item->at != NOWHERE)
        *(int *)to = word->value;
    return 0;
}

static int
read_text(const struct item *item, const xmlNode *node, const char *text, void *to, struct err *err)
{
    switch (item->kind) {
    case KIND_STR:
        if (*text)
            *(char **)to = xstrdup(text);
        return 0;
    case KIND_U64:
    case KIND_U32:
    case KIND_INT:
        return read_walk_number(item, node, text, to, err);
    case KIND_DEFBOOL:
    case KIND_FEATURE:
        return read_bool(item, node, text, to, err);
    case KIND_ENUM:
        return read_word(item, node, text, to, err);
    case KIND_PRESENT:
    case KIND_ABSENT:
        *(int *)to = item->kind == KIND_PRESENT;
        return 0;
    case KIND_KNOWN:
    case KIND_HOOK:
        break;
    }
    return 0;
}

static int
read_hook(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
          struct err *err)
{
    const char *name = last_name(item->path);

    if (!item->hook->read)
        return 0;
    do {
        if (item->hook->read(walk, item, node, base, err))
            return -1;
        node = node && item->flags & MANY ? xml_next(node, name) : NULL;
    } while (node);
    return 0;
}

static int
read_item(struct walk *walk, const struct item *item, const struct found *found,
          const xmlNode *element, void *base, struct err *err)
{
    void              *to = item->at == NOWHERE ? NULL : (char *)base + item->at;
    const xmlNode     *node = found->node ? found->node : element;
    cleanup_free char *own = NULL;
    const char        *text = item->initial;

    if (!found->node && item->flags & REQUIRED)
        return xml_fail(element, err, strchr(item->path, '@') ? "%s is missing" : "<%s> is missing",
                        last_name(item->path));
    if (item->kind == KIND_HOOK)
        return read_hook(walk, item, *item->path ? found->node : element, base, err);
    if (found->value)
        text = found->value;
    else if (found->node && item->kind == KIND_FEATURE)
        text = xml_attr(node, "state") ? xml_attr(node, "state") : "on";
    else if (found->node)
        text = own = item->kind == KIND_STR ? xml_text(node) : xml_trimmed_text(node);
    return text && (to || item->kind == KIND_ENUM) ? read_text(item, node, text, to, err) : 0;
}

static int
read_rows(struct walk *walk, const struct rows *rows, const struct found *found,
          const xmlNode *element, void *base, struct err *err)
{
    for (size_t i = 0; i < rows->n; i++)
        if (walk_is(walk, rows->items[i].types) &&
            !(rows->items[i].flags & (REFUSED | IGNORED | IMPLIED)) &&
            read_item(walk, &rows->items[i], &found[i], element, base, err))
            return -1;
    return 0;
}

int
walk_read(struct walk *walk, const struct rows *const *tables, struct row_index **index,
          const xmlNode *element, void *base, struct err *err)
{
    struct found     found[ROWS_MAX];
    struct collector c = {
        .walk = walk, .element = element, .tables = tables, .index = index, .found = found};
    size_t n = 0;

    for (size_t i = 0; tables[i]; i++)
        n += tables[i]->n;
    if (n > ROWS_MAX)
        abort();
    memset(found, 0, n * sizeof *found);
    if (collect(&c, element, NULL, 0, err))
        return -1;
    for (size_t i = 0, before = 0; tables[i]; before += tables[i]->n, i++)
        if (read_rows(walk, tables[i], found + before, element, base, err))
            return -1;
    return 0;
}

/*----- devices -----*/

size_t
device_kind(const xmlNode *node)
{
    size_t kind = 0;

    for (; device_tables[kind]; kind++)
        if (device_tables[kind]->element[0] == (char)node->name[0] &&
            xml_is(node, device_tables[kind]->element) &&
            (!device_tables[kind]->is || device_tables[kind]->is(node)))
            break;
    return kind;
}

/* Is it one whose whole table says that it is refused or has no effect? */
static int
pass_device(struct walk *walk, const struct device *table, const xmlNode *node, bool *passed_out,
            struct err *err)
{
    const struct item whole = {
        .types = table->types ? table->types : ALL, .flags = table->flags, .reason = table->reason};

    *passed_out = true;
    if (!walk_is(walk, whole.types))
        return wrong_guest(walk, &whole, node, NULL, err);
    if (whole.flags & (REFUSED | IGNORED | IMPLIED))
        return pass_over(walk, &whole, node, NULL, err);
    *passed_out = false;
    return 0;
}

int
walk_read_device(struct walk *walk, const struct device *table, const xmlNode *node, void *device,
                 struct err *err)
{
    const struct rows *const rows[] = {&table->rows, NULL};
    size_t                   kind = device_kind(node);

    if (table->init)
        table->init(device);
    if (!walk->indexes[kind] && walk->index)
        walk->indexes[kind] = make_index(walk, rows);
    if (walk_read(walk, rows, &walk->indexes[kind], node, device, err))
        return -1;
    return table->store ? table->store(walk, node, device, err) : 0;
}

static int
read_into_array(struct walk *walk, const struct device *table, const xmlNode *node, struct err *err)
{
    void **array = (void **)(void *)((char *)walk->config + table->array);
    int   *count = (int *)(void *)((char *)walk->config + table->count);

    walk->index = (size_t)*count;
    /* Twice as many each time. */
    if (!(walk->index & (walk->index + 1)))
        *array = xreallocarray(*array, 2 * walk->index + 1, table->size);
    memset((char *)*array + walk->index * table->size, 0, table->size);
    ++*count; /* so that what a device that fails has filled is disposed of */
    return walk_read_device(walk, table, node, (char *)*array + walk->index * table->size, err);
}

static int
read_into_domain(struct walk *walk, const struct device *table, const xmlNode *node, size_t index,
                 struct err *err)
{
    cleanup_free void *device = table->size ? xcalloc(1, table->size) : NULL;
    int                r;

    walk->index = index;
    r = walk_read_device(walk, table, node, device ? device : walk->config, err);
    if (table->dispose)
        table->dispose(device);
    return r;
}

static int
read_device_element(struct walk *walk, const xmlNode *node, size_t kind, size_t index,
                    struct err *err)
{
    const struct device *table = device_tables[kind];
    bool                 passed = false;

    if (!table)
        return refuse_unknown(walk, node, NULL, err);
    if (index >= DOMAIN_DEVICES_MAX)
        return xml_fail(node, err, "there are more than %d", DOMAIN_DEVICES_MAX);
    if (pass_device(walk, table, node, &passed, err))
        return -1;
    if (passed)
        return 0;
    return table->array != NOWHERE ? read_into_array(walk, table, node, err)
                                   : read_into_domain(walk, table, node, index, err);
}

void
walk_end(struct walk *walk)
{
    for (size_t i = 0; i <= KINDS_MAX; i++)
        free(take_ptr(walk->indexes[i]));
}

int
walk_read_devices(struct walk *walk, const xmlNode *devices, struct err *err)
{
    size_t seen[KINDS_MAX] = {0};

    if (devices && check_text(walk, NULL, devices, err))
        return -1;
    for (const xmlNode *node = xml_child(devices, NULL); node; node = xml_next(node, NULL)) {
        size_t kind = device_kind(node);

        if (read_device_element(walk, node, kind, seen[kind]++, err))
            return -1;
    }
    return 0;
}
