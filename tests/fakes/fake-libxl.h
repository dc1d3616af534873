/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fake-libxl.h: the inside of the fake libxl: its context, and what its two files share.
 */
#ifndef TESTS_FAKES_FAKE_LIBXL_H
#define TESTS_FAKES_FAKE_LIBXL_H

#include <libxl.h>
#include <sys/queue.h>

#include "fake-xen.h"

struct fake_ao;

/* A timeout that we asked the application for. */
struct fake_timeout {
    struct fake_ao *ao; /* NULL: not wanted any more, but it must still be told of */
    void           *for_app;
    TAILQ_ENTRY(fake_timeout) link;
};

struct fake_evgen {
    libxl_ctx *ctx;
    uint32_t   domid;
    bool       shutdown_told, death_told;
    TAILQ_ENTRY(fake_evgen) link;
};

struct libxl__ctx {
    /* The real functions that are used beside the fakes (types, JSON) look at these: they stand
     * where libxl_internal.h has them. */
    xentoollog_logger *lg;
    void              *xch, *xsh;
    struct {
        int        alloc_maxsize;
        void     **alloc_ptrs;
        libxl_ctx *owner;
    } nogc_gc;

    const libxl_osevent_hooks *hooks;
    void                      *hooks_user;
    bool                       in_hook;
    bool                       lost; /* the disaster was told: it may only be left */
    const libxl_event_hooks   *event_hooks;
    void                      *event_user;
    bool                       owns_no_sigchld;
    int                        changes; /* -1: nothing is watched */
    void                      *changes_for_app;
    TAILQ_HEAD(, fake_evgen) evgens;
    TAILQ_HEAD(, fake_ao) aos;
    TAILQ_HEAD(, fake_timeout) timeouts;
    TAILQ_ENTRY(libxl__ctx) link;
};

/** Every function begins with it: libxl may not be entered from a hook. */
void fake_enter(libxl_ctx *ctx);

/** What libxl would say, of this domain (0: of none); the errors are kept in the world too. */
void fake_say(libxl_ctx *ctx, uint32_t domid, int errnum, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** Ask for a timeout. */
struct fake_timeout *fake_timeout_new(libxl_ctx *ctx, struct fake_ao *ao, unsigned msec);

/** Have it told at once, and do nothing then. */
void fake_timeout_drop(libxl_ctx *ctx, struct fake_timeout *timeout);

/** Its memory; nobody is told. */
void fake_ao_free(struct fake_ao *ao);

/** The timeout of this call came. */
void fake_ao_step(struct fake_ao *ao);

/** The descriptor that this call has registered is ready. */
void fake_ao_writable(struct fake_ao *ao, int fd);

/** Reap those children that have exited, and let their calls go on. */
void fake_ao_reap(libxl_ctx *ctx);

#endif
