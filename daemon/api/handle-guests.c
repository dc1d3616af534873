/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle-guests.c: how guests are started and stopped with the host; who does it is dom0ctl guests.
 */
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "config.h"
#include "daemon.h"
#include "domain/table.h"
#include "handlers.h"
#include "lookup.h"

static dom0d_guest
guest_for_wire(const struct domain *dom)
{
    static char                nothing[] = "";
    const struct domain_start *start = dom->stored ? &dom->stored->start : NULL;

    return (dom0d_guest){.dom = domain_for_wire(dom),
                         .flags = (dom->stored ? DOM0D_GUEST_STORED : 0) |
                                  (dom->stored && dom->autostart ? DOM0D_GUEST_AUTOSTART : 0) |
                                  (dom->has_image ? DOM0D_GUEST_SAVED : 0),
                         .order = start ? start->order : DOMAIN_START_ORDER,
                         .delay_sec = start ? start->delay_sec : 0,
                         .after = start && start->after ? start->after : nothing};
}

static dom0d_host_stop
guests_stop(const struct config *config)
{
    if (strcmp(config->guests.stop, "save") == 0)
        return DOM0D_HOST_STOP_SAVE;
    return strcmp(config->guests.stop, "shutdown") == 0 ? DOM0D_HOST_STOP_SHUTDOWN
                                                        : DOM0D_HOST_STOP_LEAVE;
}

static unsigned
guests_parallel(const struct config *config)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    if (config->guests.parallel)
        return config->guests.parallel;
    return cpus > 0 ? (unsigned)cpus : 1;
}

void
handle_guest_list(struct request *req, const rpc_void *args)
{
    const struct daemon      *daemon = request_daemon(req);
    unsigned                  max = domains_count(daemon->domains);
    cleanup_free dom0d_guest *guests = xcalloc(max, sizeof *guests);
    dom0d_guest_list_ret      ret = {.guests.guests_val = guests,
                                     .parallel = guests_parallel(daemon->config),
                                     .stop_sec = daemon->config->guests.stop_sec,
                                     .stop = guests_stop(daemon->config)};

    (void)args;
    for (struct domain *dom = domains_first(daemon->domains); dom; dom = domains_next(dom))
        if (dom->run.domid != 0 && domain_is_there(dom))
            guests[ret.guests.guests_len++] = guest_for_wire(dom);
    reply_guest_list(req, &ret);
}
