/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cleanup.h: the files that a job has left whose worker died: they are removed when its guest is
 * seen to, and nobody waits for that.
 *
 *   cleanup_start --the worker has ended, or was killed for it took too long--> freed
 *
 * Its record is a task's of the job that has ended, with WORKER_FILES_ONLY.
 */
#ifndef DAEMON_JOB_CLEANUP_H
#define DAEMON_JOB_CLEANUP_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/state.h"

struct jobs;
struct cleanup;

/** A record of a clean-up, as an earlier daemon may have left it. */
bool cleanup_is_it(const task_record *record);

/** Have a worker remove what the task of this record has left.  That it cannot be done is logged.
 */
void cleanup_start(struct jobs *jobs, const task_record *record);

/** Which job's files are being removed beside path; 0: none's.  A new image with this name could be
 * mistaken for what is to go, as long as that has not ended. */
uint64_t cleanup_job_at(const struct jobs *jobs, const char *path);

/** The daemon stops: the workers go on.  */
void cleanups_free(struct jobs *jobs);

#endif
