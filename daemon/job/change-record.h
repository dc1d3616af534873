/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * change-record.h: what a job is to change of a definition, for the next daemon, in
 * RUN_DIR/changes: it is there from when the job is made until it has ended.
 */
#ifndef DAEMON_JOB_CHANGE_RECORD_H
#define DAEMON_JOB_CHANGE_RECORD_H

#include <stdbool.h>

struct definition_change;
struct job;
struct jobs;

/** That it cannot be written is logged: the job would not outlive the daemon. */
void change_record_write(const struct job *job, const struct definition_change *change);

/** Its texts become the caller's.  Returns false, having logged why, where it is not known. */
bool change_record_read(const struct job *job, struct definition_change *change_out);

void change_record_remove(const struct job *job);

/** Those of jobs that ended when their daemon did.  When all others are known. */
void change_records_clean(const struct jobs *jobs);

#endif
