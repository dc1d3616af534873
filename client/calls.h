/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * calls.h: for each procedure of wire/procs.def, typed
 *
 *   call_NAME        call and wait for the answer
 *   call_begin_NAME  call, and do not wait ...
 *   call_end_NAME    ... and what the answer says, once call_answered
 *   call_free_NAME   what a result holds
 *
 * Where procs.def has rpc_void, pass NULL.  A result must be zeroed before; on failure it stays so.
 */
#ifndef CLIENT_CALLS_H
#define CLIENT_CALLS_H

#include "connection.h"
#include "wire/dom0d.h"
#include "wire/remote.h"

#define RPC(program, nr, name, args_t, ret_t, access, flags)                                       \
    int  call_##name(struct connection *conn, const args_t *args, ret_t *ret, struct err *err);    \
    int  call_begin_##name(struct connection *conn, struct call *call, const args_t *args,         \
                           struct err *err);                                                       \
    int  call_end_##name(struct call *call, ret_t *ret, struct err *err);                          \
    void call_free_##name(ret_t *ret);
#define EVENT(program, nr, name, msg_t) enum { MESSAGE_##name = (nr) };
#include "wire/procs.def"
#undef RPC
#undef EVENT

/* A result so marked is freed when it goes out of scope. */
#define cleanup_ret(name) __attribute__((cleanup(call_free_##name)))

#endif
