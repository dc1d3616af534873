/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Store the definition of a domain. */
#include <string.h>

#include "base/alloc.h"
#include "calls.h"
#include "command.h"
#include "domain.h"
#include "job.h"
#include "native.h"
#include "text.h"
#include "wire/libvirt.h"

static int
define_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                         *conn = client_connect(client, err);
    const char                                *file = options->operands[0];
    cleanup_free char                         *xml = NULL, *label = NULL;
    cleanup_job struct job                     job = {.keep = true};
    struct remote_domain_define_xml_flags_args args = {0};
    cleanup_ret(domain_define_xml_flags) struct remote_domain_define_xml_flags_ret ret = {0};

    if (!conn || native_read(conn, file, &xml, err) < 0)
        return -1;
    job.label = label = strcmp(file, "-") == 0 ? xstrdup("define") : xasprintf("define %s", file);
    args.xml = xml;
    args.flags = option_given(options, "validate") ? DEFINE_VALIDATE : 0;
    if (call_begin_domain_define_xml_flags(conn, &job.call, &args, err) < 0 ||
        job_run(client, &job, err) < 0)
        return -1;
    if (job.joined) {
        text_print_line(stdout, "%s defined", job.domain ? job.domain : "the domain was");
        return 0;
    }
    if (call_end_domain_define_xml_flags(&job.call, &ret, err) < 0)
        return -1;
    /* Of a domain that runs they are about what it was started with. */
    if (ret.dom.id < 0)
        domain_print_warnings(conn, &ret.dom);
    text_print_line(stdout, "%s defined", ret.dom.name);
    return 0;
}

static const struct option_spec define_options[] = {
    {"validate", 0, NULL, "refuse elements and attributes that are not known"},
    {0},
};

const struct command cmd_define = {
    .name = "define",
    .args = "FILE",
    .help = "store a domain's XML or xl.cfg (- is standard input), so that it can be started",
    .options = define_options,
    .run = define_run,
};
