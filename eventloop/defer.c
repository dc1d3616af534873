/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loop-private.h"

void
loop_defer_init(struct loop_defer *defer, struct loop *loop, loop_fn *run, void *arg)
{
    *defer = (struct loop_defer){.loop = loop, .run = run, .arg = arg};
}

void
loop_defer_start(struct loop_defer *defer)
{
    if (defer->active)
        return;
    defer->active = true;
    TAILQ_INSERT_TAIL(&defer->loop->defers, defer, link);
    loop_turn_again(defer->loop);
}

void
loop_defer_stop(struct loop_defer *defer)
{
    if (!defer->active)
        return;
    defer->active = false;
    TAILQ_REMOVE(&defer->loop->defers, defer, link);
}

/*
 * What a callback starts runs in the next turn: a defer that starts itself again starves nobody.
 * Nor do many of them: what is left after LOOP_DEFERS_USEC is in front in the next turn.
 */
void
loop_run_defers(struct loop *loop)
{
    struct loop_defer  marker = {.loop = loop};
    struct loop_defer *defer;
    uint64_t           end_usec = loop_now_usec() + LOOP_DEFERS_USEC;

    TAILQ_INSERT_TAIL(&loop->defers, &marker, link);
    while ((defer = TAILQ_FIRST(&loop->defers)) != &marker) {
        TAILQ_REMOVE(&loop->defers, defer, link);
        defer->active = false;
        defer->run(defer->arg); /* may free defer: must be last */
        if (loop_now_usec() >= end_usec)
            break;
    }
    TAILQ_REMOVE(&loop->defers, &marker, link);
}
