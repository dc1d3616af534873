/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keepalive.h"

void
keepalive_start(struct keepalive *keepalive, uint64_t interval_usec, unsigned count,
                uint64_t now_usec)
{
    if (!interval_usec || keepalive->active)
        return;
    *keepalive = (struct keepalive){
        .active = true,
        .interval_usec = interval_usec,
        .count = count,
        .heard_usec = now_usec,
    };
}

void
keepalive_heard(struct keepalive *keepalive, uint64_t now_usec)
{
    keepalive->heard_usec = now_usec;
    keepalive->sent = 0;
}

enum keepalive_advice
keepalive_check(struct keepalive *keepalive, uint64_t now_usec)
{
    uint64_t silence = now_usec - keepalive->heard_usec;

    if (!keepalive->active || silence < keepalive->interval_usec * (keepalive->sent + 1))
        return KEEPALIVE_WAIT;
    if (keepalive->sent == keepalive->count)
        return KEEPALIVE_GIVE_UP;
    keepalive->sent++;
    return KEEPALIVE_SEND_PING;
}
