/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * text.h: what a person or a script reads.
 *
 * Names and messages come from guests and from the daemon: nothing of them reaches a terminal
 * that could move its cursor, hide text or turn its direction.
 */
#ifndef CLIENT_TEXT_H
#define CLIENT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The same text with control characters, the marks that turn the writing direction, and bytes
 * that are no UTF-8 written as \xNN; a line break in between becomes "; ".  The caller frees it.
 */
char *text_safe(const char *text);

/* One line, made safe as a whole. */
void text_print_line(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A whole document: as it is, but for a terminal made safe, with its lines and tabs kept. */
void text_print_document(FILE *out, const char *text);

/* The character at text: its length in bytes, 0 where this is no UTF-8.  *code_out is its number.
 */
size_t text_decode(const char *text, uint32_t *code_out);

/* Whether this character says something to a terminal instead of being shown by it. */
bool text_is_unsafe(uint32_t code);

/* How many columns a terminal needs for it, every character being one. */
size_t text_columns(const char *text);

/* "1:02:03", "0:09"; the caller frees it. */
char *text_duration(uint64_t seconds);

/*----- tables -----*/

/* Rows of columns; widths follow the longest cell, columns are two blanks apart. */
struct table {
    const char *const *headings; /* those with '>' in front are aligned to the right; borrowed */
    size_t             columns;
    char             **cells;
    size_t             n_cells;
};

void table_init(struct table *table, const char *const *headings, size_t columns);

/* The next cell, row by row.  text is made safe. */
void table_add(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
void table_print(const struct table *table, FILE *out);
void table_clear(struct table *table);

#define cleanup_table __attribute__((cleanup(table_clear)))

#endif
