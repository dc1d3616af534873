/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "api/job-params.h"
#include "api/procedures.h"
#include "base/alloc.h"
#include "base/log.h"
#include "config.h"
#include "console/consoles.h"
#include "daemon.h"
#include "domain/store.h"
#include "driver/host.h"
#include "eventloop/work.h"
#include "job/ops.h"
#include "job/pool.h"
#include "rpc/events.h"
#include "rpc/server.h"
#include "start.h"

/* How long clients of an earlier daemon may take to come back and hear what has happened. */
#define EVENTS_KEPT_USEC 10000000

/*----- what the table of domains tells -----*/

static struct event_domain
start_event_domain(const struct domain *dom)
{
    return (struct event_domain){.name = dom->name, .uuid = dom->uuid, .domid = dom->run.domid};
}

static void
start_domain_lifecycle(void *arg, const struct domain *dom, enum lifecycle_event event, int detail)
{
    const struct daemon *daemon = arg;
    struct event_domain  about = start_event_domain(dom);

    events_lifecycle(daemon->events, &about, event, detail);
}

static void
start_domain_metadata(void *arg, const struct domain *dom, int type, const char *uri)
{
    const struct daemon *daemon = arg;
    struct event_domain  about = start_event_domain(dom);

    events_metadata(daemon->events, &about, type, uri);
}

static void
start_domain_reboot(void *arg, const struct domain *dom)
{
    const struct daemon *daemon = arg;
    struct event_domain  about = start_event_domain(dom);

    events_reboot(daemon->events, &about);
    consoles_domain_reboots(daemon->consoles, dom);
}

static void
start_domain_model_lost(void *arg, const struct domain *dom)
{
    const struct daemon *daemon = arg;
    struct event_domain  about = start_event_domain(dom);

    events_control_error(daemon->events, &about);
}

static void
start_domain_identified(void *arg, const struct domain *dom)
{
    const struct daemon *daemon = arg;

    consoles_domain_identified(daemon->consoles, dom);
}

static void
start_domain_terminal(void *arg, const struct domain *dom, enum host_terminal terminal)
{
    const struct daemon *daemon = arg;

    consoles_terminal_told(daemon->consoles, dom, terminal);
}

static void
start_domain_gone(void *arg, const struct domain *dom, int domid, int detail)
{
    const struct daemon *daemon = arg;

    consoles_domain_gone(daemon->consoles, dom, domid, detail);
}

static void
start_domain_wants(void *arg, struct domain *dom, enum domain_action action, int stop_detail)
{
    const struct daemon *daemon = arg;

    job_obey(daemon->jobs, dom, action, stop_detail);
}

static void
start_domain_settled(void *arg, struct domain *dom)
{
    (void)arg;
    job_wake_first(dom);
}

static void
start_domain_leaves(void *arg, struct domain *dom)
{
    (void)arg;
    domain_jobs_free(dom);
}

static void
start_host_lost(void *arg, const char *reason)
{
    struct daemon *daemon = arg;

    log_error("the connection to Xen is lost: %s", reason);
    daemon->failed = true;
    loop_stop(daemon->loop);
}

static const struct domain_observer start_domain_observer = {
    .lifecycle = start_domain_lifecycle,
    .metadata = start_domain_metadata,
    .reboot = start_domain_reboot,
    .model_lost = start_domain_model_lost,
    .identified = start_domain_identified,
    .terminal = start_domain_terminal,
    .gone = start_domain_gone,
    .wants = start_domain_wants,
    .settled = start_domain_settled,
    .leaves = start_domain_leaves,
    .lost = start_host_lost,
};

/*----- what the jobs tell -----*/

static void
start_job_progressed(void *arg, const struct job *job)
{
    (void)arg, (void)job; /* clients ask for it */
}

/* libvirt knows of no job that it has no operation for. */
static void
start_job_ended(void *arg, const struct job *job, const struct job_stats *stats)
{
    const struct daemon *daemon = arg;
    struct event_domain  about = start_event_domain(job->dom);
    struct params        params;

    if (!stats->operation->libvirt)
        return;
    job_params_fill(&params, stats);
    events_job_completed(daemon->events, &about, params.list, params.count);
    params_clear(&params);
}

static const struct job_observer start_job_observer = {
    .progressed = start_job_progressed,
    .ended = start_job_ended,
};

/*----- what the server tells -----*/

static void
start_conn_gone(void *context, uint64_t conn_id)
{
    const struct daemon *daemon = context;

    if (daemon->jobs)
        jobs_owner_gone(daemon->jobs, conn_id);
}

/*----- start and stop -----*/

/* What renames have left that were cut short, with the host.  One whose job is taken up again does
 * it by itself: its new file must not go, whichever of the two was found to be newer. */
static void
start_remove_remains(struct daemon *daemon)
{
    struct store_remain *remain;

    while ((remain = domains_next_remain(daemon->domains))) {
        const struct domain *dom = domains_by_name(daemon->domains, remain->name);

        if (!dom || !dom->work.definitions)
            job_submit(op_rename_remains_new(daemon->jobs, remain));
        store_remain_free(remain);
    }
}

/* What is stored first, for the rest is about those too.  Then jobs of an earlier daemon:
 * half-built domains are told from guests of others by the jobs that make them. */
static int
start_take_over(struct daemon *daemon, struct err *err)
{
    bool earlier;

    domains_load(daemon->domains);
    consoles_recall(daemon->consoles);
    earlier = domains_recall(daemon->domains);
    if (earlier)
        events_keep(daemon->events, daemon->loop, EVENTS_KEPT_USEC);
    if (jobs_recover(daemon->jobs, err) < 0)
        return -1;
    domains_tell_defined(daemon->domains);
    domains_refresh(daemon->domains);
    domains_tell_undefined(daemon->domains);
    jobs_requeue(daemon->jobs);
    domains_recalled(daemon->domains);
    start_remove_remains(daemon);
    return 0;
}

int
daemon_start(struct daemon *daemon, struct err *err)
{
    const struct config *config = daemon->config;

    daemon->events = events_new();
    daemon->server = server_new(&(struct server_setup){.loop = daemon->loop,
                                                       .limits = &config->rpc,
                                                       .programs = api_programs,
                                                       .events = daemon->events,
                                                       .context = daemon,
                                                       .gone = start_conn_gone});
    daemon->pool = pool_new(daemon->loop, &config->job);
    daemon->domains = domains_new(daemon->loop, config->job.run_dir, &config->domain,
                                  &start_domain_observer, daemon);
    daemon->consoles = consoles_new(daemon->loop, &config->console, config->job.run_dir,
                                    config->job.worker_path, daemon->domains);
    daemon->jobs = jobs_new(daemon->loop, &config->job, daemon->domains, daemon->pool,
                            &start_job_observer, daemon);
    if (host_open(daemon->loop, config->job.worker_path, &domains_host_events, daemon->domains,
                  &daemon->host, err) < 0 ||
        host_info(daemon->host, &daemon->host_info, err) < 0)
        return -1;
    domains_set_host(daemon->domains, daemon->host);
    if (start_take_over(daemon, err) < 0)
        return -1;
    pool_fill(daemon->pool);
    return 0;
}

void
daemon_stop(struct daemon *daemon)
{
    server_free(daemon->server);
    jobs_stop(daemon->jobs);
    /* Who waits for it may go on to ask Xen. */
    loop_end_work(daemon->loop);
    /* It answers what waits for Xen: so what waits must be there. */
    host_close(take_ptr(daemon->host));
    if (daemon->domains)
        domains_set_host(daemon->domains, NULL);
    jobs_free(daemon->jobs);
    pool_free(daemon->pool);
    consoles_free(daemon->consoles);
    domains_free(daemon->domains);
    events_free(daemon->events);
    free(daemon->capabilities);
}
