/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/alloc.h"
#include "base/uuid.h"
#include "calls.h"
#include "domain.h"
#include "json.h"
#include "text.h"
#include "wire/libvirt.h"

/*----- looking up -----*/

static int
domain_find_by_id(struct connection *conn, int id, struct remote_nonnull_domain *dom_out,
                  struct err *err)
{
    struct remote_domain_lookup_by_id_args args = {.id = id};
    struct remote_domain_lookup_by_id_ret  ret = {0};

    if (call_domain_lookup_by_id(conn, &args, &ret, err) < 0)
        return -1;
    *dom_out = ret.dom;
    return 0;
}

static int
domain_find_by_uuid(struct connection *conn, const uint8_t *uuid,
                    struct remote_nonnull_domain *dom_out, struct err *err)
{
    struct remote_domain_lookup_by_uuid_args args;
    struct remote_domain_lookup_by_uuid_ret  ret = {0};

    memcpy(args.uuid, uuid, UUID_SIZE);
    if (call_domain_lookup_by_uuid(conn, &args, &ret, err) < 0)
        return -1;
    *dom_out = ret.dom;
    return 0;
}

static int
domain_find_by_name(struct connection *conn, const char *name,
                    struct remote_nonnull_domain *dom_out, struct err *err)
{
    cleanup_free char                       *copy = xstrdup(name);
    struct remote_domain_lookup_by_name_args args = {.name = copy};
    struct remote_domain_lookup_by_name_ret  ret = {0};

    if (call_domain_lookup_by_name(conn, &args, &ret, err) < 0)
        return -1;
    *dom_out = ret.dom;
    return 0;
}

/* Returns -1 where text is no whole number that could be an id. */
static int
domain_parse_id(const char *text)
{
    char *end;
    long  id;

    if (*text < '0' || *text > '9')
        return -1;
    errno = 0;
    id = strtol(text, &end, 10);
    return *end || errno || id > INT_MAX ? -1 : (int)id;
}

int
domain_find(struct connection *conn, const char *text, struct remote_nonnull_domain *dom_out,
            struct err *err)
{
    struct err other = {0};
    uint8_t    uuid[UUID_SIZE];
    int        id = domain_parse_id(text);

    if (id >= 0 && domain_find_by_id(conn, id, dom_out, &other) == 0)
        return 0;
    if (uuid_parse(text, uuid) && domain_find_by_uuid(conn, uuid, dom_out, &other) == 0)
        return 0;
    if (other.code && other.code != ERR_NO_DOMAIN) {
        *err = other;
        return -1;
    }
    return domain_find_by_name(conn, text, dom_out, err);
}

void
domain_clear(struct remote_nonnull_domain *dom)
{
    wire_body_free((xdrproc_t)xdr_remote_nonnull_domain, dom);
}

void
domain_print_warnings(struct connection *conn, const struct remote_nonnull_domain *dom)
{
    struct remote_domain_get_messages_args                                 args = {.dom = *dom};
    cleanup_ret(domain_get_messages) struct remote_domain_get_messages_ret ret = {0};
    struct err                                                             ignored;

    if (call_domain_get_messages(conn, &args, &ret, &ignored) < 0)
        return;
    for (unsigned i = 0; i < ret.msgs.msgs_len; i++)
        text_print_line(stderr, "dom0ctl: warning: %s", ret.msgs.msgs_val[i]);
}

void
domain_write_json(struct json *json, const struct remote_nonnull_domain *dom)
{
    char uuid[UUID_TEXT_SIZE];

    json_string(json, "name", dom->name);
    json_string(json, "uuid", uuid_format((const uint8_t *)dom->uuid, uuid));
    if (dom->id >= 0)
        json_int(json, "id", dom->id);
    else
        json_string(json, "id", NULL);
}

void
domain_write_json_numbers(struct json *json, const struct remote_domain_get_info_ret *info)
{
    json_uint(json, "memory_kib", info->memory);
    json_uint(json, "max_memory_kib", info->maxMem);
    json_uint(json, "vcpus", info->nrVirtCpu);
    json_uint(json, "cpu_time_nsec", info->cpuTime);
}

/*----- words -----*/

static const char *const state_names[] = {
    [STATE_NONE] = "unknown",    [STATE_RUNNING] = "running",        [STATE_BLOCKED] = "blocked",
    [STATE_PAUSED] = "paused",   [STATE_SHUTDOWN] = "shutting-down", [STATE_SHUTOFF] = "shut-off",
    [STATE_CRASHED] = "crashed", [STATE_PMSUSPENDED] = "suspended",
};

#define REASONS_MAX 14

static const char *const state_reasons[][REASONS_MAX] = {
    [STATE_RUNNING] = {[RUNNING_BOOTED] = "booted",
                       [RUNNING_MIGRATED] = "migrated",
                       [RUNNING_RESTORED] = "restored",
                       [RUNNING_FROM_SNAPSHOT] = "from snapshot",
                       [RUNNING_UNPAUSED] = "unpaused",
                       [RUNNING_MIGRATION_CANCELED] = "migration canceled",
                       [RUNNING_SAVE_CANCELED] = "save canceled",
                       [RUNNING_WAKEUP] = "woken up",
                       [RUNNING_CRASHED] = "crashed",
                       [RUNNING_POSTCOPY] = "post-copy",
                       [RUNNING_POSTCOPY_FAILED] = "post-copy failed"},
    [STATE_PAUSED] = {[PAUSED_USER] = "user",
                      [PAUSED_MIGRATION] = "migrating",
                      [PAUSED_SAVE] = "saving",
                      [PAUSED_DUMP] = "dumping",
                      [PAUSED_IOERROR] = "I/O error",
                      [PAUSED_WATCHDOG] = "watchdog",
                      [PAUSED_FROM_SNAPSHOT] = "from snapshot",
                      [PAUSED_SHUTTING_DOWN] = "shutting down",
                      [PAUSED_SNAPSHOT] = "making a snapshot",
                      [PAUSED_CRASHED] = "crashed",
                      [PAUSED_STARTING_UP] = "starting up",
                      [PAUSED_POSTCOPY] = "post-copy",
                      [PAUSED_POSTCOPY_FAILED] = "post-copy failed"},
    [STATE_SHUTDOWN] = {[SHUTDOWN_USER] = "user"},
    [STATE_SHUTOFF] = {[SHUTOFF_SHUTDOWN] = "shut down",
                       [SHUTOFF_DESTROYED] = "destroyed",
                       [SHUTOFF_CRASHED] = "crashed",
                       [SHUTOFF_MIGRATED] = "migrated",
                       [SHUTOFF_SAVED] = "saved",
                       [SHUTOFF_FAILED] = "failed",
                       [SHUTOFF_FROM_SNAPSHOT] = "from snapshot",
                       [SHUTOFF_DAEMON] = "daemon"},
    [STATE_CRASHED] = {[CRASHED_PANICKED_REASON] = "panicked"},
};

const char *
domain_state_name(int state)
{
    return state >= 0 && (size_t)state < array_size(state_names) ? state_names[state] : "unknown";
}

bool
domain_runs(int state)
{
    return state == STATE_RUNNING || state == STATE_BLOCKED;
}

const char *
domain_state_reason(int state, int reason)
{
    const char *word = NULL;

    if (state >= 0 && (size_t)state < array_size(state_reasons) && reason >= 0 &&
        reason < REASONS_MAX)
        word = state_reasons[state][reason];
    return word ? word : "unknown";
}
