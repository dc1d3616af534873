/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * version-1.h: what version 1 wrote and what its workers say, as today's types.
 *
 * What the old one holds is moved; free both.  Fails, ERR_RPC, where the old one cannot be: it is
 * damaged.
 */
#ifndef WIRE_VERSION_1_H
#define WIRE_VERSION_1_H

#include "base/err.h"
#include "wire/state.h"
#include "wire/state1.h"

int report_from_1(worker_report_1 *old, worker_report *report_out, struct err *err);
int task_record_from_1(worker_record_1 *old, task_record *record_out, struct err *err);
int queued_job_from_1(worker_record_1 *old, queued_job *job_out, struct err *err);
int known_domain_from_1(known_domain_1 *old, known_domain *known_out, struct err *err);

#endif
