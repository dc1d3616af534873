/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * request-private.h: what dispatch and the connections know of a request.
 */
#ifndef DAEMON_REQUEST_PRIVATE_H
#define DAEMON_REQUEST_PRIVATE_H

#include <sys/queue.h>

#include "request.h"
#include "wire/frame.h"

struct procedure;
struct user;

struct request {
    TAILQ_ENTRY(request) link;  /* in conn's list */
    TAILQ_ENTRY(request) later; /* in conn's list of those whose answers are not begun */
    void                   *context;
    struct conn            *conn; /* NULL: it has gone */
    uint64_t                conn_id;
    uint64_t                user;
    bool                    read_only; /* when the call came */
    struct wire_header      header;    /* of the call */
    const struct procedure *procedure;
    void (*gone)(void *arg); /* or NULL */
    void *gone_arg;
    bool  waits;                                  /* it is not in flight */
    void (*make)(struct request *req, void *arg); /* NULL: begun, or answered at once */
    void        *make_arg;                        /* owned */
    struct user *maker;                           /* told when it is answered */
};

/** One more in flight on conn. */
struct request *request_new(struct conn *conn, const struct wire_header *header,
                            const struct procedure *procedure);

/** Its answer is begun. */
void request_make(struct request *req);

/** The connection goes, and has taken it out of its list.  May free it. */
void request_orphaned(struct request *req);

#endif
