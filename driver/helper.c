/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * helper.c: see helper.h.  That domains come, stop and go is learnt from xenstore: libxl has events
 * of a domain's end only, and only one by one.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <unistd.h>
#include <xenstore.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/utf8.h"
#include "domain-names.h"
#include "driver/host.h"
#include "eventloop/framed.h"
#include "helper.h"
#include "host-wire.h"
#include "wire/worker.h"
#include "xl.h"

#define DOMAINS_PATH "/local/domain"
#define DOMAIN_PATH "/local/domain/%u/%s" /* of a domid, and one of: */
#define NAME_KEY "name"
#define MODEL_KEY "image/device-model-pid"
#define CONSOLE_KEY "console/tty"
#define SERIAL_KEY "serial" /* above serial/0/tty and its like */

/* A request that is so old was read late, because xenstored did not answer: the daemon may have
 * given up on it. */
#define LATE_USEC 3000000

static const char *const watched_paths[] = {"@introduceDomain", "@releaseDomain"};

struct helper_call {
    struct xl_call  call; /* must be first */
    struct helper  *helper;
    helper_question question;
    LIST_ENTRY(helper_call) link;
};

struct helper_late {
    helper_question question;
    TAILQ_ENTRY(helper_late) link;
};

/* A domain's device model, while it lives. */
struct helper_watched_model {
    struct helper *helper;
    uint32_t       domid;
    pid_t          pid;
    int            fd; /* of the process: readable when it has ended */
    struct loop_io io;
    LIST_ENTRY(helper_watched_model) link;
};

struct helper {
    struct loop      *loop;
    loop_fn          *ended;
    void             *arg;
    struct loop_defer end;
    struct framed     daemon;
    struct xl         xl;
    struct xs_handle *xs; /* NULL: not open */
    struct loop_io    xs_io;
    bool              lost; /* and told */

    struct domain_names names; /* what was told; each is watched */
    LIST_HEAD(, helper_watched_model) models;
    LIST_HEAD(, helper_call) calls;
    TAILQ_HEAD(, helper_late) late;
    struct loop_defer late_turn;
};

/*----- what is said -----*/

static void
helper_say(struct helper *helper, const helper_report *report)
{
    host_wire_send(&helper->daemon, (xdrproc_t)xdr_helper_report, report);
}

static void
helper_say_done(struct helper *helper, u_quad_t id, const struct err *err)
{
    helper_say(helper, &(helper_report){
                           .type = HELPER_DONE,
                           .helper_report_u.done = {.id = id, .error = host_wire_error(err)},
                       });
}

static void
helper_end(void *arg)
{
    struct helper *helper = arg;

    helper->ended(helper->arg); /* may free helper: must be last */
}

/* Nothing works any more; only the first reason counts. */
static void
helper_lost(struct helper *helper, const struct err *err)
{
    if (helper->lost)
        return;
    helper->lost = true;
    loop_io_stop(&helper->xs_io);
    helper_say(helper,
               &(helper_report){.type = HELPER_LOST, .helper_report_u.lost = host_wire_error(err)});
    framed_close_when_drained(&helper->daemon);
}

static void
helper_disaster(void *arg, const char *reason)
{
    struct err err;

    err_set(&err, ERR_NO_CONNECT, "%s", reason);
    helper_lost(arg, &err);
}

static const struct xl_ops helper_xl_ops = {.disaster = helper_disaster};

/*----- xenstore -----*/

/* The caller's to free; NULL: there is none, or it is empty.  Whoever may write there may write any
 * bytes, and more than is good: they are escaped and bounded here, for all who read them later. */
static char *__attribute__((format(printf, 2, 3)))
helper_read(struct helper *helper, const char *format, ...)
{
    char               path[256];
    cleanup_free char *value = NULL;
    unsigned           size;
    va_list            ap;

    va_start(ap, format);
    vsnprintf(path, sizeof path, format, ap);
    va_end(ap);
    /* libxenstore puts a NUL behind what it read. */
    value = xs_read(helper->xs, XBT_NULL, path, &size);
    return value && *value ? utf8_escape(value, WORKER_NAME_MAX) : NULL;
}

/* Says it if it is new. */
static void
helper_look_at(struct helper *helper, struct domain_name *entry)
{
    static char        nothing[1];
    cleanup_free char *name = helper_read(helper, DOMAIN_PATH, entry->domid, NAME_KEY);
    cleanup_free char *type = helper_read(helper, "/libxl/%u/type", entry->domid);
    bool               is_pvh = type && strcmp(type, "pvh") == 0;

    if (domain_name_set(entry, name, is_pvh))
        helper_say(helper, &(helper_report){
                               .type = HELPER_NAME,
                               .helper_report_u.name = {.domid = entry->domid,
                                                        .name = name ? name : nothing,
                                                        .is_pvh = is_pvh},
                           });
}

/*----- device models -----*/

static void
helper_say_model(struct helper *helper, uint32_t domid, bool lives)
{
    helper_say(helper, &(helper_report){
                           .type = HELPER_MODEL,
                           .helper_report_u.model = {.domid = domid, .lives = lives},
                       });
}

static void
helper_forget_model(struct helper_watched_model *model)
{
    loop_io_stop(&model->io);
    close(model->fd);
    LIST_REMOVE(model, link);
    free(model);
}

static struct helper_watched_model *
helper_find_model(struct helper *helper, uint32_t domid)
{
    struct helper_watched_model *model;

    LIST_FOREACH (model, &helper->models, link)
        if (model->domid == domid)
            return model;
    return NULL;
}

static void
helper_model_ended(void *arg)
{
    struct helper_watched_model *model = arg;

    helper_say_model(model->helper, model->domid, false);
    helper_forget_model(model);
}

static void
helper_watch_model(struct helper *helper, uint32_t domid, pid_t pid, int fd)
{
    struct helper_watched_model *model = xcalloc(1, sizeof *model);
    struct err                   err;

    model->helper = helper;
    model->domid = domid;
    model->pid = pid;
    model->fd = fd;
    loop_io_init(&model->io, helper->loop, helper_model_ended, model);
    LIST_INSERT_HEAD(&helper->models, model, link);
    if (loop_io_start(&model->io, fd, true, false, &err) < 0) {
        log_warning("the device model of domain %u: %s", domid, err.message);
        helper_forget_model(model);
    }
}

/* It has none, it has one, or another one after a soft reset. */
static void
helper_look_at_model(struct helper *helper, uint32_t domid)
{
    cleanup_free char           *text = helper_read(helper, DOMAIN_PATH, domid, MODEL_KEY);
    pid_t                        pid = text ? (pid_t)atoi(text) : 0;
    struct helper_watched_model *model = helper_find_model(helper, domid);
    int                          fd;

    if (model && model->pid == pid)
        return;
    if (model)
        helper_forget_model(model);
    if (pid <= 0)
        return;
    fd = pidfd_open(pid, 0);
    if (fd < 0 && errno != ESRCH) {
        log_warning("the device model of domain %u: process %d: %s", domid, (int)pid,
                    strerror(errno));
        return;
    }
    helper_say_model(helper, domid, fd >= 0);
    if (fd >= 0)
        helper_watch_model(helper, domid, pid, fd);
}

/*----- terminals -----*/

/* What is written anew is told anew: the kernel gives the path of a pty that has gone to the next
 * one. */
static void
helper_look_at_terminal(struct helper *helper, struct domain_name *entry,
                        enum host_terminal terminal, bool is_written, const char *tty)
{
    static char nothing[1];
    bool        is_new = domain_name_set_tty(entry, terminal, tty);

    if (is_new || (is_written && tty))
        helper_say(helper,
                   &(helper_report){
                       .type = HELPER_TERMINAL,
                       .helper_report_u.terminal = {.domid = entry->domid,
                                                    .terminal = terminal,
                                                    .tty = tty ? (char *)(uintptr_t)tty : nothing},
                   });
}

/* xenconsoled's. */
static void
helper_look_at_console(struct helper *helper, struct domain_name *entry, bool is_written)
{
    cleanup_free char *tty = helper_read(helper, DOMAIN_PATH, entry->domid, CONSOLE_KEY);

    helper_look_at_terminal(helper, entry, HOST_TERMINAL_CONSOLE, is_written, tty);
}

/* QEMU's, which libxl writes there.  Ports that have no pty are left out. */
static void
helper_look_at_serials(struct helper *helper, struct domain_name *entry, bool is_written)
{
    for (unsigned n = 0; n < HOST_SERIALS; n++) {
        cleanup_free char *tty =
            helper_read(helper, DOMAINS_PATH "/%u/" SERIAL_KEY "/%u/tty", entry->domid, n);

        helper_look_at_terminal(helper, entry, (enum host_terminal)(HOST_TERMINAL_SERIAL + n),
                                is_written, tty);
    }
}

/*----- what domains there are -----*/

static void
helper_watch_path(struct helper *helper, const char *key, uint32_t domid)
{
    char path[64];

    snprintf(path, sizeof path, DOMAIN_PATH, domid, key);
    if (!xs_watch(helper->xs, path, path))
        log_warning("cannot watch %s in xenstore: %s", path, strerror(errno));
}

static void
helper_unwatch_path(struct helper *helper, const char *key, uint32_t domid)
{
    char path[64];

    snprintf(path, sizeof path, DOMAIN_PATH, domid, key);
    xs_unwatch(helper->xs, path, path);
}

/* What of a domain is watched by itself: nothing that all have in common changes with it.  A
 * watch's path is its token. */
static const char *const watched_keys[] = {NAME_KEY, MODEL_KEY, CONSOLE_KEY, SERIAL_KEY};

static void
helper_meet(struct helper *helper, uint32_t domid)
{
    struct domain_name *entry = domain_names_find(&helper->names, domid);

    if (entry) {
        entry->pass = helper->names.pass;
        return;
    }
    entry = domain_names_add(&helper->names, domid);
    for (size_t n = 0; n < array_size(watched_keys); n++)
        helper_watch_path(helper, watched_keys[n], domid);
    helper_look_at(helper, entry);
}

static void
helper_say_gone(void *arg, uint32_t domid)
{
    struct helper               *helper = arg;
    struct helper_watched_model *model = helper_find_model(helper, domid);

    for (size_t n = 0; n < array_size(watched_keys); n++)
        helper_unwatch_path(helper, watched_keys[n], domid);
    if (model)
        helper_forget_model(model);
    helper_say(helper, &(helper_report){.type = HELPER_GONE, .helper_report_u.domid = domid});
}

/* Those that came and those that went are told before whoever lists them is told to. */
static void
helper_list(struct helper *helper, helper_report_type then)
{
    unsigned            count = 0;
    cleanup_free char **entries = xs_directory(helper->xs, XBT_NULL, DOMAINS_PATH, &count);

    helper->names.pass++;
    for (unsigned n = 0; entries && n < count; n++)
        helper_meet(helper, (uint32_t)strtoul(entries[n], NULL, 10));
    if (entries)
        domain_names_sweep(&helper->names, helper_say_gone, helper);
    helper_say(helper, &(helper_report){.type = then});
}

/* Is it the path of this key of a domain? */
static bool
helper_is_path(const char *path, const char *key, uint32_t *domid_out)
{
    int end = 0;

    return sscanf(path, DOMAINS_PATH "/%u/%n", domid_out, &end) == 1 && end &&
           strcmp(path + end, key) == 0;
}

/* Returns whether it is a watch of one domain; what has changed of that is told. */
static bool
helper_is_of_domain(struct helper *helper, const char *path)
{
    struct domain_name *entry;
    uint32_t            domid;
    size_t              n = 0;

    while (n < array_size(watched_keys) && !helper_is_path(path, watched_keys[n], &domid))
        n++;
    if (n == array_size(watched_keys))
        return false;
    entry = domain_names_find(&helper->names, domid);
    if (!entry)
        return true;
    if (strcmp(watched_keys[n], NAME_KEY) == 0)
        helper_look_at(helper, entry);
    else if (strcmp(watched_keys[n], MODEL_KEY) == 0)
        helper_look_at_model(helper, domid);
    else if (strcmp(watched_keys[n], CONSOLE_KEY) == 0)
        helper_look_at_console(helper, entry, true);
    else
        helper_look_at_serials(helper, entry, true);
    return true;
}

/* All there is at once: one pass over the domains answers any number of them. */
static void
helper_watch_fired(void *arg)
{
    struct helper *helper = arg;
    bool           any = false;
    char         **watch;
    struct err     err;

    while ((watch = xs_check_watch(helper->xs))) {
        if (!helper_is_of_domain(helper, watch[XS_WATCH_TOKEN]))
            any = true;
        free(watch);
    }
    if (errno != EAGAIN) {
        err_set(&err, ERR_NO_CONNECT, "xenstored's connection broke");
        helper_lost(helper, &err);
    } else if (any) {
        helper_list(helper, HELPER_CHANGED);
    }
}

static int
helper_open_xenstore(struct helper *helper, struct err *err)
{
    helper->xs = xs_open(0);
    if (!helper->xs)
        return err_set_errno(err, errno, "xenstored does not answer");
    for (size_t n = 0; n < array_size(watched_paths); n++) {
        if (!xs_watch(helper->xs, watched_paths[n], watched_paths[n]))
            return err_set_errno(err, errno, "cannot watch %s in xenstore", watched_paths[n]);
    }
    return loop_io_start(&helper->xs_io, xs_fileno(helper->xs), true, false, err);
}

/*----- requests -----*/

static const char *const request_words[] = {
    [HOST_PAUSE] = "cannot pause domain",
    [HOST_UNPAUSE] = "cannot unpause domain",
    [HOST_SHUTDOWN_PV] = "cannot shut down domain",
    [HOST_SHUTDOWN_ACPI] = "cannot press the power button of domain",
    [HOST_REBOOT_PV] = "cannot reboot domain",
    [HOST_RESUME] = "cannot resume domain",
};

static void
helper_request_done(struct xl_call *xl_call, int rc)
{
    struct helper_call *call = container_of(xl_call, struct helper_call, call);
    struct helper      *helper = call->helper;
    struct err          err;

    if (rc)
        xl_call_err_set(&err, &call->call, rc, "%s %u", request_words[call->question.what],
                        call->question.domid);
    helper_say_done(helper, call->question.id, rc ? &err : NULL);
    LIST_REMOVE(call, link);
    free(call);
}

/* A stubdomain that stops takes the devices of its guest away. */
static bool
helper_refuse_request(struct helper *helper, const helper_question *question)
{
    cleanup_free char *guest = NULL;
    uint32_t           domid;
    struct err         err;

    if ((question->what != HOST_SHUTDOWN_PV && question->what != HOST_SHUTDOWN_ACPI &&
         question->what != HOST_REBOOT_PV) ||
        !xl_is_stubdomain(&helper->xl, question->domid, &domid, &guest))
        return false;
    err_set(&err, ERR_OPERATION_INVALID,
            "domain %u is the device model of domain %s (id %u), and goes with that one",
            question->domid, guest, domid);
    helper_say_done(helper, question->id, &err);
    return true;
}

static void
helper_start_request(struct helper_call *call)
{
    uint32_t domid = call->question.domid;

    switch ((enum host_request)call->question.what) {
    case HOST_PAUSE:
        xl_domain_pause(&call->call, domid, helper_request_done);
        break;
    case HOST_UNPAUSE:
        xl_domain_unpause(&call->call, domid, helper_request_done);
        break;
    case HOST_SHUTDOWN_PV:
        xl_domain_shutdown(&call->call, domid, helper_request_done);
        break;
    case HOST_SHUTDOWN_ACPI:
        xl_domain_power_button(&call->call, domid, helper_request_done);
        break;
    case HOST_REBOOT_PV:
        xl_domain_reboot(&call->call, domid, helper_request_done);
        break;
    case HOST_RESUME:
        xl_domain_resume(&call->call, domid, helper_request_done);
        break;
    }
}

static void
helper_begin_request(struct helper *helper, const helper_question *question)
{
    struct helper_call *call;
    struct err          err;

    if ((unsigned)question->what >= array_size(request_words)) {
        err_set(&err, ERR_INTERNAL, "the helper does not know request %d", question->what);
        helper_say_done(helper, question->id, &err);
        return;
    }
    if (helper_refuse_request(helper, question))
        return;
    call = xcalloc(1, sizeof *call);
    call->helper = helper;
    call->question = *question;
    xl_call_init(&call->call, &helper->xl);
    LIST_INSERT_HEAD(&helper->calls, call, link);
    helper_start_request(call);
    helper_say(helper,
               &(helper_report){.type = HELPER_BEGUN, .helper_report_u.begun_id = question->id});
}

/* Its abort, if there is one, is behind it in the socket: nothing is begun before that is empty. */
static void
helper_late_turn(void *arg)
{
    struct helper      *helper = arg;
    struct helper_late *late = TAILQ_FIRST(&helper->late);
    int                 waiting = 0;

    if (ioctl(helper->daemon.fd, FIONREAD, &waiting) == 0 && waiting == 0 &&
        framed_unread(&helper->daemon) == 0) {
        TAILQ_REMOVE(&helper->late, late, link);
        helper_begin_request(helper, &late->question);
        free(late);
    }
    if (!TAILQ_EMPTY(&helper->late))
        loop_defer_start(&helper->late_turn);
}

static void
helper_heard_request(struct helper *helper, const helper_question *question)
{
    struct helper_late *late;

    if (loop_now_usec() < question->asked_usec + LATE_USEC) {
        helper_begin_request(helper, question);
        return;
    }
    late = xcalloc(1, sizeof *late);
    late->question = *question;
    TAILQ_INSERT_TAIL(&helper->late, late, link);
    loop_defer_start(&helper->late_turn);
}

static bool
helper_drop_late(struct helper *helper, u_quad_t id)
{
    struct helper_late *late;
    struct err          err;

    TAILQ_FOREACH (late, &helper->late, link) {
        if (late->question.id != id)
            continue;
        TAILQ_REMOVE(&helper->late, late, link);
        if (TAILQ_EMPTY(&helper->late))
            loop_defer_stop(&helper->late_turn);
        free(late);
        err_set(&err, ERR_OPERATION_ABORTED, "aborted before it was begun");
        helper_say_done(helper, id, &err);
        return true;
    }
    return false;
}

static void
helper_heard_abort(struct helper *helper, u_quad_t id)
{
    struct helper_call *call;

    if (helper_drop_late(helper, id))
        return;
    LIST_FOREACH (call, &helper->calls, link) {
        if (call->question.id != id)
            continue;
        xl_call_abort(&call->call);
        return;
    }
}

/*----- what only a running domain has -----*/

static int
helper_vnc_port(struct helper *helper, uint32_t domid)
{
    cleanup_free char *text = helper_read(helper, "/local/domain/%u/console/vnc-port", domid);
    int                port = text ? atoi(text) : 0;

    return port > 0 && port < 65536 ? port : 0;
}

static void
helper_fill_interfaces(struct helper *helper, uint32_t domid, helper_live *live)
{
    int               count = 0;
    libxl_device_nic *nics = libxl_device_nic_list(helper->xl.ctx, domid, &count);
    int               told = count < HELPER_INTERFACES_MAX ? count : HELPER_INTERFACES_MAX;

    if (!nics)
        return;
    live->interfaces.interfaces_val = xcalloc((size_t)told + 1, sizeof(helper_interface));
    live->interfaces.interfaces_len = (unsigned)told;
    for (int n = 0; n < told; n++)
        live->interfaces.interfaces_val[n].name = nics[n].ifname
                                                      ? utf8_escape(nics[n].ifname, WORKER_NAME_MAX)
                                                      : xasprintf("vif%u.%d", domid, nics[n].devid);
    libxl_device_nic_list_free(nics, count);
}

/* What is seen meanwhile is told before. */
static void
helper_look_at_terminals(struct helper *helper, uint32_t domid)
{
    struct domain_name *entry = domain_names_find(&helper->names, domid);

    if (!entry)
        return;
    helper_look_at_console(helper, entry, false);
    helper_look_at_serials(helper, entry, false);
}

/* The console of an HVM guest is its serial port; Xen's own one it has as well.  "" for none. */
static char *
helper_read_console_tty(struct helper *helper, uint32_t domid)
{
    cleanup_free char *type = helper_read(helper, "/libxl/%u/type", domid);
    bool               is_hvm = type && strcmp(type, "hvm") == 0;
    char *tty = helper_read(helper, DOMAIN_PATH, domid, is_hvm ? "serial/0/tty" : CONSOLE_KEY);

    return tty ? tty : xstrdup("");
}

static void
helper_heard_live(struct helper *helper, const helper_question *question)
{
    uint32_t      domid = question->domid;
    helper_report report = {.type = HELPER_LIVE_READ};
    helper_live  *live = &report.helper_report_u.live;

    helper_look_at_terminals(helper, domid);
    live->id = question->id;
    live->console_tty = helper_read_console_tty(helper, domid);
    helper_fill_interfaces(helper, domid, live);
    live->vnc_port = helper_vnc_port(helper, domid);
    helper_say(helper, &report);
    wire_body_free((xdrproc_t)xdr_helper_report, &report);
}

/*----- what is heard -----*/

/* That there is an answer is all; what it says does not matter. */
static void
helper_heard_probe(struct helper *helper)
{
    free(helper_read(helper, DOMAIN_PATH, 0u, NAME_KEY));
    helper_say(helper, &(helper_report){.type = HELPER_ALIVE});
}

static void
helper_heard(struct helper *helper, const helper_command *command)
{
    switch (command->type) {
    case HELPER_REQUEST:
        helper_heard_request(helper, &command->helper_command_u.question);
        break;
    case HELPER_LIVE:
        helper_heard_live(helper, &command->helper_command_u.question);
        break;
    case HELPER_ABORT:
        helper_heard_abort(helper, command->helper_command_u.abort_id);
        break;
    case HELPER_WATCH:
        helper_meet(helper, command->helper_command_u.domid);
        break;
    case HELPER_PROBE:
        helper_heard_probe(helper);
        break;
    }
}

static void
helper_daemon_closed(void *arg, const struct err *err)
{
    struct helper *helper = arg;

    if (err)
        log_error("the daemon's connection: protocol error: %s", err->message);
    loop_defer_start(&helper->end);
}

static void
helper_frame(void *arg, const void *data, size_t size)
{
    struct helper *helper = arg;
    helper_command command = {0};
    struct err     err;

    if (host_wire_decode(data, size, (xdrproc_t)xdr_helper_command, &command, &err) < 0) {
        framed_close(&helper->daemon);
        helper_daemon_closed(helper, &err);
        return;
    }
    if (!helper->lost)
        helper_heard(helper, &command);
    wire_body_free((xdrproc_t)xdr_helper_command, &command);
}

static const struct framed_ops helper_framed_ops = {
    .size_of = host_wire_size_of,
    .frame = helper_frame,
    .closed = helper_daemon_closed,
};

/*----- its life -----*/

struct helper *
helper_new(struct loop *loop, int fd, loop_fn *ended, void *arg)
{
    struct helper *helper = xcalloc(1, sizeof *helper);
    struct err     err;

    helper->loop = loop;
    helper->ended = ended;
    helper->arg = arg;
    LIST_INIT(&helper->models);
    LIST_INIT(&helper->calls);
    TAILQ_INIT(&helper->late);
    loop_defer_init(&helper->end, loop, helper_end, helper);
    loop_defer_init(&helper->late_turn, loop, helper_late_turn, helper);
    loop_io_init(&helper->xs_io, loop, helper_watch_fired, helper);
    framed_init(&helper->daemon, loop, fd, &helper_framed_ops, helper);
    if (xl_open(&helper->xl, loop, &helper_xl_ops, helper, &err) < 0 ||
        helper_open_xenstore(helper, &err) < 0)
        helper_lost(helper, &err);
    else
        helper_list(helper, HELPER_LISTED);
    return helper;
}

void
helper_free(struct helper *helper)
{
    struct helper_late *late;
    struct helper_call *call;

    if (!helper)
        return;
    loop_defer_stop(&helper->end);
    loop_defer_stop(&helper->late_turn);
    loop_io_stop(&helper->xs_io);
    framed_close(&helper->daemon);
    while (!LIST_EMPTY(&helper->models))
        helper_forget_model(LIST_FIRST(&helper->models));
    xl_close(&helper->xl); /* drops the calls */
    if (helper->xs)
        xs_close(helper->xs);
    while ((late = TAILQ_FIRST(&helper->late))) {
        TAILQ_REMOVE(&helper->late, late, link);
        free(late);
    }
    while ((call = LIST_FIRST(&helper->calls))) {
        LIST_REMOVE(call, link);
        free(call);
    }
    domain_names_clear(&helper->names);
    free(helper);
}
