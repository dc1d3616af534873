/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "private.h"

const struct domain_run domain_run_initial = {.domid = -1, .stop_detail = -1};

static void domains_sweep(void *arg);
static void domains_ask_owners_again(void *arg);
static void domains_refresh_due(void *arg);

/*----- the table -----*/

struct domains *
domains_new(struct loop *loop, const char *run_dir, const struct domain_limits *limits,
            const struct domain_observer *observer, void *arg)
{
    struct domains *domains = xcalloc(1, sizeof *domains);

    xmlInitParser(); /* before there is another thread that reads XML (definition.h) */
    domains->loop = loop;
    domains->run_dir = xstrdup(run_dir);
    domains->limits = limits;
    domains->observer = observer;
    domains->arg = arg;
    for (size_t n = 0; n < INDEX_COUNT; n++)
        domains->indexes[n] = xmlHashCreate(256);
    TAILQ_INIT(&domains->list);
    TAILQ_INIT(&domains->swept);
    TAILQ_INIT(&domains->xml_waits);
    STAILQ_INIT(&domains->remains);
    loop_defer_init(&domains->sweep, loop, domains_sweep, domains);
    loop_timer_init(&domains->ask_again, loop, domains_ask_owners_again, domains);
    loop_timer_init(&domains->refresh, loop, domains_refresh_due, domains);
    return domains;
}

void
domains_set_host(struct domains *domains, struct host *host)
{
    domains->host = host;
    /* The host has answered what it was asked; these were to be answered without it. */
    if (!host)
        domains_drop_xml_waits(domains);
}

struct host *
domains_host(const struct domains *domains)
{
    return domains->host;
}

void
domains_free(struct domains *domains)
{
    if (!domains)
        return;
    while (!TAILQ_EMPTY(&domains->list))
        domains_remove(TAILQ_FIRST(&domains->list));
    loop_defer_stop(&domains->sweep);
    loop_timer_stop(&domains->ask_again);
    loop_timer_stop(&domains->refresh);
    domains_sweep(domains);
    store_free(domains);
    for (size_t n = 0; n < INDEX_COUNT; n++)
        xmlHashFree(domains->indexes[n], NULL);
    free(domains->run_dir);
    free(domains);
}

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
index_find(const struct domains *domains, enum domain_index index, const char *key)
{
    return xmlHashLookup(domains->indexes[index], (const xmlChar *)key);
}

struct domain *
domains_by_id(const struct domains *domains, int domid)
{
    return index_find(domains, INDEX_ID, id_to_text(domid).text);
}

struct domain *
domains_by_uuid(const struct domains *domains, const uint8_t uuid[UUID_SIZE])
{
    char text[UUID_TEXT_SIZE];

    return index_find(domains, INDEX_UUID, uuid_format(uuid, text));
}

struct domain *
domains_by_name(const struct domains *domains, const char *name)
{
    return index_find(domains, INDEX_NAME, name);
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

unsigned
domains_unread(const struct domains *domains)
{
    return domains->unread;
}

/*----- the indexes -----*/

/* Returns text, or a text of dom's. */
static const char *
index_key(const struct domain *dom, enum domain_index index, char text[UUID_TEXT_SIZE])
{
    switch (index) {
    case INDEX_ID:
        strcpy(text, id_to_text(dom->run.domid).text);
        return text;
    case INDEX_UUID:
        return uuid_format(dom->uuid, text);
    default:
        return dom->name;
    }
}

/* The first of two with the same key keeps it: names and UUIDs of guests of xl may repeat. */
static bool
index_try(struct domain *dom, enum domain_index index)
{
    char text[UUID_TEXT_SIZE];

    return xmlHashAddEntry(dom->table->indexes[index], (const xmlChar *)index_key(dom, index, text),
                           dom) == 0;
}

static void
index_add(struct domain *dom, enum domain_index index)
{
    if (!index_try(dom, index))
        dom->table->hidden++;
}

/* Another one with the same key can be found from now on. */
static void
index_next(struct domains *domains, const struct domain *gone, enum domain_index index,
           const char *key)
{
    struct domain *dom;
    char           text[UUID_TEXT_SIZE];

    TAILQ_FOREACH (dom, &domains->list, link)
        if (dom != gone && !strcmp(index_key(dom, index, text), key) && index_try(dom, index)) {
            domains->hidden--;
            return;
        }
}

/* Before its key changes. */
static void
index_remove(struct domain *dom, enum domain_index index)
{
    struct domains *domains = dom->table;
    char            text[UUID_TEXT_SIZE];
    const char     *key = index_key(dom, index, text);

    if (index_find(domains, index, key) != dom) {
        domains->hidden--;
        return;
    }
    xmlHashRemoveEntry(domains->indexes[index], (const xmlChar *)key, NULL);
    if (domains->hidden)
        index_next(domains, dom, index, key);
}

void
domains_rename(struct domain *dom, const char *name)
{
    index_remove(dom, INDEX_NAME);
    free(dom->name);
    dom->name = xstrdup(name);
    index_add(dom, INDEX_NAME);
}

void
domains_change_id(struct domain *dom, int domid)
{
    if (domain_runs(dom))
        index_remove(dom, INDEX_ID);
    dom->run.domid = domid;
    if (domain_runs(dom))
        index_add(dom, INDEX_ID);
}

/*----- one comes, one goes -----*/

struct domain *
domains_add(struct domains *domains, const char *name, const uint8_t uuid[UUID_SIZE])
{
    struct domain *dom = xcalloc(1, sizeof *dom);

    dom->table = domains;
    dom->name = xstrdup(name);
    dom->named = true;
    memcpy(dom->uuid, uuid, sizeof dom->uuid);
    dom->run = domain_run_initial;
    TAILQ_INSERT_TAIL(&domains->list, dom, link);
    domains->count++;
    index_add(dom, INDEX_UUID);
    index_add(dom, INDEX_NAME);
    return dom;
}

/* One line; where there is too much for one, the number stays true. */
void
domain_log_ignored(const struct domain *dom, const struct domain_def *def)
{
    char             list[4096], uuid[UUID_TEXT_SIZE];
    struct log_about about = domain_for_log(dom, uuid);
    size_t           length = 0;

    for (size_t i = 0; i < def->n_notes && length < sizeof list; i++)
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%s", i ? "; " : "",
                                   def->notes[i].message);
    if (def->n_notes)
        log_about(LOG_LEVEL_WARNING, &about, "ignored in the XML (%zu): %s", def->n_notes, list);
}

/* One that is stored, and that nobody starts yet. */
static bool
reserve_may_use(const struct domain *dom, const struct domain_def *def)
{
    return dom->stored && !domain_runs(dom) && !dom->work.count && !dom->work.new_name &&
           uuid_equal(dom->uuid, def->uuid) && strcmp(dom->name, def->name) == 0;
}

int
domains_reserve(struct domains *domains, struct domain_def *def, struct domain **dom_out,
                struct err *err)
{
    struct domain *twin = domains_by_uuid(domains, def->uuid);
    char           text[UUID_TEXT_SIZE];

    if (!twin)
        twin = store_find_name(domains, def->name);
    if (twin && !reserve_may_use(twin, def)) {
        err_set_libvirt(err, ERR_OPERATION_FAILED, "domain '%s' already exists with uuid %s",
                        twin->name, uuid_format(twin->uuid, text));
        domain_def_free(def);
        return -1;
    }
    if (twin && twin->has_image) {
        err_set(
            err, ERR_OPERATION_INVALID,
            "domain '%s' has a managed save, which this would make useless: start it, or remove "
            "that first",
            twin->name);
        domain_def_free(def);
        return -1;
    }
    *dom_out = twin ? twin : domains_add(domains, def->name, def->uuid);
    domain_take_live(*dom_out, def);
    domain_log_ignored(*dom_out, def);
    return 0;
}

/* A guest that ran under another name than its definition, for xl or a file has renamed one of the
 * two, was saved under it, and goes on so. */
int
domain_take_image(struct domain *dom, struct domain_def *def, struct err *err)
{
    const struct domain *twin = store_find_name(dom->table, def->name);

    if (uuid_equal(dom->uuid, def->uuid) && (!twin || twin == dom)) {
        if (strcmp(dom->name, def->name) != 0)
            domains_rename(dom, def->name);
        domain_take_live(dom, def);
        domain_log_ignored(dom, def);
        return 0;
    }
    err_set(err, ERR_OPERATION_FAILED, "the image is of domain '%s', and not of '%s'", def->name,
            dom->name);
    domain_def_free(def);
    return -1;
}

struct domain *
domains_adopt(struct domains *domains, const char *name, const uint8_t uuid[UUID_SIZE], int domid)
{
    struct domain *dom =
        domid >= 0 ? domains_by_id(domains, domid) : domains_by_uuid(domains, uuid);

    if (dom && uuid_equal(dom->uuid, uuid) && !dom->work.count)
        return dom;
    /* One of the definitions. */
    dom = domains_by_uuid(domains, uuid);
    if (!dom || domain_runs(dom) || dom->work.count)
        dom = domains_add(domains, name, uuid);
    if (domid >= 0 && !domains_by_id(domains, domid))
        domain_set_id(dom, domid);
    return dom;
}

void
domains_remove(struct domain *dom)
{
    struct domains *domains = dom->table;

    assert(!dom->work.count && !dom->work.definitions && !dom->leaving);
    if (dom->asks_owner)
        host_call_abort(dom->asks_owner);
    domains_change_id(dom, -1);
    index_remove(dom, INDEX_UUID);
    index_remove(dom, INDEX_NAME);
    TAILQ_REMOVE(&domains->list, dom, link);
    domains->count--;
    dom->leaving = true;
    TAILQ_INSERT_TAIL(&domains->swept, dom, link);
    loop_defer_start(&domains->sweep);
}

static void
domain_free(struct domain *dom)
{
    dom->table->observer->leaves(dom->table->arg, dom);
    domain_def_free(dom->live);
    domain_def_free(dom->stored);
    free(dom->file.told);
    free(dom->name);
    free(dom);
}

/* Those whose owner is still asked for go when that is answered: it holds the domain. */
static void
domains_sweep(void *arg)
{
    struct domains *domains = arg;
    struct domain  *dom = TAILQ_FIRST(&domains->swept), *next;

    for (; dom; dom = next) {
        next = TAILQ_NEXT(dom, link);
        if (dom->asks_owner || dom->reads_kept)
            continue;
        TAILQ_REMOVE(&domains->swept, dom, link);
        domain_free(dom);
    }
}

static void
domains_ask_owners_again(void *arg)
{
    struct domains *domains = arg;
    struct domain  *dom;

    TAILQ_FOREACH (dom, &domains->list, link)
        if (domain_runs(dom) && dom->owner == DOMAIN_OF_NOBODY_KNOWN)
            domain_find_owner(dom);
}

static void
domains_refresh_due(void *arg)
{
    domains_refresh(arg);
}
