/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * text.h: a string that grows at its end; for writing XML.
 */
#ifndef CONF_TEXT_H
#define CONF_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed: empty. */
struct text {
    char  *data; /* NULL while empty */
    size_t length, size;
    size_t max; /* what would make it longer is left out, and is_cut says so; 0: no limit */
    bool   is_cut;
};

void text_add(struct text *text, const char *s);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * Add s as the value of an attribute in single quotes, or as the content of an element.
 *
 * What XML cannot say at all (control characters, bytes that are no UTF-8) becomes '?': strings
 * from libxl and xenstore need not be text.
 */
void text_add_attribute(struct text *text, const char *s);
void text_add_content(struct text *text, const char *s);

/** Can XML say all of it? */
bool text_is_plain(const char *s);

/** Empties it.  The result is the caller's to free, and never NULL. */
char *text_take(struct text *text);

#endif
