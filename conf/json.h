/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * json.h: libxl's JSON as text.  It is well-formed, as libxl has written it itself, and no deeper
 * than libxl's types.
 *
 * A path is the keys and indexes that lead to a value: "b_info.type.hvm.serial_list[1]".
 */
#ifndef CONF_JSON_H
#define CONF_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/** value, of length bytes, is no object and no list. */
typedef void json_leaf_fn(void *arg, const char *path, const char *value, size_t length);

/** Each leaf of the value that json begins with; path is where that stands. */
void json_leaves(const char *json, const char *path, json_leaf_fn *fn, void *arg);

/** Without the white space between values, the caller's to free. */
char *json_compact(const char *json);

/**
 * kept, with what has become of base in now: three objects.  What is the same in base and now, or
 * in neither of them, is as in kept.
 *
 * unsaid tells whether now says nothing of a leaf of kept because its writer could not, and not
 * because it was taken away.  *out is the caller's to free.
 *
 * Errors: ERR_CONFIG_UNSUPPORTED for a list that differs and of which base lacks a part.
 */
typedef bool json_unsaid_fn(void *arg, const char *path, const char *value, size_t length);
int          json_merge(const char *kept, const char *base, const char *now, json_unsaid_fn *unsaid,
                        void *arg, char **out, struct err *err);

#endif
