/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * notify.h: what systemd is told: that we are ready, how we are, that the loop still turns.
 *
 * Nothing waits for systemd: what it does not take now is told again with the next status.
 */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/notify.h"
#include "eventloop/loop.h"

struct daemon;

struct notify {
    struct daemon       *daemon;
    struct notify_socket socket;
    struct loop_timer    status;
    struct loop_timer    watchdog;
    uint64_t             watchdog_usec; /* feed it that often; 0: systemd does not ask */
    bool                 ready;         /* and systemd knows */
    char                 told[160];     /* the status */
};

/** READY=1.  Does nothing, now and later, where systemd did not start us. */
void notify_start(struct notify *notify, struct daemon *daemon);

/** STOPPING=1. */
void notify_stop(struct notify *notify);

#endif
