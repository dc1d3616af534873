/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store.h: definitions that last, whether their guests run or not.
 *
 *   CONFIG_DIR/domains/NAME.xml     one, as text; it has its UUID and is called as its file
 *   CONFIG_DIR/autostart/NAME.xml   a link to it: it is started with the host
 *   SAVE_DIR/NAME.save              its managed save: what a start restores, and removes then
 *
 * A worker writes them (op-define.c and others), so that what a client was answered is on the disk,
 * and tells the table then: the functions here change what is in memory and say so.  Files that
 * somebody else has put there are read at start, and by domains_reload.
 */
#ifndef DAEMON_DOMAIN_STORE_H
#define DAEMON_DOMAIN_STORE_H

#include "table.h"

#define STORE_SUFFIX ".xml"

/* Bytes: with the suffix a name must do for a file. */
#define STORE_NAME_MAX 250

/** The paths of a definition, of its link and of its managed save; the caller frees them. */
char *store_path(const struct domains *domains, const char *name);
char *store_autostart_path(const struct domains *domains, const char *name);
char *store_image_path(const struct domains *domains, const char *name);

/** Is there a managed save at that path?  Waits for the disk: not from the loop. */
bool store_is_image(const char *path);

/** The name that belongs to the path of either; the caller frees it. */
char *store_name(const char *path);

/**
 * Read all files, before anything else is in the table.  What cannot be read is logged, with its
 * line, and left as it is.  Takes as long as it takes: at start only.
 */
void domains_load(struct domains *domains);

/**
 * What earlier daemons did not tell clients: what has changed of what is stored, before the table
 * is filled, and that definitions have gone, after that.  What a job still changes it tells.
 */
void domains_tell_defined(struct domains *domains);
void domains_tell_undefined(struct domains *domains);

/** Read them again, a file at a time beside the loop: what is new, has changed or has gone is told
 * as if a client had done it. */
void domains_reload(struct domains *domains);

/* What a rename has left that was cut short, see store.c: old_name's file and link are to go. */
struct store_remain {
    char *old_name, *name;
    bool  autostart; /* name is to have a link */
    STAILQ_ENTRY(store_remain) link;
};

/** NULL: there is no other one.  The caller frees it. */
struct store_remain *domains_next_remain(struct domains *domains);
void                 store_remain_free(struct store_remain *remain);

/**
 * The domain whose definition def is to become: one that is there, or a new one, which leaves the
 * table with domain_settle unless somebody works on its definition.
 *
 * Errors: ERR_OPERATION_FAILED the UUID belongs to another name, or the name to another UUID;
 * ERR_RESOURCE_BUSY there are too many; ERR_INVALID_ARG the name is too long for a file;
 * ERR_OPERATION_INVALID it is the control domain.
 */
int domains_define(struct domains *domains, const struct domain_def *def, struct domain **dom_out,
                   struct err *err);

/** Could it become that?  Nothing changes.  Errors as above. */
int domains_check_define(const struct domains *domains, const struct domain_def *def,
                         struct err *err);

/** May the domain be called so?  Errors as above. */
int domains_check_name(const struct domains *domains, const char *name, struct err *err);

/** May its file be written?  Not where it could not be read: somebody has changed it.  Errors:
 * ERR_OPERATION_FAILED. */
int store_check_file(const struct domain *dom, struct err *err);

/*----- its file is on the disk -----*/

/** def is Taken; it is packed and has the domain's UUID.  DEFINED is told. */
void domain_store(struct domain *dom, struct domain_def *def);

/** The same where an earlier daemon may have told it: unless it did. */
void domain_store_again(struct domain *dom, struct domain_def *def);

/** The same where the name of a domain that does not run is another one from now on.  Both are
 * told. */
void domain_store_renamed(struct domain *dom, struct domain_def *def);

/** The same where its title or the like has changed, and that is told instead. */
void domain_store_quietly(struct domain *dom, struct domain_def *def);

/** There is none any more.  UNDEFINED is told.  It may leave with domain_settle. */
void domain_unstore(struct domain *dom);

/** Its link is there, or gone. */
void domain_set_autostart(struct domain *dom, bool autostart);

/** Its managed save is there, or gone. */
void domain_set_image(struct domain *dom, bool has_image);

/** Told: one thing is another one now, of what runs or what is stored: its title, description or
 * metadata (METADATA_, uri), or an action (-1), of which nothing is told. */
void domain_announce_change(struct domain *dom, int metadata, const char *uri);

#endif
