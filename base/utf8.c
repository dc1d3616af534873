/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"

#define ESCAPE_SIZE 4 /* "\xNN" */

/* The well-formed byte sequences of the Unicode Standard, table 3-7. */
static const struct utf8_form {
    uint8_t first_min, first_max, second_min, second_max;
    uint8_t length;
} utf8_forms[] = {
    {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static const struct utf8_form *
utf8_form_of(uint8_t first)
{
    for (size_t n = 0; n < array_size(utf8_forms); n++)
        if (first >= utf8_forms[n].first_min && first <= utf8_forms[n].first_max)
            return &utf8_forms[n];
    return NULL;
}

/* The bytes of the character at the start of text, 0: there is none.  *cut_out: all that text has
 * could be the start of one. */
static size_t
utf8_character(const char *text, bool *cut_out)
{
    const uint8_t          *bytes = (const uint8_t *)text;
    const struct utf8_form *form = utf8_form_of(bytes[0]);

    *cut_out = false;
    if (!form)
        return 0;
    for (size_t n = 1; n < form->length; n++) {
        uint8_t min = n == 1 ? form->second_min : 0x80, max = n == 1 ? form->second_max : 0xbf;

        *cut_out = !bytes[n];
        if (bytes[n] < min || bytes[n] > max)
            return 0;
    }
    return form->length;
}

/* Also those of two bytes, U+0080 to U+009F, which terminals obey as well. */
static bool
utf8_is_control(const char *at)
{
    const uint8_t *bytes = (const uint8_t *)at;

    return bytes[0] < 0x20 || bytes[0] == 0x7f || (bytes[0] == 0xc2 && bytes[1] < 0xa0);
}

static void
utf8_mend_all(char *text, size_t size, bool line)
{
    bool full = strlen(text) + 1 == size;

    while (*text) {
        bool   cut;
        size_t length = utf8_character(text, &cut);

        if (cut && full) {
            *text = '\0';
            return;
        }
        if (!length)
            *text = '?';
        else if (line && *text != '\t' && utf8_is_control(text))
            memset(text, '?', length);
        text += length ? length : 1;
    }
}

void
utf8_mend(char *text, size_t size)
{
    utf8_mend_all(text, size, false);
}

void
utf8_mend_line(char *text, size_t size)
{
    utf8_mend_all(text, size, true);
}

char *
utf8_escape(const char *text, size_t max)
{
    char  *escaped, *end;
    size_t room;

    if (!text)
        return NULL;
    room = strlen(text) < max / ESCAPE_SIZE ? strlen(text) * ESCAPE_SIZE : max;
    escaped = end = xmalloc(room + 1);
    while (*text) {
        bool   cut;
        size_t length = utf8_character(text, &cut);
        bool   plain = length && !utf8_is_control(text);
        size_t taken = length ? length : 1, needed = plain ? taken : taken * ESCAPE_SIZE;

        if (needed > room - (size_t)(end - escaped))
            break;
        if (plain)
            memcpy(end, text, taken);
        for (size_t n = 0; !plain && n < taken; n++)
            snprintf(end + n * ESCAPE_SIZE, ESCAPE_SIZE + 1, "\\x%02x", (uint8_t)text[n]);
        end += needed;
        text += taken;
    }
    *end = '\0';
    return escaped;
}
