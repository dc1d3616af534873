/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedures.h"
#include "base/alloc.h"
#include "handlers.h"

/* A typed step between the table and each handler: so no function pointer is cast but XDR's. */
#define RPC(program, nr, name, args_t, ret_t, access)                                              \
    static void call_##name(struct request *req, const void *args)                                 \
    {                                                                                              \
        handle_##name(req, args);                                                                  \
    }
#define EVENT(program, nr, name, msg_t)
#include "wire/procs.def"
#undef RPC

#define PROCEDURE(nr, name, args_t, ret_t, access)                                                 \
    [nr] = {#name,         call_##name, access, (xdrproc_t)xdr_##args_t, (xdrproc_t)xdr_##ret_t,   \
            sizeof(args_t)},

#define OF_REMOTE PROCEDURE
#define OF_DOM0D(nr, name, args_t, ret_t, access)
#define RPC(program, nr, name, args_t, ret_t, access) OF_##program(nr, name, args_t, ret_t, access)
static const struct procedure remote_procedures[] = {
#include "wire/procs.def"
};
#undef OF_REMOTE
#undef OF_DOM0D

#define OF_REMOTE(nr, name, args_t, ret_t, access)
#define OF_DOM0D PROCEDURE
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
