/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle-domain.c: what is asked about domains.  Everything but the XML is answered at once, from
 * the table and the hypervisor; the XML comes in the client's turn, once xenstore, and for a guest
 * of xl libxl, has answered.
 */
#include <string.h>

#include "base/alloc.h"
#include "daemon.h"
#include "domain/table.h"
#include "handlers.h"
#include "lookup.h"
#include "wire/libvirt.h"

/*----- finding one -----*/

void
handle_domain_lookup_by_id(struct request *req, const remote_domain_lookup_by_id_args *args)
{
    const struct domain *dom = domains_by_id(request_daemon(req)->domains, args->id);

    if (dom)
        reply_domain_lookup_by_id(req,
                                  &(remote_domain_lookup_by_id_ret){.dom = domain_for_wire(dom)});
    else
        request_fail_libvirt(req, ERR_NO_DOMAIN, "no domain with matching id %d", args->id);
}

void
handle_domain_lookup_by_name(struct request *req, const remote_domain_lookup_by_name_args *args)
{
    const struct domain *dom = domains_by_name(request_daemon(req)->domains, args->name);

    if (dom && domain_is_there(dom))
        reply_domain_lookup_by_name(
            req, &(remote_domain_lookup_by_name_ret){.dom = domain_for_wire(dom)});
    else
        request_fail_libvirt(req, ERR_NO_DOMAIN, "no domain with matching name '%s'", args->name);
}

void
handle_domain_lookup_by_uuid(struct request *req, const remote_domain_lookup_by_uuid_args *args)
{
    const uint8_t       *uuid = (const uint8_t *)args->uuid;
    const struct domain *dom = domains_by_uuid(request_daemon(req)->domains, uuid);
    char                 text[UUID_TEXT_SIZE];

    if (dom && domain_is_there(dom))
        reply_domain_lookup_by_uuid(
            req, &(remote_domain_lookup_by_uuid_ret){.dom = domain_for_wire(dom)});
    else
        request_fail_libvirt(req, ERR_NO_DOMAIN, "no domain with matching uuid '%s'",
                             uuid_format(uuid, text));
}

/*----- one domain -----*/

/* KiB; what was defined, else what the hypervisor allows. */
static uint64_t
domain_max_memory_kib(const struct daemon *daemon, const struct domain *dom,
                      const struct host_dominfo *info)
{
    const struct domain_def *def = domain_def_of(dom);

    if (def)
        return def->max_memory_kib;
    if (!info)
        return 0;
    /* dom0 may have no limit but the machine's. */
    return info->max_memory_kib == UINT64_MAX ? daemon->host_info.memory_kib : info->max_memory_kib;
}

void
handle_domain_get_info(struct request *req, struct domain *dom,
                       const remote_domain_get_info_args *args)
{
    struct host_dominfo        info = {.memory_kib = 0};
    remote_domain_get_info_ret ret = {.state = 0};
    bool                       runs = domain_ask(dom, &info);
    const struct domain_def   *def = domain_def_of(dom);
    int                        reason;

    (void)args;
    ret.state = (unsigned char)domain_state(dom, runs ? &info : NULL, &reason);
    ret.maxMem = domain_max_memory_kib(request_daemon(req), dom, runs ? &info : NULL);
    ret.memory = runs ? info.memory_kib : def ? def->memory_kib : 0;
    ret.nrVirtCpu = (unsigned short)(runs ? info.vcpus_online : def ? def->vcpus : 0);
    ret.cpuTime = info.cpu_time_nsec;
    reply_domain_get_info(req, &ret);
}

void
handle_domain_get_state(struct request *req, struct domain *dom,
                        const remote_domain_get_state_args *args)
{
    struct host_dominfo         info;
    remote_domain_get_state_ret ret = {.state = 0};

    (void)args;
    ret.state = (int)domain_state(dom, domain_ask(dom, &info) ? &info : NULL, &ret.reason);
    reply_domain_get_state(req, &ret);
}

void
handle_domain_get_max_memory(struct request *req, struct domain *dom,
                             const remote_domain_get_max_memory_args *args)
{
    struct host_dominfo              info;
    remote_domain_get_max_memory_ret ret = {
        .memory =
            domain_max_memory_kib(request_daemon(req), dom, domain_ask(dom, &info) ? &info : NULL)};

    (void)args;
    reply_domain_get_max_memory(req, &ret);
}

void
handle_domain_get_max_vcpus(struct request *req, struct domain *dom,
                            const remote_domain_get_max_vcpus_args *args)
{
    const struct domain_def *def = domain_def_of(dom);
    struct host_dominfo      info;
    int                      num;

    (void)args;
    num = domain_ask(dom, &info) ? (int)info.max_vcpus : def ? (int)def->max_vcpus : 0;
    reply_domain_get_max_vcpus(req, &(remote_domain_get_max_vcpus_ret){.num = num});
}

void
handle_domain_get_os_type(struct request *req, struct domain *dom,
                          const remote_domain_get_os_type_args *args)
{
    static const char *const words[] = {
        [DOMAIN_PV] = "linux", [DOMAIN_PVH] = "xenpvh", [DOMAIN_HVM] = "hvm"};
    struct host_dominfo           info = {.type = DOMAIN_PV};
    remote_domain_get_os_type_ret ret;

    (void)args;
    if (domain_def_of(dom))
        info.type = domain_def_of(dom)->type;
    else
        (void)domain_ask(dom, &info);
    ret.type = (char *)(uintptr_t)words[info.type];
    reply_domain_get_os_type(req, &ret);
}

void
handle_domain_is_active(struct request *req, struct domain *dom,
                        const remote_domain_is_active_args *args)
{
    (void)args;
    reply_domain_is_active(req, &(remote_domain_is_active_ret){.active = domain_runs(dom)});
}

/* What the guest was to have and has not, or has no more: libvirt calls this tainted. */
void
handle_domain_get_messages(struct request *req, struct domain *dom,
                           const remote_domain_get_messages_args *args)
{
    const struct domain_def       *def = domain_def_of(dom);
    bool                           wanted = !args->flags || (args->flags & MESSAGE_TAINTING);
    size_t                         count = def && wanted ? def->n_notes : 0;
    remote_nonnull_string         *list = xcalloc(count + 1, sizeof *list);
    remote_domain_get_messages_ret ret = {.msgs = {.msgs_val = list}};

    if (wanted && dom->run.model_told)
        list[ret.msgs.msgs_len++] = xstrdup("the device model has exited");
    for (size_t i = 0; i < count && ret.msgs.msgs_len < REMOTE_DOMAIN_MESSAGES_MAX; i++)
        list[ret.msgs.msgs_len++] = xasprintf("ignored: %s", def->notes[i].message);
    reply_domain_get_messages(req, &ret);
    wire_body_free((xdrproc_t)xdr_remote_domain_get_messages_ret, &ret);
}

static void
domain_xml_ready(void *arg, char *xml, const struct err *err)
{
    struct request *req = arg;

    if (err)
        request_fail(req, err);
    else
        reply_domain_get_xml_desc(req, &(remote_domain_get_xml_desc_ret){.xml = xml});
    free(xml);
}

/* What is asked for, until it can be made; the domain may go meanwhile. */
struct xml_wanted {
    uint8_t  uuid[UUID_SIZE];
    unsigned flags;
};

static void
domain_make_xml(struct request *req, void *arg)
{
    const struct xml_wanted *wanted = arg;
    struct domain           *dom = domains_by_uuid(request_daemon(req)->domains, wanted->uuid);
    char                     text[UUID_TEXT_SIZE];

    if (dom)
        domain_xml(dom, request_user(req), wanted->flags, domain_xml_ready, req);
    else
        request_fail_libvirt(req, ERR_NO_DOMAIN, "no domain with matching uuid '%s'",
                             uuid_format(wanted->uuid, text));
}

void
handle_domain_get_xml_desc(struct request *req, struct domain *dom,
                           const remote_domain_get_xml_desc_args *args)
{
    struct xml_wanted *wanted = xcalloc(1, sizeof *wanted);

    memcpy(wanted->uuid, dom->uuid, UUID_SIZE);
    wanted->flags = args->flags;
    request_in_turn(req, domain_make_xml, wanted);
}

/*----- what needs no more than a word; no domain has labels or snapshots yet -----*/

#define ALWAYS(name, field, value)                                                                 \
    void handle_##name(struct request *req, struct domain *dom, const remote_##name##_args *args)  \
    {                                                                                              \
        (void)dom, (void)args;                                                                     \
        reply_##name(req, &(remote_##name##_ret){.field = (value)});                               \
    }

ALWAYS(domain_has_managed_save_image, result, dom->has_image)
ALWAYS(domain_snapshot_num, num, 0)
ALWAYS(domain_list_all_snapshots, ret, 0)
ALWAYS(domain_get_security_label, enforcing, 0)

/*----- all of them -----*/

/* Is a domain that is `which` of a group what was asked for? */
static bool
list_wants(unsigned flags, unsigned group, unsigned which)
{
    return !(flags & group) || (flags & which);
}

static unsigned
list_state_flag(struct domain *dom)
{
    struct host_dominfo info;
    int                 reason;

    switch (domain_state(dom, domain_ask(dom, &info) ? &info : NULL, &reason)) {
    case STATE_RUNNING:
        return LIST_RUNNING;
    case STATE_PAUSED:
        return LIST_PAUSED;
    case STATE_SHUTOFF:
        return LIST_SHUTOFF;
    default:
        return LIST_OTHER;
    }
}

static bool
list_has(struct domain *dom, unsigned flags)
{
    return domain_is_there(dom) &&
           list_wants(flags, LIST_ACTIVE | LIST_INACTIVE,
                      domain_runs(dom) ? LIST_ACTIVE : LIST_INACTIVE) &&
           list_wants(flags, LIST_PERSISTENT | LIST_TRANSIENT,
                      dom->stored ? LIST_PERSISTENT : LIST_TRANSIENT) &&
           list_wants(flags, LIST_MANAGED_SAVE | LIST_NO_MANAGED_SAVE,
                      dom->has_image ? LIST_MANAGED_SAVE : LIST_NO_MANAGED_SAVE) &&
           list_wants(flags, LIST_AUTOSTART | LIST_NO_AUTOSTART,
                      dom->autostart ? LIST_AUTOSTART : LIST_NO_AUTOSTART) &&
           list_wants(flags, LIST_SNAPSHOT | LIST_NO_SNAPSHOT, LIST_NO_SNAPSHOT) &&
           list_wants(flags, LIST_CHECKPOINT | LIST_NO_CHECKPOINT, LIST_NO_CHECKPOINT) &&
           (!(flags & LIST_STATES) || (flags & list_state_flag(dom)));
}

void
handle_connect_list_all_domains(struct request                             *req,
                                const remote_connect_list_all_domains_args *args)
{
    const struct domains                      *domains = request_daemon(req)->domains;
    unsigned                                   max = domains_count(domains);
    cleanup_free struct remote_nonnull_domain *list = xcalloc(max, sizeof *list);
    remote_connect_list_all_domains_ret        ret = {.ret = 0};

    for (struct domain *dom = domains_first(domains); dom; dom = domains_next(dom))
        if (list_has(dom, args->flags))
            list[ret.ret++] = domain_for_wire(dom);
    if (args->need_results) {
        ret.domains.domains_val = list;
        ret.domains.domains_len = ret.ret;
    }
    reply_connect_list_all_domains(req, &ret);
}

static unsigned
list_count_active(const struct domains *domains)
{
    unsigned n = 0;

    for (const struct domain *dom = domains_first(domains); dom; dom = domains_next(dom))
        n += domain_runs(dom);
    return n;
}

void
handle_connect_num_of_domains(struct request *req, const rpc_void *args)
{
    (void)args;
    reply_connect_num_of_domains(req,
                                 &(remote_connect_num_of_domains_ret){
                                     .num = (int)list_count_active(request_daemon(req)->domains)});
}

void
handle_connect_list_domains(struct request *req, const remote_connect_list_domains_args *args)
{
    const struct domains           *domains = request_daemon(req)->domains;
    unsigned                        max = args->maxids > 0 ? (unsigned)args->maxids : 0;
    cleanup_free int               *ids = xcalloc(domains_count(domains), sizeof *ids);
    remote_connect_list_domains_ret ret = {.ids.ids_val = ids};

    for (const struct domain *dom = domains_first(domains); dom; dom = domains_next(dom))
        if (domain_runs(dom) && ret.ids.ids_len < max)
            ids[ret.ids.ids_len++] = dom->run.domid;
    reply_connect_list_domains(req, &ret);
}

static bool
list_is_defined(const struct domain *dom)
{
    return dom->stored && !domain_runs(dom);
}

void
handle_connect_num_of_defined_domains(struct request *req, const rpc_void *args)
{
    const struct domains                     *domains = request_daemon(req)->domains;
    remote_connect_num_of_defined_domains_ret ret = {0};

    (void)args;
    for (const struct domain *dom = domains_first(domains); dom; dom = domains_next(dom))
        ret.num += list_is_defined(dom);
    reply_connect_num_of_defined_domains(req, &ret);
}

void
handle_connect_list_defined_domains(struct request                                 *req,
                                    const remote_connect_list_defined_domains_args *args)
{
    const struct domains                   *domains = request_daemon(req)->domains;
    unsigned                                max = args->maxnames > 0 ? (unsigned)args->maxnames : 0;
    cleanup_free remote_nonnull_string     *names = xcalloc(domains_count(domains), sizeof *names);
    remote_connect_list_defined_domains_ret ret = {.names.names_val = names};

    for (const struct domain *dom = domains_first(domains); dom; dom = domains_next(dom))
        if (list_is_defined(dom) && ret.names.names_len < max)
            names[ret.names.names_len++] = dom->name;
    reply_connect_list_defined_domains(req, &ret);
}
