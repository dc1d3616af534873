/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DAEMON_LOOKUP_H
#define DAEMON_LOOKUP_H

#include "rpc/request.h"
#include "wire/remote.h"

struct domain;

/** The domain a call is about; NULL: there is none, and the request was answered. */
struct domain *request_domain(struct request *req, const remote_nonnull_domain *wire);

/** The same for a call that would change it: the control domain is refused. */
struct domain *request_guest(struct request *req, const remote_nonnull_domain *wire);

#endif
