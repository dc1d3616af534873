/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* json.c: see json.h. */
#include <ctype.h>
#include <string.h>

#include "base/alloc.h"
#include "json.h"
#include "text.h"

/* A value where it stands; length 0: there is none. */
struct span {
    const char *start;
    size_t      length;
};

static const struct span nothing = {"", 0};

/*----- reading -----*/

static const char *
skip_blank(const char *s)
{
    return s + strspn(s, " \t\r\n,");
}

/* s is at a '"'.  Returns what is behind the string. */
static const char *
skip_string(const char *s)
{
    for (s++; *s && *s != '"'; s++)
        s += *s == '\\' && s[1];
    return *s ? s + 1 : s;
}

static const char *
skip_value(const char *s)
{
    int depth = 0;

    do {
        if (*s == '"') {
            s = skip_string(s);
        } else if (*s && strchr("{}[]", *s)) {
            depth += *s == '{' || *s == '[' ? 1 : -1;
            s++;
        } else {
            s += depth ? 1 : strcspn(s, ",]} \t\r\n");
        }
    } while (*s && depth > 0);
    return s;
}

/* The next member of an object, or of a list, where key is NULL; *at begins behind its bracket. */
static bool
next_member(const char **at, struct span *key, struct span *value)
{
    const char *s = skip_blank(*at);

    if (!*s || *s == '}' || *s == ']')
        return false;
    if (key) {
        key->start = s;
        key->length = (size_t)(skip_string(s) - s);
        s += key->length;
        s = skip_blank(s + strspn(s, " :"));
    }
    value->start = s;
    *at = skip_value(s);
    value->length = (size_t)(*at - s);
    return value->length;
}

static char *
path_of_member(const char *path, const struct span *key)
{
    return xasprintf("%s%s%.*s", path, *path ? "." : "", (int)key->length - 2, key->start + 1);
}

/* A list of numbers is one leaf: it is libxl's way to write a bitmap. */
static bool
is_list_of_numbers(const char *s)
{
    return *s == '[' && isdigit((unsigned char)*skip_blank(s + 1));
}

void
json_leaves(const char *json, const char *path, json_leaf_fn *fn, void *arg)
{
    const char *at = skip_blank(json), *inside = at + 1;
    struct span key, value;
    bool        object = *at == '{';

    if ((!object && *at != '[') || is_list_of_numbers(at)) {
        if (*at)
            fn(arg, path, at, (size_t)(skip_value(at) - at));
        return;
    }
    for (int i = 0; next_member(&inside, object ? &key : NULL, &value); i++) {
        cleanup_free char *below =
            object ? path_of_member(path, &key) : xasprintf("%s[%d]", path, i);

        json_leaves(value.start, below, fn, arg);
    }
}

char *
json_compact(const char *json)
{
    char *out = xmalloc(strlen(json) + 1), *to = out;

    while (*json) {
        const char *end = *json == '"' ? skip_string(json) : json + 1;

        if (!strchr(" \t\r\n", *json)) {
            memcpy(to, json, (size_t)(end - json));
            to += end - json;
        }
        json = end;
    }
    *to = '\0';
    return out;
}

/*----- merging -----*/

struct merge {
    json_unsaid_fn *unsaid;
    void           *arg;
    struct text     out;
    struct err     *err;
    bool            failed;
};

/* Where something was taken away: could its writer say none of it? */
struct absence {
    const struct merge *merge;
    bool                all_unsaid;
};

static void merge_values(struct merge *m, const char *path, struct span kept, struct span base,
                         struct span now);

static bool
same(struct span a, struct span b)
{
    return a.length == b.length && memcmp(a.start, b.start, a.length) == 0;
}

static bool
is_of(struct span span, char bracket)
{
    return span.length && *span.start == bracket;
}

static struct span
find_member(struct span object, struct span key)
{
    const char *at = object.start + 1;
    struct span name, value;

    while (is_of(object, '{') && next_member(&at, &name, &value))
        if (same(name, key))
            return value;
    return nothing;
}

static void
note_leaf(void *arg, const char *path, const char *value, size_t length)
{
    struct absence *absence = arg;

    if (!absence->merge->unsaid(absence->merge->arg, path, value, length))
        absence->all_unsaid = false;
}

static bool
is_unsaid(const struct merge *m, const char *path, struct span kept)
{
    struct absence absence = {.merge = m, .all_unsaid = kept.length};

    json_leaves(kept.start, path, note_leaf, &absence);
    return absence.all_unsaid;
}

/* Nothing of it stays where there is no value. */
static void
merge_member(struct merge *m, const char *path, struct span key, struct span kept, struct span base,
             struct span now)
{
    size_t             before = m->out.length, empty;
    cleanup_free char *below = path_of_member(path, &key);

    text_addf(&m->out, "%s%.*s:", m->out.data[before - 1] == '{' ? "" : ",", (int)key.length,
              key.start);
    empty = m->out.length;
    merge_values(m, below, kept, base, now);
    if (m->out.length == empty)
        m->out.data[m->out.length = before] = '\0';
}

static void
merge_objects(struct merge *m, const char *path, struct span kept, struct span base,
              struct span now)
{
    const char *at = kept.start + 1;
    struct span key, value;

    text_add(&m->out, "{");
    while (next_member(&at, &key, &value))
        merge_member(m, path, key, value, find_member(base, key), find_member(now, key));
    at = now.start + 1;
    while (next_member(&at, &key, &value))
        if (!find_member(kept, key).length)
            merge_member(m, path, key, nothing, find_member(base, key), value);
    text_add(&m->out, "}");
}

/* NULL-length ended, the caller's to free. */
static struct span *
members_of(struct span list, size_t *n_out)
{
    struct span *members = xcalloc(1, sizeof *members);
    const char  *at = list.start + 1;

    *n_out = 0;
    while (list.length && next_member(&at, NULL, &members[*n_out]))
        members = xreallocarray(members, ++*n_out + 1, sizeof *members);
    return members;
}

/* What tells one device of a kind from the others. */
static struct span
identity_of(struct span device)
{
    static const char *const keys[] = {"\"vdev\"", "\"mac\"", "\"tag\"", "\"devid\""};
    struct span              id = nothing;

    for (size_t i = 0; !id.length && i < array_size(keys); i++)
        id = find_member(device, (struct span){keys[i], strlen(keys[i])});
    return id;
}

/* Which of base is now's i-th; n_base where it is none of them. */
static size_t
find_in_base(const struct span *base, size_t n_base, const struct span *now, size_t n_now, size_t i)
{
    struct span id = identity_of(now[i]);
    size_t      j;

    for (j = 0; j < n_base && !same(base[j], now[i]); j++)
        continue;
    if (j < n_base)
        return j;
    if (!id.length)
        return n_base == n_now && !identity_of(base[i]).length ? i : n_base;
    for (j = 0; j < n_base && !same(identity_of(base[j]), id); j++)
        continue;
    return j;
}

static void
merge_lists(struct merge *m, const char *path, struct span kept_list, struct span base_list,
            struct span now_list)
{
    size_t                    n_kept, n_base, n_now;
    cleanup_free struct span *kept = members_of(kept_list, &n_kept);
    cleanup_free struct span *base = members_of(base_list, &n_base);
    cleanup_free struct span *now = members_of(now_list, &n_now);

    if (n_kept != n_base && !m->failed) {
        m->failed = true;
        err_set(m->err, ERR_CONFIG_UNSUPPORTED,
                "%s of this guest cannot be changed by XML, which cannot say all of it", path);
    }
    text_add(&m->out, "[");
    for (size_t i = 0; i < n_now && !m->failed; i++) {
        size_t             j = find_in_base(base, n_base, now, n_now, i);
        cleanup_free char *below = xasprintf("%s[%zu]", path, j);

        text_add(&m->out, i ? "," : "");
        if (j < n_base)
            merge_values(m, below, kept[j], base[j], now[i]);
        else
            merge_values(m, below, nothing, nothing, now[i]);
    }
    text_add(&m->out, "]");
}

static void
merge_values(struct merge *m, const char *path, struct span kept, struct span base, struct span now)
{
    if (same(now, base) || (!now.length && is_unsaid(m, path, kept)))
        text_addf(&m->out, "%.*s", (int)kept.length, kept.start);
    else if (is_of(kept, '{') && is_of(now, '{'))
        merge_objects(m, path, kept, base, now);
    else if (is_of(kept, '[') && is_of(now, '['))
        merge_lists(m, path, kept, base, now);
    else
        text_addf(&m->out, "%.*s", (int)now.length, now.start);
}

static struct span
span_of(const char *json)
{
    json = skip_blank(json);
    return (struct span){json, (size_t)(skip_value(json) - json)};
}

int
json_merge(const char *kept, const char *base, const char *now, json_unsaid_fn *unsaid, void *arg,
           char **out, struct err *err)
{
    struct merge m = {.unsaid = unsaid, .arg = arg, .err = err};

    merge_values(&m, "", span_of(kept), span_of(base), span_of(now));
    *out = text_take(&m.out);
    if (!m.failed)
        return 0;
    free(take_ptr(*out));
    return -1;
}
