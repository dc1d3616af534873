/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedures.h"
#include "base/alloc.h"
#include "handlers.h"
#include "job/ops.h"
#include "lookup.h"
#include "owner.h"
#include "wire/libvirt.h"

/*----- a typed step between the table and each handler, which checks what procs.def says -----*/

/* Each answers req where it is false. */
#define CHECK_NO_FLAGS true
#define CHECK_ANY_FLAGS true
#define CHECK_FLAGS(known) request_check_flags(req, args->flags, known)
#define CHECK_SECURE_FLAGS(known, secure)                                                          \
    (request_check_flags(req, args->flags, known) &&                                               \
     request_check_secure_flags(req, args->flags, secure))

#define RPC(program, nr, name, args_t, ret_t, access, flags)                                       \
    static void call_##name(struct request *req, const void *decoded)                              \
    {                                                                                              \
        const args_t *args = decoded;                                                              \
                                                                                                   \
        if (CHECK_##flags)                                                                         \
            handle_##name(req, args);                                                              \
    }
#define ABOUT_DOMAIN(name, args_t, flags, lookup)                                                  \
    static void call_##name(struct request *req, const void *decoded)                              \
    {                                                                                              \
        const args_t  *args = decoded;                                                             \
        struct domain *dom = flags ? lookup(req, &args->dom) : NULL;                               \
                                                                                                   \
        if (dom)                                                                                   \
            handle_##name(req, dom, args);                                                         \
    }
#define RPC_DOM(program, nr, name, args_t, ret_t, access, flags)                                   \
    ABOUT_DOMAIN(name, args_t, CHECK_##flags, lookup_domain)
#define RPC_GUEST(program, nr, name, args_t, ret_t, access, flags)                                 \
    ABOUT_DOMAIN(name, args_t, CHECK_##flags, lookup_guest)
#define RPC_JOB(program, nr, name, args_t, ret_t, access, flags, operation)                        \
    static void call_##name(struct request *req, const void *decoded)                              \
    {                                                                                              \
        const args_t  *args = decoded;                                                             \
        struct domain *dom = CHECK_##flags ? lookup_guest(req, &args->dom) : NULL;                 \
                                                                                                   \
        if (dom)                                                                                   \
            owner_submit(req, &operation, dom);                                                    \
    }
#define EVENT(program, nr, name, msg_t)
#include "wire/procs.def"
#undef RPC
#undef RPC_DOM
#undef RPC_GUEST
#undef RPC_JOB

/*----- the table -----*/

#define PROCEDURE(nr, name, args_t, ret_t, access)                                                 \
    [nr] = {#name,         call_##name, access, (xdrproc_t)xdr_##args_t, (xdrproc_t)xdr_##ret_t,   \
            sizeof(args_t)},
#define NO_PROCEDURE(nr, name, args_t, ret_t, access)

#define RPC(program, nr, name, args_t, ret_t, access, flags)                                       \
    IN_##program(nr, name, args_t, ret_t, access)

#define IN_REMOTE PROCEDURE
#define IN_DOM0D NO_PROCEDURE
static const struct procedure remote_procedures[] = {
#include "wire/procs.def"
};
#undef IN_REMOTE
#undef IN_DOM0D

#define IN_REMOTE NO_PROCEDURE
#define IN_DOM0D PROCEDURE
static const struct procedure dom0d_procedures[] = {
#include "wire/procs.def"
};
#undef RPC
#undef EVENT

const struct program api_programs[] = {
    {WIRE_PROGRAM_REMOTE, remote_procedures, array_size(remote_procedures)},
    {WIRE_PROGRAM_DOM0D, dom0d_procedures, array_size(dom0d_procedures)},
    {0, NULL, 0},
};
