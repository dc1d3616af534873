/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * request.h: a call of a client, from its arrival to its one answer.
 *
 * A request is made by dispatch, handed to the handler, and freed by its answer, now or later.
 * Its connection may go meanwhile: the answer is then dropped, or not even waited for
 * (request_on_gone).
 */
#ifndef DAEMON_REQUEST_H
#define DAEMON_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct conn;
struct request;

/** What the server was given for those who answer its calls: server_setup.context. */
void *request_context(const struct request *req);

/** NULL once the connection has gone. */
struct conn *request_conn(const struct request *req);

/** The connection's number, which is never used again. */
uint64_t request_conn_id(const struct request *req);
uint32_t request_serial(const struct request *req);

/** The number of its user, who is somebody else on each of the sockets: as of loop_work. */
uint64_t request_user(const struct request *req);

/** The client may only ask: it came by the read-only socket, or opened so. */
bool request_is_readonly(const struct request *req);

/**
 * If the connection goes before the answer, gone is called, and req is then freed.  For what only
 * waits: a client that comes and goes would leave more and more of it behind.
 */
void request_on_gone(struct request *req, void (*gone)(void *arg), void *arg);

/**
 * Refuse to let a client wait where its user has USER_WAITING_MAX such requests already, by the
 * read-only socket (ERR_OPERATION_FAILED).  Returns whether all is well; if not, the request was
 * answered.
 */
bool request_check_waiting(struct request *req);

/**
 * For an answer that takes time or memory: make(req, arg) is called from the loop, when it is this
 * client's turn and it has read all that it was sent (user.h).  arg is Taken, and freed after make,
 * or when the connection goes before.
 */
void request_in_turn(struct request *req, void (*make)(struct request *req, void *arg), void *arg);

/** ret is borrowed, of the procedure's result type; use a typed reply_NAME where there is one. */
void request_reply(struct request *req, const void *ret);

/** Answer with an error.  Returns nothing to go on with: the request is freed. */
void request_fail(struct request *req, const struct err *err);
void request_fail_with(struct request *req, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The same with libvirt's words of this code in front, as err_set_libvirt. */
void request_fail_libvirt(struct request *req, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * Refuse flags that the procedure does not know, as libvirt does (ERR_INVALID_ARG, "unsupported
 * flags (0x..) in function ..").  Returns whether all is well; if not, the request was answered.
 */
bool request_check_flags(struct request *req, unsigned flags, unsigned known);

/**
 * Refuse flags that ask for secrets to a client that may only ask (ERR_OPERATION_DENIED).  Returns
 * whether all is well; if not, the request was answered.
 */
bool request_check_secure_flags(struct request *req, unsigned flags, unsigned secure);

#endif
