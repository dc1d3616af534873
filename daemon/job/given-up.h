/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * given-up.h: tasks that were not repaired, for every worker that was to do it has died.  Their
 * jobs have ended with an error that says so.
 *
 *   given_up_add --another task of the domain begins--> forgotten, its files are cleaned up
 *                --the daemon stops--> the next one takes up the job again (recover.c)
 *
 * The record of one is that of the task, RUN_DIR/jobs/ID.job, under another name.
 */
#ifndef DAEMON_JOB_GIVEN_UP_H
#define DAEMON_JOB_GIVEN_UP_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/state.h"

struct jobs;
struct given_up;

/** By the name of its record. */
bool given_up_is_it(const char *record_path);

/** The record of a task of the domain with this UUID is to last. */
void given_up_add(struct jobs *jobs, const char *record_path, const uint8_t *uuid);

/** Something else is done with the domain: what was given up is not repaired any more. */
void given_up_forget(struct jobs *jobs, const uint8_t *uuid);

/** The same of one that an earlier daemon left: this is its record. */
void given_up_drop(struct jobs *jobs, const char *record_path, const task_record *record);

/** The daemon stops: the records stay. */
void given_up_free_all(struct jobs *jobs);

#endif
