/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ops.h: the operations, and how a job of each is made; each is a file of its own, op-NAME.c.
 *
 * All but job_new's parameters are Copied.  The result is to be submitted.
 */
#ifndef DAEMON_JOB_OPS_H
#define DAEMON_JOB_OPS_H

#include "domain/store.h"
#include "job.h"

/** By its name; NULL: there is none. */
const struct job_operation *job_operation_by_name(const char *name);

#define TASK(nr, NAME, name, traits) JOB(name)
#define JOB(name) extern const struct job_operation op_##name;
#include "wire/tasks.def"
#undef TASK
#undef JOB

/** Start a domain that was reserved, by its definition dom->live. */
struct job *op_create_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
                          bool paused);

/** Start a domain by what is stored of it. */
struct job *op_start_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
                         bool paused);

/** Start a domain by its managed save, which is removed when it runs.  flags: WORKER_RESTORE_. */
struct job *op_start_saved_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
                               unsigned flags);

/** Start the domain that an image holds; xml, unless NULL, is in the place of the image's own.
 * flags: WORKER_RESTORE_. */
struct job *op_restore_new(struct jobs *jobs, const struct job_owner *owner, const char *path,
                           const char *xml, unsigned flags);

/** Write a domain to path, then it is gone, unless it is kept; xml, unless NULL, goes into the
 * image.  flags: WORKER_SAVE_, of which OF_PAUSED is found out here. */
struct job *op_save_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
                        const char *path, const char *xml, unsigned flags);

/** Is it a save that makes a managed save? */
bool op_save_is_managed(const struct job *job);

/** Put xml in the place of the definition that is in the image, or, where it is NULL, have that
 * told.  dom: whose managed save it is, or NULL; flags: WORKER_IMAGE_, without DEFINE. */
struct job *op_image_xml_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
                             const char *path, const char *xml, unsigned flags);

/** What it was to tell, for its owner, when it has ended well; the caller's to free. */
char *op_image_xml_take(const struct job *job);

/** The name of the domain that the image is of, likewise; NULL: it was not told. */
char *op_image_xml_take_name(const struct job *job, uint8_t uuid_out[UUID_SIZE]);

/** Copy an image, which stays, to where the managed save of a domain is, which has none yet. */
struct job *op_image_import_new(struct jobs *jobs, struct domain *dom,
                                const struct job_owner *owner, const char *from);

/** Write the memory of a domain to path. */
struct job *op_dump_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
                        const char *path);

/** Change a file durably, see worker_file; dom: whose file it is, or NULL. */
struct job *op_file_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
                        const worker_file *file);

/** Store a definition of the domain that domains_define has given; def is Taken, and packed. */
struct job *op_define_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
                          struct domain_def *def);

/** Nothing is stored of a domain any more; with_image: its managed save goes, too. */
struct job *op_undefine_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
                            bool with_image);

/** May it get a managed save now?  ERR_RESOURCE_BUSY while it is undefined or renamed: there would
 * be nobody whose it is. */
int definition_stays(const struct domain *dom, struct err *err);

/** Give a domain that is stored, and does not run, another name, which is valid. */
struct job *op_rename_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
                          const char *new_name);

/** Remove what a rename has left that was cut short. */
struct job *op_rename_remains_new(struct jobs *jobs, const struct store_remain *remain);

/** Have a domain that is stored started with the host, or not. */
struct job *op_autostart_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
                             bool autostart);

/* One thing of a definition that is to be another one. */
struct definition_change {
    unsigned           affect;            /* AFFECT_; 0: what runs, else what is stored */
    int                metadata;          /* METADATA_; -1: an action */
    char              *value, *key, *uri; /* as of domain_def_with_metadata */
    unsigned           which;             /* ACTION_FOR_ */
    enum domain_action action;
};

struct job *op_change_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
                          const struct definition_change *change);

/** What AFFECT_ means for the domain as it is; ERR_OPERATION_INVALID where it has no such
 * definition. */
int definition_affects(const struct domain *dom, unsigned affect, bool *live_out, bool *stored_out,
                       struct err *err);

/** Make an end of a domain; detail: STOPPED's. */
struct job *op_destroy_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
                           int detail);

#endif
