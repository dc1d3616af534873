/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bits.h"

#include <ctype.h>
#include <libxl_utils.h>
#include <string.h>

#include "base/alloc.h"
#include "text.h"
#include "xml.h"

#define MEMORY_BYTES_MAX (UINT64_C(1) << 50)

/*----- bitmaps -----*/

/* libxl_bitmap_alloc wants a context, for nothing but its out-of-memory message. */
void
bits_alloc(libxl_bitmap *map, unsigned bits)
{
    map->size = (bits + 7) / 8;
    map->map = xcalloc(map->size, 1);
}

/* *text is behind the number that was read. */
static bool
read_bits_number(const char **text, unsigned *value_out)
{
    char         *end;
    unsigned long value;

    if (!isdigit((unsigned char)**text))
        return false;
    value = strtoul(*text, &end, 10);
    *text = end + strspn(end, " \t\r\n");
    *value_out = (unsigned)value;
    return value <= CPU_MAX;
}

/* "3", "^3", "3-5", "^3-5" */
static bool
read_range(const char **text, bool bits[CPU_MAX + 1])
{
    bool     clear = **text == '^';
    unsigned first, last;

    *text += clear;
    if (!read_bits_number(text, &first))
        return false;
    last = first;
    if (**text == '-') {
        *text += 1 + strspn(*text + 1, " \t\r\n");
        if (!read_bits_number(text, &last) || last < first)
            return false;
    }
    for (; first <= last; first++)
        bits[first] = !clear;
    return true;
}

bool
bits_parse(const char *text, libxl_bitmap *map_out)
{
    bool     bits[CPU_MAX + 1] = {false};
    unsigned count = 0;

    for (text += strspn(text, " \t\r\n"); *text; text += strspn(text, " \t\r\n")) {
        if (!read_range(&text, bits))
            return false;
        if (*text && *text++ != ',')
            return false;
    }
    for (unsigned i = 0; i <= CPU_MAX; i++)
        if (bits[i])
            count = i + 1;
    if (!count)
        return false;
    bits_alloc(map_out, count);
    for (unsigned i = 0; i < count; i++)
        if (bits[i])
            libxl_bitmap_set(map_out, (int)i);
    return true;
}

char *
bits_format(const libxl_bitmap *map)
{
    struct text out = {0};
    int         size = (int)map->size * 8;

    for (int first = 0, last; first < size; first = last + 1) {
        last = first;
        if (!libxl_bitmap_test(map, first))
            continue;
        while (last + 1 < size && libxl_bitmap_test(map, last + 1))
            last++;
        text_addf(&out, last > first ? "%s%d-%d" : "%s%d", out.length ? "," : "", first, last);
    }
    return text_take(&out);
}

/*----- string lists -----*/

bool
list_add(libxl_string_list *list, const char *s)
{
    size_t n = 0;

    while (*list && (*list)[n])
        n++;
    if (n == LIST_MAX)
        return false;
    *list = xreallocarray(*list, n + 2, sizeof **list);
    (*list)[n] = xstrdup(s);
    (*list)[n + 1] = NULL;
    return true;
}

/* One word of s into out.  Returns what follows. */
static const char *
split_word(const char *s, struct text *out)
{
    char quote = '\0';

    for (; *s && (quote || !strchr(" \t\r\n", *s)); s++) {
        char c[2] = {*s, '\0'};

        if (quote ? *s == quote : *s == '\'' || *s == '"') {
            quote = quote ? '\0' : *s;
            continue;
        }
        if (*s == '\\' && quote != '\'' && s[1] && (!quote || strchr("\"\\", s[1])))
            c[0] = *++s;
        text_add(out, c);
    }
    return s;
}

bool
list_split(const char *s, libxl_string_list *list_out)
{
    *list_out = NULL;
    for (s += strspn(s, " \t\r\n"); *s; s += strspn(s, " \t\r\n")) {
        struct text        out = {0};
        cleanup_free char *word = NULL;

        s = split_word(s, &out);
        word = text_take(&out);
        if (!list_add(list_out, word))
            return false;
    }
    return true;
}

static void
join_word(struct text *out, const char *word)
{
    if (*word && !word[strcspn(word, " \t\r\n'\"\\")]) {
        text_add(out, word);
        return;
    }
    text_add(out, "\"");
    for (; *word; word++)
        text_addf(out, strchr("\"\\", *word) ? "\\%c" : "%c", *word);
    text_add(out, "\"");
}

char *
list_join(const libxl_string_list list)
{
    struct text out = {0};

    for (size_t i = 0; list && list[i]; i++) {
        text_add(&out, i ? " " : "");
        join_word(&out, list[i]);
    }
    return text_take(&out);
}

/*----- memory -----*/

/* libvirt's units: K and KiB are 1024, KB is 1000. */
static bool
scale_of(const char *unit, uint64_t *scale_out)
{
    static const char letters[] = "kmgtpe";
    const char       *letter;
    uint64_t          base, scale = 1;

    if (strcasecmp(unit, "b") == 0 || strcasecmp(unit, "byte") == 0 ||
        strcasecmp(unit, "bytes") == 0) {
        *scale_out = 1;
        return true;
    }
    letter = *unit ? strchr(letters, tolower((unsigned char)*unit)) : NULL;
    if (!letter || !(!unit[1] || strcasecmp(unit + 1, "iB") == 0 || !strcasecmp(unit + 1, "B")))
        return false;
    base = strcasecmp(unit + 1, "B") == 0 ? 1000 : 1024;
    for (; letter >= letters; letter--)
        scale *= base;
    *scale_out = scale;
    return true;
}

int
amount_read(const xmlNode *node, const char *text, const char *unit, uint64_t *kib_out,
            struct err *err)
{
    uint64_t scale = 1, amount = 0;

    if (!scale_of(unit ? unit : "KiB", &scale))
        return xml_fail(node, err, "unit '%s' is not known", unit);
    if (xml_number(node, text, MEMORY_BYTES_MAX / scale, &amount, err))
        return -1;
    *kib_out = (amount * scale + 1023) / 1024;
    return 0;
}
