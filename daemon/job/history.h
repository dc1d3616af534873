/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * history.h: how jobs ended: the last ones, also those of an earlier daemon, and who waits for one
 * that has not.
 *
 * Each lies in RUN_DIR/ended/ID, written before the record of its task goes: so a job that a client
 * has heard of is known to every later daemon as one that waits, runs or has ended, until
 * HISTORY_MAX others have ended after it.
 */
#ifndef DAEMON_JOB_HISTORY_H
#define DAEMON_JOB_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define HISTORY_MAX 64

/** Of the name of a file in RUN_DIR/ended. */
#define HISTORY_SUFFIX ".ended"

struct history;
struct job;
struct job_stats;

/** What lies in RUN_DIR/ended is read.  run_dir is Copied. */
struct history *history_new(const char *run_dir);

/** Nobody waits any more: see history_answer_all.  NULL is fine. */
void history_free(struct history *history);

/** A job ends; log: libxl's lines (Copied), or NULL.  Who waits for it is told. */
void history_add(struct history *history, const struct job *job, const struct err *err,
                 const char *log);

/** It has not ended: it is taken up again. */
void history_forget(struct history *history, uint64_t id);

/** How it ended, code ERR_NONE: it succeeded; NULL: that is not known (yet).  Borrowed. */
const struct err *history_end(const struct history *history, uint64_t id);

/** libxl's lines of it; NULL: it is not known.  Borrowed. */
const char *history_log(const struct history *history, uint64_t id);

/** The highest number of one that is known; 0: none. */
uint64_t history_last_id(const struct history *history);

/** end->code ERR_NONE: it succeeded.  Called once, and not after history_wait_stop. */
typedef void history_fn(void *arg, const struct err *end);

/* Somebody waits; freed when it was told. */
struct history_wait;

/** For a job that has not ended: done is called when it does. */
struct history_wait *history_wait(struct history *history, uint64_t id, history_fn *done,
                                  void *arg);
void                 history_wait_stop(struct history_wait *wait);

/** The daemon stops: all that wait are told this. */
void history_answer_all(struct history *history, const struct err *err);

#endif
