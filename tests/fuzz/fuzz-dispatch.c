/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The input is what a client sends and what happens meanwhile: a whole daemon on the fake Xen, but
 * for its workers, who do what the input says.
 *
 *   1 byte    1: by the read-only socket, 2: CONNECT_OPEN is left to the input
 *   then, each: 1 byte kind, 2 bytes number, 2 bytes length, so many bytes of body
 *
 * Whatever it is, each call has one answer, which is as the protocol says, and a read-only client
 * changes nothing.
 */
#include <assert.h>
#include <libxl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/procedures.h"
#include "base/alloc.h"
#include "base/log.h"
#include "config.h"
#include "daemon.h"
#include "domain/table.h"
#include "driver/host.h"
#include "fake-xen.h"
#include "fuzz.h"
#include "host-inside.h"
#include "job/job.h"
#include "job/pool.h"
#include "rpc/conn.h"
#include "rpc/events.h"
#include "rpc/server.h"
#include "start.h"
#include "wire/frame.h"
#include "wire/remote.h"

enum { READ_ONLY = 1, NOT_OPENED = 2 };
enum kind { CALL_REMOTE, CALL_DOM0D, KEEPALIVE, OTHER_PROGRAM, OTHER_TYPE, WORLD, KINDS };

#define STEPS_MAX 64
#define TURNS_MAX 64

struct step {
    enum kind      kind;
    unsigned       number;
    const uint8_t *body;
    size_t         size;
};

/*----- workers that do what they are told -----*/

struct pool {
    struct loop *loop;
    TAILQ_HEAD(, pool_worker) list;
};

struct pool_worker {
    struct pool                  *pool;
    const struct pool_worker_ops *ops;
    void                         *arg;
    enum worker_operation         operation;
    char                         *name;
    uint8_t                       uuid[UUID_SIZE];
    uint32_t                      domid;
    bool                          identified; /* a restore's image was, and it may go on */
    struct loop_defer             killed;
    TAILQ_ENTRY(pool_worker) link;
};

static unsigned n_workers; /* that were asked for */

struct pool *
pool_new(struct loop *loop, const struct job_limits *limits)
{
    struct pool *pool = xcalloc(1, sizeof *pool);

    (void)limits;
    pool->loop = loop;
    TAILQ_INIT(&pool->list);
    return pool;
}

void
pool_fill(struct pool *pool)
{
    (void)pool;
}

static void
worker_free(struct pool_worker *worker)
{
    TAILQ_REMOVE(&worker->pool->list, worker, link);
    loop_defer_stop(&worker->killed);
    free(worker->name);
    free(worker);
}

void
pool_free(struct pool *pool)
{
    while (!TAILQ_EMPTY(&pool->list))
        worker_free(TAILQ_FIRST(&pool->list));
    free(pool);
}

static void
worker_dies(void *arg)
{
    struct pool_worker *worker = arg;
    struct err          err;

    err_set(&err, ERR_INTERNAL, "the worker was killed");
    worker->ops->ended(worker->arg, NULL, &err);
    worker_free(worker);
}

struct pool_worker *
pool_run(struct pool *pool, const task_record *record, bool unrecorded,
         const struct pool_worker_ops *ops, void *arg, struct err *err)
{
    struct pool_worker *worker = xcalloc(1, sizeof *worker);

    (void)unrecorded, (void)err;
    n_workers++;
    *worker = (struct pool_worker){
        .pool = pool,
        .ops = ops,
        .arg = arg,
        .operation = record->task.params.operation,
        .name = xstrdup(record->task.name),
        .domid = (uint32_t)record->task.domid,
    };
    memcpy(worker->uuid, record->task.uuid, UUID_SIZE);
    loop_defer_init(&worker->killed, pool->loop, worker_dies, worker);
    TAILQ_INSERT_TAIL(&pool->list, worker, link);
    return worker;
}

int
pool_worker_update_record(struct pool_worker *worker, const task_record *record, struct err *err)
{
    (void)worker, (void)record, (void)err;
    return 0;
}

bool
pool_worker_is_recorded(const struct pool_worker *worker)
{
    (void)worker;
    return true;
}

char *
pool_worker_take_record(struct pool_worker *worker)
{
    (void)worker;
    return NULL;
}

void
pool_worker_proceed(struct pool_worker *worker)
{
    worker->identified = true;
}

void
pool_worker_refuse(struct pool_worker *worker, const struct err *why)
{
    (void)why;
    worker->identified = false;
}

void
pool_worker_abort(struct pool_worker *worker)
{
    (void)worker;
}

void
pool_worker_kill(struct pool_worker *worker)
{
    loop_defer_start(&worker->killed);
}

struct pool_worker *
pool_worker_find(struct pool *pool, const char *record_path, const task_record *record)
{
    (void)pool, (void)record_path, (void)record;
    return NULL;
}

void
pool_worker_own(struct pool_worker *worker, const struct pool_worker_ops *ops, void *arg)
{
    (void)worker, (void)ops, (void)arg;
}

void
pool_worker_dismiss(struct pool_worker *worker)
{
    (void)worker;
}

void
pool_worker_forget(const char *record_path)
{
    (void)record_path;
}

static void
worker_fails(struct pool_worker *worker)
{
    char        text[] = "it failed";
    worker_done done = {.domid = -1, .log = text, .error = {.code = 1, .message = text}};

    worker->ops->ended(worker->arg, &done, NULL);
    worker_free(worker);
}

static void
worker_succeeds(struct pool_worker *worker)
{
    char                empty[] = "";
    worker_done         done = {.domid = -1, .log = empty, .error.message = empty};
    struct fake_domain *dom = fake_domain_find(worker->domid);

    if (worker->operation == WORKER_CREATE || worker->operation == WORKER_RESTORE) {
        dom = fake_domain_add(worker->name, 'n');
        memcpy(dom->uuid, worker->uuid, UUID_SIZE);
        done.domid = (int)dom->domid;
    } else if (dom && worker->operation != WORKER_DUMP && worker->operation != WORKER_FILE) {
        fake_domain_goes(dom);
    }
    worker->ops->ended(worker->arg, &done, NULL);
    worker_free(worker);
}

static void
worker_identifies(struct pool_worker *worker, const struct step *step)
{
    cleanup_free char *xml = xcalloc(1, step->size + 1);
    worker_identified  what = {.name = worker->name, .xml = xml};

    memcpy(xml, step->body, step->size);
    if (worker->operation == WORKER_RESTORE)
        worker->ops->identified(worker->arg, &what);
}

/*----- a world that goes on -----*/

static void
quiet(enum log_level level, const struct log_about *about, const char *message)
{
    (void)level, (void)about, (void)message;
}

static void
world_begin(struct daemon *daemon)
{
    static bool begun;
    struct err  err;

    if (!begun) {
        fake_xen_begin();
        atexit(fake_xen_end);
        log_set_sink(quiet);
    }
    begun = true;
    for (size_t n = 1; n < fake_world()->slots; n++)
        if (fake_world()->domains[n].used)
            fake_domain_goes(&fake_world()->domains[n]);
    fake_world()->last_domid = 0;
    fake_domain_add("web", 'w');
    fake_domain_add("db", 'd');
    fake_xen_forget();
    n_workers = 0;

    *daemon = (struct daemon){.loop = loop_new(), .config = config_new()};
    free(daemon->config->job.run_dir);
    daemon->config->job.run_dir = xstrdup(getenv("DOM0D_FAKE_DIR"));
    free(daemon->config->domain.config_dir);
    daemon->config->domain.config_dir = xstrdup(getenv("DOM0D_FAKE_DIR"));
    assert(daemon_start(daemon, &err) == 0);
}

static void
world_end(struct daemon *daemon)
{
    daemon_stop(daemon);
    config_free(daemon->config);
    host_inside_end();
    loop_free(daemon->loop);
}

static void
settle(struct daemon *daemon)
{
    for (int n = 0; n < TURNS_MAX; n++)
        if (!loop_run_ready(daemon->loop) && n > 16)
            return;
}

static void
something_happens(struct daemon *daemon, const struct step *step)
{
    struct pool_worker *worker = TAILQ_FIRST(&daemon->pool->list);
    struct fake_domain *dom = &fake_world()->domains[1];

    switch (step->number % 8) {
    case 0:
        if (worker && (worker->operation != WORKER_RESTORE || worker->identified))
            worker_succeeds(worker);
        break;
    case 1:
        if (worker)
            worker_fails(worker);
        break;
    case 2:
        if (worker)
            worker_dies(worker);
        break;
    case 3:
        if (worker)
            worker_identifies(worker, step);
        break;
    case 4:
        if (dom->used)
            fake_domain_shuts_down(dom, (int)(step->number >> 8) % 6);
        break;
    case 5:
        if (dom->used)
            fake_domain_goes(dom);
        break;
    case 6:
        fake_domain_add(step->number & 256 ? "web" : "", 'x');
        break;
    case 7:
        fake_world()->when = step->number >> 8 & 1 ? FAKE_REFUSED : FAKE_LATER;
        break;
    }
}

/*----- the client -----*/

struct talk {
    int      fd;
    bool     read_only;
    uint32_t serial;
    unsigned calls, answers;
    uint8_t  bytes[1 << 20]; /* received and not looked at yet */
    size_t   n_bytes;
};

static void
check_reply(struct talk *talk, const struct wire_header *header, const uint8_t *frame, size_t size)
{
    const struct procedure *procedure = procedure_find(api_programs, header);
    char                    ret[512] = {0};
    struct err              err;

    assert(header->type == WIRE_REPLY && header->serial < talk->serial);
    talk->answers++;
    assert(talk->answers <= talk->calls);
    if (header->status == WIRE_ERROR) {
        wire_decode_error(frame, size, &err);
        assert(err.code != ERR_NONE && err.message[0]);
        return;
    }
    assert(header->status == WIRE_OK && procedure);
    assert(procedure->access != ACCESS_WRITE || !talk->read_only);
    assert(wire_decode(frame, size, procedure->ret, ret, &err) == 0);
    wire_body_free(procedure->ret, ret);
}

static void
hear(struct talk *talk)
{
    struct wire_header header;
    struct err         err;
    size_t             size = 0, at = 0;
    ssize_t            n;

    while ((n = read(talk->fd, talk->bytes + talk->n_bytes, sizeof talk->bytes - talk->n_bytes)) >
           0)
        talk->n_bytes += (size_t)n;
    assert(talk->n_bytes < sizeof talk->bytes);
    while (wire_frame_size(talk->bytes + at, talk->n_bytes - at, &size, &err) == 0 && size &&
           size <= talk->n_bytes - at) {
        wire_header_decode(talk->bytes + at, size, &header);
        if (header.type != WIRE_MESSAGE)
            check_reply(talk, &header, talk->bytes + at, size);
        at += size;
    }
    talk->n_bytes -= at;
    memmove(talk->bytes, talk->bytes + at, talk->n_bytes);
}

static struct wire_header
header_of(const struct step *step, uint32_t serial)
{
    static const uint32_t programs[KINDS] = {
        [CALL_REMOTE] = WIRE_PROGRAM_REMOTE,  [CALL_DOM0D] = WIRE_PROGRAM_DOM0D,
        [KEEPALIVE] = WIRE_PROGRAM_KEEPALIVE, [OTHER_PROGRAM] = 7,
        [OTHER_TYPE] = WIRE_PROGRAM_REMOTE,
    };
    struct wire_header header = {
        .program = programs[step->kind],
        .version = WIRE_VERSION,
        .procedure = (int32_t)step->number,
        .type = WIRE_CALL,
        .serial = serial,
    };

    if (step->kind == KEEPALIVE)
        header.type = WIRE_MESSAGE;
    if (step->kind == OTHER_TYPE) {
        header.procedure = (int32_t)(step->number >> 4);
        header.type = step->number & 7;
        header.status = step->number >> 3 & 1;
    }
    return header;
}

static void
say(struct talk *talk, const struct step *step)
{
    struct wire_header header = header_of(step, talk->serial);
    cleanup_free void *start = NULL;
    size_t             size;
    struct err         err;
    uint8_t            length[4];

    assert(wire_encode(&header, NULL, NULL, &start, &size, &err) == 0);
    size += step->size;
    for (int n = 0; n < 4; n++)
        length[n] = (uint8_t)(size >> (24 - 8 * n));
    memcpy(start, length, sizeof length);
    if (send(talk->fd, start, size - step->size, MSG_NOSIGNAL) < 0 ||
        (step->size && send(talk->fd, step->body, step->size, MSG_NOSIGNAL) < 0))
        return; /* we were closed */
    talk->serial++;
    talk->calls += header.type == WIRE_CALL || header.type == WIRE_CALL_WITH_FDS;
}

static void
open_well(struct talk *talk, struct daemon *daemon)
{
    static const uint8_t no_name_no_flags[8];
    const struct step    open = {CALL_REMOTE, 1, no_name_no_flags, sizeof no_name_no_flags};

    say(talk, &open);
    settle(daemon);
    hear(talk);
    assert(talk->answers == 1);
}

/*----- the input -----*/

static size_t
next_step(const uint8_t *data, size_t size, struct step *step_out)
{
    size_t length;

    if (size < 5)
        return 0;
    length = (size_t)data[3] << 8 | data[4];
    if (length > size - 5)
        length = size - 5;
    *step_out = (struct step){
        .kind = (enum kind)(data[0] % KINDS),
        .number = (unsigned)data[1] << 8 | data[2],
        .body = data + 5,
        .size = length,
    };
    return 5 + length;
}

static void
check_nothing_changed(const struct daemon *daemon)
{
    cleanup_free char *log = xstrdup(fake_world()->log);
    char              *rest = log, *word;

    assert(n_workers == 0);
    assert(jobs_count(daemon->jobs) == 0);
    /* A guest of xl's own configuration is all that libxl may be asked for. */
    while ((word = strsep(&rest, " ")))
        assert(!*word || strcmp(word, "config") == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct talk talk;
    struct daemon      daemon;
    struct step        step;
    int                ends[2];
    bool               read_only, world_moves = false;
    size_t             used;

    if (size < 1)
        return 0;
    read_only = data[0] & READ_ONLY;
    world_begin(&daemon);
    assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    talk.fd = ends[0];
    talk.read_only = read_only;
    talk.serial = talk.calls = talk.answers = 0;
    talk.n_bytes = 0;
    server_add(daemon.server, ends[1], read_only);
    if (!(data[0] & NOT_OPENED))
        open_well(&talk, &daemon);
    data++, size--;
    for (int n = 0; n < STEPS_MAX && (used = next_step(data, size, &step)); n++) {
        if (step.kind == WORLD)
            something_happens(&daemon, &step);
        else
            say(&talk, &step);
        world_moves |= step.kind == WORLD;
        settle(&daemon);
        hear(&talk);
        data += used, size -= used;
    }
    if (read_only && !world_moves)
        check_nothing_changed(&daemon);
    /* XML is made one after the other. */
    for (int n = 0; n < STEPS_MAX && talk.answers != talk.calls; n++) {
        settle(&daemon);
        hear(&talk);
    }
    if (server_client_count(daemon.server) && !jobs_count(daemon.jobs))
        assert(talk.answers == talk.calls);
    close(talk.fd);
    settle(&daemon);
    world_end(&daemon);
    return 0;
}
