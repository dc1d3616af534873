/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lookup.h: the domain that a call is about, for procedures.c.
 */
#ifndef DAEMON_LOOKUP_H
#define DAEMON_LOOKUP_H

#include "rpc/request.h"
#include "wire/remote.h"

struct domain;

/** NULL: there is none, and the request was answered. */
struct domain *lookup_domain(struct request *req, const remote_nonnull_domain *wire);

/** The same for a call that would change it: the control domain is refused. */
struct domain *lookup_guest(struct request *req, const remote_nonnull_domain *wire);

#endif
