/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl.c: open and close a context, and what it tells without being asked: disasters.
 */
#include <errno.h>
#include <libxl_utils.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xenstore.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "wire/worker.h"
#include "xl.h"

/*----- what comes without being asked -----*/

/* libxl wants it there; nobody asks for events. */
static void
event_occurs(void *user, libxl_event *event)
{
    struct xl *xl = user;

    libxl_event_free(xl->ctx, event);
}

/* libxl may not be called from here; and it may come again and again. */
static void
disaster_occurs(void *user, libxl_event_type type, const char *message, int errnum)
{
    struct xl *xl = user;

    (void)type;
    if (xl->lost)
        return;
    xl->lost = true;
    snprintf(xl->lost_reason, sizeof xl->lost_reason, "%s%s%s", message, errnum ? ": " : "",
             errnum ? strerrordesc_np(errnum) : "");
    loop_defer_start(&xl->disaster);
}

/*
 * libxenstore's own thread takes note of the end of a connection, but wakes nobody who waits for a
 * watch: without this, it would be noticed when something is next asked, and until then no domain
 * would be seen to come or go.
 */
static void
xenstored_went(void *arg)
{
    struct xl *xl = arg;

    loop_io_stop(&xl->xenstored_io);
    disaster_occurs(xl, (libxl_event_type)0, "xenstored has closed the connection", 0);
}

/* Without a disaster hook libxl would exit(-1). */
static const libxl_event_hooks event_hooks = {
    .event_occurs_mask = LIBXL_EVENTMASK_ALL,
    .event_occurs = event_occurs,
    .disaster = disaster_occurs,
};

static void
disaster_now(void *arg)
{
    struct xl *xl = arg;

    /* The level-triggered descriptor of a broken connection must not keep the loop busy. */
    xl_hooks_drop(xl);
    xl->ops->disaster(xl->arg, xl->lost_reason); /* may free xl: must be last */
}

static void
sigchld_received(void *arg)
{
    struct xl *xl = arg;

    if (!xl->lost)
        libxl_childproc_sigchld_occurred(xl->ctx);
}

static const libxl_childproc_hooks childproc_hooks = {.chldowner = libxl_sigchld_owner_mainloop};

/*----- the context -----*/

static int
alloc_context(struct xl *xl, struct err *err)
{
    int rc;

    xl->xenstored = xl_check_host(err);
    if (xl->xenstored < 0)
        return -1;
    LIST_INIT(&xl->fds);
    LIST_INIT(&xl->timeouts);
    LIST_INIT(&xl->calls);
    xl_log_init(&xl->log);
    rc = libxl_ctx_alloc(&xl->ctx, LIBXL_VERSION, 0, &xl->log.vtable);
    if (!rc)
        return 0;
    xl_err_set(err, xl, rc, "libxl does not start");
    xl->ctx = NULL;
    xl_log_free(&xl->log);
    close(take_fd(xl->xenstored));
    return -1;
}

int
xl_open(struct xl *xl, struct loop *loop, const struct xl_ops *ops, void *arg, struct err *err)
{
    *xl = (struct xl){.loop = loop, .ops = ops, .arg = arg};
    if (alloc_context(xl, err) < 0)
        return -1;
    xl->log.attribute = xl_calls_attribute;
    loop_defer_init(&xl->disaster, loop, disaster_now, xl);
    /* In this order: none of them may be called once libxl is in use. */
    xl_hooks_register(xl);
    libxl_childproc_setmode(xl->ctx, &childproc_hooks, xl);
    libxl_event_register_callbacks(xl->ctx, &event_hooks, xl);
    loop_on_sigchld(loop, sigchld_received, xl);
    loop_io_init(&xl->xenstored_io, loop, xenstored_went, xl);
    if (loop_io_start(&xl->xenstored_io, xl->xenstored, true, false, err) < 0) {
        xl_close(xl);
        return -1;
    }
    return 0;
}

int
xl_open_for_hypercalls(struct xl *xl, struct err *err)
{
    *xl = (struct xl){.loop = NULL};
    if (alloc_context(xl, err) < 0)
        return -1;
    close(take_fd(xl->xenstored)); /* its end is somebody else's to notice */
    return 0;
}

/* What only a context with a loop has. */
static void
leave_loop(struct xl *xl)
{
    loop_on_sigchld(xl->loop, NULL, NULL);
    loop_defer_stop(&xl->disaster);
    loop_io_stop(&xl->xenstored_io);
    close(xl->xenstored);
    while (!LIST_EMPTY(&xl->calls))
        xl_call_drop(LIST_FIRST(&xl->calls));
}

void
xl_close(struct xl *xl)
{
    if (!xl->ctx)
        return;
    if (xl->loop)
        leave_loop(xl);
    /* libxl_ctx_free asserts that nothing is under way. */
    if (!xl->lost)
        libxl_ctx_free(xl->ctx);
    xl_hooks_drop(xl);
    xl->ctx = NULL;
    /* A context that is left keeps a pointer to its logger, but is never entered again. */
    xl_log_free(&xl->log);
}

/*----- domains -----*/

char *
xl_domain_name(struct xl *xl, uint32_t domid)
{
    cleanup_free char *name = libxl_domid_to_name(xl->ctx, domid);

    return utf8_escape(name ? name : "", WORKER_NAME_MAX);
}

bool
xl_is_stubdomain(struct xl *xl, uint32_t domid, uint32_t *guest_out, char **name_out)
{
    libxl_dominfo info;
    bool          there;

    if (!libxl_is_stubdom(xl->ctx, domid, guest_out))
        return false;
    libxl_dominfo_init(&info);
    there = libxl_domain_info(xl->ctx, &info, *guest_out) == 0 && !info.dying;
    libxl_dominfo_dispose(&info);
    if (there)
        *name_out = xl_domain_name(xl, *guest_out);
    return there;
}

#define CANCEL_TRIES                                                                               \
    16 /* of a transaction, against a domain that takes the request up meanwhile                   \
        */

/* Returns 1: it was there; 0: it was not; -1: again. */
static int
try_cancel_suspend(struct xs_handle *xs, const char *path)
{
    xs_transaction_t   t = xs_transaction_start(xs);
    unsigned           size;
    cleanup_free char *request = t ? xs_read(xs, t, path, &size) : NULL;
    bool               there = request && strcmp(request, "suspend") == 0;

    if (!t)
        return 0;
    there = there && xs_write(xs, t, path, "", 0);
    if (!xs_transaction_end(xs, t, !there))
        return errno == EAGAIN ? -1 : 0;
    return there;
}

bool
xl_cancel_suspend(uint32_t domid)
{
    cleanup_free char *path = xasprintf("/local/domain/%u/control/shutdown", domid);
    struct xs_handle  *xs = xs_open(0);
    int                r = -1;

    for (int n = 0; xs && r < 0 && n < CANCEL_TRIES; n++)
        r = try_cancel_suspend(xs, path);
    if (xs)
        xs_close(xs);
    return r > 0;
}

/*----- errors -----*/

static enum err_code
code_of(int rc)
{
    switch (rc) {
    case ERROR_ABORTED:
        return ERR_OPERATION_ABORTED;
    case ERROR_DOMAIN_NOTFOUND:
    case ERROR_DOMAIN_DESTROYED:
        return ERR_NO_DOMAIN;
    case ERROR_GUEST_TIMEDOUT:
    case ERROR_TIMEDOUT:
        return ERR_OPERATION_TIMEOUT;
    case ERROR_NOPARAVIRT:
    case ERROR_NI:
        return ERR_OPERATION_UNSUPPORTED;
    default:
        return ERR_OPERATION_FAILED;
    }
}

static const char *
words_of(int rc)
{
    switch (rc) {
    case ERROR_ABORTED:
        return "aborted";
    case ERROR_DOMAIN_NOTFOUND:
    case ERROR_DOMAIN_DESTROYED:
        return "there is no such domain";
    case ERROR_GUEST_TIMEDOUT:
        return "the guest did not answer in time";
    case ERROR_TIMEDOUT:
        return "it timed out";
    case ERROR_NOPARAVIRT:
        return "the guest has no paravirtual drivers";
    default:
        return libxl_error_to_string(rc);
    }
}

static int
set_err(struct err *err, int rc, const char *words, const char *reasons)
{
    /* What libxl says of an abort are its consequences: "Bad file descriptor". */
    if (!reasons[0] || rc == ERROR_ABORTED)
        reasons = words_of(rc);
    if (!reasons)
        reasons = "libxl gives no reason";
    err_set(err, code_of(rc), "%s: %s", words, reasons);
    err->detail = rc;
    return -1;
}

int
xl_err_set(struct err *err, const struct xl *xl, int rc, const char *format, ...)
{
    char    words[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(words, sizeof words, format, ap);
    va_end(ap);
    return set_err(err, rc, words, xl->log.reasons);
}

int
xl_call_err_set(struct err *err, const struct xl_call *call, int rc, const char *format, ...)
{
    char    words[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(words, sizeof words, format, ap);
    va_end(ap);
    return set_err(err, rc, words, call->reasons);
}
