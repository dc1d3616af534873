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

/* What a callback starts runs in the next turn: a defer that starts itself again starves nobody. */
void
loop_run_defers(struct loop *loop)
{
    struct loop_defer marker = {.loop = loop};

    TAILQ_INSERT_TAIL(&loop->defers, &marker, link);
    for (;;) {
        struct loop_defer *defer = TAILQ_FIRST(&loop->defers);

        TAILQ_REMOVE(&loop->defers, defer, link);
        if (defer == &marker)
            return;
        defer->active = false;
        defer->run(defer->arg); /* may free defer: must be last */
    }
}
