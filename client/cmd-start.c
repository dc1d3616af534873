/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Start a domain by its managed save, if it has one, else by its stored definition. */
#include <string.h>

#include "base/alloc.h"
#include "calls.h"
#include "command.h"
#include "domain.h"
#include "job.h"
#include "text.h"
#include "wire/libvirt.h"

/* The answer that tells the domain's id went with the connection: ask for it. */
static void
start_look_up(struct connection *conn, struct remote_nonnull_domain *dom)
{
    struct remote_domain_lookup_by_uuid_args                                   args;
    cleanup_ret(domain_lookup_by_uuid) struct remote_domain_lookup_by_uuid_ret ret = {0};
    struct err                                                                 ignored;

    memcpy(args.uuid, dom->uuid, sizeof args.uuid);
    if (call_domain_lookup_by_uuid(conn, &args, &ret, &ignored) == 0)
        dom->id = ret.dom.id;
}

static int
start_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                          *conn = client_connect(client, err);
    cleanup_domain struct remote_nonnull_domain dom = {0};
    cleanup_free char                          *label = NULL, *with_id = NULL;
    cleanup_job struct job                      job = {0};
    struct remote_domain_create_with_flags_args args = {0};
    cleanup_ret(domain_create_with_flags) struct remote_domain_create_with_flags_ret ret = {0};

    if (!conn || domain_find(conn, options->operands[0], &dom, err) < 0)
        return -1;
    job.label = label = xasprintf("start %s", dom.name);
    args.dom = dom;
    args.flags |= option_given(options, "paused") ? START_PAUSED : 0;
    args.flags |= option_given(options, "force-boot") ? START_FORCE_BOOT : 0;
    args.flags |= option_given(options, "validate") ? START_VALIDATE : 0;
    if (call_begin_domain_create_with_flags(conn, &job.call, &args, err) < 0)
        return -1;
    if (job_run(client, &job, err) < 0)
        return job_aborted(&job, err);
    if (job.joined)
        start_look_up(conn, &dom);
    else if (call_end_domain_create_with_flags(&job.call, &ret, err) < 0)
        return -1;
    else
        dom.id = ret.dom.id;
    domain_print_warnings(conn, &dom);
    with_id = dom.id < 0 ? xstrdup("") : xasprintf(", id %d", dom.id);
    text_print_line(stdout, "%s started%s%s", dom.name, with_id,
                    job.aborted ? "; the abort came too late" : "");
    return 0;
}

static const struct option_spec start_options[] = {
    {"paused", 'p', NULL, "leave the domain paused"},
    {"force-boot", 0, NULL, "by its definition also where it has a managed save, which is lost"},
    {"validate", 0, NULL, "not if its definition has elements or attributes that are not known"},
    {0},
};

const struct command cmd_start = {
    .name = "start",
    .args = "DOMAIN",
    .help = "start a domain that is defined",
    .options = start_options,
    .run = start_run,
};
