/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bits.h: libxl's bitmaps, string lists and arrays, without a context.
 */
#ifndef CONF_BITS_H
#define CONF_BITS_H

#include <libxl.h>
#include <libxml/tree.h>

#include "base/err.h"

#define CPU_MAX 4095 /* the highest number of a CPU or node in a list */
#define CPU_ALL "0-4095"

/** All of the bitmap's bits are clear; bits is how many it has room for. */
void bits_alloc(libxl_bitmap *map, unsigned bits);

/** "0-3,^2,5": a list as libvirt and xl have it.  Returns false where it is none. */
bool bits_parse(const char *text, libxl_bitmap *map_out);

/** "0-1,3,5", the caller's to free; "" for none. */
char *bits_format(const libxl_bitmap *map);

/* Strings in a list that comes from outside: to add one looks at all before it. */
#define LIST_MAX 1024

/** Put a string at the end; Copied.  Returns false, and does not, where there are LIST_MAX. */
bool list_add(libxl_string_list *list, const char *s);

/**
 * The words of s as a shell would take them: separated by white space, with quotes and
 * backslashes.  A quote that is not closed ends with s.  *list_out is NULL for none.  Returns false
 * where there are more than LIST_MAX.
 */
bool list_split(const char *s, libxl_string_list *list_out);

/** One string of the words from which list_split makes them again, the caller's to free. */
char *list_join(const libxl_string_list list);

/**
 * Memory in KiB, rounded up: the text of node in the unit that the attribute says, libvirt's units
 * in any case; none is KiB.
 */
int amount_read(const xmlNode *node, const char *text, const char *unit, uint64_t *kib_out,
                struct err *err);

#endif
