/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host-helper.c: the helper as the daemon sees it.  What it tells of names is kept, and answers at
 * once; what it is asked for has a limit of time.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/alloc.h"
#include "base/log.h"
#include "host-private.h"
#include "host-wire.h"

/* How often the helper is looked at while it is waited for. */
#define WATCH_USEC 1000000

/* A helper that dies again and again is started at once, then after 1 s, 2 s, ... */
#define RESTART_MIN_USEC 1000000
#define RESTART_MAX_USEC 30000000
#define LIVED_WELL_USEC 60000000

/*----- what it is told -----*/

static void
helper_send(struct host *host, const helper_command *command)
{
    if (host->helper)
        host_wire_send(&host->helper->framed, (xdrproc_t)xdr_helper_command, command);
}

/* Before something is waited for: the helper's silence so far says nothing. */
static void
helper_expect(struct host *host)
{
    if (loop_timer_is_active(&host->watch))
        return;
    host->heard_usec = loop_now_usec();
    loop_timer_start(&host->watch, WATCH_USEC);
}

static void
helper_send_call(struct host_call *call)
{
    helper_command command = {
        .type = call->kind == CALL_LIVE ? HELPER_LIVE : HELPER_REQUEST,
        .helper_command_u.question = {.id = call->id,
                                      .asked_usec = loop_now_usec(),
                                      .domid = call->domid,
                                      .what = (int)call->what},
    };

    helper_expect(call->host);
    if (!call->host->helper)
        return; /* it is sent when there is one */
    call->sent = true;
    helper_send(call->host, &command);
}

static struct host_call *
helper_call_start(struct host_call *call)
{
    struct err err;

    if (host_check(call->host, &err) < 0) {
        host_call_settle(NULL, call, &err);
        return call;
    }
    TAILQ_INSERT_TAIL(&call->host->helper_calls, call, link);
    helper_send_call(call);
    return call;
}

struct host_call *
host_request(struct host *host, enum host_request what, uint32_t domid, host_done_fn *done,
             void *arg)
{
    struct host_call *call = host_call_new(host, CALL_REQUEST, domid, arg);

    call->what = what;
    call->done.request = done;
    return helper_call_start(call);
}

struct host_call *
host_domain_live(struct host *host, uint32_t domid, host_live_fn *done, void *arg)
{
    struct host_call *call = host_call_new(host, CALL_LIVE, domid, arg);

    call->done.live = done;
    return helper_call_start(call);
}

static void
helper_send_abort(struct host_call *call)
{
    helper_send(call->host,
                &(helper_command){.type = HELPER_ABORT, .helper_command_u.abort_id = call->id});
}

void
host_helper_abort(struct host_call *call)
{
    struct err err;

    /* What was sent may be done already: that is for the helper to say. */
    if (call->sent && call->kind == CALL_REQUEST) {
        helper_send_abort(call);
        return;
    }
    err_set(&err, ERR_OPERATION_ABORTED, "aborted");
    host_call_settle(&call->host->helper_calls, call, &err);
}

/*----- its silence -----*/

static void
helper_fail_calls(struct host *host, bool only_sent, enum err_code code, const char *why)
{
    struct host_call *call, *next;

    for (call = TAILQ_FIRST(&host->helper_calls); call; call = next) {
        char       words[128];
        struct err err;

        next = TAILQ_NEXT(call, link);
        if (only_sent && !call->sent)
            continue;
        err_set(&err, code, "%s: %s", host_call_words(call, words), why);
        if (call->kind == CALL_REQUEST && call->sent)
            err_append(&err, " (it may still happen)");
        host_call_settle(&host->helper_calls, call, &err);
    }
}

/* What it has not begun yet, it will find aborted; what it has begun may still be done. */
static void
helper_is_silent(struct host *host)
{
    struct host_call *call;

    log_warning("xenstored does not answer: %s", host->helper
                                                     ? "the helper has said nothing for 10 s"
                                                     : "there is no helper that could ask it");
    TAILQ_FOREACH (call, &host->helper_calls, link)
        if (call->sent && call->kind == CALL_REQUEST)
            helper_send_abort(call);
    helper_fail_calls(host, false, ERR_OPERATION_TIMEOUT, "xenstored does not answer");
}

static void
helper_watch_due(void *arg)
{
    struct host *host = arg;

    if (loop_now_usec() - host->heard_usec >= HOST_LIMIT_USEC)
        helper_is_silent(host);
    if (TAILQ_EMPTY(&host->helper_calls))
        return;
    if (!host->probed && host->helper) {
        host->probed = true;
        helper_send(host, &(helper_command){.type = HELPER_PROBE});
    }
    loop_timer_start(&host->watch, WATCH_USEC);
}

/*----- what it says -----*/

static struct host_call *
helper_find_call(struct host *host, uint64_t id)
{
    struct host_call *call;

    TAILQ_FOREACH (call, &host->helper_calls, link)
        if (call->id == id)
            return call;
    return NULL; /* its limit is over */
}

static void
helper_take_name(struct host *host, const helper_name *told)
{
    struct domain_name *entry = domain_names_find(&host->names, told->domid);
    cleanup_free char  *before = entry ? xstrdup(entry->name) : NULL;

    if (!entry)
        entry = domain_names_add(&host->names, told->domid);
    entry->pass = host->names.pass;
    domain_name_set(entry, told->name, told->is_pvh);
    if (!host->opening && entry->name && (!before || strcmp(before, entry->name) != 0))
        host->events->renamed(host->arg, told->domid);
}

static void
helper_take_terminal(struct host *host, const helper_terminal *told)
{
    struct domain_name *entry = domain_names_find(&host->names, told->domid);

    if (!entry || told->terminal >= HOST_TERMINALS)
        return;
    (void)domain_name_set_tty(entry, (enum host_terminal)told->terminal, told->tty);
    if (!host->opening)
        host->events->terminal(host->arg, told->domid, (enum host_terminal)told->terminal);
}

static void
helper_take_gone(struct host *host, uint32_t domid)
{
    struct domain_name *entry = domain_names_find(&host->names, domid);

    if (entry)
        domain_names_remove(entry);
}

/* Those that an earlier helper told of and this one did not have gone. */
static void
helper_take_listed(struct host *host)
{
    host->listed = true;
    domain_names_sweep(&host->names, NULL, NULL);
    if (!host->opening)
        host->events->changed(host->arg); /* may free host: must be last */
}

static void
helper_take_done(struct host *host, const helper_done *done)
{
    struct host_call *call = helper_find_call(host, done->id);
    struct err        err;

    if (!call)
        return;
    if (done->error.code)
        host_wire_err(&done->error, &err);
    host_call_fail(&host->helper_calls, call, done->error.code ? &err : NULL);
}

static void
helper_take_live(struct host *host, const helper_live *told)
{
    struct host_call   *call = helper_find_call(host, told->id);
    size_t              count = told->interfaces.interfaces_len;
    cleanup_free char **names = xcalloc(count + 1, sizeof *names);
    struct host_live    live;
    host_live_fn       *done;
    void               *arg;

    if (!call)
        return;
    for (size_t n = 0; n < count; n++)
        names[n] = told->interfaces.interfaces_val[n].name;
    live = (struct host_live){
        .live = {.domid = (int)call->domid,
                 .console_tty = *told->console_tty ? told->console_tty : NULL,
                 .interface_names = (const char *const *)names,
                 .n_interface_names = count,
                 .vnc_port = told->vnc_port},
        .console_tty = told->console_tty,
        .interface_names = names,
    };
    done = call->done.live;
    arg = call->arg;
    TAILQ_REMOVE(&host->helper_calls, call, link);
    free(call);
    done(arg, &live, NULL);
}

static void
helper_take_report(struct host *host, const helper_report *report)
{
    host->heard_usec = loop_now_usec();
    switch (report->type) {
    case HELPER_NAME:
        helper_take_name(host, &report->helper_report_u.name);
        break;
    case HELPER_GONE:
        helper_take_gone(host, report->helper_report_u.domid);
        break;
    case HELPER_LISTED:
        helper_take_listed(host);
        break;
    case HELPER_CHANGED:
        host->events->changed(host->arg);
        break;
    case HELPER_DONE:
        helper_take_done(host, &report->helper_report_u.done);
        break;
    case HELPER_LIVE_READ:
        helper_take_live(host, &report->helper_report_u.live);
        break;
    case HELPER_MODEL:
        if (!host->opening)
            host->events->model(host->arg, report->helper_report_u.model.domid,
                                report->helper_report_u.model.lives);
        break;
    case HELPER_TERMINAL:
        helper_take_terminal(host, &report->helper_report_u.terminal);
        break;
    case HELPER_BEGUN:
        break;
    case HELPER_ALIVE:
        host->probed = false;
        break;
    case HELPER_LOST:
        host_lost(host, (enum err_code)report->helper_report_u.lost.code,
                  report->helper_report_u.lost.message);
        break;
    }
}

/*----- its process -----*/

static const struct framed_ops helper_framed_ops;

/* The calls that it had are answered; whoever lists the domains may do so again when it is back. */
static void
helper_died(struct host *host)
{
    uint64_t lived_usec = loop_now_usec() - host->started_usec;

    host_process_end(take_ptr(host->helper));
    host->probed = false;
    if (host->lost)
        return;
    log_error("the helper that asks xenstored has ended; it is started again");
    helper_fail_calls(host, true, ERR_OPERATION_FAILED, "the helper that asks xenstored has ended");
    if (lived_usec >= LIVED_WELL_USEC)
        host->restart_delay_usec = 0;
    loop_timer_start(&host->restart, host->restart_delay_usec);
    if (host->restart_delay_usec < RESTART_MIN_USEC)
        host->restart_delay_usec = RESTART_MIN_USEC;
    else if (host->restart_delay_usec < RESTART_MAX_USEC)
        host->restart_delay_usec *= 2;
}

static int
helper_start(struct host *host, struct err *err)
{
    host->names.pass++;
    host->listed = false;
    host->started_usec = loop_now_usec();
    host->helper = host_process_new(host, "--host", &helper_framed_ops, host, err);
    return host->helper ? 0 : -1;
}

static void
helper_restart(void *arg)
{
    struct host      *host = arg;
    struct host_call *call;
    struct err        err;

    if (helper_start(host, &err) < 0) {
        log_error("%s", err.message);
        helper_died(host);
        return;
    }
    TAILQ_FOREACH (call, &host->helper_calls, link)
        helper_send_call(call);
}

static void
helper_closed(void *arg, const struct err *err)
{
    if (err)
        log_error("the helper: protocol error: %s", err->message);
    helper_died(arg);
}

static void
helper_frame(void *arg, const void *data, size_t size)
{
    struct host  *host = arg;
    helper_report report = {0};
    struct err    err;

    if (host_wire_decode(data, size, (xdrproc_t)xdr_helper_report, &report, &err) < 0) {
        helper_closed(host, &err);
        return;
    }
    /* An event may free the host: the report is freed without it. */
    helper_take_report(host, &report);
    wire_body_free((xdrproc_t)xdr_helper_report, &report);
}

static const struct framed_ops helper_framed_ops = {
    .size_of = host_wire_size_of,
    .frame = helper_frame,
    .closed = helper_closed,
};

/*----- the first list -----*/

/* Reads size bytes before end.  Returns 1, 0: the time is over before the first of them, -1:
 * broken.
 */
static int
helper_receive(int fd, void *data, size_t size, uint64_t end)
{
    size_t have = 0;

    while (have < size) {
        uint64_t       now = loop_now_usec(), left = now < end ? end - now : 0;
        struct timeval wait = {(time_t)(left / 1000000), (suseconds_t)(left % 1000000)};
        ssize_t        n;

        if (!left || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) < 0)
            return have ? -1 : 0;
        n = recv(fd, (char *)data + have, size - have, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            return -1;
        have += n > 0 ? (size_t)n : 0;
    }
    return 1;
}

static int
helper_receive_frame(struct host *host, uint64_t end)
{
    int                fd = host->helper->framed.fd;
    unsigned char      start[4];
    cleanup_free char *frame = NULL;
    size_t             size = 0;
    struct err         err;
    int                r = helper_receive(fd, start, sizeof start, end);

    if (r <= 0)
        return r;
    if (wire_frame_size(start, sizeof start, &size, &err) < 0)
        return -1;
    frame = xmalloc(size);
    memcpy(frame, start, sizeof start);
    /* It has begun: the rest is under way. */
    r = helper_receive(fd, frame + sizeof start, size - sizeof start, end + HOST_OPEN_USEC);
    if (r <= 0)
        return -1; /* half a frame: nothing can be made of what follows */
    helper_frame(host, frame, size);
    return host->helper ? 1 : -1;
}

/* The socket waits, this once, until the list is there. */
static int
helper_await_list(struct host *host, struct err *err)
{
    uint64_t end = loop_now_usec() + HOST_OPEN_USEC;
    int      fd = host->helper->framed.fd, r = 1;

    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    while (r > 0 && !host->listed && !host->lost)
        r = helper_receive_frame(host, end);
    if (host->lost)
        return err_set(err, host->lost_code, "%s", host->lost);
    if (r < 0)
        return err_set(err, ERR_SYSTEM, "the helper %s --host has ended at once",
                       host->worker_path);
    if (r == 0)
        log_warning("xenstored does not answer: the names of the domains are not known yet");
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return 0;
}

/*----- open and close -----*/

int
host_helper_open(struct host *host, struct err *err)
{
    int r;

    TAILQ_INIT(&host->helper_calls);
    loop_timer_init(&host->watch, host->loop, helper_watch_due, host);
    loop_timer_init(&host->restart, host->loop, helper_restart, host);
    if (helper_start(host, err) < 0)
        return -1;
    host->opening = true;
    r = helper_await_list(host, err);
    host->opening = false;
    return r;
}

void
host_helper_close(struct host *host)
{
    struct host_call *call;
    struct err        err;

    loop_timer_stop(&host->watch);
    loop_timer_stop(&host->restart);
    err_set(&err, ERR_OPERATION_ABORTED, "aborted: the connection to Xen is closed");
    while ((call = TAILQ_FIRST(&host->helper_calls)))
        host_call_fail(&host->helper_calls, call, &err);
    host_process_end(take_ptr(host->helper));
    domain_names_clear(&host->names);
}

const struct domain_name *
host_helper_known(struct host *host, uint32_t domid)
{
    struct domain_name *entry = domain_names_find(&host->names, domid);

    if (!entry) {
        entry = domain_names_add(&host->names, domid);
        helper_send(host, &(helper_command){.type = HELPER_WATCH, .helper_command_u.domid = domid});
    }
    return entry;
}
