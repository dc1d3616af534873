/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * save.c: write a running domain to a file, then destroy it.
 *
 *   save_start      open a new file, write the wrapper, see that a restore could read it, start the
 *                   suspend
 *   save_suspended  see that the stream is whole, give the file its name, start the destroy
 *   save_destroyed
 *   save_roll_back  (instead, where a step failed) remove the file; resume what is suspended
 *   save_resumed
 *
 * Where a worker died in it:
 *
 *   save_undo       remove its file, then, as long as the domain may yet suspend itself
 *   save_undo_look  what is there?  then one of
 *     save_undo_destroyed  a suspended one whose image is whole: it has gone, the save is done
 *     save_undo_resumed    a suspended one without an image: it runs on
 *   save_undo_files (where the latter could not look at files) remove what is left, the image too
 *
 * The domain goes only after its image lies under its name on the disk.  Where it runs on, no image
 * of it stays: one that is restored later would undo what its disks have been through since.
 */
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

struct save {
    struct operation  op; /* must be first */
    struct new_file   file;
    uint64_t          stream_offset;
    uint64_t          written_back; /* the kernel was told to write so much of the stream */
    struct loop_timer again;        /* after a worker that died: look again whether it suspends */
    uint64_t          watch_until;
};

/* The steps, in the order they run. */
static void       save_start(struct operation *op);
static xl_call_fn save_suspended;
static xl_call_fn save_destroyed;
static void       save_roll_back(struct save *s);
static xl_call_fn save_resumed;
static loop_fn    save_undo_look;
static xl_call_fn save_undo_destroyed;
static xl_call_fn save_undo_resumed;

/*----- helpers -----*/

static const worker_save *
save_params(const struct operation *op)
{
    return &op->task->params.worker_params_u.save;
}

/*
 * The file's position tells how far it is: libxl's helper shares it.  What libxc says of its
 * progress counts the holes in a PVH domain's memory too, and so goes from 3% to the end at once.
 */
static uint64_t
save_written(const struct save *s)
{
    off_t here = lseek(s->file.fd, 0, SEEK_CUR);

    return here > (off_t)s->stream_offset ? (uint64_t)here - s->stream_offset : 0;
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
    (void)sync_file_range(s->file.fd, (off_t)(s->stream_offset + from), (off_t)(end - from),
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

/* To resume one that is not would spoil its registers; one that nobody knows of is left alone. */
static bool
save_is_suspended(const struct save *s)
{
    libxl_dominfo info;
    bool          suspended;

    if (operation_look(&s->op, &info) != OPERATION_DOMAIN_THERE)
        return false;
    suspended = info.shutdown && info.shutdown_reason == LIBXL_SHUTDOWN_REASON_SUSPEND;
    libxl_dominfo_dispose(&info);
    return suspended;
}

/*----- the steps -----*/

/*
 * A comment behind the XML: whose image this is.  Job numbers begin anew when the host does.
 * Returns what is to be freed; empty: this host does not tell its boot id.
 */
static char *
save_mark(const struct operation *op)
{
    sd_id128_t boot;

    if (sd_id128_get_boot(&boot) < 0)
        return xstrdup("");
    return xasprintf("<!-- saved by job %llu of boot " SD_ID128_FORMAT_STR " -->\n",
                     (unsigned long long)op->task->job, SD_ID128_FORMAT_VAL(boot));
}

/* xl's wrapper where libxl's configuration says more than the XML: xl can restore that image too,
 * and who would make another machine of it by its XML alone does not read it. */
static int
save_write_wrapper(struct save *s, struct err *err)
{
    cleanup_free char  *mark = save_mark(&s->op);
    cleanup_free char  *xml = xasprintf("%s%s", save_params(&s->op)->xml, mark);
    struct domain_def  *def = NULL;
    libxl_domain_config config;
    char               *json = NULL;
    int                 r;

    libxl_domain_config_init(&config);
    r = build_parse_xml(s->op.xl, xml, &def, &config, err);
    if (r < 0)
        err_prefix(err, "an image with this definition could not be restored");
    else if (!domain_def_is_whole(def))
        r = image_write(s->file.fd, IMAGE_LIBVIRT, xml, NULL, err);
    else if ((json = libxl_domain_config_to_json(s->op.xl->ctx, &config)))
        r = image_write(s->file.fd, IMAGE_XL, json, xml, err);
    else
        r = err_set(err, ERR_INTERNAL, "libxl cannot write its configuration of the domain");
    free(json);
    libxl_domain_config_dispose(&config);
    domain_def_free(def);
    return r;
}

static int
save_prepare(struct save *s, struct err *err)
{
    const worker_save *params = save_params(&s->op);
    libxl_dominfo      info;
    off_t              offset;

    if (operation_need_domain(&s->op, &info, err) < 0)
        return -1;
    s->op.total = info.current_memkb * 1024;
    libxl_dominfo_dispose(&info);
    if (operation_refuse_stubdomain(&s->op, err) < 0 ||
        new_file_open(&s->file, params->path, params->overwrite, s->op.task->job, err) < 0 ||
        save_write_wrapper(s, err) < 0 || build_check_image(s->op.xl, s->file.fd, err) < 0)
        return -1;
    offset = lseek(s->file.fd, 0, SEEK_CUR);
    if (offset < 0 || save_reserve(s->file.fd, offset) < 0)
        return err_set_errno(err, errno, "cannot write %s", params->path);
    s->stream_offset = (uint64_t)offset;
    return 0;
}

static void
save_start(struct operation *op)
{
    struct save *s = container_of(op, struct save, op);
    struct err   err;

    s->file = (struct new_file){.fd = -1, .folder = -1};
    loop_timer_init(&s->again, op->xl->loop, save_undo_look, s);
    if (save_prepare(s, &err) < 0) {
        operation_fail(op, &err);
        save_roll_back(s);
        return;
    }
    operation_tick(op, save_ticked);
    xl_domain_suspend(&op->call, (uint32_t)op->domid, s->file.fd, save_suspended);
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
    struct err   err;

    /* An abort may come too late for libxl, but not for us. */
    if (rc || operation_failed(&s->op)) {
        save_failed(s, rc);
        return;
    }
    if (image_check_stream(s->file.fd, s->stream_offset, &err) < 0 ||
        new_file_commit(&s->file, &err) < 0) {
        operation_fail(&s->op, &err);
        save_roll_back(s);
        return;
    }
    s->op.processed = s->op.total;
    operation_phase(&s->op, WORKER_COMMITTED);
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

static void
save_roll_back(struct save *s)
{
    operation_undoing(&s->op);
    new_file_discard(&s->file);
    if (!save_is_suspended(s)) {
        s->op.domain_left = operation_look(&s->op, NULL) != OPERATION_DOMAIN_GONE;
        operation_finish(&s->op);
        return;
    }
    xl_domain_resume(&s->op.call, (uint32_t)s->op.domid, save_resumed);
}

static void
save_resumed(struct xl_call *call, int rc)
{
    struct operation *op = operation_of_call(call);

    /* The caller is told why the save failed: that came first. */
    if (rc) {
        operation_fail_xl(op, rc, "the domain cannot be resumed");
        err_append(&op->err, "; and the domain, which is suspended, cannot be resumed");
        op->domain_left = false;
    }
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

static bool
save_is_image_of(const struct operation *op, int fd, struct err *err)
{
    struct image       image = {.config = NULL};
    struct domain_def *def = NULL;
    bool               whole;

    whole = image_read(fd, &image, err) == 0 && build_parse_image(op->xl, &image, &def, err) == 0 &&
            uuid_equal(def->uuid, (const uint8_t *)op->task->uuid) &&
            image_check_stream(fd, image.stream_offset, err) == 0;
    domain_def_free(def);
    image_clear(&image);
    return whole;
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

/*
 * Did the dead worker give the image its name?  A save that may not overwrite has seen that there
 * was none before it suspended the guest; of one that may, the image could be an older one.
 */
static bool
save_is_committed(const struct operation *op)
{
    cleanup_close int fd = save_open_image(op);
    struct err        err;

    return !(save_params(op)->overwrite) && fd >= 0 && save_is_image_of(op, fd, &err);
}

static bool
save_bears_mark(const struct operation *op, int fd)
{
    cleanup_free char *mark = save_mark(op);
    struct image       image = {.config = NULL};
    struct err         err;
    const char        *xml;
    bool               bears;

    if (!*mark || image_read(fd, &image, &err) < 0)
        return false;
    xml = image.format == IMAGE_XL ? image.xml : image.config;
    bears =
        xml && strlen(xml) >= strlen(mark) && strcmp(xml + strlen(xml) - strlen(mark), mark) == 0;
    image_clear(&image);
    return bears;
}

/* The domain runs on. */
static int
save_remove_image(const struct operation *op, struct err *err)
{
    const char       *path = save_params(op)->path;
    cleanup_close int fd = save_open_image(op);

    if (fd < 0 || !save_bears_mark(op, fd))
        return 0;
    if (unlink(path) < 0)
        return err_set_errno(err, errno, "its image %s is of no use any more and cannot be removed",
                             path);
    return file_sync_folder(path, err);
}

/* The domain does not run, or nobody knows whether it does: an image that is there is kept. */
static void
save_undone_without(struct operation *op, const char *what)
{
    op->domain_left = false;
    operation_undone(op, what);
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
save_undone_runs_on(struct operation *op)
{
    struct err err;

    op->domain_left = save_domain_runs(op);
    if (op->domain_left && !(op->task->flags & WORKER_GUEST_ONLY) &&
        save_remove_image(op, &err) < 0) {
        err_prefix(&err, "the domain runs on");
        operation_fail(op, &err);
    }
    operation_undone(op, "the domain runs on");
}

static void
save_undo_gone(struct operation *op)
{
    if (op->task->flags & WORKER_GUEST_ONLY)
        save_undone_without(op, "the domain has gone, and its image cannot be looked at");
    else if (save_is_committed(op))
        save_undo_done(op);
    else
        save_undone_without(op, "the domain has gone, and no image of it is there");
}

/* Where files do not answer it runs on: that loses nothing, and a restore of an image that is there
 * after all is refused. */
static void
save_undo_suspended(struct operation *op)
{
    if (!(op->task->flags & WORKER_GUEST_ONLY) && save_is_committed(op))
        xl_domain_destroy(&op->call, (uint32_t)op->domid, save_undo_destroyed);
    else
        xl_domain_resume(&op->call, (uint32_t)op->domid, save_undo_resumed);
}

static void
save_undo_look(void *arg)
{
    struct save  *s = arg;
    libxl_dominfo info;
    bool          suspended;

    switch (operation_look(&s->op, &info)) {
    case OPERATION_DOMAIN_GONE:
        save_undo_gone(&s->op);
        return;
    case OPERATION_DOMAIN_UNKNOWN:
        save_undone_without(&s->op, "what became of the domain cannot be told");
        return;
    case OPERATION_DOMAIN_THERE:
        break;
    }
    suspended = info.shutdown && info.shutdown_reason == LIBXL_SHUTDOWN_REASON_SUSPEND;
    libxl_dominfo_dispose(&info);
    if (suspended)
        save_undo_suspended(&s->op);
    else if (loop_now_usec() < s->watch_until)
        loop_timer_start(&s->again, AGAIN_USEC);
    else
        save_undone_runs_on(&s->op);
}

static void
save_undo_destroyed(struct xl_call *call, int rc)
{
    struct operation *op = operation_of_call(call);

    if (rc)
        operation_fail_xl(op, rc, "the image is written, but the domain cannot be destroyed");
    save_undo_done(op);
}

static void
save_undo_resumed(struct xl_call *call, int rc)
{
    struct operation *op = operation_of_call(call);

    if (rc) {
        operation_fail_xl(op, rc, "the domain is suspended and cannot be resumed");
        op->domain_left = false;
        operation_finish(op);
        return;
    }
    save_undone_runs_on(op);
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

    s->file = (struct new_file){.fd = -1, .folder = -1};
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
        s->file = (struct new_file){.fd = -1, .folder = -1};
        loop_timer_init(&s->again, op->xl->loop, save_undo_look, s);
    } else {
        save_undo_files(op);
    }
    s->watch_until = loop_now_usec() + save_watch_usec(op->task->flags);
    save_undo_look(s);
}

/*----- all of it -----*/

static bool
save_helper_runs(struct operation *op)
{
    struct save *s = container_of(op, struct save, op);

    return operation_helper_runs(s->file.fd, s->stream_offset);
}

static void
save_abort(struct operation *op)
{
    operation_abort_call(op, 0, save_helper_runs);
}

static void
save_clear(struct operation *op)
{
    struct save *s = container_of(op, struct save, op);

    loop_timer_stop(&s->again);
    new_file_discard(&s->file);
}

const struct operation_type operation_save = {
    .size = sizeof(struct save),
    .start = save_start,
    .undo = save_undo,
    .undo_files = save_undo_files,
    .abort = save_abort,
    .clear = save_clear,
};
