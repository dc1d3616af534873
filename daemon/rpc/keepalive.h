/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * keepalive.h: is the other end still there?  The bookkeeping only: who sends and who closes is
 * conn.c.
 *
 * A client that has been silent for an interval is sent a ping, then one more for each interval of
 * silence; when count of them went unanswered for an interval, it is dead.  Whatever it sends
 * proves that it lives.
 */
#ifndef DAEMON_KEEPALIVE_H
#define DAEMON_KEEPALIVE_H

#include <stdbool.h>
#include <stdint.h>

struct keepalive {
    bool     active;
    uint64_t interval_usec;
    unsigned count;
    uint64_t heard_usec; /* when it was last known to live */
    unsigned sent;       /* pings since then */
};

enum keepalive_advice { KEEPALIVE_WAIT, KEEPALIVE_SEND_PING, KEEPALIVE_GIVE_UP };

/** interval_usec 0: it stays inactive. */
void keepalive_start(struct keepalive *keepalive, uint64_t interval_usec, unsigned count,
                     uint64_t now_usec);

void keepalive_heard(struct keepalive *keepalive, uint64_t now_usec);

/** What to do now; a ping that is advised counts as sent. */
enum keepalive_advice keepalive_check(struct keepalive *keepalive, uint64_t now_usec);

#endif
