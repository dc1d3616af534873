/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle-define.c: definitions that last: they are stored, changed and removed, and started from.
 */
#include <string.h>

#include "base/alloc.h"
#include "config.h"
#include "daemon.h"
#include "domain/store.h"
#include "eventloop/work.h"
#include "handlers.h"
#include "job/ops.h"
#include "lookup.h"
#include "owner.h"
#include "wire/libvirt.h"
#include "xml-call.h"

/*----- define -----*/

/* What both calls are answered has the same form. */
static void
define_answer(void *arg, const struct job *job, const struct err *err)
{
    struct request *req = arg;

    if (err)
        request_fail(req, err);
    else
        request_reply(req, &(remote_domain_define_xml_flags_ret){.dom = domain_for_wire(job->dom)});
}

static void
define_go_on(struct xml_call *call, struct domain_def *def)
{
    struct daemon   *daemon = request_daemon(call->req);
    struct job_owner owner = owner_of_request(call->req, define_answer);
    struct domain   *dom;
    struct err       err;

    if (domains_define(daemon->domains, def, &dom, &err) == 0) {
        job_submit(op_define_new(daemon->jobs, dom, &owner, def));
        return;
    }
    request_fail(call->req, &err);
    domain_def_free(def);
}

static void
define_read(struct request *req, const char *xml, unsigned flags, xml_call_go_on_fn *go_on)
{
    struct xml_call *call = xcalloc(1, sizeof *call);
    unsigned         validate = flags & DEFINE_VALIDATE ? DOMAIN_PARSE_VALIDATE : 0;

    *call = (struct xml_call){
        .req = req, .xml = xstrdup(xml), .parse = DEFINITION_PACK | validate, .go_on = go_on};
    xml_call_read(call);
}

void
handle_domain_define_xml(struct request *req, const remote_domain_define_xml_args *args)
{
    define_read(req, args->xml, 0, define_go_on);
}

void
handle_domain_define_xml_flags(struct request *req, const remote_domain_define_xml_flags_args *args)
{
    define_read(req, args->xml, args->flags, define_go_on);
}

/*----- could it be defined? -----*/

static void
define_tell(struct request *req, const struct domain_def *def, char *conflict)
{
    const struct domain       *dom = domains_by_uuid(request_daemon(req)->domains, def->uuid);
    remote_nonnull_string     *list = xcalloc(def->n_notes + 1, sizeof *list);
    dom0d_definition_check_ret ret = {.dom = {.name = def->name, .id = dom ? dom->run.domid : -1},
                                      .conflict = conflict,
                                      .msgs.msgs_val = list};

    memcpy(ret.dom.uuid, def->uuid, UUID_SIZE);
    while (ret.msgs.msgs_len < def->n_notes && ret.msgs.msgs_len < REMOTE_DOMAIN_MESSAGES_MAX) {
        list[ret.msgs.msgs_len] = xasprintf("ignored: %s", def->notes[ret.msgs.msgs_len].message);
        ret.msgs.msgs_len++;
    }
    reply_definition_check(req, &ret);
    for (unsigned n = 0; n < ret.msgs.msgs_len; n++)
        free(list[n]);
    free(list);
}

static void
define_checked(struct xml_call *call, struct domain_def *def)
{
    struct err err = {.message = ""};

    (void)domains_check_define(request_daemon(call->req)->domains, def, &err);
    define_tell(call->req, def, err.message);
    domain_def_free(def);
}

void
handle_definition_check(struct request *req, const dom0d_definition_check_args *args)
{
    define_read(req, args->xml, args->flags, define_checked);
}

void
handle_domain_undefine_flags(struct request *req, struct domain *dom,
                             const remote_domain_undefine_flags_args *args)
{
    struct job_owner owner = owner_of_request(req, NULL);

    job_submit(op_undefine_new(request_daemon(req)->jobs, dom, &owner,
                               args->flags & UNDEFINE_MANAGED_SAVE));
}

/*----- start -----*/

/* The result of one is the other's, and nothing more. */
static void
start_answer(void *arg, const struct job *job, const struct err *err)
{
    struct request *req = arg;

    if (err)
        request_fail(req, err);
    else
        reply_domain_create_with_flags(
            req, &(remote_domain_create_with_flags_ret){.dom = domain_for_wire(job->dom)});
}

static bool
start_check(struct request *req, const struct domain *dom)
{
    if (!domain_runs(dom) && dom->stored)
        return true;
    request_fail_libvirt(req, ERR_OPERATION_INVALID, "domain '%s' is already running", dom->name);
    return false;
}

/* By its managed save, if there is one.  flags: START_. */
static void
start_submit(struct request *req, struct domain *dom, const struct job_owner *owner, unsigned flags)
{
    struct jobs *jobs = request_daemon(req)->jobs;
    bool         paused = flags & START_PAUSED;

    if (dom->has_image && !(flags & START_FORCE_BOOT)) {
        job_submit(op_start_saved_new(jobs, dom, owner, paused ? WORKER_RESTORE_PAUSED : 0));
        return;
    }
    /* Where it cannot be removed the start finds it. */
    if (dom->has_image)
        job_submit(job_new(jobs, &op_image_remove, dom, NULL));
    job_submit(op_start_new(jobs, dom, owner, paused));
}

/* What is stored was good when that was done; elements that are not known it may have. */
static void
start_validated(struct xml_call *call, struct domain_def *def)
{
    struct daemon   *daemon = request_daemon(call->req);
    struct job_owner owner = owner_of_request(call->req, start_answer);
    struct domain   *dom = domains_by_uuid(daemon->domains, call->uuid);

    domain_def_free(def);
    if (!dom)
        request_fail_libvirt(call->req, ERR_NO_DOMAIN, "the domain is not defined any more");
    else if (start_check(call->req, dom))
        start_submit(call->req, dom, &owner, call->flags);
}

void
handle_domain_create(struct request *req, struct domain *dom, const remote_domain_create_args *args)
{
    struct job_owner owner = owner_of_request(req, NULL);

    (void)args;
    if (start_check(req, dom))
        start_submit(req, dom, &owner, 0);
}

void
handle_domain_create_with_flags(struct request *req, struct domain *dom,
                                const remote_domain_create_with_flags_args *args)
{
    struct job_owner owner = owner_of_request(req, start_answer);
    struct xml_call *call;

    if (!start_check(req, dom))
        return;
    if (!(args->flags & START_VALIDATE)) {
        start_submit(req, dom, &owner, args->flags);
        return;
    }
    call = xcalloc(1, sizeof *call);
    *call = (struct xml_call){.req = req,
                              .xml = xstrdup(dom->stored->text),
                              .parse = DOMAIN_PARSE_VALIDATE,
                              .flags = args->flags,
                              .go_on = start_validated};
    memcpy(call->uuid, dom->uuid, UUID_SIZE);
    xml_call_read(call);
}

/*----- rename and autostart -----*/

static void
rename_answer(void *arg, const struct job *job, const struct err *err)
{
    struct request *req = arg;

    (void)job;
    if (err)
        request_fail(req, err);
    else
        reply_domain_rename(req, &(remote_domain_rename_ret){.retcode = 0});
}

void
handle_domain_rename(struct request *req, struct domain *dom, const remote_domain_rename_args *args)
{
    struct job_owner owner = owner_of_request(req, rename_answer);
    const char      *name = args->new_name ? *args->new_name : "";

    if (!domain_name_is_valid(name))
        request_fail_with(req, ERR_INVALID_ARG, "'%s' does not do for the name of a domain", name);
    else if (strcmp(name, dom->name) == 0)
        request_fail_libvirt(req, ERR_OPERATION_FAILED, "Can't rename domain to itself");
    else
        job_submit(op_rename_new(request_daemon(req)->jobs, dom, &owner, name));
}

void
handle_domain_get_autostart(struct request *req, struct domain *dom,
                            const remote_domain_get_autostart_args *args)
{
    (void)args;
    reply_domain_get_autostart(req,
                               &(remote_domain_get_autostart_ret){.autostart = dom->autostart});
}

void
handle_domain_set_autostart(struct request *req, struct domain *dom,
                            const remote_domain_set_autostart_args *args)
{
    struct job_owner owner = owner_of_request(req, NULL);

    job_submit(op_autostart_new(request_daemon(req)->jobs, dom, &owner, args->autostart));
}

/*----- what it is -----*/

void
handle_domain_is_persistent(struct request *req, struct domain *dom,
                            const remote_domain_is_persistent_args *args)
{
    (void)args;
    reply_domain_is_persistent(
        req, &(remote_domain_is_persistent_ret){.persistent = dom->stored != NULL});
}

void
handle_domain_is_updated(struct request *req, struct domain *dom,
                         const remote_domain_is_updated_args *args)
{
    (void)args;
    reply_domain_is_updated(req, &(remote_domain_is_updated_ret){.updated = dom->updated});
}

/*----- one thing of a definition -----*/

static void
change_submit(struct request *req, struct domain *dom, const struct definition_change *change)
{
    struct job_owner owner = owner_of_request(req, NULL);

    job_submit(op_change_new(request_daemon(req)->jobs, dom, &owner, change));
}

static const char *
change_text(remote_string text)
{
    return text ? *text : NULL;
}

/* libvirt's own checks, which its clients rely on. */
static int
change_check_metadata(const struct daemon *daemon, int type, const char *value, const char *key,
                      const char *uri, struct err *err)
{
    bool element = type == METADATA_ELEMENT;

    if (type != METADATA_DESCRIPTION && type != METADATA_TITLE && !element)
        return err_set(err, ERR_INVALID_ARG, "there is no metadata of type %d", type);
    if (value && strlen(value) > daemon->config->max_xml)
        return err_set(err, ERR_INVALID_ARG, "the metadata has %zu bytes, %zu are allowed",
                       strlen(value), daemon->config->max_xml);
    if (type == METADATA_TITLE && value && strchr(value, '\n'))
        return err_set(err, ERR_INVALID_ARG, "a title cannot have newlines");
    if (!element && (key || uri))
        return err_set(err, ERR_INVALID_ARG, "a title or description has no key and no uri");
    if (element && (!uri || (value && !key)))
        return err_set(err, ERR_INVALID_ARG, "an element of metadata needs a uri, and a key");
    return 0;
}

void
handle_domain_set_metadata(struct request *req, struct domain *dom,
                           const remote_domain_set_metadata_args *args)
{
    const char *value = change_text(args->metadata), *key = change_text(args->key);
    const char *uri = change_text(args->uri);
    struct err  err;

    if (change_check_metadata(request_daemon(req), args->type, value, key, uri, &err) < 0)
        request_fail(req, &err);
    else
        change_submit(req, dom,
                      &(struct definition_change){.affect = args->flags,
                                                  .metadata = args->type,
                                                  .value = (char *)(uintptr_t)value,
                                                  .key = (char *)(uintptr_t)key,
                                                  .uri = (char *)(uintptr_t)uri});
}

/* What is asked for, until it can be read; the domain may go meanwhile. */
struct metadata_wanted {
    uint8_t  uuid[UUID_SIZE];
    int      type;
    unsigned affect;
    char     uri[];
};

/* It is read, by the thread beside the loop where that takes long. */
struct metadata_reading {
    struct request    *req;
    struct domain_def *def; /* shared */
    int                type;
    char              *uri;
    char              *value; /* NULL: there is none, or it was not read */
};

/* virsh list --title takes any other error for its end. */
static void
metadata_answer(struct request *req, char *value)
{
    if (value)
        reply_domain_get_metadata(req, &(remote_domain_get_metadata_ret){.metadata = value});
    else
        request_fail_libvirt(req, ERR_NO_DOMAIN_METADATA,
                             "Requested metadata element is not present");
}

static void
metadata_do_read(void *arg)
{
    struct metadata_reading *reading = arg;

    reading->value = domain_def_metadata(reading->def, reading->type, reading->uri);
}

static void
metadata_is_read(void *arg, bool ended)
{
    cleanup_free struct metadata_reading *reading = arg;

    if (ended)
        metadata_answer(reading->req, reading->value);
    else
        request_fail_with(reading->req, ERR_OPERATION_ABORTED, "aborted: the daemon stops");
    domain_def_free(reading->def);
    free(reading->uri);
    free(reading->value);
}

static void
metadata_read_of(struct request *req, struct domain_def *def, const struct metadata_wanted *wanted)
{
    struct metadata_reading *reading = xcalloc(1, sizeof *reading);

    *reading = (struct metadata_reading){.req = req,
                                         .def = domain_def_share(def),
                                         .type = wanted->type,
                                         .uri = xstrdup(wanted->uri)};
    loop_work(request_daemon(req)->loop, request_user(req), definition_is_long(def),
              metadata_do_read, metadata_is_read, reading);
}

static void
metadata_choose(struct request *req, const struct domain *dom, const struct metadata_wanted *wanted)
{
    struct domain_def *def;
    bool               live, stored;
    struct err         err;

    if (definition_affects(dom, wanted->affect, &live, &stored, &err) < 0) {
        request_fail(req, &err);
        return;
    }
    /* A guest of xl has none. */
    def = stored ? dom->stored : dom->live;
    if (def)
        metadata_read_of(req, def, wanted);
    else
        metadata_answer(req, NULL);
}

static void
metadata_read(struct request *req, void *arg)
{
    const struct metadata_wanted *wanted = arg;
    const struct domain          *dom = domains_by_uuid(request_daemon(req)->domains, wanted->uuid);
    char                          text[UUID_TEXT_SIZE];

    if (dom)
        metadata_choose(req, dom, wanted);
    else
        request_fail_libvirt(req, ERR_NO_DOMAIN, "no domain with matching uuid '%s'",
                             uuid_format(wanted->uuid, text));
}

void
handle_domain_get_metadata(struct request *req, struct domain *dom,
                           const remote_domain_get_metadata_args *args)
{
    const char             *uri = args->uri ? *args->uri : "";
    struct metadata_wanted *wanted = xcalloc(1, sizeof *wanted + strlen(uri) + 1);

    memcpy(wanted->uuid, dom->uuid, UUID_SIZE);
    wanted->type = args->type;
    wanted->affect = args->flags;
    strcpy(wanted->uri, uri);
    if (args->type < METADATA_DESCRIPTION || args->type > METADATA_ELEMENT) {
        request_fail_with(req, ERR_INVALID_ARG, "there is no metadata of type %d", args->type);
        free(wanted);
    } else if (args->flags == AFFECT_ALL) {
        request_fail_with(req, ERR_INVALID_ARG,
                          "what runs and what is stored cannot both be asked for");
        free(wanted);
    } else {
        request_in_turn(req, metadata_read, wanted);
    }
}

void
handle_domain_set_lifecycle_action(struct request *req, struct domain *dom,
                                   const remote_domain_set_lifecycle_action_args *args)
{
    static const enum domain_action actions[] = {
        [ACTION_DESTROY] = DOMAIN_ACTION_DESTROY,
        [ACTION_RESTART] = DOMAIN_ACTION_RESTART,
        [ACTION_RESTART_RENAME] = DOMAIN_ACTION_RENAME_RESTART,
        [ACTION_PRESERVE] = DOMAIN_ACTION_PRESERVE,
        [ACTION_COREDUMP_DESTROY] = DOMAIN_ACTION_COREDUMP_DESTROY,
        [ACTION_COREDUMP_RESTART] = DOMAIN_ACTION_COREDUMP_RESTART};

    if (args->type > ACTION_FOR_CRASH || args->action >= array_size(actions))
        request_fail_with(req, ERR_INVALID_ARG, "there is no action %u for lifecycle event %u",
                          args->action, args->type);
    else if (args->action == ACTION_RESTART_RENAME)
        request_fail_libvirt(req, ERR_CONFIG_UNSUPPORTED, "rename-restart is not supported");
    else if (args->type != ACTION_FOR_CRASH && args->action >= ACTION_COREDUMP_DESTROY)
        request_fail_with(req, ERR_INVALID_ARG, "a core is written of a crash only");
    else
        change_submit(req, dom,
                      &(struct definition_change){.affect = args->flags,
                                                  .metadata = -1,
                                                  .which = args->type,
                                                  .action = actions[args->action]});
}
