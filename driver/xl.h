/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl.h: one libxl context that lives on our loop, its logger, and its asynchronous calls.
 *
 * libxl is called on the loop's thread only.  Its descriptors and timeouts are sources of the loop
 * (xl-hooks.c), SIGCHLD is the loop's and told to libxl (xl.c), its lines come to xl-log.c, and
 * every call ends in one callback from the loop (xl-call.c).
 */
#ifndef DRIVER_XL_H
#define DRIVER_XL_H

#include <libxl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <xentoollog.h>

#include "base/err.h"
#include "base/log.h"
#include "eventloop/loop.h"

/*----- what libxl says -----*/

#define XL_LOG_SIZE 60000  /* of all lines; the oldest go first */
#define XL_LOG_REASONS 900 /* of those lines that tell why something failed */

struct xl_log {
    xentoollog_logger vtable; /* must be first */
    struct log_about  about;  /* what its lines are about */
    char             *text;   /* the lines since xl_log_clear, oldest first */
    size_t            size;
    char reasons[XL_LOG_REASONS]; /* the errors among them, the first ones, "; " between */
    int  errnum;                  /* the first error's errno that is known; 0: none */

    /* Optional: an error was logged; the line as a user wants to read it.  From inside libxl. */
    void (*error)(void *arg, const char *reason);
    void *arg;

    /* Optional: the same, with the domain that the line names; -1: none. */
    void (*attribute)(struct xl_log *log, int64_t domid, const char *reason);
};

void xl_log_init(struct xl_log *log);
void xl_log_free(struct xl_log *log);

/** A new operation begins: what was said belongs to another. */
void xl_log_clear(struct xl_log *log);

/** Put a reason behind the others, unless it is among them or there is no room. */
void xl_log_add_reason(char reasons[XL_LOG_REASONS], const char *reason);

/*----- the context -----*/

struct xl_call;

struct xl_ops {
    /** libxl lost track: the context is good for xl_close only.  Comes once, from the loop. */
    void (*disaster)(void *arg, const char *reason);
};

struct xl {
    struct loop         *loop; /* NULL: opened for hypercalls only */
    libxl_ctx           *ctx;  /* NULL: not open */
    struct xl_log        log;
    const struct xl_ops *ops;
    void                *arg;
    bool                 lost; /* nothing of libxl may be called with ctx */
    char                 lost_reason[256];
    struct loop_defer    disaster;
    int                  xenstored; /* a connection on which nothing is said, only its end */
    struct loop_io       xenstored_io;
    LIST_HEAD(, xl_fd) fds;           /* registered by libxl; ours */
    LIST_HEAD(, xl_timeout) timeouts; /* registered by libxl; ours */
    LIST_HEAD(, xl_call) calls;       /* Active ones; their owners' */
    struct xl_call *starting;         /* the one whose libxl function runs; NULL: none */
};

/**
 * Err: ERR_NO_CONNECT where this is not a Xen dom0, with what is missing.  ops must outlive xl,
 * xl must not move.  The loop's loop_on_sigchld is taken.
 */
int xl_open(struct xl *xl, struct loop *loop, const struct xl_ops *ops, void *arg, struct err *err);

/**
 * A context without a loop, for those functions of libxl that are hypercalls and nothing else (see
 * libxl_domain.c, libxl_domain_info): no call, no event, no disaster.
 */
int xl_open_for_hypercalls(struct xl *xl, struct err *err);

/**
 * No callback comes from here on; calls that were Active are dropped.  libxl cannot free a context
 * that is lost: it is then left where it is, and never entered again.
 */
void xl_close(struct xl *xl);

/**
 * Says what is missing and returns -1; or, where this seems to be a Xen dom0, a connection to
 * xenstored that is for the caller to close.
 */
int xl_check_host(struct err *err);

/**
 * Is it a stubdomain, the device model of a guest that is there?  *guest_out and *name_out, which
 * is the caller's to free, tell which.  Asks xenstore.
 */
bool xl_is_stubdomain(struct xl *xl, uint32_t domid, uint32_t *guest_out, char **name_out);

/** The domain's name as others may read it, the caller's to free; "" where it has none. */
char *xl_domain_name(struct xl *xl, uint32_t domid);

/**
 * Take back what libxl has asked the domain for by way of xenstore, to suspend itself: an aborted
 * call leaves it there.  Returns whether it was there still, and the domain will not.
 */
bool xl_cancel_suspend(uint32_t domid);

/**
 * Fill *err for a libxl call that returned rc: the words, then libxl's own reasons, all that the
 * context has said since xl_log_clear.  Where calls run side by side: xl_call_err_set.
 *
 * Returns -1.
 */
int xl_err_set(struct err *err, const struct xl *xl, int rc, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

void xl_hooks_register(struct xl *xl);
void xl_hooks_drop(struct xl *xl);

/*----- calls -----*/

/*
 *   Undefined --init--> Idle --xl_domain_...--> Active --next(call, rc), from the loop--> Idle
 *
 * However libxl ends a call (refused by the return value, finished before the function returns,
 * finished later), next is called once, from the loop, and never from inside the function that
 * starts it.  It may free the call.  All pointer parameters must live until then.
 */
typedef void xl_call_fn(struct xl_call *call, int rc);

struct xl_call {
    struct xl        *xl;
    int64_t           domid; /* -1: not known when it was started */
    xl_call_fn       *next;
    int               rc;
    bool              active;
    bool              ended; /* libxl is done with it; next comes soon */
    libxl_asyncop_how how;
    struct loop_defer wake;
    LIST_ENTRY(xl_call) link;

    /*
     * Why it failed, of its own lines only: those that name its domain, and those that name none
     * and were said while it was started.  What was said later of no domain may be anybody's.
     */
    char reasons[XL_LOG_REASONS];
};

void xl_call_init(struct xl_call *call, struct xl *xl);

/** xl_err_set with the reasons of this call alone, which has ended with rc.  Returns -1. */
int xl_call_err_set(struct err *err, const struct xl_call *call, int rc, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** xl->log.attribute of a context that has calls. */
void xl_calls_attribute(struct xl_log *log, int64_t domid, const char *reason);

/** Ask libxl to cut it short: next still comes, with ERROR_ABORTED or another rc.  Idempotent. */
void xl_call_abort(struct xl_call *call);

/**
 * Its owner goes: next never comes.  If libxl is not done with an Active one, the context is lost
 * with it.  Only for closing.
 */
void xl_call_drop(struct xl_call *call);

/**
 * How a call is started: a function of libxl that takes an ao_how is called between the two.
 *
 *   const libxl_asyncop_how *how = xl_call_begin(call, domid, next);
 *
 *   xl_call_end(call, libxl_domain_something(call->xl->ctx, domid, how));
 *
 * domid: whose lines in libxl's log are this call's reasons; -1: not known yet.  rc is what the
 * function returned; not zero means that libxl will not call back.  next comes from the loop,
 * whichever way the call ends.  The functions below do this for those that several use.
 */
const libxl_asyncop_how *xl_call_begin(struct xl_call *call, int64_t domid, xl_call_fn *next);
void                     xl_call_end(struct xl_call *call, int rc);

void xl_domain_create(struct xl_call *call, libxl_domain_config *config, uint32_t *domid,
                      xl_call_fn *next);
void xl_domain_restore(struct xl_call *call, libxl_domain_config *config, uint32_t *domid, int fd,
                       const libxl_domain_restore_params *params, xl_call_fn *next);
void xl_domain_suspend(struct xl_call *call, uint32_t domid, int fd, xl_call_fn *next);
void xl_domain_resume(struct xl_call *call, uint32_t domid, xl_call_fn *next);
void xl_domain_destroy(struct xl_call *call, uint32_t domid, xl_call_fn *next);
void xl_domain_dump(struct xl_call *call, uint32_t domid, const char *path, xl_call_fn *next);
void xl_domain_pause(struct xl_call *call, uint32_t domid, xl_call_fn *next);
void xl_domain_unpause(struct xl_call *call, uint32_t domid, xl_call_fn *next);
void xl_domain_shutdown(struct xl_call *call, uint32_t domid, xl_call_fn *next);
void xl_domain_reboot(struct xl_call *call, uint32_t domid, xl_call_fn *next);
void xl_domain_power_button(struct xl_call *call, uint32_t domid, xl_call_fn *next);
void xl_domain_soft_reset(struct xl_call *call, uint32_t domid, libxl_domain_config *config,
                          xl_call_fn *next);
void xl_domain_config(struct xl_call *call, uint32_t domid, libxl_domain_config *config,
                      xl_call_fn *next);

#endif
