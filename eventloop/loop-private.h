/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EVENTLOOP_LOOP_PRIVATE_H
#define EVENTLOOP_LOOP_PRIVATE_H

#include <event2/event.h>

#include "eventloop/loop.h"

struct loop {
    struct event_base *base;
    uint64_t           turn_number;

    TAILQ_HEAD(, loop_defer) defers;
    struct event *turn; /* active while there are defers */

    TAILQ_HEAD(, loop_child) children;
    struct loop_child *next_child; /* where reaping goes on, in case a callback stops it */
    struct loop_signal sigchld;
    bool               sigchld_started;
    loop_fn           *on_sigchld;
    void              *on_sigchld_arg;

    struct loop_workshop *workshop; /* work.c's; NULL: there was no work yet */
};

/* Have the loop turn once more without waiting. */
void loop_turn_again(struct loop *loop);

/* What a turn runs. */
void loop_run_defers(struct loop *loop);

#endif
