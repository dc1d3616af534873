/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * job.h: the right to change one domain, and the work that is done with it.
 *
 * Jobs of a domain run one at a time, in order; destroy goes first (job_submit_first).  Those that
 * change its definition (job_operation.of_definition) have a queue of their own: they wait for no
 * guest, and no guest waits for the disk on which it is kept.
 *
 *   job_new --job_submit--> Queued --granted()--> Running <--job_hold, job_go_on--> Held
 *                                                    |  | its worker died      |
 *                                          job_abort |  v                      | its time is over,
 *                                                    | Repairing               | its owner has gone
 *                                                    v                         v
 *                                                 Aborting --job_finish--> freed
 *
 * and job_finish ends it from any state.  A job is freed by job_finish and nowhere else.
 *
 * struct job is the base: each operation's own struct begins with it (op-NAME.c), as struct
 * op_save { struct job job; struct task task; ... }.
 */
#ifndef DAEMON_JOB_JOB_H
#define DAEMON_JOB_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"
#include "domain/table.h"
#include "eventloop/loop.h"
#include "limits.h"
#include "wire/worker.h"

struct history;
struct job;
struct jobs;
struct pool;

TAILQ_HEAD(job_queue, job);

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_HELD, JOB_ABORTING, JOB_REPAIRING };

/** How it ended: err NULL: it succeeded.  For the job's owner, once; job is freed after it. */
typedef void job_done_fn(void *arg, const struct job *job, const struct err *err);

/* Who asked for a job.  All zero: nobody, the daemon does it by itself. */
struct job_owner {
    uint64_t     conn_id; /* the connection, also when it has gone; 0: none */
    uint32_t     serial;  /* of its call */
    uint64_t     user;    /* whose XML is read in turn (definition.h) */
    job_done_fn *done;    /* or NULL */
    void        *arg;
};

/* What kind of job it is; one constant struct per operation, in op-NAME.c. */
struct job_operation {
    const char          *name;
    int                  libvirt;  /* virDomainJobOperation; 0: none of libvirt's */
    enum domain_activity activity; /* what is done to the domain meanwhile */
    size_t               size;     /* of its struct */
    size_t               task;     /* offset of its struct task; 0: it has none */
    bool unrecorded;               /* it goes on where nothing can be written for the next daemon */
    bool of_definition;            /* it changes what is stored of the domain, and no guest */
    bool new_domain;               /* it may be the first that is heard of the domain */

    /* Its turn has come: begin.  Ends, now or later, in job_finish. */
    void (*granted)(struct job *job);

    /* It is Running and shall end soon, with ERR_OPERATION_ABORTED if that is still possible.
     * NULL: it cannot be aborted. */
    void (*abort)(struct job *job);

    /* What its worker has found in an image; Borrowed.  NULL: that becomes the job's domain. */
    void (*identified)(struct job *job, const worker_identified *what);

    /* The worker it was given has ended its task. */
    void (*worker_done)(struct job *job, const struct err *err);

    /* Its parameters, as its worker's task has them (Borrowed from the job), and back (Copied).
     * params_out->operation is 0 before.  NULL: it has none. */
    void (*save_params)(struct job *job, worker_params *params_out);
    void (*load_params)(struct job *job, const worker_params *params);

    /* Free what it holds beside struct job and its task.  NULL: nothing. */
    void (*clear)(struct job *job);
};

/* How far a job is, or was when it ended. */
struct job_stats {
    const struct job_operation *operation; /* NULL: there was none */
    uint64_t                    elapsed_usec;
    uint64_t                    processed, total; /* bytes; total 0: not known */
    bool                        ended;
    enum err_code               result; /* of an ended one */
};

struct job {
    uint64_t                    id; /* from 1, never used again */
    struct jobs                *jobs;
    const struct job_operation *operation;
    struct domain              *dom; /* NULL: a restore whose image was not read yet */
    struct job_owner            owner;

    enum job_state state;
    bool           abort_asked;
    uint64_t       begun_usec; /* when it was granted, or submitted while Queued */
    uint64_t       processed, total;
    int            stop_detail; /* STOPPED's detail when it succeeds; -1: none */

    /* private */
    bool              in_queue;   /* its domain's */
    bool              goes_first; /* job_submit_first */
    bool              recorded;   /* it waits, and the next daemon would know (record.h) */
    struct loop_timer limit;      /* of Held, or of an abort */
    struct loop_defer wake;
    TAILQ_ENTRY(job) in_domain;
    TAILQ_ENTRY(job) in_all;
};

/* Who hears of jobs. */
struct job_observer {
    /** How far it is has changed. */
    void (*progressed)(void *arg, const struct job *job);

    /** It has ended, after it had begun.  Its owner was not told yet. */
    void (*ended)(void *arg, const struct job *job, const struct job_stats *stats);
};

/*----- all jobs -----*/

/**
 * limits, domains, pool and observer must outlive it.  The numbers of jobs go on where an earlier
 * daemon has stopped, and what ended under it is known (history.h).
 */
struct jobs *jobs_new(struct loop *loop, const struct job_limits *limits, struct domains *domains,
                      struct pool *pool, const struct job_observer *observer, void *arg);

/** The daemon stops: jobs that have not come to a worker yet are left to the next one. */
void jobs_stop(struct jobs *jobs);

/** All that are left: their owners are told that the daemon stops.  NULL is fine. */
void jobs_free(struct jobs *jobs);

unsigned        jobs_count(const struct jobs *jobs);
struct job     *jobs_first(const struct jobs *jobs);
struct job     *jobs_by_id(const struct jobs *jobs, uint64_t id);
struct domains *jobs_domains(const struct jobs *jobs);
struct history *jobs_history(const struct jobs *jobs);

/** A connection has gone: what is Held for it ends. */
void jobs_owner_gone(struct jobs *jobs, uint64_t conn_id);

/*----- one job -----*/

/**
 * Of operation->size, zeroed behind struct job.  dom may be NULL for a restore.  owner is Copied;
 * NULL: nobody asked.  To be submitted.
 */
struct job *job_new(struct jobs *jobs, const struct job_operation *operation, struct domain *dom,
                    const struct job_owner *owner);

/** A job of an earlier daemon, with the number it had there; to be submitted, or to be joined and
 * set Running. */
struct job *job_new_adopted(struct jobs *jobs, const struct job_operation *operation, uint64_t id);

/**
 * Queue it.  If the domain or the daemon has too many jobs it ends at once (ERR_RESOURCE_BUSY), as
 * it does where somebody asked for it and its number cannot be kept for the next daemon
 * (ERR_SYSTEM); and with it a domain that was only reserved.
 */
void job_submit(struct job *job);

/**
 * Queue it before all others, which end without having begun (ERR_OPERATION_ABORTED); the one that
 * runs is aborted.  If the domain has such a job of the same operation already, this one joins it,
 * and ends as that does.
 */
void job_submit_first(struct job *job);

/** A running job without a domain has one now, which nobody else has: it holds it from now on. */
void job_join(struct job *job, struct domain *dom);

/**
 * It holds its domain for usec at most while no work is under way, or until its owner's connection
 * goes; then it ends, ERR_OPERATION_ABORTED.
 */
void job_hold(struct job *job, uint64_t usec);

/** A Held one is Running again. */
void job_go_on(struct job *job);

/**
 * End: answer, tell, remember, let the next one have its turn.  err NULL: it succeeded.
 * Frees job: must be last.
 */
void job_finish(struct job *job, const struct err *err);

/**
 * It is to end soon; its worker is killed, and what it left repaired, if that takes longer than a
 * few seconds.  ERR_OPERATION_INVALID where it cannot be aborted.  May free job: must be last.
 */
int job_abort(struct job *job, struct err *err);

/** An abort was asked for, and what was done has not come to its end: ERR_OPERATION_ABORTED. */
bool job_was_aborted(const struct job *job, struct err *err);

void job_get_stats(const struct job *job, struct job_stats *stats_out);

/** One that was submitted first has its turn after it. */
bool job_destroy_waits(const struct job *job);

/** As a line of the log wants it; borrowed from job. */
struct log_about job_for_log(const struct job *job, char uuid_text[UUID_TEXT_SIZE]);

/*----- the jobs of a domain -----*/

/* What the table keeps for us with each domain (domain_work.more). */
struct domain_jobs {
    struct job_queue queue;          /* the first holds the domain */
    struct job_queue definitions;    /* the first changes its definition */
    struct job_stats last;           /* operation NULL: none yet */
    uint64_t         restarted_usec; /* when it was last restarted; 0: never */
    uint64_t         restart_delay_usec;
    char            *lost_core; /* why there is none of its crash; NULL: nothing is to be said */
};

/** Never NULL: made at the first call, freed by domain_jobs_free. */
struct domain_jobs *domain_jobs(struct domain *dom);

/** For the table's observer: the domain leaves. */
void domain_jobs_free(struct domain *dom);

/** The job that holds the domain or is the first to have its turn, or NULL.  Not of those that
 * change its definition. */
struct job *job_of_domain(const struct domain *dom);

/** The same of the jobs that change its definition. */
struct job *job_of_definition(const struct domain *dom);

/** What its last job was; operation NULL: there was none. */
struct job_stats job_last_of_domain(const struct domain *dom);

/** Let the first job of the domain have its turn, if it has not had it. */
void job_wake_first(struct domain *dom);

/** For the table's observer: what the domain's definition wants is queued, in order. */
void job_obey(struct jobs *jobs, struct domain *dom, enum domain_action action, int stop_detail);

/*----- after a restart of the daemon -----*/

/**
 * Take up again the jobs whose records an earlier daemon left: connect to the workers that live,
 * have repaired what dead ones left.  Before the table is filled: half-built domains are told from
 * guests of others by the jobs that make them.
 *
 * A record that cannot be read now is kept and read later; the numbers of new jobs are above those
 * of all records.  Fails where a folder of records cannot be read: nothing is known then.
 */
int jobs_recover(struct jobs *jobs, struct err *err);

/**
 * Queue again the jobs that waited when the earlier daemon went.  When the table is filled: what is
 * not possible any more ends at once, and who waits for it is told why.
 */
void jobs_requeue(struct jobs *jobs);

#endif
