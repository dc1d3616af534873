/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle-console.c: consoles, as streams.
 *
 * What xenstore has not told of yet, because the guest was made a moment ago, it is asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "console/consoles.h"
#include "daemon.h"
#include "handlers.h"
#include "rpc/stream.h"

/* A client that ends its stream waits for the answer: what the guest has not read by then of what
 * it sent is dropped. */
#define LAST_INPUT_USEC 1000000u

/* A stream and the console behind it; goes with the first of them that goes. */
struct console_stream {
    struct stream       *stream;
    struct console_user *user;
    struct loop_timer    last_input;
};

/*----- of the console -----*/

static size_t
console_stream_output(void *arg, const void *data, size_t size)
{
    struct console_stream *cs = arg;

    return stream_send(cs->stream, data, size);
}

static void
console_stream_takes_input(void *arg)
{
    struct console_stream *cs = arg;

    stream_resume(cs->stream);
}

static void
console_stream_free(struct console_stream *cs)
{
    loop_timer_stop(&cs->last_input);
    free(cs);
}

static void
console_stream_ended(void *arg, const struct err *err)
{
    struct console_stream *cs = arg;

    if (err)
        stream_fail(cs->stream, err);
    else
        stream_end(cs->stream);
    console_stream_free(cs);
}

static const struct console_user_ops console_stream_user_ops = {
    .output = console_stream_output,
    .writable = console_stream_takes_input,
    .ended = console_stream_ended,
};

/*----- of the stream -----*/

static size_t
console_stream_input(void *arg, const void *data, size_t size)
{
    struct console_stream *cs = arg;

    return console_write(cs->user, data, size);
}

static void
console_stream_takes_output(void *arg)
{
    struct console_stream *cs = arg;

    console_resume(cs->user);
}

static void
console_stream_finishing(void *arg)
{
    struct console_stream *cs = arg;

    loop_timer_start(&cs->last_input, LAST_INPUT_USEC);
}

static void
console_stream_drop_input(void *arg)
{
    struct console_stream *cs = arg;

    stream_drop(cs->stream);
}

static void
console_stream_finish(void *arg)
{
    struct console_stream *cs = arg;

    console_close(cs->user);
    stream_close(cs->stream);
    console_stream_free(cs);
}

static void
console_stream_gone(void *arg)
{
    struct console_stream *cs = arg;

    console_close(cs->user);
    console_stream_free(cs);
}

static const struct stream_ops console_stream_ops = {
    .data = console_stream_input,
    .writable = console_stream_takes_output,
    .finishing = console_stream_finishing,
    .finish = console_stream_finish,
    .gone = console_stream_gone,
};

static struct console_stream *
console_stream_new(struct request *req)
{
    struct console_stream *cs = xcalloc(1, sizeof *cs);

    loop_timer_init(&cs->last_input, request_daemon(req)->loop, console_stream_drop_input, cs);
    return cs;
}

/* cs->user is there, or err says why not.  Answers req. */
static void
console_stream_answer(struct console_stream *cs, struct request *req, struct err *err)
{
    if (cs->user)
        cs->stream = stream_open(req, NULL, &console_stream_ops, cs, err);
    if (cs->stream)
        return;
    console_close(cs->user);
    console_stream_free(cs);
    request_fail(req, err);
}

/*----- open -----*/

/* A call whose console is not known yet. */
struct console_asking {
    struct request    *req;
    int                domid;
    uint8_t            uuid[UUID_SIZE];
    bool               is_named, force;
    enum host_terminal terminal;
};

static bool
console_is_known(const struct daemon *daemon, const struct domain *dom, enum host_terminal terminal)
{
    return host_domain_tty(daemon->host, (uint32_t)dom->run.domid, terminal);
}

static void
console_answer_open(struct request *req, const struct domain *dom, enum host_terminal terminal,
                    bool force)
{
    struct console_stream *cs = console_stream_new(req);
    struct err             err;

    cs->user = console_open(request_daemon(req)->consoles, dom, terminal, force,
                            &console_stream_user_ops, cs, &err);
    console_stream_answer(cs, req, &err);
}

static void
console_asked(void *arg, struct host_live *live, const struct err *err)
{
    cleanup_free struct console_asking *asking = arg;
    struct request                     *req = asking->req;
    const struct daemon                *daemon = request_daemon(req);
    const struct domain                *dom = domains_by_id(daemon->domains, asking->domid);
    enum host_terminal                  terminal = asking->terminal;

    (void)live;
    if (err || !request_conn(req)) {
        request_fail(req, err ? err : &(struct err){.code = ERR_OPERATION_ABORTED});
        return;
    }
    if (!dom || !uuid_equal(dom->uuid, asking->uuid)) {
        request_fail_libvirt(req, ERR_OPERATION_INVALID, "domain is not running");
        return;
    }
    /* An HVM guest without a serial port has Xen's own console. */
    if (!asking->is_named && !console_is_known(daemon, dom, terminal))
        terminal = HOST_TERMINAL_CONSOLE;
    console_answer_open(req, dom, terminal, asking->force);
}

static void
console_ask(struct request *req, const struct domain *dom, enum host_terminal terminal,
            bool is_named, bool force)
{
    struct console_asking *asking = xcalloc(1, sizeof *asking);

    asking->req = req;
    asking->domid = dom->run.domid;
    memcpy(asking->uuid, dom->uuid, sizeof asking->uuid);
    asking->is_named = is_named;
    asking->terminal = terminal;
    asking->force = force;
    host_domain_live(request_daemon(req)->host, (uint32_t)dom->run.domid, console_asked, asking);
}

static enum host_terminal
console_main(struct domain *dom)
{
    struct host_dominfo info;

    return domain_ask(dom, &info) && info.type == DOMAIN_HVM ? HOST_TERMINAL_SERIAL
                                                             : HOST_TERMINAL_CONSOLE;
}

void
handle_domain_open_console(struct request *req, struct domain *dom,
                           const remote_domain_open_console_args *args)
{
    const char        *alias = args->dev_name ? *args->dev_name : NULL;
    enum host_terminal terminal = console_main(dom);
    bool               force = args->flags & CONSOLE_FORCE;

    if (!domain_runs(dom))
        request_fail_libvirt(req, ERR_OPERATION_INVALID, "domain '%s' is not running", dom->name);
    else if (alias && console_find_alias(alias, &terminal) < 0)
        request_fail_libvirt(req, ERR_INVALID_ARG,
                             "cannot find character device '%s' of domain '%s'", alias, dom->name);
    else if (console_is_known(request_daemon(req), dom, terminal))
        console_answer_open(req, dom, terminal, force);
    else
        console_ask(req, dom, terminal, alias, force);
}

/*----- what is kept -----*/

void
handle_console_read(struct request *req, const dom0d_console_read_args *args)
{
    struct console_stream *cs = console_stream_new(req);
    struct err             err;

    cs->user = console_listen(
        request_daemon(req)->consoles, args->guest, args->device ? *args->device : NULL,
        args->flags & CONSOLE_READ_FOLLOW, &console_stream_user_ops, cs, &err);
    console_stream_answer(cs, req, &err);
}
