/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Print what there is to know about a domain. */
#include <inttypes.h>
#include <stdio.h>

#include "base/uuid.h"
#include "calls.h"
#include "command.h"
#include "domain.h"
#include "json.h"
#include "text.h"

struct info {
    struct remote_nonnull_domain          dom;
    struct remote_domain_get_state_ret    state;
    struct remote_domain_get_info_ret     numbers;
    struct remote_domain_get_os_type_ret  os;
    struct remote_domain_get_messages_ret messages;
    bool                                  persistent, autostart;
};

static int
info_get_stored(struct connection *conn, struct info *info, struct err *err)
{
    struct remote_domain_is_persistent_args persistent_args = {.dom = info->dom};
    struct remote_domain_is_persistent_ret  persistent = {0};
    struct remote_domain_get_autostart_args autostart_args = {.dom = info->dom};
    struct remote_domain_get_autostart_ret  autostart = {0};

    if (call_domain_is_persistent(conn, &persistent_args, &persistent, err) < 0 ||
        call_domain_get_autostart(conn, &autostart_args, &autostart, err) < 0)
        return -1;
    info->persistent = persistent.persistent;
    info->autostart = autostart.autostart;
    return 0;
}

static int
info_get(struct connection *conn, const char *domain, struct info *info, struct err *err)
{
    if (domain_find(conn, domain, &info->dom, err) < 0)
        return -1;

    struct remote_domain_get_state_args    state_args = {.dom = info->dom};
    struct remote_domain_get_info_args     info_args = {.dom = info->dom};
    struct remote_domain_get_os_type_args  os_args = {.dom = info->dom};
    struct remote_domain_get_messages_args messages_args = {.dom = info->dom};

    if (call_domain_get_state(conn, &state_args, &info->state, err) < 0 ||
        call_domain_get_info(conn, &info_args, &info->numbers, err) < 0 ||
        call_domain_get_os_type(conn, &os_args, &info->os, err) < 0 ||
        info_get_stored(conn, info, err) < 0)
        return -1;
    return call_domain_get_messages(conn, &messages_args, &info->messages, err);
}

static void
info_clear(struct info *info)
{
    domain_clear(&info->dom);
    call_free_domain_get_os_type(&info->os);
    call_free_domain_get_messages(&info->messages);
}

static void
info_print_json(const struct info *info)
{
    struct json json;

    json_init(&json, stdout, false);
    json_object(&json, NULL);
    domain_write_json(&json, &info->dom);
    json_string(&json, "state", domain_state_name(info->state.state));
    json_string(&json, "reason", domain_state_reason(info->state.state, info->state.reason));
    json_string(&json, "os_type", info->os.type);
    json_bool(&json, "persistent", info->persistent);
    json_bool(&json, "autostart", info->autostart);
    domain_write_json_numbers(&json, &info->numbers);
    json_array(&json, "messages");
    for (unsigned i = 0; i < info->messages.msgs.msgs_len; i++)
        json_string(&json, NULL, info->messages.msgs.msgs_val[i]);
    json_array_end(&json);
    json_object_end(&json);
}

static void
info_print_text(const struct info *info)
{
    const struct remote_domain_get_info_ret *numbers = &info->numbers;
    char                                     uuid[UUID_TEXT_SIZE];

    text_print_line(stdout, "Name:        %s", info->dom.name);
    printf("UUID:        %s\n", uuid_format((const uint8_t *)info->dom.uuid, uuid));
    if (info->dom.id >= 0)
        printf("Id:          %d\n", info->dom.id);
    printf("State:       %s (%s)\n", domain_state_name(info->state.state),
           domain_state_reason(info->state.state, info->state.reason));
    text_print_line(stdout, "OS type:     %s", info->os.type);
    printf("Persistent:  %s\n", info->persistent ? "yes" : "no");
    printf("Autostart:   %s\n", info->autostart ? "yes" : "no");
    printf("Memory:      %" PRIu64 " KiB\n", (uint64_t)numbers->memory);
    printf("Max memory:  %" PRIu64 " KiB\n", (uint64_t)numbers->maxMem);
    printf("VCPUs:       %u\n", (unsigned)numbers->nrVirtCpu);
    printf("CPU time:    %.1f s\n", (double)numbers->cpuTime / 1e9);
    for (unsigned i = 0; i < info->messages.msgs.msgs_len; i++)
        text_print_line(stdout, "%-12s %s", i ? "" : "Messages:", info->messages.msgs.msgs_val[i]);
}

static int
info_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                               *conn = client_connect(client, err);
    __attribute__((cleanup(info_clear))) struct info info = {0};

    if (!conn || info_get(conn, options->operands[0], &info, err) < 0)
        return -1;
    if (client->json)
        info_print_json(&info);
    else
        info_print_text(&info);
    return 0;
}

const struct command cmd_info = {
    .name = "info",
    .args = "DOMAIN",
    .help = "print what there is to know about a domain",
    .json = true,
    .run = info_run,
};
