/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "loop-private.h"

static void
timer_due(evutil_socket_t fd, short what, void *arg)
{
    struct loop_timer *timer = arg;

    (void)fd, (void)what;
    loop_timer_stop(timer);
    timer->due(timer->arg); /* may free timer: must be last */
}

void
loop_timer_init(struct loop_timer *timer, struct loop *loop, loop_fn *due, void *arg)
{
    *timer = (struct loop_timer){.loop = loop, .due = due, .arg = arg};
}

void
loop_timer_start(struct loop_timer *timer, uint64_t usec)
{
    struct timeval tv = {.tv_sec = (time_t)(usec / 1000000),
                         .tv_usec = (suseconds_t)(usec % 1000000)};

    if (!timer->event)
        timer->event = evtimer_new(timer->loop->base, timer_due, timer);
    if (!timer->event || evtimer_add(timer->event, &tv) < 0) {
        fputs("the event loop cannot add a timer\n", stderr);
        abort();
    }
}

void
loop_timer_stop(struct loop_timer *timer)
{
    if (timer->event)
        event_free(timer->event);
    timer->event = NULL;
}

bool
loop_timer_is_active(const struct loop_timer *timer)
{
    return timer->event;
}
