/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* List domains. */
#include <inttypes.h>
#include <stdio.h>

#include "base/alloc.h"
#include "calls.h"
#include "command.h"
#include "domain.h"
#include "json.h"
#include "text.h"
#include "wire/libvirt.h"

/* Where a list goes. */
struct output {
    struct table table;
    struct json  json;
};

static void
list_print_names(const struct remote_connect_list_all_domains_ret *list)
{
    for (unsigned i = 0; i < list->domains.domains_len; i++)
        text_print_line(stdout, "%s", list->domains.domains_val[i].name);
}

static void
list_add_row(struct table *table, const struct remote_nonnull_domain *dom,
             const struct remote_domain_get_info_ret *info)
{
    table_add(table, "%s", dom->name);
    if (dom->id >= 0)
        table_add(table, "%d", dom->id);
    else
        table_add(table, "-");
    table_add(table, "%" PRIu64, (uint64_t)info->memory / 1024);
    table_add(table, "%u", (unsigned)info->nrVirtCpu);
    table_add(table, "%s", domain_state_name(info->state));
    table_add(table, "%.1f", (double)info->cpuTime / 1e9);
}

static void
list_add_object(struct json *json, const struct remote_nonnull_domain *dom,
                const struct remote_domain_get_info_ret *info)
{
    json_object(json, NULL);
    domain_write_json(json, dom);
    json_string(json, "state", domain_state_name(info->state));
    domain_write_json_numbers(json, info);
    json_object_end(json);
}

/* A domain that went since it was listed is no error: it is not listed. */
static int
list_add_domains(struct client *client, const struct remote_connect_list_all_domains_ret *list,
                 struct output *output, struct err *err)
{
    for (unsigned i = 0; i < list->domains.domains_len; i++) {
        struct remote_domain_get_info_args args = {.dom = list->domains.domains_val[i]};
        struct remote_domain_get_info_ret  info = {0};
        struct err                         other = {0};

        if (call_domain_get_info(client->conn, &args, &info, &other) == 0) {
            if (client->json)
                list_add_object(&output->json, &args.dom, &info);
            else
                list_add_row(&output->table, &args.dom, &info);
        } else if (other.code != ERR_NO_DOMAIN) {
            *err = other;
            return -1;
        }
    }
    return 0;
}

static int
list_print(struct client *client, const struct remote_connect_list_all_domains_ret *list,
           struct err *err)
{
    static const char *const headings[] = {"Name", ">ID", ">Mem", ">VCPUs", "State", ">Time(s)"};
    struct output            output;
    int                      r;

    json_init(&output.json, stdout, false);
    table_init(&output.table, headings, array_size(headings));
    if (client->json)
        json_array(&output.json, NULL);
    r = list_add_domains(client, list, &output, err);
    if (client->json)
        json_array_end(&output.json);
    else if (r == 0)
        table_print(&output.table, stdout);
    table_clear(&output.table);
    return r;
}

/* Of --persistent and --transient, and --all and --inactive, neither or both mean all. */
static void
list_choose(const struct options *options, unsigned *flags)
{
    static const struct {
        const char *name;
        unsigned    flag;
    } filters[] = {{"all", LIST_ACTIVE | LIST_INACTIVE},
                   {"inactive", LIST_INACTIVE},
                   {"persistent", LIST_PERSISTENT},
                   {"transient", LIST_TRANSIENT},
                   {"autostart", LIST_AUTOSTART}};

    *flags = 0;
    for (size_t n = 0; n < array_size(filters); n++)
        if (option_given(options, filters[n].name))
            *flags |= filters[n].flag;
    if (!(*flags & (LIST_ACTIVE | LIST_INACTIVE)))
        *flags |= LIST_ACTIVE;
}

static int
list_run(struct client *client, const struct options *options, struct err *err)
{
    struct remote_connect_list_all_domains_args args = {.need_results = 1};
    cleanup_ret(connect_list_all_domains) struct remote_connect_list_all_domains_ret list = {0};
    bool only_names = option_given(options, "name");

    if (only_names && client->json)
        return client_misused(client, err, "--name and --json do not go together");
    list_choose(options, &args.flags);
    if (!client_connect(client, err) ||
        call_connect_list_all_domains(client->conn, &args, &list, err) < 0)
        return -1;
    if (!only_names)
        return list_print(client, &list, err);
    list_print_names(&list);
    return 0;
}

static const struct option_spec list_options[] = {
    {"all", 'a', NULL, "also domains that do not run"},
    {"inactive", 0, NULL, "only domains that do not run"},
    {"persistent", 0, NULL, "only domains that are stored"},
    {"transient", 0, NULL, "only domains that are not stored"},
    {"autostart", 0, NULL, "only domains that are started with the host"},
    {"name", 0, NULL, "only the names, one a line"},
    {0},
};

const struct command cmd_list = {
    .name = "list",
    .args = "",
    .help = "list the domains that run",
    .options = list_options,
    .json = true,
    .run = list_run,
};
