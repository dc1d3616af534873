/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * procedure.h: what can be called: the programs and their procedures, which who starts the server
 * hands down.
 */
#ifndef DAEMON_PROCEDURE_H
#define DAEMON_PROCEDURE_H

#include <stddef.h>
#include <stdint.h>

#include "wire/frame.h"

struct request;

enum access {
    ACCESS_NONE,  /* anybody, before CONNECT_OPEN too */
    ACCESS_READ,  /* an opened connection */
    ACCESS_WRITE, /* an opened connection that is not read-only */
};

struct procedure {
    const char *name; /* "domain_get_info"; NULL: there is none of this number */

    /* Answers req, now or later.  args are decoded and borrowed. */
    void (*call)(struct request *req, const void *args);

    enum access access;
    xdrproc_t   args, ret;
    size_t      args_size; /* bytes of what args decodes into */
};

/* All of version WIRE_VERSION.  A list of programs ends with a number of 0. */
struct program {
    uint32_t                number;     /* enum wire_program */
    const struct procedure *procedures; /* by number */
    size_t                  count;
};

/** NULL where there is no such program, version or procedure. */
const struct procedure *procedure_find(const struct program     *programs,
                                       const struct wire_header *call);

/** libvirt's name of the procedure, "virDomainGetInfo"; cut if it must be.  Returns name_out. */
#define PROCEDURE_API_NAME_SIZE 80
char *procedure_api_name(const struct procedure *procedure, char name_out[PROCEDURE_API_NAME_SIZE]);

#endif
