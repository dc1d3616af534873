/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "config.h"

#define FILE_MAX 65536

enum kind { PATH, FOLDER, TEXT, BALLOON, STOP, COUNT, SIZE, LEVEL };

struct key {
    const char        *name;
    enum kind          kind;
    size_t             offset;   /* in struct config */
    const char        *initial;  /* the default, as a file would say it */
    unsigned long long min, max; /* COUNT, SIZE */
    bool               reload;   /* READ_AGAIN: it may change while the daemon runs */
};

enum { AT_START = false, READ_AGAIN = true };

#define FIELD(name) offsetof(struct config, name)

static const struct key keys[] = {
    {"socket", PATH, FIELD(rpc.socket), "/run/dom0d/dom0d-sock", 0, 0, AT_START},
    {"socket_ro", PATH, FIELD(rpc.socket_ro), "/run/dom0d/dom0d-sock-ro", 0, 0, AT_START},
    {"socket_group", TEXT, FIELD(rpc.socket_group), "dom0d", 0, 0, AT_START},
    {"max_clients", COUNT, FIELD(rpc.max_clients), "2000", 1, 100000, AT_START},
    {"max_client_requests", COUNT, FIELD(rpc.max_client_requests), "16", 1, 10000, READ_AGAIN},
    {"max_requests", COUNT, FIELD(rpc.max_requests), "4000", 1, 1000000, READ_AGAIN},
    {"max_queued_jobs", COUNT, FIELD(job.max_queued_jobs), "64", 1, 10000, READ_AGAIN},
    {"max_jobs", COUNT, FIELD(job.max_jobs), "1000", 1, 16000, AT_START},
    {"max_guest_cores", COUNT, FIELD(job.max_guest_cores), "8", 1, 10000, READ_AGAIN},
    {"max_cores", COUNT, FIELD(job.max_cores), "64", 1, 100000, READ_AGAIN},
    {"max_guest_core_bytes", SIZE, FIELD(job.max_guest_core_bytes), "64 GiB", 1 << 20, 1ull << 50,
     READ_AGAIN},
    {"max_core_bytes", SIZE, FIELD(job.max_core_bytes), "256 GiB", 1 << 20, 1ull << 50, READ_AGAIN},
    {"max_output", SIZE, FIELD(rpc.max_output), "8 MiB", 64 << 10, 1 << 30, READ_AGAIN},
    {"max_buffers", SIZE, FIELD(rpc.max_buffers), "128 MiB", 16 << 20, 4ull << 30, READ_AGAIN},
    {"max_xml", SIZE, FIELD(max_xml), "1 MiB", 4 << 10, 4 << 20, READ_AGAIN},
    {"max_definitions", COUNT, FIELD(domain.max_definitions), "4096", 1, 16000, READ_AGAIN},
    {"autoballoon", BALLOON, FIELD(job.autoballoon), "auto", 0, 0, AT_START},
    {"dom0_min_memory", SIZE, FIELD(job.dom0_min_bytes), "512 MiB", 128 << 20, 1ull << 50,
     AT_START},
    {"workers_idle", COUNT, FIELD(job.workers_idle), "2", 0, 64, READ_AGAIN},
    {"keepalive_interval", COUNT, FIELD(rpc.keepalive_interval), "5", 0, 3600, READ_AGAIN},
    {"keepalive_count", COUNT, FIELD(rpc.keepalive_count), "5", 1, 1000, READ_AGAIN},
    {"config_dir", PATH, FIELD(domain.config_dir), SYSCONFDIR "/dom0d", 0, 0, AT_START},
    {"run_dir", PATH, FIELD(job.run_dir), "/run/dom0d", 0, 0, AT_START},
    {"save_dir", PATH, FIELD(domain.save_dir), "/var/lib/dom0d/save", 0, 0, AT_START},
    {"dump_dir", PATH, FIELD(job.dump_dir), "/var/lib/dom0d/dump", 0, 0, READ_AGAIN},
    {"worker", PATH, FIELD(job.worker_path), PKGLIBEXECDIR "/dom0d-worker", 0, 0, AT_START},
    {"console_kept", SIZE, FIELD(console.kept), "64 KiB", 0, 1 << 20, AT_START},
    {"console_log_dir", FOLDER, FIELD(console.log_dir), "", 0, 0, AT_START},
    {"console_log_size", SIZE, FIELD(console.log_size), "1 MiB", 64 << 10, 1 << 30, AT_START},
    {"console_log_count", COUNT, FIELD(console.log_count), "4", 0, 100, AT_START},
    {"guests_parallel", COUNT, FIELD(guests.parallel), "0", 0, 1000, READ_AGAIN},
    {"guests_stop", STOP, FIELD(guests.stop), "save", 0, 0, READ_AGAIN},
    {"guests_stop_timeout", COUNT, FIELD(guests.stop_sec), "300", 1, 86400, READ_AGAIN},
    {"log_level", LEVEL, FIELD(log_level), "info", 0, 0, READ_AGAIN},
};

static void *
field(struct config *config, const struct key *key)
{
    return (char *)config + key->offset;
}

static bool
is_text(const struct key *key)
{
    return key->kind == PATH || key->kind == FOLDER || key->kind == TEXT || key->kind == BALLOON ||
           key->kind == STOP;
}

struct config *
config_new(void)
{
    struct config *config = xcalloc(1, sizeof *config);
    struct err     err;

    for (size_t n = 0; n < array_size(keys); n++) {
        int r = config_set(config, keys[n].name, keys[n].initial, &err);

        assert(r == 0);
        (void)r;
    }
    return config;
}

void
config_free(struct config *config)
{
    if (!config)
        return;
    for (size_t n = 0; n < array_size(keys); n++)
        if (is_text(&keys[n]))
            free(*(char **)field(config, &keys[n]));
    free(config);
}

const char *
config_key(unsigned n, const char **default_out)
{
    if (n >= array_size(keys))
        return NULL;
    *default_out = keys[n].initial;
    return keys[n].name;
}

int
config_log_level(const char *word, enum log_level *level_out)
{
    static const struct {
        const char    *word;
        enum log_level level;
    } levels[] = {
        {"error", LOG_LEVEL_ERROR},
        {"warning", LOG_LEVEL_WARNING},
        {"info", LOG_LEVEL_INFO},
        {"debug", LOG_LEVEL_DEBUG},
    };

    for (size_t n = 0; n < array_size(levels); n++)
        if (!strcmp(word, levels[n].word)) {
            *level_out = levels[n].level;
            return 0;
        }
    return -1;
}

/*----- values -----*/

static int
set_text(struct config *config, const struct key *key, const char *value, struct err *err)
{
    char **text = field(config, key);

    if ((key->kind == PATH || (key->kind == FOLDER && *value)) && value[0] != '/')
        return err_set(err, ERR_INVALID_ARG, "%s must be an absolute path, not '%s'", key->name,
                       value);
    if (key->kind == BALLOON && strcmp(value, "auto") != 0 && strcmp(value, "on") != 0 &&
        strcmp(value, "off") != 0)
        return err_set(err, ERR_INVALID_ARG, "%s must be auto, on or off, not '%s'", key->name,
                       value);
    if (key->kind == STOP && strcmp(value, "save") != 0 && strcmp(value, "shutdown") != 0 &&
        strcmp(value, "leave") != 0)
        return err_set(err, ERR_INVALID_ARG, "%s must be save, shutdown or leave, not '%s'",
                       key->name, value);
    free(*text);
    *text = xstrdup(value);
    return 0;
}

/* "", "KiB", "MiB" or "GiB". */
static int
unit_shift(const char *unit)
{
    static const char *const units[] = {"", "KiB", "MiB", "GiB"};

    for (size_t n = 0; n < array_size(units); n++)
        if (!strcmp(unit, units[n]))
            return (int)n * 10;
    return -1;
}

static int
parse_number(const struct key *key, const char *value, unsigned long long *number_out)
{
    unsigned long long number;
    char              *rest;
    int                shift;

    if (!isdigit((unsigned char)value[0]))
        return -1;
    errno = 0;
    number = strtoull(value, &rest, 10);
    if (errno)
        return -1;
    while (isblank((unsigned char)*rest))
        rest++;
    shift = unit_shift(rest);
    if (shift < 0 || (shift && key->kind != SIZE) || number > (UINT64_MAX >> shift))
        return -1;
    *number_out = number << shift;
    return 0;
}

static int
set_number(struct config *config, const struct key *key, const char *value, struct err *err)
{
    unsigned long long number;

    if (parse_number(key, value, &number) < 0)
        return err_set(err, ERR_INVALID_ARG, "%s must be a %s, not '%s'", key->name,
                       key->kind == SIZE ? "size such as 8 MiB" : "number", value);
    if (number < key->min || number > key->max)
        return err_set(err, ERR_INVALID_ARG, "%s must be from %llu to %llu, not '%s'", key->name,
                       key->min, key->max, value);
    if (key->kind == SIZE)
        *(size_t *)field(config, key) = (size_t)number;
    else
        *(unsigned *)field(config, key) = (unsigned)number;
    return 0;
}

static int
set_level(struct config *config, const struct key *key, const char *value, struct err *err)
{
    if (config_log_level(value, field(config, key)) < 0)
        return err_set(err, ERR_INVALID_ARG, "%s must be error, warning, info or debug, not '%s'",
                       key->name, value);
    return 0;
}

static int
set_value(struct config *config, const struct key *key, const char *value, struct err *err)
{
    switch (key->kind) {
    case PATH:
    case FOLDER:
    case TEXT:
    case BALLOON:
    case STOP:
        return set_text(config, key, value, err);
    case COUNT:
    case SIZE:
        return set_number(config, key, value, err);
    case LEVEL:
        return set_level(config, key, value, err);
    }
    assert(0);
    return -1;
}

static const struct key *
find_key(const char *name)
{
    for (size_t n = 0; n < array_size(keys); n++)
        if (!strcmp(keys[n].name, name))
            return &keys[n];
    return NULL;
}

int
config_set(struct config *config, const char *key, const char *value, struct err *err)
{
    const struct key *known = find_key(key);

    if (!known)
        return err_set(err, ERR_INVALID_ARG, "unknown key '%s'", key);
    return set_value(config, known, value, err);
}

/*----- a configuration that is read again -----*/

static bool
is_same(struct config *config, struct config *fresh, const struct key *key)
{
    const void *old = field(config, key), *new = field(fresh, key);

    switch (key->kind) {
    case PATH:
    case FOLDER:
    case TEXT:
    case BALLOON:
    case STOP:
        return strcmp(*(char *const *)old, *(char *const *)new) == 0;
    case COUNT:
        return *(const unsigned *)old == *(const unsigned *)new;
    case SIZE:
        return *(const size_t *)old == *(const size_t *)new;
    case LEVEL:
        return *(const enum log_level *)old == *(const enum log_level *)new;
    }
    assert(0);
    return true;
}

/* All values are one of these. */
static void
swap(struct config *config, struct config *fresh, const struct key *key)
{
    size_t size = is_text(key)         ? sizeof(char *)
                  : key->kind == COUNT ? sizeof(unsigned)
                  : key->kind == SIZE  ? sizeof(size_t)
                                       : sizeof(enum log_level);
    char   old[sizeof(size_t)];

    memcpy(old, field(config, key), size);
    memcpy(field(config, key), field(fresh, key), size);
    memcpy(field(fresh, key), old, size);
}

static void
name_key(char *names, size_t size, const char *name)
{
    size_t length = strlen(names);

    snprintf(names + length, size - length, "%s%s", length ? ", " : "", name);
}

void
config_take(struct config *config, struct config *fresh, char *changed, char *left, size_t size)
{
    changed[0] = left[0] = '\0';
    for (size_t n = 0; n < array_size(keys); n++) {
        if (is_same(config, fresh, &keys[n]))
            continue;
        name_key(keys[n].reload ? changed : left, size, keys[n].name);
        if (keys[n].reload)
            swap(config, fresh, &keys[n]);
    }
}

/*----- files -----*/

/* Cuts the blanks off both ends, in place. */
static char *
strip(char *text)
{
    char *end;

    while (isspace((unsigned char)*text))
        text++;
    end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    *end = '\0';
    return text;
}

/* set_at: for each key the line that set it, 0 for none. */
static int
parse_line(struct config *config, char *line, unsigned number, unsigned *set_at, struct err *err)
{
    char             *key = strip(line);
    char             *equals = strchr(key, '=');
    const struct key *known;

    if (!*key || *key == '#')
        return 0;
    if (!equals)
        return err_set(err, ERR_INVALID_ARG, "'%s' is not 'key = value'", key);
    *equals = '\0';
    key = strip(key);
    known = find_key(key);
    if (!known)
        return err_set(err, ERR_INVALID_ARG, "unknown key '%s'", key);
    if (set_at[known - keys])
        return err_set(err, ERR_INVALID_ARG, "%s is set already in line %u", key,
                       set_at[known - keys]);
    set_at[known - keys] = number;
    return set_value(config, known, strip(equals + 1), err);
}

int
config_parse(struct config *config, const char *name, const char *text, struct err *err)
{
    cleanup_free char *copy = xstrdup(text);
    unsigned           set_at[array_size(keys)] = {0};
    unsigned           number = 0;
    char              *rest = copy, *line;

    while ((line = strsep(&rest, "\n"))) {
        number++;
        if (parse_line(config, line, number, set_at, err) < 0)
            return err_prefix(err, "%s:%u", name, number);
    }
    return 0;
}

int
config_read(struct config *config, const char *path, struct err *err)
{
    cleanup_free char *text = NULL;
    size_t             size;

    if (file_read(path, FILE_MAX, &text, &size, err) < 0)
        return -1;
    if (strlen(text) != size)
        return err_set(err, ERR_INVALID_ARG, "%s is not a text file", path);
    return config_parse(config, path, text, err);
}
