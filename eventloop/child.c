/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/wait.h>

#include "loop-private.h"

/*
 * One SIGCHLD may stand for many exits, and never says whose: each child of the list is asked for
 * by its pid.  next_child is kept in the loop, so that a callback may stop any of them.
 */
static void
child_reap_ours(struct loop *loop)
{
    loop->next_child = TAILQ_FIRST(&loop->children);
    while (loop->next_child) {
        struct loop_child *child = loop->next_child;
        int                status;

        loop->next_child = TAILQ_NEXT(child, link);
        if (waitpid(child->pid, &status, WNOHANG) != child->pid)
            continue;
        loop_child_stop(child);
        child->exited(child->arg, status); /* may free child: must be last */
    }
}

static void
child_on_sigchld(void *arg)
{
    struct loop *loop = arg;

    child_reap_ours(loop);
    if (loop->on_sigchld)
        loop->on_sigchld(loop->on_sigchld_arg);
}

static void
child_catch_sigchld(struct loop *loop)
{
    if (loop->sigchld_started)
        return;
    loop->sigchld_started = true;
    loop_signal_init(&loop->sigchld, loop, child_on_sigchld, loop);
    loop_signal_start(&loop->sigchld, SIGCHLD);
}

void
loop_child_init(struct loop_child *child, struct loop *loop, loop_child_fn *exited, void *arg)
{
    *child = (struct loop_child){.loop = loop, .exited = exited, .arg = arg, .pid = -1};
}

void
loop_child_start(struct loop_child *child, pid_t pid)
{
    struct loop *loop = child->loop;

    loop_child_stop(child);
    child_catch_sigchld(loop);
    child->pid = pid;
    child->active = true;
    TAILQ_INSERT_TAIL(&loop->children, child, link);
    /* It may have died before SIGCHLD was caught: look once, from the loop. */
    event_active(loop->sigchld.event, EV_SIGNAL, 1);
}

void
loop_child_stop(struct loop_child *child)
{
    struct loop *loop = child->loop;

    if (!child->active)
        return;
    child->active = false;
    if (loop->next_child == child)
        loop->next_child = TAILQ_NEXT(child, link);
    TAILQ_REMOVE(&loop->children, child, link);
}

void
loop_on_sigchld(struct loop *loop, loop_fn *fn, void *arg)
{
    loop->on_sigchld = fn;
    loop->on_sigchld_arg = arg;
    if (fn)
        child_catch_sigchld(loop);
}
