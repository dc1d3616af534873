/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Print the XML in a file that a save wrote. */
#include "base/alloc.h"
#include "calls.h"
#include "command.h"
#include "files.h"
#include "text.h"
#include "wire/libvirt.h"

static int
image_xml_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                                *conn = client_connect(client, err);
    cleanup_free char                                *path = NULL;
    struct remote_domain_save_image_get_xml_desc_args args = {0};
    cleanup_ret(
        domain_save_image_get_xml_desc) struct remote_domain_save_image_get_xml_desc_ret ret = {0};

    if (!conn || files_absolute_path(options->operands[0], &path, err) < 0)
        return -1;
    args.file = path;
    args.flags = option_given(options, "secure") ? SAVE_IMAGE_XML_SECURE : 0;
    if (call_domain_save_image_get_xml_desc(conn, &args, &ret, err) < 0)
        return -1;
    text_print_document(stdout, ret.xml);
    return 0;
}

static const struct option_spec image_xml_options[] = {
    {"secure", 0, NULL, "with passwords"},
    {0},
};

const struct command cmd_image_xml = {
    .name = "image-xml",
    .args = "FILE",
    .help = "print the XML in a file that a save wrote",
    .options = image_xml_options,
    .run = image_xml_run,
};
