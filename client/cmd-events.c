/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Print what happens to domains, a line each, as it happens. */
#include <limits.h>
#include <stdio.h>
#include <sys/time.h>

#include "base/alloc.h"
#include "calls.h"
#include "clock.h"
#include "command.h"
#include "domain.h"
#include "json.h"
#include "text.h"
#include "wire/libvirt.h"

#define SECONDS_MAX (366u * 24 * 3600)

struct watch {
    struct client                *client;
    struct remote_nonnull_domain *dom;           /* NULL: all domains */
    unsigned                      count, wanted; /* events seen; 0: as many as come */
    uint64_t                      end_usec;      /* 0: never */
};

/*----- words -----*/

#define DETAILS_MAX 9

struct event_words {
    const char *event;
    const char *details[DETAILS_MAX];
};

static const struct event_words words[] = {
    [LIFECYCLE_DEFINED] = {"defined",
                           {[DEFINED_ADDED] = "added",
                            [DEFINED_UPDATED] = "updated",
                            [DEFINED_RENAMED] = "renamed",
                            [DEFINED_FROM_SNAPSHOT] = "from snapshot"}},
    [LIFECYCLE_UNDEFINED] = {"undefined",
                             {[UNDEFINED_REMOVED] = "removed", [UNDEFINED_RENAMED] = "renamed"}},
    [LIFECYCLE_STARTED] = {"started",
                           {[STARTED_BOOTED] = "booted",
                            [STARTED_MIGRATED] = "migrated",
                            [STARTED_RESTORED] = "restored",
                            [STARTED_FROM_SNAPSHOT] = "from snapshot",
                            [STARTED_WAKEUP] = "woken up"}},
    [LIFECYCLE_SUSPENDED] = {"suspended",
                             {[SUSPENDED_PAUSED] = "paused",
                              [SUSPENDED_MIGRATED] = "migrated",
                              [SUSPENDED_IOERROR] = "I/O error",
                              [SUSPENDED_WATCHDOG] = "watchdog",
                              [SUSPENDED_RESTORED] = "restored",
                              [SUSPENDED_FROM_SNAPSHOT] = "from snapshot",
                              [SUSPENDED_API_ERROR] = "API error",
                              [SUSPENDED_POSTCOPY] = "post-copy",
                              [SUSPENDED_POSTCOPY_FAILED] = "post-copy failed"}},
    [LIFECYCLE_RESUMED] = {"resumed",
                           {[RESUMED_UNPAUSED] = "unpaused",
                            [RESUMED_MIGRATED] = "migrated",
                            [RESUMED_FROM_SNAPSHOT] = "from snapshot",
                            [RESUMED_POSTCOPY] = "post-copy",
                            [RESUMED_POSTCOPY_FAILED] = "post-copy failed"}},
    [LIFECYCLE_STOPPED] = {"stopped",
                           {[STOPPED_SHUTDOWN] = "shut down",
                            [STOPPED_DESTROYED] = "destroyed",
                            [STOPPED_CRASHED] = "crashed",
                            [STOPPED_MIGRATED] = "migrated",
                            [STOPPED_SAVED] = "saved",
                            [STOPPED_FAILED] = "failed",
                            [STOPPED_FROM_SNAPSHOT] = "from snapshot"}},
    [LIFECYCLE_SHUTDOWN] = {"shutdown",
                            {[SHUTDOWN_FINISHED] = "finished",
                             [SHUTDOWN_BY_GUEST] = "by the guest",
                             [SHUTDOWN_BY_HOST] = "by the host"}},
    [LIFECYCLE_PMSUSPENDED] = {"pmsuspended",
                               {[PMSUSPENDED_MEMORY] = "memory", [PMSUSPENDED_DISK] = "disk"}},
    [LIFECYCLE_CRASHED] =
        {"crashed", {[CRASHED_PANICKED] = "panicked", [CRASHED_CRASHLOADED] = "crash loaded"}},
};

static const char *
events_word(int event)
{
    return event >= 0 && (size_t)event < array_size(words) ? words[event].event : "unknown";
}

static const char *
events_detail_word(int event, int detail)
{
    const char *word = NULL;

    if (event >= 0 && (size_t)event < array_size(words) && detail >= 0 && detail < DETAILS_MAX)
        word = words[event].details[detail];
    return word ? word : "unknown";
}

/*----- printing -----*/

/* "2026-03-01T12:34:56.789+0100": when the event came here. */
static void
events_format_now(char *text, size_t size)
{
    struct timeval now;
    struct tm      local;
    char           seconds[32], zone[8];

    gettimeofday(&now, NULL);
    localtime_r(&now.tv_sec, &local);
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &local);
    strftime(zone, sizeof zone, "%z", &local);
    snprintf(text, size, "%s.%03d%s", seconds, (int)(now.tv_usec / 1000), zone);
}

static void
events_print_json(const struct remote_domain_event_lifecycle_msg *msg, const char *now)
{
    struct json json;

    json_init(&json, stdout, true);
    json_object(&json, NULL);
    json_string(&json, "time", now);
    domain_write_json(&json, &msg->dom);
    json_string(&json, "event", events_word(msg->event));
    json_string(&json, "detail", events_detail_word(msg->event, msg->detail));
    json_object_end(&json);
}

static bool
events_complete(const struct watch *watch)
{
    return watch->wanted && watch->count >= watch->wanted;
}

/* Flushed at once: the reader may be a pipe. */
static void
events_came(void *arg, const struct wire_header *header, const void *frame, size_t size)
{
    struct watch                                     *watch = arg;
    struct remote_domain_event_callback_lifecycle_msg msg = {0};
    xdrproc_t  filter = (xdrproc_t)xdr_remote_domain_event_callback_lifecycle_msg;
    struct err ignored;
    char       now[64];

    if (header->program != WIRE_PROGRAM_REMOTE ||
        header->procedure != MESSAGE_domain_event_callback_lifecycle || events_complete(watch) ||
        wire_decode(frame, size, filter, &msg, &ignored) < 0)
        return;
    events_format_now(now, sizeof now);
    if (watch->client->json)
        events_print_json(&msg.msg, now);
    else
        text_print_line(stdout, "%s %s %s (%s)", now, msg.msg.dom.name, events_word(msg.msg.event),
                        events_detail_word(msg.msg.event, msg.msg.detail));
    fflush(stdout);
    watch->count++;
    wire_body_free(filter, &msg);
}

/*----- the command -----*/

static int
events_register(const struct watch *watch, struct err *err)
{
    struct connection                                            *conn = watch->client->conn;
    struct remote_connect_supports_feature_args                   feature = {.feature =
                                                                                 FEATURE_REMOTE_EVENT_CALLBACK};
    struct remote_connect_supports_feature_ret                    answer = {0};
    struct remote_connect_domain_event_callback_register_any_args args = {
        .eventID = EVENT_LIFECYCLE, .dom = watch->dom};
    struct remote_connect_domain_event_callback_register_any_ret ret = {0};

    if (call_connect_supports_feature(conn, &feature, &answer, err) < 0)
        return -1;
    if (!answer.supported)
        return err_set(err, ERR_NO_SUPPORT, "the daemon does not tell of events");
    return call_connect_domain_event_callback_register_any(conn, &args, &ret, err);
}

static bool
events_time_is_up(const struct watch *watch)
{
    return watch->end_usec && clock_usec() >= watch->end_usec;
}

static bool
events_time_left(void *arg)
{
    return !events_time_is_up(arg);
}

/* Whoever follows what happens wants to go on with the next daemon, and to know that there may be a
 * gap. */
static int
events_reconnect(struct watch *watch, struct err *err)
{
    struct connection *conn = watch->client->conn;
    struct reopening   reopening = {.wake_fd = -1, .go_on = events_time_left, .arg = watch};
    int                r;

    if (!connection_may_reopen(conn))
        return -1;
    fputs("dom0ctl: the connection to the daemon was lost; connecting again\n", stderr);
    do {
        if (connection_reopen(conn, &reopening, err) < 0)
            return -1;
        r = events_register(watch, err);
    } while (r < 0 && connection_may_reopen(conn));
    if (r == 0)
        fputs("dom0ctl: reconnected; some events in between may be missing\n", stderr);
    return r;
}

static int
events_turn(struct watch *watch, struct err *err)
{
    uint64_t now = clock_usec(), left = 0;
    int      timeout_msec = -1;

    if (watch->end_usec) {
        left = watch->end_usec > now ? (watch->end_usec - now) / USEC_PER_MSEC + 1 : 0;
        timeout_msec = left > INT_MAX ? INT_MAX : (int)left;
    }
    if (connection_turn(watch->client->conn, -1, timeout_msec, err) == 0)
        return 0;
    return events_reconnect(watch, err);
}

static int
events_follow(struct watch *watch, struct err *err)
{
    int r = events_register(watch, err);

    while (r == 0 && !events_complete(watch) && !events_time_is_up(watch))
        r = events_turn(watch, err);
    if (events_complete(watch))
        return 0;
    if (!events_time_is_up(watch))
        return r;
    return watch->wanted
               ? err_set(err, ERR_OPERATION_TIMEOUT, "the time is up after %u of %u events",
                         watch->count, watch->wanted)
               : 0;
}

static int
events_run(struct client *client, const struct options *options, struct err *err)
{
    struct watch                                watch = {.client = client};
    const char                                 *domain = option_value(options, "domain");
    const char                                 *timeout = option_value(options, "timeout");
    const char                                 *count = option_value(options, "count");
    cleanup_domain struct remote_nonnull_domain dom = {0};
    unsigned                                    seconds = 0;

    if ((timeout && client_number(client, "timeout", timeout, SECONDS_MAX, &seconds, err) < 0) ||
        (count && client_number(client, "count", count, UINT_MAX, &watch.wanted, err) < 0) ||
        !client_connect(client, err) ||
        (domain && domain_find(client->conn, domain, &dom, err) < 0))
        return -1;
    connection_on_message(client->conn, events_came, &watch);
    watch.dom = domain ? &dom : NULL;
    if (timeout)
        watch.end_usec = clock_usec() + (uint64_t)seconds * USEC_PER_SEC;
    return events_follow(&watch, err);
}

static const struct option_spec events_options[] = {
    {"domain", 'd', "DOMAIN", "only those of this domain"},
    {"timeout", 't', "SECS", "end after that time"},
    {"count", 'n', "N", "end after that many events"},
    {0},
};

const struct command cmd_events = {
    .name = "events",
    .args = "",
    .help = "print what happens to domains, as it happens",
    .options = events_options,
    .json = true,
    .run = events_run,
};
