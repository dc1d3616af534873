/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * console.c: one console: its pty, what it said last, and who is told.
 *
 * What is read goes into the ring, and from there to each user at his own pace.
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "log.h"
#include "private.h"
#include "tty.h"

#define READ_MAX 16384u /* at a time; the kernel gives less, as a rule */
#define RING_LEAST 4096u
#define RING_OF_SESSION (64u << 10) /* where nothing is to be kept: what is under way */
#define LAST_READS 16u              /* of a pty whose guest has gone */
#define GAP_LOOK_USEC 250000u

static loop_fn console_is_ready;
static loop_fn console_gap_due;
static loop_fn console_patience_is_over;
static loop_fn console_user_go_on;

/*----- users -----*/

static void
console_remove_user(struct console_user *user)
{
    struct console *console = user->console;

    loop_defer_stop(&user->go_on);
    if (console->session == user) {
        console->session = NULL;
        console->skips = console->wants_write = false;
        loop_timer_stop(&console->patience);
    } else {
        TAILQ_REMOVE(&console->listeners, user, link);
    }
    free(user);
}

static void
console_end_user(struct console_user *user, const struct err *err)
{
    const struct console_user_ops *ops = user->ops;
    void                          *arg = user->arg;

    console_remove_user(user);
    ops->ended(arg, err);
}

static bool
console_user_has_all(const struct console_user *user)
{
    const struct console *console = user->console;

    return user->at >= user->end ||
           (console->state == CONSOLE_ENDED && user->at >= console->ring.end);
}

/* May free user: must be last. */
static void
console_push(struct console_user *user)
{
    struct console *console = user->console;
    const uint8_t  *bytes;
    uint64_t        before;
    size_t          size, taken;

    while (!user->blocked && (size = console_ring_peek(&console->ring, &user->at, &bytes))) {
        before = user->at;
        taken = user->ops->output(user->arg, bytes, size);
        user->at += taken;
        user->blocked = taken < size;
        if (user == console->session && user->at > before) {
            loop_timer_stop(&console->patience);
            console->skips = false;
        }
    }
    if (console_user_has_all(user))
        console_end_user(user, NULL);
}

static void
console_push_all(struct console *console)
{
    struct console_user *user = TAILQ_FIRST(&console->listeners), *next;

    for (; user; user = next) {
        next = TAILQ_NEXT(user, link);
        console_push(user);
    }
    if (console->session)
        console_push(console->session);
}

static void
console_user_go_on(void *arg)
{
    struct console_user *user = arg;
    struct console      *console = user->console;

    console_push(user);
    console_look_again(console);
    console_free_if_idle(console);
}

struct console_user *
console_add_user(struct console *console, bool is_session, const struct console_user_ops *ops,
                 void *arg)
{
    struct console_user *user = xcalloc(1, sizeof *user);

    user->console = console;
    user->ops = ops;
    user->arg = arg;
    loop_defer_init(&user->go_on, console->consoles->loop, console_user_go_on, user);
    if (is_session) {
        assert(!console->session);
        console->session = user;
    } else {
        TAILQ_INSERT_TAIL(&console->listeners, user, link);
    }
    loop_defer_start(&user->go_on);
    return user;
}

void
console_take_session(struct console *console, const struct err *err)
{
    if (console->session)
        console_end_user(console->session, err);
}

void
console_resume(struct console_user *user)
{
    user->blocked = false;
    loop_defer_start(&user->go_on);
}

void
console_close(struct console_user *user)
{
    struct console *console;

    if (!user)
        return;
    console = user->console;
    console_remove_user(user);
    console_look_again(console);
    console_free_if_idle(console);
}

/*----- the pty -----*/

static bool
console_is_read(const struct console *console)
{
    return console->session || console->is_kept;
}

static void
console_lose_tty(struct console *console)
{
    loop_io_stop(&console->io);
    if (console->fd >= 0)
        close(take_fd(console->fd));
    free(take_ptr(console->tty));
    if (console->paused)
        TAILQ_REMOVE(&console->consoles->paused, console, in_paused);
    console->paused = false;
    /* What it is still to be sent is dropped, by console_write. */
    if (console->wants_write && console->session)
        console->session->ops->writable(console->session->arg);
    console->wants_write = false;
}

/* How much may be read without a loss for the session. */
static size_t
console_room(const struct console *console)
{
    uint64_t behind;

    if (!console->session || console->skips)
        return READ_MAX;
    behind = console->ring.end - console->session->at;
    return behind < console->ring.max ? console->ring.max - (size_t)behind : 0;
}

void
console_look_again(struct console *console)
{
    bool       room = console_room(console) > 0;
    bool       reads = console_is_read(console) && room && !console->paused;
    struct err err;

    if (console->fd < 0)
        return;
    if (!console_is_read(console)) {
        console_lose_tty(console);
        return;
    }
    if (!room && console->is_kept && !loop_timer_is_active(&console->patience))
        loop_timer_start(&console->patience, CONSOLE_PATIENCE_USEC);
    if (loop_io_start(&console->io, console->fd, reads, console->wants_write, &err) == 0)
        return;
    log_warning("the console %s of domain '%s' is lost: %s", console_alias(console->terminal),
                console->guest, err.message);
    console_lose_tty(console);
}

static void
console_patience_is_over(void *arg)
{
    struct console *console = arg;

    console->skips = true;
    console_look_again(console);
}

static void
console_pause(struct console *console, uint64_t now_usec)
{
    struct consoles *consoles = console->consoles;

    console->paused = true;
    TAILQ_INSERT_TAIL(&consoles->paused, console, in_paused);
    if (!loop_timer_is_active(&consoles->tick))
        loop_timer_start(&consoles->tick, console_budget_wait_usec(now_usec));
}

/* Returns whether something came. */
static bool
console_read(struct console *console, uint64_t now_usec)
{
    struct consoles *consoles = console->consoles;
    uint8_t          bytes[READ_MAX];
    size_t           room = console_room(console);
    ssize_t          n;

    if (!room)
        return false;
    n = read(console->fd, bytes, room < sizeof bytes ? room : sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n <= 0) {
        console->hung_up = true;
        console_lose_tty(console);
        return false;
    }
    console_budget_spend(&console->budget, (size_t)n, now_usec);
    console_budget_spend(&consoles->budget, (size_t)n, now_usec);
    console_ring_add(&console->ring, bytes, (size_t)n);
    if (console->is_kept)
        console_log_add(consoles->log, console->guest, console->uuid, console->terminal, bytes,
                        (size_t)n);
    return true;
}

static void
console_is_ready(void *arg)
{
    struct console *console = arg;
    uint64_t        now = loop_now_usec();

    if (console->wants_write) {
        console->wants_write = false;
        console->session->ops->writable(console->session->arg);
    }
    if (console->io.read &&
        (console_budget_is_spent(&console->budget, CONSOLE_RATE, now) ||
         console_budget_is_spent(&console->consoles->budget, CONSOLES_RATE, now)))
        console_pause(console, now);
    else if (console->io.read && console_read(console, now))
        console_push_all(console);
    console_look_again(console);
}

/* As xenstore says; NULL: it says nothing, or the guest does not run.  The path of one that hung up
 * may be that of somebody's login by now. */
static const char *
console_tty_path(const struct console *console)
{
    struct host *host = domains_host(console->consoles->domains);

    return host && console->state == CONSOLE_RUNS
               ? host_domain_tty(host, (uint32_t)console->domid, console->terminal)
               : NULL;
}

int
console_open_tty(struct console *console, struct err *err)
{
    const char *path = console_tty_path(console);

    if (!path || console->fd >= 0 || console->hung_up || !console_is_read(console))
        return 0;
    console->fd = console_tty_open(path, err);
    if (console->fd < 0)
        return -1;
    console->tty = xstrdup(path);
    console_look_again(console);
    return 0;
}

void
console_try_tty(struct console *console)
{
    struct err err;

    if (console_open_tty(console, &err) == 0) {
        console->complained = false;
        return;
    }
    if (!console->complained)
        log_warning("the console %s of domain '%s': %s", console_alias(console->terminal),
                    console->guest, err.message);
    console->complained = true;
}

static bool
console_tty_is_hung_up(const struct console *console)
{
    struct pollfd tty = {.fd = console->fd};

    return console->fd >= 0 && poll(&tty, 1, 0) == 1 && (tty.revents & (POLLHUP | POLLERR));
}

/* One that lives is xenstore's word again. */
void
console_tty_told(struct console *console)
{
    const char *path = console_tty_path(console);

    if (console->fd >= 0 && path && strcmp(path, console->tty) == 0 &&
        !console_tty_is_hung_up(console))
        return;
    console->hung_up = false;
    console_lose_tty(console);
    console_try_tty(console);
}

size_t
console_write(struct console_user *user, const void *data, size_t size)
{
    struct console *console = user->console;
    ssize_t         n;

    if (user != console->session || console->fd < 0)
        return size;
    n = write(console->fd, data, size);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        console->hung_up = true;
        console_lose_tty(console);
        return size;
    }
    if (n < 0)
        n = 0;
    if ((size_t)n < size) {
        console->wants_write = true;
        console_look_again(console);
    }
    return (size_t)n;
}

/*----- its life -----*/

static struct console *
console_make(struct consoles *consoles, const char *guest, const uint8_t uuid[UUID_SIZE],
             enum host_terminal terminal)
{
    struct console *console = xcalloc(1, sizeof *console);
    size_t          kept = consoles->limits->kept;

    console->consoles = consoles;
    console->guest = xstrdup(guest);
    memcpy(console->uuid, uuid, sizeof console->uuid);
    console->terminal = terminal;
    console->domid = -1;
    console->fd = -1;
    console->ring.max = kept > RING_LEAST ? kept : kept ? RING_LEAST : RING_OF_SESSION;
    TAILQ_INIT(&console->listeners);
    loop_timer_init(&console->gap, consoles->loop, console_gap_due, console);
    loop_timer_init(&console->patience, consoles->loop, console_patience_is_over, console);
    loop_io_init(&console->io, consoles->loop, console_is_ready, console);
    LIST_INSERT_HEAD(consoles_bucket(consoles, uuid), console, link);
    return console;
}

struct console *
console_new(struct consoles *consoles, const struct domain *dom, enum host_terminal terminal)
{
    struct console *console = console_make(consoles, dom->name, dom->uuid, terminal);

    console_begin(console, dom);
    return console;
}

static void
console_to_ended(struct console *console)
{
    struct consoles *consoles = console->consoles;

    console->state = CONSOLE_ENDED;
    TAILQ_INSERT_TAIL(&consoles->ended, console, in_ended);
    consoles->n_ended++;
    if (consoles->n_ended > CONSOLES_ENDED_MAX)
        console_free(TAILQ_FIRST(&consoles->ended));
}

static void
console_from_ended(struct console *console)
{
    if (console->state != CONSOLE_ENDED)
        return;
    TAILQ_REMOVE(&console->consoles->ended, console, in_ended);
    console->consoles->n_ended--;
}

static void
console_end_users(struct console *console)
{
    console_take_session(console, NULL);
    while (!TAILQ_EMPTY(&console->listeners))
        console_end_user(TAILQ_FIRST(&console->listeners), NULL);
}

void
console_free(struct console *console)
{
    console_end_users(console);
    console_lose_tty(console);
    console_from_ended(console);
    loop_timer_stop(&console->gap);
    loop_timer_stop(&console->patience);
    LIST_REMOVE(console, link);
    free(console->ring.bytes);
    free(console->guest);
    free(console);
}

void
console_free_if_idle(struct console *console)
{
    bool has_words = console->is_kept &&
                     (console->state != CONSOLE_ENDED || console->ring.end > console->ring.begin);

    if (!console->session && TAILQ_EMPTY(&console->listeners) && !has_words)
        console_free(console);
}

void
console_recall(struct consoles *consoles, const char *guest, const uint8_t uuid[UUID_SIZE],
               enum host_terminal terminal, bool ended, const void *output, size_t size)
{
    struct console *console = console_make(consoles, guest, uuid, terminal);

    console->is_kept = true;
    console_ring_add(&console->ring, output, size);
    if (ended) {
        console_to_ended(console);
        return;
    }
    console->state = CONSOLE_AWAITED;
    console->end_usec = loop_now_usec() + CONSOLE_GAP_USEC;
    loop_timer_start(&console->gap, CONSOLE_GAP_USEC);
}

/* Another life of the guest begins without the last words of the one before. */
void
console_begin(struct console *console, const struct domain *dom)
{
    if (console->state == CONSOLE_ENDED) {
        console_end_users(console);
        console_from_ended(console);
        console_ring_clear(&console->ring);
    }
    loop_timer_stop(&console->gap);
    console->state = CONSOLE_RUNS;
    console->domid = dom->run.domid;
    console->reboots = console->complained = console->hung_up = false;
    console->is_kept = consoles_keep(console->consoles, dom);
    free(console->guest);
    console->guest = xstrdup(dom->name);
}

/* The guest has gone for good.  May free console: must be last. */
static void
console_end(struct console *console)
{
    console_to_ended(console);
    console_push_all(console);
    console_free_if_idle(console);
}

/* A pty whose guest has gone has its last words. */
static void
console_read_last(struct console *console)
{
    for (unsigned n = 0; n < LAST_READS && console->fd >= 0; n++)
        if (!console_read(console, loop_now_usec()))
            break;
    console_push_all(console);
}

void
console_stop(struct console *console, bool awaited, uint64_t end_usec)
{
    console_read_last(console);
    console_lose_tty(console);
    console->domid = -1;
    if (!awaited) {
        console_end(console);
        return;
    }
    console->state = CONSOLE_AWAITED;
    console->end_usec = end_usec;
    loop_timer_start(&console->gap, GAP_LOOK_USEC);
}

static void
console_gap_due(void *arg)
{
    struct console      *console = arg;
    const struct domain *dom = domains_by_uuid(console->consoles->domains, console->uuid);

    if (loop_now_usec() < console->end_usec || (dom && dom->work.count))
        loop_timer_start(&console->gap, GAP_LOOK_USEC);
    else
        console_end(console);
}
