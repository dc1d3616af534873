/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "json.h"
#include "text.h"

void
json_init(struct json *json, FILE *out, bool lines)
{
    *json = (struct json){.out = out, .lines = lines, .first = true};
}

static void
json_new_line(const struct json *json)
{
    if (!json->lines)
        fprintf(json->out, "\n%*s", (int)json->depth * 2, "");
}

/* Characters are written as they are, apart from those that could do harm; see RFC 8259, 7. */
static void
json_write_string(FILE *out, const char *text)
{
    fputc('"', out);
    while (*text) {
        uint32_t code = 0;
        size_t   length = text_decode(text, &code);

        if (!length)
            fputs("\\ufffd", out);
        else if (code == '"' || code == '\\')
            fprintf(out, "\\%c", (char)code);
        else if (text_is_unsafe(code))
            fprintf(out, "\\u%04" PRIx32, code);
        else
            fwrite(text, 1, length, out);
        text += length ? length : 1;
    }
    fputc('"', out);
}

/* What stands before every value. */
static void
json_begin_value(struct json *json, const char *key)
{
    if (json->depth) {
        if (!json->first)
            fputs(json->lines ? ", " : ",", json->out);
        json_new_line(json);
    }
    json->first = false;
    if (key) {
        json_write_string(json->out, key);
        fputs(": ", json->out);
    }
}

static void
json_end_value(const struct json *json)
{
    if (!json->depth)
        fputc('\n', json->out);
}

static void
json_open_bracket(struct json *json, const char *key, char bracket)
{
    json_begin_value(json, key);
    fputc(bracket, json->out);
    json->depth++;
    json->first = true;
}

static void
json_close_bracket(struct json *json, char bracket)
{
    bool empty = json->first;

    json->depth--;
    json->first = false;
    if (!empty)
        json_new_line(json);
    fputc(bracket, json->out);
    json_end_value(json);
}

void
json_object(struct json *json, const char *key)
{
    json_open_bracket(json, key, '{');
}

void
json_object_end(struct json *json)
{
    json_close_bracket(json, '}');
}

void
json_array(struct json *json, const char *key)
{
    json_open_bracket(json, key, '[');
}

void
json_array_end(struct json *json)
{
    json_close_bracket(json, ']');
}

void
json_string(struct json *json, const char *key, const char *value)
{
    json_begin_value(json, key);
    if (value)
        json_write_string(json->out, value);
    else
        fputs("null", json->out);
    json_end_value(json);
}

void
json_uint(struct json *json, const char *key, uint64_t value)
{
    json_begin_value(json, key);
    fprintf(json->out, "%" PRIu64, value);
    json_end_value(json);
}

void
json_int(struct json *json, const char *key, int64_t value)
{
    json_begin_value(json, key);
    fprintf(json->out, "%" PRId64, value);
    json_end_value(json);
}

void
json_bool(struct json *json, const char *key, bool value)
{
    json_begin_value(json, key);
    fputs(value ? "true" : "false", json->out);
    json_end_value(json);
}
