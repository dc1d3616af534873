/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * workers.h: the dom0d-worker processes, a few of them idle and ready.
 *
 * A worker is taken, given one task, reports, and ends.  See wire/worker.x for what is said.
 */
#ifndef DAEMON_WORKERS_H
#define DAEMON_WORKERS_H

#include "base/err.h"
#include "wire/worker.h"

struct daemon;
struct worker;
struct workers;

struct worker_ops {
    /* A restore has read the image's header and waits for worker_proceed or worker_refuse. */
    void (*identified)(void *arg, const worker_identified *what);
    void (*progress)(void *arg, const worker_progress *progress);

    /* It has ended, and is freed after this.  done NULL: it died without a word; err says how. */
    void (*ended)(void *arg, const worker_done *done, const struct err *err);
};

struct workers *workers_new(struct daemon *daemon);

/** Idle ones end; those with a task go on without us. */
void workers_free(struct workers *workers);

/** Have the idle ones made, as many as the configuration says. */
void workers_fill(struct workers *workers);

/**
 * Give a worker the task of this record, which is written first, and lasts until ended() has
 * returned.  ops must outlive it; arg is told, from the loop.  NULL with err where no process can
 * be made or no record written.
 */
struct worker *worker_run(struct workers *workers, const worker_record *record,
                          const struct worker_ops *ops, void *arg, struct err *err);

/** Write the record again: more is known now. */
void worker_update_record(struct worker *worker, const worker_record *record);

void worker_proceed(struct worker *worker);
void worker_refuse(struct worker *worker, const struct err *why);
void worker_abort(struct worker *worker);

/** SIGKILL; ended() follows from the loop. */
void worker_kill(struct worker *worker);

/*----- after a restart of the daemon -----*/

/**
 * For each record that an earlier daemon left: found() gets it, and the worker if that lives, which
 * is then worker_own'ed by it.  Of a dead one the record goes after found() has returned.
 */
typedef void worker_found_fn(void *arg, const worker_record *record, struct worker *worker);
void         workers_adopt(struct workers *workers, worker_found_fn *found, void *arg);

/** As if it had been worker_run with these. */
void worker_own(struct worker *worker, const struct worker_ops *ops, void *arg);

#endif
