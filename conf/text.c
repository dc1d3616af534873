/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libxml/xmlstring.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "text.h"

static void
add_bytes(struct text *text, const char *bytes, size_t count)
{
    text->is_cut = text->is_cut || (text->max && count > text->max - text->length);
    if (text->is_cut)
        return;
    if (text->size - text->length <= count) {
        text->size = (text->size + count + 1) * 2;
        text->data = xrealloc(text->data, text->size);
    }
    memcpy(text->data + text->length, bytes, count);
    text->length += count;
    text->data[text->length] = '\0';
}

void
text_add(struct text *text, const char *s)
{
    add_bytes(text, s, strlen(s));
}

void
text_addf(struct text *text, const char *format, ...)
{
    va_list ap;
    char   *s;
    int     r;

    va_start(ap, format);
    r = vasprintf(&s, format, ap);
    va_end(ap);
    if (r < 0)
        abort();
    add_bytes(text, s, (size_t)r);
    free(s);
}

/* The length of the character at s, 0 where it is none that XML may hold. */
static size_t
character_length(const char *s)
{
    unsigned char c = (unsigned char)*s;
    int           length = 4, code;

    if (c < 0x80)
        return c >= ' ' || c == '\n' || c == '\t' || c == '\r';
    if (c < 0xc0) /* the middle of one, which libxml2 takes for a beginning */
        return 0;
    code = xmlGetUTF8Char((const unsigned char *)s, &length);
    if (code < 0x80 || (code >= 0xd800 && code < 0xe000) || code == 0xfffe || code == 0xffff)
        return 0;
    if (length != 2 + (code >= 0x800) + (code >= 0x10000) || code > 0x10ffff)
        return 0;
    return (size_t)length;
}

bool
text_is_plain(const char *s)
{
    size_t length;

    for (; *s; s += length)
        if (!(length = character_length(s)))
            return false;
    return true;
}

static const char *
escape_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\r':
        return "&#13;";
    }
    return NULL;
}

/* As themselves these would end the attribute, or come back as spaces. */
static const char *
escape_of_attribute(char c)
{
    switch (c) {
    case '\'':
        return "&apos;";
    case '\n':
        return "&#10;";
    case '\t':
        return "&#9;";
    }
    return escape_of(c);
}

/* Most are, and need no closer look. */
static bool
is_ordinary(char c)
{
    return (c >= ' ' && c < '&') || (c > '\'' && c < '<') || (c > '>' && c < 0x7f);
}

static void
add_escaped(struct text *text, const char *s, const char *(*escape)(char))
{
    const char *plain = s; /* from here on nothing had to be escaped */

    while (*s) {
        size_t      length = is_ordinary(*s) ? 1 : character_length(s);
        const char *instead = is_ordinary(*s) ? NULL : length ? escape(*s) : "?";

        if (instead) {
            add_bytes(text, plain, (size_t)(s - plain));
            text_add(text, instead);
            plain = s + 1;
        }
        s += length ? length : 1;
    }
    add_bytes(text, plain, (size_t)(s - plain));
}

void
text_add_attribute(struct text *text, const char *s)
{
    add_escaped(text, s, escape_of_attribute);
}

void
text_add_content(struct text *text, const char *s)
{
    add_escaped(text, s, escape_of);
}

char *
text_take(struct text *text)
{
    char *data = text->data ? text->data : xstrdup("");

    *text = (struct text){0};
    return data;
}
