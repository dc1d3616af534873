/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Start the guests that are to be started with the host, or stop all with it: dom0d-guests.service.
 *
 * Each guest is one call; several are under way at a time.  Calls outlive a daemon that restarts,
 * but not their answers: what became of those guests is asked for then.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/notify.h"
#include "calls.h"
#include "clock.h"
#include "command.h"
#include "text.h"
#include "wire/libvirt.h"

#define SHUTDOWN_LOOK_USEC 1000000u

enum guest_state {
    GUEST_WAITS,  /* for its turn */
    GUEST_CALLS,  /* for the answer */
    GUEST_LEAVES, /* it was asked to shut down */
    GUEST_DONE,
    GUEST_FAILED,
};

struct guest {
    const struct dom0d_guest *is;
    enum guest_state          state;
    struct call               call;
    bool                      saves;      /* the call is a managed save */
    uint64_t                  begun_usec; /* when it was asked for */
    uint64_t                  over_usec;  /* Done: when others may come after it */
};

struct plan {
    struct client              *client;
    struct dom0d_guest_list_ret list;
    struct guest               *guests; /* in their order */
    size_t                      count, under_way, failed;
    size_t                      total; /* also those that an earlier daemon has dealt with */
    bool                        stops;
    struct notify_socket        systemd;
    char                        told[512]; /* the status */
};

/*----- their order -----*/

static int
guest_compare_numbers(unsigned a, unsigned b)
{
    return (a > b) - (a < b);
}

/* Managed saves before fresh starts. */
static int
guest_compare(const void *a, const void *b)
{
    const struct dom0d_guest *x = ((const struct guest *)a)->is, *y = ((const struct guest *)b)->is;
    int                       r = guest_compare_numbers(x->order, y->order);

    if (!r)
        r = guest_compare_numbers(!(x->flags & DOM0D_GUEST_SAVED), !(y->flags & DOM0D_GUEST_SAVED));
    return r ? r : strcmp(x->dom.name, y->dom.name);
}

static int
guest_compare_for_stop(const void *a, const void *b)
{
    return -guest_compare(a, b);
}

static bool
guest_runs(const struct dom0d_guest *is)
{
    return is->dom.id >= 0;
}

/* One that is to be started runs already?  Then there is nothing to do. */
static bool
plan_wants(const struct plan *plan, const struct dom0d_guest *is)
{
    if (plan->stops)
        return guest_runs(is) && plan->list.stop != DOM0D_HOST_STOP_LEAVE;
    return is->flags & DOM0D_GUEST_AUTOSTART && !guest_runs(is);
}

static int
plan_make(struct plan *plan, struct err *err)
{
    struct connection *conn = client_connect(plan->client, err);

    if (!conn || call_guest_list(conn, NULL, &plan->list, err) < 0)
        return -1;
    plan->guests = xcalloc(plan->list.guests.guests_len, sizeof *plan->guests);
    for (unsigned n = 0; n < plan->list.guests.guests_len; n++)
        if (plan_wants(plan, &plan->list.guests.guests_val[n]))
            plan->guests[plan->count++].is = &plan->list.guests.guests_val[n];
    qsort(plan->guests, plan->count, sizeof *plan->guests,
          plan->stops ? guest_compare_for_stop : guest_compare);
    return 0;
}

/* What an earlier daemon said, and what was called of it. */
static void
plan_forget(struct plan *plan)
{
    for (size_t n = 0; n < plan->count; n++)
        call_forget(&plan->guests[n].call);
    free(plan->guests);
    call_free_guest_list(&plan->list);
}

static void
plan_clear(struct plan *plan)
{
    plan_forget(plan);
    notify_socket_close(&plan->systemd);
}

#define cleanup_plan __attribute__((cleanup(plan_clear)))

/*----- how they end -----*/

static void
guest_done(struct plan *plan, struct guest *guest, const char *what)
{
    guest->state = GUEST_DONE;
    guest->over_usec = clock_usec() + (plan->stops ? 0 : guest->is->delay_sec * 1000000ull);
    text_print_line(stdout, "%s %s", guest->is->dom.name, what);
}

static void
guest_failed(struct plan *plan, struct guest *guest, const char *why)
{
    guest->state = GUEST_FAILED;
    plan->failed++;
    text_print_line(stderr, "%s: %s", guest->is->dom.name, why);
}

static bool
guest_is_under_way(const struct guest *guest)
{
    return guest->state == GUEST_CALLS || guest->state == GUEST_LEAVES;
}

/*----- may it begin? -----*/

static struct guest *
plan_find(const struct plan *plan, const char *name)
{
    for (size_t n = 0; n < plan->count; n++)
        if (strcmp(plan->guests[n].is->dom.name, name) == 0)
            return &plan->guests[n];
    return NULL;
}

static bool
plan_runs(const struct plan *plan, const char *name)
{
    for (unsigned n = 0; n < plan->list.guests.guests_len; n++)
        if (strcmp(plan->list.guests.guests_val[n].dom.name, name) == 0)
            return guest_runs(&plan->list.guests.guests_val[n]);
    return false;
}

/* Others may come after it now. */
static bool
guest_is_over(const struct guest *guest)
{
    return guest->state == GUEST_FAILED ||
           (guest->state == GUEST_DONE && guest->over_usec <= clock_usec());
}

/* May a come before b is over? */
static bool
guest_may_pass(const struct plan *plan, const struct guest *a, const struct guest *b)
{
    if (a == b || guest_is_over(b))
        return true;
    if (plan->stops)
        return a->is->order >= b->is->order && strcmp(b->is->after, a->is->dom.name) != 0;
    return a->is->order <= b->is->order && strcmp(a->is->after, b->is->dom.name) != 0;
}

static bool
guest_may_begin(const struct plan *plan, const struct guest *guest)
{
    for (size_t n = 0; n < plan->count; n++)
        if (!guest_may_pass(plan, guest, &plan->guests[n]))
            return false;
    return true;
}

/* What it comes after must run. */
static bool
guest_lacks(struct plan *plan, struct guest *guest)
{
    const char         *after = guest->is->after;
    const struct guest *other = plan_find(plan, after);
    cleanup_free char  *why = NULL;

    if (plan->stops || !*after || plan_runs(plan, after) || (other && other->state != GUEST_FAILED))
        return false;
    why = xasprintf("not started: it comes after %s, which %s", after,
                    other ? "could not be started" : "does not run, and is not to be started");
    guest_failed(plan, guest, why);
    return true;
}

/*----- what systemctl status shows -----*/

static const char *
plan_verb(const struct plan *plan)
{
    if (!plan->stops)
        return "starting";
    return plan->list.stop == DOM0D_HOST_STOP_SAVE ? "saving" : "shutting down";
}

/* A name of a guest of xl may have line breaks, and a line is what systemd obeys. */
static void
plan_tell(struct plan *plan, const char *text)
{
    cleanup_free char *safe = text_safe(text), *status = xasprintf("STATUS=%s", safe);

    if (strncmp(plan->told, status, sizeof plan->told) != 0 &&
        notify_socket_tell(&plan->systemd, status))
        snprintf(plan->told, sizeof plan->told, "%s", status);
}

/* "saving 3 of 6: web": how many were begun, and those that have not ended. */
static void
plan_tell_progress(struct plan *plan)
{
    cleanup_free char *text = NULL;
    char               names[400] = "";
    size_t             waiting = 0, length = 0;

    for (size_t n = 0; n < plan->count; n++) {
        const struct guest *guest = &plan->guests[n];

        waiting += guest->state == GUEST_WAITS;
        if (guest_is_under_way(guest) && length < sizeof names)
            length += (size_t)snprintf(names + length, sizeof names - length, "%s%s",
                                       length ? ", " : ": ", guest->is->dom.name);
    }
    text = xasprintf("%s %zu of %zu%s", plan_verb(plan), plan->total - waiting, plan->total, names);
    plan_tell(plan, text);
}

static void
plan_tell_end(struct plan *plan)
{
    cleanup_free char *failed =
        plan->failed ? xasprintf(", %zu failed", plan->failed) : xstrdup("");
    cleanup_free char *status = xasprintf("%zu %s%s", plan->total - plan->failed,
                                          plan->stops ? "stopped" : "started", failed);

    plan_tell(plan, status);
}

/*----- begin -----*/

static int
guest_begin_start(struct connection *conn, struct guest *guest, struct err *err)
{
    return call_begin_domain_create_with_flags(
        conn, &guest->call, &(struct remote_domain_create_with_flags_args){.dom = guest->is->dom},
        err);
}

/* One that is not defined has no managed save. */
static int
guest_begin_stop(struct plan *plan, struct connection *conn, struct guest *guest, struct err *err)
{
    guest->saves = plan->list.stop == DOM0D_HOST_STOP_SAVE && guest->is->flags & DOM0D_GUEST_STORED;
    if (guest->saves)
        return call_begin_domain_managed_save(
            conn, &guest->call, &(struct remote_domain_managed_save_args){.dom = guest->is->dom},
            err);
    return call_begin_domain_shutdown(
        conn, &guest->call, &(struct remote_domain_shutdown_args){.dom = guest->is->dom}, err);
}

static int
plan_begin(struct plan *plan, struct guest *guest, struct err *err)
{
    struct connection *conn = plan->client->conn;

    guest->begun_usec = clock_usec();
    guest->state = GUEST_CALLS;
    return plan->stops ? guest_begin_stop(plan, conn, guest, err)
                       : guest_begin_start(conn, guest, err);
}

static int
plan_begin_some(struct plan *plan, struct err *err)
{
    for (size_t n = 0; n < plan->count; n++) {
        struct guest *guest = &plan->guests[n];

        if (guest->state != GUEST_WAITS || plan->under_way >= plan->list.parallel ||
            guest_lacks(plan, guest) || !guest_may_begin(plan, guest))
            continue;
        plan->under_way++;
        if (plan_begin(plan, guest, err) < 0)
            return -1;
    }
    return 0;
}

/*----- go on -----*/

/* Also where somebody else has done it, or an earlier daemon. */
static bool
guest_is_as_wanted(const struct plan *plan, const struct guest *guest)
{
    struct remote_domain_get_state_args args = {.dom = guest->is->dom};
    struct remote_domain_get_state_ret  ret = {0};
    struct err                          err;
    bool gone = call_domain_get_state(plan->client->conn, &args, &ret, &err) < 0;

    if (gone && err.code != ERR_NO_DOMAIN)
        return false;
    return plan->stops == (gone || ret.state == STATE_SHUTOFF);
}

static void
guest_is_answered(struct plan *plan, struct guest *guest)
{
    struct err err;
    bool       good = call_check(&guest->call, &err) == 0;

    call_forget(&guest->call);
    if (good && plan->stops && !guest->saves) {
        guest->state = GUEST_LEAVES;
        return;
    }
    plan->under_way--;
    if (good)
        guest_done(plan, guest, !plan->stops ? "started" : "saved");
    else if (guest_is_as_wanted(plan, guest))
        guest_done(plan, guest, !plan->stops ? "runs" : "has stopped");
    else
        guest_failed(plan, guest, err.message);
}

/* It has been asked to shut down: has it? */
static int
guest_look(struct plan *plan, struct guest *guest, struct err *err)
{
    struct remote_domain_get_state_args args = {.dom = guest->is->dom};
    struct remote_domain_get_state_ret  ret = {0};
    bool gone = call_domain_get_state(plan->client->conn, &args, &ret, err) < 0;

    if (gone && err->code != ERR_NO_DOMAIN)
        return -1;
    if (!gone && ret.state != STATE_SHUTOFF)
        return 0;
    plan->under_way--;
    guest_done(plan, guest, "shut down");
    return 0;
}

/* An abort is answered at once, and ends the save before long; one that was too late is none. */
static int
guest_time_is_up(struct plan *plan, struct guest *guest, struct err *err)
{
    struct remote_domain_abort_job_args args = {.dom = guest->is->dom};
    cleanup_free char                  *why = NULL;

    if (guest->saves) {
        guest->begun_usec = clock_usec();
        return call_domain_abort_job(plan->client->conn, &args, NULL, err) < 0 &&
                       err->code == ERR_NO_CONNECT
                   ? -1
                   : 0;
    }
    why = xasprintf("has not shut down in %u s", plan->list.stop_sec);
    call_forget(&guest->call);
    plan->under_way--;
    guest_failed(plan, guest, why);
    return 0;
}

static int
plan_go_on(struct plan *plan, struct err *err)
{
    uint64_t limit_usec = plan->list.stop_sec * 1000000ull;

    for (size_t n = 0; n < plan->count; n++) {
        struct guest *guest = &plan->guests[n];

        if (guest->state == GUEST_CALLS && call_answered(&guest->call))
            guest_is_answered(plan, guest);
        if (guest->state == GUEST_LEAVES && guest_look(plan, guest, err) < 0)
            return -1;
        if (plan->stops && guest_is_under_way(guest) &&
            clock_usec() - guest->begun_usec > limit_usec && guest_time_is_up(plan, guest, err) < 0)
            return -1;
    }
    return 0;
}

static bool
plan_is_done(const struct plan *plan)
{
    for (size_t n = 0; n < plan->count; n++)
        if (plan->guests[n].state != GUEST_DONE && plan->guests[n].state != GUEST_FAILED)
            return false;
    return true;
}

/* Nothing is under way, no delay lasts, and none may begin: each waits for another one.  Who is to
 * be stopped is, in whatever order. */
static int
plan_break_circle(struct plan *plan, struct err *err)
{
    cleanup_free char *why = NULL;
    struct guest      *guest = NULL;

    for (size_t n = 0; n < plan->count && !guest; n++)
        if (plan->guests[n].state == GUEST_WAITS &&
            (plan->stops || plan_find(plan, plan->guests[n].is->after)))
            guest = &plan->guests[n];
    assert(guest);
    if (plan->stops) {
        plan->under_way++;
        return plan_begin(plan, guest, err);
    }
    why = xasprintf("not started: it comes after %s, which waits for it", guest->is->after);
    guest_failed(plan, guest, why);
    return 0;
}

static bool
plan_has_delay(const struct plan *plan)
{
    for (size_t n = 0; n < plan->count; n++)
        if (plan->guests[n].state == GUEST_DONE && !guest_is_over(&plan->guests[n]))
            return true;
    return false;
}

/* A delay is looked at before those that wait for its end: it may be over just behind them, and
 * they would seem to wait for each other.  Where one has failed others may begin, or fail, for
 * that. */
static int
plan_run(struct plan *plan, struct err *err)
{
    while (!plan_is_done(plan)) {
        bool   has_delay = plan_has_delay(plan);
        size_t failed = plan->failed;

        if (plan_begin_some(plan, err) < 0)
            return -1;
        if (!plan->under_way && !has_delay) {
            if (plan->failed == failed && plan_break_circle(plan, err) < 0)
                return -1;
            continue;
        }
        plan_tell_progress(plan);
        if (connection_turn(plan->client->conn, -1, SHUTDOWN_LOOK_USEC / 1000, err) < 0 ||
            plan_go_on(plan, err) < 0)
            return -1;
    }
    return 0;
}

/*----- a daemon that restarts -----*/

static bool
reopening_goes_on(void *arg)
{
    (void)arg;
    return true;
}

/* Who waits begins anew: a guest that runs by now, or has gone, is in no plan any more. */
static int
plan_reopen(struct plan *plan, struct err *err)
{
    const struct reopening reopening = {.wake_fd = -1, .go_on = reopening_goes_on};
    struct plan            fresh = {.client = plan->client,
                                    .stops = plan->stops,
                                    .failed = plan->failed,
                                    .total = plan->total,
                                    .systemd = plan->systemd};

    for (size_t n = 0; n < plan->count; n++)
        call_forget(&plan->guests[n].call);
    if (connection_reopen(plan->client->conn, &reopening, err) < 0 || plan_make(&fresh, err) < 0)
        return -1;
    /* One that has failed is not tried again. */
    for (size_t n = 0; n < plan->count; n++) {
        struct guest *again = plan_find(&fresh, plan->guests[n].is->dom.name);

        if (again && plan->guests[n].state == GUEST_FAILED)
            again->state = GUEST_FAILED;
    }
    plan_forget(plan);
    *plan = fresh;
    return 0;
}

static int
guests_run(struct client *client, const struct options *options, struct err *err)
{
    const char              *what = options->operands[0];
    cleanup_plan struct plan plan = {
        .client = client, .stops = strcmp(what, "stop") == 0, .systemd.fd = -1};

    if (!plan.stops && strcmp(what, "start") != 0)
        return client_misused(client, err, "start or stop is expected, not '%s'", what);
    notify_socket_open(&plan.systemd);
    if (plan_make(&plan, err) < 0)
        return -1;
    plan.total = plan.count;
    while (plan_run(&plan, err) < 0)
        if (err->code != ERR_NO_CONNECT || !connection_may_reopen(client->conn) ||
            plan_reopen(&plan, err) < 0)
            return -1;
    plan_tell_end(&plan);
    if (!plan.failed)
        return 0;
    return err_set(err, ERR_OPERATION_FAILED, "%zu of the guests could not be %s", plan.failed,
                   plan.stops ? "stopped" : "started");
}

const struct command cmd_guests = {
    .name = "guests",
    .args = "start|stop",
    .help = "start or stop guests with the host",
    .run = guests_run,
};
