/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <limits.h>
#include <string.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "conn.h"
#include "eventloop/loop.h"
#include "events.h"
#include "messages.h"
#include "user.h"

/* The callback id of a registration made in the old way. */
#define NO_CALLBACK_ID (-1)

/* How many events are kept at most, in bytes too, for a namespace may be long; and how long after
 * its registration a client is told them: libvirt's drops an event with a callback id that its
 * caller has not been given yet. */
#define KEPT_MAX 4096
#define KEPT_BYTES_MAX (8u << 20)
#define KEPT_DELAY_USEC 100000

/* So many are told at once, then others have their turn. */
#define KEPT_AT_ONCE 1000
#define KEPT_PAUSE_USEC 1000

struct registration {
    TAILQ_ENTRY(registration) of_conn;
    int      event;
    int      callback_id;
    bool     of_one_domain;
    uint8_t  uuid[UUID_SIZE]; /* if so, of this one */
    bool     awaits_kept;     /* it is told those that are kept, and nothing before */
    uint64_t since;           /* it is told no event of a lower number; 0: those that are kept */
};

/* An event, encoded.  All its messages begin with the callback id, where they have one. */
struct news {
    TAILQ_ENTRY(news) link;
    uint64_t number;
    int      event;
    uint8_t  uuid[UUID_SIZE]; /* of the domain */
    void    *frame;
    size_t   size;
    void    *frame_legacy; /* for NO_CALLBACK_ID; NULL: there is none */
    size_t   size_legacy;
    unsigned n_untold; /* connections that are told it in their turns, and one while it is kept */
    TAILQ_ENTRY(news) of_kept; /* who registers later is told it, too */
};

#define CALLBACK_ID_AT WIRE_HEADER_SIZE

struct events {
    TAILQ_HEAD(, conn) listeners; /* who has registrations */
    TAILQ_HEAD(, news) untold;    /* the oldest first */
    uint64_t last_number;

    bool keeping;
    TAILQ_HEAD(, news) kept; /* the oldest first */
    unsigned          n_kept;
    size_t            kept_bytes;
    struct loop_timer keep_end, tell_kept;
};

struct events *
events_new(void)
{
    struct events *events = xcalloc(1, sizeof *events);

    TAILQ_INIT(&events->listeners);
    TAILQ_INIT(&events->untold);
    TAILQ_INIT(&events->kept);
    return events;
}

/*----- an event that is told -----*/

static void
news_free(struct news *news)
{
    free(news->frame);
    free(news->frame_legacy);
    free(news);
}

/* One connection more has been told it, or will not be.  Returns the next one. */
static const struct news *
events_was_told(struct events *events, const struct news *told)
{
    struct news *news = (struct news *)(uintptr_t)told;
    struct news *next = TAILQ_NEXT(news, link);

    if (--news->n_untold == 0) {
        TAILQ_REMOVE(&events->untold, news, link);
        news_free(news);
    }
    return next;
}

static size_t
news_bytes(const struct news *news)
{
    return sizeof *news + news->size + news->size_legacy;
}

static void
events_forget_oldest(struct events *events)
{
    struct news *news = TAILQ_FIRST(&events->kept);

    TAILQ_REMOVE(&events->kept, news, of_kept);
    events->n_kept--;
    events->kept_bytes -= news_bytes(news);
    events_was_told(events, news);
}

static void
events_stop_keeping(struct events *events)
{
    if (!events->keeping)
        return;
    events->keeping = false;
    loop_timer_stop(&events->keep_end);
    loop_timer_stop(&events->tell_kept);
    while (!TAILQ_EMPTY(&events->kept))
        events_forget_oldest(events);
}

void
events_free(struct events *events)
{
    if (!events)
        return;
    assert(TAILQ_EMPTY(&events->listeners));
    events_stop_keeping(events);
    assert(TAILQ_EMPTY(&events->untold));
    free(events);
}

/*----- registering -----*/

static void
events_drop(struct events *events, struct conn *conn, struct registration *reg)
{
    TAILQ_REMOVE(&conn->registrations, reg, of_conn);
    free(reg);
    conn->user->n_registrations--;
    if (--conn->n_registrations)
        return;
    TAILQ_REMOVE(&events->listeners, conn, listens);
    while (conn->untold)
        conn->untold = events_was_told(events, conn->untold);
}

void
events_forget(struct events *events, struct conn *conn)
{
    struct registration *reg;

    while ((reg = TAILQ_FIRST(&conn->registrations)))
        events_drop(events, conn, reg);
}

static bool
events_user_has_too_many(const struct conn *conn)
{
    return conn->from_read_only_socket && conn->user->n_registrations >= USER_REGISTRATIONS_MAX;
}

static int
events_add(struct events *events, struct conn *conn, int event, const uint8_t *uuid,
           int callback_id, struct err *err)
{
    unsigned             max = conn->from_read_only_socket ? EVENTS_MAX_READ_ONLY : EVENTS_MAX;
    struct registration *reg;

    if (event < 0 || event >= EVENT_COUNT)
        return err_set_libvirt(err, ERR_INTERNAL, "unsupported event ID %d", event);
    if (conn->n_registrations >= max)
        return err_set_libvirt(err, ERR_OPERATION_FAILED,
                               "this connection may register for at most %u events", max);
    if (events_user_has_too_many(conn))
        return err_set_libvirt(err, ERR_OPERATION_FAILED,
                               "over the read-only socket a user may register for at most %u "
                               "events",
                               USER_REGISTRATIONS_MAX);
    reg = xcalloc(1, sizeof *reg);
    reg->event = event;
    reg->callback_id = callback_id;
    reg->of_one_domain = uuid;
    if (uuid)
        memcpy(reg->uuid, uuid, UUID_SIZE);
    reg->awaits_kept = events->keeping;
    if (reg->awaits_kept && !loop_timer_is_active(&events->tell_kept))
        loop_timer_start(&events->tell_kept, KEPT_DELAY_USEC);
    reg->since = reg->awaits_kept ? 0 : events->last_number + 1;
    TAILQ_INSERT_TAIL(&conn->registrations, reg, of_conn);
    conn->user->n_registrations++;
    if (conn->n_registrations++ == 0)
        TAILQ_INSERT_TAIL(&events->listeners, conn, listens);
    return 0;
}

int
events_register(struct events *events, struct conn *conn, int event, const uint8_t *uuid,
                int *callback_id_out, struct err *err)
{
    if (conn->next_callback_id == INT_MAX)
        return err_set_libvirt(err, ERR_OPERATION_FAILED,
                               "this connection has had all the callback ids there are");
    if (events_add(events, conn, event, uuid, conn->next_callback_id, err) < 0)
        return -1;
    *callback_id_out = conn->next_callback_id++;
    return 0;
}

int
events_deregister(struct events *events, struct conn *conn, int callback_id, struct err *err)
{
    struct registration *reg;

    TAILQ_FOREACH (reg, &conn->registrations, of_conn)
        if (reg->callback_id == callback_id && callback_id != NO_CALLBACK_ID) {
            events_drop(events, conn, reg);
            return 0;
        }
    return err_set_libvirt(err, ERR_INTERNAL, "domain event callback %d not registered",
                           callback_id);
}

static struct registration *
events_find_legacy(struct conn *conn, int event)
{
    struct registration *reg;

    TAILQ_FOREACH (reg, &conn->registrations, of_conn)
        if (reg->event == event && reg->callback_id == NO_CALLBACK_ID)
            return reg;
    return NULL;
}

/* Of the others libvirt has no message without a callback id, and refuses them, too. */
static int
events_check_legacy(int event, struct err *err)
{
    if (event >= 0 && event < EVENT_LEGACY_COUNT)
        return 0;
    return err_set_libvirt(err, ERR_INTERNAL, "unsupported event ID %d", event);
}

int
events_register_legacy(struct events *events, struct conn *conn, int event, struct err *err)
{
    if (events_check_legacy(event, err) < 0)
        return -1;
    if (events_find_legacy(conn, event))
        return err_set_libvirt(err, ERR_INTERNAL, "domain event %d already registered", event);
    return events_add(events, conn, event, NULL, NO_CALLBACK_ID, err);
}

int
events_deregister_legacy(struct events *events, struct conn *conn, int event, struct err *err)
{
    struct registration *reg = events_find_legacy(conn, event);

    if (events_check_legacy(event, err) < 0)
        return -1;
    if (!reg)
        return err_set_libvirt(err, ERR_INTERNAL, "domain event %d not registered", event);
    events_drop(events, conn, reg);
    return 0;
}

/*----- telling -----*/

static remote_nonnull_domain
news_domain(const struct event_domain *dom)
{
    remote_nonnull_domain wire = {.name = (char *)dom->name, .id = dom->domid};

    memcpy(wire.uuid, dom->uuid, UUID_SIZE);
    return wire;
}

static struct news *
news_new(int event, const struct event_domain *dom)
{
    struct news *news = xcalloc(1, sizeof *news);

    news->event = event;
    memcpy(news->uuid, dom->uuid, UUID_SIZE);
    return news;
}

static bool
news_concerns(const struct news *news, const struct registration *reg)
{
    return reg->event == news->event && (!reg->of_one_domain || uuid_equal(reg->uuid, news->uuid));
}

/* How long the message for this registration is; 0: it is told nothing.  kept: to those that wait
 * for what is kept, else to all others. */
static size_t
news_size_for(const struct news *news, const struct registration *reg, bool kept)
{
    if (reg->awaits_kept != kept || news->number < reg->since || !news_concerns(news, reg))
        return 0;
    return reg->callback_id == NO_CALLBACK_ID ? news->size_legacy : news->size;
}

static void
news_put(const struct news *news, const struct registration *reg, uint8_t *to)
{
    uint32_t id = (uint32_t)reg->callback_id;
    uint8_t  number[] = {(uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id};

    if (reg->callback_id == NO_CALLBACK_ID) {
        memcpy(to, news->frame_legacy, news->size_legacy);
        return;
    }
    memcpy(to, news->frame, news->size);
    memcpy(to + CALLBACK_ID_AT, number, sizeof number);
}

/* All that its registrations are told, sent at once; kept: see above. */
static void
news_tell(const struct news *news, struct conn *conn, bool kept)
{
    cleanup_free uint8_t      *messages = NULL;
    const struct registration *reg;
    size_t                     size = 0, used = 0;

    TAILQ_FOREACH (reg, &conn->registrations, of_conn)
        size += news_size_for(news, reg, kept);
    if (!size)
        return;
    messages = xmalloc(size);
    TAILQ_FOREACH (reg, &conn->registrations, of_conn) {
        size_t more = news_size_for(news, reg, kept);

        if (more)
            news_put(news, reg, messages + used);
        used += more;
    }
    conn_send(conn, messages, size);
}

void
events_tell_untold(struct events *events, struct conn *conn)
{
    const struct news *news = take_ptr(conn->untold);

    while (news) {
        news_tell(news, conn, false);
        news = events_was_told(events, news);
    }
}

static void
events_keep_news(struct events *events, struct news *news)
{
    news->n_untold++;
    TAILQ_INSERT_TAIL(&events->kept, news, of_kept);
    events->n_kept++;
    events->kept_bytes += news_bytes(news);
    while (events->n_kept > KEPT_MAX || events->kept_bytes > KEPT_BYTES_MAX)
        events_forget_oldest(events);
}

/* In their turns, or at once.  news is Taken. */
static void
events_tell(struct events *events, struct news *news)
{
    struct conn *conn;

    news->number = ++events->last_number;
    TAILQ_INSERT_TAIL(&events->untold, news, link);
    news->n_untold = 1; /* we */
    if (events->keeping)
        events_keep_news(events, news);
    /* Sending never removes a connection at once, so the list stays as it is. */
    TAILQ_FOREACH (conn, &events->listeners, listens) {
        if (!conn->from_read_only_socket) {
            news_tell(news, conn, false);
            continue;
        }
        news->n_untold++;
        if (!conn->untold)
            conn->untold = news;
        conn_wait_for_turn(conn);
    }
    events_was_told(events, news);
}

void
events_lifecycle(struct events *events, const struct event_domain *dom, enum lifecycle_event event,
                 int detail)
{
    struct news                               *news = news_new(EVENT_LIFECYCLE, dom);
    remote_domain_event_callback_lifecycle_msg message = {
        .msg = {.dom = news_domain(dom), .event = event, .detail = detail},
    };

    news->frame = encode_domain_event_callback_lifecycle(&message, &news->size);
    news->frame_legacy = encode_domain_event_lifecycle(&message.msg, &news->size_legacy);
    events_tell(events, news);
}

void
events_reboot(struct events *events, const struct event_domain *dom)
{
    struct news                            *news = news_new(EVENT_REBOOT, dom);
    remote_domain_event_callback_reboot_msg message = {.msg = {.dom = news_domain(dom)}};

    news->frame = encode_domain_event_callback_reboot(&message, &news->size);
    news->frame_legacy = encode_domain_event_reboot(&message.msg, &news->size_legacy);
    events_tell(events, news);
}

void
events_metadata(struct events *events, const struct event_domain *dom, int type, const char *uri)
{
    struct news                                     *news = news_new(EVENT_METADATA_CHANGE, dom);
    remote_nonnull_string                            nsuri = (char *)(uintptr_t)uri;
    remote_domain_event_callback_metadata_change_msg message = {
        .dom = news_domain(dom), .type = type, .nsuri = uri ? &nsuri : NULL};

    news->frame = encode_domain_event_callback_metadata_change(&message, &news->size);
    events_tell(events, news);
}

void
events_control_error(struct events *events, const struct event_domain *dom)
{
    struct news                                   *news = news_new(EVENT_CONTROL_ERROR, dom);
    remote_domain_event_callback_control_error_msg message = {.msg = {.dom = news_domain(dom)}};

    news->frame = encode_domain_event_callback_control_error(&message, &news->size);
    news->frame_legacy = encode_domain_event_control_error(&message.msg, &news->size_legacy);
    events_tell(events, news);
}

void
events_job_completed(struct events *events, const struct event_domain *dom,
                     const struct remote_typed_param *params, unsigned n_params)
{
    struct news                                   *news = news_new(EVENT_JOB_COMPLETED, dom);
    remote_domain_event_callback_job_completed_msg message = {
        .dom = news_domain(dom),
        /* Encoding only reads them. */
        .params = {.params_len = n_params, .params_val = (remote_typed_param *)params},
    };

    news->frame = encode_domain_event_callback_job_completed(&message, &news->size);
    events_tell(events, news);
}

/*----- telling what is kept -----*/

static unsigned
events_count_waiting(const struct conn *conn)
{
    const struct registration *reg;
    unsigned                   count = 0;

    TAILQ_FOREACH (reg, &conn->registrations, of_conn)
        count += reg->awaits_kept;
    return count;
}

/* In the order in which they happened, whichever registration each of them is for. */
static void
events_tell_kept_to(struct events *events, struct conn *conn)
{
    const struct news   *news;
    struct registration *reg;

    TAILQ_FOREACH (news, &events->kept, of_kept)
        news_tell(news, conn, true);
    TAILQ_FOREACH (reg, &conn->registrations, of_conn) {
        if (!reg->awaits_kept)
            continue;
        reg->awaits_kept = false;
        reg->since = events->last_number + 1; /* what has happened meanwhile was among them */
    }
}

/* Some of those who wait.  Returns whether these were all. */
static bool
events_tell_kept_to_some(struct events *events)
{
    unsigned     told = 0, waiting;
    struct conn *conn;

    TAILQ_FOREACH (conn, &events->listeners, listens) {
        if ((waiting = events_count_waiting(conn)) == 0)
            continue;
        if (told > KEPT_AT_ONCE)
            return false;
        events_tell_kept_to(events, conn);
        told += waiting * (events->n_kept + 1);
    }
    return true;
}

static void
events_tell_kept(void *arg)
{
    struct events *events = arg;

    if (!events_tell_kept_to_some(events))
        loop_timer_start(&events->tell_kept, KEPT_PAUSE_USEC);
}

static void
events_keep_is_over(void *arg)
{
    struct events *events = arg;

    if (events_tell_kept_to_some(events))
        events_stop_keeping(events);
    else
        loop_timer_start(&events->keep_end, KEPT_PAUSE_USEC);
}

void
events_keep(struct events *events, struct loop *loop, uint64_t usec)
{
    events->keeping = true;
    loop_timer_init(&events->keep_end, loop, events_keep_is_over, events);
    loop_timer_init(&events->tell_kept, loop, events_tell_kept, events);
    loop_timer_start(&events->keep_end, usec);
}
