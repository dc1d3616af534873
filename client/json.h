/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * json.h: JSON, written value by value.
 *
 * A value in an object has a key, elsewhere the key is NULL.  Commas, indentation and escapes are
 * the writer's; what is written is always valid UTF-8, and no control character is in it as it is.
 */
#ifndef CLIENT_JSON_H
#define CLIENT_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE    *out;
    bool     lines; /* a value of the outermost level is one line, without indentation */
    unsigned depth;
    bool     first; /* nothing is written yet on this level */
};

/* lines: for a stream of values, one a line; else for one value, indented. */
void json_init(struct json *json, FILE *out, bool lines);

void json_object(struct json *json, const char *key);
void json_object_end(struct json *json);
void json_array(struct json *json, const char *key);
void json_array_end(struct json *json);

/* NULL writes null. */
void json_string(struct json *json, const char *key, const char *value);
void json_uint(struct json *json, const char *key, uint64_t value);
void json_int(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);

#endif
