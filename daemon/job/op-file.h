/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-file.h: what the operations that change files begin with.
 */
#ifndef DAEMON_JOB_OP_FILE_H
#define DAEMON_JOB_OP_FILE_H

#include "domain/store.h"
#include "job.h"
#include "task.h"

struct op_file {
    struct job    job;
    struct task   task;
    worker_params params; /* operation 0: not known yet */
};

/** What is to be changed; Copied. */
void op_file_set(struct op_file *op, const worker_file *file);

/** The first change of it. */
static inline const worker_file *
op_file_get(const struct op_file *op)
{
    return &op->params.worker_params_u.file;
}

/** A file with this definition; path is Borrowed, and def, which is packed. */
worker_file op_file_of_definition(char *path, const struct domain_def *def);

/** Is the first change, of a whole file, to leave a file that is there and says something else? */
void op_file_set_new(struct op_file *op, bool is_new);

/** Read the definition that it writes. */
void op_file_read(struct op_file *op, definition_read_fn *done);

/** Its worker has failed: what is in the files then is looked at again.  Must be last. */
void op_file_failed(struct op_file *op, const struct err *err);

/** Of a domain that is not stored: the job ends with this.  Must be last. */
void op_file_refuse(struct op_file *op, enum err_code code, const char *why);

/* For struct job_operation. */
void op_file_run(struct op_file *op);
void op_file_save_params(struct job *job, worker_params *params_out);
void op_file_load_params(struct job *job, const worker_params *params);
void op_file_clear(struct job *job);

#define OP_FILE_OPERATION                                                                          \
    .activity = DOMAIN_CHANGING, .task = offsetof(struct op_file, task),                           \
    .save_params = op_file_save_params, .load_params = op_file_load_params

#endif
