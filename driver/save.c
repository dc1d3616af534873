/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clang-format off */
/*
 * save.c: write a domain to a file, then destroy it, or let it go on.
 *
 *   save_start         open a new file, write the wrapper, see that a restore could read it, start
 *                      the suspend
 *     save_wake        a paused domain is let run, as late as possible
 *     save_woken
 *   save_suspended     wait for the end of the latter, too
 *   save_stream_ended  see that the stream is whole, note the disks, give the file its name, start
 *                      the destroy
 *   save_destroyed
 *
 *   save_go_on         (instead of the destroy, with KEEP) pause it again, if it was; resume it
 *   save_paused
 *   save_resumed
 *
 *   save_roll_back     (where a step failed) remove the file
 *   save_look          what is there?
 *   save_put_back      as with KEEP, as far as it is needed
 *
 * Where a worker died in it:
 *
 *   save_undo          remove its file, then, as long as the domain may yet suspend itself
 *   save_undo_look     what is there?  then one of
 *     save_undo_destroyed  a suspended one whose image is whole: it has gone, the save is done
 *     save_put_back        any other
 *   save_undo_files    (where the latter could not look at files) remove what is left, the image too
 *
 * The domain goes only after its image lies under its name on the disk.  Where it runs on, no image
 * of a save that failed stays: one that is restored later would undo what its disks have been
 * through since.
 *
 * libxl (4.17) asks a domain's own kernel to suspend itself, which one that is paused cannot hear: it
 * would wait for a minute.  Only an HVM guest without drivers for Xen is suspended by the hypervisor.
 */
/* clang-format on */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/uuid.h"
#include "build.h"
#include "conf/libxl.h"
#include "disks.h"
#include "driver/image.h"
#include "new-file.h"
#include "operation.h"

#define PAGE_BYTES 4096

/*
 * A guest that was asked to suspend does so in its own time, also when nobody waits for it any
 * more.  So long it is watched; libxl itself gives it a minute, but that is for one that hangs.
 */
#define SUSPEND_USEC 10000000
#define SUSPEND_SOON_USEC 3000000
#define SUSPEND_AT_LAST_USEC 1000000 /* it was watched before */
#define AGAIN_USEC 200000

/* libxl's helper runs, and so the domain is about to be asked; so soon afterwards it has been. */
#define WAKE_USEC 20000
#define WAKES_MAX 8 /* others may have paused it several times, which Xen counts */

struct save {
    struct operation  op; /* must be first */
    struct new_file   file;
    struct image      image;
    uint64_t          written_back; /* the kernel was told to write so much of the stream */
    struct loop_timer again;        /* look again whether it suspends itself after all */
    uint64_t          watch_until;
    struct loop_timer wake_due;
    struct xl_call    wake;  /* beside the suspend */
    unsigned          wakes; /* so often it was let run */
    bool              helper_seen;
    bool              suspend_ended; /* while wake is under way still: with this */
    int               suspend_rc;
    bool              asked;     /* it may have been asked to suspend itself */
    bool              suspended; /* while it is paused again: it is to be resumed then */
};

/* The steps, in the order they run. */
static void       save_start(struct operation *op);
static loop_fn    save_wake;
static xl_call_fn save_woken;
static xl_call_fn save_suspended;
static void       save_stream_ended(struct save *s, int rc);
static xl_call_fn save_destroyed;
static void       save_roll_back(struct save *s);
static loop_fn    save_look;
static void       save_go_on(struct save *s);
static void       save_put_back(struct save *s, libxl_dominfo *info);
static xl_call_fn save_paused;
static xl_call_fn save_resumed;
static loop_fn    save_undo_look;
static xl_call_fn save_undo_destroyed;

/*----- helpers -----*/

static const worker_save *
save_params(const struct operation *op)
{
    return &op->task->params.worker_params_u.save;
}

static bool
save_has_flag(const struct save *s, unsigned flag)
{
    return save_params(&s->op)->flags & flag;
}

/*
 * The file's position tells how far it is: libxl's helper shares it.  What libxc says of its
 * progress counts the holes in a PVH domain's memory too, and so goes from 3% to the end at once.
 */
static uint64_t
save_written(const struct save *s)
{
    off_t here = lseek(s->file.fd, 0, SEEK_CUR);

    return here > (off_t)s->image.stream_offset ? (uint64_t)here - s->image.stream_offset : 0;
}

static void
save_note_progress(struct save *s)
{
    s->op.processed = save_written(s);
    if (s->op.total < s->op.processed)
        s->op.total = s->op.processed;
}

/* Have the disk busy while the stream comes, so that little is left for the fsync at the end. */
static void
save_write_back(struct save *s)
{
    uint64_t from = s->written_back, end = save_written(s);

    if (end <= from)
        return;
    (void)sync_file_range(s->file.fd, (off_t)(s->image.stream_offset + from), (off_t)(end - from),
                          SYNC_FILE_RANGE_WRITE);
    s->written_back = end;
}

static void
save_ticked(struct operation *op)
{
    struct save *s = container_of(op, struct save, op);

    if (s->file.fd < 0)
        return;
    save_note_progress(s);
    save_write_back(s);
}

/* Why the disk takes no more; 0: it does. */
static int
save_errnum_of_disk(const struct save *s)
{
    static const char page[PAGE_BYTES];
    int               errnum = s->op.xl->log.errnum;
    ssize_t           n;

    if (errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG)
        return errnum;
    n = write(s->file.fd, page, sizeof page);
    if (n < 0)
        return errno;
    return n < (ssize_t)sizeof page ? ENOSPC : 0;
}

/* libxl's words seldom say that the disk is full, so ask it. */
static void
save_explain_failed_write(const struct save *s, struct err *err)
{
    int errnum = save_errnum_of_disk(s);

    if (!errnum)
        return;
    err_prefix(err, "cannot write %s: %s", s->file.path, strerrordesc_np(errnum));
    err->code = ERR_SYSTEM;
    err->detail = errnum;
}

/*
 * A disk so full that libxl cannot write the first bytes of its stream would end this process (see
 * operation_helper_runs), so they get their place now.  Returns 0, or -1 with errno.
 */
static int
save_reserve(int fd, off_t offset)
{
    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, PAGE_BYTES) == 0)
        return 0;
    return errno == EOPNOTSUPP || errno == ENOSYS ? 0 : -1;
}

/* To resume one that is not would spoil its registers. */
static bool
save_is_suspended(const libxl_dominfo *info)
{
    return info->shutdown && info->shutdown_reason == LIBXL_SHUTDOWN_REASON_SUSPEND;
}

/*
 * Job numbers begin anew when the host does.  A host that does not tell its boot id has zeros.
 */
static void
save_sign(const struct operation *op, image_note *note)
{
    sd_id128_t boot = SD_ID128_NULL;

    (void)sd_id128_get_boot(&boot);
    note->job = op->task->job;
    memcpy(note->boot, boot.bytes, sizeof note->boot);
}

/* Has this very job written it? */
static bool
save_has_signed(const struct operation *op, const image_note *note)
{
    image_note mine;

    save_sign(op, &mine);
    return note && note->job == mine.job && !uuid_is_zero((const uint8_t *)mine.boot) &&
           memcmp(note->boot, mine.boot, sizeof mine.boot) == 0;
}

/*----- the steps -----*/

static image_state
save_image_state(const struct save *s)
{
    if (save_has_flag(s, WORKER_SAVE_PAUSED))
        return IMAGE_STATE_PAUSED;
    if (save_has_flag(s, WORKER_SAVE_RUNNING))
        return IMAGE_STATE_RUNNING;
    return save_has_flag(s, WORKER_SAVE_OF_PAUSED) ? IMAGE_STATE_PAUSED : IMAGE_STATE_RUNNING;
}

/* xl's wrapper where libxl's configuration says more than the XML: xl can restore that image too,
 * and who would make another machine of it by its XML alone does not read it. */
static int
save_make_image(struct save *s, const struct domain_def *def, libxl_domain_config *config,
                struct err *err)
{
    const char *xml = save_params(&s->op)->xml;

    s->image.note = disks_note(config, save_has_flag(s, WORKER_SAVE_KEEP));
    save_sign(&s->op, s->image.note);
    s->image.note->state = save_image_state(s);
    if (!domain_def_is_whole(def)) {
        s->image.format = IMAGE_LIBVIRT;
        s->image.config = xstrdup(xml);
        return 0;
    }
    s->image.format = IMAGE_XL;
    s->image.xml = xstrdup(xml);
    s->image.config = libxl_domain_config_to_json(s->op.xl->ctx, config);
    return s->image.config
               ? 0
               : err_set(err, ERR_INTERNAL, "libxl cannot write its configuration of the domain");
}

static int
save_write_wrapper(struct save *s, struct err *err)
{
    struct domain_def  *def = NULL;
    libxl_domain_config config;
    int                 r;

    libxl_domain_config_init(&config);
    r = build_parse_xml(s->op.xl, save_params(&s->op)->xml, &def, &config, err);
    if (r < 0)
        err_prefix(err, "an image with this definition could not be restored");
    else if (save_make_image(s, def, &config, err) < 0 ||
             image_write(s->file.fd, &s->image, 0, err) < 0)
        r = -1;
    libxl_domain_config_dispose(&config);
    domain_def_free(def);
    return r;
}

/* What is paused only now would not be paused again. */
static int
save_check_domain(struct save *s, struct err *err)
{
    libxl_dominfo info;
    bool          paused;

    if (operation_need_domain(&s->op, &info, err) < 0)
        return -1;
    s->op.total = info.current_memkb * 1024;
    paused = info.paused;
    libxl_dominfo_dispose(&info);
    if (paused && !save_has_flag(s, WORKER_SAVE_OF_PAUSED))
        return err_set(err, ERR_OPERATION_INVALID, "domain %s was paused meanwhile",
                       s->op.task->name);
    return operation_refuse_stubdomain(&s->op, err);
}

/* An image of an earlier run; were it there still, nobody could tell whether this save gets to it.
 */
static int
save_remove_old(const char *path, struct err *err)
{
    if (unlink(path) == 0)
        return file_sync_folder(path, err);
    return errno == ENOENT ? 0 : err_set_errno(err, errno, "cannot remove the old %s", path);
}

static int
save_prepare(struct save *s, struct err *err)
{
    const worker_save *params = save_params(&s->op);
    bool               overwrite = params->flags & WORKER_SAVE_OVERWRITE;

    if (save_check_domain(s, err) < 0 ||
        (params->flags & WORKER_SAVE_MANAGED && save_remove_old(params->path, err) < 0) ||
        new_file_open(&s->file, params->path, overwrite, s->op.task->job, err) < 0 ||
        save_write_wrapper(s, err) < 0 || build_check_image(s->op.xl, s->file.fd, err) < 0)
        return -1;
    if (save_reserve(s->file.fd, (off_t)s->image.stream_offset) < 0)
        return err_set_errno(err, errno, "cannot write %s", params->path);
    return 0;
}

static void
save_init(struct save *s)
{
    struct loop *loop = s->op.xl->loop;

    s->file = (struct new_file){.fd = -1, .folder = -1};
    xl_call_init(&s->wake, s->op.xl);
    loop_timer_init(&s->wake_due, loop, save_wake, s);
}

static void
save_start(struct operation *op)
{
    struct save *s = container_of(op, struct save, op);
    struct err   err;

    save_init(s);
    loop_timer_init(&s->again, op->xl->loop, save_look, s);
    if (save_prepare(s, &err) < 0) {
        operation_fail(op, &err);
        save_roll_back(s);
        return;
    }
    operation_tick(op, save_ticked);
    if (save_has_flag(s, WORKER_SAVE_OF_PAUSED))
        loop_timer_start(&s->wake_due, WAKE_USEC);
    s->asked = true;
    xl_domain_suspend(&op->call, (uint32_t)op->domid, s->file.fd, save_suspended);
}

static bool
save_helper_runs(struct operation *op)
{
    struct save *s = container_of(op, struct save, op);

    return operation_helper_runs(s->file.fd, s->image.stream_offset);
}

/* What it would do before it hears of the suspend it shall not do.  One that the hypervisor has
 * suspended meanwhile is left alone. */
static void
save_wake(void *arg)
{
    struct save  *s = arg;
    bool          asked = s->helper_seen;
    libxl_dominfo info;

    s->helper_seen = save_helper_runs(&s->op);
    if (!asked) {
        loop_timer_start(&s->wake_due, WAKE_USEC);
        return;
    }
    if (operation_look(&s->op, &info) != OPERATION_DOMAIN_THERE)
        return;
    if (info.paused && !info.shutdown && s->wakes++ < WAKES_MAX)
        xl_domain_unpause(&s->wake, (uint32_t)s->op.domid, save_woken);
    libxl_dominfo_dispose(&info);
}

static void
save_woken(struct xl_call *call, int rc)
{
    struct save *s = container_of(call, struct save, wake);
    struct err   err;

    if (rc) {
        xl_call_err_set(&err, call, rc,
                        "domain %s is paused, and cannot be let run to suspend itself",
                        s->op.task->name);
        operation_fail(&s->op, &err);
    }
    if (s->suspend_ended)
        save_stream_ended(s, s->suspend_rc);
    else if (rc)
        operation_abort_call(&s->op, 0, save_helper_runs);
    else
        loop_timer_start(&s->wake_due, WAKE_USEC); /* does it run now? */
}

static void
save_failed(struct save *s, int rc)
{
    struct err err;

    if (!operation_failed(&s->op)) {
        xl_err_set(&err, s->op.xl, rc, "cannot save domain %s", s->op.task->name);
        if (rc != ERROR_GUEST_TIMEDOUT)
            save_explain_failed_write(s, &err);
        operation_fail(&s->op, &err);
    }
    save_roll_back(s);
}

static void
save_suspended(struct xl_call *call, int rc)
{
    struct save *s = container_of(operation_of_call(call), struct save, op);

    loop_timer_stop(&s->wake_due);
    s->suspend_ended = true;
    s->suspend_rc = rc;
    if (!s->wake.active)
        save_stream_ended(s, rc);
}

/* The disks last, for the domain wrote to them until it stopped. */
static int
save_complete_image(struct save *s, struct err *err)
{
    if (image_check_stream(s->file.fd, s->image.stream_offset, err) < 0)
        return -1;
    disks_note_again(s->image.note);
    return image_write_note(s->file.fd, &s->image, err) < 0 || new_file_commit(&s->file, err) < 0
               ? -1
               : 0;
}

static void
save_stream_ended(struct save *s, int rc)
{
    struct err err;

    /* An abort may come too late for libxl, but not for us. */
    if (rc || operation_failed(&s->op)) {
        save_failed(s, rc);
        return;
    }
    if (save_complete_image(s, &err) < 0) {
        operation_fail(&s->op, &err);
        save_roll_back(s);
        return;
    }
    s->op.processed = s->op.total;
    operation_phase(&s->op, WORKER_COMMITTED);
    if (save_has_flag(s, WORKER_SAVE_KEEP))
        save_go_on(s);
    else
        xl_domain_destroy(&s->op.call, (uint32_t)s->op.domid, save_destroyed);
}

static void
save_destroyed(struct xl_call *call, int rc)
{
    struct operation *op = operation_of_call(call);

    op->domain_left = rc && operation_look(op, NULL) != OPERATION_DOMAIN_GONE;
    if (op->domain_left)
        operation_fail_xl(op, rc, "the image is written, but the domain cannot be destroyed");
    operation_finish(op);
}

/*----- the domain does not go -----*/

static void
save_roll_back(struct save *s)
{
    loop_timer_stop(&s->wake_due);
    operation_undoing(&s->op);
    new_file_discard(&s->file);
    if (s->wakes)
        s->watch_until = loop_now_usec() + SUSPEND_AT_LAST_USEC;
    save_look(s);
}

static void
save_look(void *arg)
{
    struct save  *s = arg;
    libxl_dominfo info;

    switch (operation_look(&s->op, &info)) {
    case OPERATION_DOMAIN_GONE:
        s->op.domain_left = false;
        operation_finish(&s->op);
        return;
    case OPERATION_DOMAIN_UNKNOWN:
        operation_finish(&s->op);
        return;
    case OPERATION_DOMAIN_THERE:
        save_put_back(s, &info);
        break;
    }
}

/* One that has heard of its suspend may be about to do it. */
static bool
save_may_suspend(struct save *s, bool paused)
{
    bool there = s->asked && xl_cancel_suspend((uint32_t)s->op.domid);

    s->asked = false;
    return !there && !paused && loop_now_usec() < s->watch_until;
}

/* Returns -1 where no regular file has the name. */
static int
save_open_image(const struct operation *op)
{
    cleanup_close int fd =
        open(save_params(op)->path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? take_fd(fd) : -1;
}

static bool
save_is_ours(const struct operation *op, int fd)
{
    struct image image = {.config = NULL};
    struct err   err;
    bool         ours;

    if (image_read(fd, &image, &err) < 0)
        return false;
    ours = save_has_signed(op, image.note);
    image_clear(&image);
    return ours;
}

/* The domain runs on. */
static int
save_remove_image(const struct operation *op, struct err *err)
{
    const char       *path = save_params(op)->path;
    cleanup_close int fd = save_open_image(op);

    if (fd < 0 || !save_is_ours(op, fd))
        return 0;
    if (unlink(path) < 0)
        return err_set_errno(err, errno, "its image %s is of no use any more and cannot be removed",
                             path);
    return file_sync_folder(path, err);
}

/* One whose destroy was begun is paused, or dying, and its image is all there is of it. */
static bool
save_domain_runs(const struct operation *op)
{
    libxl_dominfo info;
    bool          runs;

    if (operation_look(op, &info) != OPERATION_DOMAIN_THERE)
        return false;
    runs = !info.paused && !info.shutdown && !info.dying;
    libxl_dominfo_dispose(&info);
    return runs;
}

static void
save_undone(struct save *s)
{
    struct err err;

    s->op.domain_left = save_domain_runs(&s->op);
    if (s->op.domain_left && !(s->op.task->flags & WORKER_GUEST_ONLY) &&
        save_remove_image(&s->op, &err) < 0) {
        err_prefix(&err, "the domain runs on");
        operation_fail(&s->op, &err);
    }
    operation_undone(&s->op, save_has_flag(s, WORKER_SAVE_OF_PAUSED)
                                 ? "the domain is paused, as it was"
                                 : "the domain runs on");
}

static void
save_finish(struct save *s)
{
    if (s->op.task->flags & WORKER_UNDO && s->op.phase != WORKER_COMMITTED)
        save_undone(s);
    else
        operation_finish(&s->op);
}

static void
save_resume(struct save *s)
{
    xl_domain_resume(&s->op.call, (uint32_t)s->op.domid, save_resumed);
}

static void
save_pause(struct save *s)
{
    xl_domain_pause(&s->op.call, (uint32_t)s->op.domid, save_paused);
}

/* It is suspended. */
static void
save_go_on(struct save *s)
{
    s->suspended = true;
    if (save_has_flag(s, WORKER_SAVE_OF_PAUSED))
        save_pause(s);
    else
        save_resume(s);
}

/* info is Taken. */
static void
save_put_back(struct save *s, libxl_dominfo *info)
{
    bool paused = info->paused;

    s->suspended = save_is_suspended(info);
    libxl_dominfo_dispose(info);
    if (!s->suspended && save_may_suspend(s, paused))
        loop_timer_start(&s->again, s->op.task->flags & WORKER_UNDO ? AGAIN_USEC : WAKE_USEC);
    else if (save_has_flag(s, WORKER_SAVE_OF_PAUSED) && !paused)
        save_pause(s);
    else if (s->suspended)
        save_resume(s);
    else
        save_finish(s);
}

static void
save_paused(struct xl_call *call, int rc)
{
    struct save *s = container_of(operation_of_call(call), struct save, op);

    if (rc)
        operation_fail_xl(&s->op, rc, "the domain, which was paused, cannot be paused again");
    if (s->suspended)
        save_resume(s);
    else
        save_finish(s);
}

static void
save_resumed(struct xl_call *call, int rc)
{
    struct operation *op = operation_of_call(call);
    bool              failed = operation_failed(op);

    if (!rc) {
        save_finish(container_of(op, struct save, op));
        return;
    }
    operation_fail_xl(op, rc, "the domain is suspended and cannot be resumed");
    /* The caller is told why the save failed: that came first. */
    if (failed)
        err_append(&op->err, "; and the domain, which is suspended, cannot be resumed");
    else if (op->phase == WORKER_COMMITTED)
        err_prefix(&op->err, "the image is written");
    op->domain_left = false;
    operation_finish(op);
}

/*----- after a worker that died -----*/

/* It is done after all. */
static void
save_undo_done(struct operation *op)
{
    op->domain_left = false;
    operation_finish(op);
}

/* An image that another dom0d has begun before this one took over bears no signature.  One that may
 * not be overwritten is new all the same: the save has seen that there was none. */
static bool
save_proves(const struct save *s, const image_note *note, bool suspended)
{
    return save_has_signed(&s->op, note) ||
           (!note && suspended && !save_has_flag(s, WORKER_SAVE_OVERWRITE));
}

static bool
save_is_image_of(const struct save *s, int fd, bool suspended, struct err *err)
{
    struct image       image = {.config = NULL};
    struct domain_def *def = NULL;
    bool               whole;

    whole = image_read(fd, &image, err) == 0 &&
            build_parse_image(s->op.xl, &image, &def, err) == 0 &&
            uuid_equal(def->uuid, (const uint8_t *)s->op.task->uuid) &&
            save_proves(s, image.note, suspended) &&
            image_check_stream(fd, image.stream_offset, err) == 0;
    domain_def_free(def);
    image_clear(&image);
    return whole;
}

/* Did the dead worker give the image its name? */
static bool
save_is_committed(const struct save *s, bool suspended)
{
    cleanup_close int fd = save_open_image(&s->op);
    struct err        err;

    return fd >= 0 && save_is_image_of(s, fd, suspended, &err);
}

/* The domain does not run, or nobody knows whether it does: an image that is there is kept. */
static void
save_undone_without(struct operation *op, const char *what)
{
    op->domain_left = false;
    operation_undone(op, what);
}

static void
save_undo_gone(struct save *s)
{
    if (s->op.task->flags & WORKER_GUEST_ONLY)
        save_undone_without(&s->op, "the domain has gone, and its image cannot be looked at");
    else if (save_is_committed(s, true))
        save_undo_done(&s->op);
    else
        save_undone_without(&s->op, "the domain has gone, and no image of it is there");
}

/*
 * Where files do not answer it runs on: that loses nothing, and a restore of an image that is there
 * after all is refused.  info is Taken.
 */
static void
save_undo_there(struct save *s, libxl_dominfo *info)
{
    bool suspended = save_is_suspended(info), keeps = save_has_flag(s, WORKER_SAVE_KEEP);

    if (!(suspended || keeps) || s->op.task->flags & WORKER_GUEST_ONLY ||
        !save_is_committed(s, suspended)) {
        save_put_back(s, info);
    } else if (keeps) {
        operation_phase(&s->op, WORKER_COMMITTED);
        s->watch_until = 0;
        save_put_back(s, info);
    } else {
        libxl_dominfo_dispose(info);
        xl_domain_destroy(&s->op.call, (uint32_t)s->op.domid, save_undo_destroyed);
    }
}

static void
save_undo_look(void *arg)
{
    struct save  *s = arg;
    libxl_dominfo info;

    switch (operation_look(&s->op, &info)) {
    case OPERATION_DOMAIN_GONE:
        save_undo_gone(s);
        return;
    case OPERATION_DOMAIN_UNKNOWN:
        save_undone_without(&s->op, "what became of the domain cannot be told");
        return;
    case OPERATION_DOMAIN_THERE:
        save_undo_there(s, &info);
        break;
    }
}

static void
save_undo_destroyed(struct xl_call *call, int rc)
{
    struct operation *op = operation_of_call(call);

    if (rc)
        operation_fail_xl(op, rc, "the image is written, but the domain cannot be destroyed");
    save_undo_done(op);
}

static uint64_t
save_watch_usec(unsigned flags)
{
    if (flags & WORKER_GUEST_ONLY)
        return SUSPEND_AT_LAST_USEC;
    return flags & WORKER_SOON ? SUSPEND_SOON_USEC : SUSPEND_USEC;
}

static void
save_undo_files(struct operation *op)
{
    struct save *s = container_of(op, struct save, op);
    struct err   err;

    save_init(s);
    loop_timer_init(&s->again, op->xl->loop, save_undo_look, s);
    new_file_remove_stale(save_params(op)->path, op->task->job);
    if (op->task->flags & WORKER_GUEST_RUNS && save_remove_image(op, &err) < 0)
        operation_fail(op, &err);
}

static void
save_undo(struct operation *op)
{
    struct save *s = container_of(op, struct save, op);

    operation_phase(op, WORKER_UNDOING);
    if (op->task->flags & WORKER_GUEST_ONLY) {
        save_init(s);
        loop_timer_init(&s->again, op->xl->loop, save_undo_look, s);
    } else {
        save_undo_files(op);
    }
    s->asked = true;
    s->watch_until = loop_now_usec() + save_watch_usec(op->task->flags);
    save_undo_look(s);
}

/*----- all of it -----*/

static void
save_abort(struct operation *op)
{
    xl_call_abort(&container_of(op, struct save, op)->wake);
    operation_abort_call(op, 0, save_helper_runs);
}

static void
save_clear(struct operation *op)
{
    struct save *s = container_of(op, struct save, op);

    loop_timer_stop(&s->again);
    loop_timer_stop(&s->wake_due);
    new_file_discard(&s->file);
    image_clear(&s->image);
}

const struct operation_type operation_save = {
    .size = sizeof(struct save),
    .start = save_start,
    .undo = save_undo,
    .undo_files = save_undo_files,
    .abort = save_abort,
    .clear = save_clear,
};
