/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * build.h: what create, restore and soft reset have in common: a domain that is to be there,
 * running, or not at all.
 *
 *   build_begin     see that nobody has the uuid; ask for memory
 *   (ready: the operation asks libxl for the domain, with build_made as the next step)
 *   build_made      keep the XML with the domain, start the unpause
 *   build_unpaused
 *   build_end       what only the operation knows, and the end
 *   build_roll_back (instead, where a step failed) find what is left of it, start the destroy
 *   build_rolled_back
 *
 * Where a worker died in it:
 *
 *   build_undo      what is there?  then one of
 *     build_let_run   a complete domain: it runs
 *     build_removed   a half-built one: it has gone
 */
#ifndef DRIVER_BUILD_H
#define DRIVER_BUILD_H

#include "driver/image.h"
#include "memory.h"
#include "operation.h"

/* What dom0d keeps with a domain in libxl's userdata: the XML that it was made from. */
#define BUILD_USERDATA "dom0d-xml"

struct build {
    struct operation    op; /* must be first */
    struct domain_def  *def;
    libxl_domain_config config;
    bool                asked;  /* libxl was asked to make it: something may be left of it */
    bool                paused; /* it is not to be started */
    struct memory       memory;
    void (*ready)(struct build *b);
    uint32_t domid; /* libxl's, at completion */

    /* Optional: the domain is there, as it is to be.  What is still to be done cannot fail. */
    void (*there)(struct build *b);

    /* Optional, of an undo: it is complete; is it to be paused (b->paused)? */
    void (*recall)(struct build *b);
};

/** paused: the domain is not to be started. */
void build_init(struct build *b, bool paused);
void build_clear(struct build *b);

/**
 * The definition and libxl's configuration of a domain's XML, for create.  What *def_out and
 * *config_out (initialised) hold is the caller's, also on failure; *def_out is NULL where there is
 * nothing.
 *
 * Err: domain_def_parse's and conf_to_libxl_whole's.
 */
int build_parse_xml(struct xl *xl, const char *xml, struct domain_def **def_out,
                    libxl_domain_config *config_out, struct err *err);

/** The definition that an image holds; as domain_def_parse has it. */
int build_parse_image(struct xl *xl, const struct image *image, struct domain_def **def_out,
                      struct err *err);

/**
 * The same with the configuration.  xml is the caller's, to stand for the image's own; empty: there
 * is none.
 */
int build_read_image(struct xl *xl, const struct image *image, const char *xml,
                     struct domain_def **def_out, libxl_domain_config *config_out, struct err *err);

/**
 * Could a restore make a domain of the image whose wrapper fd begins with?  The same is read as
 * there: the wrapper by the worker, and what the worker tells of it by the daemon.  Err: why not.
 */
int build_check_image(struct xl *xl, int fd, struct err *err);

/**
 * Checks, of b->def and b->config; ready comes from the loop.  Where there is no point in asking
 * libxl the operation fails.  Must be last.
 */
void build_begin(struct build *b, void (*ready)(struct build *b));

/** For xl_domain_create and the like; b->asked, b->def and b->domid are set before ready, or by an
 * operation that does without build_begin. */
extern xl_call_fn build_made;

/** The operation failed before libxl was asked, or after.  Must be last. */
void build_roll_back(struct build *b);

/** Of the domain that the task names: its XML is kept with it, as build_made does when all is made.
 */
bool build_is_complete(const struct operation *op);

/** For operation_type.undo, after build_init; success means that the domain is there after all. */
void build_undo(struct build *b);

/** Ask libxl to stop, after it had some time to get to the end by itself.  Must be last. */
void build_abort(struct build *b);

#endif
