/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handlers.h: for each procedure of wire/procs.def, handle_NAME and reply_NAME.
 *
 * A handler borrows its arguments and copies what it keeps after it returns.  It answers exactly
 * once, now or later.  What procs.def says was checked before it is called; it is given the domain
 * where that says RPC_DOM or RPC_GUEST.
 */
#ifndef DAEMON_HANDLERS_H
#define DAEMON_HANDLERS_H

#include "rpc/request.h"
#include "wire/dom0d.h"
#include "wire/frame.h"
#include "wire/remote.h"

struct daemon;
struct domain;

#define REPLY(name, ret_t)                                                                         \
    static inline void reply_##name(struct request *req, const ret_t *ret)                         \
    {                                                                                              \
        request_reply(req, ret);                                                                   \
    }
#define RPC(program, nr, name, args_t, ret_t, access, flags)                                       \
    void handle_##name(struct request *req, const args_t *args);                                   \
    REPLY(name, ret_t)
#define RPC_DOM(program, nr, name, args_t, ret_t, access, flags)                                   \
    void handle_##name(struct request *req, struct domain *dom, const args_t *args);               \
    REPLY(name, ret_t)
#define RPC_GUEST RPC_DOM
#define RPC_JOB(program, nr, name, args_t, ret_t, access, flags, operation) REPLY(name, ret_t)
#define EVENT(program, nr, name, msg_t)
#include "wire/procs.def"
#undef RPC
#undef RPC_DOM
#undef RPC_GUEST
#undef RPC_JOB
#undef EVENT
#undef REPLY

/* What the server is given as its context. */
static inline struct daemon *
request_daemon(const struct request *req)
{
    return request_context(req);
}

#endif
