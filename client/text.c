/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "text.h"

/*----- characters -----*/

size_t
text_decode(const char *text, uint32_t *code_out)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char  *at = (const unsigned char *)text;
    size_t                length;
    uint32_t              code;

    if (*at < 0x80) {
        *code_out = *at;
        return 1;
    }
    length = *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : 2;
    if (*at < 0xc2 || *at > 0xf4)
        return 0;
    code = *at & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) /* also the NUL at the end */
            return 0;
        code = code << 6 | (at[i] & 0x3fu);
    }
    if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *code_out = code;
    return length;
}

bool
text_is_unsafe(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) /* C0, DEL, C1 */
           || code == 0x200e || code == 0x200f          /* direction marks ... */
           || (code >= 0x2028 && code <= 0x202e)        /* ... line separators, embeddings */
           || (code >= 0x2066 && code <= 0x2069);       /* ... isolates */
}

/* Writes the bytes of text, made safe; keep: characters that stay although they are control. */
static void
text_write_safe(FILE *out, const char *text, const char *keep, const char *line_break)
{
    while (*text) {
        uint32_t code = 0;
        size_t   length = text_decode(text, &code);

        if (length && (!text_is_unsafe(code) || (code < 0x80 && strchr(keep, (int)code)))) {
            fwrite(text, 1, length, out);
            text += length;
            continue;
        }
        if (*text == '\n' && line_break) {
            text += strspn(text, "\n ");
            fputs(*text ? line_break : "", out);
            continue;
        }
        for (length = length ? length : 1; length; length--, text++)
            fprintf(out, "\\x%02x", (unsigned char)*text);
    }
}

char *
text_safe(const char *text)
{
    char  *safe = NULL;
    size_t size = 0;
    FILE  *out = open_memstream(&safe, &size);

    if (!out)
        abort();
    text_write_safe(out, text, "", "; ");
    fclose(out);
    return safe;
}

/* The formatted text, made safe; the caller frees it. */
static __attribute__((format(printf, 1, 0))) char *
text_format_safe(const char *format, va_list ap)
{
    cleanup_free char *text = NULL;

    if (vasprintf(&text, format, ap) < 0)
        abort();
    return text_safe(text);
}

void
text_print_line(FILE *out, const char *format, ...)
{
    cleanup_free char *line = NULL;
    va_list            ap;

    va_start(ap, format);
    line = text_format_safe(format, ap);
    va_end(ap);
    fprintf(out, "%s\n", line);
}

void
text_print_document(FILE *out, const char *text)
{
    if (isatty(fileno(out)))
        text_write_safe(out, text, "\n\t", NULL);
    else
        fputs(text, out);
}

size_t
text_columns(const char *text)
{
    size_t columns = 0;

    for (; *text; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

char *
text_duration(uint64_t seconds)
{
    unsigned long long hours = seconds / 3600;
    unsigned           minutes = (unsigned)(seconds / 60 % 60), rest = (unsigned)(seconds % 60);

    if (hours)
        return xasprintf("%llu:%02u:%02u", hours, minutes, rest);
    return xasprintf("%u:%02u", minutes, rest);
}

/*----- tables -----*/

void
table_init(struct table *table, const char *const *headings, size_t columns)
{
    *table = (struct table){.headings = headings, .columns = columns};
}

void
table_add(struct table *table, const char *format, ...)
{
    va_list ap;

    table->cells = xreallocarray(table->cells, table->n_cells + 1, sizeof *table->cells);
    va_start(ap, format);
    table->cells[table->n_cells++] = text_format_safe(format, ap);
    va_end(ap);
}

static bool
table_aligned_right(const struct table *table, size_t column)
{
    return table->headings[column][0] == '>';
}

static const char *
table_heading(const struct table *table, size_t column)
{
    return table->headings[column] + (table_aligned_right(table, column) ? 1 : 0);
}

static size_t
table_column_width(const struct table *table, size_t column)
{
    size_t width = text_columns(table_heading(table, column));

    for (size_t i = column; i < table->n_cells; i += table->columns) {
        size_t columns = text_columns(table->cells[i]);

        width = columns > width ? columns : width;
    }
    return width;
}

/* The last column, when it is aligned to the left, gets no blanks behind it. */
static void
table_print_cell(const struct table *table, FILE *out, size_t column, const char *text,
                 size_t width)
{
    int  blanks = (int)(width - text_columns(text));
    bool last = column + 1 == table->columns;

    if (table_aligned_right(table, column))
        fprintf(out, "%*s%s", blanks, "", text);
    else
        fprintf(out, "%s%*s", text, last ? 0 : blanks, "");
    fputs(last ? "\n" : "  ", out);
}

void
table_print(const struct table *table, FILE *out)
{
    cleanup_free size_t *widths = xcalloc(table->columns, sizeof *widths);

    for (size_t i = 0; i < table->columns; i++) {
        widths[i] = table_column_width(table, i);
        table_print_cell(table, out, i, table_heading(table, i), widths[i]);
    }
    for (size_t i = 0; i < table->n_cells; i++) {
        size_t column = i % table->columns;

        table_print_cell(table, out, column, table->cells[i], widths[column]);
    }
}

void
table_clear(struct table *table)
{
    for (size_t i = 0; i < table->n_cells; i++)
        free(table->cells[i]);
    free(take_ptr(table->cells));
    table->n_cells = 0;
}
