/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/handlers.h"
#include "api/procedures.h"
#include "base/alloc.h"
#include "base/file.h"
#include "config.h"
#include "daemon.h"
#include "domain/table.h"
#include "eventloop/work.h"
#include "job/history.h"
#include "job/job.h"
#include "job/pool.h"
#include "rpc/conn.h"
#include "rpc/events.h"
#include "rpc/procedure.h"
#include "rpc/request.h"
#include "rpc/server.h"
#include "rpc/stream.h"
#include "start.h"
#include "wire/record.h"
#include "wire/task.h"
#include "world.h"

#define DOMAINS_MAX 64

struct world_domain {
    struct host_dominfo info;
    char               *name, *xml;
};

/* The host of the tests; one at a time. */
struct host {
    const struct host_events *events;
    void                     *arg;
    struct loop              *loop;
    struct world_domain       domains[DOMAINS_MAX];
    size_t                    count;
    uint32_t                  next_domid;
    enum err_code             requests_fail;
    enum host_shutdown        resets_to;
    TAILQ_HEAD(, host_call) calls;
};

struct host_call {
    struct loop_defer defer;
    uint32_t          domid;
    host_done_fn     *done;
    host_xml_fn      *def_done;
    host_xml_fn      *xml_done;
    host_live_fn     *live_done;
    void             *arg;
    enum err_code     code;
    TAILQ_ENTRY(host_call) link;
};

struct pool_worker {
    const struct pool_worker_ops *ops;
    void                         *arg;
};

struct request {
    struct daemon          *daemon;
    const struct procedure *procedure; /* NULL: of no call */
    uint32_t                serial;
    bool                    waits; /* for a job: it is answered how that ended */
    void (*gone)(void *arg);
    void *gone_arg;
};

static loop_fn call_ends;

static struct daemon     *the_daemon;
static struct host        host;
static struct pool_worker the_worker, the_cleaner, the_filer;
static uint32_t           last_serial;

struct world_task    world_task;
static worker_params task_params, filer_params; /* of world_task, and of world_files */
unsigned             world_max_definitions;
static char          run_dir[64];
static char         *record_path;  /* of world_task; NULL: its worker is not to live on */
static char         *cleaner_path; /* of world_cleans */
static char         *filer_path;   /* of world_files */
static bool          records_stay;
static char        **ending_record; /* of the worker whose end is being told */

bool world_read_only;
void (*world_keeps)(const char *procedure, const void *ret);
char       world_cleans[64];
unsigned   world_cleans_flags;
bool       world_files;
bool       world_no_workers, world_no_records;
bool       world_aborted, world_killed, world_proceeds, world_refused, world_dismissed;
struct err world_answer, world_waited;
int        world_answers;
char       world_events[1024];
char       world_messages[1024];
char       world_text[8192];
bool       world_events_kept;

/*----- the world -----*/

static void
task_clear(void)
{
    wire_body_free((xdrproc_t)xdr_worker_params, &task_params);
    task_params = (worker_params){.operation = WORKER_NOTHING};
    free(world_task.name);
    free(world_task.path);
    free(world_task.xml);
    world_task = (struct world_task){.name = NULL};
}

static void
take_task(const worker_start *task)
{
    const worker_params *params = &task->params;
    const char          *path = task_path(params), *xml = "";
    bool                 paused = false;
    unsigned             more = 0;

    if (params->operation == WORKER_CREATE) {
        xml = params->worker_params_u.create.xml;
        paused = params->worker_params_u.create.paused;
    } else if (params->operation == WORKER_RESTORE) {
        xml = params->worker_params_u.restore.xml;
        more = params->worker_params_u.restore.flags;
        paused = more & WORKER_RESTORE_PAUSED;
    } else if (params->operation == WORKER_SAVE) {
        xml = params->worker_params_u.save.xml;
        more = params->worker_params_u.save.flags;
    } else if (params->operation == WORKER_IMAGE_XML) {
        xml = params->worker_params_u.image_xml.xml;
        more = params->worker_params_u.image_xml.flags;
    } else if (params->operation == WORKER_IMAGE_IMPORT) {
        xml = params->worker_params_u.image_import.from;
    }
    task_clear();
    task_params = task_params_copy(params);
    world_task = (struct world_task){.operation = params->operation,
                                     .job = task->job,
                                     .name = xstrdup(task->name),
                                     .path = xstrdup(path ? path : ""),
                                     .xml = xstrdup(xml),
                                     .domid = task->domid,
                                     .flags = task->flags | (paused ? WORLD_PAUSED : 0),
                                     .more = more};
}

struct daemon *
world_start(void)
{
    struct daemon *daemon = xcalloc(1, sizeof *daemon);
    struct err     err;

    daemon->loop = loop_new();
    daemon->config = config_new();
    free(daemon->config->job.run_dir);
    daemon->config->job.run_dir = xstrdup(run_dir);
    free(daemon->config->domain.config_dir);
    daemon->config->domain.config_dir = xasprintf("%s/etc", run_dir);
    free(daemon->config->domain.save_dir);
    daemon->config->domain.save_dir = xasprintf("%s/etc", run_dir);
    if (world_max_definitions)
        daemon->config->domain.max_definitions = world_max_definitions;
    world_events_kept = false;
    the_daemon = daemon;
    ck_assert_int_eq(daemon_start(daemon, &err), 0);
    return daemon;
}

/* The file, and the name of it. */
static void
forget_record(char **path)
{
    if (*path)
        unlink(*path);
    free(take_ptr(*path));
}

static void
make_folder(const char *name)
{
    cleanup_free char *path = xasprintf("%s/%s", run_dir, name);

    ck_assert_int_eq(mkdir(path, 0700), 0);
}

/* It is empty: what was to be told the next daemon is dealt with. */
static void
remove_folder(const char *name)
{
    cleanup_free char *path = xasprintf("%s/%s", run_dir, name);

    ck_assert_msg(rmdir(path) == 0, "%s: %s", path, strerror(errno));
}

/* Definitions that the test has left. */
static void
remove_files(const char *name)
{
    cleanup_free char *folder = xasprintf("%s/%s", run_dir, name);
    DIR               *dir = opendir(folder);
    struct dirent     *entry;

    ck_assert_ptr_nonnull(dir);
    while ((entry = readdir(dir)))
        unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    remove_folder(name);
}

static void
remove_records(const char *name, const char *suffix, size_t expected)
{
    cleanup_free char *folder = xasprintf("%s/%s", run_dir, name);
    size_t             count;
    char             **paths = records_find(folder, suffix, &count);

    ck_assert_msg(count == expected, "%zu records of %s, not %zu", count, name, expected);
    for (size_t n = 0; n < count; n++)
        forget_record(&paths[n]);
    free(paths);
}

/* There is one of each domain that clients were told to run, another one where that is paused or
 * has lost its device model, one of each definition that they know, of each job that waits, and of
 * the last that ended. */
static void
remove_all_records(const struct daemon *daemon)
{
    size_t announced = 0, seen = 0, defined = 0, waiting = 0, ended = 0;

    for (const struct domain *dom = domains_first(daemon->domains); dom; dom = domains_next(dom)) {
        announced += dom->run.announced;
        seen += dom->run.announced && (dom->run.paused || dom->run.model_told);
        defined += dom->file.told != NULL;
    }
    for (const struct job *job = jobs_first(daemon->jobs); job; job = TAILQ_NEXT(job, in_all))
        waiting += job->recorded;
    for (uint64_t id = 1; id <= history_last_id(jobs_history(daemon->jobs)); id++)
        ended += history_end(jobs_history(daemon->jobs), id) != NULL;
    remove_records("domains", ".domain", announced);
    remove_records("domains", ".seen", seen);
    remove_records("definitions", ".definition", defined);
    remove_records("ended", ".ended", ended);
    remove_records("queue", ".job", waiting);
    remove_folder("changes");
    remove_folder("domains");
    remove_folder("definitions");
    remove_folder("ended");
    remove_folder("queue");
}

struct daemon *
world_new(void)
{
    struct daemon *daemon;

    snprintf(run_dir, sizeof run_dir, "/tmp/test-domains.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(run_dir));
    make_folder("etc");
    make_folder("changes");
    make_folder("jobs");
    make_folder("domains");
    make_folder("queue");
    make_folder("ended");

    host = (struct host){.next_domid = 1, .resets_to = HOST_SHUTDOWN_NONE};
    last_serial = 0;
    world_events[0] = '\0';
    world_answers = 0;
    world_aborted = world_killed = world_proceeds = world_refused = false;
    world_dismissed = records_stay = false;
    world_no_workers = world_no_records = false;
    world_max_definitions = 0;
    world_domain(0, '0', "Domain-0");
    daemon = world_start();
    world_events[0] = '\0';
    return daemon;
}

void
world_stop(struct daemon *daemon)
{
    world_task.operation = 0;
    free(take_ptr(record_path));
    free(take_ptr(cleaner_path));
    free(take_ptr(filer_path));
    world_cleans[0] = '\0';
    world_files = records_stay = false;
    daemon_stop(daemon);
    config_free(daemon->config);
    loop_free(daemon->loop);
    free(daemon);
}

void
world_free(struct daemon *daemon)
{
    cleanup_free char *last_job = xasprintf("%s/last-job", run_dir);

    forget_record(&record_path); /* of a task that goes on for ever */
    forget_record(&cleaner_path);
    forget_record(&filer_path);
    remove_all_records(daemon);
    world_stop(daemon);
    wire_body_free((xdrproc_t)xdr_worker_params, &filer_params);
    filer_params = (worker_params){.operation = WORKER_NOTHING};
    unlink(last_job);
    remove_folder("jobs");
    remove_files("etc/domains");
    remove_files("etc/autostart");
    remove_folder("etc");
    remove_folder("");
    task_clear();
    for (size_t i = 0; i < host.count; i++) {
        free(host.domains[i].name);
        free(host.domains[i].xml);
    }
    host.count = 0;
}

void
world_turn(void)
{
    while (loop_run_ready(host.loop))
        continue;
    loop_run_ready(host.loop);
}

/*----- Xen -----*/

static void
make_uuid(char letter, uint8_t uuid[UUID_SIZE])
{
    memset(uuid, letter, UUID_SIZE);
}

static struct world_domain *
find(uint32_t domid)
{
    for (size_t i = 0; i < host.count; i++)
        if (host.domains[i].info.domid == domid)
            return &host.domains[i];
    return NULL;
}

struct host_dominfo *
world_domain(uint32_t domid, char letter, const char *name)
{
    struct world_domain *dom = &host.domains[host.count++];

    ck_assert_uint_le(host.count, DOMAINS_MAX);
    *dom = (struct world_domain){.name = xstrdup(name)};
    dom->info = (struct host_dominfo){.domid = domid,
                                      .shutdown_reason = HOST_SHUTDOWN_NONE,
                                      .memory_kib = 131072,
                                      .max_memory_kib = 131072,
                                      .vcpus_online = 1,
                                      .max_vcpus = 1};
    make_uuid(letter, dom->info.uuid);
    if (letter == '0')
        memset(dom->info.uuid, 0, UUID_SIZE);
    if (domid >= host.next_domid)
        host.next_domid = domid + 1;
    return &dom->info;
}

struct host_dominfo *
world_find(uint32_t domid)
{
    struct world_domain *dom = find(domid);

    return dom ? &dom->info : NULL;
}

void
world_domain_goes(uint32_t domid)
{
    struct world_domain *dom = find(domid);

    ck_assert_ptr_nonnull(dom);
    free(dom->name);
    free(dom->xml);
    *dom = host.domains[--host.count];
}

void
world_rename(uint32_t domid, const char *name)
{
    free(find(domid)->name);
    find(domid)->name = xstrdup(name);
}

void
world_renamed(uint32_t domid, const char *name)
{
    world_rename(domid, name);
    host.events->renamed(host.arg, domid);
}

void
world_model(uint32_t domid, bool lives, uint64_t ended_usec)
{
    struct domain *dom = domains_by_id(host.arg, (int)domid);

    host.events->model(host.arg, domid, lives);
    if (dom && !lives)
        dom->run.model_ended_usec -= ended_usec;
    world_changed();
}

void
world_tells_changed(void)
{
    host.events->changed(host.arg);
}

void
world_changed(void)
{
    world_tells_changed();
    world_turn();
}

void
world_domain_shuts_down(uint32_t domid, enum host_shutdown reason)
{
    struct host_dominfo *info = world_find(domid);

    info->shutdown = true;
    info->shutdown_reason = reason;
    world_changed();
}

void
world_keep_xml(uint32_t domid, const char *xml)
{
    free(find(domid)->xml);
    find(domid)->xml = xstrdup(xml);
}

void
world_requests_fail(enum err_code code)
{
    host.requests_fail = code;
}

int
host_open(struct loop *loop, const char *worker_path, const struct host_events *events, void *arg,
          struct host **host_out, struct err *err)
{
    (void)worker_path, (void)err;
    TAILQ_INIT(&host.calls);
    host.loop = loop;
    host.events = events;
    host.arg = arg;
    *host_out = &host;
    return 0;
}

void
host_close(struct host *h)
{
    struct host_call *call;

    if (!h)
        return;
    while ((call = TAILQ_FIRST(&h->calls))) {
        loop_defer_stop(&call->defer);
        host_call_abort(call);
        call_ends(call);
    }
}

int
host_info(struct host *h, struct host_info *info_out, struct err *err)
{
    (void)h, (void)err;
    *info_out = (struct host_info){.memory_kib = 4194304};
    return 0;
}

static int
by_domid(const void *a, const void *b)
{
    const struct host_dominfo *x = a, *y = b;

    return (x->domid > y->domid) - (x->domid < y->domid);
}

int
host_list(struct host *h, struct host_dominfo **list_out, size_t *count_out, struct err *err)
{
    struct host_dominfo *list = xcalloc(h->count, sizeof *list);

    (void)err;
    for (size_t i = 0; i < h->count; i++)
        list[i] = h->domains[i].info;
    qsort(list, h->count, sizeof *list, by_domid);
    *list_out = list;
    *count_out = h->count;
    return 0;
}

int
host_domain_info(struct host *h, uint32_t domid, struct host_dominfo *info_out, struct err *err)
{
    struct world_domain *dom = find(domid);

    (void)h;
    if (!dom)
        return err_set(err, ERR_NO_DOMAIN, "no domain %u", domid);
    *info_out = dom->info;
    return 0;
}

const char *
host_domain_name(const struct host *h, uint32_t domid)
{
    (void)h;
    return find(domid) ? find(domid)->name : NULL;
}

static void
call_ends(void *arg)
{
    struct host_call          *call = arg;
    const struct world_domain *dom = find(call->domid);
    struct host_live           live = {.live.domid = (int)call->domid};
    struct err                 err;

    TAILQ_REMOVE(&host.calls, call, link);
    err_set(&err, call->code, "the host says no");
    if (call->done)
        call->done(call->arg, call->code ? &err : NULL);
    else if (call->xml_done)
        call->xml_done(call->arg, call->code || !dom ? NULL : xstrdup(dom->xml),
                       call->code ? &err : NULL);
    else if (call->live_done)
        call->live_done(call->arg, call->code ? NULL : &live, call->code ? &err : NULL);
    else
        call->def_done(call->arg, call->code ? NULL : xstrdup(world_xml("foreign", 'f', "")),
                       call->code ? &err : NULL);
    free(call);
}

const char *
host_domain_tty(const struct host *h, uint32_t domid, enum host_terminal terminal)
{
    (void)h, (void)domid, (void)terminal;
    return NULL;
}

static struct host_call *
call_new(uint32_t domid, void *arg)
{
    struct host_call *call = xcalloc(1, sizeof *call);

    call->domid = domid;
    call->arg = arg;
    call->code = host.requests_fail;
    loop_defer_init(&call->defer, host.loop, call_ends, call);
    loop_defer_start(&call->defer);
    TAILQ_INSERT_TAIL(&host.calls, call, link);
    return call;
}

struct host_call *
host_request(struct host *h, enum host_request what, uint32_t domid, host_done_fn *done, void *arg)
{
    struct host_call *call = call_new(domid, arg);

    (void)h;
    call->done = done;
    if (!call->code && (what == HOST_PAUSE || what == HOST_UNPAUSE))
        world_find(domid)->paused = what == HOST_PAUSE;
    return call;
}

struct host_call *
host_domain_def(struct host *h, uint32_t domid, host_xml_fn *done, void *arg)
{
    struct host_call *call = call_new(domid, arg);

    (void)h;
    call->def_done = done;
    return call;
}

struct host_call *
host_domain_kept_xml(struct host *h, uint32_t domid, host_xml_fn *done, void *arg)
{
    struct host_call *call = call_new(domid, arg);

    (void)h;
    call->xml_done = done;
    return call;
}

struct host_call *
host_domain_live(struct host *h, uint32_t domid, host_live_fn *done, void *arg)
{
    struct host_call *call = call_new(domid, arg);

    (void)h;
    call->live_done = done;
    return call;
}

void
host_call_abort(struct host_call *call)
{
    call->code = ERR_OPERATION_ABORTED;
}

/*----- workers -----*/

static struct pool_worker *
set_lack(struct err *err)
{
    err_set_errno(err, ENOSPC, "cannot create %s", run_dir);
    return NULL;
}

struct pool_worker *
pool_run(struct pool *pool, const task_record *record, bool unrecorded,
         const struct pool_worker_ops *ops, void *arg, struct err *err)
{
    static unsigned number;

    (void)pool;
    if (record->task.flags & WORKER_FILES_ONLY) {
        ck_assert_str_eq(world_cleans, "");
        the_cleaner = (struct pool_worker){.ops = ops, .arg = arg};
        snprintf(world_cleans, sizeof world_cleans, "%s", task_path(&record->task.params));
        world_cleans_flags = record->task.flags;
        cleaner_path = xasprintf("%s/jobs/%u" WORKER_RECORD_SUFFIX, run_dir, ++number);
        ck_assert_int_eq(record_write(cleaner_path, (xdrproc_t)xdr_task_record, record, err), 0);
        return &the_cleaner;
    }
    if (world_task.operation && record->task.params.operation == WORKER_FILE) {
        ck_assert(!world_files);
        world_files = true;
        the_filer = (struct pool_worker){.ops = ops, .arg = arg};
        wire_body_free((xdrproc_t)xdr_worker_params, &filer_params);
        filer_params = task_params_copy(&record->task.params);
        filer_path = xasprintf("%s/jobs/%u" WORKER_RECORD_SUFFIX, run_dir, ++number);
        ck_assert_int_eq(record_write(filer_path, (xdrproc_t)xdr_task_record, record, err), 0);
        return &the_filer;
    }
    ck_assert_msg(!world_task.operation, "one task at a time in this world, and one with files");
    if (world_no_workers)
        return set_lack(err);
    if (!world_no_records) {
        record_path = xasprintf("%s/jobs/%u" WORKER_RECORD_SUFFIX, run_dir, ++number);
        ck_assert_int_eq(record_write(record_path, (xdrproc_t)xdr_task_record, record, err), 0);
    } else if (!unrecorded) {
        return set_lack(err);
    }
    take_task(&record->task);
    world_aborted = world_killed = world_proceeds = world_refused = false;
    the_worker = (struct pool_worker){.ops = ops, .arg = arg};
    return &the_worker;
}

int
pool_worker_update_record(struct pool_worker *worker, const task_record *record, struct err *err)
{
    (void)worker;
    if (world_no_records)
        return err_set_errno(err, ENOSPC, "cannot create %s", record_path);
    return record_write(record_path, (xdrproc_t)xdr_task_record, record, err);
}

bool
pool_worker_is_recorded(const struct pool_worker *worker)
{
    (void)worker;
    return record_path;
}

char *
pool_worker_take_record(struct pool_worker *worker)
{
    (void)worker;
    return take_ptr(*(ending_record ? ending_record : &record_path));
}

void
pool_worker_own(struct pool_worker *worker, const struct pool_worker_ops *ops, void *arg)
{
    *worker = (struct pool_worker){.ops = ops, .arg = arg};
}

/* The file of a worker that lives on where its socket would be. */
static char *
life_of(const char *path)
{
    return xstrndup(path, strlen(path) - strlen(WORKER_RECORD_SUFFIX));
}

void
world_worker_lives_on(void)
{
    cleanup_free char *life = life_of(record_path);
    struct err         err;

    ck_assert_int_eq(file_replace(life, "", 0, 0600, &err), 0);
}

void
world_records_stay(void)
{
    records_stay = true;
}

struct pool_worker *
pool_worker_find(struct pool *pool, const char *path, const task_record *record)
{
    cleanup_free char *life = life_of(path);

    (void)pool;
    if (access(life, F_OK) < 0)
        return NULL;
    take_task(&record->task);
    unlink(life);
    record_path = xstrdup(path);
    return &the_worker;
}

void
pool_worker_dismiss(struct pool_worker *worker)
{
    (void)worker;
    world_dismissed = true;
    world_task.operation = 0;
    forget_record(&record_path);
}

void
pool_worker_forget(const char *path)
{
    if (!records_stay)
        unlink(path);
}

void
pool_worker_proceed(struct pool_worker *worker)
{
    (void)worker;
    world_proceeds = true;
}

void
pool_worker_refuse(struct pool_worker *worker, const struct err *why)
{
    (void)worker;
    world_refused = true;
    world_answer = *why;
}

void
pool_worker_abort(struct pool_worker *worker)
{
    (void)worker;
    world_aborted = true;
}

void
pool_worker_kill(struct pool_worker *worker)
{
    ck_assert_ptr_eq(worker, &the_worker);
    world_killed = true;
}

void
world_worker_progress(uint64_t processed, uint64_t total)
{
    worker_progress progress = {
        .phase = WORKER_RUNNING, .processed = processed, .total = total, .domid = -1};

    the_worker.ops->progress(the_worker.arg, &progress);
}

void
world_worker_commits(void)
{
    worker_progress progress = {.phase = WORKER_COMMITTED, .domid = world_task.domid};

    the_worker.ops->progress(the_worker.arg, &progress);
}

void
world_worker_identifies(const char *xml)
{
    static char       name[] = "image";
    worker_identified what = {
        .name = name, .uuid = "iiiiiiiiiiiiiii", .xml = (char *)(uintptr_t)xml};

    if (!world_task.xml[0]) {
        free(world_task.xml); /* this domain it makes */
        world_task.xml = xstrdup(xml);
    }
    the_worker.ops->identified(the_worker.arg, &what);
    world_turn();
}

static void
worker_ends(const worker_done *done, const struct err *err)
{
    cleanup_free char *record = take_ptr(record_path);

    world_task.operation = 0;
    ending_record = &record;
    the_worker.ops->ended(the_worker.arg, done, err);
    ending_record = NULL;
    if (!records_stay && record)
        unlink(record);
    world_turn();
}

void
world_resets_to(enum host_shutdown reason)
{
    host.resets_to = reason;
}

const char *
world_path(const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/etc/%s", run_dir, name);
    return path;
}

/* The changes of files that a worker does, up to so many. */
static void
change_files(const worker_file *file, unsigned count)
{
    struct err err;

    for (; file && count--; file = file->then) {
        if (strncmp(file->path, run_dir, strlen(run_dir)) != 0)
            continue; /* of the machine that this runs on */
        if (file->change == WORKER_FILE_CREATE && access(file->path, F_OK) == 0)
            continue;
        if (file->change == WORKER_FILE_REPLACE || file->change == WORKER_FILE_CREATE) {
            ck_assert_int_eq(file_replace(file->path, file->content.content_val,
                                          file->content.content_len, file->mode, &err),
                             0);
            continue;
        }
        unlink(file->path);
        if (file->change == WORKER_FILE_SYMLINK)
            ck_assert_int_eq(symlink(file->second, file->path), 0);
    }
}

void
world_worker_changes_files(unsigned count)
{
    change_files(&task_params.worker_params_u.file, count);
}

static void
work_is_done(void *arg)
{
    (void)arg;
}

static void
note_that_work_has_ended(void *arg, bool ended)
{
    (void)ended;
    *(bool *)arg = true;
}

/* What the thread beside the loop has to do by now is done. */
static void
finish_work(void)
{
    bool ended = false;

    world_turn();
    loop_work(host.loop, UINT64_MAX, true, work_is_done, note_that_work_has_ended, &ended);
    while (!ended)
        world_turn();
    world_turn();
}

void
world_filer_succeeds(void)
{
    static char        nothing[] = "";
    cleanup_free char *record = take_ptr(filer_path);

    change_files(&filer_params.worker_params_u.file, UINT_MAX);
    world_files = false;
    ending_record = &record;
    the_filer.ops->ended(
        the_filer.arg, &(worker_done){.domid = -1, .log = nothing, .error.message = nothing}, NULL);
    ending_record = NULL;
    if (record)
        unlink(record);
    finish_work();
}

void
world_worker_succeeds(void)
{
    static char        nothing[] = "";
    worker_done        done = {.domid = -1, .log = nothing, .error.message = nothing};
    bool               file = world_task.operation == WORKER_FILE;
    struct domain_def *def;
    struct err         err;

    switch (world_task.operation) {
    case WORKER_CREATE:
    case WORKER_RESTORE:
        done.domid = (int)host.next_domid;
        if (world_task.xml[0] &&
            domain_def_parse(world_task.xml, strlen(world_task.xml), &def, &err) == 0) {
            world_domain((uint32_t)done.domid, 'a', def->name);
            world_keep_xml((uint32_t)done.domid, world_task.xml);
            memcpy(world_find((uint32_t)done.domid)->uuid, def->uuid, UUID_SIZE);
            domain_def_free(def);
        } else {
            world_domain((uint32_t)done.domid, 'a', "a");
        }
        world_find((uint32_t)done.domid)->paused = world_task.flags & WORLD_PAUSED;
        break;
    case WORKER_SAVE:
    case WORKER_DESTROY:
        if (world_task.operation == WORKER_SAVE && world_task.more & WORKER_SAVE_KEEP)
            break;
        if (world_find((uint32_t)world_task.domid))
            world_domain_goes((uint32_t)world_task.domid);
        break;
    case WORKER_SOFT_RESET:
        world_find((uint32_t)world_task.domid)->shutdown = host.resets_to != HOST_SHUTDOWN_NONE;
        world_find((uint32_t)world_task.domid)->shutdown_reason = host.resets_to;
        done.domid = world_task.domid;
        break;
    case WORKER_FILE:
        world_worker_changes_files(UINT_MAX);
        break;
    default: /* Xen's domains are as before */
        break;
    }
    worker_ends(&done, NULL);
    if (file)
        finish_work();
}

static void
worker_fails(enum err_code code, const char *message, bool domain_left)
{
    static char nothing[] = "";
    worker_done done = {.domid = -1, .domain_left = domain_left, .log = nothing};

    done.error.code = (int)code;
    done.error.message = (char *)(uintptr_t)message;
    worker_ends(&done, NULL);
}

void
world_worker_fails(enum err_code code, const char *message)
{
    worker_fails(code, message, false);
}

void
world_worker_leaves_domain(const char *message)
{
    worker_fails(ERR_OPERATION_ABORTED, message, true);
}

void
world_cleaner_ends(void)
{
    static char nothing[] = "";

    the_cleaner.ops->ended(the_cleaner.arg,
                           &(worker_done){.log = nothing, .error.message = nothing}, NULL);
    forget_record(&cleaner_path);
    world_cleans[0] = '\0';
}

void
world_worker_dies(void)
{
    struct err err;

    err_set(&err, ERR_INTERNAL, "the worker was killed");
    worker_ends(NULL, &err);
}

/*----- clients -----*/

struct request *
world_request(void)
{
    struct request *req = xcalloc(1, sizeof *req);

    req->daemon = the_daemon;
    req->serial = ++last_serial;
    return req;
}

struct request *
world_waiter(void)
{
    struct request *req = world_request();

    req->waits = true;
    return req;
}

static void
world_call_of(uint32_t program, int procedure, const void *args)
{
    const struct wire_header header = {
        .program = program, .version = WIRE_VERSION, .procedure = procedure};
    struct request *req = world_request();

    req->procedure = procedure_find(api_programs, &header);
    req->procedure->call(req, args);
}

void
world_call(int procedure, const void *args)
{
    world_call_of(WIRE_PROGRAM_REMOTE, procedure, args);
}

void
world_call_dom0d(int procedure, const void *args)
{
    world_call_of(WIRE_PROGRAM_DOM0D, procedure, args);
}

void *
request_context(const struct request *req)
{
    return req->daemon;
}

uint64_t
request_conn_id(const struct request *req)
{
    (void)req;
    return 1;
}

uint32_t
request_serial(const struct request *req)
{
    return req->serial;
}

uint64_t
request_user(const struct request *req)
{
    (void)req;
    return 0;
}

void
request_on_gone(struct request *req, void (*gone)(void *arg), void *arg)
{
    req->gone = gone;
    req->gone_arg = arg;
}

bool
request_check_waiting(struct request *req)
{
    (void)req;
    return true;
}

/* Nobody else is served. */
void
request_in_turn(struct request *req, void (*make)(struct request *req, void *arg), void *arg)
{
    make(req, arg);
    free(arg);
}

void
world_client_goes(struct request *req)
{
    if (!req->gone)
        return;
    req->gone(req->gone_arg);
    free(req);
}

bool
request_is_readonly(const struct request *req)
{
    (void)req;
    return world_read_only;
}

static void
keep_messages(const remote_domain_get_messages_ret *ret)
{
    size_t length = 0;

    world_messages[0] = '\0';
    for (unsigned i = 0; i < ret->msgs.msgs_len; i++)
        length += (size_t)snprintf(world_messages + length, sizeof world_messages - length, "%s\n",
                                   ret->msgs.msgs_val[i]);
}

static void
keep_result(const struct request *req, const void *ret)
{
    const char *name = req->procedure ? req->procedure->name : "";

    world_text[0] = '\0';
    if (strcmp(name, "domain_get_messages") == 0)
        keep_messages(ret);
    if (world_keeps)
        world_keeps(name, ret);
    /* The results of all have the same form. */
    if (strcmp(name, "connect_domain_xml_from_native") == 0 ||
        strcmp(name, "connect_domain_xml_to_native") == 0 ||
        strcmp(name, "domain_save_image_get_xml_desc") == 0)
        snprintf(world_text, sizeof world_text, "%s",
                 ((const remote_connect_domain_xml_from_native_ret *)ret)->domainXml);
}

void
request_reply(struct request *req, const void *ret)
{
    const dom0d_job_wait_ret *waited = ret;

    keep_result(req, ret);
    if (req->waits)
        err_set(&world_waited, (enum err_code)waited->code, "%s", waited->message);
    world_answer = (struct err){.code = ERR_NONE};
    world_answers++;
    free(req);
}

void
request_fail(struct request *req, const struct err *err)
{
    world_text[0] = '\0';
    world_answer = *err;
    world_answers++;
    free(req);
}

void
request_fail_with(struct request *req, enum err_code code, const char *format, ...)
{
    struct err err = {.code = code};
    va_list    ap;

    va_start(ap, format);
    vsnprintf(err.message, sizeof err.message, format, ap);
    va_end(ap);
    request_fail(req, &err);
}

void
request_fail_libvirt(struct request *req, enum err_code code, const char *format, ...)
{
    char       message[ERR_MESSAGE_SIZE];
    struct err err;
    va_list    ap;

    va_start(ap, format);
    vsnprintf(message, sizeof message, format, ap);
    va_end(ap);
    err_set_libvirt(&err, code, "%s", message);
    request_fail(req, &err);
}

bool
request_check_flags(struct request *req, unsigned flags, unsigned known)
{
    if (!(flags & ~known))
        return true;
    request_fail_with(req, ERR_INVALID_ARG, "unsupported flags");
    return false;
}

bool
request_check_secure_flags(struct request *req, unsigned flags, unsigned secure)
{
    char name[PROCEDURE_API_NAME_SIZE];

    if (!(flags & secure) || !world_read_only)
        return true;
    request_fail_libvirt(req, ERR_OPERATION_DENIED, "%s with secure flag",
                         procedure_api_name(req->procedure, name));
    return false;
}

/*----- what handlers that nobody calls here need -----*/

struct conn *
request_conn(const struct request *req)
{
    (void)req;
    return NULL;
}

void
conn_opened(struct conn *conn, bool read_only)
{
    (void)conn, (void)read_only;
}

void
conn_finish(struct conn *conn)
{
    (void)conn;
}

void
conn_start_keepalive(struct conn *conn)
{
    (void)conn;
}

int
events_register(struct events *events, struct conn *conn, int event, const uint8_t *uuid,
                int *callback_id_out, struct err *err)
{
    (void)events, (void)conn, (void)event, (void)uuid, (void)callback_id_out, (void)err;
    return 0;
}

int
events_register_legacy(struct events *events, struct conn *conn, int event, struct err *err)
{
    (void)events, (void)conn, (void)event, (void)err;
    return 0;
}

int
events_deregister(struct events *events, struct conn *conn, int callback_id, struct err *err)
{
    (void)events, (void)conn, (void)callback_id, (void)err;
    return 0;
}

int
events_deregister_legacy(struct events *events, struct conn *conn, int event, struct err *err)
{
    (void)events, (void)conn, (void)event, (void)err;
    return 0;
}

/*----- the server, which this world does without -----*/

struct server *
server_new(const struct server_setup *setup)
{
    (void)setup;
    return NULL;
}

void
server_free(struct server *server)
{
    (void)server;
}

struct pool *
pool_new(struct loop *loop, const struct job_limits *limits)
{
    (void)loop, (void)limits;
    return NULL;
}

void
pool_fill(struct pool *pool)
{
    (void)pool;
}

void
pool_free(struct pool *pool)
{
    (void)pool;
}

/*----- streams, which this world does without -----*/

struct stream *
stream_open(struct request *req, const void *ret, const struct stream_ops *ops, void *arg,
            struct err *err)
{
    (void)req, (void)ret, (void)ops, (void)arg;
    err_set(err, ERR_NO_SUPPORT, "there are no streams here");
    return NULL;
}

size_t
stream_send(struct stream *stream, const void *data, size_t size)
{
    (void)stream, (void)data;
    return size;
}

void
stream_resume(struct stream *stream)
{
    (void)stream;
}

void
stream_drop(struct stream *stream)
{
    (void)stream;
}

void
stream_end(struct stream *stream)
{
    (void)stream;
}

void
stream_close(struct stream *stream)
{
    (void)stream;
}

void
stream_fail(struct stream *stream, const struct err *err)
{
    (void)stream, (void)err;
}

/*----- listeners -----*/

struct events *
events_new(void)
{
    return NULL;
}

void
events_free(struct events *events)
{
    (void)events;
}

static void
note(const char *word, const struct event_domain *dom, int detail)
{
    size_t length = strlen(world_events);

    snprintf(world_events + length, sizeof world_events - length, "%s %s %d %d;", word, dom->name,
             dom->domid, detail);
}

void
events_lifecycle(struct events *events, const struct event_domain *dom, enum lifecycle_event event,
                 int detail)
{
    static const char *const words[] = {"DEFINED",   "UNDEFINED",   "STARTED",
                                        "SUSPENDED", "RESUMED",     "STOPPED",
                                        "SHUTDOWN",  "PMSUSPENDED", "CRASHED"};

    (void)events;
    note(words[event], dom, detail);
}

void
events_keep(struct events *events, struct loop *loop, uint64_t usec)
{
    (void)events, (void)loop, (void)usec;
    world_events_kept = true;
}

void
events_metadata(struct events *events, const struct event_domain *dom, int type, const char *uri)
{
    (void)events, (void)uri;
    note("METADATA", dom, type);
}

void
events_reboot(struct events *events, const struct event_domain *dom)
{
    (void)events;
    note("REBOOT", dom, 0);
}

void
events_control_error(struct events *events, const struct event_domain *dom)
{
    (void)events;
    note("CONTROL_ERROR", dom, 0);
}

void
events_job_completed(struct events *events, const struct event_domain *dom,
                     const struct remote_typed_param *params, unsigned n_params)
{
    (void)events, (void)params, (void)n_params, (void)dom;
}

const char *
world_xml(const char *name, char letter, const char *extra)
{
    static char text[128 << 10];
    char        uuid_text[UUID_TEXT_SIZE];
    uint8_t     uuid[UUID_SIZE];

    make_uuid(letter, uuid);
    snprintf(text, sizeof text,
             "<domain type='xen'><name>%s</name><uuid>%s</uuid>"
             "<memory unit='MiB'>128</memory><vcpu>1</vcpu>"
             "<os><type arch='x86_64' machine='xenpv'>xen</type><kernel>/k</kernel></os>%s"
             "</domain>",
             name, uuid_format(uuid, uuid_text), extra);
    return text;
}
