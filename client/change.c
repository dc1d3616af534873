/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "change.h"
#include "base/alloc.h"
#include "domain.h"
#include "job.h"

int
change_run(struct client *client, const char *domain, const char *name, change_begin_fn *begin,
           struct err *err)
{
    struct connection                          *conn = client_connect(client, err);
    cleanup_domain struct remote_nonnull_domain dom = {0};
    cleanup_free char                          *label = NULL;
    cleanup_job struct job                      job = {.conn = conn, .keep = true};

    if (!conn || domain_find(conn, domain, &dom, err) < 0)
        return -1;
    job.label = label = xasprintf("%s %s", name, dom.name);
    if (begin(conn, &job.call, &dom, err) < 0)
        return -1;
    return job_run(client, &job, err);
}
