/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "descriptors.h"

#include <sys/resource.h>

#include "base/log.h"
#include "config.h"

/* A job has its worker's socket, and for a moment its pipes, its record and what it starts. */
#define FOR_EACH_JOB 4u

/* The consoles of guests, two of most. */
#define FOR_CONSOLES 4096u

/* Sockets that listen, Xen, the loop, idle workers, helpers. */
#define FOR_ALL_ELSE 64u

/* To wanted, or as far as it goes: the hard limit is the administrator's.  Returns what it is then.
 */
static rlim_t
descriptors_raise_limit(rlim_t wanted)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= wanted)
        return limit.rlim_cur;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

void
descriptors_prepare(struct config *config)
{
    rlim_t   for_consoles = config->console.kept ? FOR_CONSOLES : 0;
    rlim_t   others = (rlim_t)FOR_EACH_JOB * config->job.max_jobs + for_consoles + FOR_ALL_ELSE;
    rlim_t   limit = descriptors_raise_limit(others + config->rpc.max_clients);
    rlim_t   for_clients = limit - (others < limit / 2 ? others : limit / 2);
    unsigned wanted = config->rpc.max_clients;

    if (for_clients >= wanted)
        return;
    config->rpc.max_clients = (unsigned)for_clients;
    log_warning("max_clients is lowered from %u to %u: this process may have only %llu descriptors "
                "(RLIMIT_NOFILE)",
                wanted, config->rpc.max_clients, (unsigned long long)limit);
}
