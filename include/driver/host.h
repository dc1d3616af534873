/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host.h: what the daemon itself asks of Xen: queries that never wait, events, and the
 * asynchronous calls that are pure waiting.  Everything else a dom0d-worker does (driver/worker.c).
 *
 * One libxl context, hooked into the loop; loop thread only.  No libxl type is seen here.
 */
#ifndef DRIVER_HOST_H
#define DRIVER_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/uuid.h"
#include "conf/capabilities.h"
#include "conf/domain.h"
#include "eventloop/loop.h"

struct host;

/* Why a domain shut itself down; the numbers are Xen's (xen/include/public/sched.h). */
enum host_shutdown {
    HOST_SHUTDOWN_NONE = -1,
    HOST_SHUTDOWN_POWEROFF = 0,
    HOST_SHUTDOWN_REBOOT = 1,
    HOST_SHUTDOWN_SUSPEND = 2,
    HOST_SHUTDOWN_CRASH = 3,
    HOST_SHUTDOWN_WATCHDOG = 4,
    HOST_SHUTDOWN_SOFT_RESET = 5,
};

/* What the hypervisor says of a domain now. */
struct host_dominfo {
    uint32_t           domid;
    uint8_t            uuid[UUID_SIZE];
    bool               paused, shutdown, dying; /* none of them: running or blocked */
    enum host_shutdown shutdown_reason;
    enum domain_type   type;
    uint64_t           memory_kib;     /* now */
    uint64_t           max_memory_kib; /* UINT64_MAX: no limit (dom0) */
    uint64_t           cpu_time_nsec;
    unsigned           vcpus_online, max_vcpus;
};

/* Called from the loop, never from inside a function of this file. */
struct host_events {
    /* Domains came, stopped or went, in xenstore's eyes: list them again. */
    void (*changed)(void *arg);

    /* A domain whose name is watched may have another one (host_domain_name).  Must not close the
     * host. */
    void (*renamed)(void *arg, uint32_t domid);

    /* The context is lost: libxl's disaster, or xenstored's connection broke.  host is good for
     * host_close only; what is asked of it meanwhile fails, ERR_NO_CONNECT. */
    void (*disaster)(void *arg, const char *reason);
};

/**
 * Err: ERR_NO_CONNECT where this is not a Xen dom0 (message says what is missing), another code
 * where to try again may help.
 * events must outlive the host.  The loop's SIGCHLD is taken (loop_on_sigchld).
 */
int host_open(struct loop *loop, const struct host_events *events, void *arg,
              struct host **host_out, struct err *err);

/** Calls that wait are answered first, with ERR_OPERATION_ABORTED, from inside.  NULL is fine. */
void host_close(struct host *host);

/*----- queries: no lock, no waiting -----*/

int host_info(struct host *host, struct host_info *info_out, struct err *err);

/** All domains, dom0 with them, in order of domid.  *list_out is the caller's to free. */
int host_list(struct host *host, struct host_dominfo **list_out, size_t *count_out,
              struct err *err);

/** ERR_NO_DOMAIN where there is none. */
int host_domain_info(struct host *host, uint32_t domid, struct host_dominfo *info_out,
                     struct err *err);

/** From xenstore; NULL where the domain has no name (yet).  The caller's to free. */
char *host_domain_name(struct host *host, uint32_t domid);

/**
 * From now until host_unwatch_name, events->renamed is called: once soon, and whenever somebody
 * (xl) renames the domain.  One watch for a domain at a time.  That it cannot be watched is logged.
 * A host of NULL is fine.
 */
void host_watch_name(struct host *host, uint32_t domid);
void host_unwatch_name(struct host *host, uint32_t domid);

/**
 * The XML that dom0d's worker kept with the domain when it started it; NULL for a guest that
 * somebody else (xl) made.  The caller's to free.
 */
char *host_domain_kept_xml(struct host *host, uint32_t domid);

/** What domain_def_format wants to know of a running domain; free with host_live_free. */
struct host_live {
    struct domain_live live;
    char              *console_tty;
    char             **interface_names;
};
void host_domain_live(struct host *host, uint32_t domid, struct host_live *live_out);
void host_live_free(struct host_live *live);

/*----- requests: they only wait -----*/

/* err NULL: it succeeded.  Called once, from the loop. */
typedef void host_done_fn(void *arg, const struct err *err);

/* A request that is under way; freed by its answer. */
struct host_call;

enum host_request {
    HOST_PAUSE,
    HOST_UNPAUSE,
    HOST_SHUTDOWN_PV, /* the guest's kernel is asked; ERR_OPERATION_UNSUPPORTED: it has no such ear
                       */
    HOST_SHUTDOWN_ACPI, /* the power button */
    HOST_REBOOT_PV,
    HOST_RESUME, /* a domain that suspended itself for a save that did not succeed */
};

/** done is always called, later, from the loop.  The result may be given to host_call_abort until
 * then. */
struct host_call *host_request(struct host *host, enum host_request what, uint32_t domid,
                               host_done_fn *done, void *arg);

/** libxl's configuration of a running domain as a definition: for guests of xl. */
typedef void host_def_fn(void *arg, struct domain_def *def, const struct err *err); /* def: Taken */
struct host_call *host_domain_def(struct host *host, uint32_t domid, host_def_fn *done, void *arg);

/** The answer comes soon, from the loop as ever, as ERR_OPERATION_ABORTED if the abort was in time.
 */
void host_call_abort(struct host_call *call);

#endif
