/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Print a domain's XML. */
#include "calls.h"
#include "command.h"
#include "domain.h"
#include "text.h"
#include "wire/libvirt.h"

static int
xml_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                          *conn = client_connect(client, err);
    cleanup_domain struct remote_nonnull_domain dom = {0};
    struct remote_domain_get_xml_desc_args      args = {0};
    cleanup_ret(domain_get_xml_desc) struct remote_domain_get_xml_desc_ret ret = {0};

    if (!conn || domain_find(conn, options->operands[0], &dom, err) < 0)
        return -1;
    args.dom = dom;
    args.flags |= option_given(options, "secure") ? DOMAIN_XML_SECURE : 0;
    args.flags |= option_given(options, "inactive") ? DOMAIN_XML_INACTIVE : 0;
    if (call_domain_get_xml_desc(conn, &args, &ret, err) < 0)
        return -1;
    text_print_document(stdout, ret.xml);
    return 0;
}

static const struct option_spec xml_options[] = {
    {"secure", 0, NULL, "with passwords"},
    {"inactive", 0, NULL, "as it would be started, without what is true only while it runs"},
    {0},
};

const struct command cmd_xml = {
    .name = "xml",
    .args = "DOMAIN",
    .help = "print a domain's XML",
    .options = xml_options,
    .run = xml_run,
};
