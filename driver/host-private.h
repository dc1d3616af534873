/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host-private.h: what host.c, host-events.c and host-request.c share.
 */
#ifndef DRIVER_HOST_PRIVATE_H
#define DRIVER_HOST_PRIVATE_H

#include <sys/queue.h>
#include <xenstore.h>

#include "driver/host.h"
#include "xl.h"

#define HOST_KNOWN_TYPES 1024

/* Of a domid: where xenstore has its name. */
#define HOST_NAME_PATH "/local/domain/%u/name"

/* The hypervisor does not tell PVH from HVM, xenstore does, slowly.  So what was read is kept; a
 * domain with another uuid takes its place. */
struct host_known_type {
    uint32_t         domid;
    uint8_t          uuid[UUID_SIZE];
    enum domain_type type;
};

struct host {
    struct loop              *loop;
    const struct host_events *events;
    void                     *arg;
    struct xl                 xl;
    char                     *lost; /* why disaster is to be called; NULL: all is well */
    struct loop_defer         disaster;

    struct xs_handle *xs; /* for names and watches; NULL: not open */
    struct loop_io    xs_io;

    LIST_HEAD(, host_call) calls;

    struct host_known_type *known_types; /* HOST_KNOWN_TYPES */
};

/* host-events.c */
int  host_events_open(struct host *host, struct err *err);
void host_events_close(struct host *host);

/* The context or xenstore's connection is of no use any more; only the first reason counts. */
void host_lost(struct host *host, const char *reason);

extern const struct xl_ops host_xl_ops;

/* host-request.c */
void host_calls_close(struct host *host);

/* host.c: a value of xenstore, the caller's to free; NULL: there is none. */
char *host_xs_read(struct host *host, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
