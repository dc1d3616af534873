/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * domain-state.c: what is said of a domain: its state, its XML.
 */
#include <string.h>

#include "base/alloc.h"
#include "daemon.h"
#include "domain.h"
#include "eventloop/loop.h"
#include "job/job.h"

/* What a client asks for again so soon is answered from memory. */
#define INFO_GOOD_USEC 20000

void
domain_note_info(struct domain *dom, const struct host_dominfo *info)
{
    dom->info = *info;
    dom->info_usec = loop_now_usec();
}

void
domain_forget_info(struct domain *dom)
{
    dom->info_usec = 0;
}

bool
domain_ask(struct domain *dom, struct host_dominfo *info_out)
{
    struct host_dominfo info;
    struct err          err;

    if (dom->domid < 0)
        return false;
    if (!dom->info_usec || loop_now_usec() - dom->info_usec >= INFO_GOOD_USEC) {
        domain_forget_info(dom);
        if (host_domain_info(dom->daemon->host, (uint32_t)dom->domid, &info, &err) < 0 ||
            !uuid_equal(info.uuid, dom->uuid))
            return false;
        domain_note_info(dom, &info);
    }
    *info_out = dom->info;
    return true;
}

static bool
is_held_by(const struct domain *dom, const struct job_operation *operation)
{
    const struct job *job = job_of_domain(dom);

    return job && job->state != JOB_QUEUED && job->operation == operation;
}

static enum domain_state
state_of_shut_down(const struct domain *dom, const struct host_dominfo *info, int *reason_out)
{
    switch (info->shutdown_reason) {
    case HOST_SHUTDOWN_SUSPEND:
        if (is_held_by(dom, &op_save)) {
            *reason_out = PAUSED_SAVE;
            return STATE_PAUSED;
        }
        *reason_out = 0;
        return STATE_PMSUSPENDED;
    case HOST_SHUTDOWN_CRASH:
    case HOST_SHUTDOWN_WATCHDOG:
        *reason_out = CRASHED_PANICKED_REASON;
        return STATE_CRASHED;
    default:
        *reason_out = SHUTDOWN_UNKNOWN;
        return STATE_SHUTDOWN;
    }
}

enum domain_state
domain_state(const struct domain *dom, const struct host_dominfo *info, int *reason_out)
{
    if (!info) {
        *reason_out = 0;
        return STATE_SHUTOFF;
    }
    if (info->dying) {
        *reason_out = SHUTDOWN_UNKNOWN;
        return STATE_SHUTDOWN;
    }
    if (info->shutdown)
        return state_of_shut_down(dom, info, reason_out);
    if (!info->paused) {
        *reason_out = dom->running_reason;
        return STATE_RUNNING;
    }
    *reason_out = PAUSED_USER;
    if (is_held_by(dom, &op_create) || is_held_by(dom, &op_restore) || is_held_by(dom, &op_restart))
        *reason_out = PAUSED_STARTING_UP;
    else if (is_held_by(dom, &op_dump))
        *reason_out = PAUSED_DUMP;
    return STATE_PAUSED;
}

struct remote_nonnull_domain
domain_for_wire(const struct domain *dom)
{
    struct remote_nonnull_domain wire = {.name = dom->name, .id = dom->domid};

    memcpy(wire.uuid, dom->uuid, sizeof dom->uuid);
    return wire;
}

/*----- the XML -----*/

/* Somebody waits for an XML; it owns itself until it has told. */
struct xml_wait {
    struct daemon     *daemon;
    int                domid;
    uint8_t            uuid[UUID_SIZE];
    unsigned           flags;
    domain_xml_fn     *done;
    void              *arg;
    struct domain_def *def; /* of a guest of xl; NULL: the domain's own */
    char              *xml; /* when it is ready at once */
    struct loop_defer  defer;
};

static void
tell_xml(void *arg)
{
    struct xml_wait *wait = arg;

    wait->done(wait->arg, take_ptr(wait->xml), NULL);
    domain_def_free(wait->def);
    free(wait);
}

static void
fail_xml(struct xml_wait *wait, const struct err *err)
{
    wait->done(wait->arg, NULL, err);
    domain_def_free(wait->def);
    free(wait);
}

static void
got_live(void *arg, struct host_live *live, const struct err *err)
{
    struct xml_wait         *wait = arg;
    const struct domain     *dom;
    const struct domain_def *def = wait->def;
    struct err               gone;

    if (err) {
        fail_xml(wait, err);
        return;
    }
    if (!def) {
        dom = domains_by_id(wait->daemon->domains, wait->domid);
        def = dom && uuid_equal(dom->uuid, wait->uuid) ? dom->def : NULL;
    }
    if (!def) {
        err_set(&gone, ERR_NO_DOMAIN, "domain %d has gone", wait->domid);
        fail_xml(wait, &gone);
        return;
    }
    wait->xml = domain_def_format(def, &live->live, wait->flags);
    tell_xml(wait);
}

static void
got_definition(void *arg, struct domain_def *def, const struct err *err)
{
    struct xml_wait *wait = arg;

    if (err) {
        fail_xml(wait, err);
        return;
    }
    wait->def = def;
    host_domain_live(wait->daemon->host, (uint32_t)wait->domid, got_live, wait);
}

/* It was not known yet whether dom0d had started it. */
static void
got_kept(void *arg, char *xml, const struct err *err)
{
    struct xml_wait *wait = arg;
    struct err       bad;

    if (xml && domain_def_parse(xml, strlen(xml), &wait->def, &bad) < 0)
        wait->def = NULL;
    free(xml);
    if (err)
        fail_xml(wait, err);
    else if (wait->def)
        host_domain_live(wait->daemon->host, (uint32_t)wait->domid, got_live, wait);
    else
        host_domain_def(wait->daemon->host, (uint32_t)wait->domid, got_definition, wait);
}

/* libxl keeps no configuration of dom0; what the hypervisor says must do. */
static char *
control_domain_xml(const struct domain *dom)
{
    struct host_dominfo info = {.max_vcpus = 1};
    struct err          err;

    (void)host_domain_info(dom->daemon->host, (uint32_t)dom->domid, &info, &err);
    return domain_control_format(dom->domid, dom->name, dom->uuid, info.memory_kib,
                                 info.vcpus_online, info.max_vcpus);
}

void
domain_xml(struct domain *dom, unsigned flags, domain_xml_fn *done, void *arg)
{
    struct host     *host = dom->daemon->host;
    struct xml_wait *wait = xcalloc(1, sizeof *wait);

    *wait = (struct xml_wait){
        .daemon = dom->daemon, .domid = dom->domid, .flags = flags, .done = done, .arg = arg};
    memcpy(wait->uuid, dom->uuid, UUID_SIZE);
    if (!dom->def && dom->asks_kept) {
        host_domain_kept_xml(host, (uint32_t)dom->domid, got_kept, wait);
    } else if (!dom->def && dom->domid != 0) {
        host_domain_def(host, (uint32_t)dom->domid, got_definition, wait);
    } else if (dom->def && dom->domid >= 0) {
        host_domain_live(host, (uint32_t)dom->domid, got_live, wait);
    } else {
        wait->xml = dom->def ? domain_def_format(dom->def, NULL, flags) : control_domain_xml(dom);
        loop_defer_init(&wait->defer, dom->daemon->loop, tell_xml, wait);
        loop_defer_start(&wait->defer);
    }
}
