/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "loop-private.h"

static void
loop_turn(evutil_socket_t fd, short what, void *arg)
{
    struct loop *loop = arg;

    (void)fd, (void)what;
    loop_run_defers(loop);
    if (!TAILQ_EMPTY(&loop->defers))
        loop_turn_again(loop);
}

/* What libevent refuses, a caller is told by a return value: its warnings would say it twice. */
static void
loop_log_libevent(int severity, const char *message)
{
    if (severity >= EVENT_LOG_ERR)
        fprintf(stderr, "libevent: %s\n", message);
}

struct loop *
loop_new(void)
{
    struct loop         *loop = xcalloc(1, sizeof *loop);
    struct event_config *config = event_config_new();

    event_set_log_callback(loop_log_libevent);
    if (config) {
        /* libevent's cached time would make timers that start late in a long callback fire early.
         */
        event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME);
        loop->base = event_base_new_with_config(config);
        event_config_free(config);
    }
    if (loop->base)
        loop->turn = evtimer_new(loop->base, loop_turn, loop);
    if (!loop->turn) {
        fputs("cannot create an event loop\n", stderr);
        abort();
    }
    TAILQ_INIT(&loop->defers);
    TAILQ_INIT(&loop->children);
    return loop;
}

void
loop_free(struct loop *loop)
{
    if (!loop)
        return;
    assert(TAILQ_EMPTY(&loop->defers));
    assert(TAILQ_EMPTY(&loop->children));
    assert(!loop->workshop);
    if (loop->sigchld_started)
        loop_signal_stop(&loop->sigchld);
    event_free(loop->turn);
    event_base_free(loop->base);
    free(loop);
}

void
loop_turn_again(struct loop *loop)
{
    /* Not event_active: libevent would run it again before it looks at any descriptor. */
    static const struct timeval now;

    evtimer_add(loop->turn, &now);
}

void
loop_run(struct loop *loop)
{
    do
        loop_run_once(loop);
    while (!event_base_got_break(loop->base));
}

void
loop_stop(struct loop *loop)
{
    event_base_loopbreak(loop->base);
}

bool
loop_run_ready(struct loop *loop)
{
    event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    loop->turn_number++;
    return !TAILQ_EMPTY(&loop->defers);
}

void
loop_run_once(struct loop *loop)
{
    event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
    loop->turn_number++;
}

uint64_t
loop_turn_number(const struct loop *loop)
{
    return loop->turn_number;
}

uint64_t
loop_now_usec(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}
