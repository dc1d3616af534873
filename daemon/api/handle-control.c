/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle-control.c: what changes a domain.  Each makes a job and is answered when that has ended;
 * shutdown and reboot only ask the guest.
 */
#include <string.h>

#include "base/alloc.h"
#include "conf/domain.h"
#include "config.h"
#include "daemon.h"
#include "domain/table.h"
#include "handlers.h"
#include "job/ops.h"
#include "lookup.h"
#include "owner.h"
#include "wire/libvirt.h"
#include "wire/worker.h"

/*----- create -----*/

/* The definition a client sent, bounded and checked. */
static int
control_parse_definition(const struct daemon *daemon, const char *xml, struct domain_def **def_out,
                         struct err *err)
{
    size_t             size = strlen(xml);
    struct domain_def *def;

    if (size > daemon->config->max_xml)
        return err_set(err, ERR_INVALID_ARG, "the domain XML has %zu bytes, %zu are allowed", size,
                       daemon->config->max_xml);
    if (domain_def_parse(xml, size, &def, err) < 0)
        return -1;
    if (def->on_poweroff == DOMAIN_ACTION_RENAME_RESTART ||
        def->on_reboot == DOMAIN_ACTION_RENAME_RESTART ||
        def->on_crash == DOMAIN_ACTION_RENAME_RESTART) {
        domain_def_free(def);
        return err_set_libvirt(err, ERR_CONFIG_UNSUPPORTED, "rename-restart is not supported");
    }
    *def_out = def;
    return 0;
}

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

void
handle_domain_create_xml(struct request *req, const remote_domain_create_xml_args *args)
{
    struct daemon     *daemon = request_daemon(req);
    struct domain_def *def;
    struct domain     *dom;
    struct job_owner   owner;
    struct err         err;

    if (control_parse_definition(daemon, args->xml_desc, &def, &err) < 0 ||
        domains_reserve(daemon->domains, def, &dom, &err) < 0) {
        request_fail(req, &err);
        return;
    }
    owner = owner_of_request(req, control_created);
    job_submit(op_create_new(daemon->jobs, dom, &owner, args->flags & START_PAUSED));
}

/*----- destroy -----*/

static void
control_destroy(struct request *req, struct domain *dom)
{
    struct job_owner owner = owner_of_request(req, NULL);

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

/* The worker's working folder is not the client's. */
static bool
control_check_path(struct request *req, const char *path)
{
    if (path[0] == '/' && strlen(path) < WORKER_PATH_MAX)
        return true;
    request_fail_with(req, ERR_INVALID_ARG, "'%s' is not an absolute path", path);
    return false;
}

/* An XML to put in the place of a domain's own must be of the same domain. */
static int
control_check_replacement(const struct daemon *daemon, const struct domain *dom, const char *xml,
                          struct err *err)
{
    struct domain_def *def;
    bool               same;

    if (control_parse_definition(daemon, xml, &def, err) < 0)
        return -1;
    same = uuid_equal(def->uuid, dom->uuid) && !strcmp(def->name, dom->name);
    domain_def_free(def);
    return same ? 0
                : err_set(err, ERR_INVALID_ARG,
                          "the XML is not of domain '%s': name or uuid differ", dom->name);
}

static void
control_save(struct request *req, struct domain *dom, const char *path, const char *xml)
{
    struct daemon   *daemon = request_daemon(req);
    struct job_owner owner;
    struct err       err;

    if (!control_check_path(req, path))
        return;
    if (xml && control_check_replacement(daemon, dom, xml, &err) < 0) {
        request_fail(req, &err);
        return;
    }
    owner = owner_of_request(req, NULL);
    job_submit(op_save_new(daemon->jobs, dom, &owner, path, xml));
}

void
handle_domain_save(struct request *req, struct domain *dom, const remote_domain_save_args *args)
{
    control_save(req, dom, args->to, NULL);
}

void
handle_domain_save_flags(struct request *req, struct domain *dom,
                         const remote_domain_save_flags_args *args)
{
    control_save(req, dom, args->to, args->dxml ? *args->dxml : NULL);
}

static void
control_restore(struct request *req, const char *path, const char *xml, unsigned flags)
{
    struct daemon     *daemon = request_daemon(req);
    struct domain_def *def;
    struct job_owner   owner;
    struct err         err;

    if (!control_check_path(req, path))
        return;
    if (xml) {
        if (control_parse_definition(daemon, xml, &def, &err) < 0) {
            request_fail(req, &err);
            return;
        }
        domain_def_free(def);
    }
    owner = owner_of_request(req, NULL);
    job_submit(op_restore_new(daemon->jobs, &owner, path, xml, flags & SAVE_PAUSED));
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
