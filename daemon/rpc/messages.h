/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * messages.h: for each event of wire/procs.def, send_NAME.
 */
#ifndef DAEMON_MESSAGES_H
#define DAEMON_MESSAGES_H

#include "conn.h"
#include "wire/dom0d.h"
#include "wire/frame.h"
#include "wire/remote.h"

#define RPC(program, nr, name, args_t, ret_t, access, flags)
#define EVENT(program, nr, name, msg_t)                                                            \
    static inline void send_##name(struct conn *conn, const msg_t *message)                        \
    {                                                                                              \
        conn_send_message(conn, WIRE_PROGRAM_##program, nr, (xdrproc_t)xdr_##msg_t, message);      \
    }
#include "wire/procs.def"
#undef RPC
#undef EVENT

#endif
