/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "change.h"
#include "base/alloc.h"
#include "domain.h"
#include "job.h"

/* Nobody saw the end: what the domain is now tells whether it came to that. */
static int
look(struct connection *conn, const struct remote_nonnull_domain *dom, const struct change *change,
     struct err *err)
{
    struct domain_now  now;
    struct err         other;
    cleanup_free char *what = NULL;

    if (domain_look(conn, (const uint8_t *)dom->uuid, &now, &other) < 0)
        return err_append(err, "; what became of %s is not known: %s", dom->name, other.message);
    if (change->is_so(&now, dom->id))
        return 0;
    what = domain_now_text(dom->name, &now);
    return err_append(err, "; %s", what);
}

int
change_run(struct client *client, const char *domain, const struct change *change, struct err *err)
{
    struct connection                          *conn = client_connect(client, err);
    cleanup_domain struct remote_nonnull_domain dom = {0};
    cleanup_free char                          *label = NULL;
    cleanup_job struct job                      job = {.conn = conn, .keep = true};

    if (!conn || domain_find(conn, domain, &dom, err) < 0)
        return -1;
    job.label = label = xasprintf("%s %s", change->name, dom.name);
    if (change->begin(conn, &job.call, &dom, err) < 0)
        return -1;
    if (job_run(&job, err) < 0)
        return job.unknown ? look(conn, &dom, change, err) : -1;
    return 0;
}
