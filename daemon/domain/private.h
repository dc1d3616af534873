/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * private.h: what the files of this folder know of the table.
 */
#ifndef DAEMON_DOMAIN_PRIVATE_H
#define DAEMON_DOMAIN_PRIVATE_H

#include <libxml/hash.h>

#include "eventloop/loop.h"
#include "store.h"

struct domain_xml_wait;

TAILQ_HEAD(domain_list, domain);

struct store_scan;

enum domain_index { INDEX_ID, INDEX_UUID, INDEX_NAME, INDEX_COUNT };

struct domains {
    struct loop                  *loop;
    struct host                  *host; /* NULL: none (any more) */
    char                         *run_dir;
    const struct domain_limits   *limits;
    const struct domain_observer *observer;
    void                         *arg;

    struct domain_list list;
    unsigned           count;
    /* libxml2's hash tables, which we have anyway; their keys are text. */
    xmlHashTablePtr indexes[INDEX_COUNT];
    unsigned        hidden; /* how often a domain is in no index because another has its key */

    struct domain_list swept; /* they left: freed by sweep */
    struct loop_defer  sweep;
    struct loop_timer  ask_again; /* for owners that could not be found out */
    struct loop_timer  refresh;   /* when nothing was told for a while */
    bool               recalling; /* an earlier daemon's jobs are not all known yet */

    unsigned           stored;  /* how many of them are */
    unsigned           unread;  /* files that could not be taken, by the last reading of all */
    uint64_t           changes; /* of what is stored, counted: those since a reading are newer */
    struct store_scan *scan;    /* while all files are read again; NULL: they are not */
    bool               rescan;  /* ... and once more after that */
    STAILQ_HEAD(, store_remain) remains; /* of renames that were cut short */
    TAILQ_HEAD(, domain_xml_wait) xml_waits;
};

/** Its name follows xenstore's, as far as that is known. */
void domain_give_name(struct domain *dom);

/** STARTED of a domain that runs, unless its name may still come: xl creates a domain first and
 * names it then, and clients know it by its name. */
void domain_announce_found(struct domain *dom);

/** Its virtual processors stand still, or do not, of which nobody is told. */
void domain_see_paused(struct domain *dom, bool paused);

/** Whose is it?  Asks for what was kept with it; the answer comes later, and settles the domain. */
void domain_find_owner(struct domain *dom);

/** Its name in the index; before and after the name changes. */
void domains_rename(struct domain *dom, const char *name);

/** Its id, in the index. */
void domains_change_id(struct domain *dom, int domid);

/** Say in the log what of the definition has no effect. */
void domain_log_ignored(const struct domain *dom, const struct domain_def *def);

/** Who is called so, has a file of that name, or is to be called so soon. */
struct domain *store_find_name(const struct domains *domains, const char *name);

/** CONFIG_DIR/which; the caller frees it. */
char *store_folder(const struct domains *domains, const char *which);

/** A definition is left as it is, for this reason. */
void store_complain(const struct err *err);

/** Clients are told how what is stored differs from what they know, if it does. */
void store_tell(struct domain *dom);
bool store_is_untold(const struct domain *dom);

/** ... or know it by now. */
void store_know(struct domain *dom);

/** Write down what they know, for the next daemon. */
void store_remember(const struct domain *dom);

/** When all files were read: what clients know from an earlier daemon. */
void store_recall_told(struct domains *domains);

/** For domains_free. */
void store_free(struct domains *domains);
void store_scan_free(struct store_scan *scan);

/** What the observer hears. */
void domain_tell(const struct domain *dom, enum lifecycle_event event, int detail);

/** A new entry at the end. */
struct domain *domains_add(struct domains *domains, const char *name,
                           const uint8_t uuid[UUID_SIZE]);

/** It is found no more; the sweep frees it. */
void domains_remove(struct domain *dom);

/** A domain's kernel stopped, by itself or because it was asked: tell, and ask for what its
 * on_poweroff, on_reboot or on_crash says. */
void lifecycle_shutdown(struct domain *dom, const struct host_dominfo *info);

/** All that wait for an XML are told that there will be none. */
void domains_drop_xml_waits(struct domains *domains);

#endif
