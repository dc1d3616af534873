/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Print a definition in its other form: XML as xl.cfg(5), or xl.cfg(5) as XML. */
#include <string.h>

#include "base/alloc.h"
#include "command.h"
#include "files.h"
#include "native.h"
#include "text.h"

static int
convert_check_form(struct client *client, const char *to, bool is_xml, struct err *err)
{
    if (!to)
        return 0;
    if (strcmp(to, "xml") != 0 && strcmp(to, "xl") != 0)
        return client_misused(client, err, "--to is xml or xl, not \"%s\"", to);
    if ((strcmp(to, "xml") == 0) == is_xml)
        return client_misused(client, err, "it is %s already", is_xml ? "XML" : "xl.cfg");
    return 0;
}

static int
convert_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection *conn;
    cleanup_free char *text = NULL, *result = NULL;
    bool               is_xml;

    if (files_read_text(options->operands[0], &text, err) < 0)
        return -1;
    is_xml = native_is_xml(text);
    if (convert_check_form(client, option_value(options, "to"), is_xml, err) < 0)
        return -1;
    conn = client_connect(client, err);
    if (!conn || (is_xml ? native_from_xml : native_to_xml)(conn, text, &result, err) < 0)
        return -1;
    text_print_document(stdout, result);
    return 0;
}

static const struct option_spec convert_options[] = {
    {"to", 0, "FORM", "xml or xl; default: the one that the file is not in"},
    {0},
};

const struct command cmd_convert = {
    .name = "convert",
    .args = "FILE",
    .help = "print a definition in its other form, XML or xl.cfg (- is standard input)",
    .options = convert_options,
    .run = convert_run,
};
