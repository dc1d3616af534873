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
#include "memory.h"
#include "operation.h"
#include "wire/frame.h"
#include "wire/record.h"
#include "wire/worker-frame.h"
#include "worker.h"

/* How long an idle worker waits for its daemon. */
#define IDLE_USEC 10000000

/* One in reserve opens libxl so soon; one that was made for a task has heard of it by then. */
#define WARM_USEC 2000

/* A daemon that does not read gets no more progress beyond this. */
#define UNSENT_MAX 65536

struct worker {
    struct loop      *loop;
    char             *path;
    int               fd; /* -1: not listening */
    struct loop_io    listener;
    struct loop_timer idle;
    struct loop_timer warm;
    struct framed     daemon;
    bool              connected;
    bool              dismissed; /* nobody will ask how its operation has ended */

    struct memory_rules memory;

    struct xl  xl;     /* its loop and log.about are there before it is open too */
    struct err xl_err; /* why it is not open; code 0: it is, or nobody has tried */

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
worker_say(struct worker *w, const worker_report *report)
{
    cleanup_free void *frame = NULL;
    size_t             size;
    struct err         err;

    if (!w->connected)
        return;
    if (worker_report_encode(report, &frame, &size, &err) < 0) {
        log_about(LOG_LEVEL_ERROR, &w->xl.log.about, "a report cannot be sent: %s", err.message);
        return;
    }
    framed_send(&w->daemon, frame, size);
}

static void
worker_say_state(struct worker *w)
{
    worker_say(w, &(worker_report){
                      .type = WORKER_STATE,
                      .worker_report_u.state = {.pid = (int)getpid(),
                                                .start = w->start,
                                                .progress = w->progress},
                  });
}

static void
worker_say_identified(struct worker *w)
{
    worker_say(w, &(worker_report){.type = WORKER_IDENTIFIED,
                                   .worker_report_u.identified = w->identified});
}

static void
worker_say_progress(struct worker *w)
{
    if (w->connected && framed_unsent(&w->daemon) < UNSENT_MAX)
        worker_say(
            w, &(worker_report){.type = WORKER_PROGRESS, .worker_report_u.progress = w->progress});
}

static void
worker_say_done(struct worker *w)
{
    worker_say(w, &(worker_report){.type = WORKER_DONE, .worker_report_u.done = w->done});
}

static void
worker_say_said(struct worker *w)
{
    worker_say(w, &(worker_report){.type = WORKER_SAID, .worker_report_u.said.line = w->said});
}

/* It goes out at once: there may be no later. */
static void
worker_error_logged(void *arg, const char *reason)
{
    struct worker *w = arg;

    free(w->said);
    w->said = xstrndup(reason, WORKER_MESSAGE_MAX);
    worker_say_said(w);
}

/*----- the operation -----*/

static void
worker_forget_identified(struct worker *w)
{
    wire_body_free((xdrproc_t)xdr_worker_identified, &w->identified);
    w->identified = (worker_identified){0};
}

static void
worker_progressed(void *arg, const struct operation *op)
{
    struct worker *w = arg;

    w->progress = (worker_progress){
        .phase = op->phase, .processed = op->processed, .total = op->total, .domid = op->domid};
    worker_say_progress(w);
}

static void
worker_image_identified(void *arg, const struct operation *op, const struct domain_def *def,
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
    worker_say_identified(w);
}

static void
worker_log_outcome(const struct worker *w)
{
    const worker_error     *error = &w->done.error;
    const struct log_about *about = &w->xl.log.about;

    if (error->code)
        log_about(LOG_LEVEL_WARNING, about, "%s failed: %s", about->operation, error->message);
    else
        log_about(LOG_LEVEL_INFO, about, "%s done", about->operation);
}

static void
worker_end(struct worker *w)
{
    loop_stop(w->loop);
}

/* err: how it ended; code 0: well. */
static void
worker_finish(struct worker *w, const struct err *err, int domid, bool domain_left, const char *log)
{
    bool makes = task_traits(w->start.params.operation) & TASK_MAKES_DOMAIN;

    w->op = NULL;
    w->progress.phase = WORKER_FINISHED;
    worker_forget_identified(w);
    w->done = (worker_done){
        .error = {.code = err->code,
                  .detail = err->detail,
                  .message = xstrndup(err->message, WORKER_MESSAGE_MAX)},
        .domid = makes && !err->code ? domid : -1,
        .domain_left = domain_left,
        .log = xstrdup(log),
    };
    worker_log_outcome(w);
    worker_say_done(w);
    if (w->dismissed)
        worker_end(w);
}

static void
worker_operation_done(void *arg, const struct operation *op)
{
    const char *log = op->xl->log.text;

    worker_finish(arg, &op->err, op->domid, op->domain_left, log ? log : "");
}

static const struct operation_events operation_events = {
    .progress = worker_progressed,
    .identified = worker_image_identified,
    .done = worker_operation_done,
};

static void worker_lost_xl(void *arg, const char *reason);

static const struct xl_ops xl_ops = {.disaster = worker_lost_xl};

static int
worker_open_xl(struct worker *w)
{
    if (w->xl.ctx)
        return 0;
    if (w->xl_err.code)
        return -1;
    if (xl_open(&w->xl, w->loop, &xl_ops, w, &w->xl_err) < 0)
        return -1;
    w->xl.log.error = worker_error_logged;
    w->xl.log.arg = w;
    return 0;
}

/* A failure is the answer to START: there the daemon looks for it. */
static void
worker_warm_up(void *arg)
{
    struct worker *w = arg;

    (void)worker_open_xl(w);
}

static int
worker_begin_operation(struct worker *w, struct err *err)
{
    if (task_traits(w->start.params.operation) & TASK_NEEDS_XEN && w->xl_err.code) {
        *err = w->xl_err;
        return -1;
    }
    if (operation_start(&w->xl, &w->start, &operation_events, w, &w->op, err) < 0)
        return -1;
    w->op->memory = &w->memory;
    return 0;
}

/* *start is Taken. */
static void
worker_begin(struct worker *w, worker_start *start)
{
    worker_operation operation = start->params.operation;
    struct err       err;

    loop_timer_stop(&w->idle);
    loop_timer_stop(&w->warm);
    if (task_traits(operation) & TASK_NEEDS_XEN)
        (void)worker_open_xl(w);
    w->begun = true;
    w->start = *start;
    *start = (worker_start){0};
    w->progress = (worker_progress){.phase = WORKER_RUNNING, .domid = w->start.domid};
    w->xl.log.about = (struct log_about){
        .domain = *w->start.name ? w->start.name : NULL,
        .uuid = uuid_format((uint8_t *)w->start.uuid, w->uuid),
        .job = w->start.job,
        .operation = task_name(operation) ? task_name(operation) : "unknown",
    };
    log_about(LOG_LEVEL_DEBUG, &w->xl.log.about, "%s begins", w->xl.log.about.operation);
    if (worker_begin_operation(w, &err) < 0)
        worker_finish(w, &err, -1, task_traits(operation) & TASK_LEAVES_DOMAIN, "");
}

/* libxl's context is lost: what is in mid-operation cannot be undone from here. */
static void
worker_lost_xl(void *arg, const char *reason)
{
    struct worker *w = arg;

    if (!w->begun) {
        loop_stop(w->loop);
        return;
    }
    log_about(LOG_LEVEL_ERROR, &w->xl.log.about, "libxl gives up: %s", reason);
    worker_error_logged(w, reason);
    unlink(w->path);
    _exit(1);
}

/*----- what is heard -----*/

static void
worker_hear_start(struct worker *w, worker_start *start)
{
    if (w->begun) {
        log_about(LOG_LEVEL_WARNING, &w->xl.log.about, "a second operation is refused");
        return;
    }
    worker_begin(w, start);
}

static void
worker_hear_proceed(struct worker *w)
{
    worker_forget_identified(w);
    if (w->op)
        operation_proceed(w->op);
}

static void
worker_hear_refuse(struct worker *w, const worker_error *why)
{
    struct err err;

    err_set(&err, why->code ? (enum err_code)why->code : ERR_OPERATION_FAILED, "%s", why->message);
    err.detail = why->detail;
    worker_forget_identified(w);
    if (w->op)
        operation_refuse(w->op, &err);
}

static void
worker_hear_bye(struct worker *w)
{
    w->dismissed = true;
    if (w->op)
        log_about(LOG_LEVEL_WARNING, &w->xl.log.about,
                  "told to exit before the operation is done: going on with it");
    else
        worker_end(w);
}

static void
worker_hear(struct worker *w, worker_command *command)
{
    switch (command->type) {
    case WORKER_START:
        worker_hear_start(w, &command->worker_command_u.start);
        break;
    case WORKER_ABORT:
        if (w->op)
            operation_abort(w->op);
        break;
    case WORKER_PROCEED:
        worker_hear_proceed(w);
        break;
    case WORKER_REFUSE:
        worker_hear_refuse(w, &command->worker_command_u.refuse);
        break;
    case WORKER_BYE:
        worker_hear_bye(w);
        break;
    }
}

static int
worker_frame_size(const void *data, size_t size, size_t *frame_out, struct err *err)
{
    return wire_frame_size(data, size, frame_out, err);
}

/* The daemon went: by itself, or after a protocol error of its. */
static void
worker_daemon_closed(void *arg, const struct err *err)
{
    struct worker *w = arg;

    w->connected = false;
    if (err)
        log_about(LOG_LEVEL_WARNING, &w->xl.log.about, "the daemon's connection: %s", err->message);
    if (!w->begun)
        worker_end(w);
}

static void
worker_daemon_frame(void *arg, const void *data, size_t size)
{
    struct worker *w = arg;
    worker_command command = {0};
    struct err     err;

    if (worker_command_decode(data, size, &command, &err) < 0) {
        framed_close(&w->daemon);
        worker_daemon_closed(w, &err);
        return;
    }
    worker_hear(w, &command);
    wire_body_free((xdrproc_t)xdr_worker_command, &command);
}

static const struct framed_ops daemon_ops = {
    .size_of = worker_frame_size,
    .frame = worker_daemon_frame,
    .closed = worker_daemon_closed,
};

/*----- connections -----*/

/* The socket lies in a folder of root's; this is the second door. */
static bool
worker_peer_is_ours(int fd)
{
    struct ucred peer;
    socklen_t    size = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

/* What went before is told first. */
static void
worker_greet(struct worker *w)
{
    if (!w->begun)
        return;
    worker_say_state(w);
    if (w->said)
        worker_say_said(w);
    if (w->identified.xml)
        worker_say_identified(w);
    if (w->done.log)
        worker_say_done(w);
}

static void
worker_daemon_connects(void *arg)
{
    struct worker *w = arg;
    int            fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return;
    if (!worker_peer_is_ours(fd)) {
        close(fd);
        return;
    }
    loop_timer_stop(&w->idle);
    if (w->connected)
        framed_close(&w->daemon);
    framed_init(&w->daemon, w->loop, fd, &daemon_ops, w);
    w->connected = true;
    worker_greet(w);
}

static void
worker_nobody_came(void *arg)
{
    worker_end(arg);
}

/*----- its life -----*/

struct worker *
worker_new(struct loop *loop, int fd, const char *path, const char *autoballoon,
           uint64_t dom0_min_kib)
{
    struct worker *w = xcalloc(1, sizeof *w);
    struct err     err;

    w->loop = loop;
    w->fd = fd;
    w->path = xstrdup(path);
    w->memory = (struct memory_rules){.autoballoon = autoballoon,
                                      .dom0_min_kib = dom0_min_kib,
                                      .promise = xasprintf("%s" WORKER_PROMISE_SUFFIX, path)};
    w->progress.domid = -1;
    loop_io_init(&w->listener, loop, worker_daemon_connects, w);
    loop_timer_init(&w->idle, loop, worker_nobody_came, w);
    loop_timer_init(&w->warm, loop, worker_warm_up, w);
    w->xl = (struct xl){.loop = loop};
    loop_timer_start(&w->idle, IDLE_USEC);
    loop_timer_start(&w->warm, WARM_USEC);
    if (loop_io_start(&w->listener, fd, true, false, &err) < 0) {
        log_error("%s", err.message);
        loop_timer_start(&w->idle, 0);
    }
    return w;
}

void
worker_free(struct worker *w)
{
    if (!w)
        return;
    loop_io_stop(&w->listener);
    loop_timer_stop(&w->idle);
    loop_timer_stop(&w->warm);
    if (w->connected)
        framed_close(&w->daemon);
    unlink(w->path);
    close(w->fd);
    xl_close(&w->xl);
    worker_forget_identified(w);
    wire_body_free((xdrproc_t)xdr_worker_done, &w->done);
    wire_body_free((xdrproc_t)xdr_worker_start, &w->start);
    free(w->memory.promise);
    free(w->path);
    free(w->said);
    free(w);
}
