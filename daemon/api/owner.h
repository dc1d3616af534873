/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * owner.h: a request that asks for a job is answered when the job has ended.
 */
#ifndef DAEMON_API_OWNER_H
#define DAEMON_API_OWNER_H

#include "job/job.h"
#include "rpc/request.h"

/** The owner of a job that is asked for by req.  done NULL: the answer is void, or the error; else
 * it answers req, its argument. */
struct job_owner owner_of_request(struct request *req, job_done_fn *done);

/** Submit a job of an operation without parameters; the answer is void, or its error. */
void owner_submit(struct request *req, const struct job_operation *operation, struct domain *dom);

#endif
