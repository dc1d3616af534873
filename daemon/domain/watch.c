/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * watch.c: the table is compared with the hypervisor's list whenever something has changed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "private.h"

static void
watch_discover(struct domains *domains, const struct host_dominfo *info)
{
    struct domain *dom = domains_by_uuid(domains, info->uuid);
    char           made_up[32];

    if (dom && !domain_runs(dom) && dom->work.count) {
        /* Somebody makes it just now, and will announce it; or it came anew and a job waits. */
        domain_set_id(dom, (int)info->domid);
        domain_settle(dom);
        return;
    }
    snprintf(made_up, sizeof made_up, "unnamed-%u", info->domid);
    /* One that is stored may be started by somebody else. */
    if (!dom || domain_runs(dom))
        dom = domains_add(domains, made_up, info->uuid);
    dom->named = false;
    domain_set_id(dom, (int)info->domid);
    dom->run.found_usec = loop_now_usec();
    dom->run.paused = info->paused;
    domain_give_name(dom);
    domain_announce_found(dom);
    domain_find_owner(dom);
}

/* A domain that is destroyed loses its device model first: so much later it is gone, as a rule. */
#define MODEL_PATIENCE_USEC 5000000u

/* The device model is gone for a while, and nobody is at the domain. */
static void
watch_model_lost(struct domain *dom, const struct host_dominfo *info)
{
    char             uuid[UUID_TEXT_SIZE];
    struct log_about about = domain_for_log(dom, uuid);

    if (!dom->run.model_ended_usec || dom->run.model_told || dom->work.activity != DOMAIN_IDLE ||
        info->shutdown || info->dying ||
        loop_now_usec() - dom->run.model_ended_usec < MODEL_PATIENCE_USEC)
        return;
    dom->run.model_told = true;
    domain_remember_seen(dom);
    log_about(LOG_LEVEL_WARNING, &about,
              "its device model has exited: the guest runs on without the devices it provided");
    dom->table->observer->model_lost(dom->table->arg, dom);
}

/* The hypervisor says nothing when xl pauses a guest: while there is a daemon that is seen and not
 * told.  Who works on it pauses it, too, or is to. */
static void
watch_paused(struct domain *dom, const struct host_dominfo *info)
{
    bool changed = dom->run.paused != info->paused;

    if (dom->table->recalling || dom->work.count || info->dying || info->shutdown)
        return;
    if (changed && dom->run.recalled && info->paused)
        domain_announce_paused(dom);
    else if (changed && dom->run.recalled)
        domain_announce_resumed(dom);
    else
        domain_see_paused(dom, info->paused);
    dom->run.recalled = false;
}

void
domains_recalled(struct domains *domains)
{
    struct host_dominfo info;
    struct domain      *dom;

    domains->recalling = false;
    TAILQ_FOREACH (dom, &domains->list, link)
        if (dom->run.recalled && domain_ask(dom, &info))
            watch_paused(dom, &info);
}

static const struct host_dominfo *
watch_find(const struct host_dominfo *list, size_t count, int domid)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if ((int)list[middle].domid < domid)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && (int)list[low].domid == domid ? &list[low] : NULL;
}

/* Those that went, or whose kernel stopped. */
static void
watch_refresh_known(struct domains *domains, const struct host_dominfo *list, size_t count)
{
    struct domain *dom = domains_first(domains), *next;

    for (; dom; dom = next) {
        const struct host_dominfo *info = watch_find(list, count, dom->run.domid);
        bool                       is_it = info && uuid_equal(info->uuid, dom->uuid);

        next = domains_next(dom);
        if (!domain_runs(dom))
            continue;
        if (is_it)
            domain_note_info(dom, info);
        if (is_it)
            watch_model_lost(dom, info);
        if (is_it)
            watch_paused(dom, info);
        if (is_it && !info->dying && !dom->named)
            domain_give_name(dom);
        if (is_it && !info->dying && !dom->run.announced && dom->work.activity == DOMAIN_IDLE)
            domain_announce_found(dom);
        if (is_it && !info->dying && dom->owner == DOMAIN_OF_NOBODY_KNOWN)
            domain_find_owner(dom);
        if (!is_it || info->dying || info->shutdown || dom->run.shutdown_seen)
            domain_settle(dom);
    }
}

/* Of a domain that never came to xenstore (its builder died) nobody is told that it is there, or
 * that it has gone. */
#define REFRESH_USEC 5000000u

void
domains_refresh(struct domains *domains)
{
    cleanup_free struct host_dominfo *list = NULL;
    size_t                            count;
    struct err                        err;

    loop_timer_start(&domains->refresh, REFRESH_USEC);
    if (host_list(domains->host, &list, &count, &err) < 0) {
        log_warning("cannot list the domains: %s", err.message);
        return;
    }
    watch_refresh_known(domains, list, count);
    for (size_t i = 0; i < count; i++)
        if (!list[i].dying && !domains_by_id(domains, (int)list[i].domid))
            watch_discover(domains, &list[i]);
}

/*----- what the host tells -----*/

static void
watch_changed(void *arg)
{
    domains_refresh(arg);
}

static void
watch_renamed(void *arg, uint32_t domid)
{
    struct domain *dom = domains_by_id(arg, (int)domid);

    if (!dom)
        return;
    domain_give_name(dom);
    if (dom->run.found_usec && !dom->run.announced)
        domain_announce_found(dom);
}

static void
watch_model(void *arg, uint32_t domid, bool lives)
{
    struct domain *dom = domains_by_id(arg, (int)domid);

    if (!dom || (!lives && dom->run.model_ended_usec))
        return;
    dom->run.model_ended_usec = lives ? 0 : loop_now_usec();
    dom->run.model_told = false;
    domain_remember_seen(dom);
}

static void
watch_terminal(void *arg, uint32_t domid, enum host_terminal terminal)
{
    const struct domain *dom = domains_by_id(arg, (int)domid);

    if (dom)
        dom->table->observer->terminal(dom->table->arg, dom, terminal);
}

static void
watch_lost(void *arg, const char *reason)
{
    const struct domains *domains = arg;

    domains->observer->lost(domains->arg, reason);
}

const struct host_events domains_host_events = {
    .changed = watch_changed,
    .renamed = watch_renamed,
    .model = watch_model,
    .terminal = watch_terminal,
    .disaster = watch_lost,
};
