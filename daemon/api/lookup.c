/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "daemon.h"
#include "domain/table.h"
#include "handlers.h"
#include "lookup.h"

struct remote_nonnull_domain
domain_for_wire(const struct domain *dom)
{
    struct remote_nonnull_domain wire = {.name = dom->name, .id = dom->run.domid};

    memcpy(wire.uuid, dom->uuid, sizeof dom->uuid);
    return wire;
}

struct domain *
lookup_domain(struct request *req, const remote_nonnull_domain *wire)
{
    const struct domains *domains = request_daemon(req)->domains;
    const uint8_t        *uuid = (const uint8_t *)wire->uuid;
    struct domain        *dom = wire->id >= 0 ? domains_by_id(domains, wire->id) : NULL;
    char                  text[UUID_TEXT_SIZE];

    if (dom && uuid_equal(dom->uuid, uuid))
        return dom;
    dom = domains_by_uuid(domains, uuid);
    if (dom && domain_is_there(dom))
        return dom;
    request_fail_libvirt(req, ERR_NO_DOMAIN, "no domain with matching uuid '%s' (%s)",
                         uuid_format(uuid, text), wire->name);
    return NULL;
}

struct domain *
lookup_guest(struct request *req, const remote_nonnull_domain *wire)
{
    struct domain *dom = lookup_domain(req, wire);

    if (!dom || dom->run.domid != 0)
        return dom;
    request_fail_libvirt(req, ERR_OPERATION_INVALID, "domain '%s' is the control domain",
                         dom->name);
    return NULL;
}
