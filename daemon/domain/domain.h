/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * domain.h: one domain, as the table has it (table.h).
 *
 * It is in the table while it runs, while it is stored, or while somebody works on it (struct
 * domain_work).  When the last of these ends nobody finds it any more; its memory goes with the
 * table's next sweep, from the loop: so a pointer that somebody on the stack has stays good.
 */
#ifndef DAEMON_DOMAIN_DOMAIN_H
#define DAEMON_DOMAIN_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"
#include "base/log.h"
#include "base/uuid.h"
#include "conf/domain.h"
#include "definition.h"
#include "driver/host.h"
#include "wire/libvirt.h"

struct domains;

/* Whose it is: who obeys its on_poweroff, on_reboot and on_crash.  As in state.x. */
enum domain_owner {
    DOMAIN_OF_NOBODY_KNOWN, /* it was found running, and what was kept with it is still asked for */
    DOMAIN_OF_DOM0D,        /* dom0d started it, this daemon or an earlier one */
    DOMAIN_OF_XL,           /* somebody else did, and sees to it */
};

/* What is done to it just now, as far as its state and its XML tell of it. */
enum domain_activity {
    DOMAIN_IDLE, /* nobody holds it */
    DOMAIN_STARTING,
    DOMAIN_SAVING,
    DOMAIN_DUMPING,
    DOMAIN_CHANGING, /* anything else */
};

/* Kept by whoever works on domains, above the table. */
struct domain_work {
    unsigned             count;       /* of those that hold it or wait for it */
    enum domain_activity activity;    /* of the one that holds it */
    unsigned             definitions; /* of those that change its definition, or wait for that */
    const char          *new_name;    /* ... and one of them to this, Borrowed: it is not to be
                                         started meanwhile */
    void *more;                       /* theirs; observer->leaves frees it */
};

/* What is true of one run of it; a new run begins with domain_run_initial. */
struct domain_run {
    int      domid;         /* -1: it does not run: it is about to be made, or is being destroyed */
    uint64_t found_usec;    /* when it was seen to run; 0: it was not found, but made */
    bool     announced;     /* STARTED was told, so STOPPED is due */
    bool     shutdown_seen; /* that its kernel stopped was acted on */
    bool     shutdown_told; /* ... and told, perhaps by an earlier daemon */
    int      stop_detail;   /* why it stopped, for the event; -1: nobody said yet */
    int      running_reason;       /* virDomainRunningReason */
    bool     recalled;             /* of an earlier daemon, and not compared with that one's word */
    bool     paused;               /* it was when somebody looked last */
    uint64_t model_ended_usec;     /* when its device model did; 0: it lives, or has none */
    bool     model_told;           /* ... and that was said */
    struct host_dominfo info;      /* for domain_ask */
    uint64_t            info_usec; /* when the hypervisor said it; 0: it is to be asked */
};
extern const struct domain_run domain_run_initial;

struct domain {
    struct domains   *table;
    char             *name;  /* never NULL, never empty */
    bool              named; /* false: xenstore had no name yet, name is made up */
    uint8_t           uuid[UUID_SIZE];
    enum domain_owner owner;

    struct domain_def *live;       /* what runs; NULL: of xl, or not known (yet) */
    struct domain_def *stored;     /* what lasts, packed; NULL: it is transient; see store.h */
    bool               autostart;  /* of a stored one */
    bool               has_image;  /* a managed save */
    bool               updated;    /* what is stored has changed since it was started */
    int                off_reason; /* virDomainShutoffReason, while it does not run */

    struct {
        uint64_t hash;          /* of its file, as that was last read or written */
        uint64_t changed;       /* the table's number of that change, see struct domains */
        uint64_t image_changed; /* the same of that of its managed save */
        bool     found;         /* by the reading of all that is under way */
        bool     unread;        /* it says something else by now, which could not be taken */

        char    *told;      /* clients know a definition of this name; NULL: they know none */
        uint64_t told_text; /* ... with a text of this hash */
        bool     differs;   /* what is stored is not what they know */
    } file;                 /* of what is stored */

    struct domain_run  run;
    struct domain_work work;

    struct host_call *asks_owner; /* while what was kept with it is asked for */
    bool              reads_kept; /* ... and then read */
    bool              leaving;    /* in no index any more: the next sweep frees it */
    TAILQ_ENTRY(domain) link;     /* in order of arrival; of the swept ones when leaving */
};

/** Does it run?  (A half-built one does, too.) */
static inline bool
domain_runs(const struct domain *dom)
{
    return dom->run.domid >= 0;
}

/** Its definition: while it runs of what runs, else what is stored; NULL: it is not known. */
const struct domain_def *domain_def_of(const struct domain *dom);

/** Is it there for clients?  Not yet, while its first definition is being written. */
static inline bool
domain_is_there(const struct domain *dom)
{
    return domain_runs(dom) || dom->stored || dom->work.count;
}

/*----- what the hypervisor says of it -----*/

/**
 * To answer a query: as it was at most 20 ms ago, but never as it was before a change that dom0d
 * made or knows of.  (To ask costs four system calls, and clients ask in bursts.)
 * Returns false if it does not run, which is no error.
 */
bool domain_ask(struct domain *dom, struct host_dominfo *info_out);

/** The same, now, for a decision: ERR_NO_DOMAIN where there is none with its id. */
int domain_ask_now(const struct domain *dom, struct host_dominfo *info_out, struct err *err);

/** An HVM guest whose device model has exited: it runs on without it. */
bool domain_lacks_model(const struct domain *dom, const struct host_dominfo *info);

/** The hypervisor has just said this of it. */
void domain_note_info(struct domain *dom, const struct host_dominfo *info);

/** What was said of it is no longer true: somebody has changed it. */
void domain_forget_info(struct domain *dom);

/** info NULL: it does not run.  *reason_out is of the enum that belongs to the state. */
enum domain_state domain_state(const struct domain *dom, const struct host_dominfo *info,
                               int *reason_out);

/*----- its XML (xml.c) -----*/

/**
 * The XML, as GET_XML_DESC gives it, later: xenstore is asked for what is live in it, and libxl for
 * the whole of it where the guest is of xl.  whose: who has it written in his turn (definition.h);
 * flags: DOMAIN_XML_, and DOMAIN_XML_OF_RUN: with DOMAIN_XML_INACTIVE of what runs, where something
 * else is stored.
 *
 * done gets the XML (Taken), or NULL and the error; always from the loop, or when that ends.
 */
#define DOMAIN_XML_OF_RUN (1u << 16)
typedef definition_write_fn domain_xml_fn;
void domain_xml(struct domain *dom, uint64_t whose, unsigned flags, domain_xml_fn *done, void *arg);

/** Who asked with this arg is told soon, from the loop: ERR_OPERATION_ABORTED if that was in time.
 */
void domain_xml_abort(struct domains *domains, const void *arg);

/*----- its life -----*/

/** It is the domain with this id from now on: a new run. */
void domain_set_id(struct domain *dom, int domid);

/** Say that it runs, unless that was said: STARTED, with this detail and this reason of being
 * RUNNING. */
void domain_announce_started(struct domain *dom, int detail, int running_reason);

/** Say that its virtual processors stand still, or run on. */
void domain_announce_paused(struct domain *dom);
void domain_announce_resumed(struct domain *dom);

/** Its kernel had stopped, and another one runs in its place: when that stops it is news. */
void domain_revived(struct domain *dom);

/** It does not run any more: say so, unless it was never said that it ran.  It stays in the table
 * until domain_settle. */
void domain_gone(struct domain *dom);

/**
 * See what is true of it now and draw the consequences, unless somebody holds it: it runs and that
 * was not said yet; its kernel stopped; it has gone, and leaves the table.
 */
void domain_settle(struct domain *dom);

/** What it is started with, or was: dom0d's from now on.  Its name follows the domain's.  def is
 * Taken. */
void domain_take_live(struct domain *dom, struct domain_def *def);

/** The same from XML that was kept of it: what cannot be read is logged.  At start: at once. */
void domain_take_kept(struct domain *dom, const char *xml);

/** As a line of the log wants it; borrowed from dom. */
struct log_about domain_for_log(const struct domain *dom, char uuid_text[UUID_TEXT_SIZE]);

/*----- record.c: what the next daemon is to know of it -----*/

/** Write down what is to be recalled of it; nothing while it is not announced. */
void domain_remember(const struct domain *dom);

/** The same of one that is announced, where somebody has to know whether it was written. */
int domain_record(const struct domain *dom, struct err *err);

/** The same of what has become of it that is no new run: run.paused, run.model_told. */
void domain_remember_seen(const struct domain *dom);

/** It is not to be recalled: before it loses its id. */
void domain_forget(const struct domain *dom);

#endif
