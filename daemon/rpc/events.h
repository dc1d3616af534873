/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * events.h: who wants to hear what, and telling them.
 *
 * Each registration belongs to a connection and has a callback id that is never used again on
 * it.  Events go out in the order in which they are sent here, through the connection's output, and
 * before the answers to calls that were made after them.
 *
 * An event is encoded once.  Clients of the read-write socket are told at once, those of the
 * read-only one in their turns (user.h).
 */
#ifndef DAEMON_EVENTS_H
#define DAEMON_EVENTS_H

#include <stdint.h>

#include "base/err.h"
#include "base/uuid.h"
#include "wire/libvirt.h"

struct conn;
struct events;
struct loop;

/* The domain an event is about, as the client sees it; borrowed. */
struct event_domain {
    const char    *name;
    const uint8_t *uuid;  /* UUID_SIZE bytes */
    int            domid; /* -1: not running */
};

struct events *events_new(void);

/** Every connection has gone.  NULL is fine. */
void events_free(struct events *events);

void events_lifecycle(struct events *events, const struct event_domain *dom,
                      enum lifecycle_event event, int detail);

/**
 * For clients that come back only now: for usec the events from here on are kept, the last few
 * thousand, and whoever registers for one of them is told those first.  Once in the life of events.
 */
void events_keep(struct events *events, struct loop *loop, uint64_t usec);

/** type: METADATA_; uri: the namespace of an element, else NULL. */
void events_metadata(struct events *events, const struct event_domain *dom, int type,
                     const char *uri);

void events_reboot(struct events *events, const struct event_domain *dom);

/** Its device model is lost: libvirt's name for an end of what controls a domain. */
void events_control_error(struct events *events, const struct event_domain *dom);

/** What the domain was held for has ended: params are those of GET_JOB_STATS for completed ones. */
struct remote_typed_param;
void events_job_completed(struct events *events, const struct event_domain *dom,
                          const struct remote_typed_param *params, unsigned n_params);

/*----- who registers -----*/

/** Registrations that one connection may have: each costs work whenever something happens, and by
 * the read-only socket anybody may come.  See also USER_REGISTRATIONS_MAX. */
#define EVENTS_MAX 1024
#define EVENTS_MAX_READ_ONLY 64

/**
 * uuid: of this domain only; NULL: of all.
 *
 * Errors: ERR_INTERNAL there is no such event; ERR_OPERATION_FAILED there are too many.
 */
int events_register(struct events *events, struct conn *conn, int event, const uint8_t *uuid,
                    int *callback_id_out, struct err *err);
int events_deregister(struct events *events, struct conn *conn, int callback_id, struct err *err);

/** The old way: without callback ids, each event once.  ERR_INTERNAL also for the newer events, of
 * which libvirt has no message for it. */
int events_register_legacy(struct events *events, struct conn *conn, int event, struct err *err);
int events_deregister_legacy(struct events *events, struct conn *conn, int event, struct err *err);

/** The connection goes: so do its registrations. */
void events_forget(struct events *events, struct conn *conn);

/** Send what conn is still to be told: conn->untold. */
void events_tell_untold(struct events *events, struct conn *conn);

#endif
