/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Start a new domain from its XML. */
#include <string.h>

#include "base/alloc.h"
#include "calls.h"
#include "command.h"
#include "files.h"
#include "job.h"
#include "text.h"

enum { START_PAUSED = 1 }; /* VIR_DOMAIN_START_PAUSED */

static int
create_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                   *conn = client_connect(client, err);
    cleanup_free char                   *xml = NULL, *label = NULL;
    cleanup_job struct job               job = {.conn = conn};
    struct remote_domain_create_xml_args args = {0};
    cleanup_ret(domain_create_xml) struct remote_domain_create_xml_ret ret = {0};

    if (!conn || files_read_text(options->operands[0], &xml, err) < 0)
        return -1;
    job.label = label = strcmp(options->operands[0], "-") == 0
                            ? xstrdup("create")
                            : xasprintf("create %s", options->operands[0]);
    args.xml_desc = xml;
    args.flags = option_given(options, "paused") ? START_PAUSED : 0;
    if (call_begin_domain_create_xml(conn, &job.call, &args, err) < 0 || job_run(&job, err) < 0)
        return -1;
    if (call_end_domain_create_xml(&job.call, &ret, err) < 0)
        return job_aborted(&job, err);
    text_print_line(stdout, "%s created, id %d%s", ret.dom.name, ret.dom.id,
                    job.aborted ? "; the abort came too late" : "");
    return 0;
}

static const struct option_spec create_options[] = {
    {"paused", 'p', NULL, "leave the domain paused"},
    {0},
};

const struct command cmd_create = {
    .name = "create",
    .args = "FILE",
    .help = "start a new domain from its XML (- is standard input)",
    .options = create_options,
    .run = create_run,
};
