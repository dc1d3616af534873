/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * messages.h: for each event of wire/procs.def, encode_NAME: conn_encode_message.
 */
#ifndef DAEMON_MESSAGES_H
#define DAEMON_MESSAGES_H

#include "conn.h"
#include "wire/dom0d.h"
#include "wire/frame.h"
#include "wire/remote.h"

#define RPC(program, nr, name, args_t, ret_t, access, flags)
#define EVENT(program, nr, name, msg_t)                                                            \
    static inline void *encode_##name(const msg_t *message, size_t *size_out)                      \
    {                                                                                              \
        return conn_encode_message(WIRE_PROGRAM_##program, nr, (xdrproc_t)xdr_##msg_t, message,    \
                                   size_out);                                                      \
    }
#include "wire/procs.def"
#undef RPC
#undef EVENT

#endif
