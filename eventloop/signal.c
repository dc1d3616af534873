/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "loop-private.h"

static void
signal_received(evutil_socket_t fd, short what, void *arg)
{
    struct loop_signal *sig = arg;

    (void)fd, (void)what;
    sig->received(sig->arg); /* may free sig: must be last */
}

void
loop_signal_init(struct loop_signal *sig, struct loop *loop, loop_fn *received, void *arg)
{
    *sig = (struct loop_signal){.loop = loop, .received = received, .arg = arg};
}

void
loop_signal_start(struct loop_signal *sig, int signum)
{
    loop_signal_stop(sig);
    sig->event = evsignal_new(sig->loop->base, signum, signal_received, sig);
    if (!sig->event || evsignal_add(sig->event, NULL) < 0) {
        fprintf(stderr, "the event loop cannot watch signal %d\n", signum);
        abort();
    }
}

void
loop_signal_stop(struct loop_signal *sig)
{
    if (sig->event)
        event_free(sig->event);
    sig->event = NULL;
}
