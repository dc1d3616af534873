/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Start a new domain from its XML or its xl.cfg(5). */
#include <string.h>

#include "base/alloc.h"
#include "calls.h"
#include "command.h"
#include "domain.h"
#include "job.h"
#include "native.h"
#include "text.h"
#include "wire/libvirt.h"

static void
create_print(const struct job *job, const char *name, int id)
{
    cleanup_free char *with_id = id < 0 ? xstrdup("") : xasprintf(", id %d", id);

    text_print_line(stdout, "%s created%s%s", name, with_id,
                    job->aborted ? "; the abort came too late" : "");
}

/* The answer that tells the domain's id went with the connection: ask for it. */
static void
create_print_joined(struct connection *conn, const struct job *job)
{
    struct remote_domain_lookup_by_uuid_args                                   args;
    cleanup_ret(domain_lookup_by_uuid) struct remote_domain_lookup_by_uuid_ret ret = {0};
    struct err                                                                 ignored;

    memcpy(args.uuid, job->uuid, sizeof args.uuid);
    if (!job->domain || call_domain_lookup_by_uuid(conn, &args, &ret, &ignored) < 0) {
        create_print(job, job->domain ? job->domain : "the domain was", -1);
        return;
    }
    domain_print_warnings(conn, &ret.dom);
    create_print(job, job->domain, ret.dom.id);
}

static int
create_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                   *conn = client_connect(client, err);
    cleanup_free char                   *xml = NULL, *label = NULL;
    cleanup_job struct job               job = {0};
    struct remote_domain_create_xml_args args = {0};
    cleanup_ret(domain_create_xml) struct remote_domain_create_xml_ret ret = {0};

    if (!conn || native_read(conn, options->operands[0], &xml, err) < 0)
        return -1;
    job.label = label = strcmp(options->operands[0], "-") == 0
                            ? xstrdup("create")
                            : xasprintf("create %s", options->operands[0]);
    args.xml_desc = xml;
    args.flags = option_given(options, "paused") ? START_PAUSED : 0;
    if (call_begin_domain_create_xml(conn, &job.call, &args, err) < 0)
        return -1;
    if (job_run(client, &job, err) < 0)
        return job_aborted(&job, err);
    if (job.joined) {
        create_print_joined(conn, &job);
        return 0;
    }
    if (call_end_domain_create_xml(&job.call, &ret, err) < 0)
        return -1;
    domain_print_warnings(conn, &ret.dom);
    create_print(&job, ret.dom.name, ret.dom.id);
    return 0;
}

static const struct option_spec create_options[] = {
    {"paused", 'p', NULL, "leave the domain paused"},
    {0},
};

const struct command cmd_create = {
    .name = "create",
    .args = "FILE",
    .help = "start a new domain from its XML or xl.cfg (- is standard input)",
    .options = create_options,
    .run = create_run,
};
