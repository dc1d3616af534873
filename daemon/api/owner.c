/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "owner.h"
#include "daemon.h"
#include "handlers.h"

static void
owner_answer(void *arg, const struct job *job, const struct err *err)
{
    struct request *req = arg;

    (void)job;
    if (err)
        request_fail(req, err);
    else
        request_reply(req, NULL);
}

struct job_owner
owner_of_request(struct request *req, job_done_fn *done)
{
    return (struct job_owner){.conn_id = request_conn_id(req),
                              .serial = request_serial(req),
                              .user = request_user(req),
                              .done = done ? done : owner_answer,
                              .arg = req};
}

void
owner_submit(struct request *req, const struct job_operation *operation, struct domain *dom)
{
    struct job_owner owner = owner_of_request(req, NULL);

    job_submit(job_new(request_daemon(req)->jobs, operation, dom, &owner));
}
