/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stream.h: libvirt's streams: bytes both ways between a client and who answered its call.
 *
 *   stream_open --> Open --stream_end: we have no more------> Ended --finish, abort--> freed
 *                    | data, both ways                          \---the connection goes--> freed
 *                    |--the client finishes--> finish() --stream_close, stream_fail--> freed
 *                    |   (finishing() before, while data() has not taken all)
 *                    |--the client aborts----> gone(), freed
 *                    |--the connection goes--> gone(), freed
 *                    \--stream_fail, stream_close--> freed
 *
 * A message of a stream has the program, procedure and serial of the call that opened it; by these
 * the connection finds it.  Messages of a stream that nobody knows are ignored, as libvirt does:
 * clients go on sending for a while after an error.  What libvirt calls holes is not supported.
 *
 * Credit.  Of what we send STREAM_CREDIT bytes wait at most: stream_send takes no more, and
 * writable() tells when it does again.  The connection writes pieces of STREAM_PIECE, of its
 * streams in turn, and only when no answer and no event waits; so a call waits for one piece at
 * most, and is read while a stream's data is not. Of what the client sends data() takes what it
 * can, and STREAM_KEPT_MAX bytes are kept for it.  A client cannot be told to wait without holding
 * up its calls, so the stream fails when there is more. All that waits counts in the server's
 * max_buffers.
 */
#ifndef DAEMON_STREAM_H
#define DAEMON_STREAM_H

#include <stddef.h>

#include "base/err.h"
#include "wire/frame.h"

struct conn;
struct request;
struct stream;

#define STREAMS_MAX 16 /* of one connection */
#define STREAM_CREDIT (256u << 10)
#define STREAM_PIECE (64u << 10)
#define STREAM_KEPT_MAX (1u << 20)

/* Called from the loop.  Each may be NULL but data. */
struct stream_ops {
    /**
     * Bytes from the client, borrowed.  Returns how many were taken; the rest comes again after
     * stream_resume.  May end the stream or let it fail; the bytes are gone then, and what it
     * returns is not looked at.
     */
    size_t (*data)(void *arg, const void *data, size_t size);

    /** stream_send takes something again. */
    void (*writable)(void *arg);

    /**
     * The client has sent all, and waits for an end, while data() has not taken all yet: finish()
     * comes when that has, or after stream_drop.
     */
    void (*finishing)(void *arg);

    /**
     * The client has sent all, and data() has taken it.  To be answered, now or later, by
     * stream_close or stream_fail.  NULL: it is closed at once.
     */
    void (*finish)(void *arg);

    /** The client has aborted the stream, broken the protocol or gone: the stream is not there any
     * more.  Not called where we end it. */
    void (*gone)(void *arg);
};

/**
 * Answer a call with its result, and make it a stream.  ops must outlive it.
 *
 * NULL with err, and req not answered, where the client has too many streams or has gone.
 */
struct stream *stream_open(struct request *req, const void *ret, const struct stream_ops *ops,
                           void *arg, struct err *err);

/** Returns how many of the bytes were taken (copied); if not all, writable() is called later. */
size_t stream_send(struct stream *stream, const void *data, size_t size);

/** data() can take bytes again: it is called from the loop with those that are kept. */
void stream_resume(struct stream *stream);

/** What is kept for data() is dropped.  Must not be called from data(). */
void stream_drop(struct stream *stream);

/**
 * There is no more to send.  The client is told when it has been sent what waits; nobody is called
 * any more, what it still sends is dropped, and its finish is answered.  For the caller the stream
 * is no longer there.
 */
void stream_end(struct stream *stream);

/** The answer to finish(): all is well.  What still waits for the client is dropped.  Frees stream.
 */
void stream_close(struct stream *stream);

/** At any time: tell the client that it failed; what still waits for it is dropped.  Frees stream.
 */
void stream_fail(struct stream *stream, const struct err *err);

/*----- for conn.c and dispatch.c -----*/

/** A frame of type WIRE_STREAM or WIRE_STREAM_HOLE. */
void streams_receive(struct conn *conn, const struct wire_header *header, const void *frame,
                     size_t size);

/** Write what waits, while the connection's output is drained. */
void streams_pump(struct conn *conn);

/** The connection goes, and with it all its streams. */
void streams_gone(struct conn *conn);

/** Bytes that wait in its streams, both ways. */
size_t streams_held(const struct conn *conn);

#endif
