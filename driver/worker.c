/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* worker.c: see worker.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/uuid.h"
#include "eventloop/framed.h"
#include "operation.h"
#include "wire/frame.h"
#include "worker.h"

/* How long an idle worker waits for its daemon. */
#define IDLE_USEC 10000000

/* A daemon that does not read gets no more progress beyond this. */
#define UNSENT_MAX 65536

struct worker {
    struct loop      *loop;
    char             *path;
    int               fd; /* -1: not listening */
    struct loop_io    listener;
    struct loop_timer idle;
    struct framed     daemon;
    bool              connected;

    struct xl  xl;
    struct err xl_err; /* code 0: xl is open */

    bool              begun; /* else it is idle */
    worker_start      start;
    char              uuid[UUID_TEXT_SIZE];
    struct operation *op;         /* NULL: idle or finished */
    worker_identified identified; /* xml NULL: not waiting for an answer to it */
    worker_progress   progress;
    worker_done       done; /* log NULL: not finished */
    char             *said; /* the last error; NULL: none */
};

/*----- what is said -----*/

static void
say(struct worker *w, const worker_report *report)
{
    const struct wire_header header = {
        .program = WIRE_PROGRAM_WORKER, .version = WIRE_VERSION, .type = WIRE_MESSAGE};
    cleanup_free void *frame = NULL;
    size_t             size;
    struct err         err;

    if (!w->connected)
        return;
    if (wire_encode(&header, (xdrproc_t)xdr_worker_report, report, &frame, &size, &err) < 0) {
        log_about(LOG_LEVEL_ERROR, &w->xl.log.about, "a report cannot be sent: %s", err.message);
        return;
    }
    framed_send(&w->daemon, frame, size);
}

static void
say_state(struct worker *w)
{
    say(w, &(worker_report){
               .type = WORKER_STATE,
               .worker_report_u.state = {.pid = (int)getpid(),
                                         .start = w->start,
                                         .progress = w->progress},
           });
}

static void
say_identified(struct worker *w)
{
    say(w,
        &(worker_report){.type = WORKER_IDENTIFIED, .worker_report_u.identified = w->identified});
}

static void
say_progress(struct worker *w)
{
    if (w->connected && framed_unsent(&w->daemon) < UNSENT_MAX)
        say(w, &(worker_report){.type = WORKER_PROGRESS, .worker_report_u.progress = w->progress});
}

static void
say_done(struct worker *w)
{
    say(w, &(worker_report){.type = WORKER_DONE, .worker_report_u.done = w->done});
}

static void
say_said(struct worker *w)
{
    say(w, &(worker_report){.type = WORKER_SAID, .worker_report_u.said.line = w->said});
}

/* It goes out at once: there may be no later. */
static void
error_logged(void *arg, const char *reason)
{
    struct worker *w = arg;

    free(w->said);
    w->said = xstrndup(reason, WORKER_MESSAGE_MAX);
    say_said(w);
}

/*----- the operation -----*/

static void
forget_identified(struct worker *w)
{
    wire_body_free((xdrproc_t)xdr_worker_identified, &w->identified);
    w->identified = (worker_identified){0};
}

static void
operation_progressed(void *arg, const struct operation *op)
{
    struct worker *w = arg;

    w->progress = (worker_progress){
        .phase = op->phase, .processed = op->processed, .total = op->total, .domid = op->domid};
    say_progress(w);
}

static void
operation_identified(void *arg, const struct operation *op, const struct domain_def *def,
                     const char *xml)
{
    struct worker *w = arg;

    (void)op;
    /* From here on it is known whose operation this is. */
    free(w->start.name);
    w->start.name = xstrdup(def->name);
    memcpy(w->start.uuid, def->uuid, UUID_SIZE);
    w->xl.log.about.domain = w->start.name;
    uuid_format(def->uuid, w->uuid);
    w->identified = (worker_identified){.name = xstrdup(def->name), .xml = xstrdup(xml)};
    memcpy(w->identified.uuid, def->uuid, UUID_SIZE);
    say_identified(w);
}

static void
log_outcome(const struct worker *w)
{
    const worker_error *error = &w->done.error;

    if (error->code)
        log_about(LOG_LEVEL_WARNING, &w->xl.log.about, "%s failed: %s",
                  operation_name(w->start.operation), error->message);
    else
        log_about(LOG_LEVEL_INFO, &w->xl.log.about, "%s done", operation_name(w->start.operation));
}

/* err: how it ended; code 0: well. */
static void
finished(struct worker *w, const struct err *err, int domid, bool domain_left, const char *log)
{
    bool makes = w->start.operation == WORKER_CREATE || w->start.operation == WORKER_RESTORE;

    w->op = NULL;
    w->progress.phase = WORKER_FINISHED;
    forget_identified(w);
    w->done = (worker_done){
        .error = {.code = err->code,
                  .detail = err->detail,
                  .message = xstrndup(err->message, WORKER_MESSAGE_MAX)},
        .domid = makes && !err->code ? domid : -1,
        .domain_left = domain_left,
        .log = xstrdup(log),
    };
    log_outcome(w);
    say_done(w);
}

static void
operation_done(void *arg, const struct operation *op)
{
    finished(arg, &op->err, op->domid, op->domain_left, op->xl->log.text);
}

static const struct operation_events operation_events = {
    .progress = operation_progressed,
    .identified = operation_identified,
    .done = operation_done,
};

/* *start is Taken. */
static void
begin(struct worker *w, worker_start *start)
{
    struct err err = w->xl_err;

    loop_timer_stop(&w->idle);
    w->begun = true;
    w->start = *start;
    *start = (worker_start){0};
    w->progress = (worker_progress){.phase = WORKER_RUNNING, .domid = w->start.domid};
    w->xl.log.about = (struct log_about){
        .domain = *w->start.name ? w->start.name : NULL,
        .uuid = uuid_format((uint8_t *)w->start.uuid, w->uuid),
        .job = w->start.job,
        .operation = operation_name(w->start.operation),
    };
    log_about(LOG_LEVEL_DEBUG, &w->xl.log.about, "%s begins", w->xl.log.about.operation);
    if (err.code || operation_start(&w->xl, &w->start, &operation_events, w, &w->op, &err) < 0)
        finished(w, &err, -1, w->start.operation == WORKER_SAVE, "");
}

/* libxl's context is lost: what is in mid-operation cannot be undone from here. */
static void
disaster(void *arg, const char *reason)
{
    struct worker *w = arg;

    if (!w->begun) {
        loop_stop(w->loop);
        return;
    }
    log_about(LOG_LEVEL_ERROR, &w->xl.log.about, "libxl gives up: %s", reason);
    error_logged(w, reason);
    unlink(w->path);
    _exit(1);
}

static const struct xl_ops xl_ops = {.disaster = disaster};

/*----- what is heard -----*/

static void
end(struct worker *w)
{
    loop_stop(w->loop);
}

static void
heard_start(struct worker *w, worker_start *start)
{
    if (w->begun) {
        log_about(LOG_LEVEL_WARNING, &w->xl.log.about, "a second operation is refused");
        return;
    }
    begin(w, start);
}

static void
heard_proceed(struct worker *w)
{
    forget_identified(w);
    if (w->op)
        operation_proceed(w->op);
}

static void
heard_refuse(struct worker *w, const worker_error *why)
{
    struct err err;

    err_set(&err, why->code ? (enum err_code)why->code : ERR_OPERATION_FAILED, "%s", why->message);
    err.detail = why->detail;
    forget_identified(w);
    if (w->op)
        operation_refuse(w->op, &err);
}

static void
heard_bye(struct worker *w)
{
    if (w->op)
        log_about(LOG_LEVEL_WARNING, &w->xl.log.about, "the operation is not done: it goes on");
    else
        end(w);
}

static void
heard(struct worker *w, worker_command *command)
{
    switch (command->type) {
    case WORKER_START:
        heard_start(w, &command->worker_command_u.start);
        break;
    case WORKER_ABORT:
        if (w->op)
            operation_abort(w->op);
        break;
    case WORKER_PROCEED:
        heard_proceed(w);
        break;
    case WORKER_REFUSE:
        heard_refuse(w, &command->worker_command_u.refuse);
        break;
    case WORKER_BYE:
        heard_bye(w);
        break;
    }
}

static int
frame_size(const void *data, size_t size, size_t *frame_out, struct err *err)
{
    return wire_frame_size(data, size, frame_out, err);
}

static int
decode(const void *data, size_t size, worker_command *command, struct err *err)
{
    struct wire_header header;

    wire_header_decode(data, size, &header);
    if (header.program != WIRE_PROGRAM_WORKER || header.version != WIRE_VERSION ||
        header.type != WIRE_MESSAGE)
        return err_set(err, ERR_RPC, "this is no message to a worker");
    return wire_decode(data, size, (xdrproc_t)xdr_worker_command, command, err);
}

/* The daemon went: by itself, or because what it says makes no sense. */
static void
daemon_closed(void *arg, const struct err *err)
{
    struct worker *w = arg;

    w->connected = false;
    if (err)
        log_about(LOG_LEVEL_WARNING, &w->xl.log.about, "the daemon's connection: %s", err->message);
    if (!w->begun)
        end(w);
}

static void
daemon_frame(void *arg, const void *data, size_t size)
{
    struct worker *w = arg;
    worker_command command = {0};
    struct err     err;

    if (decode(data, size, &command, &err) < 0) {
        framed_close(&w->daemon);
        daemon_closed(w, &err);
        return;
    }
    heard(w, &command);
    wire_body_free((xdrproc_t)xdr_worker_command, &command);
}

static const struct framed_ops daemon_ops = {
    .size_of = frame_size,
    .frame = daemon_frame,
    .closed = daemon_closed,
};

/*----- connections -----*/

/* The socket lies in a folder of root's; this is the second door. */
static bool
is_ours(int fd)
{
    struct ucred peer;
    socklen_t    size = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

/* What went before is told first. */
static void
greet(struct worker *w)
{
    if (!w->begun)
        return;
    say_state(w);
    if (w->said)
        say_said(w);
    if (w->identified.xml)
        say_identified(w);
    if (w->done.log)
        say_done(w);
}

static void
daemon_connects(void *arg)
{
    struct worker *w = arg;
    int            fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return;
    if (!is_ours(fd)) {
        close(fd);
        return;
    }
    loop_timer_stop(&w->idle);
    if (w->connected)
        framed_close(&w->daemon);
    framed_init(&w->daemon, w->loop, fd, &daemon_ops, w);
    w->connected = true;
    greet(w);
}

static void
nobody_came(void *arg)
{
    end(arg);
}

/*----- its life -----*/

struct worker *
worker_new(struct loop *loop, int fd, const char *path)
{
    struct worker *w = xcalloc(1, sizeof *w);

    w->loop = loop;
    w->fd = fd;
    w->path = xstrdup(path);
    w->progress.domid = -1;
    loop_io_init(&w->listener, loop, daemon_connects, w);
    loop_timer_init(&w->idle, loop, nobody_came, w);
    /* A failure is the answer to START: there the daemon looks for it. */
    (void)xl_open(&w->xl, loop, &xl_ops, w, &w->xl_err);
    w->xl.log.error = error_logged;
    w->xl.log.arg = w;
    loop_io_start(&w->listener, fd, true, false);
    loop_timer_start(&w->idle, IDLE_USEC);
    return w;
}

void
worker_free(struct worker *w)
{
    if (!w)
        return;
    loop_io_stop(&w->listener);
    loop_timer_stop(&w->idle);
    if (w->connected)
        framed_close(&w->daemon);
    unlink(w->path);
    close(w->fd);
    xl_close(&w->xl);
    forget_identified(w);
    wire_body_free((xdrproc_t)xdr_worker_done, &w->done);
    wire_body_free((xdrproc_t)xdr_worker_start, &w->start);
    free(w->path);
    free(w->said);
    free(w);
}
