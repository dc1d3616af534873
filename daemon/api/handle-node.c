/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle-node.c: the host.
 */
#include <string.h>

#include "base/alloc.h"
#include "daemon.h"
#include "driver/host.h"
#include "handlers.h"

void
handle_node_get_info(struct request *req, const rpc_void *args)
{
    const struct host_info  *host = &request_daemon(req)->host_info;
    remote_node_get_info_ret ret = {
        .memory = host->memory_kib,
        .cpus = (int)host->cpus,
        .mhz = (int)host->mhz,
        .nodes = (int)host->nodes,
        .sockets = (int)host->sockets,
        .cores = (int)host->cores,
        .threads = (int)host->threads,
    };

    (void)args;
    memcpy(ret.model, host->cpu_model, strnlen(host->cpu_model, sizeof ret.model - 1));
    reply_node_get_info(req, &ret);
}

void
handle_node_get_free_memory(struct request *req, const rpc_void *args)
{
    struct daemon                  *daemon = request_daemon(req);
    remote_node_get_free_memory_ret ret;
    struct host_info                info;
    struct err                      err;

    (void)args;
    if (!daemon->host) {
        request_fail_libvirt(req, ERR_INTERNAL, "Xen cannot be reached now");
    } else if (host_info(daemon->host, &info, &err) < 0) {
        request_fail(req, &err);
    } else {
        ret.freeMem = info.free_memory_kib * 1024;
        reply_node_get_free_memory(req, &ret);
    }
}

/* All of Xen's CPUs are online. */
void
handle_node_get_cpu_map(struct request *req, const remote_node_get_cpu_map_args *args)
{
    uint8_t                     map[REMOTE_CPUMAP_MAX] = {0};
    unsigned                    cpus = request_daemon(req)->host_info.cpus;
    remote_node_get_cpu_map_ret ret = {.online = args->need_online ? cpus : 0, .ret = (int)cpus};

    for (unsigned cpu = 0; cpu < cpus && cpu / 8 < sizeof map; cpu++)
        map[cpu / 8] |= (uint8_t)(1u << cpu % 8);
    if (args->need_map) {
        ret.cpumap.cpumap_val = (char *)map;
        ret.cpumap.cpumap_len = (cpus + 7) / 8 < sizeof map ? (cpus + 7) / 8 : sizeof map;
    }
    reply_node_get_cpu_map(req, &ret);
}

/* None: an empty name, with the NUL that clients expect. */
void
handle_node_get_security_model(struct request *req, const rpc_void *args)
{
    char                               nothing[] = "";
    remote_node_get_security_model_ret ret = {
        .model = {.model_len = 1, .model_val = nothing},
        .doi = {.doi_len = 1, .doi_val = nothing},
    };

    (void)args;
    reply_node_get_security_model(req, &ret);
}
