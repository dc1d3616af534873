/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * change.h: what is done to one domain and prints nothing, but may have to wait its turn.
 */
#ifndef CLIENT_CHANGE_H
#define CLIENT_CHANGE_H

#include <stdbool.h>

#include "calls.h"
#include "command.h"

struct domain_now;

struct change {
    const char *name; /* "destroy" */
    int (*begin)(struct connection *conn, struct call *call, struct remote_nonnull_domain *dom,
                 struct err *err);

    /* Whether the domain is as it was to become; id_before: what it had. */
    bool (*is_so)(const struct domain_now *now, int id_before);
};

/* Do it to the domain that the user named, and wait for the end.  Ctrl-C only leaves. */
int change_run(struct client *client, const char *domain, const struct change *change,
               struct err *err);

#endif
