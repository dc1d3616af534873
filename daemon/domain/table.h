/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table.h: all domains that dom0d knows: every one that runs, whoever made it, those that are
 * stored, and those that somebody is about to make.
 *
 * Truth about what runs is the hypervisor's: the table is compared with it whenever something
 * changed, and states are asked for, not kept (but see domain_ask).
 *
 * The table knows nothing of who listens and who works on domains: it tells an observer.
 */
#ifndef DAEMON_DOMAIN_TABLE_H
#define DAEMON_DOMAIN_TABLE_H

#include "domain.h"
#include "limits.h"

/* All of them come from the loop, or from inside a function of domain.h and table.h.  None may free
 * anything of the table. */
struct domain_observer {
    /** A virDomainEventType and its detail. */
    void (*lifecycle)(void *arg, const struct domain *dom, enum lifecycle_event event, int detail);

    /** Its title, description, or the element of its metadata that has this namespace (else NULL)
     * has changed; type: METADATA_. */
    void (*metadata)(void *arg, const struct domain *dom, int type, const char *uri);

    /** The guest reboots. */
    void (*reboot)(void *arg, const struct domain *dom);

    /** Its device model has exited, and it runs on. */
    void (*model_lost)(void *arg, const struct domain *dom);

    /** It runs, and has this id; or it runs and it is known whose it is. */
    void (*identified)(void *arg, const struct domain *dom);

    /** xenstore says anew which pty this terminal of it has. */
    void (*terminal)(void *arg, const struct domain *dom, enum host_terminal terminal);

    /** It had this id and does not run any more, whether or not that was ever told; detail as of
     * STOPPED, -1: nobody said why. */
    void (*gone)(void *arg, const struct domain *dom, int domid, int detail);

    /** The kernel of a guest of dom0d has stopped, and this is what its definition wants done;
     * stop_detail is what STOPPED is to be told with. */
    void (*wants)(void *arg, struct domain *dom, enum domain_action action, int stop_detail);

    /** Nobody holds it, and all that is true of it was said: who waits for it has his turn. */
    void (*settled)(void *arg, struct domain *dom);

    /** It leaves the table: work.more is to be freed. */
    void (*leaves)(void *arg, struct domain *dom);

    /** The connection to Xen is lost. */
    void (*lost)(void *arg, const char *reason);
};

/** run_dir (records in RUN_DIR/domains and RUN_DIR/definitions) is Copied; limits, observer and arg
 * must outlive it. */
struct domains *domains_new(struct loop *loop, const char *run_dir,
                            const struct domain_limits   *limits,
                            const struct domain_observer *observer, void *arg);

/** The events with which host_open is to be called; their argument is the table. */
extern const struct host_events domains_host_events;

/** The host that is asked; borrowed.  NULL: there is none any more, and nothing is asked. */
void         domains_set_host(struct domains *domains, struct host *host);
struct host *domains_host(const struct domains *domains);

/** Nobody works on any of them any more.  Who waits for an XML is told so.  NULL is fine. */
void domains_free(struct domains *domains);

/** Those that clients were told to run by an earlier daemon.  Returns whether there was one. */
bool domains_recall(struct domains *domains);

/** All jobs of that daemon are known: tell what has become of those guests that nobody works on. */
void domains_recalled(struct domains *domains);

/** Compare the table with what the hypervisor says. */
void domains_refresh(struct domains *domains);

unsigned domains_count(const struct domains *domains);

/** Files of definitions that could not be taken when all were read last. */
unsigned domains_unread(const struct domains *domains);

/* Each of these takes O(1) and gives NULL for not found. */
struct domain *domains_by_id(const struct domains *domains, int domid);
struct domain *domains_by_uuid(const struct domains *domains, const uint8_t uuid[UUID_SIZE]);
struct domain *domains_by_name(const struct domains *domains, const char *name);

/* In order of arrival: for (d = domains_first(t); d; d = domains_next(d)) */
struct domain *domains_first(const struct domains *domains);
struct domain *domains_next(const struct domain *dom);

/**
 * Reserve name and UUID for a domain that somebody is to make, who works on it at once: else it
 * leaves again with domain_settle.  It may be one that is stored and does not run.
 *
 * def is Taken, also on failure.  ERR_OPERATION_FAILED where name or UUID is in use,
 * ERR_OPERATION_INVALID where it has a managed save: that is older than what would run.
 */
int domains_reserve(struct domains *domains, struct domain_def *def, struct domain **dom_out,
                    struct err *err);

/** The same for a domain that is there, whose image is restored: def, Taken, is what runs from now
 * on.  Error: ERR_OPERATION_FAILED it is another domain's, or its name is. */
int domain_take_image(struct domain *dom, struct domain_def *def, struct err *err);

/**
 * A domain that an earlier daemon has left word of, before the table is filled: the one that is
 * there already and that nobody works on yet, or a new one.  domid -1: it did not run when that was
 * written.
 */
struct domain *domains_adopt(struct domains *domains, const char *name,
                             const uint8_t uuid[UUID_SIZE], int domid);

#endif
