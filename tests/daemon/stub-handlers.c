/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stub-handlers.c: in place of what the server half needs of others.  All of it is weak, and in an
 * archive behind libserver.a: a test replaces what it wants.
 */
#include "api/handlers.h"
#include "driver/host.h"

#define RPC(program, nr, name, args_t, ret_t, access)                                              \
    __attribute__((weak)) void handle_##name(struct request *req, const args_t *args)              \
    {                                                                                              \
        (void)args;                                                                                \
        request_fail_with(req, ERR_NO_SUPPORT, "a stub");                                          \
    }
#define EVENT(program, nr, name, msg_t)
#include "wire/procs.def"
#undef RPC
#undef EVENT

__attribute__((weak)) int
host_info(struct host *host, struct host_info *info_out, struct err *err)
{
    (void)host, (void)info_out;
    return err_set(err, ERR_INTERNAL, "a stub");
}
