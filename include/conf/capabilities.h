/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CONF_CAPABILITIES_H
#define CONF_CAPABILITIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"

/* What a host tells of itself; filled by driver/, formatted here. */
struct host_info {
    char     cpu_model[32]; /* the architecture, "x86_64", as virsh nodeinfo shows it */
    uint64_t memory_kib;
    uint64_t free_memory_kib;
    unsigned cpus, mhz, nodes, sockets, cores, threads;
    unsigned max_cpus;                        /* highest number of vcpus a domain may have */
    unsigned xen_major, xen_minor, xen_extra; /* 4, 17, 7 */
    bool     cap_pv, cap_hvm, cap_pvh, cap_hap;
    uint8_t  uuid[UUID_SIZE]; /* of the host; zero: not known */
};

/** libvirt's capabilities XML, the caller's to free. */
char *capabilities_format(const struct host_info *host);

/**
 * libvirt's domain capabilities XML, the caller's to free; NULL where there is no such
 * architecture, machine or virtualisation type.  Each of the arguments may be NULL: the default.
 */
char *domain_capabilities_format(const struct host_info *host, const char *emulator,
                                 const char *arch, const char *machine, const char *virt_type);

#endif
