/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host.h: what the daemon itself asks of Xen: queries that never wait, events, and the
 * asynchronous calls that are pure waiting.  Everything else a dom0d-worker does (driver/worker.c).
 *
 * What is asked at once are hypercalls, and what was told before.  Whatever touches xenstored, or a
 * lock that other processes hold too, is done by processes of the worker's program in another mode
 * (wire/host.x): a helper that lives as long as the host is open, and a few query processes, each
 * of which may be killed.  So no xenstored, however it fails, holds up the loop: a call gets an
 * error instead, HOST_LIMIT_USEC after the helper was last heard of.
 *
 * Loop thread only.  No libxl type is seen here.
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

/* How long xenstored, or whoever holds a domain's lock, may take to answer a call.  It is looked at
 * once a second. */
#define HOST_LIMIT_USEC 10000000

/* How long host_open waits for the first list of names. */
#define HOST_OPEN_USEC 5000000

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

/* The terminals that a guest may have: Xen's own console, and the serial ports of an HVM guest. */
enum host_terminal {
    HOST_TERMINAL_CONSOLE,
    HOST_TERMINAL_SERIAL, /* the first of HOST_SERIALS, in their order */
    HOST_TERMINALS = HOST_TERMINAL_SERIAL + 4,
};
#define HOST_SERIALS (HOST_TERMINALS - HOST_TERMINAL_SERIAL)

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
    /* Domains came, stopped or went, in xenstore's eyes, or that may be so: list them again.  Of
     * those that came the names are known already. */
    void (*changed)(void *arg);

    /* A domain has another name than before (host_domain_name), or its first one.  Must not close
     * the host. */
    void (*renamed)(void *arg, uint32_t domid);

    /* The device model of a domain lives, or has ended: also where the domain is being destroyed,
     * or gets another one.  Must not close the host. */
    void (*model)(void *arg, uint32_t domid, bool lives);

    /* A terminal of a domain has a pty, or another one, or none any more (host_domain_tty): also
     * where that has the same path as before.  Must not close the host. */
    void (*terminal)(void *arg, uint32_t domid, enum host_terminal terminal);

    /* Xen is lost: libxl's disaster, or xenstored's connection broke.  host is good for
     * host_close only; what is asked of it meanwhile fails, ERR_NO_CONNECT. */
    void (*disaster)(void *arg, const char *reason);
};

/**
 * Waits while this is a dom0 whose xenstored is away (its socket is not there, or refuses), for so
 * many seconds at most.  At start only: there is no loop yet.
 */
void host_await_xenstored(unsigned seconds);

/**
 * Starts the helper, and waits HOST_OPEN_USEC for its first list of names, and as long again at
 * most for what it is about to say; without the list, names come later, as renamed.
 *
 * worker_path: the program dom0d-worker.  Copied.  events must outlive the host.
 *
 * Err: ERR_NO_CONNECT where this is not a Xen dom0 (message says what is missing), another code
 * where to try again may help.
 */
int host_open(struct loop *loop, const char *worker_path, const struct host_events *events,
              void *arg, struct host **host_out, struct err *err);

/** Calls that wait are answered first, with ERR_OPERATION_ABORTED, from inside.  Not from inside an
 * answer.  NULL is fine. */
void host_close(struct host *host);

/*----- queries: no lock, no waiting -----*/

/** What the hypervisor says of the machine.  Errors: ERR_NO_CONNECT once Xen is lost. */
int host_info(struct host *host, struct host_info *info_out, struct err *err);

/** All domains, dom0 with them, in order of domid.  *list_out is the caller's to free. */
int host_list(struct host *host, struct host_dominfo **list_out, size_t *count_out,
              struct err *err);

/** ERR_NO_DOMAIN where there is none. */
int host_domain_info(struct host *host, uint32_t domid, struct host_dominfo *info_out,
                     struct err *err);

/** As xenstore has told; NULL where it has told of no name (yet).  Borrowed until the loop turns.
 */
const char *host_domain_name(const struct host *host, uint32_t domid);

/** The pty of a terminal, a path, as xenstore has told; NULL where it has told of none (yet).
 * Borrowed until the loop turns. */
const char *host_domain_tty(const struct host *host, uint32_t domid, enum host_terminal terminal);

/*----- calls -----*/

/*
 * Each is answered once, later, from the loop, and until then may be given to host_call_abort. That
 * no answer came in time is ERR_OPERATION_TIMEOUT, with words that name what does not answer; an
 * answer that comes after that is dropped.
 */
struct host_call;

/** The answer comes soon, from the loop as ever, as ERR_OPERATION_ABORTED if the abort was in time.
 */
void host_call_abort(struct host_call *call);

/*----- requests: they only wait -----*/

/* err NULL: it succeeded. */
typedef void host_done_fn(void *arg, const struct err *err);

enum host_request {
    HOST_PAUSE,
    HOST_UNPAUSE,
    HOST_SHUTDOWN_PV,   /* the guest's kernel is asked; ERR_OPERATION_UNSUPPORTED: it does not
                         * support it */
    HOST_SHUTDOWN_ACPI, /* the power button */
    HOST_REBOOT_PV,
    HOST_RESUME, /* a domain that suspended itself for a save that did not succeed */
};

/** The limit of time is not for the guest, which may take long: it is for xenstored.  Never NULL;
 * the call is the host's, and gone when done was called. */
struct host_call *host_request(struct host *host, enum host_request what, uint32_t domid,
                               host_done_fn *done, void *arg);

/*----- questions -----*/

/* What domain_def_format wants to know of a running domain. */
struct host_live {
    struct domain_live live;
    char              *console_tty;
    char             **interface_names;
};

/** From xenstore.  live: Borrowed; NULL: err says why not.  host_domain_tty is then as true as it.
 */
typedef void      host_live_fn(void *arg, struct host_live *live, const struct err *err);
struct host_call *host_domain_live(struct host *host, uint32_t domid, host_live_fn *done,
                                   void *arg);

/**
 * The XML that dom0d's worker kept with the domain when it started it.  Another process may hold
 * the domain's lock: this delays the questions about that domain only.
 *
 * xml: Taken; NULL without err: it is a guest that somebody else (xl) made.
 */
typedef void      host_xml_fn(void *arg, char *xml, const struct err *err);
struct host_call *host_domain_kept_xml(struct host *host, uint32_t domid, host_xml_fn *done,
                                       void *arg);

/** libxl's configuration of a running domain as XML: for guests of xl.  It may wait for the
 * domain's lock too.  xml: Taken. */
struct host_call *host_domain_def(struct host *host, uint32_t domid, host_xml_fn *done, void *arg);

#endif
