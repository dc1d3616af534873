/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host-query.c: what may wait for a domain's lock, asked by processes that may be killed.
 *
 * A few at once; further questions wait in order, and who asks the same of the same domain shares
 * the answer.  A process stays for the next question, for a while.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "host-private.h"
#include "host-wire.h"

/* How long a process without a question is kept. */
#define IDLE_USEC 1000000

/* How long those that wait for a process do so while no other question is answered. */
#define QUEUE_USEC (2 * HOST_LIMIT_USEC)

static void asker_stop(struct host_asker *asker);

/*----- questions -----*/

static void
query_free_if_unwanted(struct host *host, struct host_query *query)
{
    for (size_t n = 0; n < HOST_QUERIES_MAX; n++)
        if (host->askers[n].query == query)
            return; /* its answer comes, for nobody */
    if (!TAILQ_EMPTY(&query->calls))
        return;
    TAILQ_REMOVE(&host->queue, query, link);
    free(query);
}

/* Their answers come from the loop. */
static void
query_fail(struct host_query *query, enum err_code code, const char *why)
{
    struct host_call *call;

    while ((call = TAILQ_FIRST(&query->calls))) {
        char       words[128];
        struct err err;

        err_set(&err, code, "%s: %s", host_call_words(call, words), why);
        host_call_settle(&query->calls, call, &err);
    }
    free(query);
}

static void
query_answer_xml(struct host_call *call, const char *xml)
{
    host_xml_fn *done = call->done.xml;
    void        *arg = call->arg;

    free(call);
    done(arg, *xml ? xstrdup(xml) : NULL, NULL);
}

/* Each of those that wait for it gets its own copy. */
static void
query_deliver(struct host_query *query, const query_answer *answer)
{
    struct host_call *call;
    struct err        err;

    if (answer->error.code)
        host_wire_err(&answer->error, &err);
    while ((call = TAILQ_FIRST(&query->calls))) {
        if (answer->error.code) {
            host_call_fail(&query->calls, call, &err);
            continue;
        }
        TAILQ_REMOVE(&query->calls, call, link);
        query_answer_xml(call, answer->xml);
    }
    free(query);
}

/*----- the processes -----*/

static void
asker_closed(void *arg, const struct err *err)
{
    struct host_asker *asker = arg;
    struct host_query *query = take_ptr(asker->query);

    if (err)
        log_error("a query process: protocol error: %s", err->message);
    asker_stop(asker);
    if (query)
        query_fail(query, ERR_OPERATION_FAILED, "the process that read it has ended");
    loop_defer_start(&asker->host->ask);
}

static void
asker_frame(void *arg, const void *data, size_t size)
{
    struct host_asker *asker = arg;
    struct host       *host = asker->host;
    struct host_query *query;
    query_answer       answer = {0};
    struct err         err;

    if (host_wire_decode(data, size, (xdrproc_t)xdr_query_answer, &answer, &err) < 0) {
        asker_closed(asker, &err);
        return;
    }
    query = take_ptr(asker->query);
    loop_timer_start(&asker->limit, IDLE_USEC);
    loop_timer_stop(&host->queue_limit);
    loop_defer_start(&host->ask);
    if (query)
        query_deliver(query, &answer);
    wire_body_free((xdrproc_t)xdr_query_answer, &answer);
}

static const struct framed_ops asker_framed_ops = {
    .size_of = host_wire_size_of,
    .frame = asker_frame,
    .closed = asker_closed,
};

static void
asker_stop(struct host_asker *asker)
{
    loop_timer_stop(&asker->limit);
    host_process_end(take_ptr(asker->process));
}

/* A question takes too long, or there was none for long. */
static void
asker_limit_due(void *arg)
{
    struct host_asker *asker = arg;
    struct host_query *query = take_ptr(asker->query);

    asker_stop(asker);
    if (query) {
        log_warning("no answer about domain %u in %u s: the process that waits for it is killed",
                    query->domid, HOST_LIMIT_USEC / 1000000);
        query_fail(query, ERR_OPERATION_TIMEOUT,
                   "another process holds the domain's lock, or xenstored does not answer");
    }
    loop_defer_start(&asker->host->ask);
}

static void
asker_ask(struct host_asker *asker, struct host_query *query)
{
    query_question question = {.kind = query->kind, .domid = query->domid};
    struct err     err;

    if (!asker->process)
        asker->process = host_process_new(asker->host, "--query", &asker_framed_ops, asker, &err);
    if (!asker->process) {
        query_fail(query, err.code, err.message);
        return;
    }
    asker->query = query;
    loop_timer_start(&asker->limit, HOST_LIMIT_USEC);
    host_wire_send(&asker->process->framed, (xdrproc_t)xdr_query_question, &question);
}

/* One that has its process already, if there is such a one. */
static struct host_asker *
queries_find_idle(struct host *host)
{
    struct host_asker *found = NULL;

    for (size_t n = 0; n < HOST_QUERIES_MAX; n++) {
        struct host_asker *asker = &host->askers[n];

        if (!asker->query && (!found || (asker->process && !found->process)))
            found = asker;
    }
    return found;
}

static void
queries_ask(void *arg)
{
    struct host       *host = arg;
    struct host_asker *asker;
    struct host_query *query;

    while ((query = TAILQ_FIRST(&host->queue)) && (asker = queries_find_idle(host))) {
        TAILQ_REMOVE(&host->queue, query, link);
        asker_ask(asker, query);
    }
    if (!query)
        loop_timer_stop(&host->queue_limit);
    else if (!loop_timer_is_active(&host->queue_limit))
        loop_timer_start(&host->queue_limit, QUEUE_USEC);
}

static void
queries_queue_due(void *arg)
{
    struct host       *host = arg;
    struct host_query *query;

    while ((query = TAILQ_FIRST(&host->queue))) {
        TAILQ_REMOVE(&host->queue, query, link);
        query_fail(query, ERR_OPERATION_TIMEOUT,
                   "other questions wait for locks of their domains, or xenstored does not answer");
    }
}

/*----- calls -----*/

static struct host_query *
queries_find(struct host *host, query_kind kind, uint32_t domid)
{
    struct host_query *query;

    for (size_t n = 0; n < HOST_QUERIES_MAX; n++) {
        query = host->askers[n].query;
        if (query && query->kind == kind && query->domid == domid)
            return query;
    }
    TAILQ_FOREACH (query, &host->queue, link)
        if (query->kind == kind && query->domid == domid)
            return query;
    return NULL;
}

static struct host_query *
queries_add(struct host *host, query_kind kind, uint32_t domid)
{
    struct host_query *query = xcalloc(1, sizeof *query);

    query->kind = kind;
    query->domid = domid;
    TAILQ_INIT(&query->calls);
    TAILQ_INSERT_TAIL(&host->queue, query, link);
    loop_defer_start(&host->ask);
    return query;
}

static struct host_call *
query_call_start(struct host_call *call, query_kind kind)
{
    struct host *host = call->host;
    struct err   err;

    if (host_check(host, &err) < 0) {
        host_call_settle(NULL, call, &err);
        return call;
    }
    call->query = queries_find(host, kind, call->domid);
    if (!call->query)
        call->query = queries_add(host, kind, call->domid);
    TAILQ_INSERT_TAIL(&call->query->calls, call, link);
    return call;
}

struct host_call *
host_domain_kept_xml(struct host *host, uint32_t domid, host_xml_fn *done, void *arg)
{
    struct host_call *call = host_call_new(host, CALL_KEPT_XML, domid, arg);

    call->done.xml = done;
    return query_call_start(call, QUERY_KEPT_XML);
}

struct host_call *
host_domain_def(struct host *host, uint32_t domid, host_xml_fn *done, void *arg)
{
    struct host_call *call = host_call_new(host, CALL_DEFINITION, domid, arg);

    call->done.xml = done;
    return query_call_start(call, QUERY_DEFINITION);
}

void
host_query_abort(struct host_call *call)
{
    struct host_query *query = call->query;
    struct err         err;

    err_set(&err, ERR_OPERATION_ABORTED, "aborted");
    host_call_settle(&query->calls, call, &err);
    query_free_if_unwanted(call->host, query);
}

/*----- open and close -----*/

void
host_queries_init(struct host *host)
{
    TAILQ_INIT(&host->queue);
    loop_defer_init(&host->ask, host->loop, queries_ask, host);
    loop_timer_init(&host->queue_limit, host->loop, queries_queue_due, host);
    for (size_t n = 0; n < HOST_QUERIES_MAX; n++) {
        host->askers[n].host = host;
        loop_timer_init(&host->askers[n].limit, host->loop, asker_limit_due, &host->askers[n]);
    }
}

void
host_queries_close(struct host *host)
{
    struct host_query *query;

    loop_timer_stop(&host->queue_limit);
    for (size_t n = 0; n < HOST_QUERIES_MAX; n++) {
        query = take_ptr(host->askers[n].query);
        asker_stop(&host->askers[n]);
        if (query)
            query_fail(query, ERR_OPERATION_ABORTED, "the connection to Xen is closed");
    }
    while ((query = TAILQ_FIRST(&host->queue))) {
        TAILQ_REMOVE(&host->queue, query, link);
        query_fail(query, ERR_OPERATION_ABORTED, "the connection to Xen is closed");
    }
    loop_defer_stop(&host->ask);
}
