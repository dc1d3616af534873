/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * task.h: what a worker can do, as data.  See tasks.def.
 */
#ifndef WIRE_TASK_H
#define WIRE_TASK_H

#include "wire/worker.h"

enum task_traits {
    TASK_NEEDS_XEN = 1,     /* libxl must be open */
    TASK_MAKES_DOMAIN = 2,  /* it ends with a new domain, whose id is told */
    TASK_NEEDS_DOMAIN = 4,  /* domid and uuid are of one that is there; never dom0 */
    TASK_NEEDS_PATH = 8,    /* its parameters begin with an absolute path */
    TASK_HAS_HELPER = 16,   /* libxl's save helper works for it, in the worker's process group */
    TASK_LEAVES_DOMAIN = 32 /* where it fails the domain is still there, unless it says otherwise */
};

/** "create", "restore", ...; NULL: there is no such task. */
const char *task_name(worker_operation operation);

/** By its name; 0: there is none. */
worker_operation task_by_name(const char *name);

/** 0: there is no such task. */
unsigned task_traits(worker_operation operation);

/** The path that the parameters begin with; NULL without TASK_NEEDS_PATH.  Borrowed. */
const char *task_path(const worker_params *params);

/** A copy of all of it, to be freed by wire_body_free.  Its bounds must hold. */
worker_params task_params_copy(const worker_params *params);

#endif
