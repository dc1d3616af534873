/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * undo.c: a worker died in its task; finish what it had committed, undo the rest.  See worker.x,
 * WORKER_UNDO.
 *
 *   undo_start     what is there?  then one of
 *     undo_let_run   a complete domain that was to be made: it runs
 *     undo_removed   a half-built one: it has gone
 *     undo_saved     a suspended one whose image is whole: it has gone, the save is done
 *     undo_resumed   a suspended one without an image: it runs on
 *
 * Success means that the task is done after all; a failure says what became of it.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/uuid.h"
#include "build.h"
#include "driver/image.h"
#include "new-file.h"
#include "operation.h"

/*
 * A guest that was asked to suspend does so in its own time, also when nobody waits for it any
 * more.  So long it is watched; libxl itself gives it a minute, but that is for one that hangs.
 */
#define SUSPEND_USEC 10000000
#define AGAIN_USEC 200000

struct undo {
    struct operation  op; /* must be first */
    struct loop_timer again;
    uint64_t          watch_until;
};

static loop_fn    undo_save;
static xl_call_fn undo_let_run;
static xl_call_fn undo_removed;
static xl_call_fn undo_saved;
static xl_call_fn undo_resumed;

/*----- how it ends -----*/

static void
undone(struct operation *op, const char *what)
{
    struct err err;

    err_set(&err, ERR_OPERATION_ABORTED, "%s", what);
    operation_fail(op, &err);
    operation_finish(op);
}

static void
done(struct operation *op)
{
    op->domain_left = false;
    operation_finish(op);
}

/*----- create, restore -----*/

/* The definition is kept with a domain when it is complete. */
static bool
is_complete(const struct operation *op)
{
    cleanup_free uint8_t *data = NULL;
    int                   size = 0;

    return libxl_userdata_retrieve(op->xl->ctx, (uint32_t)op->domid, BUILD_USERDATA, &data,
                                   &size) == 0 &&
           size > 0;
}

static void
undo_build(struct operation *op)
{
    const uint8_t *uuid = (const uint8_t *)op->params->uuid;

    if (uuid_is_zero(uuid)) {
        undone(op, "no domain was made yet");
        return;
    }
    switch (operation_find(op, uuid, &op->domid)) {
    case OPERATION_DOMAIN_GONE:
        undone(op, "no domain is left of it");
        return;
    case OPERATION_DOMAIN_UNKNOWN:
        undone(op, "whether a half-built domain is left cannot be told");
        return;
    case OPERATION_DOMAIN_THERE:
        break;
    }
    if (!is_complete(op))
        xl_domain_destroy(&op->call, (uint32_t)op->domid, undo_removed);
    else if (op->params->flags & WORKER_PAUSED)
        done(op);
    else
        xl_domain_unpause(&op->call, (uint32_t)op->domid, undo_let_run);
}

static void
undo_let_run(struct xl_call *call, int rc)
{
    struct operation *op = operation_of_call(call);

    if (rc)
        operation_fail_xl(op, rc, "the domain is complete, but cannot be started");
    operation_finish(op);
}

static void
undo_removed(struct xl_call *call, int rc)
{
    struct operation *op = operation_of_call(call);

    if (rc) {
        operation_fail_xl(op, rc, "the half-built domain cannot be destroyed");
        operation_finish(op);
        return;
    }
    op->domid = -1;
    undone(op, "the half-built domain was destroyed");
}

/*----- save -----*/

static bool
is_image_of(const struct operation *op, int fd, struct err *err)
{
    struct image       image = {.config = NULL};
    struct domain_def *def = NULL;
    bool               whole;

    whole = image_read(fd, &image, err) == 0 && image.format == IMAGE_LIBVIRT &&
            domain_def_parse(image.config, strlen(image.config), &def, err) == 0 &&
            uuid_equal(def->uuid, (const uint8_t *)op->params->uuid) &&
            image_check_stream(fd, image.stream_offset, err) == 0;
    domain_def_free(def);
    image_clear(&image);
    return whole;
}

/*
 * Did the dead worker give the image its name?  A save that may not overwrite has seen that there
 * was none before it suspended the guest; of one that may, the image could be an older one.
 */
static bool
is_committed(const struct operation *op)
{
    cleanup_close int fd = open(op->params->path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    struct stat       st;
    struct err        err;

    return !(op->params->flags & WORKER_OVERWRITE) && fd >= 0 && fstat(fd, &st) == 0 &&
           S_ISREG(st.st_mode) && is_image_of(op, fd, &err);
}

static void
domain_is_gone(struct operation *op)
{
    if (is_committed(op))
        done(op);
    else
        undone(op, "the domain has gone, and no image of it is there");
}

static void
domain_is_suspended(struct operation *op)
{
    if (is_committed(op))
        xl_domain_destroy(&op->call, (uint32_t)op->domid, undo_saved);
    else
        xl_domain_resume(&op->call, (uint32_t)op->domid, undo_resumed);
}

static void
undo_save(void *arg)
{
    struct undo  *u = arg;
    libxl_dominfo info;
    bool          suspended;

    switch (operation_look(&u->op, &info)) {
    case OPERATION_DOMAIN_GONE:
        domain_is_gone(&u->op);
        return;
    case OPERATION_DOMAIN_UNKNOWN:
        undone(&u->op, "what became of the domain cannot be told");
        return;
    case OPERATION_DOMAIN_THERE:
        break;
    }
    suspended = info.shutdown && info.shutdown_reason == LIBXL_SHUTDOWN_REASON_SUSPEND;
    libxl_dominfo_dispose(&info);
    if (suspended)
        domain_is_suspended(&u->op);
    else if (loop_now_usec() < u->watch_until)
        loop_timer_start(&u->again, AGAIN_USEC);
    else
        undone(&u->op, "the domain runs on");
}

static void
undo_saved(struct xl_call *call, int rc)
{
    struct operation *op = operation_of_call(call);

    if (rc)
        operation_fail_xl(op, rc, "the image is written, but the domain cannot be destroyed");
    done(op);
}

static void
undo_resumed(struct xl_call *call, int rc)
{
    struct operation *op = operation_of_call(call);

    if (rc) {
        operation_fail_xl(op, rc, "the domain is suspended and cannot be resumed");
        operation_finish(op);
        return;
    }
    undone(op, "the domain runs on");
}

/*----- all of them -----*/

static void
undo_start(struct operation *op)
{
    struct undo        *u = container_of(op, struct undo, op);
    const worker_start *params = op->params;

    loop_timer_init(&u->again, op->xl->loop, undo_save, u);
    u->watch_until = loop_now_usec() + SUSPEND_USEC;
    operation_phase(op, WORKER_UNDOING);
    if (params->operation == WORKER_SAVE || params->operation == WORKER_DUMP)
        new_file_remove_stale(params->path, params->job);
    if (params->operation == WORKER_SAVE)
        undo_save(u);
    else if (params->operation == WORKER_DUMP)
        undone(op, "nothing is left of the dump");
    else
        undo_build(op);
}

static void
undo_clear(struct operation *op)
{
    struct undo *u = container_of(op, struct undo, op);

    loop_timer_stop(&u->again);
}

const struct operation_type operation_undo = {
    .name = "undo",
    .size = sizeof(struct undo),
    .start = undo_start,
    .abort = NULL, /* a guest or an image is at stake */
    .clear = undo_clear,
};
