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

/* The callback id of a registration made in the old way. */
#define NO_CALLBACK_ID (-1)

/* How many events are kept at most, and how long after its registration a client is told them:
 * libvirt's drops an event with a callback id that its caller has not been given yet. */
#define KEPT_MAX 4096
#define KEPT_DELAY_USEC 100000

struct registration {
    TAILQ_ENTRY(registration) of_conn;
    TAILQ_ENTRY(registration) of_event;
    struct conn *conn;
    int          event;
    int          callback_id;
    bool         of_one_domain;
    uint8_t      uuid[UUID_SIZE]; /* if so, of this one */
    bool         awaits_kept;     /* it is told those that are kept, and nothing before */
};

TAILQ_HEAD(registration_list, registration);

/* A lifecycle event that who registers later is told too. */
struct kept {
    char   *name;
    uint8_t uuid[UUID_SIZE];
    int     domid, event, detail;
    TAILQ_ENTRY(kept) link;
};

struct events {
    struct registration_list registrations[EVENT_COUNT]; /* in order of registering; owned */

    bool keeping;
    TAILQ_HEAD(, kept) kept; /* the oldest first */
    unsigned          n_kept;
    struct loop_timer keep_end, tell_kept;
};

struct events *
events_new(void)
{
    struct events *events = xcalloc(1, sizeof *events);

    for (size_t n = 0; n < array_size(events->registrations); n++)
        TAILQ_INIT(&events->registrations[n]);
    TAILQ_INIT(&events->kept);
    return events;
}

static void
events_forget_oldest(struct events *events)
{
    struct kept *kept = TAILQ_FIRST(&events->kept);

    TAILQ_REMOVE(&events->kept, kept, link);
    events->n_kept--;
    free(kept->name);
    free(kept);
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
    for (size_t n = 0; n < array_size(events->registrations); n++)
        assert(TAILQ_EMPTY(&events->registrations[n]));
    events_stop_keeping(events);
    free(events);
}

/*----- registering -----*/

static void
events_drop(struct events *events, struct registration *reg)
{
    TAILQ_REMOVE(&events->registrations[reg->event], reg, of_event);
    TAILQ_REMOVE(&reg->conn->registrations, reg, of_conn);
    reg->conn->n_registrations--;
    free(reg);
}

void
events_forget(struct events *events, struct conn *conn)
{
    struct registration *reg;

    while ((reg = TAILQ_FIRST(&conn->registrations)))
        events_drop(events, reg);
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
                               "this connection may register for %u events, not more", max);
    reg = xcalloc(1, sizeof *reg);
    reg->conn = conn;
    reg->event = event;
    reg->callback_id = callback_id;
    reg->of_one_domain = uuid;
    if (uuid)
        memcpy(reg->uuid, uuid, UUID_SIZE);
    reg->awaits_kept = events->keeping && event == EVENT_LIFECYCLE;
    if (reg->awaits_kept && !loop_timer_is_active(&events->tell_kept))
        loop_timer_start(&events->tell_kept, KEPT_DELAY_USEC);
    TAILQ_INSERT_TAIL(&events->registrations[event], reg, of_event);
    TAILQ_INSERT_TAIL(&conn->registrations, reg, of_conn);
    conn->n_registrations++;
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
            events_drop(events, reg);
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

int
events_register_legacy(struct events *events, struct conn *conn, int event, struct err *err)
{
    if (events_find_legacy(conn, event))
        return err_set_libvirt(err, ERR_INTERNAL, "domain event %d already registered", event);
    return events_add(events, conn, event, NULL, NO_CALLBACK_ID, err);
}

int
events_deregister_legacy(struct events *events, struct conn *conn, int event, struct err *err)
{
    struct registration *reg = events_find_legacy(conn, event);

    if (!reg)
        return err_set_libvirt(err, ERR_INTERNAL, "domain event %d not registered", event);
    events_drop(events, reg);
    return 0;
}

/*----- telling -----*/

/* An event that is to be told, and how a message of it is made for one registration. */
struct news {
    const struct event_domain       *dom;
    int                              event, detail; /* of the lifecycle */
    const struct remote_typed_param *params;        /* of JOB_COMPLETED */
    unsigned                         n_params;
    void (*tell)(const struct registration *reg, const struct news *news);
};

static remote_nonnull_domain
news_domain(const struct news *news)
{
    remote_nonnull_domain dom = {.name = (char *)news->dom->name, .id = news->dom->domid};

    memcpy(dom.uuid, news->dom->uuid, UUID_SIZE);
    return dom;
}

static bool
news_concerns(const struct registration *reg, const struct news *news)
{
    return !reg->of_one_domain || uuid_equal(reg->uuid, news->dom->uuid);
}

static void
events_tell(struct events *events, int event, const struct news *news)
{
    struct registration *reg;

    /* Sending never removes a connection at once, so the list stays as it is. */
    TAILQ_FOREACH (reg, &events->registrations[event], of_event)
        if (!reg->awaits_kept && news_concerns(reg, news))
            news->tell(reg, news);
}

static void
news_tell_lifecycle(const struct registration *reg, const struct news *news)
{
    remote_domain_event_callback_lifecycle_msg message = {
        .callbackID = reg->callback_id,
        .msg = {.dom = news_domain(news), .event = news->event, .detail = news->detail},
    };

    if (reg->callback_id == NO_CALLBACK_ID)
        send_domain_event_lifecycle(reg->conn, &message.msg);
    else
        send_domain_event_callback_lifecycle(reg->conn, &message);
}

static void
events_keep_news(struct events *events, const struct news *news)
{
    struct kept *kept = xcalloc(1, sizeof *kept);

    kept->name = xstrdup(news->dom->name);
    memcpy(kept->uuid, news->dom->uuid, UUID_SIZE);
    kept->domid = news->dom->domid;
    kept->event = news->event;
    kept->detail = news->detail;
    TAILQ_INSERT_TAIL(&events->kept, kept, link);
    if (++events->n_kept > KEPT_MAX)
        events_forget_oldest(events);
}

void
events_lifecycle(struct events *events, const struct event_domain *dom, enum lifecycle_event event,
                 int detail)
{
    const struct news news = {
        .dom = dom,
        .event = event,
        .detail = detail,
        .tell = news_tell_lifecycle,
    };

    events_tell(events, EVENT_LIFECYCLE, &news);
    if (events->keeping)
        events_keep_news(events, &news);
}

static void
events_tell_kept_to(struct events *events, struct registration *reg)
{
    const struct kept *kept;

    TAILQ_FOREACH (kept, &events->kept, link) {
        struct event_domain about = {.name = kept->name, .uuid = kept->uuid, .domid = kept->domid};
        struct news         news = {.dom = &about, .event = kept->event, .detail = kept->detail};

        if (news_concerns(reg, &news))
            news_tell_lifecycle(reg, &news);
    }
    reg->awaits_kept = false;
}

static void
events_tell_kept(void *arg)
{
    struct events       *events = arg;
    struct registration *reg;

    TAILQ_FOREACH (reg, &events->registrations[EVENT_LIFECYCLE], of_event)
        if (reg->awaits_kept)
            events_tell_kept_to(events, reg);
}

static void
events_keep_is_over(void *arg)
{
    events_tell_kept(arg);
    events_stop_keeping(arg);
}

void
events_keep(struct events *events, struct loop *loop, uint64_t usec)
{
    events->keeping = true;
    loop_timer_init(&events->keep_end, loop, events_keep_is_over, events);
    loop_timer_init(&events->tell_kept, loop, events_tell_kept, events);
    loop_timer_start(&events->keep_end, usec);
}

static void
news_tell_reboot(const struct registration *reg, const struct news *news)
{
    remote_domain_event_callback_reboot_msg message = {
        .callbackID = reg->callback_id,
        .msg = {.dom = news_domain(news)},
    };

    if (reg->callback_id != NO_CALLBACK_ID)
        send_domain_event_callback_reboot(reg->conn, &message);
}

void
events_reboot(struct events *events, const struct event_domain *dom)
{
    const struct news news = {.dom = dom, .tell = news_tell_reboot};

    events_tell(events, EVENT_REBOOT, &news);
}

static void
news_tell_job_completed(const struct registration *reg, const struct news *news)
{
    remote_domain_event_callback_job_completed_msg message = {
        .callbackID = reg->callback_id,
        .dom = news_domain(news),
        /* Encoding only reads them. */
        .params = {.params_len = news->n_params, .params_val = (remote_typed_param *)news->params},
    };

    if (reg->callback_id != NO_CALLBACK_ID)
        send_domain_event_callback_job_completed(reg->conn, &message);
}

void
events_job_completed(struct events *events, const struct event_domain *dom,
                     const struct remote_typed_param *params, unsigned n_params)
{
    const struct news news = {
        .dom = dom,
        .params = params,
        .n_params = n_params,
        .tell = news_tell_job_completed,
    };

    events_tell(events, EVENT_JOB_COMPLETED, &news);
}
