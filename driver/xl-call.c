/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-call.c: libxl's three ways to end a call, turned into one.  See libxl.h, libxl_asyncop_how.
 */
#include <assert.h>

#include "base/alloc.h"
#include "xl.h"

static void
call_wake(void *arg)
{
    struct xl_call *call = arg;

    call->active = false;
    LIST_REMOVE(call, link);
    call->next(call, call->rc); /* may free call: must be last */
}

/* From libxl, perhaps while the function that starts the operation still runs. */
static void
call_done(libxl_ctx *ctx, int rc, void *arg)
{
    struct xl_call *call = arg;

    (void)ctx;
    assert(call->active && !call->ended);
    call->rc = rc;
    call->ended = true;
    loop_defer_start(&call->wake);
}

/* domid -1: there is no domain yet. */
const libxl_asyncop_how *
xl_call_begin(struct xl_call *call, int64_t domid, xl_call_fn *next)
{
    assert(!call->active);
    call->active = true;
    call->ended = false;
    call->domid = domid;
    call->next = next;
    call->reasons[0] = '\0';
    call->xl->starting = call;
    call->how = (libxl_asyncop_how){.callback = call_done, .u.for_callback = call};
    LIST_INSERT_HEAD(&call->xl->calls, call, link);
    return &call->how;
}

void
xl_call_end(struct xl_call *call, int rc)
{
    call->xl->starting = NULL;
    if (rc)
        call_done(NULL, rc, call);
}

void
xl_call_init(struct xl_call *call, struct xl *xl)
{
    *call = (struct xl_call){.xl = xl};
    loop_defer_init(&call->wake, xl->loop, call_wake, call);
}

void
xl_call_abort(struct xl_call *call)
{
    if (!call->active || call->ended || call->xl->lost)
        return;
    /* The callback may come from inside.  What it returns does not matter: the call ends anyway. */
    (void)libxl_ao_abort(call->xl->ctx, &call->how);
}

void
xl_call_drop(struct xl_call *call)
{
    if (!call->active)
        return;
    if (!call->ended)
        call->xl->lost = true;
    loop_defer_stop(&call->wake);
    call->active = false;
    LIST_REMOVE(call, link);
}

/*----- whose reasons are they -----*/

void
xl_calls_attribute(struct xl_log *log, int64_t domid, const char *reason)
{
    struct xl      *xl = container_of(log, struct xl, log);
    struct xl_call *starting = xl->starting, *call;

    if (starting && (domid < 0 || starting->domid < 0 || starting->domid == domid)) {
        xl_log_add_reason(starting->reasons, reason);
        return;
    }
    if (domid < 0)
        return;
    LIST_FOREACH (call, &xl->calls, link)
        if (call->domid == domid && !call->ended)
            xl_log_add_reason(call->reasons, reason);
}

/*----- one wrapper for each libxl function that waits -----*/

void
xl_domain_create(struct xl_call *call, libxl_domain_config *config, uint32_t *domid,
                 xl_call_fn *next)
{
    const libxl_asyncop_how *how = xl_call_begin(call, -1, next);

    xl_call_end(call, libxl_domain_create_new(call->xl->ctx, config, domid, how, NULL));
}

void
xl_domain_restore(struct xl_call *call, libxl_domain_config *config, uint32_t *domid, int fd,
                  const libxl_domain_restore_params *params, xl_call_fn *next)
{
    const libxl_asyncop_how *how = xl_call_begin(call, -1, next);

    xl_call_end(
        call, libxl_domain_create_restore(call->xl->ctx, config, domid, fd, -1, params, how, NULL));
}

void
xl_domain_suspend(struct xl_call *call, uint32_t domid, int fd, xl_call_fn *next)
{
    const libxl_asyncop_how *how = xl_call_begin(call, domid, next);

    xl_call_end(call, libxl_domain_suspend(call->xl->ctx, domid, fd, 0, how));
}

void
xl_domain_resume(struct xl_call *call, uint32_t domid, xl_call_fn *next)
{
    const libxl_asyncop_how *how = xl_call_begin(call, domid, next);

    xl_call_end(call, libxl_domain_resume(call->xl->ctx, domid, 1, how));
}

void
xl_domain_destroy(struct xl_call *call, uint32_t domid, xl_call_fn *next)
{
    const libxl_asyncop_how *how = xl_call_begin(call, domid, next);

    xl_call_end(call, libxl_domain_destroy(call->xl->ctx, domid, how));
}

void
xl_domain_dump(struct xl_call *call, uint32_t domid, const char *path, xl_call_fn *next)
{
    const libxl_asyncop_how *how = xl_call_begin(call, domid, next);

    xl_call_end(call, libxl_domain_core_dump(call->xl->ctx, domid, path, how));
}

void
xl_domain_pause(struct xl_call *call, uint32_t domid, xl_call_fn *next)
{
    const libxl_asyncop_how *how = xl_call_begin(call, domid, next);

    xl_call_end(call, libxl_domain_pause(call->xl->ctx, domid, how));
}

void
xl_domain_unpause(struct xl_call *call, uint32_t domid, xl_call_fn *next)
{
    const libxl_asyncop_how *how = xl_call_begin(call, domid, next);

    xl_call_end(call, libxl_domain_unpause(call->xl->ctx, domid, how));
}

void
xl_domain_shutdown(struct xl_call *call, uint32_t domid, xl_call_fn *next)
{
    const libxl_asyncop_how *how = xl_call_begin(call, domid, next);

    xl_call_end(call, libxl_domain_shutdown(call->xl->ctx, domid, how));
}

void
xl_domain_reboot(struct xl_call *call, uint32_t domid, xl_call_fn *next)
{
    const libxl_asyncop_how *how = xl_call_begin(call, domid, next);

    xl_call_end(call, libxl_domain_reboot(call->xl->ctx, domid, how));
}

void
xl_domain_power_button(struct xl_call *call, uint32_t domid, xl_call_fn *next)
{
    const libxl_asyncop_how *how = xl_call_begin(call, domid, next);

    xl_call_end(call, libxl_send_trigger(call->xl->ctx, domid, LIBXL_TRIGGER_POWER, 0, how));
}

void
xl_domain_soft_reset(struct xl_call *call, uint32_t domid, libxl_domain_config *config,
                     xl_call_fn *next)
{
    const libxl_asyncop_how *how = xl_call_begin(call, domid, next);

    xl_call_end(call, libxl_domain_soft_reset(call->xl->ctx, config, domid, how, NULL));
}

void
xl_domain_config(struct xl_call *call, uint32_t domid, libxl_domain_config *config,
                 xl_call_fn *next)
{
    const libxl_asyncop_how *how = xl_call_begin(call, domid, next);

    xl_call_end(call, libxl_retrieve_domain_configuration(call->xl->ctx, domid, config, how));
}
