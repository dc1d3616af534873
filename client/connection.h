/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * connection.h: a client's connection to the daemon, with any number of calls under way.
 *
 * connection_turn is the only function that waits.  It writes what is queued, hands each reply to
 * the call that it answers, answers the daemon's keepalive, and passes messages (events) and the
 * data of streams on.
 *
 *   Open --connection_turn fails--> Lost --connection_reopen--> Open
 */
#ifndef CLIENT_CONNECTION_H
#define CLIENT_CONNECTION_H

#include <rpc/xdr.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"
#include "wire/frame.h"

struct connection;

/*
 * A call, inside the struct of whoever waits for its answer.
 *   Idle (zeroed) --call_begin_NAME--> Sent --connection_turn--> Answered --call_end_NAME--> Idle
 * Neither moves nor goes while it is Sent or Answered, unless call_forget makes it Idle.
 */
struct call {
    TAILQ_ENTRY(call) link;
    struct connection *conn; /* NULL: Idle */
    int32_t            procedure;
    uint32_t           program, serial;
    uint64_t           end;   /* of its frame among all bytes for the daemon */
    void              *reply; /* the whole frame; NULL: not Answered */
    size_t             reply_size;
};

/* A message of the daemon that answers nothing; the frame is borrowed. */
typedef void message_fn(void *arg, const struct wire_header *header, const void *frame,
                        size_t size);

/*
 * Connect to the socket at path and open "xen:///system".
 * patience_sec: for how long connection_reopen tries; 0: it is of no use.
 */
int connection_open(const char *path, bool readonly, unsigned patience_sec,
                    struct connection **conn_out, struct err *err);

/* What goes on while a lost connection is opened again. */
struct reopening {
    int wake_fd;              /* as for connection_turn */
    bool (*go_on)(void *arg); /* called several times a second; false: give up */
    void *arg;
};

/* Whether it is Lost because the daemon went, and there is patience. */
bool connection_may_reopen(const struct connection *conn);

/*
 * Try to connect again until it works; every call must be Idle.  A daemon that is started only now
 * is waited for.  connection_on_message stays in force; what the daemon kept for the old connection
 * (callbacks of events) is gone.
 *
 * Returns -1 where it did not work in time, with the last try's reason.
 */
int connection_reopen(struct connection *conn, const struct reopening *reopening, struct err *err);

/* Every call must be Idle.  NULL is fine. */
void connection_close(struct connection *conn);

void connection_on_message(struct connection *conn, message_fn *fn, void *arg);

/*
 * Wait until something came from the daemon, wake_fd is readable (-1: no such descriptor), or the
 * time is up (-1: never), and deal with what came.
 *
 * Returns -1, ERR_NO_CONNECT, once the connection is lost; then always, until it is reopened.
 */
int connection_turn(struct connection *conn, int wake_fd, int timeout_msec, struct err *err);

/*----- calls; use the typed ones of calls.h -----*/

static inline bool
call_answered(const struct call *call)
{
    return call->reply != NULL;
}

int call_begin(struct connection *conn, struct call *call, uint32_t program, int32_t procedure,
               xdrproc_t filter, const void *args, struct err *err);

/* For an Answered call.  *ret, zeroed before, is freed with wire_body_free; filter NULL: nothing.
 */
int call_end(struct call *call, xdrproc_t filter, void *ret, struct err *err);

/* Whether an Answered call succeeded: 0, or -1 with its error.  It stays Answered. */
int call_check(const struct call *call, struct err *err);

/* Whether all of a Sent call's frame was written.  What was not is unknown to the daemon. */
bool call_was_written(const struct call *call);

/* Wait until it is Answered. */
int call_wait(struct call *call, struct err *err);

/* The answer is not wanted any more.  Idle is fine. */
void call_forget(struct call *call);

/*----- streams: bytes both ways, opened by a call -----*/

/*
 *   Idle (zeroed) --stream_begin--> Open --the daemon: an end, or an error--> Ended
 *                                    \--stream_finish, and the daemon has confirmed--> Finished
 * and from anywhere stream_forget makes it Idle.  It does not move until then.
 */
typedef void stream_data_fn(void *arg, const void *data, size_t size);

struct stream {
    TAILQ_ENTRY(stream) link;
    struct connection *conn; /* NULL: Idle */
    int32_t            procedure;
    uint32_t           program, serial;
    stream_data_fn    *data; /* from connection_turn; what is given to it is borrowed */
    void              *arg;
    bool               ended, finished;
    struct err         err; /* of an end: code 0: there is no more */
};

/* Of a call that was Sent just now: before its answer may have come, for data may be behind it. */
void stream_begin(struct stream *stream, const struct call *call, stream_data_fn *data, void *arg);

/* Queued; see connection_unsent. */
void stream_send(struct stream *stream, const void *data, size_t size);

/* There is no more to send, and no more is wanted.  An Ended one must be finished too. */
void stream_finish(struct stream *stream);

/* Idle is fine. */
void stream_forget(struct stream *stream);

/* Bytes that the socket has not taken yet. */
size_t connection_unsent(const struct connection *conn);

#endif
