/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "import.h"
#include "job.h"
#include "text.h"
#include "wire/libvirt.h"

const struct option_spec import_options[] = {
    {"dry-run", 'n', NULL, "say what would become of each, and change nothing"},
    {"root", 0, "DIR", "the files are those of a system whose root is DIR"},
    {0},
};

int
import_begin(struct import *import, struct client *client, const struct options *options,
             struct err *err)
{
    *import = (struct import){.client = client, .dry_run = option_given(options, "dry-run")};
    if (root_open(&import->root, option_value(options, "root"), err) < 0 ||
        !client_connect(client, err))
        return -1;
    return call_guest_list(client->conn, NULL, &import->list, err);
}

void
import_clear(struct import *import)
{
    root_close(&import->root);
    names_clear(&import->seen);
    call_free_guest_list(&import->list);
}

int
import_end(const struct import *import, struct err *err)
{
    if (!import->failed)
        return 0;
    return err_set(err, ERR_OPERATION_FAILED, "%zu thing%s could not be taken, see above",
                   import->failed, import->failed == 1 ? "" : "s");
}

void
import_refuse(struct import *import, const char *name, const char *format, ...)
{
    char    message[ERR_MESSAGE_SIZE];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    /* Both may go to one file: the lines of a guest stay together. */
    fflush(stdout);
    text_print_line(stderr, "%s: %s", name, message);
    import->failed++;
}

int
import_refuse_err(struct import *import, const char *name, const char *what, struct err *err)
{
    if (err->code == ERR_NO_CONNECT || import->over)
        return -1;
    import_refuse(import, name, "%s: %s", what, err->message);
    return 0;
}

/*----- what there is -----*/

int
import_check(const struct import *import, const char *xml,
             struct dom0d_definition_check_ret *ret_out, struct err *err)
{
    struct dom0d_definition_check_args args = {.xml = (char *)(uintptr_t)xml};

    return call_definition_check(import->client->conn, &args, ret_out, err);
}

int
import_check_image(const struct import *import, const char *image,
                   struct dom0d_image_check_ret *ret_out, struct err *err)
{
    struct dom0d_image_check_args args = {.from = (char *)(uintptr_t)image};

    return call_image_check(import->client->conn, &args, ret_out, err);
}

const struct dom0d_guest *
import_find_name(const struct import *import, const char *name)
{
    for (unsigned n = 0; n < import->list.guests.guests_len; n++)
        if (strcmp(import->list.guests.guests_val[n].dom.name, name) == 0)
            return &import->list.guests.guests_val[n];
    return NULL;
}

const struct dom0d_guest *
import_find_uuid(const struct import *import, const char *uuid)
{
    for (unsigned n = 0; n < import->list.guests.guests_len; n++)
        if (memcmp(import->list.guests.guests_val[n].dom.uuid, uuid, UUID_SIZE) == 0)
            return &import->list.guests.guests_val[n];
    return NULL;
}

int
import_check_rest(struct import *import, const char *folder, const char *suffix, struct err *err)
{
    cleanup_names struct names saved;

    if (root_list(&import->root, folder, suffix, true, &saved, err) < 0)
        return -1;
    for (size_t n = 0; n < saved.count; n++)
        if (!names_have(&import->seen, saved.list[n]))
            import_refuse(import, saved.list[n],
                          "its saved state %s%s/%s%s is not taken over: there is no definition of "
                          "it",
                          import->root.path, folder, saved.list[n], suffix);
    return 0;
}

/*----- take it -----*/

static int
import_define(const struct import *import, const struct import_guest *guest,
              const struct remote_nonnull_domain *dom, struct err *err)
{
    cleanup_free char                         *label = xasprintf("define %s", dom->name);
    cleanup_job struct job                     job = {.label = label, .keep = true};
    struct remote_domain_define_xml_flags_args args = {.xml = (char *)(uintptr_t)guest->xml};

    if (call_begin_domain_define_xml_flags(import->client->conn, &job.call, &args, err) < 0)
        return -1;
    return job_run(import->client, &job, err);
}

static int
import_set_autostart(const struct import *import, const struct remote_nonnull_domain *dom,
                     struct err *err)
{
    cleanup_free char                      *label = xasprintf("autostart %s", dom->name);
    cleanup_job struct job                  job = {.label = label, .keep = true};
    struct remote_domain_set_autostart_args args = {.dom = *dom, .autostart = 1};

    if (call_begin_domain_set_autostart(import->client->conn, &job.call, &args, err) < 0)
        return -1;
    return job_run(import->client, &job, err);
}

/* Ctrl-C ends the copy, and with it the import. */
static int
import_copy_image(struct import *import, const char *image, const struct remote_nonnull_domain *dom,
                  struct err *err)
{
    cleanup_free char             *label = xasprintf("import %s", dom->name);
    cleanup_job struct job         job = {.label = label};
    struct dom0d_image_import_args args = {.dom = *dom, .from = (char *)(uintptr_t)image};

    if (call_begin_image_import(import->client->conn, &job.call, &args, err) < 0)
        return -1;
    if (job_run(import->client, &job, err) == 0)
        return 0;
    import->over = job.aborted;
    if (job.aborted && err->code == ERR_OPERATION_ABORTED)
        err_set(err, ERR_OPERATION_ABORTED, "%s: aborted; %s is defined, without its saved state",
                label, dom->name);
    return -1;
}

/* As the worker would find it. */
static int
import_try_image(const struct import *import, const char *image,
                 const struct remote_nonnull_domain *dom, struct err *err)
{
    cleanup_ret(image_check) struct dom0d_image_check_ret ret = {0};
    char                                                  uuid[UUID_TEXT_SIZE];

    if (dom->id >= 0)
        return err_set(err, ERR_OPERATION_INVALID, "it runs, and that is newer");
    if (import_check_image(import, image, &ret, err) < 0)
        return -1;
    if (memcmp(ret.dom.uuid, dom->uuid, UUID_SIZE) == 0 && strcmp(ret.dom.name, dom->name) == 0)
        return 0;
    return err_set(err, ERR_OPERATION_FAILED, "%s: it is an image of domain '%s' with uuid %s",
                   image, ret.dom.name, uuid_format((const uint8_t *)ret.dom.uuid, uuid));
}

static int
import_take_image(struct import *import, const char *image, const struct remote_nonnull_domain *dom,
                  struct err *err)
{
    if (import_try_image(import, image, dom, err) < 0)
        return -1;
    return import->dry_run ? 0 : import_copy_image(import, image, dom, err);
}

static void
import_say(const struct import *import, const struct remote_nonnull_domain *dom, bool image,
           bool autostart)
{
    const char *runs = dom->id < 0 ? "" : "; it runs";

    if (import->dry_run)
        text_print_line(stdout, "%s would be defined%s%s%s", dom->name,
                        image ? ", its saved state taken over" : "",
                        autostart ? ", started with the host" : "", runs);
    else
        text_print_line(stdout, "%s defined%s%s%s", dom->name,
                        image ? ", its saved state taken over" : "",
                        autostart ? ", started with the host" : "", runs);
}

/*
 * Its saved state comes before its autostart: whoever is interrupted in between has no guest that
 * boots with the host and forgets what was saved of it.  Nor has who cannot take the saved state,
 * unless the guest runs: what was saved is of no use then.
 */
static int
import_take(struct import *import, const struct import_guest *guest,
            const struct remote_nonnull_domain *dom, struct err *err)
{
    bool image = guest->image, autostart = guest->autostart;

    if (!import->dry_run && import_define(import, guest, dom, err) < 0)
        return import_refuse_err(import, dom->name, "not defined", err);
    if (image && import_take_image(import, guest->image, dom, err) < 0) {
        if (import_refuse_err(import, dom->name, "its saved state is not taken over", err) < 0)
            return -1;
        image = false;
        if (autostart && dom->id < 0) {
            import_refuse(import, dom->name,
                          "it is not started with the host: it would forget its saved state");
            autostart = false;
        }
    }
    if (autostart && !import->dry_run && import_set_autostart(import, dom, err) < 0) {
        if (import_refuse_err(import, dom->name, "not started with the host", err) < 0)
            return -1;
        autostart = false;
    }
    import_say(import, dom, image, autostart);
    return 0;
}

/*----- one guest -----*/

/* It is dom0d's, whatever has become of it there. */
static void
import_say_known(const struct import_guest *guest, const struct dom0d_guest *known)
{
    bool misses_image = guest->image && !(known->flags & DOM0D_GUEST_SAVED);
    bool misses_autostart = guest->autostart && !(known->flags & DOM0D_GUEST_AUTOSTART);

    text_print_line(stdout, "%s is defined already%s%s%s", known->dom.name,
                    misses_image ? ", without the saved state " : "",
                    misses_image ? guest->image : "",
                    misses_autostart ? ", and not started with the host" : "");
}

static void
import_print_notes(const struct dom0d_definition_check_ret *ret)
{
    fflush(stdout);
    for (unsigned n = 0; n < ret->msgs.msgs_len; n++)
        text_print_line(stderr, "dom0ctl: warning: %s: %s", ret->dom.name, ret->msgs.msgs_val[n]);
}

static int
import_checked(struct import *import, const struct import_guest *guest,
               const struct dom0d_definition_check_ret *ret, struct err *err)
{
    const struct dom0d_guest *known = import_find_uuid(import, ret->dom.uuid);
    const char               *name = ret->dom.name;
    bool                      twice = names_have(&import->seen, name);
    char                      uuid[UUID_TEXT_SIZE];

    if (guest->name && strcmp(guest->name, name) != 0) {
        import_refuse(import, guest->name, "not defined: %s is of '%s'", guest->file, name);
        return 0;
    }
    if (twice) {
        import_refuse(import, name, "not defined: %s is not the first one of this name",
                      guest->file);
        return 0;
    }
    names_add(&import->seen, name);
    if (known && known->flags & DOM0D_GUEST_STORED && strcmp(known->dom.name, name) == 0) {
        import_say_known(guest, known);
        return 0;
    }
    if (*ret->conflict) {
        import_refuse(import, name, "not defined: it has uuid %s: %s",
                      uuid_format((const uint8_t *)ret->dom.uuid, uuid), ret->conflict);
        return 0;
    }
    import_print_notes(ret);
    return import_take(import, guest, &ret->dom, err);
}

int
import_guest(struct import *import, const struct import_guest *guest, struct err *err)
{
    cleanup_ret(definition_check) struct dom0d_definition_check_ret ret = {0};

    if (import_check(import, guest->xml, &ret, err) == 0)
        return import_checked(import, guest, &ret, err);
    err_prefix(err, "%s", guest->file);
    if (guest->name)
        names_add(&import->seen, guest->name);
    return import_refuse_err(import, guest->name ? guest->name : guest->file, "not defined", err);
}
