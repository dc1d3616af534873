/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dispatch.h: from a frame to its handler.
 *
 * What is wrong with a call is answered as libvirt's daemon does, and the connection goes on.
 * Whether a client may make a call is decided before anything is decoded of what it carries.
 */
#ifndef DAEMON_DISPATCH_H
#define DAEMON_DISPATCH_H

#include <stddef.h>

#include "wire/frame.h"

struct conn;
struct request;

enum access {
    ACCESS_NONE,  /* anybody, before CONNECT_OPEN too */
    ACCESS_READ,  /* an opened connection */
    ACCESS_WRITE, /* an opened connection that is not read-only */
};

/* A line of wire/procs.def. */
struct procedure {
    const char *name; /* "domain_get_info" */
    void (*call)(struct request *req, const void *args);
    enum access access;
    xdrproc_t   args, ret;
    size_t      args_size;
};

/** NULL where there is no such procedure. */
const struct procedure *dispatch_find(const struct wire_header *call);

/** frame is borrowed. */
void dispatch(struct conn *conn, const struct wire_header *header, const void *frame, size_t size);

/** libvirt's name of the procedure, "virDomainGetInfo"; cut if it must be.  Returns name_out. */
#define DISPATCH_API_NAME_SIZE 80
char *dispatch_api_name(const struct procedure *procedure, char name_out[DISPATCH_API_NAME_SIZE]);

#endif
