/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pool.h: the dom0d-worker processes, a few of them idle and ready.
 *
 * A worker is taken, given one task, reports, and ends.  See wire/worker.x for what is said.
 */
#ifndef DAEMON_JOB_POOL_H
#define DAEMON_JOB_POOL_H

#include <stdbool.h>

#include "base/err.h"
#include "limits.h"
#include "wire/state.h"

/* Of the record's name; without it it is the socket's. */
#define WORKER_RECORD_SUFFIX ".job"

struct loop;
struct pool_worker;
struct pool;

struct pool_worker_ops {
    /* A restore has read the image's header and waits for pool_worker_proceed or
     * pool_worker_refuse. */
    void (*identified)(void *arg, const worker_identified *what);
    void (*progress)(void *arg, const worker_progress *progress);

    /* It has ended, and is freed after this.  done NULL: it died without a word; err says how. */
    void (*ended)(void *arg, const worker_done *done, const struct err *err);
};

/** limits must outlive it. */
struct pool *pool_new(struct loop *loop, const struct job_limits *limits);

/** Idle ones end; those with a task go on without us. */
void pool_free(struct pool *pool);

/** Have the idle ones made, as many as the configuration says. */
void pool_fill(struct pool *pool);

/**
 * Give a worker the task of this record, which is written first, and lasts until ended() has
 * returned; what it says of the worker (pid and so on) is filled in here.  ops must outlive it; arg
 * is told, from the loop.  NULL with err where no process can be made or no record written; but
 * with unrecorded the task goes on without one, which is logged, and has what is kept for it of
 * sockets and descriptors.
 */
struct pool_worker *pool_run(struct pool *pool, const task_record *record, bool unrecorded,
                             const struct pool_worker_ops *ops, void *arg, struct err *err);

/** Write the record again: more is known now.  The old one is there still where that fails. */
int pool_worker_update_record(struct pool_worker *worker, const task_record *record,
                              struct err *err);

bool pool_worker_is_recorded(const struct pool_worker *worker);

/** The record lasts: its path, the caller's to free and in the end to pool_worker_forget.  NULL:
 * there is none. */
char *pool_worker_take_record(struct pool_worker *worker);

void pool_worker_proceed(struct pool_worker *worker);
void pool_worker_refuse(struct pool_worker *worker, const struct err *why);
void pool_worker_abort(struct pool_worker *worker);

/** SIGKILL; ended() follows from the loop. */
void pool_worker_kill(struct pool_worker *worker);

/*----- after a restart of the daemon -----*/

/**
 * The worker whose record this is, as it was read from there, to be owned or dismissed at once;
 * NULL: it is dead.  It may be one of version 1.
 */
struct pool_worker *pool_worker_find(struct pool *pool, const char *record_path,
                                     const task_record *record);

/** As if it had been pool_run with these. */
void pool_worker_own(struct pool_worker *worker, const struct pool_worker_ops *ops, void *arg);

/** What it has done was dealt with long ago: it goes, and its record. */
void pool_worker_dismiss(struct pool_worker *worker);

/** What a dead one left, or has left undone, is dealt with: its record goes. */
void pool_worker_forget(const char *record_path);

#endif
