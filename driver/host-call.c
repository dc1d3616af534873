/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host-call.c: what becomes of a call, whoever does it.
 */
#include <stdio.h>

#include "base/alloc.h"
#include "host-private.h"

struct host_call *
host_call_new(struct host *host, enum host_call_kind kind, uint32_t domid, void *arg)
{
    struct host_call *call = xcalloc(1, sizeof *call);

    call->host = host;
    call->id = ++host->last_id;
    call->kind = kind;
    call->domid = domid;
    call->arg = arg;
    return call;
}

const char *
host_call_words(const struct host_call *call, char words[128])
{
    static const char *const requests[] = {
        [HOST_PAUSE] = "pause",           [HOST_UNPAUSE] = "unpause",
        [HOST_SHUTDOWN_PV] = "shut down", [HOST_SHUTDOWN_ACPI] = "press the power button of",
        [HOST_REBOOT_PV] = "reboot",      [HOST_RESUME] = "resume",
    };
    static const char *const kinds[] = {
        [CALL_LIVE] = "read what xenstore says of",
        [CALL_KEPT_XML] = "read what is kept with",
        [CALL_DEFINITION] = "read the configuration of",
    };

    snprintf(words, 128, "cannot %s domain %u",
             call->kind == CALL_REQUEST ? requests[call->what] : kinds[call->kind], call->domid);
    return words;
}

void
host_call_fail(struct host_calls *list, struct host_call *call, const struct err *err)
{
    struct host_call copy = *call;

    TAILQ_REMOVE(list, call, link);
    free(call);
    switch (copy.kind) {
    case CALL_REQUEST:
        copy.done.request(copy.arg, err);
        break;
    case CALL_LIVE:
        copy.done.live(copy.arg, NULL, err);
        break;
    case CALL_KEPT_XML:
    case CALL_DEFINITION:
        copy.done.xml(copy.arg, NULL, err);
        break;
    }
}

void
host_call_settle(struct host_calls *list, struct host_call *call, const struct err *err)
{
    if (list)
        TAILQ_REMOVE(list, call, link);
    call->settled = true;
    call->query = NULL;
    call->err = *err;
    TAILQ_INSERT_TAIL(&call->host->settled, call, link);
    loop_defer_start(&call->host->answer_settled);
}

void
host_call_abort(struct host_call *call)
{
    if (call->settled)
        return;
    if (call->query)
        host_query_abort(call);
    else
        host_helper_abort(call);
}
