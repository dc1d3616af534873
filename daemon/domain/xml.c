/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xml.c: a domain's XML.  A definition of dom0d's own is in memory, and xenstore has what is live
 * in it; of a guest of xl libxl knows the whole; of the control domain the hypervisor.
 *
 *   domain_xml ---------------------------------> xml_got_live -> xml_written   a guest of dom0d
 *       -> xml_got_definition -> xml_definition_read ...                        a guest of xl
 *       -> xml_got_kept -> xml_kept_read ...               one of either, not known yet
 *       -> xml_now                                         nothing is to be asked, or written: also
 *                                                          of one that was undefined, and is left
 *                                                          by those who work on it
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "private.h"

/* Somebody waits for an XML.  The table owns it until it has told. */
struct domain_xml_wait {
    struct domains    *domains;
    int                domid;
    uint8_t            uuid[UUID_SIZE];
    uint64_t           whose;
    unsigned           flags;
    domain_xml_fn     *done;
    void              *arg;
    struct domain_def *def;  /* of a guest of xl, once libxl has told it */
    char              *xml;  /* of the control domain; else NULL */
    struct host_call  *call; /* what is asked; NULL: nothing */
    struct loop_defer  now;
    TAILQ_ENTRY(domain_xml_wait) link;
};

static loop_fn             xml_now;
static host_xml_fn         xml_got_kept;
static host_xml_fn         xml_got_definition;
static host_live_fn        xml_got_live;
static definition_write_fn xml_written;

/* xml is Taken by who waits. */
static void
xml_finish(struct domain_xml_wait *wait, char *xml, const struct err *err)
{
    domain_xml_fn *done = wait->done;
    void          *arg = wait->arg;

    TAILQ_REMOVE(&wait->domains->xml_waits, wait, link);
    loop_defer_stop(&wait->now);
    domain_def_free(wait->def);
    free(wait->xml);
    free(wait);
    done(arg, xml, err);
}

/* What the hypervisor says must do: libxl keeps no configuration of it. */
static char *
xml_of_control_domain(const struct domain *dom)
{
    struct host_dominfo info = {.max_vcpus = 1};
    struct err          err;

    (void)domain_ask_now(dom, &info, &err);
    return domain_control_format(dom->run.domid, dom->name, dom->uuid, NULL, info.memory_kib,
                                 info.vcpus_online, info.max_vcpus);
}

/* NULL: of what runs, which is not known here. */
static struct domain_def *
xml_definition(const struct domain *dom, unsigned flags)
{
    bool off = !domain_runs(dom) && !dom->live;
    bool wants_stored = (flags & DOMAIN_XML_INACTIVE) && !(flags & DOMAIN_XML_OF_RUN);

    return dom->stored && (off || wants_stored) ? dom->stored : dom->live;
}

void
domain_xml(struct domain *dom, uint64_t whose, unsigned flags, domain_xml_fn *done, void *arg)
{
    struct domains         *domains = dom->table;
    struct domain_def      *def = xml_definition(dom, flags);
    bool                    live = domain_runs(dom) && !(flags & DOMAIN_XML_INACTIVE);
    struct domain_xml_wait *wait = xcalloc(1, sizeof *wait);

    wait->domains = domains;
    wait->domid = dom->run.domid;
    memcpy(wait->uuid, dom->uuid, UUID_SIZE);
    wait->whose = whose;
    wait->flags = flags;
    wait->done = done;
    wait->arg = arg;
    loop_defer_init(&wait->now, domains->loop, xml_now, wait);
    TAILQ_INSERT_TAIL(&domains->xml_waits, wait, link);
    if (!def && !domain_runs(dom)) {
        loop_defer_start(&wait->now);
    } else if (!def && dom->owner == DOMAIN_OF_NOBODY_KNOWN) {
        wait->call = host_domain_kept_xml(domains->host, (uint32_t)wait->domid, xml_got_kept, wait);
    } else if (!def && wait->domid != 0) {
        wait->call =
            host_domain_def(domains->host, (uint32_t)wait->domid, xml_got_definition, wait);
    } else if (def && live) {
        wait->call = host_domain_live(domains->host, (uint32_t)wait->domid, xml_got_live, wait);
    } else if (def) {
        definition_write(domains->loop, whose, def, NULL, flags, xml_written, wait);
    } else {
        wait->xml = xml_of_control_domain(dom);
        loop_defer_start(&wait->now);
    }
}

void
domain_xml_abort(struct domains *domains, const void *arg)
{
    struct domain_xml_wait *wait;

    TAILQ_FOREACH (wait, &domains->xml_waits, link)
        if (wait->arg == arg && wait->call)
            host_call_abort(wait->call);
}

static void
xml_now(void *arg)
{
    struct domain_xml_wait *wait = arg;
    char                    uuid[UUID_TEXT_SIZE];
    struct err              err;

    if (wait->xml) {
        xml_finish(wait, take_ptr(wait->xml), NULL);
        return;
    }
    err_set_libvirt(&err, ERR_NO_DOMAIN, "the domain with uuid %s is not defined any more",
                    uuid_format(wait->uuid, uuid));
    xml_finish(wait, NULL, &err);
}

static void
xml_written(void *arg, char *xml, const struct err *err)
{
    xml_finish(arg, xml, err);
}

static void
xml_ask_definition(struct domain_xml_wait *wait)
{
    wait->call =
        host_domain_def(wait->domains->host, (uint32_t)wait->domid, xml_got_definition, wait);
}

/* There is a definition: what is live goes into it. */
static void
xml_go_on(struct domain_xml_wait *wait, struct domain_def *def)
{
    struct domains *domains = wait->domains;

    wait->def = def;
    if (wait->flags & DOMAIN_XML_INACTIVE)
        definition_write(domains->loop, wait->whose, def, NULL, wait->flags, xml_written, wait);
    else
        wait->call = host_domain_live(domains->host, (uint32_t)wait->domid, xml_got_live, wait);
}

/* What cannot be read libxl may know. */
static void
xml_kept_read(void *arg, struct domain_def *def, const struct err *err)
{
    struct domain_xml_wait *wait = arg;

    (void)err;
    if (def)
        xml_go_on(wait, def);
    else
        xml_ask_definition(wait);
}

/* It was not known yet whether dom0d had started it. */
static void
xml_got_kept(void *arg, char *xml, const struct err *err)
{
    struct domain_xml_wait *wait = arg;

    wait->call = NULL;
    if (err)
        xml_finish(wait, NULL, err);
    else if (xml)
        definition_read(wait->domains->loop, wait->whose, xml, DOMAIN_PARSE_RUNS, xml_kept_read,
                        wait);
    else
        xml_ask_definition(wait);
    free(xml);
}

static void
xml_definition_read(void *arg, struct domain_def *def, const struct err *err)
{
    if (err)
        xml_finish(arg, NULL, err);
    else
        xml_go_on(arg, def);
}

static void
xml_got_definition(void *arg, char *xml, const struct err *err)
{
    struct domain_xml_wait *wait = arg;

    wait->call = NULL;
    if (err)
        xml_finish(wait, NULL, err);
    else
        definition_read(wait->domains->loop, wait->whose, xml, DOMAIN_PARSE_RUNS,
                        xml_definition_read, wait);
    free(xml);
}

static void
xml_got_live(void *arg, struct host_live *live, const struct err *err)
{
    struct domain_xml_wait *wait = arg;
    const struct domain    *dom = domains_by_id(wait->domains, wait->domid);
    struct domain_def      *def = wait->def;
    struct err              gone;

    wait->call = NULL;
    /* A definition of dom0d's own may have changed meanwhile, or its domain be another one. */
    if (!def && dom && uuid_equal(dom->uuid, wait->uuid))
        def = dom->live;
    if (!err && !def) {
        err_set_libvirt(&gone, ERR_NO_DOMAIN, "domain %d has ended meanwhile", wait->domid);
        err = &gone;
    }
    if (err)
        xml_finish(wait, NULL, err);
    else
        definition_write(wait->domains->loop, wait->whose, def, &live->live, wait->flags,
                         xml_written, wait);
}

void
domains_drop_xml_waits(struct domains *domains)
{
    struct domain_xml_wait *wait;
    struct err              err;

    err_set(&err, ERR_OPERATION_FAILED, "the daemon stops");
    /* The host has answered all that it was asked when it was closed. */
    while ((wait = TAILQ_FIRST(&domains->xml_waits)))
        xml_finish(wait, NULL, &err);
}
