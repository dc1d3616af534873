/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * utf8.h: text from outside becomes UTF-8 before anybody is told it: what a client, xenstore, libxl
 * or a script has said may be any bytes, and libvirt's clients take UTF-8 only.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/**
 * Put a '?' for each byte of text that belongs to no UTF-8 character.
 *
 * size: of the buffer that holds text, in bytes.  Where text fills it, it may have been cut: what
 * is left of a character at the end is then dropped.
 */
void utf8_mend(char *text, size_t size);

/** The same for what is to be one line: control characters are replaced too, except tabs. */
void utf8_mend_line(char *text, size_t size);

/**
 * A copy in which bytes that belong to no UTF-8 character, and control characters, stand as "\xNN":
 * it tells what was there.  It is cut, between two characters, to at most max bytes.
 *
 * The caller frees it.  NULL gives NULL.
 */
char *utf8_escape(const char *text, size_t max);

#endif
