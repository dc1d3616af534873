/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle-control.c: what changes a domain.  Create, destroy, save and restore make a job and are
 * answered when that has ended; shutdown and reboot only ask the guest.  Pause and unpause need no
 * handler (RPC_JOB); aborts are in handle-job.c.
 */
#include <string.h>

#include "base/alloc.h"
#include "conf/domain.h"
#include "daemon.h"
#include "domain/table.h"
#include "handlers.h"
#include "images.h"
#include "job/ops.h"
#include "lookup.h"
#include "owner.h"
#include "wire/libvirt.h"
#include "wire/worker.h"
#include "xml-call.h"

/*----- create -----*/

static void
control_created(void *arg, const struct job *job, const struct err *err)
{
    struct request *req = arg;

    if (err)
        request_fail(req, err);
    else
        reply_domain_create_xml(req,
                                &(remote_domain_create_xml_ret){.dom = domain_for_wire(job->dom)});
}

static void
control_create(struct xml_call *call, struct domain_def *def)
{
    struct daemon   *daemon = request_daemon(call->req);
    struct job_owner owner = owner_of_request(call->req, control_created);
    struct domain   *dom;
    struct err       err;

    if (domains_reserve(daemon->domains, def, &dom, &err) < 0)
        request_fail(call->req, &err);
    else
        job_submit(op_create_new(daemon->jobs, dom, &owner, call->paused));
}

void
handle_domain_create_xml(struct request *req, const remote_domain_create_xml_args *args)
{
    struct xml_call *call = xcalloc(1, sizeof *call);

    *call = (struct xml_call){.req = req,
                              .xml = xstrdup(args->xml_desc),
                              .parse = args->flags & START_VALIDATE ? DOMAIN_PARSE_VALIDATE : 0,
                              .paused = args->flags & START_PAUSED,
                              .go_on = control_create};
    xml_call_read(call);
}

/*----- destroy -----*/

/* What does not run yet may be started by a job, which it then aborts. */
static void
control_destroy(struct request *req, struct domain *dom)
{
    struct job_owner owner = owner_of_request(req, NULL);

    if (!domain_runs(dom) && !job_of_domain(dom)) {
        request_fail_libvirt(req, ERR_OPERATION_INVALID, "domain '%s' is not running", dom->name);
        return;
    }
    job_submit_first(op_destroy_new(request_daemon(req)->jobs, dom, &owner, STOPPED_DESTROYED));
}

void
handle_domain_destroy(struct request *req, struct domain *dom,
                      const remote_domain_destroy_args *args)
{
    (void)args;
    control_destroy(req, dom);
}

void
handle_domain_destroy_flags(struct request *req, struct domain *dom,
                            const remote_domain_destroy_flags_args *args)
{
    (void)args;
    control_destroy(req, dom);
}

/*----- shutdown and reboot -----*/

/* Somebody asked a guest to go; freed by the answer. */
struct power_request {
    struct request *req;
    struct host    *host;
    uint32_t        domid;
    bool            try_acpi; /* if the guest's kernel does not support Xen's way */
};

static void
power_done(void *arg, const struct err *err)
{
    struct power_request *power = arg;

    if (err && err->code == ERR_OPERATION_UNSUPPORTED && power->try_acpi) {
        power->try_acpi = false;
        host_request(power->host, HOST_SHUTDOWN_ACPI, power->domid, power_done, power);
        return;
    }
    if (err)
        request_fail(power->req, err);
    else
        request_reply(power->req, NULL);
    free(power);
}

static void
power_ask(struct request *req, const struct domain *dom, enum host_request what, bool try_acpi)
{
    struct power_request *power;

    if (dom->run.domid < 0) {
        request_fail_libvirt(req, ERR_OPERATION_INVALID, "domain '%s' is not running", dom->name);
        return;
    }
    power = xcalloc(1, sizeof *power);
    *power = (struct power_request){.req = req,
                                    .host = request_daemon(req)->host,
                                    .domid = (uint32_t)dom->run.domid,
                                    .try_acpi = try_acpi};
    host_request(power->host, what, power->domid, power_done, power);
}

void
handle_domain_shutdown(struct request *req, struct domain *dom,
                       const remote_domain_shutdown_args *args)
{
    (void)args;
    power_ask(req, dom, HOST_SHUTDOWN_PV, true);
}

void
handle_domain_shutdown_flags(struct request *req, struct domain *dom,
                             const remote_domain_shutdown_flags_args *args)
{
    bool acpi = args->flags & POWER_ACPI_BUTTON;
    bool pv = args->flags & POWER_PARAVIRT;

    if (acpi && !pv)
        power_ask(req, dom, HOST_SHUTDOWN_ACPI, false);
    else
        power_ask(req, dom, HOST_SHUTDOWN_PV, acpi || !pv);
}

void
handle_domain_reboot(struct request *req, struct domain *dom, const remote_domain_reboot_args *args)
{
    (void)args;
    power_ask(req, dom, HOST_REBOOT_PV, false);
}

/*----- save and restore -----*/

static unsigned
control_restore_flags(unsigned flags)
{
    return (flags & SAVE_RUNNING ? WORKER_RESTORE_RUNNING : 0) |
           (flags & SAVE_PAUSED ? WORKER_RESTORE_PAUSED : 0) |
           (flags & DOM0D_RESTORE_FORCE ? WORKER_RESTORE_FORCE : 0);
}

static void
control_submit_save(struct request *req, struct domain *dom, const char *path, const char *xml,
                    unsigned flags)
{
    struct job_owner owner = owner_of_request(req, NULL);

    job_submit(op_save_new(request_daemon(req)->jobs, dom, &owner, path, xml, flags));
}

/* An XML to put in the place of a domain's own must be of the same domain. */
static void
control_save_replaced(struct xml_call *call, struct domain_def *def)
{
    struct domain *dom = domains_by_uuid(request_daemon(call->req)->domains, call->uuid);
    char           text[UUID_TEXT_SIZE];

    if (!dom)
        request_fail_libvirt(call->req, ERR_NO_DOMAIN, "no domain with matching uuid '%s'",
                             uuid_format(call->uuid, text));
    else if (!uuid_equal(def->uuid, dom->uuid) || strcmp(def->name, dom->name) != 0)
        request_fail_with(call->req, ERR_INVALID_ARG,
                          "the XML is not of domain '%s': name or uuid differ", dom->name);
    else
        control_submit_save(call->req, dom, call->path, call->xml, call->flags);
    domain_def_free(def);
}

/* flags: of the call. */
static void
control_save(struct request *req, struct domain *dom, const char *path, const char *xml,
             unsigned flags)
{
    struct xml_call *call;

    if (!images_check_path(req, path) || !images_check_states(req, flags))
        return;
    if (!xml) {
        control_submit_save(req, dom, path, NULL, images_save_flags(flags));
        return;
    }
    call = xcalloc(1, sizeof *call);
    *call = (struct xml_call){.req = req,
                              .xml = xstrdup(xml),
                              .path = xstrdup(path),
                              .flags = images_save_flags(flags),
                              .go_on = control_save_replaced};
    memcpy(call->uuid, dom->uuid, UUID_SIZE);
    xml_call_read(call);
}

void
handle_domain_save(struct request *req, struct domain *dom, const remote_domain_save_args *args)
{
    control_save(req, dom, args->to, NULL, 0);
}

void
handle_domain_save_flags(struct request *req, struct domain *dom,
                         const remote_domain_save_flags_args *args)
{
    control_save(req, dom, args->to, args->dxml ? *args->dxml : NULL, args->flags);
}

void
handle_guest_save(struct request *req, struct domain *dom, const dom0d_guest_save_args *args)
{
    control_save(req, dom, args->to, args->dxml ? *args->dxml : NULL, args->flags);
}

static void
control_submit_restore(struct request *req, const char *path, const char *xml, unsigned flags)
{
    struct job_owner owner = owner_of_request(req, NULL);

    job_submit(op_restore_new(request_daemon(req)->jobs, &owner, path, xml, flags));
}

/* What the worker reads again is known to be good. */
static void
control_restore_replaced(struct xml_call *call, struct domain_def *def)
{
    domain_def_free(def);
    control_submit_restore(call->req, call->path, call->xml, call->flags);
}

/* flags: of the call. */
static void
control_restore(struct request *req, const char *path, const char *xml, unsigned flags)
{
    struct xml_call *call;

    if (!images_check_path(req, path) || !images_check_states(req, flags))
        return;
    if (!xml) {
        control_submit_restore(req, path, NULL, control_restore_flags(flags));
        return;
    }
    call = xcalloc(1, sizeof *call);
    *call = (struct xml_call){.req = req,
                              .xml = xstrdup(xml),
                              .path = xstrdup(path),
                              .flags = control_restore_flags(flags),
                              .go_on = control_restore_replaced};
    xml_call_read(call);
}

void
handle_domain_restore(struct request *req, const remote_domain_restore_args *args)
{
    control_restore(req, args->from, NULL, 0);
}

void
handle_domain_restore_flags(struct request *req, const remote_domain_restore_flags_args *args)
{
    control_restore(req, args->from, args->dxml ? *args->dxml : NULL, args->flags);
}

void
handle_guest_restore(struct request *req, const dom0d_guest_restore_args *args)
{
    control_restore(req, args->from, args->dxml ? *args->dxml : NULL, args->flags);
}
