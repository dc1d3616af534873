/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "calls.h"

#define RPC(program, nr, name, args_t, ret_t, access, flags)                                       \
    int call_begin_##name(struct connection *conn, struct call *call, const args_t *args,          \
                          struct err *err)                                                         \
    {                                                                                              \
        return call_begin(conn, call, WIRE_PROGRAM_##program, nr, (xdrproc_t)xdr_##args_t, args,   \
                          err);                                                                    \
    }                                                                                              \
    int call_end_##name(struct call *call, ret_t *ret, struct err *err)                            \
    {                                                                                              \
        return call_end(call, (xdrproc_t)xdr_##ret_t, ret, err);                                   \
    }                                                                                              \
    int call_##name(struct connection *conn, const args_t *args, ret_t *ret, struct err *err)      \
    {                                                                                              \
        struct call call = {0};                                                                    \
                                                                                                   \
        if (call_begin_##name(conn, &call, args, err) < 0)                                         \
            return -1;                                                                             \
        if (call_wait(&call, err) < 0) {                                                           \
            call_forget(&call);                                                                    \
            return -1;                                                                             \
        }                                                                                          \
        return call_end_##name(&call, ret, err);                                                   \
    }                                                                                              \
    void call_free_##name(ret_t *ret)                                                              \
    {                                                                                              \
        wire_body_free((xdrproc_t)xdr_##ret_t, ret);                                               \
    }
#define EVENT(program, nr, name, msg_t)
#include "wire/procs.def"
#undef RPC
#undef EVENT
