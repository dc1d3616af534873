/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * workers.h: the dom0d-worker processes, a few of them idle and ready.
 *
 * A worker is taken, given one task, reports, and ends.  See wire/worker.x for what is said.
 */
#ifndef DAEMON_WORKERS_H
#define DAEMON_WORKERS_H

#include "base/err.h"
#include "wire/state.h"

/* Of the record's name; without it it is the socket's. */
#define WORKER_RECORD_SUFFIX ".job"

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
 * returned; what it says of the worker (pid and so on) is filled in here.  ops must outlive it; arg
 * is told, from the loop.  NULL with err where no process can be made or no record written.
 */
struct worker *worker_run(struct workers *workers, const task_record *record,
                          const struct worker_ops *ops, void *arg, struct err *err);

/** Write the record again: more is known now. */
void worker_update_record(struct worker *worker, const task_record *record);

void worker_proceed(struct worker *worker);
void worker_refuse(struct worker *worker, const struct err *why);
void worker_abort(struct worker *worker);

/** SIGKILL; ended() follows from the loop. */
void worker_kill(struct worker *worker);

/*----- after a restart of the daemon -----*/

/**
 * The worker whose record this is, as it was read from there, to be owned or dismissed at once;
 * NULL: it is dead.  It may be one of version 1.
 */
struct worker *worker_find(struct workers *workers, const char *record_path,
                           const task_record *record);

/** As if it had been worker_run with these. */
void worker_own(struct worker *worker, const struct worker_ops *ops, void *arg);

/** What it has done was dealt with long ago: it goes, and its record. */
void worker_dismiss(struct worker *worker);

/** What a dead one left, or has left undone, is dealt with: its record goes. */
void worker_forget(const char *record_path);

#endif
