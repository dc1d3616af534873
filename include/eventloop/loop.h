/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * loop.h: one thread, one loop, and what wakes it.
 *
 * A thin layer over libevent, the only code that includes it.  Everything below is embedded in
 * the struct of whoever waits:
 *
 *   Undefined --init--> Idle --start--> Active --callback (one-shot ones) or stop--> Idle
 *
 * start on an Active one changes it; stop on an Idle one does nothing.  No start function calls
 * its callback: everything continues from the loop.  A callback may stop, start or free the
 * thing that called it.  Zeroed memory is not Idle.
 *
 * All of it is for the loop's own thread.  What would hold that up: work.h.
 */
#ifndef EVENTLOOP_LOOP_H
#define EVENTLOOP_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "base/err.h"

struct event;
struct loop;

typedef void loop_fn(void *arg);

/*----- the loop -----*/

/** Ends the process if the kernel has no loop to give.  The caller frees it, last of all. */
struct loop *loop_new(void);

/** Everything must be Idle.  NULL is fine. */
void loop_free(struct loop *loop);

/** Until loop_stop. */
void loop_run(struct loop *loop);

/** loop_run returns after the callback that runs now. */
void loop_stop(struct loop *loop);

/** Run what is ready and return at once; for tests.  Returns whether the next turn has something to
 * run. */
bool loop_run_ready(struct loop *loop);

/** Wait until something is ready, run it and return; for tests. */
void loop_run_once(struct loop *loop);

/** Goes up whenever the loop has run what was ready and looks for more. */
uint64_t loop_turn_number(const struct loop *loop);

/** A clock that never jumps, in microseconds. */
uint64_t loop_now_usec(void);

/*----- later -----*/

/* Runs once from the loop, after what runs now has returned, in the order of the starts.  Where
 * many wait the loop looks at all else whenever they have taken LOOP_DEFERS_USEC. */
#define LOOP_DEFERS_USEC 100

struct loop_defer {
    struct loop *loop;
    loop_fn     *run;
    void        *arg;
    TAILQ_ENTRY(loop_defer) link;
    bool active;
};

void loop_defer_init(struct loop_defer *defer, struct loop *loop, loop_fn *run, void *arg);
void loop_defer_start(struct loop_defer *defer);
void loop_defer_stop(struct loop_defer *defer);

/*----- descriptors -----*/

/*
 * Level triggered.
 *
 * A regular file is always ready, and libxl registers them: the file of a save, or of a restore.
 * epoll refuses such a file (EPERM), and poll would have the loop spin for as long as it is
 * registered.  So its callback comes at once after each start that changes something, and from then
 * on every LOOP_FILE_USEC.  libxl reads or writes all there is at the first call and takes the
 * registration back; it waits for no second one.
 */
#define LOOP_FILE_USEC 10000

struct loop_io {
    struct loop  *loop;
    loop_fn      *ready;
    void         *arg;
    struct event *event; /* NULL: Idle; a timer where fd is always ready */
    int           fd;
    bool          read, write;

    /* Of one that gives precedence to others. */
    bool              low;
    struct loop_defer turn; /* active while it is ready */
};

void loop_io_init(struct loop_io *io, struct loop *loop, loop_fn *ready, void *arg);

/**
 * Neither read nor write: Idle.  fd is borrowed until stop.
 *
 * Err: ERR_SYSTEM, with errno as detail, where the kernel does not let fd be waited for: it is none
 * (EBADF), or there are too many (ENOSPC, ENOMEM).  io is then what it was before.
 */
int  loop_io_start(struct loop_io *io, int fd, bool read, bool write, struct err *err);
void loop_io_stop(struct loop_io *io);

/** Give precedence to others from now on: when it is ready, ready is a deferred call. */
void loop_io_set_low(struct loop_io *io);

/*----- time -----*/

/* One-shot. */
struct loop_timer {
    struct loop  *loop;
    loop_fn      *due;
    void         *arg;
    struct event *event;
};

void loop_timer_init(struct loop_timer *timer, struct loop *loop, loop_fn *due, void *arg);

/** usec from now; 0: as soon as the loop turns.  Ends the process where libevent cannot add it. */
void loop_timer_start(struct loop_timer *timer, uint64_t usec);
void loop_timer_stop(struct loop_timer *timer);
bool loop_timer_is_active(const struct loop_timer *timer);

/*----- signals -----*/

/* The callback comes from the loop, never in signal context.  One loop of a process has signals. */
struct loop_signal {
    struct loop  *loop;
    loop_fn      *received;
    void         *arg;
    struct event *event;
};

void loop_signal_init(struct loop_signal *sig, struct loop *loop, loop_fn *received, void *arg);
/** signum is caught until loop_signal_stop.  Ends the process where that is not possible. */
void loop_signal_start(struct loop_signal *sig, int signum);
void loop_signal_stop(struct loop_signal *sig);

/*----- children -----*/

/*
 * The exit of one child of ours, reaped by its pid: nobody else's child is touched, so libxl can
 * have its own in the same process (see libxl_event.h, libxl_sigchld_owner_mainloop).
 * Whoever starts the first one also has SIGCHLD caught by the loop.
 */
struct loop_child;
typedef void loop_child_fn(void *arg, int status);

struct loop_child {
    struct loop   *loop;
    loop_child_fn *exited;
    void          *arg;
    pid_t          pid;
    TAILQ_ENTRY(loop_child) link;
    bool active;
};

void loop_child_init(struct loop_child *child, struct loop *loop, loop_child_fn *exited, void *arg);

/** exited gets wait(2)'s status, once.  A child that is already dead is noticed too. */
void loop_child_start(struct loop_child *child, pid_t pid);

/** exited is not called any more.  The child is not killed, and its exit is the caller's to reap.
 */
void loop_child_stop(struct loop_child *child);

/**
 * Have fn(arg) called whenever SIGCHLD came, after our own children were reaped: libxl asks for
 * its own there.  One at a time; NULL takes it away.
 */
void loop_on_sigchld(struct loop *loop, loop_fn *fn, void *arg);

#endif
