/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * job.h: the right to change one domain, and the work that is done with it.
 *
 * Jobs of a domain run one at a time, in order; destroy goes first (job_submit_first).
 *
 *   job_new --job_submit--> Queued --granted()--> Running --job_finish--> freed
 *                                                    | job_abort
 *                                                    v
 *                                                 Aborting --job_finish--> freed
 *
 * A job is freed by job_finish and nowhere else.
 */
#ifndef DAEMON_JOB_H
#define DAEMON_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"
#include "base/uuid.h"
#include "eventloop/loop.h"

struct daemon;
struct domain;
struct host_call;
struct job;
struct jobs;
struct request;
struct worker;

TAILQ_HEAD(job_queue, job);

enum job_state { JOB_QUEUED = 0, JOB_RUNNING = 1, JOB_ABORTING = 2 };

/* What kind of job it is; one constant struct per operation, in op-NAME.c. */
struct job_operation {
    const char *name;
    int         libvirt; /* virDomainJobOperation */

    /* Its turn has come: begin.  Ends, now or later, in job_finish. */
    void (*granted)(struct job *job);

    /* It is Running and shall end soon, with ERR_OPERATION_ABORTED if that is still possible.
     * NULL: it cannot be aborted. */
    void (*abort)(struct job *job);

    /* It succeeded: answer the request.  NULL: the answer is void. */
    void (*reply)(struct job *job);

    /* The worker it was given has ended its task: domid of a new domain (else -1), or err. */
    void (*worker_done)(struct job *job, int domid, const struct err *err);
};

/* How far a job is, or was when it ended. */
struct job_stats {
    const struct job_operation *operation;
    uint64_t                    elapsed_usec;
    uint64_t                    processed, total; /* bytes; total 0: not known */
    bool                        ended;
    enum err_code               result; /* of an ended one */
};

struct job {
    uint64_t                    id; /* from 1, never used again */
    struct daemon              *daemon;
    const struct job_operation *operation;
    struct domain              *dom;     /* NULL: a restore whose image was not read yet */
    struct request             *req;     /* who is answered; NULL: nobody asked */
    uint64_t                    conn_id; /* who asked, also when it has gone; 0: nobody */
    uint32_t                    serial;

    enum job_state state;
    bool           in_queue;   /* its domain's */
    uint64_t       begun_usec; /* when it was granted, or submitted while Queued */
    uint64_t       processed, total;

    /* What the operation needs; each uses some. */
    char             *path;
    char             *xml;
    unsigned          flags;       /* of worker_start */
    int               stop_detail; /* STOPPED's detail when it succeeds */
    struct worker    *worker;      /* NULL: none (any more) */
    struct host_call *call;        /* a request to Xen that is under way */
    bool              retried;     /* restart: the new one was tried twice */
    char             *log;         /* libxl's lines, when a worker ended */
    int               task;        /* the worker's operation; 0: none was given yet */
    bool              recorded;    /* it waits, and the next daemon would know (job-record.h) */
    bool              undoing;     /* its worker died, another one repairs what it left */
    bool              undone;      /* ... and has done so: there is nothing left of it */
    struct err        died;        /* how, while undoing */
    unsigned          sequence;    /* of its present task, from 1; 0: it had none yet */
    uint64_t          begun_realtime_usec;
    struct loop_timer grace; /* an abort that takes too long */
    struct loop_timer delay; /* a restart that came too soon */

    struct loop_defer wake;
    TAILQ_ENTRY(job) in_domain;
    TAILQ_ENTRY(job) in_all;
};

struct jobs *jobs_new(struct daemon *daemon);
void         jobs_free(struct jobs *jobs);
unsigned     jobs_count(const struct jobs *jobs);
struct job  *jobs_first(const struct jobs *jobs);
struct job  *jobs_by_id(const struct jobs *jobs, uint64_t id);

/** A job of an earlier daemon, with the id it had there; Queued, to be submitted or set Running. */
struct job *job_new_adopted(struct daemon *daemon, const struct job_operation *operation,
                            uint64_t id);

/** req may be NULL, else the job answers it.  dom may be NULL for a restore. */
struct job *job_new(struct daemon *daemon, const struct job_operation *operation,
                    struct domain *dom, struct request *req);

/**
 * Queue it.  If the domain or the daemon has too many jobs the request is answered
 * (ERR_RESOURCE_BUSY) and the job is gone, and with it a domain that was only reserved.
 */
void job_submit(struct job *job);

/**
 * Queue it before all others, which end without having begun (ERR_OPERATION_ABORTED); the one that
 * runs is aborted, and its worker killed if that takes longer than a few seconds.
 */
void job_submit_first(struct job *job);

/** A running job without a domain has one now, which nobody else has: it holds it from now on. */
void job_join(struct job *job, struct domain *dom);

/**
 * End: answer, tell, remember, let the next one have its turn.  err NULL: it succeeded.
 * Frees job, and perhaps its domain: must be last.
 */
void job_finish(struct job *job, const struct err *err);

/** ERR_OPERATION_INVALID where it cannot be aborted.  May free job: must be last. */
int job_abort(struct job *job, struct err *err);

/** The job that holds the domain, or NULL. */
struct job *job_of_domain(const struct domain *dom);

/** Let the first job of the domain have its turn, if it has not had it. */
void job_wake_first(struct domain *dom);

void job_get_stats(const struct job *job, struct job_stats *stats_out);

/**
 * Give the job a worker and its task, made of the job's fields; operation->abort may be
 * job_abort_worker.  operation->worker_done is told the end, from the loop.
 *
 * A worker that dies is followed by one that finishes what was committed and undoes the rest; the
 * end is told when that is done.
 */
void job_run_worker(struct job *job, int task);
void job_abort_worker(struct job *job);

/*----- after a restart of the daemon -----*/

/**
 * Take up again the jobs whose records an earlier daemon left: connect to the workers that live,
 * have repaired what dead ones left.  Before the table is filled: half-built domains are told from
 * guests of others by the jobs that make them.
 */
void jobs_adopt(struct daemon *daemon);

/**
 * Queue again the jobs that waited when the earlier daemon went.  When the table is filled: what is
 * not possible any more ends at once, and who waits for it is told why.
 */
void jobs_requeue(struct daemon *daemon);

/*----- jobs that ended -----*/

/** Answer req (procedure job_wait) when the job ends; at once if it did. */
void job_wait(struct jobs *jobs, uint64_t id, struct request *req);

/** libxl's lines of a job that ended lately; NULL: not known.  Borrowed. */
const char *jobs_log(const struct jobs *jobs, uint64_t id);

/*----- the operations -----*/

/** By its name; NULL: there is none. */
const struct job_operation *job_operation_by_name(const char *name);

extern const struct job_operation op_create, op_restore, op_save, op_destroy, op_restart, op_dump,
    op_pause, op_unpause;

#endif
