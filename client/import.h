/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * import.h: guests of another toolstack become dom0d's.  What it has of them stays as it is: import
 * only reads there.
 *
 *   Undefined --import_begin--> Open --import_guest, import_refuse ...--> import_end
 *
 * Each guest is said in one line on the standard output, and in one more on the standard error for
 * each thing that could not be taken, with the reason.
 */
#ifndef CLIENT_IMPORT_H
#define CLIENT_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"
#include "calls.h"
#include "command.h"
#include "folder.h"

struct import {
    struct client              *client;
    struct root                 root; /* where the other toolstack's files are */
    bool                        dry_run;
    struct dom0d_guest_list_ret list; /* as it was before the import */
    struct names                seen; /* of the guests that were met */
    size_t                      failed;
    bool                        over; /* the user has had enough */
};

/* What the other toolstack has of one guest. */
struct import_guest {
    const char *file; /* of its definition, for errors */
    const char *name; /* that it must have; NULL: whatever its definition says */
    const char *xml;
    const char *image; /* its saved state; NULL: it has none */
    bool        autostart;
};

/* The options of each import. */
extern const struct option_spec import_options[];

/* Connects.  What import holds is freed by import_clear, also where this fails. */
int  import_begin(struct import *import, struct client *client, const struct options *options,
                  struct err *err);
void import_clear(struct import *import);

#define cleanup_import __attribute__((cleanup(import_clear)))

/* Fails where one of them could not be taken as it is. */
int import_end(const struct import *import, struct err *err);

/* -1 only where there is no point in going on with the others. */
int import_guest(struct import *import, const struct import_guest *guest, struct err *err);

/* Say that something of a guest could not be taken. */
void import_refuse(struct import *import, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same of a call that failed; -1 where there is no point in going on. */
int import_refuse_err(struct import *import, const char *name, const char *what, struct err *err);

/* Whose definition is it?  Err: why it is none for dom0d.  *ret_out is the caller's. */
int import_check(const struct import *import, const char *xml,
                 struct dom0d_definition_check_ret *ret_out, struct err *err);

/* Is the image whole, and whose? */
int import_check_image(const struct import *import, const char *image,
                       struct dom0d_image_check_ret *ret_out, struct err *err);

/* The guests of this name, or with this UUID, that dom0d had before; NULL: none. */
const struct dom0d_guest *import_find_name(const struct import *import, const char *name);
const struct dom0d_guest *import_find_uuid(const struct import *import, const char *uuid);

/* Say of each saved state in folder that belongs to none of the guests that were met.  suffix: of
 * their files, behind the name. */
int import_check_rest(struct import *import, const char *folder, const char *suffix,
                      struct err *err);

#endif
