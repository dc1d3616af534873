/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host-private.h: what the files of the daemon's half share.
 *
 *   host.c           the context for hypercalls, and what is answered at once
 *   host-call.c      the calls, until one of the processes answers
 *   host-helper.c    the helper: names, events, requests
 *   host-query.c     the query processes
 *   host-process.c   a process and its socket; host-spawn.c starts it
 */
#ifndef DRIVER_HOST_PRIVATE_H
#define DRIVER_HOST_PRIVATE_H

#include <sys/queue.h>
#include <sys/types.h>

#include "domain-names.h"
#include "driver/host.h"
#include "eventloop/framed.h"
#include "wire/host.h"
#include "xl.h"

struct host_query;

/*----- a process -----*/

/* Lives until it has exited. */
struct host_process {
    struct host      *host;
    const char       *mode;
    pid_t             pid; /* -1: none that we are to reap */
    struct loop_child child;
    struct framed     framed;
    LIST_ENTRY(host_process) link;
};

/* ops as of a framed, with arg. */
struct host_process *host_process_new(struct host *host, const char *mode,
                                      const struct framed_ops *ops, void *arg, struct err *err);

/* It gets SIGKILL; no more comes from it.  NULL is fine. */
void host_process_end(struct host_process *process);

/* All that have not exited. */
void host_processes_close(struct host *host);

/*
 * host-spawn.c: `path mode LEVEL`, with one end of a socket pair as its SPAWN_FD and no
 * other descriptor of ours.  Returns the other end, or -1 with err; *pid_out -1: it is no child.
 * Tests put another function in the place of this one.
 */
int host_spawn(struct loop *loop, const char *path, const char *mode, pid_t *pid_out,
               struct err *err);

/*----- calls -----*/

enum host_call_kind { CALL_REQUEST, CALL_LIVE, CALL_KEPT_XML, CALL_DEFINITION };

/*
 *   Waiting (for a process to do it) --> Sent --> answered and freed
 *      +--> Settled (err says how it ends) --from the loop--> answered and freed
 */
struct host_call {
    struct host        *host;
    uint64_t            id; /* the helper's name for it */
    enum host_call_kind kind;
    enum host_request   what; /* CALL_REQUEST */
    uint32_t            domid;
    union {
        host_done_fn *request;
        host_live_fn *live;
        host_xml_fn  *xml;
    } done;
    void              *arg;
    bool               sent;    /* to the helper that runs now */
    bool               settled; /* it is in host->settled, and err is its answer */
    struct err         err;
    struct host_query *query; /* CALL_KEPT_XML, CALL_DEFINITION; NULL: Settled */
    TAILQ_ENTRY(host_call) link;
};
TAILQ_HEAD(host_calls, host_call);

/* In no list yet. */
struct host_call *host_call_new(struct host *host, enum host_call_kind kind, uint32_t domid,
                                void *arg);

/* "cannot pause domain 3" */
const char *host_call_words(const struct host_call *call, char words[128]);

/* Takes the call out of list, answers it, frees it. */
void host_call_fail(struct host_calls *list, struct host_call *call, const struct err *err);

/* The same from the loop, later.  list NULL: it is in none. */
void host_call_settle(struct host_calls *list, struct host_call *call, const struct err *err);

/*----- the host -----*/

#define HOST_QUERIES_MAX 4

/* A query process and what it is asked. */
struct host_asker {
    struct host         *host;
    struct host_process *process; /* NULL: none */
    struct host_query   *query;   /* NULL: it is idle */
    struct loop_timer    limit;   /* of the query, or of being idle */
};

struct host_query {
    query_kind        kind;
    uint32_t          domid;
    struct host_calls calls; /* who waits for it; none: all have gone */
    TAILQ_ENTRY(host_query) link;
};
TAILQ_HEAD(host_queries, host_query);

struct host {
    struct loop              *loop;
    char                     *worker_path;
    const struct host_events *events;
    void                     *arg;
    struct xl                 xl; /* for hypercalls */

    char             *lost; /* why disaster is to be called; NULL: all is well */
    enum err_code     lost_code;
    struct loop_defer disaster;

    LIST_HEAD(, host_process) processes;
    struct host_calls settled;
    struct loop_defer answer_settled;

    /* host-helper.c */
    struct host_process *helper; /* NULL: it is to be started again */
    bool                 opening, listed;
    struct domain_names  names;
    struct host_calls    helper_calls;
    uint64_t             last_id;
    uint64_t          heard_usec; /* when there was last a sign of it, or something to wait for */
    uint64_t          started_usec, restart_delay_usec;
    bool              probed; /* and not answered yet */
    struct loop_timer watch;
    struct loop_timer restart;

    /* host-query.c */
    struct host_asker   askers[HOST_QUERIES_MAX];
    struct host_queries queue;
    struct loop_defer   ask;
    struct loop_timer   queue_limit;
};

/* host.c: Xen is lost; only the first reason counts. */
void host_lost(struct host *host, enum err_code code, const char *reason);

/* Says so in err and returns -1 where it is lost. */
int host_check(const struct host *host, struct err *err);

/* host-helper.c */
int  host_helper_open(struct host *host, struct err *err);
void host_helper_close(struct host *host);

/* Of a domain that the hypervisor has: what xenstore has told; the helper is asked to look where it
 * has told nothing. */
const struct domain_name *host_helper_known(struct host *host, uint32_t domid);

/* Aborts a call that is in helper_calls. */
void host_helper_abort(struct host_call *call);

/* host-query.c */
void host_queries_init(struct host *host);
void host_queries_close(struct host *host);
void host_query_abort(struct host_call *call);

#endif
