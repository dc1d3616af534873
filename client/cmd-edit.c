/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Have the user edit the stored definition of a domain.  What the daemon refuses, or what would
 * take back somebody else's change, stays in its file.
 */
#include <string.h>

#include "base/alloc.h"
#include "calls.h"
#include "command.h"
#include "domain.h"
#include "editor.h"
#include "job.h"
#include "text.h"
#include "wire/libvirt.h"

static int
edit_get(struct connection *conn, const struct remote_nonnull_domain *dom, char **xml_out,
         struct err *err)
{
    struct remote_domain_get_xml_desc_args args = {
        .dom = *dom, .flags = DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE};
    struct remote_domain_get_xml_desc_ret ret = {0};

    if (call_domain_get_xml_desc(conn, &args, &ret, err) < 0)
        return -1;
    *xml_out = ret.xml;
    return 0;
}

/* Is what was edited what is stored by now? */
static int
edit_check(struct connection *conn, const struct remote_nonnull_domain *dom, const char *before,
           struct err *err)
{
    cleanup_free char *now = NULL;

    if (edit_get(conn, dom, &now, err) < 0)
        return -1;
    if (strcmp(now, before) != 0)
        return err_set(err, ERR_OPERATION_FAILED,
                       "domain '%s' was changed by somebody else meanwhile", dom->name);
    return 0;
}

static int
edit_define(struct client *client, const struct remote_nonnull_domain *dom, char *xml,
            bool validate, struct err *err)
{
    cleanup_free char                         *label = xasprintf("define %s", dom->name);
    cleanup_job struct job                     job = {.label = label, .keep = true};
    struct remote_domain_define_xml_flags_args args = {.xml = xml,
                                                       .flags = validate ? DEFINE_VALIDATE : 0};

    if (call_begin_domain_define_xml_flags(client->conn, &job.call, &args, err) < 0)
        return -1;
    return job_run(client, &job, err);
}

static int
edit_change(struct client *client, struct editor *editor, const struct remote_nonnull_domain *dom,
            const char *before, bool validate, struct err *err)
{
    cleanup_free char *after = NULL;

    if (editor_run(editor, client, before, &after, err) < 0)
        return -1;
    if (!after) {
        text_print_line(stdout, "%s not changed", dom->name);
        return 0;
    }
    if (edit_check(client->conn, dom, before, err) < 0 ||
        edit_define(client, dom, after, validate, err) < 0)
        return -1;
    text_print_line(stdout, "%s changed%s", dom->name,
                    dom->id < 0 ? "" : "; it counts when the domain is started next");
    return 0;
}

static int
edit_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                          *conn = client_connect(client, err);
    cleanup_domain struct remote_nonnull_domain dom = {0};
    cleanup_free char                          *before = NULL;
    struct editor                               editor = {0};
    bool                                        validate = !option_given(options, "lax");

    if (!conn || domain_find(conn, options->operands[0], &dom, err) < 0 ||
        edit_get(conn, &dom, &before, err) < 0)
        return -1;
    return editor_end(&editor, edit_change(client, &editor, &dom, before, validate, err), err);
}

static const struct option_spec edit_options[] = {
    {"lax", 0, NULL, "accept elements and attributes that are not known"},
    {0},
};

const struct command cmd_edit = {
    .name = "edit",
    .args = "DOMAIN",
    .help = "edit a domain's stored definition with $VISUAL or $EDITOR",
    .options = edit_options,
    .run = edit_run,
};
