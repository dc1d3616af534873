/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * change.h: what is done to one domain and prints nothing, but may have to wait its turn.
 */
#ifndef CLIENT_CHANGE_H
#define CLIENT_CHANGE_H

#include "calls.h"
#include "command.h"

/* Begins the call that asks for the change. */
typedef int change_begin_fn(struct connection *conn, struct call *call,
                            struct remote_nonnull_domain *dom, struct err *err);

/*
 * Do it to the domain that the user named, and wait for the end.  Ctrl-C only leaves.
 * name: "destroy"
 */
int change_run(struct client *client, const char *domain, const char *name, change_begin_fn *begin,
               struct err *err);

#endif
