/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * operation.h: what a worker does, one task in its life: see wire/tasks.def.
 *
 * One file per operation, with a struct that begins with struct operation, and its steps in the
 * order they run.  Each step ends by starting exactly one next step, or by calling
 * operation_finish; a failure is kept (operation_fail, the first one wins) and the steps that undo
 * look at what there is, never at how far we got.
 *
 *   operation_start --> Active --events->done, from the loop--> gone
 */
#ifndef DRIVER_OPERATION_H
#define DRIVER_OPERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "conf/domain.h"
#include "eventloop/loop.h"
#include "wire/task.h"
#include "xl.h"

struct memory_rules;
struct operation;

/* All of them come from the loop. */
struct operation_events {
    /** op->phase, processed, total or domid changed. */
    void (*progress)(void *arg, const struct operation *op);

    /** Restore: the image holds this domain; waits for operation_proceed or operation_refuse. */
    void (*identified)(void *arg, const struct operation *op, const struct domain_def *def,
                       const char *xml);

    /** It ended: op->err, domid and domain_left say how.  op is freed after this returns. */
    void (*done)(void *arg, const struct operation *op);
};

struct operation_type {
    size_t size; /* of its struct */
    void (*start)(struct operation *op);

    /**
     * Instead of start, where a worker died in this very task: finish what it had committed, undo
     * the rest, see worker.x, WORKER_UNDO.  It cannot be aborted: a guest or an image is at stake.
     */
    void (*undo)(struct operation *op);

    /** The same of its files only, with WORKER_FILES_ONLY.  NULL: it leaves none. */
    void (*undo_files)(struct operation *op);

    /** Once, while nothing failed.  The end comes by the steps, soon.  NULL: it cannot be aborted.
     */
    void (*abort)(struct operation *op);

    /** Only an operation that calls events->identified. */
    void (*proceed)(struct operation *op);

    /** Free what it holds beside struct operation; start or undo was called.  NULL: nothing. */
    void (*clear)(struct operation *op);
};

struct operation {
    const struct operation_type   *type;
    struct xl                     *xl;
    const worker_start            *task;
    const struct memory_rules     *memory; /* NULL: dom0 gives none; set before the loop turns */
    const struct operation_events *events;
    void                          *arg;

    /* What there is to tell. */
    worker_phase phase;
    uint64_t     processed, total; /* bytes; total 0: not known */
    int          domid;            /* -1: not known */
    bool         domain_left;
    struct err   err; /* the first failure; code 0 while all is well */

    /* private */
    struct xl_call    call; /* an operation has one call under way at a time */
    struct loop_defer begin;
    struct loop_timer tick;
    void (*ticked)(struct operation *op);
    struct loop_timer abort_later;
    bool (*abort_ready)(struct operation *op);
    bool started;
    bool waits_for_proceed;
};

/**
 * Begin the task.  It (checked here) and xl are borrowed until done.  xl must be open if the task
 * has TASK_NEEDS_XEN, else its loop will do.
 *
 * Err: ERR_INVALID_ARG the task makes no sense; nothing was begun.
 */
int operation_start(struct xl *xl, const worker_start *task, const struct operation_events *events,
                    void *arg, struct operation **op_out, struct err *err);

/** Have it end soon and undo what it did; after WORKER_COMMITTED nothing happens.  Idempotent. */
void operation_abort(struct operation *op);

/* Answers to events->identified; ignored where none is waited for. */
void operation_proceed(struct operation *op);
void operation_refuse(struct operation *op, const struct err *why);

/*----- for the operations -----*/

/** The first failure wins; later ones are logged. */
void operation_fail(struct operation *op, const struct err *err);
void operation_fail_xl(struct operation *op, int rc, const char *what);

bool operation_failed(const struct operation *op);

/** "create", "restore", ... */
const char *operation_name(const struct operation *op);
void        operation_phase(struct operation *op, worker_phase phase);

/** Note how far it is (NULL: there is nothing to note); it is told a few times a second. */
void operation_tick(struct operation *op, void (*ticked)(struct operation *op));

/**
 * Have libxl cut the call short: in usec from now, and when ready (NULL: then) says that libxl can
 * bear it.  operation_undoing takes it back.
 */
void operation_abort_call(struct operation *op, uint64_t usec, bool (*ready)(struct operation *op));

/**
 * Is libxl's helper at work on the stream that begins at offset of fd?
 *
 * Before that libxl (4.17) cannot bear an abort: it calls a function that it has not set yet, see
 * libxl_save_callout.c, helper_done.  It starts the helper with the 24th byte of the stream.
 */
bool operation_helper_runs(int fd, uint64_t offset);

/** It failed: the phase says so, and no abort comes to the calls that undo. */
void operation_undoing(struct operation *op);

/** It is undone, and what became of it in words: ERR_OPERATION_ABORTED.  Must be last. */
void operation_undone(struct operation *op, const char *what);

/** Tell, and free op.  Must be last. */
void operation_finish(struct operation *op);

/*
 * What Xen says of the domain that the task names by id and uuid (Xen gives ids again).  Not to
 * know is an answer of its own: nothing may be taken for gone because a question failed.
 */
enum operation_domain { OPERATION_DOMAIN_GONE, OPERATION_DOMAIN_THERE, OPERATION_DOMAIN_UNKNOWN };

/** *info_out is filled where it is THERE (NULL is fine). */
enum operation_domain operation_look(const struct operation *op, libxl_dominfo *info_out);

/** The same, and -1 with err where the domain is not THERE. */
int operation_need_domain(const struct operation *op, libxl_dominfo *info_out, struct err *err);

/**
 * -1 with err where it is a stubdomain, which is a part of another guest: its device model.  One
 * whose guest has gone is of no use to anybody, and is a domain like others.
 */
int operation_refuse_stubdomain(const struct operation *op, struct err *err);

/**
 * THERE: *domid_out is the id of the domain with this uuid.  One that is dying is GONE: it may take
 * a while to give back its memory, and another with its uuid may live already.
 */
enum operation_domain operation_find(const struct operation *op, const uint8_t *uuid,
                                     int *domid_out);

/** The callback from libxl's call to the operation that embeds it. */
struct operation *operation_of_call(struct xl_call *call);

#define TASK(nr, NAME, name, traits) extern const struct operation_type operation_##name;
#include "wire/tasks.def"
#undef TASK

#endif
