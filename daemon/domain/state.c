/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * state.c: what the hypervisor says of a domain, and what libvirt calls it.
 */
#include "eventloop/loop.h"
#include "private.h"

/* What a client asks for again so soon is answered from memory. */
#define INFO_GOOD_USEC 20000

void
domain_note_info(struct domain *dom, const struct host_dominfo *info)
{
    dom->run.info = *info;
    dom->run.info_usec = loop_now_usec();
}

void
domain_forget_info(struct domain *dom)
{
    dom->run.info_usec = 0;
}

int
domain_ask_now(const struct domain *dom, struct host_dominfo *info_out, struct err *err)
{
    return host_domain_info(dom->table->host, (uint32_t)dom->run.domid, info_out, err);
}

bool
domain_lacks_model(const struct domain *dom, const struct host_dominfo *info)
{
    return dom->run.model_ended_usec && info->type == DOMAIN_HVM;
}

bool
domain_ask(struct domain *dom, struct host_dominfo *info_out)
{
    struct host_dominfo info;
    struct err          err;

    if (!domain_runs(dom))
        return false;
    if (!dom->run.info_usec || loop_now_usec() - dom->run.info_usec >= INFO_GOOD_USEC) {
        domain_forget_info(dom);
        if (domain_ask_now(dom, &info, &err) < 0 || !uuid_equal(info.uuid, dom->uuid))
            return false;
        domain_note_info(dom, &info);
    }
    *info_out = dom->run.info;
    return true;
}

static enum domain_state
state_of_shut_down(const struct domain *dom, const struct host_dominfo *info, int *reason_out)
{
    switch (info->shutdown_reason) {
    case HOST_SHUTDOWN_SUSPEND:
        if (dom->work.activity == DOMAIN_SAVING) {
            *reason_out = PAUSED_SAVE;
            return STATE_PAUSED;
        }
        *reason_out = 0;
        return STATE_PMSUSPENDED;
    case HOST_SHUTDOWN_CRASH:
    case HOST_SHUTDOWN_WATCHDOG:
        *reason_out = CRASHED_PANICKED_REASON;
        return STATE_CRASHED;
    default:
        *reason_out = SHUTDOWN_UNKNOWN;
        return STATE_SHUTDOWN;
    }
}

static int
state_paused_reason(const struct domain *dom)
{
    switch (dom->work.activity) {
    case DOMAIN_STARTING:
        return PAUSED_STARTING_UP;
    case DOMAIN_DUMPING:
        return PAUSED_DUMP;
    default:
        return PAUSED_USER;
    }
}

enum domain_state
domain_state(const struct domain *dom, const struct host_dominfo *info, int *reason_out)
{
    if (!info) {
        *reason_out = dom->off_reason;
        return STATE_SHUTOFF;
    }
    if (info->dying) {
        *reason_out = SHUTDOWN_UNKNOWN;
        return STATE_SHUTDOWN;
    }
    if (info->shutdown)
        return state_of_shut_down(dom, info, reason_out);
    if (!info->paused) {
        *reason_out = dom->run.running_reason;
        return STATE_RUNNING;
    }
    *reason_out = state_paused_reason(dom);
    return STATE_PAUSED;
}
