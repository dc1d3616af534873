/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * domain-names.h: what xenstore says of each domain, by domid: the helper's list of what it has
 * told, and the daemon's of what it was told.
 */
#ifndef DRIVER_DOMAIN_NAMES_H
#define DRIVER_DOMAIN_NAMES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "driver/host.h"

#define DOMAIN_NAMES_BUCKETS 1024

struct domain_name {
    uint32_t domid;
    char    *name; /* NULL: none (yet) */
    bool     is_pvh;
    char    *ttys[HOST_TERMINALS]; /* NULL: none (yet) */
    unsigned pass;                 /* the last one that has met it */
    LIST_ENTRY(domain_name) link;
};

struct domain_names {
    unsigned pass;
    LIST_HEAD(, domain_name) buckets[DOMAIN_NAMES_BUCKETS];
};

/** Zeroed memory is an empty table; NULL where it is not there. */
struct domain_name *domain_names_find(const struct domain_names *names, uint32_t domid);

/** It must not be there yet.  It has no name, and was met by this pass. */
struct domain_name *domain_names_add(struct domain_names *names, uint32_t domid);

/** name NULL or "": none; Copied.  Returns whether anything of it is new. */
bool domain_name_set(struct domain_name *entry, const char *name, bool is_pvh);

/** The same of a terminal's pty. */
bool domain_name_set_tty(struct domain_name *entry, enum host_terminal terminal, const char *tty);

void domain_names_remove(struct domain_name *entry);

/** Calls fn, which may be NULL, for each entry that this pass has not met, and removes it. */
void domain_names_sweep(struct domain_names *names, void (*fn)(void *arg, uint32_t domid),
                        void                *arg);

void domain_names_clear(struct domain_names *names);

#endif
