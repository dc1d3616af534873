/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stub-handlers.c: in place of what the server half needs of others.  All of it is weak, and in an
 * archive behind libserver.a: a test replaces what it wants.
 */
#include "api/handlers.h"
#include "api/lookup.h"
#include "api/owner.h"
#include "driver/host.h"
#include "job/ops.h"

#define RPC(program, nr, name, args_t, ret_t, access, flags)                                       \
    __attribute__((weak)) void handle_##name(struct request *req, const args_t *args)              \
    {                                                                                              \
        (void)args;                                                                                \
        request_fail_with(req, ERR_NO_SUPPORT, "a stub");                                          \
    }
#define RPC_DOM(program, nr, name, args_t, ret_t, access, flags)                                   \
    __attribute__((weak)) void handle_##name(struct request *req, struct domain *dom,              \
                                             const args_t *args)                                   \
    {                                                                                              \
        (void)dom, (void)args;                                                                     \
        request_fail_with(req, ERR_NO_SUPPORT, "a stub");                                          \
    }
#define RPC_GUEST RPC_DOM
#define RPC_JOB(program, nr, procedure, args_t, ret_t, access, flags, operation)                   \
    __attribute__((weak)) const struct job_operation operation = {.name = #procedure};
#define EVENT(program, nr, name, msg_t)
#include "wire/procs.def"
#undef RPC
#undef RPC_DOM
#undef RPC_GUEST
#undef RPC_JOB
#undef EVENT

__attribute__((weak)) void
owner_submit(struct request *req, const struct job_operation *operation, struct domain *dom)
{
    (void)operation, (void)dom;
    request_fail_with(req, ERR_NO_SUPPORT, "a stub");
}

/* Whatever a call is about is there; nobody looks at it. */
__attribute__((weak)) struct domain *
lookup_domain(struct request *req, const remote_nonnull_domain *wire)
{
    static char some;

    (void)req, (void)wire;
    return (struct domain *)&some;
}

__attribute__((weak)) struct domain *
lookup_guest(struct request *req, const remote_nonnull_domain *wire)
{
    return lookup_domain(req, wire);
}

__attribute__((weak)) int
host_info(struct host *host, struct host_info *info_out, struct err *err)
{
    (void)host, (void)info_out;
    return err_set(err, ERR_INTERNAL, "a stub");
}
