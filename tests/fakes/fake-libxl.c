/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fake-libxl.c: the context, its hooks and events, and what is answered at once. */
#include <assert.h>
#include <errno.h>
#include <libxl_utils.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "fake-libxl.h"

/* All that were not freed: dom0d leaves one that it cannot free, see xl_close. */
static TAILQ_HEAD(, libxl__ctx) contexts = TAILQ_HEAD_INITIALIZER(contexts);

/*----- the context -----*/

void
fake_enter(libxl_ctx *ctx)
{
    assert(ctx && !ctx->in_hook && !ctx->lost);
}

/* The world shows a line only once it was logged: a test may kill us as soon as it sees it. */
void
fake_say(libxl_ctx *ctx, uint32_t domid, int errnum, const char *format, ...)
{
    struct fake_world *world = fake_world();
    char               line[sizeof world->said], prefix[32] = "";
    va_list            ap;

    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    if (domid)
        snprintf(prefix, sizeof prefix, "Domain %u:", domid);
    xtl_log(ctx->lg, XTL_ERROR, errnum ? errnum : -1, "libxl", "libxl_fake.c:1:fake_say: %s%s",
            prefix, line);
    snprintf(world->said, sizeof world->said, "%s", line);
}

int
libxl_ctx_alloc(libxl_ctx **ctx_out, int version, unsigned flags, xentoollog_logger *lg)
{
    libxl_ctx *ctx;

    (void)flags;
    assert(version == LIBXL_VERSION && lg);
    if (fake_world()->off || fake_call("ctx_alloc", false).rc) {
        xtl_log(lg, XTL_ERROR, EPERM, "libxl",
                "libxl.c:1:libxl_ctx_alloc: cannot open libxc handle");
        *ctx_out = NULL;
        return ERROR_FAIL;
    }
    ctx = xcalloc(1, sizeof *ctx);
    ctx->lg = lg;
    ctx->nogc_gc.alloc_maxsize = -1;
    ctx->nogc_gc.owner = ctx;
    ctx->changes = -1;
    TAILQ_INIT(&ctx->evgens);
    TAILQ_INIT(&ctx->aos);
    TAILQ_INIT(&ctx->timeouts);
    TAILQ_INSERT_TAIL(&contexts, ctx, link);
    *ctx_out = ctx;
    return 0;
}

static void
stop_watching(libxl_ctx *ctx)
{
    if (ctx->changes < 0)
        return;
    ctx->in_hook = true;
    ctx->hooks->fd_deregister(ctx->hooks_user, ctx->changes, ctx->changes_for_app);
    ctx->in_hook = false;
    close(take_fd(ctx->changes));
}

static void
free_memory(libxl_ctx *ctx)
{
    struct fake_evgen   *evgen;
    struct fake_timeout *timeout;
    struct fake_ao      *ao;

    while ((evgen = TAILQ_FIRST(&ctx->evgens))) {
        TAILQ_REMOVE(&ctx->evgens, evgen, link);
        free(evgen);
    }
    while ((timeout = TAILQ_FIRST(&ctx->timeouts))) {
        TAILQ_REMOVE(&ctx->timeouts, timeout, link);
        free(timeout);
    }
    while ((ao = TAILQ_FIRST(&ctx->aos)))
        fake_ao_free(ao);
    TAILQ_REMOVE(&contexts, ctx, link);
    free(ctx);
}

int
libxl_ctx_free(libxl_ctx *ctx)
{
    fake_enter(ctx);
    assert(TAILQ_EMPTY(&ctx->aos));
    stop_watching(ctx);
    free_memory(ctx);
    return 0;
}

void
fake_libxl_end(void)
{
    libxl_ctx *ctx;

    while ((ctx = TAILQ_FIRST(&contexts))) {
        if (ctx->changes >= 0)
            close(ctx->changes);
        free_memory(ctx);
    }
}

/*----- hooks -----*/

void
libxl_osevent_register_hooks(libxl_ctx *ctx, const libxl_osevent_hooks *hooks, void *user)
{
    assert(!ctx->hooks);
    ctx->hooks = hooks;
    ctx->hooks_user = user;
}

void
libxl_childproc_setmode(libxl_ctx *ctx, const libxl_childproc_hooks *hooks, void *user)
{
    (void)user;
    assert(hooks->chldowner == libxl_sigchld_owner_mainloop);
    ctx->owns_no_sigchld = true;
}

void
libxl_childproc_sigchld_occurred(libxl_ctx *ctx)
{
    fake_enter(ctx);
    assert(ctx->owns_no_sigchld);
    fake_ao_reap(ctx);
}

struct fake_timeout *
fake_timeout_new(libxl_ctx *ctx, struct fake_ao *ao, unsigned msec)
{
    struct fake_timeout *timeout = xcalloc(1, sizeof *timeout);
    struct timeval       now, wait = {msec / 1000, (msec % 1000) * 1000}, abs;

    gettimeofday(&now, NULL);
    timeradd(&now, &wait, &abs);
    timeout->ao = ao;
    TAILQ_INSERT_TAIL(&ctx->timeouts, timeout, link);
    ctx->in_hook = true;
    assert(ctx->hooks->timeout_register(ctx->hooks_user, &timeout->for_app, abs, timeout) == 0);
    ctx->in_hook = false;
    return timeout;
}

void
fake_timeout_drop(libxl_ctx *ctx, struct fake_timeout *timeout)
{
    timeout->ao = NULL;
    ctx->in_hook = true;
    ctx->hooks->timeout_modify(ctx->hooks_user, &timeout->for_app, (struct timeval){0, 0});
    ctx->in_hook = false;
}

static void
gives_up(libxl_ctx *ctx, const char *reason)
{
    ctx->event_hooks->disaster(ctx->event_user, 0, reason, EINVAL);
    ctx->lost = true;
}

void
libxl_osevent_occurred_timeout(libxl_ctx *ctx, void *for_libxl)
{
    struct fake_timeout *timeout = for_libxl;
    struct fake_ao      *ao = timeout->ao;

    fake_enter(ctx);
    TAILQ_REMOVE(&ctx->timeouts, timeout, link);
    free(timeout);
    if (fake_world()->libxl_broken)
        gives_up(ctx, "cannot go on");
    else if (ao)
        fake_ao_step(ao);
}

/*----- events -----*/

void
libxl_event_register_callbacks(libxl_ctx *ctx, const libxl_event_hooks *hooks, void *user)
{
    assert(hooks->disaster && hooks->event_occurs);
    ctx->event_hooks = hooks;
    ctx->event_user = user;
}

void
libxl_event_free(libxl_ctx *ctx, libxl_event *event)
{
    (void)ctx;
    free(event);
}

static void
tell(libxl_ctx *ctx, libxl_event_type type, uint32_t domid)
{
    libxl_event *event = xcalloc(1, sizeof *event);

    event->type = type;
    event->domid = domid;
    ctx->event_hooks->event_occurs(ctx->event_user, event);
}

/* Each of them once. */
static void
look_at(libxl_ctx *ctx, struct fake_evgen *evgen)
{
    const struct fake_domain *dom = fake_domain_find(evgen->domid);

    if (dom && dom->shutdown && !evgen->shutdown_told) {
        evgen->shutdown_told = true;
        tell(ctx, LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN, evgen->domid);
    }
    if ((!dom || dom->dying) && !evgen->death_told) {
        evgen->death_told = true;
        tell(ctx, LIBXL_EVENT_TYPE_DOMAIN_DEATH, evgen->domid);
    }
}

void
libxl_osevent_occurred_fd(libxl_ctx *ctx, void *for_libxl, int fd, short events, short revents)
{
    struct fake_evgen *evgen;

    fake_enter(ctx);
    (void)events, (void)revents;
    if (for_libxl != ctx) {
        fake_ao_writable(for_libxl, fd);
        return;
    }
    assert(fd == ctx->changes);
    if (fake_world()->xenstore_broken) {
        gives_up(ctx, "cannot check/read watches");
        return;
    }
    fake_changes_drain(fd);
    TAILQ_FOREACH (evgen, &ctx->evgens, link)
        look_at(ctx, evgen);
}

static void
start_watching(libxl_ctx *ctx)
{
    if (ctx->changes >= 0)
        return;
    ctx->changes = fake_changes_open();
    ctx->in_hook = true;
    assert(ctx->hooks->fd_register(ctx->hooks_user, ctx->changes, &ctx->changes_for_app, POLLIN,
                                   ctx) == 0);
    ctx->in_hook = false;
}

int
libxl_evenable_domain_death(libxl_ctx *ctx, uint32_t domid, libxl_ev_user user,
                            libxl_evgen_domain_death **evgen_out)
{
    struct fake_evgen *evgen;

    (void)user;
    fake_enter(ctx);
    if (fake_call("evenable_domain_death", false).rc)
        return ERROR_FAIL;
    evgen = xcalloc(1, sizeof *evgen);
    evgen->ctx = ctx;
    evgen->domid = domid;
    TAILQ_INSERT_TAIL(&ctx->evgens, evgen, link);
    start_watching(ctx);
    *evgen_out = (libxl_evgen_domain_death *)evgen;
    return 0;
}

void
libxl_evdisable_domain_death(libxl_ctx *ctx, libxl_evgen_domain_death *gen)
{
    struct fake_evgen *evgen = (struct fake_evgen *)gen;

    fake_enter(ctx);
    TAILQ_REMOVE(&ctx->evgens, evgen, link);
    free(evgen);
    if (TAILQ_EMPTY(&ctx->evgens))
        stop_watching(ctx);
}

/*----- queries -----*/

static void
fill(libxl_dominfo *info, const struct fake_domain *dom)
{
    memcpy(libxl_uuid_bytearray(&info->uuid), dom->uuid, sizeof dom->uuid);
    info->domid = dom->domid;
    info->running = !dom->paused && !dom->shutdown && !dom->dying;
    info->paused = dom->paused;
    info->shutdown = dom->shutdown;
    info->dying = dom->dying;
    info->shutdown_reason =
        dom->shutdown ? (libxl_shutdown_reason)dom->reason : LIBXL_SHUTDOWN_REASON_UNKNOWN;
    info->current_memkb = dom->memory_kib;
    info->max_memkb = dom->domid ? dom->memory_kib : UINT64_MAX / 4096;
    info->cpu_time = dom->counter;
    info->vcpu_max_id = dom->vcpus - 1;
    info->vcpu_online = dom->vcpus;
    info->domain_type =
        dom->type == LIBXL_DOMAIN_TYPE_PV ? LIBXL_DOMAIN_TYPE_PV : LIBXL_DOMAIN_TYPE_HVM;
}

static uint64_t
dom0_target_kib(void)
{
    uint64_t target = fake_world()->dom0_target_kib;

    return target ? target : fake_domain_find(0)->memory_kib;
}

/* Its balloon driver is at it. */
static void
dom0_gives(void)
{
    struct fake_domain *dom0 = fake_domain_find(0);
    uint64_t            target = dom0_target_kib(), step = fake_world()->dom0_gives_kib;

    if (dom0->memory_kib > target)
        dom0->memory_kib -= step < dom0->memory_kib - target ? step : dom0->memory_kib - target;
}

int
libxl_domain_info(libxl_ctx *ctx, libxl_dominfo *info, uint32_t domid)
{
    const struct fake_domain *dom;
    int                       rc;

    fake_enter(ctx);
    rc = fake_call("domain_info", false).rc;
    if (rc)
        return rc;
    fake_lock();
    dom = fake_domain_find(domid);
    if (domid == 0)
        dom0_gives();
    if (dom)
        fill(info, dom);
    fake_unlock();
    return dom ? 0 : ERROR_DOMAIN_NOTFOUND;
}

int
libxl_is_stubdom(libxl_ctx *ctx, uint32_t domid, uint32_t *target_out)
{
    const struct fake_domain *dom;

    fake_enter(ctx);
    fake_xenstored_await();
    dom = fake_domain_find(domid);
    if (dom && dom->target)
        *target_out = dom->target;
    return dom && dom->target;
}

char *
libxl_domid_to_name(libxl_ctx *ctx, uint32_t domid)
{
    const struct fake_domain *dom;

    fake_enter(ctx);
    fake_xenstored_await();
    dom = fake_domain_find(domid);
    return dom && dom->name[0] ? xstrdup(dom->name) : NULL;
}

libxl_dominfo *
libxl_list_domain(libxl_ctx *ctx, int *count_out)
{
    const struct fake_domain *domains = fake_world()->domains;
    libxl_dominfo            *list;
    int                       count = 0;

    fake_enter(ctx);
    if (fake_call("list_domain", false).rc)
        return NULL;
    fake_lock();
    list = xcalloc(fake_domain_count() + 1, sizeof *list);
    for (size_t n = 0; n < fake_world()->slots; n++) {
        if (!domains[n].used)
            continue;
        libxl_dominfo_init(&list[count]);
        fill(&list[count++], &domains[n]);
    }
    fake_unlock();
    *count_out = count;
    return list;
}

static uint64_t
free_kib(void)
{
    const struct fake_world *world = fake_world();
    uint64_t                 used = 0;

    for (size_t n = 0; n < fake_world()->slots; n++)
        used += world->domains[n].used ? world->domains[n].memory_kib : 0;
    return used < world->memory_kib ? world->memory_kib - used : 0;
}

int
libxl_get_free_memory(libxl_ctx *ctx, uint64_t *kib_out)
{
    fake_enter(ctx);
    *kib_out = free_kib();
    return fake_call("get_free_memory", false).rc;
}

int
libxl_get_memory_target(libxl_ctx *ctx, uint32_t domid, uint64_t *kib_out)
{
    fake_enter(ctx);
    assert(domid == 0);
    *kib_out = dom0_target_kib();
    return fake_call("get_memory_target", false).rc;
}

int
libxl_set_memory_target(libxl_ctx *ctx, uint32_t domid, int64_t kib, int relative, int enforce)
{
    fake_enter(ctx);
    assert(domid == 0 && relative && !enforce);
    if (fake_call("set_memory_target", false).rc)
        return ERROR_FAIL;
    fake_world()->dom0_target_kib = (uint64_t)((int64_t)dom0_target_kib() + kib);
    return 0;
}

int
libxl_domain_need_memory(libxl_ctx *ctx, libxl_domain_config *config, uint32_t domid,
                         uint64_t *kib_out)
{
    fake_enter(ctx);
    (void)domid;
    libxl_defbool_setdefault(&config->c_info.driver_domain, false); /* and all the rest */
    *kib_out = config->b_info.max_memkb + 4096;
    return fake_call("domain_need_memory", false).rc;
}

int
libxl_get_physinfo(libxl_ctx *ctx, libxl_physinfo *info)
{
    fake_enter(ctx);
    if (fake_call("get_physinfo", false).rc)
        return ERROR_FAIL;
    info->threads_per_core = 1;
    info->cores_per_socket = 2;
    info->max_cpu_id = 1;
    info->nr_cpus = 2;
    info->cpu_khz = 2400000;
    info->total_pages = fake_world()->memory_kib / 4;
    info->free_pages = free_kib() / 4;
    info->nr_nodes = 1;
    info->cap_hvm = info->cap_pv = info->cap_hap = true;
    return 0;
}

const libxl_version_info *
libxl_get_version_info(libxl_ctx *ctx)
{
    static char               extra[] = ".7";
    static libxl_version_info info = {
        .xen_version_major = 4, .xen_version_minor = 17, .xen_version_extra = extra};

    fake_enter(ctx);
    info.commandline = fake_world()->commandline;
    return &info;
}

/*----- userdata -----*/

int
libxl_userdata_store(libxl_ctx *ctx, uint32_t domid, const char *id, const uint8_t *data, int size)
{
    cleanup_free char *path = fake_path("userdata", domid);
    struct err         err;

    fake_enter(ctx);
    assert(strcmp(id, "dom0d-xml") == 0);
    fake_domain_await_lock(domid);
    if (fake_call("userdata_store", false).rc)
        return ERROR_FAIL;
    return file_replace(path, data, (size_t)size, 0600, &err) == 0 ? 0 : ERROR_FAIL;
}

int
libxl_userdata_retrieve(libxl_ctx *ctx, uint32_t domid, const char *id, uint8_t **data_out,
                        int *size_out)
{
    cleanup_free char *path = fake_path("userdata", domid);
    char              *data = NULL;
    size_t             size = 0;
    struct err         err;

    fake_enter(ctx);
    (void)id;
    fake_domain_await_lock(domid);
    if (fake_call("userdata_retrieve", false).rc)
        return ERROR_FAIL;
    /* Where there is none, libxl says so with success and nothing. */
    (void)file_read(path, 1 << 20, &data, &size, &err);
    *data_out = (uint8_t *)data;
    *size_out = (int)size;
    return 0;
}

int
libxl_userdata_unlink(libxl_ctx *ctx, uint32_t domid, const char *id)
{
    cleanup_free char *path = fake_path("userdata", domid);

    fake_enter(ctx);
    assert(strcmp(id, "dom0d-xml") == 0);
    fake_domain_await_lock(domid);
    if (fake_call("userdata_unlink", false).rc)
        return ERROR_FAIL;
    return unlink(path) == 0 ? 0 : ERROR_FAIL;
}

/*----- devices -----*/

libxl_device_nic *
libxl_device_nic_list(libxl_ctx *ctx, uint32_t domid, int *count_out)
{
    cleanup_free char  *path = fake_path("config", domid);
    cleanup_free char  *json = NULL;
    libxl_domain_config config;
    libxl_device_nic   *nics = NULL;
    struct err          err;

    fake_enter(ctx);
    fake_xenstored_await();
    *count_out = 0;
    if (file_read(path, 1 << 20, &json, NULL, &err) < 0)
        return NULL;
    libxl_domain_config_init(&config);
    if (libxl_domain_config_from_json(ctx, &config, json) == 0) {
        nics = take_ptr(config.nics);
        *count_out = config.num_nics;
        config.num_nics = 0;
    }
    libxl_domain_config_dispose(&config);
    return nics;
}
