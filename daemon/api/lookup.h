/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lookup.h: domains as calls name them.
 */
#ifndef DAEMON_LOOKUP_H
#define DAEMON_LOOKUP_H

#include "rpc/request.h"
#include "wire/remote.h"

struct domain;

/** As libvirt's protocol wants it; borrowed from dom. */
struct remote_nonnull_domain domain_for_wire(const struct domain *dom);

/** The domain that a call is about, for procedures.c.  NULL: there is none, and the request was
 * answered. */
struct domain *lookup_domain(struct request *req, const remote_nonnull_domain *wire);

/** The same for a call that would change it: the control domain is refused. */
struct domain *lookup_guest(struct request *req, const remote_nonnull_domain *wire);

#endif
