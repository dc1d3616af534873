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
new_line(const struct json *json)
{
    if (!json->lines)
        fprintf(json->out, "\n%*s", (int)json->depth * 2, "");
}

/* Characters are written as they are, apart from those that could do harm; see RFC 8259, 7. */
static void
write_string(FILE *out, const char *text)
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
begin_value(struct json *json, const char *key)
{
    if (json->depth) {
        if (!json->first)
            fputs(json->lines ? ", " : ",", json->out);
        new_line(json);
    }
    json->first = false;
    if (key) {
        write_string(json->out, key);
        fputs(": ", json->out);
    }
}

static void
end_value(const struct json *json)
{
    if (!json->depth)
        fputc('\n', json->out);
}

static void
open_bracket(struct json *json, const char *key, char bracket)
{
    begin_value(json, key);
    fputc(bracket, json->out);
    json->depth++;
    json->first = true;
}

static void
close_bracket(struct json *json, char bracket)
{
    bool empty = json->first;

    json->depth--;
    json->first = false;
    if (!empty)
        new_line(json);
    fputc(bracket, json->out);
    end_value(json);
}

void
json_object(struct json *json, const char *key)
{
    open_bracket(json, key, '{');
}

void
json_object_end(struct json *json)
{
    close_bracket(json, '}');
}

void
json_array(struct json *json, const char *key)
{
    open_bracket(json, key, '[');
}

void
json_array_end(struct json *json)
{
    close_bracket(json, ']');
}

void
json_string(struct json *json, const char *key, const char *value)
{
    begin_value(json, key);
    if (value)
        write_string(json->out, value);
    else
        fputs("null", json->out);
    end_value(json);
}

void
json_uint(struct json *json, const char *key, uint64_t value)
{
    begin_value(json, key);
    fprintf(json->out, "%" PRIu64, value);
    end_value(json);
}

void
json_int(struct json *json, const char *key, int64_t value)
{
    begin_value(json, key);
    fprintf(json->out, "%" PRId64, value);
    end_value(json);
}

void
json_bool(struct json *json, const char *key, bool value)
{
    begin_value(json, key);
    fputs(value ? "true" : "false", json->out);
    end_value(json);
}
