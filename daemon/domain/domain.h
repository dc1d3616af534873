/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * domains.h: the table of all domains that dom0d knows: every one that runs, whoever made it, and
 * those that a job is about to make.
 *
 * Truth about what runs is the hypervisor's: the table is compared with it whenever something
 * changed, and states are asked for, not kept (but see domain_ask).
 */
#ifndef DAEMON_DOMAINS_H
#define DAEMON_DOMAINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"
#include "base/log.h"
#include "base/uuid.h"
#include "conf/domain.h"
#include "driver/host.h"
#include "job/job.h"
#include "rpc/events.h"
#include "wire/libvirt.h"
#include "wire/remote.h"

struct daemon;
struct domains;

struct domain {
    struct daemon *daemon;
    char          *name;  /* never NULL, never empty */
    bool           named; /* false: xenstore had no name yet, name is made up */
    uint8_t        uuid[UUID_SIZE];
    int            domid; /* -1: not running: a job is about to make it, or unmakes it */

    struct domain_asks_kept *asks_kept; /* whether def is to be found is asked just now; or NULL */
    struct domain_def       *def; /* NULL: somebody else (xl) started it, and obeys its on_* */
    bool                     announced;   /* STARTED was sent, so STOPPED is due */
    int                      stop_detail; /* why it stopped, for the event; -1: nobody said yet */
    int                      running_reason; /* virDomainRunningReason */
    bool                     shutdown_seen;  /* this run's shutdown was acted on */
    bool                     shutdown_told;  /* ... and told, perhaps by an earlier daemon */

    struct job_queue    jobs;           /* the first holds the domain */
    struct job_stats    last_job;       /* operation NULL: none yet */
    uint64_t            restarted_usec; /* when it was last restarted; 0: never */
    uint64_t            restart_delay_usec;
    struct host_dominfo info;      /* for domain_ask */
    uint64_t            info_usec; /* when the hypervisor said it; 0: it is to be asked */
    TAILQ_ENTRY(domain) link;      /* in order of arrival */
};

/**
 * The table, filled with what runs, and watching it.
 *
 * daemon->host is opened; err ERR_NO_CONNECT where this is no Xen dom0.
 */
int  domains_start(struct daemon *daemon, struct err *err);
void domains_stop(struct daemon *daemon);

unsigned domains_count(const struct domains *domains);

/* Each of these takes O(1) and gives NULL for not found. */
struct domain *domains_by_id(const struct domains *domains, int domid);
struct domain *domains_by_uuid(const struct domains *domains, const uint8_t uuid[UUID_SIZE]);
struct domain *domains_by_name(const struct domains *domains, const char *name);

/* In order of arrival: for (d = domains_first(t); d; d = domains_next(d)) */
struct domain *domains_first(const struct domains *domains);
struct domain *domains_next(const struct domain *dom);

/**
 * Reserve name and UUID for a domain that a job is to make.
 *
 * def is Taken, also on failure.  ERR_OPERATION_FAILED where name or UUID is in use.
 */
int domains_reserve(struct domains *domains, struct domain_def *def, struct domain **dom_out,
                    struct err *err);

/**
 * A domain that an earlier daemon has left word of, before the table is filled: the one that is
 * there already and that no job holds yet, or a new one.  domid -1: it did not run yet.
 */
struct domain *domains_adopt(struct domains *domains, const char *name,
                             const uint8_t uuid[UUID_SIZE], int domid);

/** Unless it has one: its definition, from what was kept of it. */
void domain_take_definition(struct domain *dom, const char *xml);

/** Compare the table with what the hypervisor says. */
void domains_refresh(struct domains *domains);

/**
 * See what is true of this domain now and draw the consequences: it runs and that was not said
 * yet; it is gone.  Waits for its jobs.  May free dom: must be last.
 */
void domain_settle(struct domain *dom);

/** The domain now has this id. */
void domain_set_id(struct domain *dom, int domid);

/** Say that it runs, unless that was said: STARTED, with this detail. */
void domain_announce_started(struct domain *dom, int detail);

/** It does not run any more: say so, unless it was never said that it ran.  It stays in the table.
 */
void domain_gone(struct domain *dom);

/** As libvirt's protocol wants it; borrowed from dom. */
struct remote_nonnull_domain domain_for_wire(const struct domain *dom);

/** As events want it; borrowed from dom. */
struct event_domain domain_for_event(const struct domain *dom);

/** As a line of the log wants it; borrowed from dom. */
struct log_about domain_for_log(const struct domain *dom, char uuid_text[UUID_TEXT_SIZE]);

/**
 * What the hypervisor says of it, to answer a query: as it was at most 20 ms ago, but never as it
 * was before a change that dom0d made or knows of.  (To ask costs four system calls, and clients
 * ask in bursts.)  Returns false if it does not run, which is no error.
 */
bool domain_ask(struct domain *dom, struct host_dominfo *info_out);

/** The hypervisor has just said this of it. */
void domain_note_info(struct domain *dom, const struct host_dominfo *info);

/** What was said of it is no longer true: a job has changed it. */
void domain_forget_info(struct domain *dom);

/** What virsh calls the state and the reason.  info NULL: it does not run. */
enum domain_state domain_state(const struct domain *dom, const struct host_dominfo *info,
                               int *reason_out);

/**
 * The XML, as GET_XML_DESC gives it, perhaps later: for a guest of xl libxl must be asked.
 *
 * done gets the XML (Taken), or NULL and the error; always from the loop.
 */
typedef void domain_xml_fn(void *arg, char *xml, const struct err *err);
void         domain_xml(struct domain *dom, unsigned flags, domain_xml_fn *done, void *arg);

/*----- domain-record.c -----*/

/** Those that clients were told to run by an earlier daemon.  Returns whether there was one. */
bool domains_recall(struct domains *domains, const struct daemon *daemon);

/** Write down what is to be recalled of it; nothing while it is not announced. */
void domain_remember(const struct domain *dom);

/** It is not to be recalled: before it loses its id. */
void domain_forget(const struct domain *dom);

/*----- lifecycle.c -----*/

/** A domain's kernel stopped, by itself or because it was asked: obey on_poweroff, on_reboot,
 * on_crash. */
void lifecycle_shutdown(struct domain *dom, const struct host_dominfo *info);

#endif
