/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fake-libxl-calls.c: the asynchronous calls.  Each is a few steps; between them it waits for a
 * timeout of the application's loop.  Parameters are looked at to the end, so that a sanitizer sees
 * who frees them early.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "eventloop/loop.h"
#include "fake-libxl.h"

#define STEPS 10
#define PAUSED_USEC                                                                                \
    2000000u /* a suspend waits so long for a guest that is paused; libxl: a minute */

struct fake_kind {
    const char *call;
    int         steps; /* beside the last one */

    /* Steps 0 to steps - 1, and the last.  Return 0, or the rc that ends the call. */
    int (*step)(struct fake_ao *ao, int step);
    int (*last)(struct fake_ao *ao);

    /* What is left where it is aborted in the middle, or is told to fail so. */
    void (*half)(struct fake_ao *ao);

    /* What libxl itself does where it fails otherwise. */
    void (*undo)(struct fake_ao *ao);

    bool hangs_frozen; /* waits while the guest's kernel does not answer */
    bool has_stream;
};

struct fake_ao {
    libxl_ctx              *ctx;
    const struct fake_kind *kind;
    libxl_asyncop_how       how;
    struct fake_fate        fate;
    struct fake_timeout    *timeout; /* NULL: none under way */
    pid_t                   child;   /* 0: none; only its exit lets the call go on */
    int                     step;
    bool                    aborted;
    TAILQ_ENTRY(fake_ao) link;

    /* parameters */
    uint32_t             domid;
    libxl_domain_config *config;
    uint32_t            *domid_out;
    int                  fd;
    const char          *path;

    /* of a stream */
    char    *body;
    size_t   size, done;
    uint32_t made;   /* the new domain; 0: not yet */
    bool     writes; /* the stream's start, when the loop says that fd is writable */
    void    *for_app;
    bool     waits;       /* the same step comes again: the guest has not answered */
    uint64_t waits_since; /* 0: not yet */
};

/*----- how a call goes -----*/

/* The domain that its lines name. */
static uint32_t
about(const struct fake_ao *ao)
{
    return ao->made ? ao->made : ao->domid;
}

void
fake_ao_free(struct fake_ao *ao)
{
    if (ao->child) {
        kill(ao->child, SIGKILL);
        waitpid(ao->child, NULL, 0);
    }
    TAILQ_REMOVE(&ao->ctx->aos, ao, link);
    free(ao->body);
    free(ao);
}

/* As the real one: it registers the file, which is a regular one, and takes that back as soon as
 * what is to be written is written. */
static void
start_writing(struct fake_ao *ao)
{
    libxl_ctx *ctx = ao->ctx;

    ao->writes = true;
    ctx->in_hook = true;
    assert(ctx->hooks->fd_register(ctx->hooks_user, ao->fd, &ao->for_app, POLLOUT, ao) == 0);
    ctx->in_hook = false;
}

static void
stop_writing(struct fake_ao *ao)
{
    libxl_ctx *ctx = ao->ctx;

    ao->writes = false;
    ctx->in_hook = true;
    ctx->hooks->fd_deregister(ctx->hooks_user, ao->fd, ao->for_app);
    ctx->in_hook = false;
}

static void
end(struct fake_ao *ao, int rc)
{
    libxl_ctx        *ctx = ao->ctx;
    libxl_asyncop_how how = ao->how;

    if (ao->timeout)
        fake_timeout_drop(ctx, ao->timeout);
    if (ao->writes)
        stop_writing(ao);
    fake_ao_free(ao);
    how.callback(ctx, rc, how.u.for_callback);
}

/* The real one calls a function that was not set yet. */
static void
check_abort(const struct fake_ao *ao)
{
    if (!ao->kind->has_stream || ao->step > 0)
        return;
    fputs("libxl would die here: aborted before the stream's helper runs\n", stderr);
    abort();
}

static void
end_half(struct fake_ao *ao, int rc)
{
    if (ao->kind->half)
        ao->kind->half(ao);
    end(ao, rc);
}

static void
end_undone(struct fake_ao *ao, int rc)
{
    if (ao->kind->undo)
        ao->kind->undo(ao);
    end(ao, rc);
}

/* Returns whether it goes on. */
static bool
one_step(struct fake_ao *ao)
{
    int rc;

    if (ao->aborted) {
        end_half(ao, ERROR_ABORTED);
        return false;
    }
    if (ao->step < ao->kind->steps) {
        ao->waits = false;
        rc = ao->kind->step(ao, ao->step);
        ao->step += !ao->waits;
        if (rc)
            end_undone(ao, rc);
        return !rc;
    }
    if (!ao->fate.rc) {
        rc = ao->kind->last(ao);
        if (rc)
            end_undone(ao, rc);
        else
            end(ao, 0);
        return false;
    }
    fake_say(ao->ctx, about(ao), 0, "%s failed as it was told", ao->kind->call);
    if (ao->fate.half)
        end_half(ao, ao->fate.rc);
    else
        end_undone(ao, ao->fate.rc);
    return false;
}

static bool
hangs(const struct fake_ao *ao)
{
    const struct fake_domain *dom = fake_domain_find(ao->domid);

    return ao->kind->hangs_frozen && dom && (dom->frozen || dom->paused);
}

static pid_t
fork_child(void)
{
    pid_t pid = fork();

    assert(pid >= 0);
    if (pid == 0) {
        usleep(fake_world()->delay_msec * 1000);
        _exit(0);
    }
    return pid;
}

/* libxl's own bound, pvcontrol->timeout_ms in libxl_domain.c; and how often it is looked here. */
#define ACKNOWLEDGE_USEC 60000000u
#define ACKNOWLEDGE_POLL_MSEC 20

static void
wait_for_guest(struct fake_ao *ao)
{
    if (!ao->waits_since)
        ao->waits_since = loop_now_usec();
    ao->timeout = fake_timeout_new(ao->ctx, ao, ACKNOWLEDGE_POLL_MSEC);
}

static void
wait_for_next(struct fake_ao *ao)
{
    if (ao->writes)
        return;
    if (!ao->aborted && hangs(ao)) {
        wait_for_guest(ao);
        return;
    }
    if (ao->waits) {
        ao->timeout = fake_timeout_new(ao->ctx, ao, 1);
        return;
    }
    if (fake_world()->forks) {
        ao->child = fork_child();
        return;
    }
    ao->timeout =
        fake_timeout_new(ao->ctx, ao, fake_world()->delay_msec / (unsigned)(ao->kind->steps + 1));
}

void
fake_ao_step(struct fake_ao *ao)
{
    ao->timeout = NULL;
    fake_xenstored_await();
    if (ao->aborted || !hangs(ao)) {
        if (one_step(ao))
            wait_for_next(ao);
    } else if (ao->waits_since && loop_now_usec() - ao->waits_since >= ACKNOWLEDGE_USEC) {
        fake_say(ao->ctx, about(ao), 0, "guest didn't acknowledge control request: %d",
                 ERROR_TIMEDOUT);
        end_undone(ao, ERROR_TIMEDOUT);
    } else {
        wait_for_guest(ao);
    }
}

void
fake_ao_reap(libxl_ctx *ctx)
{
    struct fake_ao *ao, *next;

    for (ao = TAILQ_FIRST(&ctx->aos); ao; ao = next) {
        next = TAILQ_NEXT(ao, link);
        if (!ao->child || waitpid(ao->child, NULL, WNOHANG) != ao->child)
            continue;
        ao->child = 0;
        fake_ao_step(ao);
    }
}

static struct fake_ao *
ao_new(libxl_ctx *ctx, const struct fake_kind *kind, uint32_t domid, const libxl_asyncop_how *how)
{
    struct fake_ao *ao = xcalloc(1, sizeof *ao);

    fake_enter(ctx);
    assert(how && how->callback);
    fake_xenstored_await();
    ao->ctx = ctx;
    ao->kind = kind;
    ao->domid = domid;
    ao->how = *how;
    ao->fd = -1;
    ao->fate = fake_call(kind->call, true);
    return ao;
}

static int
run(struct fake_ao *ao)
{
    enum fake_when when = fake_world()->when;
    int            rc = ao->fate.rc ? ao->fate.rc : ERROR_FAIL;

    if (when == FAKE_REFUSED) {
        fake_say(ao->ctx, about(ao), 0, "%s is refused as it was told", ao->kind->call);
        free(ao);
        return rc;
    }
    TAILQ_INSERT_TAIL(&ao->ctx->aos, ao, link);
    if (when == FAKE_LATER || hangs(ao)) {
        wait_for_next(ao);
        return 0;
    }
    while (one_step(ao)) {
        if (ao->waits) {
            wait_for_next(ao);
            break;
        }
    }
    return 0;
}

int
libxl_ao_abort(libxl_ctx *ctx, const libxl_asyncop_how *how)
{
    struct fake_ao *ao;

    fake_enter(ctx);
    TAILQ_FOREACH (ao, &ctx->aos, link) {
        if (ao->how.callback == how->callback && ao->how.u.for_callback == how->u.for_callback)
            break;
    }
    if (!ao)
        return ERROR_NOTFOUND;
    check_abort(ao);
    switch (fake_world()->abort) {
    case FAKE_ABORT_INSIDE:
        end_half(ao, ERROR_ABORTED);
        break;
    case FAKE_ABORT_LATER:
        ao->aborted = true;
        if (ao->timeout && hangs(ao))
            fake_timeout_drop(ctx, take_ptr(ao->timeout)); /* it need not look again for that */
        if (!ao->timeout && !ao->child)
            wait_for_next(ao);
        break;
    case FAKE_ABORT_IGNORED:
    case FAKE_ABORTS:
        break;
    }
    return 0;
}

/*----- a domain is made -----*/

static int
make(struct fake_ao *ao)
{
    const libxl_domain_create_info *c_info = &ao->config->c_info;
    struct fake_domain             *dom;

    if (fake_domain_named(c_info->name)) {
        fake_say(ao->ctx, about(ao), 0, "Domain with name \"%s\" already exists.", c_info->name);
        return ERROR_INVAL;
    }
    fake_lock();
    dom = fake_domain_new();
    assert(dom);
    memcpy(dom->uuid, libxl_uuid_bytearray_const(&c_info->uuid), sizeof dom->uuid);
    snprintf(dom->name, sizeof dom->name, "%s", c_info->name);
    dom->type = c_info->type;
    dom->memory_kib = ao->config->b_info.max_memkb;
    dom->vcpus = (unsigned)ao->config->b_info.max_vcpus;
    dom->paused = true;
    ao->made = dom->domid;
    fake_unlock();
    fake_xen_changed();
    return 0;
}

static int
keep_config(struct fake_ao *ao, uint32_t domid)
{
    cleanup_free char *json = libxl_domain_config_to_json(ao->ctx, ao->config);
    cleanup_free char *path = fake_path("config", domid);
    struct err         err;

    return json && file_replace(path, json, strlen(json), 0600, &err) == 0 ? 0 : ERROR_FAIL;
}

static int
finish_make(struct fake_ao *ao)
{
    if (keep_config(ao, ao->made))
        return ERROR_FAIL;
    /* Only now, as the real one. */
    *ao->domid_out = ao->made;
    return 0;
}

static void
unmake(struct fake_ao *ao)
{
    struct fake_domain *dom = ao->made ? fake_domain_find(ao->made) : NULL;

    if (dom)
        fake_domain_goes(dom);
}

static int
create_step(struct fake_ao *ao, int step)
{
    return step == 0 ? make(ao) : 0;
}

static const struct fake_kind create_kind = {
    .call = "create", .steps = 2, .step = create_step, .last = finish_make, .undo = unmake};

int
libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *config, uint32_t *domid_out,
                        const libxl_asyncop_how *how, const libxl_asyncprogress_how *console)
{
    struct fake_ao *ao = ao_new(ctx, &create_kind, 0, how);

    assert(!console);
    ao->config = config;
    ao->domid_out = domid_out;
    return run(ao);
}

/*----- restore -----*/

static int
read_start(struct fake_ao *ao)
{
    uint8_t want[FAKE_STREAM_START], have[FAKE_STREAM_START];
    off_t   here = lseek(ao->fd, 0, SEEK_CUR);

    fake_stream_start(want);
    if (read(ao->fd, have, sizeof have) != sizeof have || memcmp(want, have, sizeof have) != 0) {
        fake_say(ao->ctx, about(ao), 0, "Invalid stream");
        return ERROR_FAIL;
    }
    ao->size = (size_t)(lseek(ao->fd, 0, SEEK_END) - here) - sizeof have;
    lseek(ao->fd, here + (off_t)sizeof have, SEEK_SET);
    ao->body = xmalloc(ao->size);
    return make(ao);
}

static int
restore_step(struct fake_ao *ao, int step)
{
    size_t  end_of_step = ao->size * (size_t)step / (STEPS - 1);
    ssize_t n;

    if (step == 0)
        return read_start(ao);
    n = read(ao->fd, ao->body + ao->done, end_of_step - ao->done);
    if (n < 0) {
        fake_say(ao->ctx, about(ao), errno, "cannot read the stream");
        return ERROR_FAIL;
    }
    ao->done += (size_t)n;
    return 0;
}

static int
restore_last(struct fake_ao *ao)
{
    struct fake_domain *dom = fake_domain_find(ao->made);

    if (!dom || !fake_stream_counter(ao->body, ao->done, &dom->counter)) {
        fake_say(ao->ctx, about(ao), 0, "restoring domain: the stream is damaged");
        return ERROR_FAIL;
    }
    return finish_make(ao);
}

static const struct fake_kind restore_kind = {.call = "restore",
                                              .steps = STEPS,
                                              .step = restore_step,
                                              .last = restore_last,
                                              .undo = unmake,
                                              .has_stream = true};

int
libxl_domain_create_restore(libxl_ctx *ctx, libxl_domain_config *config, uint32_t *domid_out,
                            int fd, int send_back_fd, const libxl_domain_restore_params *params,
                            const libxl_asyncop_how *how, const libxl_asyncprogress_how *console)
{
    struct fake_ao *ao = ao_new(ctx, &restore_kind, 0, how);

    assert(!console && send_back_fd == -1 && params->stream_version == 2);
    ao->config = config;
    ao->domid_out = domid_out;
    ao->fd = fd;
    return run(ao);
}

/*----- suspend -----*/

static int
write_some(struct fake_ao *ao, const void *data, size_t size)
{
    if (file_write_all(ao->fd, data, size) == 0)
        return 0;
    fake_say(ao->ctx, about(ao), errno, "Failed to write page data to stream");
    return ERROR_FAIL;
}

static int
write_start(struct fake_ao *ao)
{
    uint8_t start[FAKE_STREAM_START];

    fake_stream_start(start);
    return write_some(ao, start, sizeof start);
}

void
fake_ao_writable(struct fake_ao *ao, int fd)
{
    int rc;

    assert(ao->writes && fd == ao->fd);
    stop_writing(ao);
    rc = write_start(ao);
    if (rc)
        end_undone(ao, rc);
    else
        wait_for_next(ao);
}

static int
suspend_start(struct fake_ao *ao)
{
    const struct fake_domain *dom = fake_domain_find(ao->domid);

    if (!dom)
        return ERROR_DOMAIN_NOTFOUND;
    ao->body = fake_stream_body(dom->counter, dom->type == LIBXL_DOMAIN_TYPE_HVM, &ao->size);
    if (fake_world()->when != FAKE_LATER)
        return write_start(ao);
    start_writing(ao);
    return 0;
}

/* It answers when it is let run, which is waited for; one that is frozen would not in any time. */
static int
suspend_guest(struct fake_ao *ao, struct fake_domain *dom)
{
    if (!ao->waits_since)
        ao->waits_since = loop_now_usec();
    if (dom->paused && loop_now_usec() - ao->waits_since < PAUSED_USEC) {
        ao->waits = true;
        return 0;
    }
    dom->asked_to_suspend = false;
    if (dom->frozen || dom->paused) {
        fake_say(ao->ctx, about(ao), 0, "guest did not suspend, timed out");
        return ERROR_GUEST_TIMEDOUT;
    }
    fake_domain_shuts_down(dom, LIBXL_SHUTDOWN_REASON_SUSPEND);
    return 0;
}

static int
suspend_step(struct fake_ao *ao, int step)
{
    struct fake_domain *dom = fake_domain_find(ao->domid);
    size_t              end_of_step = ao->size * (size_t)step / STEPS, from = ao->done;
    int                 rc;

    if (step == 0)
        return suspend_start(ao);
    if (!dom)
        return ERROR_FAIL;
    if (step == 1)
        dom->asked_to_suspend = true;
    if (step == 2) {
        rc = suspend_guest(ao, dom);
        if (rc || ao->waits)
            return rc;
    }
    ao->done = end_of_step;
    return write_some(ao, ao->body + from, end_of_step - from);
}

static int
suspend_last(struct fake_ao *ao)
{
    if (ao->fate.half)
        return 0; /* a torn stream */
    return write_some(ao, ao->body + ao->done, ao->size - ao->done);
}

static const struct fake_kind suspend_kind = {.call = "suspend",
                                              .steps = STEPS,
                                              .step = suspend_step,
                                              .last = suspend_last,
                                              .has_stream = true};

int
libxl_domain_suspend(libxl_ctx *ctx, uint32_t domid, int fd, int flags,
                     const libxl_asyncop_how *how)
{
    struct fake_ao *ao = ao_new(ctx, &suspend_kind, domid, how);

    assert(flags == 0);
    ao->fd = fd;
    return run(ao);
}

/*----- the others are one step -----*/

static int
resume_last(struct fake_ao *ao)
{
    struct fake_domain *dom = fake_domain_find(ao->domid);

    if (!dom)
        return ERROR_DOMAIN_NOTFOUND;
    /* To resume one that is not suspended spoils it. */
    assert(dom->shutdown && dom->reason == LIBXL_SHUTDOWN_REASON_SUSPEND);
    dom->shutdown = false;
    fake_xen_changed();
    return 0;
}

static const struct fake_kind resume_kind = {.call = "resume", .last = resume_last};

int
libxl_domain_resume(libxl_ctx *ctx, uint32_t domid, int suspend_cancel,
                    const libxl_asyncop_how *how)
{
    assert(suspend_cancel == 1);
    return run(ao_new(ctx, &resume_kind, domid, how));
}

static int
destroy_last(struct fake_ao *ao)
{
    struct fake_domain *dom = fake_domain_find(ao->domid);

    assert(ao->domid != 0);
    if (!dom)
        return ERROR_DOMAIN_NOTFOUND;
    fake_domain_goes(dom);
    return 0;
}

static void
destroy_half(struct fake_ao *ao)
{
    struct fake_domain *dom = fake_domain_find(ao->domid);

    if (dom)
        dom->dying = true;
    fake_xen_changed();
}

static const struct fake_kind destroy_kind = {
    .call = "destroy", .last = destroy_last, .half = destroy_half};

int
libxl_domain_destroy(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *how)
{
    return run(ao_new(ctx, &destroy_kind, domid, how));
}

/* It is taken apart and put together again, all but its memory. */
static int
soft_reset_step(struct fake_ao *ao, int step)
{
    struct fake_domain *dom = fake_domain_find(ao->domid);

    if (!dom)
        return ERROR_DOMAIN_NOTFOUND;
    assert(memcmp(dom->uuid, libxl_uuid_bytearray(&ao->config->c_info.uuid), sizeof dom->uuid) ==
           0);
    if (step == 1) {
        fake_domain_forget(dom);
        dom->paused = true;
        dom->shutdown = false;
    }
    fake_xen_changed();
    return 0;
}

static int
soft_reset_last(struct fake_ao *ao)
{
    return fake_domain_find(ao->domid) ? keep_config(ao, ao->domid) : ERROR_FAIL;
}

static void
soft_reset_undo(struct fake_ao *ao)
{
    struct fake_domain *dom = fake_domain_find(ao->domid);

    if (dom)
        fake_domain_goes(dom);
}

static const struct fake_kind soft_reset_kind = {.call = "soft-reset",
                                                 .steps = 2,
                                                 .step = soft_reset_step,
                                                 .last = soft_reset_last,
                                                 .undo = soft_reset_undo};

int
libxl_domain_soft_reset(libxl_ctx *ctx, libxl_domain_config *config, uint32_t domid,
                        const libxl_asyncop_how *how, const libxl_asyncprogress_how *console)
{
    struct fake_ao *ao = ao_new(ctx, &soft_reset_kind, domid, how);

    assert(!console && config->b_info.type == LIBXL_DOMAIN_TYPE_HVM);
    ao->config = config;
    return run(ao);
}

static int
set_paused(struct fake_ao *ao, bool paused)
{
    struct fake_domain *dom = fake_domain_find(ao->domid);

    if (!dom)
        return ERROR_DOMAIN_NOTFOUND;
    dom->paused = paused;
    return 0;
}

static int
pause_last(struct fake_ao *ao)
{
    return set_paused(ao, true);
}

/* As Xen's, it fails for a domain that is not paused. */
static int
unpause_last(struct fake_ao *ao)
{
    const struct fake_domain *dom = fake_domain_find(ao->domid);

    if (dom && !dom->paused) {
        fake_say(ao->ctx, about(ao), EINVAL, "Unpausing domain");
        return ERROR_FAIL;
    }
    return set_paused(ao, false);
}

static const struct fake_kind pause_kind = {.call = "pause", .last = pause_last};
static const struct fake_kind unpause_kind = {.call = "unpause", .last = unpause_last};

int
libxl_domain_pause(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *how)
{
    return run(ao_new(ctx, &pause_kind, domid, how));
}

int
libxl_domain_unpause(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *how)
{
    return run(ao_new(ctx, &unpause_kind, domid, how));
}

static int
stop(struct fake_ao *ao, int reason, bool needs_driver)
{
    struct fake_domain *dom = fake_domain_find(ao->domid);

    if (!dom)
        return ERROR_DOMAIN_NOTFOUND;
    if (needs_driver == (dom->type == LIBXL_DOMAIN_TYPE_HVM))
        return needs_driver ? ERROR_NOPARAVIRT : ERROR_FAIL;
    fake_domain_shuts_down(dom, reason);
    return 0;
}

static int
shutdown_last(struct fake_ao *ao)
{
    return stop(ao, LIBXL_SHUTDOWN_REASON_POWEROFF, true);
}

static int
reboot_last(struct fake_ao *ao)
{
    return stop(ao, LIBXL_SHUTDOWN_REASON_REBOOT, true);
}

static int
power_button_last(struct fake_ao *ao)
{
    return stop(ao, LIBXL_SHUTDOWN_REASON_POWEROFF, false);
}

static const struct fake_kind shutdown_kind = {
    .call = "shutdown", .last = shutdown_last, .hangs_frozen = true};
static const struct fake_kind reboot_kind = {
    .call = "reboot", .last = reboot_last, .hangs_frozen = true};
static const struct fake_kind power_button_kind = {.call = "power-button",
                                                   .last = power_button_last};
/* Of what a guest does with an interrupt nobody knows. */
static int
trigger_last(struct fake_ao *ao)
{
    (void)ao;
    return 0;
}

static const struct fake_kind trigger_kind = {.call = "trigger", .last = trigger_last};

int
libxl_domain_shutdown(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *how)
{
    return run(ao_new(ctx, &shutdown_kind, domid, how));
}

int
libxl_domain_reboot(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *how)
{
    return run(ao_new(ctx, &reboot_kind, domid, how));
}

int
libxl_send_trigger(libxl_ctx *ctx, uint32_t domid, libxl_trigger trigger, uint32_t vcpuid,
                   const libxl_asyncop_how *how)
{
    assert(vcpuid == 0);
    return run(ao_new(ctx, trigger == LIBXL_TRIGGER_POWER ? &power_button_kind : &trigger_kind,
                      domid, how));
}

/* The real one opens by name and truncates. */
static int
write_dump(struct fake_ao *ao, const char *text)
{
    cleanup_close int fd = open(ao->path, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);

    return fd >= 0 && file_write_all(fd, text, strlen(text)) == 0 ? 0 : ERROR_FAIL;
}

static int
dump_last(struct fake_ao *ao)
{
    return write_dump(ao, "a whole core");
}

static void
dump_half(struct fake_ao *ao)
{
    (void)write_dump(ao, "a wh");
}

static const struct fake_kind dump_kind = {.call = "dump", .last = dump_last, .half = dump_half};

int
libxl_domain_core_dump(libxl_ctx *ctx, uint32_t domid, const char *path,
                       const libxl_asyncop_how *how)
{
    struct fake_ao *ao = ao_new(ctx, &dump_kind, domid, how);

    ao->path = path;
    return run(ao);
}

static int
config_last(struct fake_ao *ao)
{
    cleanup_free char *path = fake_path("config", ao->domid);
    cleanup_free char *json = NULL;
    struct err         err;

    fake_domain_await_lock(ao->domid);
    if (file_read(path, 1 << 20, &json, NULL, &err) < 0) {
        fake_say(ao->ctx, about(ao), 0, "Fail to get domain configuration");
        return ERROR_FAIL;
    }
    return libxl_domain_config_from_json(ao->ctx, ao->config, json);
}

static const struct fake_kind config_kind = {.call = "config", .last = config_last};

int
libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t domid, libxl_domain_config *config,
                                    const libxl_asyncop_how *how)
{
    struct fake_ao *ao = ao_new(ctx, &config_kind, domid, how);

    ao->config = config;
    return run(ao);
}
