/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * domain.c: a domain's life: it has an id, it is said to run, its name and its owner are found out,
 * it stops, it has gone.
 */
#include <string.h>

#include "base/alloc.h"
#include "private.h"

/* So long a domain that was found is given for its name to come. */
#define NAME_PATIENCE_USEC 4000000u

/* When the question whose a domain is could not be answered, it is asked again. */
#define OWNER_RETRY_USEC 10000000u

const struct domain_def *
domain_def_of(const struct domain *dom)
{
    return dom->live || domain_runs(dom) ? dom->live : dom->stored;
}

struct log_about
domain_for_log(const struct domain *dom, char uuid_text[UUID_TEXT_SIZE])
{
    return (struct log_about){.domain = dom->name, .uuid = uuid_format(dom->uuid, uuid_text)};
}

void
domain_tell(const struct domain *dom, enum lifecycle_event event, int detail)
{
    dom->table->observer->lifecycle(dom->table->arg, dom, event, detail);
}

/*----- a run -----*/

void
domain_set_id(struct domain *dom, int domid)
{
    if (dom->run.domid == domid)
        return;
    domains_change_id(dom, domid);
    dom->run = domain_run_initial;
    dom->run.domid = domid;
    dom->table->observer->identified(dom->table->arg, dom);
}

void
domain_announce_started(struct domain *dom, int detail, int running_reason)
{
    if (dom->run.announced)
        return;
    dom->run.announced = true;
    dom->run.stop_detail = -1;
    dom->run.running_reason = running_reason;
    domain_remember(dom);
    domain_remember_seen(dom);
    domain_tell(dom, LIFECYCLE_STARTED, detail);
}

void
domain_announce_found(struct domain *dom)
{
    if (dom->named || loop_now_usec() - dom->run.found_usec >= NAME_PATIENCE_USEC)
        domain_announce_started(dom, STARTED_BOOTED, 0);
}

void
domain_see_paused(struct domain *dom, bool paused)
{
    if (dom->run.paused == paused)
        return;
    dom->run.paused = paused;
    domain_remember_seen(dom);
}

void
domain_announce_paused(struct domain *dom)
{
    domain_see_paused(dom, true);
    domain_tell(dom, LIFECYCLE_SUSPENDED, SUSPENDED_PAUSED);
}

void
domain_announce_resumed(struct domain *dom)
{
    dom->run.running_reason = RUNNING_UNPAUSED;
    domain_remember(dom);
    domain_see_paused(dom, false);
    domain_tell(dom, LIFECYCLE_RESUMED, RESUMED_UNPAUSED);
}

void
domain_revived(struct domain *dom)
{
    dom->run.shutdown_seen = dom->run.shutdown_told = false;
    dom->run.stop_detail = -1;
    domain_remember(dom);
}

/* The numbers of virDomainEventStoppedDetailType in the order of virDomainShutoffReason. */
static int
domain_off_reason(int stop_detail)
{
    static const int reasons[] = {[STOPPED_SHUTDOWN] = SHUTOFF_SHUTDOWN,
                                  [STOPPED_DESTROYED] = SHUTOFF_DESTROYED,
                                  [STOPPED_CRASHED] = SHUTOFF_CRASHED,
                                  [STOPPED_MIGRATED] = SHUTOFF_MIGRATED,
                                  [STOPPED_SAVED] = SHUTOFF_SAVED,
                                  [STOPPED_FAILED] = SHUTOFF_FAILED,
                                  [STOPPED_FROM_SNAPSHOT] = SHUTOFF_FROM_SNAPSHOT};

    return stop_detail >= 0 && (size_t)stop_detail < array_size(reasons) ? reasons[stop_detail]
                                                                         : SHUTOFF_DESTROYED;
}

void
domain_gone(struct domain *dom)
{
    struct domain_run run = dom->run;
    char              uuid[UUID_TEXT_SIZE];
    struct log_about  about = domain_for_log(dom, uuid);

    if (run.announced)
        domain_forget(dom);
    domains_change_id(dom, -1);
    dom->run = domain_run_initial;
    dom->off_reason = domain_off_reason(run.stop_detail);
    if (run.domid >= 0)
        dom->table->observer->gone(dom->table->arg, dom, run.domid, run.stop_detail);
    if (!run.announced)
        return;
    log_about(LOG_LEVEL_INFO, &about, "domain %d has gone", run.domid);
    domain_tell(dom, LIFECYCLE_STOPPED, run.stop_detail >= 0 ? run.stop_detail : STOPPED_DESTROYED);
}

/*----- its name and its definition -----*/

/* xl renames guests of dom0d too. */
static void
domain_rename_live(struct domain *dom)
{
    if (dom->live && dom->named && strcmp(dom->live->name, dom->name) != 0 &&
        domain_name_is_valid(dom->name))
        dom->live = domain_def_rename(dom->live, dom->name);
}

void
domain_take_live(struct domain *dom, struct domain_def *def)
{
    domain_def_free(dom->live);
    dom->live = def;
    dom->owner = DOMAIN_OF_DOM0D;
    domain_rename_live(dom);
    if (domain_runs(dom))
        dom->table->observer->identified(dom->table->arg, dom);
}

static void
domain_kept_is_unreadable(const struct domain *dom, const struct err *err)
{
    log_warning("domain '%s': the XML that was kept of it cannot be read: %s", dom->name,
                err->message);
}

void
domain_take_kept(struct domain *dom, const char *xml)
{
    struct domain_def *def;
    struct err         err;

    if (dom->live)
        return;
    if (definition_read_now(xml, DOMAIN_PARSE_RUNS, &def, &err) == 0)
        domain_take_live(dom, def);
    else
        domain_kept_is_unreadable(dom, &err);
}

/* xenstore may have no name for it (yet): it is listed all the same. */
void
domain_give_name(struct domain *dom)
{
    const char *name = host_domain_name(dom->table->host, (uint32_t)dom->run.domid);
    bool        known;

    if (!name)
        return;
    known = dom->named;
    dom->named = true;
    if (strcmp(name, dom->name) == 0)
        return;
    if (known)
        log_info("domain %d, '%s', is called '%s' now", dom->run.domid, dom->name, name);
    domains_rename(dom, name);
    domain_rename_live(dom);
    domain_remember(dom);
}

/*----- its owner -----*/

/* The answer is no longer waited for: another one came first, or the domain has gone. */
static bool
domain_owner_is_settled(struct domain *dom)
{
    if (dom->leaving)
        loop_defer_start(&dom->table->sweep);
    return dom->leaving || dom->owner != DOMAIN_OF_NOBODY_KNOWN;
}

/* xl's, unless there is a definition by now. */
static void
domain_owner_known(struct domain *dom)
{
    if (dom->owner == DOMAIN_OF_NOBODY_KNOWN)
        dom->owner = DOMAIN_OF_XL;
    domain_remember(dom);
    domain_settle(dom);
}

static void
domain_kept_read(void *arg, struct domain_def *def, const struct err *err)
{
    struct domain *dom = arg;

    dom->reads_kept = false;
    if (domain_owner_is_settled(dom) || (err && err->code == ERR_OPERATION_ABORTED)) {
        domain_def_free(def);
        return;
    }
    if (def)
        domain_take_live(dom, def);
    else
        domain_kept_is_unreadable(dom, err);
    domain_owner_known(dom);
}

static void
domain_owner_found(void *arg, char *xml, const struct err *err)
{
    struct domain *dom = arg;

    dom->asks_owner = NULL;
    if (domain_owner_is_settled(dom)) {
        free(xml);
        return;
    }
    if (err) {
        log_warning("domain '%s': whether dom0d started it is not known yet: %s", dom->name,
                    err->message);
        loop_timer_start(&dom->table->ask_again, OWNER_RETRY_USEC);
    } else if (xml) {
        dom->reads_kept = true;
        definition_read(dom->table->loop, DEFINITION_OF_DAEMON, xml, DOMAIN_PARSE_RUNS,
                        domain_kept_read, dom);
    } else {
        domain_owner_known(dom);
    }
    free(xml);
}

void
domain_find_owner(struct domain *dom)
{
    if (dom->run.domid == 0)
        dom->owner = DOMAIN_OF_XL; /* the control domain */
    else if (!dom->asks_owner && !dom->reads_kept)
        dom->asks_owner = host_domain_kept_xml(dom->table->host, (uint32_t)dom->run.domid,
                                               domain_owner_found, dom);
}

/*----- what is true of it -----*/

static bool
domain_is_it(const struct domain *dom, const struct host_dominfo *info)
{
    return !info->dying && uuid_equal(info->uuid, dom->uuid);
}

/* Says so if it is gone.  Returns whether it runs; info_out then says how. */
static bool
domain_look(struct domain *dom, struct host_dominfo *info_out)
{
    struct err err;
    int        r;

    if (!domain_runs(dom))
        return false;
    r = domain_ask_now(dom, info_out, &err);
    if (r < 0 && err.code != ERR_NO_DOMAIN) {
        /* Not knowing is no reason to forget it; of a lost connection somebody else tells. */
        if (err.code != ERR_NO_CONNECT)
            log_warning("cannot ask for domain %d: %s", dom->run.domid, err.message);
        *info_out = (struct host_dominfo){.domid = (uint32_t)dom->run.domid,
                                          .shutdown = dom->run.shutdown_seen};
        return true;
    }
    if (r == 0 && domain_is_it(dom, info_out))
        return true;
    domain_gone(dom);
    return false;
}

/* Nobody works on it, and it does not run: what is left of it is what is stored. */
static void
domain_is_off(struct domain *dom)
{
    dom->live = domain_def_free(dom->live);
    dom->owner = DOMAIN_OF_NOBODY_KNOWN;
    dom->named = true;
    if (dom->updated) {
        dom->updated = false;
        store_remember(dom);
    }
    if (dom->stored && strcmp(dom->name, dom->stored->name) != 0)
        domains_rename(dom, dom->stored->name); /* xl had renamed it while it ran */
}

void
domain_settle(struct domain *dom)
{
    struct host_dominfo info;
    bool                runs;

    if (dom->work.activity != DOMAIN_IDLE)
        return;
    runs = domain_look(dom, &info);
    if (runs)
        domain_announce_found(dom);
    /* xl resets its guests by itself. */
    if (runs && !info.shutdown && dom->run.shutdown_seen)
        domain_revived(dom);
    if (runs && info.shutdown && !dom->run.shutdown_seen && dom->owner != DOMAIN_OF_NOBODY_KNOWN)
        lifecycle_shutdown(dom, &info);
    if (dom->work.count) {
        dom->table->observer->settled(dom->table->arg, dom);
        return;
    }
    if (!runs)
        domain_is_off(dom);
    if (dom->work.definitions)
        return; /* who changes it tells of it */
    store_tell(dom);
    if (!runs && !dom->stored)
        domains_remove(dom);
}
