/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A worker is a process with a listening socket at RUN_DIR/jobs/ID, which the daemon made and is
 * connected to.  The socket is what lets a worker outlive its daemon: whoever comes next connects
 * to it.  ID.job beside it is the record of its task.
 *
 *   Idle --pool_run--> Busy --ended()--> Leaving --its exit--> freed
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/spawn.h"
#include "eventloop/framed.h"
#include "eventloop/loop.h"
#include "pool.h"
#include "process.h"
#include "wire/frame.h"
#include "wire/record.h"
#include "wire/task.h"
#include "wire/worker-frame.h"

/* What is killed goes at once, unless it waits in the kernel, as for a dead mount: then it goes
 * when that lets it, and does nothing more but end the system call that it is in. */
#define KILL_USEC 500000

struct pool_worker {
    struct pool      *pool;
    char              socket_path[108];
    char             *record_path; /* NULL: no task was given, or its end is dealt with */
    pid_t             pid;         /* -1: not known yet, of an adopted one */
    uint64_t          pid_started; /* clock ticks since boot; 0: not known */
    unsigned          version;     /* of worker.x, that it speaks */
    bool              adopted;     /* no child of ours */
    struct loop_child child;
    struct loop_timer killed; /* it was, and has not gone yet */
    struct framed     framed;
    bool              leaving; /* it has said how its task ended */
    bool              exited;
    int               status;          /* wait's, when exited */
    char             *said;            /* its last error; NULL: none */
    const struct pool_worker_ops *ops; /* NULL: Idle, or Leaving */
    void                         *arg;
    TAILQ_ENTRY(pool_worker) link;
};

/* What one worker takes from the host, kept for a guest that is to be destroyed when nothing is
 * left: an inode of run_dir, and descriptors. */
#define POOL_SPARE_FDS 6

struct pool_spare {
    char socket_path[108];
    int  listen_fd; /* -1: there is none */
    int  fds[POOL_SPARE_FDS];
};

struct pool {
    struct loop             *loop;
    const struct job_limits *limits;
    TAILQ_HEAD(pool_worker_list, pool_worker) idle;
    struct pool_worker_list busy;
    struct pool_worker_list leaving;
    struct loop_defer       fill;
    struct pool_spare       spare;
};

/*----- the process -----*/

static int
pool_listen(const char *path, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    cleanup_close int  fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 4) < 0)
        return err_set_errno(err, errno, "cannot listen at %s", path);
    return take_fd(fd);
}

/* The socket listens already, so this cannot wait: the kernel queues us. */
static int
pool_connect(const char *path, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    cleanup_close int  fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return err_set_errno(err, errno, "cannot connect to %s", path);
    return take_fd(fd);
}

static int
pool_spawn(struct pool_worker *w, int listen_fd, struct err *err)
{
    const struct job_limits *limits = w->pool->limits;
    char                     level[4], dom0_min[24];
    const char *const        argv[] = {limits->worker_path, w->socket_path, level,
                                       limits->autoballoon, dom0_min,       NULL};

    snprintf(level, sizeof level, "%d", (int)log_get_level());
    snprintf(dom0_min, sizeof dom0_min, "%zu", limits->dom0_min_bytes / 1024);
    return spawn_program(argv, listen_fd, &w->pid, err);
}

/*----- the end of one -----*/

/* With what it told the others of memory, where it died with that. */
static void
pool_remove_socket(const char *path)
{
    cleanup_free char *promise_path = xasprintf("%s" WORKER_PROMISE_SUFFIX, path);

    unlink(promise_path);
    unlink(path);
}

static void
pool_worker_free(struct pool_worker *w)
{
    framed_close(&w->framed);
    loop_child_stop(&w->child);
    loop_timer_stop(&w->killed);
    if (w->socket_path[0])
        pool_remove_socket(w->socket_path);
    free(w->record_path);
    free(w->said);
    free(w);
}

/* Its end is dealt with: nobody need know of the task any more. */
static void
pool_worker_forget_record(struct pool_worker *w)
{
    if (w->record_path)
        unlink(w->record_path);
    free(take_ptr(w->record_path));
}

static void
pool_worker_say_death(const struct pool_worker *w, struct err *err)
{
    if (w->adopted)
        err_set(err, ERR_INTERNAL, "the worker has gone");
    else if (WIFSIGNALED(w->status))
        err_set(err, ERR_INTERNAL, "the worker was killed by signal %d (%s)", WTERMSIG(w->status),
                strsignal(WTERMSIG(w->status)));
    else
        err_set(err, ERR_INTERNAL, "the worker ended early with status %d", WEXITSTATUS(w->status));
    if (w->said)
        err_append(err, " after the error '%s'", w->said);
}

/* The end of its task is dealt with; what it says from here on is not heard. */
static void
pool_worker_leaves(struct pool_worker *w)
{
    TAILQ_REMOVE(&w->pool->busy, w, link);
    TAILQ_INSERT_TAIL(&w->pool->leaving, w, link);
    w->leaving = true;
    w->ops = NULL;
}

/* It is killed, and its task is as if it were dead. */
static void
pool_worker_hangs_in_kernel(void *arg)
{
    struct pool_worker           *w = arg;
    const struct pool_worker_ops *ops = w->ops;
    struct err                    err;

    if (!ops)
        return;
    err_set(&err, ERR_INTERNAL, "the worker was killed, but hangs in a system call");
    log_warning("worker %d was killed, but hangs in a system call", (int)w->pid);
    pool_worker_leaves(w);
    ops->ended(w->arg, NULL, &err);
    pool_worker_forget_record(w);
}

static struct pool_worker_list *
pool_worker_list_of(struct pool_worker *w)
{
    if (w->leaving)
        return &w->pool->leaving;
    return w->ops ? &w->pool->busy : &w->pool->idle;
}

/* Process and connection are both gone. */
static void
pool_worker_gone(struct pool_worker *w)
{
    struct err err;

    pool_worker_say_death(w, &err);
    TAILQ_REMOVE(pool_worker_list_of(w), w, link);
    if (w->ops) {
        /* libxl's helpers and scripts that it left behind. */
        process_kill_session(w->pid, w->pid_started);
        w->ops->ended(w->arg, NULL, &err);
        pool_worker_forget_record(w);
    } else if (!w->leaving)
        log_warning("an idle worker is gone: %s", err.message);
    pool_worker_free(w);
}

static void
pool_worker_exited(void *arg, int status)
{
    struct pool_worker *w = arg;

    w->exited = true;
    w->status = status;
    /* What it said last may still be in the socket; the end of that comes too. */
    if (w->framed.fd < 0)
        pool_worker_gone(w);
}

/*----- what it says -----*/

static void
pool_worker_send(struct pool_worker *w, const worker_command *command)
{
    void      *frame;
    size_t     size;
    struct err err;

    if (worker_command_encode(w->version, command, &frame, &size, &err) < 0) {
        log_error("cannot tell a worker what to do: %s", err.message);
        pool_worker_kill(w);
        return;
    }
    framed_send(&w->framed, frame, size);
    free(frame);
}

/* The end of its task is dealt with; it may go. */
static void
pool_worker_let_go(struct pool_worker *w)
{
    pool_worker_forget_record(w);
    pool_worker_send(w, &(worker_command){.type = WORKER_BYE});
    framed_close_when_drained(&w->framed);
}

static void
pool_worker_done(struct pool_worker *w, const worker_done *done)
{
    const struct pool_worker_ops *ops = w->ops;

    pool_worker_leaves(w);
    ops->ended(w->arg, done, NULL);
    pool_worker_let_go(w);
}

/* An adopted one introduces itself. */
static void
pool_worker_state(struct pool_worker *w, const worker_state *state)
{
    if (w->adopted && w->pid < 0) {
        w->pid = state->pid;
        w->pid_started = process_started(w->pid);
    }
    w->ops->progress(w->arg, &state->progress);
}

static void
pool_worker_said(struct pool_worker *w, const worker_said *said)
{
    free(w->said);
    w->said = xstrdup(said->line);
}

static void
pool_worker_frame(void *arg, const void *data, size_t size)
{
    struct pool_worker *w = arg;
    worker_report       report = {.type = 0};
    struct err          err;

    if (worker_report_decode(data, size, &report, &err) < 0) {
        log_error("protocol error of a worker: %s", err.message);
        pool_worker_kill(w);
        return;
    }
    if (w->ops && report.type == WORKER_STATE)
        pool_worker_state(w, &report.worker_report_u.state);
    else if (w->ops && report.type == WORKER_PROGRESS)
        w->ops->progress(w->arg, &report.worker_report_u.progress);
    else if (w->ops && report.type == WORKER_IDENTIFIED)
        w->ops->identified(w->arg, &report.worker_report_u.identified);
    else if (report.type == WORKER_SAID)
        pool_worker_said(w, &report.worker_report_u.said);
    else if (w->ops && report.type == WORKER_DONE)
        pool_worker_done(w, &report.worker_report_u.done);
    wire_body_free((xdrproc_t)xdr_worker_report, &report);
}

/* A worker that closes its connection and lives on is of no use. */
static void
pool_worker_closed(void *arg, const struct err *err)
{
    struct pool_worker *w = arg;

    if (err)
        log_error("protocol error of a worker: %s", err->message);
    if (!w->leaving)
        pool_worker_kill(w);
    if (w->exited || w->adopted)
        pool_worker_gone(w);
}

static const struct framed_ops pool_worker_framed_ops = {
    .size_of = wire_frame_size,
    .frame = pool_worker_frame,
    .closed = pool_worker_closed,
};

/*----- the pool -----*/

static void
pool_make_socket_path(const struct pool *pool, char path_out[108])
{
    uint64_t id;

    if (getrandom(&id, sizeof id, 0) != sizeof id)
        id = loop_now_usec();
    snprintf(path_out, 108, "%s/jobs/%016" PRIx64, pool->limits->run_dir, id);
}

/* At this socket, which is unlinked with it. */
static struct pool_worker *
pool_worker_start(struct pool *pool, const char *socket_path, int listen_fd, struct err *err)
{
    struct pool_worker *w = xcalloc(1, sizeof *w);
    cleanup_close int   fd = -1;

    w->pool = pool;
    w->version = WORKER_VERSION;
    w->framed.fd = -1;
    loop_child_init(&w->child, pool->loop, pool_worker_exited, w);
    loop_timer_init(&w->killed, pool->loop, pool_worker_hangs_in_kernel, w);
    snprintf(w->socket_path, sizeof w->socket_path, "%s", socket_path);
    if (listen_fd >= 0)
        fd = pool_connect(w->socket_path, err);
    if (fd < 0 || pool_spawn(w, listen_fd, err) < 0) {
        pool_worker_free(w);
        return NULL;
    }
    w->pid_started = process_started(w->pid);
    loop_child_start(&w->child, w->pid);
    framed_init(&w->framed, pool->loop, take_fd(fd), &pool_worker_framed_ops, w);
    TAILQ_INSERT_TAIL(&pool->idle, w, link);
    return w;
}

static struct pool_worker *
pool_worker_new(struct pool *pool, struct err *err)
{
    char              path[108];
    cleanup_close int listen_fd = -1;

    pool_make_socket_path(pool, path);
    listen_fd = pool_listen(path, err);
    return pool_worker_start(pool, path, listen_fd, err);
}

/*----- when nothing is left -----*/

static void
pool_spare_init(struct pool_spare *spare)
{
    spare->listen_fd = -1;
    for (size_t n = 0; n < POOL_SPARE_FDS; n++)
        spare->fds[n] = -1;
}

/* As much of it as can be had. */
static void
pool_spare_fill(struct pool *pool)
{
    struct pool_spare *spare = &pool->spare;
    struct err         err;

    if (spare->listen_fd < 0) {
        pool_make_socket_path(pool, spare->socket_path);
        spare->listen_fd = pool_listen(spare->socket_path, &err);
    }
    for (size_t n = 0; n < POOL_SPARE_FDS; n++)
        if (spare->fds[n] < 0)
            spare->fds[n] = open("/", O_PATH | O_CLOEXEC);
}

static void
pool_spare_close_fds(struct pool_spare *spare)
{
    for (size_t n = 0; n < POOL_SPARE_FDS; n++)
        if (spare->fds[n] >= 0)
            close(take_fd(spare->fds[n]));
}

static void
pool_spare_free(struct pool_spare *spare)
{
    pool_spare_close_fds(spare);
    if (spare->listen_fd < 0)
        return;
    close(take_fd(spare->listen_fd));
    unlink(spare->socket_path);
}

/* The next turn of the loop fills it again, before anybody else has been served. */
static struct pool_worker *
pool_worker_from_spare(struct pool *pool, struct err *err)
{
    struct pool_spare *spare = &pool->spare;
    cleanup_close int  listen_fd = take_fd(spare->listen_fd);

    pool_fill(pool);
    pool_spare_close_fds(spare);
    return listen_fd >= 0 ? pool_worker_start(pool, spare->socket_path, listen_fd, err)
                          : pool_worker_new(pool, err);
}

/*----- those in reserve -----*/

static unsigned
pool_count_idle(const struct pool *pool)
{
    struct pool_worker *w;
    unsigned            n = 0;

    TAILQ_FOREACH (w, &pool->idle, link)
        n++;
    return n;
}

/* One at a turn, so that clients have theirs in between. */
static void
pool_fill_one(void *arg)
{
    struct pool *pool = arg;
    struct err   err;

    pool_spare_fill(pool);
    if (pool_count_idle(pool) >= pool->limits->workers_idle)
        return;
    if (!pool_worker_new(pool, &err))
        log_error("no worker in reserve: %s", err.message);
    else
        loop_defer_start(&pool->fill);
}

static bool
pool_is_unrecorded_socket(const char *path)
{
    cleanup_free char *record_path = xasprintf("%s" WORKER_RECORD_SUFFIX, path);
    struct stat        st;

    return lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && access(record_path, F_OK) != 0;
}

/* fd is Taken. */
static struct pool_worker *
pool_worker_adopt(struct pool *pool, const char *socket_path, int fd)
{
    struct pool_worker *w = xcalloc(1, sizeof *w);

    w->pool = pool;
    w->pid = -1;
    w->version = WORKER_VERSION;
    w->adopted = true;
    snprintf(w->socket_path, sizeof w->socket_path, "%s", socket_path);
    loop_child_init(&w->child, pool->loop, pool_worker_exited, w);
    loop_timer_init(&w->killed, pool->loop, pool_worker_hangs_in_kernel, w);
    framed_init(&w->framed, pool->loop, fd, &pool_worker_framed_ops, w);
    TAILQ_INSERT_TAIL(&pool->busy, w, link);
    return w;
}

/* Nobody knows what it does, for an earlier daemon had no room for a record: it goes when it has
 * done it.  One that was idle goes by itself. */
static void
pool_dismiss_unrecorded(struct pool *pool, const char *path)
{
    struct err err;
    int        fd = pool_connect(path, &err);

    if (fd >= 0)
        pool_worker_dismiss(pool_worker_adopt(pool, path, fd));
    else if (err.detail == ECONNREFUSED)
        pool_remove_socket(path);
}

/* An earlier daemon was killed between making a socket and starting the worker for it, or both
 * were; or the worker has no record. */
static void
pool_clear_sockets(struct pool *pool)
{
    cleanup_free char  *folder = xasprintf("%s/jobs", pool->limits->run_dir);
    size_t              count;
    cleanup_free char **paths = records_find(folder, "", &count);

    for (size_t n = 0; n < count; n++) {
        if (pool_is_unrecorded_socket(paths[n]))
            pool_dismiss_unrecorded(pool, paths[n]);
        free(paths[n]);
    }
}

struct pool *
pool_new(struct loop *loop, const struct job_limits *limits)
{
    struct pool *pool = xcalloc(1, sizeof *pool);

    pool->loop = loop;
    pool->limits = limits;
    TAILQ_INIT(&pool->idle);
    TAILQ_INIT(&pool->busy);
    TAILQ_INIT(&pool->leaving);
    pool_clear_sockets(pool);
    loop_defer_init(&pool->fill, pool->loop, pool_fill_one, pool);
    pool_spare_init(&pool->spare);
    return pool;
}

void
pool_fill(struct pool *pool)
{
    loop_defer_start(&pool->fill);
}

static void
pool_free_all(struct pool_worker_list *list)
{
    struct pool_worker *w;

    while ((w = TAILQ_FIRST(list))) {
        TAILQ_REMOVE(list, w, link);
        pool_worker_free(w);
    }
}

void
pool_free(struct pool *pool)
{
    struct pool_worker *w;

    if (!pool)
        return;
    loop_defer_stop(&pool->fill);
    pool_spare_free(&pool->spare);
    pool_free_all(&pool->idle);
    pool_free_all(&pool->leaving);
    TAILQ_FOREACH (w, &pool->busy, link)
        w->socket_path[0] = '\0'; /* it goes on, and the socket is how it is found */
    pool_free_all(&pool->busy);
    free(pool);
}

/* With what only we know. */
static int
pool_worker_write_record(const struct pool_worker *w, const task_record *record, struct err *err)
{
    task_record whole = *record;

    whole.protocol = w->version;
    whole.pid = w->pid > 0 ? (int)w->pid : 0;
    whole.pid_started = w->pid_started;
    return record_write(w->record_path, (xdrproc_t)xdr_task_record, &whole, err);
}

struct pool_worker *
pool_run(struct pool *pool, const task_record *record, bool unrecorded,
         const struct pool_worker_ops *ops, void *arg, struct err *err)
{
    struct pool_worker *w = TAILQ_FIRST(&pool->idle);

    if (!w)
        w = pool_worker_new(pool, err);
    if (!w && unrecorded)
        w = pool_worker_from_spare(pool, err);
    if (!w)
        return NULL;
    w->record_path = xasprintf("%s" WORKER_RECORD_SUFFIX, w->socket_path);
    if (pool_worker_write_record(w, record, err) < 0) {
        free(take_ptr(w->record_path));
        if (!unrecorded)
            return NULL;
        log_warning("job %" PRIu64 " goes on without a record: %s", (uint64_t)record->task.job,
                    err->message);
    }
    TAILQ_REMOVE(&pool->idle, w, link);
    TAILQ_INSERT_TAIL(&pool->busy, w, link);
    w->ops = ops;
    w->arg = arg;
    pool_worker_send(
        w, &(worker_command){.type = WORKER_START, .worker_command_u.start = record->task});
    pool_fill(pool);
    return w;
}

int
pool_worker_update_record(struct pool_worker *worker, const task_record *record, struct err *err)
{
    return worker->record_path ? pool_worker_write_record(worker, record, err) : 0;
}

bool
pool_worker_is_recorded(const struct pool_worker *worker)
{
    return worker->record_path;
}

char *
pool_worker_take_record(struct pool_worker *worker)
{
    return take_ptr(worker->record_path);
}

void
pool_worker_proceed(struct pool_worker *worker)
{
    pool_worker_send(worker, &(worker_command){.type = WORKER_PROCEED});
}

void
pool_worker_refuse(struct pool_worker *worker, const struct err *why)
{
    worker_command command = {.type = WORKER_REFUSE};

    command.worker_command_u.refuse = (worker_error){
        .code = (int)why->code, .detail = why->detail, .message = (char *)(uintptr_t)why->message};
    pool_worker_send(worker, &command);
}

void
pool_worker_abort(struct pool_worker *worker)
{
    pool_worker_send(worker, &(worker_command){.type = WORKER_ABORT});
}

void
pool_worker_kill(struct pool_worker *worker)
{
    if (worker->exited || worker->pid <= 0)
        return;
    process_kill_session(worker->pid, worker->pid_started);
    if (!loop_timer_is_active(&worker->killed))
        loop_timer_start(&worker->killed, KILL_USEC);
}

/*----- after a restart of the daemon -----*/

void
pool_worker_own(struct pool_worker *worker, const struct pool_worker_ops *ops, void *arg)
{
    worker->ops = ops;
    worker->arg = arg;
}

static char *
pool_socket_of(const char *record_path)
{
    return xstrndup(record_path, (size_t)(strrchr(record_path, '.') - record_path));
}

struct pool_worker *
pool_worker_find(struct pool *pool, const char *record_path, const task_record *record)
{
    cleanup_free char  *socket_path = pool_socket_of(record_path);
    struct pool_worker *w;
    struct err          err;
    int                 fd = pool_connect(socket_path, &err);

    /* A process that it has started may keep the socket. */
    if (fd >= 0 && record->pid_started && process_started(record->pid) != record->pid_started)
        close(take_fd(fd));
    if (fd < 0) {
        /* What it has started may not be dead. */
        process_kill_session(record->pid, record->pid_started);
        return NULL;
    }
    w = pool_worker_adopt(pool, socket_path, fd);
    w->pid = record->pid > 0 ? record->pid : -1;
    w->pid_started = record->pid_started;
    w->version = record->protocol;
    w->record_path = xstrdup(record_path);
    return w;
}

void
pool_worker_dismiss(struct pool_worker *worker)
{
    pool_worker_leaves(worker);
    pool_worker_let_go(worker);
}

void
pool_worker_forget(const char *record_path)
{
    cleanup_free char *socket_path = pool_socket_of(record_path);

    unlink(record_path);
    pool_remove_socket(socket_path);
}
