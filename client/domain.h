/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * domain.h: a domain as the user names it and as the daemon describes it.
 */
#ifndef CLIENT_DOMAIN_H
#define CLIENT_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/remote.h"

struct connection;
struct json;

/* As virsh does: a number is tried as an id, then as a name; what looks like a UUID likewise. */
int domain_find(struct connection *conn, const char *text, struct remote_nonnull_domain *dom_out,
                struct err *err);

void domain_clear(struct remote_nonnull_domain *dom);

#define cleanup_domain __attribute__((cleanup(domain_clear)))

/* What it was to have and does not get, on the standard error.  That this cannot be told is no
 * failure. */
void domain_print_warnings(struct connection *conn, const struct remote_nonnull_domain *dom);

/* Members "name", "uuid" and "id" (null: it does not run) of the object that is being written. */
void domain_write_json(struct json *json, const struct remote_nonnull_domain *dom);

/* Members "memory_kib", "max_memory_kib", "vcpus" and "cpu_time_nsec". */
void domain_write_json_numbers(struct json *json, const struct remote_domain_get_info_ret *info);

/* virDomainState in one word. */
const char *domain_state_name(int state);

/* Whether in this state the guest's code runs, or would if it had something to do. */
bool domain_runs(int state);

/* virDomainRunningReason and its sisters; "unknown" where there is none. */
const char *domain_state_reason(int state, int reason);

#endif
