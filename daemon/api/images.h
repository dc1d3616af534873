/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * images.h: what calls about images of saved domains have in common.
 */
#ifndef DAEMON_API_IMAGES_H
#define DAEMON_API_IMAGES_H

#include <stdbool.h>

#include "rpc/request.h"

/** Is it absolute?  The worker's working folder is not the client's.  Where it is not, req is
 * answered. */
bool images_check_path(struct request *req, const char *path);

/** Of a call's flags: not both SAVE_RUNNING and SAVE_PAUSED; else req is answered. */
bool images_check_states(struct request *req, unsigned flags);

/** WORKER_SAVE_ of a call's flags. */
unsigned images_save_flags(unsigned flags);

#endif
