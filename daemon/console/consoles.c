/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * consoles.c: all consoles: which there are, what happens to their guests, who finds them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "log.h"
#include "private.h"

/*----- names -----*/

static const char *const console_aliases[HOST_TERMINALS] = {"console0", "serial0", "serial1",
                                                            "serial2", "serial3"};

const char *
console_alias(enum host_terminal terminal)
{
    return console_aliases[terminal];
}

int
console_find_alias(const char *alias, enum host_terminal *terminal_out)
{
    for (size_t n = 0; n < array_size(console_aliases); n++) {
        if (strcmp(console_aliases[n], alias) != 0)
            continue;
        *terminal_out = (enum host_terminal)n;
        return 0;
    }
    return -1;
}

/*----- all of them -----*/

/* Those that were paused first are read first. */
static void
consoles_next_tick(void *arg)
{
    struct consoles *consoles = arg;
    struct console  *console;

    while ((console = TAILQ_FIRST(&consoles->paused))) {
        TAILQ_REMOVE(&consoles->paused, console, in_paused);
        console->paused = false;
        console_look_again(console);
    }
}

struct consoles *
consoles_new(struct loop *loop, const struct console_limits *limits, const char *run_dir,
             const char *worker_path, const struct domains *domains)
{
    struct consoles *consoles = xcalloc(1, sizeof *consoles);

    consoles->loop = loop;
    consoles->limits = limits;
    consoles->run_dir = run_dir;
    consoles->domains = domains;
    if (*limits->log_dir)
        consoles->log = console_log_new(loop, limits, worker_path);
    for (size_t n = 0; n < CONSOLES_BUCKETS; n++)
        LIST_INIT(&consoles->buckets[n]);
    TAILQ_INIT(&consoles->paused);
    TAILQ_INIT(&consoles->ended);
    loop_timer_init(&consoles->tick, loop, consoles_next_tick, consoles);
    return consoles;
}

void
consoles_free(struct consoles *consoles)
{
    if (!consoles)
        return;
    consoles_remember(consoles);
    for (size_t n = 0; n < CONSOLES_BUCKETS; n++)
        while (!LIST_EMPTY(&consoles->buckets[n]))
            console_free(LIST_FIRST(&consoles->buckets[n]));
    loop_timer_stop(&consoles->tick);
    console_log_free(consoles->log);
    free(consoles);
}

/* Most UUIDs are random, some are counted up. */
struct console_list *
consoles_bucket(struct consoles *consoles, const uint8_t uuid[UUID_SIZE])
{
    unsigned sum = 0;

    for (size_t n = 0; n < UUID_SIZE; n++)
        sum = sum * 31 + uuid[n];
    return &consoles->buckets[sum % CONSOLES_BUCKETS];
}

/* Guests of xl may share a UUID: the run decides, while there is one. */
static bool
consoles_is_of(const struct console *console, const struct domain *dom)
{
    return uuid_equal(console->uuid, dom->uuid) &&
           (console->state != CONSOLE_RUNS || !domain_runs(dom) ||
            console->domid == dom->run.domid);
}

static struct console *
consoles_find(struct consoles *consoles, const struct domain *dom, enum host_terminal terminal)
{
    struct console *console;

    LIST_FOREACH (console, consoles_bucket(consoles, dom->uuid), link)
        if (console->terminal == terminal && consoles_is_of(console, dom))
            return console;
    return NULL;
}

/*----- what happens to guests -----*/

bool
consoles_keep(const struct consoles *consoles, const struct domain *dom)
{
    return dom->owner == DOMAIN_OF_DOM0D && dom->run.domid != 0 &&
           (consoles->limits->kept || *consoles->limits->log_dir);
}

static const char *
consoles_tty(const struct consoles *consoles, const struct domain *dom, enum host_terminal terminal)
{
    struct host *host = domains_host(consoles->domains);

    return host && domain_runs(dom) ? host_domain_tty(host, (uint32_t)dom->run.domid, terminal)
                                    : NULL;
}

/* A console that is known goes on, also before its pty is there; of a new one there is nothing to
 * be known before. */
static struct console *
consoles_get(struct consoles *consoles, const struct domain *dom, enum host_terminal terminal)
{
    struct console *console = consoles_find(consoles, dom, terminal);

    if (console && (console->state != CONSOLE_RUNS || console->domid != dom->run.domid))
        console_begin(console, dom);
    else if (console)
        console->is_kept = consoles_keep(consoles, dom);
    else if (consoles_keep(consoles, dom) && consoles_tty(consoles, dom, terminal))
        console = console_new(consoles, dom, terminal);
    return console;
}

void
consoles_domain_identified(struct consoles *consoles, const struct domain *dom)
{
    struct console *console;

    if (!domain_runs(dom))
        return;
    for (int terminal = 0; terminal < HOST_TERMINALS; terminal++) {
        console = consoles_get(consoles, dom, (enum host_terminal)terminal);
        if (console)
            console_try_tty(console);
    }
}

void
consoles_terminal_told(struct consoles *consoles, const struct domain *dom,
                       enum host_terminal terminal)
{
    struct console *console;

    if (!domain_runs(dom))
        return;
    console = consoles_get(consoles, dom, terminal);
    if (console)
        console_tty_told(console);
}

void
consoles_domain_reboots(struct consoles *consoles, const struct domain *dom)
{
    struct console *console;

    LIST_FOREACH (console, consoles_bucket(consoles, dom->uuid), link)
        if (console->state == CONSOLE_RUNS && consoles_is_of(console, dom))
            console->reboots = true;
}

/* A restart has destroyed it, or waits to make it anew; not one that destroys it for good. */
static bool
consoles_is_made_anew(const struct domain *dom)
{
    return dom->work.activity == DOMAIN_STARTING ||
           (dom->work.activity == DOMAIN_IDLE && dom->work.count);
}

/* Of guests of dom0d it is known who makes them anew; of those of xl, that they stopped for it. */
static bool
consoles_may_return(const struct console *console, const struct domain *dom, int detail)
{
    return detail == STOPPED_SAVED || (console->reboots && dom->owner != DOMAIN_OF_DOM0D);
}

static struct console *
consoles_find_running(const struct console_list *bucket, const struct domain *dom, int domid)
{
    struct console *console;

    LIST_FOREACH (console, bucket, link)
        if (console->state == CONSOLE_RUNS && console->domid == domid &&
            uuid_equal(console->uuid, dom->uuid))
            return console;
    return NULL;
}

/* To stop one may free others: those that ended longest ago. */
void
consoles_domain_gone(struct consoles *consoles, const struct domain *dom, int domid, int detail)
{
    const struct console_list *bucket = consoles_bucket(consoles, dom->uuid);
    bool                       at_it = consoles_is_made_anew(dom);
    struct console            *console;

    while ((console = consoles_find_running(bucket, dom, domid))) {
        bool may_return = consoles_may_return(console, dom, detail);

        console_stop(console, at_it || may_return,
                     may_return ? loop_now_usec() + CONSOLE_GAP_USEC : 0);
    }
}

/*----- use -----*/

static int
consoles_check(struct consoles *consoles, const struct domain *dom, enum host_terminal terminal,
               struct err *err)
{
    if (!domain_runs(dom))
        return err_set_libvirt(err, ERR_OPERATION_INVALID, "domain '%s' is not running", dom->name);
    if (consoles_tty(consoles, dom, terminal))
        return 0;
    return err_set_libvirt(err, ERR_INVALID_ARG, "cannot find character device '%s' of domain '%s'",
                           console_alias(terminal), dom->name);
}

static int
consoles_take(struct console *console, bool force, struct err *err)
{
    struct err taken;

    if (!console->session)
        return 0;
    /* What libvirt says, and who wants to know which guest. */
    if (!force)
        return err_set_libvirt(err, ERR_OPERATION_FAILED,
                               "Active console session exists for this domain: '%s', %s",
                               console->guest, console_alias(console->terminal));
    err_set_libvirt(&taken, ERR_OPERATION_FAILED,
                    "another session has taken over the console %s of domain '%s'",
                    console_alias(console->terminal), console->guest);
    console_take_session(console, &taken);
    return 0;
}

struct console_user *
console_open(struct consoles *consoles, const struct domain *dom, enum host_terminal terminal,
             bool force, const struct console_user_ops *ops, void *arg, struct err *err)
{
    struct console      *console;
    struct console_user *user;

    if (consoles_check(consoles, dom, terminal, err) < 0)
        return NULL;
    console = consoles_get(consoles, dom, terminal);
    if (!console)
        console = console_new(consoles, dom, terminal);
    if (consoles_take(console, force, err) < 0)
        return NULL;
    user = console_add_user(console, true, ops, arg);
    user->end = UINT64_MAX;
    user->at = consoles->limits->kept ? console->ring.begin : console->ring.end;
    if (console_open_tty(console, err) == 0)
        return user;
    console_close(user);
    return NULL;
}

/*----- what is kept -----*/

static bool
consoles_has_words(const struct console *console)
{
    return console->is_kept && console->ring.end > console->ring.begin;
}

/* The console of this guest with most to say for whoever names none: a serial port, if that has
 * said anything. */
static bool
consoles_is_better(const struct console *console, const struct console *best)
{
    if (!best || consoles_has_words(console) != consoles_has_words(best))
        return !best || consoles_has_words(console);
    return console->terminal == HOST_TERMINAL_SERIAL;
}

/* By name or by UUID, and the one that is found. */
struct console_wanted {
    const char           *name;     /* or NULL */
    const uint8_t        *uuid;     /* or NULL */
    int                   terminal; /* -1: any */
    const struct console *best;
};

static void
consoles_consider(struct console_wanted *wanted, const struct console *console)
{
    if (!console->is_kept || (wanted->uuid && !uuid_equal(console->uuid, wanted->uuid)) ||
        (wanted->name && strcmp(console->guest, wanted->name) != 0) ||
        (wanted->terminal >= 0 && (int)console->terminal != wanted->terminal))
        return;
    if (consoles_is_better(console, wanted->best))
        wanted->best = console;
}

/* Of a guest that is not in the table any more: it waits to be restored, or has ended; the last one
 * of a name. */
static void
consoles_search_gone(struct consoles *consoles, struct console_wanted *wanted)
{
    const struct console *console;

    for (size_t n = 0; n < CONSOLES_BUCKETS; n++)
        LIST_FOREACH (console, &consoles->buckets[n], link)
            if (console->state == CONSOLE_AWAITED)
                consoles_consider(wanted, console);
    if (wanted->best)
        return;
    TAILQ_FOREACH_REVERSE(console, &consoles->ended, console_queue, in_ended)
    {
        consoles_consider(wanted, console);
        if (wanted->best)
            wanted->uuid = wanted->best->uuid;
    }
}

static struct console *
consoles_search(struct consoles *consoles, const char *guest, int terminal, struct err *err)
{
    uint8_t               uuid[UUID_SIZE];
    const struct domain  *dom = domains_by_name(consoles->domains, guest);
    struct console_wanted wanted = {.terminal = terminal};
    const struct console *console;

    if (uuid_parse(guest, uuid))
        wanted.uuid = uuid;
    else
        wanted.name = guest;
    if (!dom && wanted.uuid)
        dom = domains_by_uuid(consoles->domains, uuid);
    if (!dom) {
        consoles_search_gone(consoles, &wanted);
    } else {
        wanted.name = NULL;
        LIST_FOREACH (console, consoles_bucket(consoles, dom->uuid), link)
            if (consoles_is_of(console, dom))
                consoles_consider(&wanted, console);
    }
    if (wanted.best)
        return (struct console *)(uintptr_t)wanted.best;
    if (!dom)
        err_set_libvirt(err, ERR_NO_DOMAIN, "no domain '%s' is known, nor one that ended lately",
                        guest);
    else if (terminal >= 0)
        err_set_libvirt(err, ERR_INVALID_ARG, "no output of a console %s of domain '%s' is kept",
                        console_alias((enum host_terminal)terminal), dom->name);
    else
        err_set_libvirt(err, ERR_OPERATION_INVALID, "no output of domain '%s' is kept%s", dom->name,
                        dom->owner == DOMAIN_OF_XL ? ": dom0d did not start it" : "");
    return NULL;
}

struct console_user *
console_listen(struct consoles *consoles, const char *guest, const char *alias, bool follow,
               const struct console_user_ops *ops, void *arg, struct err *err)
{
    enum host_terminal   terminal;
    struct console      *console;
    struct console_user *user;

    if (!consoles->limits->kept) {
        err_set_libvirt(err, ERR_OPERATION_INVALID,
                        "no output of consoles is kept: console_kept of dom0d.conf is 0");
        return NULL;
    }
    if (alias && console_find_alias(alias, &terminal) < 0) {
        err_set_libvirt(err, ERR_INVALID_ARG, "cannot find character device '%s' of domain '%s'",
                        alias, guest);
        return NULL;
    }
    console = consoles_search(consoles, guest, alias ? (int)terminal : -1, err);
    if (!console)
        return NULL;
    user = console_add_user(console, false, ops, arg);
    user->at = console->ring.begin;
    user->end = follow ? UINT64_MAX : console->ring.end;
    return user;
}
