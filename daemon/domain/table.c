/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <libxml/hash.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "config.h"
#include "daemon.h"
#include "domain.h"
#include "driver/host.h"
#include "job/job.h"
#include "rpc/events.h"

/* How long clients of an earlier daemon may take to come back and hear what has happened. */
#define EVENTS_KEPT_USEC 10000000

enum index { BY_ID, BY_UUID, BY_NAME, INDEXES };

struct domains {
    struct daemon *daemon;
    TAILQ_HEAD(, domain) list;
    unsigned count;
    /* libxml2's hash tables, which we have anyway; their keys are text. */
    xmlHashTablePtr indexes[INDEXES];
    unsigned        hidden; /* how often a domain is in no index because another has its key */
};

/*----- look-ups -----*/

struct id_text {
    char text[2 * sizeof(uint32_t) + 1];
};

/* Hexadecimal, lowest digit first: a printf would be an eighth of all that a GET_INFO costs us. */
static struct id_text
id_to_text(int domid)
{
    struct id_text id = {""};
    uint32_t       rest = (uint32_t)domid;

    for (size_t n = 0; n < sizeof id.text - 1; n++, rest >>= 4)
        id.text[n] = "0123456789abcdef"[rest & 15];
    return id;
}

static struct domain *
lookup(const struct domains *domains, enum index index, const char *key)
{
    return xmlHashLookup(domains->indexes[index], (const xmlChar *)key);
}

struct domain *
domains_by_id(const struct domains *domains, int domid)
{
    return lookup(domains, BY_ID, id_to_text(domid).text);
}

struct domain *
domains_by_uuid(const struct domains *domains, const uint8_t uuid[UUID_SIZE])
{
    char text[UUID_TEXT_SIZE];

    return lookup(domains, BY_UUID, uuid_format(uuid, text));
}

struct domain *
domains_by_name(const struct domains *domains, const char *name)
{
    return lookup(domains, BY_NAME, name);
}

struct domain *
domains_first(const struct domains *domains)
{
    return TAILQ_FIRST(&domains->list);
}

struct domain *
domains_next(const struct domain *dom)
{
    return TAILQ_NEXT(dom, link);
}

unsigned
domains_count(const struct domains *domains)
{
    return domains->count;
}

/*----- the indexes -----*/

/* Returns text, or a text of dom's. */
static const char *
key_of(const struct domain *dom, enum index index, char text[UUID_TEXT_SIZE])
{
    switch (index) {
    case BY_ID:
        strcpy(text, id_to_text(dom->domid).text);
        return text;
    case BY_UUID:
        return uuid_format(dom->uuid, text);
    default:
        return dom->name;
    }
}

/* The first of two with the same key keeps it: names and UUIDs of guests of xl may repeat. */
static bool
index_try(struct domain *dom, enum index index)
{
    char text[UUID_TEXT_SIZE];

    return xmlHashAddEntry(dom->daemon->domains->indexes[index],
                           (const xmlChar *)key_of(dom, index, text), dom) == 0;
}

static void
index_add(struct domain *dom, enum index index)
{
    if (!index_try(dom, index))
        dom->daemon->domains->hidden++;
}

/* Another one with the same key can be found from now on. */
static void
index_next(struct domains *domains, const struct domain *gone, enum index index, const char *key)
{
    struct domain *dom;
    char           text[UUID_TEXT_SIZE];

    TAILQ_FOREACH (dom, &domains->list, link)
        if (dom != gone && !strcmp(key_of(dom, index, text), key) && index_try(dom, index)) {
            domains->hidden--;
            return;
        }
}

/* Before its key changes. */
static void
index_remove(struct domain *dom, enum index index)
{
    struct domains *domains = dom->daemon->domains;
    char            text[UUID_TEXT_SIZE];
    const char     *key = key_of(dom, index, text);

    if (lookup(domains, index, key) != dom) {
        domains->hidden--;
        return;
    }
    xmlHashRemoveEntry(domains->indexes[index], (const xmlChar *)key, NULL);
    if (domains->hidden)
        index_next(domains, dom, index, key);
}

/*----- one comes, one goes -----*/

static struct domain *
table_add(struct domains *domains, const char *name, const uint8_t uuid[UUID_SIZE])
{
    struct domain *dom = xcalloc(1, sizeof *dom);

    dom->daemon = domains->daemon;
    dom->name = xstrdup(name);
    dom->named = true;
    memcpy(dom->uuid, uuid, sizeof dom->uuid);
    dom->domid = -1;
    dom->stop_detail = -1;
    TAILQ_INIT(&dom->jobs);
    TAILQ_INSERT_TAIL(&domains->list, dom, link);
    domains->count++;
    index_add(dom, BY_UUID);
    index_add(dom, BY_NAME);
    return dom;
}

/* An answer is waited for; it may come after the domain has gone. */
struct domain_asks_kept {
    struct domain *dom; /* NULL: gone */
};

static void
clear_id(struct domain *dom)
{
    if (dom->domid >= 0)
        index_remove(dom, BY_ID);
    if (dom->asks_kept)
        take_ptr(dom->asks_kept)->dom = NULL;
    dom->domid = -1;
    domain_forget_info(dom);
}

static void
table_remove(struct domain *dom)
{
    struct domains *domains = dom->daemon->domains;

    assert(TAILQ_EMPTY(&dom->jobs));
    clear_id(dom);
    index_remove(dom, BY_UUID);
    index_remove(dom, BY_NAME);
    TAILQ_REMOVE(&domains->list, dom, link);
    domains->count--;
    domain_def_free(dom->def);
    free(dom->name);
    free(dom);
}

int
domains_reserve(struct domains *domains, struct domain_def *def, struct domain **dom_out,
                struct err *err)
{
    const struct domain *twin = domains_by_uuid(domains, def->uuid);
    char                 text[UUID_TEXT_SIZE];

    if (!twin)
        twin = domains_by_name(domains, def->name);
    if (twin) {
        err_set(err, ERR_OPERATION_FAILED,
                "operation failed: domain '%s' already exists with uuid %s", twin->name,
                uuid_format(twin->uuid, text));
        domain_def_free(def);
        return -1;
    }
    *dom_out = table_add(domains, def->name, def->uuid);
    (*dom_out)->def = def;
    return 0;
}

/* xl renames guests of dom0d too. */
static void
rename_definition(struct domain *dom)
{
    if (dom->def && dom->named && strcmp(dom->def->name, dom->name) != 0 &&
        domain_name_is_valid(dom->name))
        domain_def_rename(dom->def, dom->name);
}

void
domain_take_definition(struct domain *dom, const char *xml)
{
    struct err err;

    if (!dom->def && domain_def_parse(xml, strlen(xml), &dom->def, &err) < 0)
        log_warning("domain '%s': the XML that was kept of it cannot be read: %s", dom->name,
                    err.message);
    rename_definition(dom);
}

static void
kept_definition_read(void *arg, char *xml, const struct err *err)
{
    struct domain_asks_kept *asks = arg;
    struct domain           *dom = asks->dom;

    free(asks);
    if (dom) {
        dom->asks_kept = NULL;
        if (err)
            log_warning("domain '%s' is taken for a guest of xl: %s", dom->name, err->message);
        if (xml)
            domain_take_definition(dom, xml);
        domain_settle(dom); /* may free dom */
    }
    free(xml);
}

/* A domain that dom0d started in an earlier life is still its own. */
static void
take_kept_definition(struct domain *dom)
{
    if (dom->def || dom->asks_kept || dom->domid == 0)
        return;
    dom->asks_kept = xcalloc(1, sizeof *dom->asks_kept);
    dom->asks_kept->dom = dom;
    host_domain_kept_xml(dom->daemon->host, (uint32_t)dom->domid, kept_definition_read,
                         dom->asks_kept);
}

static bool
is_alive(const struct domain *dom, const struct host_dominfo *info)
{
    return !info->dying && uuid_equal(info->uuid, dom->uuid);
}

struct domain *
domains_adopt(struct domains *domains, const char *name, const uint8_t uuid[UUID_SIZE], int domid)
{
    struct domain      *dom = domid >= 0 ? domains_by_id(domains, domid) : NULL;
    struct host_dominfo info;
    struct err          err;

    if (dom && uuid_equal(dom->uuid, uuid) && TAILQ_EMPTY(&dom->jobs))
        return dom;
    dom = table_add(domains, name, uuid);
    if (domid < 0 || domains_by_id(domains, domid))
        return dom;
    domain_set_id(dom, domid);
    if (host_domain_info(domains->daemon->host, (uint32_t)domid, &info, &err) == 0 &&
        is_alive(dom, &info))
        take_kept_definition(dom);
    return dom;
}

void
domain_set_id(struct domain *dom, int domid)
{
    if (dom->domid == domid)
        return;
    clear_id(dom);
    dom->domid = domid;
    dom->shutdown_seen = dom->shutdown_told = false;
    index_add(dom, BY_ID);
}

/*----- what clients hear -----*/

struct event_domain
domain_for_event(const struct domain *dom)
{
    return (struct event_domain){.name = dom->name, .uuid = dom->uuid, .domid = dom->domid};
}

struct log_about
domain_for_log(const struct domain *dom, char uuid_text[UUID_TEXT_SIZE])
{
    return (struct log_about){.domain = dom->name, .uuid = uuid_format(dom->uuid, uuid_text)};
}

void
domain_announce_started(struct domain *dom, int detail)
{
    struct event_domain about = domain_for_event(dom);

    if (dom->announced)
        return;
    dom->announced = true;
    dom->stop_detail = -1;
    domain_remember(dom);
    events_lifecycle(dom->daemon->events, &about, LIFECYCLE_STARTED, detail);
}

void
domain_gone(struct domain *dom)
{
    struct event_domain about = domain_for_event(dom);
    char                uuid[UUID_TEXT_SIZE];
    struct log_about    line = domain_for_log(dom, uuid);
    int                 detail = dom->stop_detail >= 0 ? dom->stop_detail : STOPPED_DESTROYED;

    if (dom->announced)
        domain_forget(dom);
    clear_id(dom);
    if (!dom->announced)
        return;
    dom->announced = false;
    dom->stop_detail = -1;
    log_about(LOG_LEVEL_INFO, &line, "domain %d has gone", about.domid);
    about.domid = -1;
    events_lifecycle(dom->daemon->events, &about, LIFECYCLE_STOPPED, detail);
}

/*----- the table and the truth -----*/

/* What is true of the domain now?  Says so if it is gone.  Returns whether it runs; info_out then
 * says how. */
static bool
look(struct domain *dom, struct host_dominfo *info_out)
{
    struct err err;
    int        r;

    if (dom->domid < 0)
        return false;
    r = host_domain_info(dom->daemon->host, (uint32_t)dom->domid, info_out, &err);
    if (r < 0 && err.code != ERR_NO_DOMAIN) {
        /* Not knowing is no reason to forget it; of a lost connection somebody else tells. */
        if (err.code != ERR_NO_CONNECT)
            log_warning("cannot ask for domain %d: %s", dom->domid, err.message);
        *info_out = (struct host_dominfo){.domid = (uint32_t)dom->domid};
        return true;
    }
    if (r == 0 && is_alive(dom, info_out))
        return true;
    domain_gone(dom);
    return false;
}

void
domain_settle(struct domain *dom)
{
    const struct job   *holder = job_of_domain(dom);
    struct host_dominfo info;
    bool                runs;

    if (holder && holder->state != JOB_QUEUED)
        return;
    runs = look(dom, &info);
    if (runs)
        domain_announce_started(dom, STARTED_BOOTED);
    if (runs && info.shutdown && !dom->shutdown_seen && !dom->asks_kept)
        lifecycle_shutdown(dom, &info);
    if (runs || !TAILQ_EMPTY(&dom->jobs))
        job_wake_first(dom);
    else
        table_remove(dom);
}

/* xenstore may have no name for it (yet): it is listed all the same. */
static void
give_name(struct domain *dom)
{
    const char *name = host_domain_name(dom->daemon->host, (uint32_t)dom->domid);
    bool        known;

    if (!name)
        return;
    known = dom->named;
    dom->named = true;
    if (strcmp(name, dom->name) == 0)
        return;
    if (known)
        log_info("domain %d, '%s', is called '%s' now", dom->domid, dom->name, name);
    index_remove(dom, BY_NAME);
    free(dom->name);
    dom->name = xstrdup(name);
    index_add(dom, BY_NAME);
    rename_definition(dom);
    domain_remember(dom);
}

static void
discover(struct domains *domains, const struct host_dominfo *info)
{
    struct domain *dom = domains_by_uuid(domains, info->uuid);
    char           made_up[32];

    if (dom && dom->domid < 0 && job_of_domain(dom)) {
        /* Its job makes it just now, and will announce it; or it came anew and a job waits. */
        domain_set_id(dom, (int)info->domid);
        take_kept_definition(dom);
        domain_settle(dom);
        return;
    }
    snprintf(made_up, sizeof made_up, "unnamed-%u", info->domid);
    dom = table_add(domains, made_up, info->uuid);
    dom->named = false;
    domain_set_id(dom, (int)info->domid);
    give_name(dom);
    take_kept_definition(dom);
    domain_announce_started(dom, STARTED_BOOTED);
}

static const struct host_dominfo *
find(const struct host_dominfo *list, size_t count, int domid)
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
refresh_known(struct domains *domains, const struct host_dominfo *list, size_t count)
{
    struct domain *dom = domains_first(domains), *next;

    for (; dom; dom = next) {
        const struct host_dominfo *info = find(list, count, dom->domid);

        next = domains_next(dom);
        if (dom->domid < 0)
            continue;
        if (info && uuid_equal(info->uuid, dom->uuid))
            domain_note_info(dom, info);
        if (info && is_alive(dom, info) && !dom->named)
            give_name(dom);
        if (!info || !is_alive(dom, info) || info->shutdown)
            domain_settle(dom);
    }
}

void
domains_refresh(struct domains *domains)
{
    cleanup_free struct host_dominfo *list = NULL;
    size_t                            count;
    struct err                        err;

    if (host_list(domains->daemon->host, &list, &count, &err) < 0) {
        log_warning("cannot list the domains: %s", err.message);
        return;
    }
    refresh_known(domains, list, count);
    for (size_t i = 0; i < count; i++)
        if (!list[i].dying && !domains_by_id(domains, (int)list[i].domid))
            discover(domains, &list[i]);
}

/*----- start and stop -----*/

static void
host_changed(void *arg)
{
    struct daemon *daemon = arg;

    domains_refresh(daemon->domains);
}

static void
host_renamed(void *arg, uint32_t domid)
{
    const struct daemon *daemon = arg;
    struct domain       *dom = domains_by_id(daemon->domains, (int)domid);

    if (dom)
        give_name(dom);
}

static void
host_lost(void *arg, const char *reason)
{
    struct daemon *daemon = arg;

    log_error("the connection to Xen is lost: %s", reason);
    daemon->failed = true;
    loop_stop(daemon->loop);
}

static const struct host_events host_events = {
    .changed = host_changed,
    .renamed = host_renamed,
    .disaster = host_lost,
};

int
domains_start(struct daemon *daemon, struct err *err)
{
    struct domains *domains;
    bool            earlier;

    if (host_open(daemon->loop, daemon->config->worker_path, &host_events, daemon, &daemon->host,
                  err) < 0)
        return -1;
    if (host_info(daemon->host, &daemon->host_info, err) < 0)
        return -1;
    domains = xcalloc(1, sizeof *domains);
    domains->daemon = daemon;
    for (size_t n = 0; n < INDEXES; n++)
        domains->indexes[n] = xmlHashCreate(256);
    TAILQ_INIT(&domains->list);
    daemon->domains = domains;
    earlier = domains_recall(domains, daemon);
    jobs_adopt(daemon);
    if (earlier)
        events_keep(daemon->events, daemon->loop, EVENTS_KEPT_USEC);
    domains_refresh(domains);
    jobs_requeue(daemon);
    return 0;
}

void
domains_stop(struct daemon *daemon)
{
    struct domains *domains = daemon->domains;

    if (domains) {
        while (!TAILQ_EMPTY(&domains->list))
            table_remove(TAILQ_FIRST(&domains->list));
        for (size_t n = 0; n < INDEXES; n++)
            xmlHashFree(domains->indexes[n], NULL);
        free(domains);
        daemon->domains = NULL;
    }
    host_close(daemon->host);
    daemon->host = NULL;
}
