/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Change the XML in a file that a save wrote, or how the domain is restored from it. */
#include "base/alloc.h"
#include "calls.h"
#include "command.h"
#include "editor.h"
#include "files.h"
#include "job.h"
#include "text.h"
#include "wire/libvirt.h"

static int
image_edit_flags(struct client *client, const struct options *options, unsigned *flags_out,
                 struct err *err)
{
    bool running = option_given(options, "running"), paused = option_given(options, "paused");

    if (running && paused)
        return client_misused(client, err, "--running and --paused exclude each other");
    *flags_out = (running ? SAVE_RUNNING : 0) | (paused ? SAVE_PAUSED : 0);
    return 0;
}

static int
image_edit_define(struct client *client, char *path, char *xml, unsigned flags, struct err *err)
{
    struct remote_domain_save_image_define_xml_args args = {
        .file = path, .dxml = xml, .flags = flags};
    cleanup_job struct job job = {0};
    cleanup_free char     *label = NULL;

    job.label = label = xasprintf("image-edit %s", path);
    if (call_begin_domain_save_image_define_xml(client->conn, &job.call, &args, err) < 0)
        return -1;
    return job_run(client, &job, err) < 0 ? job_aborted(&job, err) : 0;
}

/* The new XML: of a file, or what the user makes of the old; NULL: it is as it was, which is what
 * is wanted where there are flags. */
static int
image_edit_read(struct client *client, const struct options *options, unsigned flags,
                struct editor *editor, const char *old, char **xml_out, struct err *err)
{
    const char *file = option_value(options, "file");

    if (file)
        return files_read_text(file, xml_out, err);
    return flags ? 0 : editor_run(editor, client, old, xml_out, err);
}

static int
image_edit_ask(struct client *client, char *path, char **xml_out, struct err *err)
{
    struct remote_domain_save_image_get_xml_desc_args args = {.file = path,
                                                              .flags = SAVE_IMAGE_XML_SECURE};
    struct remote_domain_save_image_get_xml_desc_ret  ret = {0};

    if (call_domain_save_image_get_xml_desc(client->conn, &args, &ret, err) < 0)
        return -1;
    *xml_out = take_ptr(ret.xml);
    call_free_domain_save_image_get_xml_desc(&ret);
    return 0;
}

static int
image_edit_change(struct client *client, const struct options *options, unsigned flags,
                  struct editor *editor, char *path, struct err *err)
{
    cleanup_free char *old = NULL, *xml = NULL;

    if (image_edit_ask(client, path, &old, err) < 0 ||
        image_edit_read(client, options, flags, editor, old, &xml, err) < 0)
        return -1;
    if (!xml && !flags) {
        text_print_line(stdout, "%s is as it was", path);
        return 0;
    }
    if (image_edit_define(client, path, xml ? xml : old, flags, err) < 0)
        return -1;
    text_print_line(stdout, "%s changed", path);
    return 0;
}

static int
image_edit_run(struct client *client, const struct options *options, struct err *err)
{
    cleanup_free char *path = NULL;
    struct editor      editor = {0};
    unsigned           flags = 0;

    if (image_edit_flags(client, options, &flags, err) < 0 || !client_connect(client, err) ||
        files_absolute_path(options->operands[0], &path, err) < 0)
        return -1;
    return editor_end(&editor, image_edit_change(client, options, flags, &editor, path, err), err);
}

static const struct option_spec image_edit_options[] = {
    {"file", 'f', "XML", "take this file (- is standard input), and start no editor"},
    {"running", 0, NULL, "have it run when it is restored"},
    {"paused", 'p', NULL, "have it paused when it is restored"},
    {0},
};

const struct command cmd_image_edit = {
    .name = "image-edit",
    .args = "FILE",
    .help = "change the XML in a file that a save wrote",
    .options = image_edit_options,
    .run = image_edit_run,
};
