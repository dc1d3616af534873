/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * framed.h: a connected socket that carries frames both ways, without ever waiting.
 *
 *   Undefined --init--> Open --framed_close, or the peer goes--> Closed
 *
 * Input: bytes are gathered until size_of says how long the frame is and all of it is there; then
 * frame() gets it.  Memory for a frame is taken as its bytes arrive, not as its length promises.
 * Output: queued, written when the socket takes it.
 */
#ifndef EVENTLOOP_FRAMED_H
#define EVENTLOOP_FRAMED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "eventloop/loop.h"

struct evbuffer;
struct framed;

/* What several streams hold together, both ways: bytes that no frame() has had, and bytes that the
 * kernel has not taken. */
struct framed_total {
    size_t               bytes; /* the streams keep it */
    struct framed_total *all;   /* counts the same bytes, and more; or NULL */

    /** It has become more.  May close any of the streams, but free none. */
    void (*grown)(void *arg);
    void *arg;
};

struct framed_ops {
    /**
     * How long is the frame that begins here?  size bytes are there, perhaps fewer than it needs.
     * Returns 0 with *frame_out: 0 for "cannot tell yet", else the whole length; or -1 with err
     * where this can be no frame: the stream then closes.
     */
    int (*size_of)(const void *data, size_t size, size_t *frame_out, struct err *err);

    /**
     * One whole frame, borrowed.  May pause the stream, close it, or free what holds it; once it is
     * closed, data is gone.
     */
    void (*frame)(void *arg, const void *data, size_t size);

    /**
     * The peer went, or sent what is no frame, or the loop cannot watch the socket (err then says
     * so, else NULL).  The stream is Closed already.  Not called for framed_close.  May free what
     * holds the stream.
     */
    void (*closed)(void *arg, const struct err *err);

    /** Optional: the output queue has fallen to nothing. */
    void (*drained)(void *arg);

    /** Optional: asked before input is read, and before each frame.  Returns whether that must wait
     * for framed_take_turn. */
    bool (*must_wait)(void *arg);
};

struct framed {
    struct loop             *loop;
    const struct framed_ops *ops;
    void                    *arg;
    int                      fd; /* -1: Closed */
    bool                     paused;
    bool                     closing; /* when all is written */
    bool                     backlog; /* whole frames may be in memory: again is started */
    bool                     waits;   /* for its turn: must_wait said so */
    int                  refused; /* the loop cannot watch fd, for this errno: again closes us */
    size_t               frame_max, read_max;
    bool                *gone;    /* set while frame() runs, so that it may free us */
    struct framed_total *total;   /* or NULL */
    size_t               counted; /* our part of it */
    struct evbuffer     *in, *out;
    struct loop_io       io;
    struct loop_defer    again; /* frames that are in memory already, after a pause */
};

/** fd is Taken, made non-blocking, and closed with the stream.  ops must outlive the stream. */
void framed_init(struct framed *framed, struct loop *loop, int fd, const struct framed_ops *ops,
                 void *arg);

/** From now on what the stream holds counts in total too, which must outlive it. */
void framed_count_in(struct framed *framed, struct framed_total *total);

/** Idempotent; what was not written is dropped. */
void framed_close(struct framed *framed);

/** Closes when all output is written or the peer goes; closed() is called then.  Input is dropped.
 */
void framed_close_when_drained(struct framed *framed);

/** Copied into the queue.  Does nothing on a Closed stream. */
void framed_send(struct framed *framed, const void *data, size_t size);

/** Bytes not yet taken by the kernel. */
size_t framed_unsent(const struct framed *framed);

/** Bytes received that no frame() has had yet: the beginning of a frame, or what a pause holds up.
 */
size_t framed_unread(const struct framed *framed);

/** Has the peer closed the socket?  For a paused stream, which would learn it only when it reads.
 */
bool framed_peer_is_gone(const struct framed *framed);

/** From now on a longer frame is no frame, whatever size_of says.  At first there is no such bound.
 */
void framed_set_frame_max(struct framed *framed, size_t size);

/** Its input and output give precedence to others: loop_io_set_low. */
void framed_set_low(struct framed *framed);

/** From now on no more is read at a time, and so kept while the stream is paused; at first 64 KiB,
 * which is the most. */
void framed_set_read_max(struct framed *framed, size_t size);

/** What must_wait has put off: reads once if no whole frame is there, and hands over one frame at
 * least, as long as it need not wait again.  Does nothing to a stream that does not wait.  May free
 * what holds it. */
void framed_take_turn(struct framed *framed);

/** While paused nothing is read and no frame is delivered.  framed_resume delivers what is there
 * from the loop, not at once. */
void framed_pause(struct framed *framed);
void framed_resume(struct framed *framed);

#endif
