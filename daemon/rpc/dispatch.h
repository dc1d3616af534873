/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dispatch.h: from a frame to its procedure.
 *
 * What is wrong with a call is answered as libvirt's daemon does, and the connection goes on.
 * Whether a client may make a call is decided before anything is decoded of what it carries.
 */
#ifndef DAEMON_DISPATCH_H
#define DAEMON_DISPATCH_H

#include <stddef.h>

#include "wire/frame.h"

struct conn;

/** frame is borrowed. */
void dispatch(struct conn *conn, const struct wire_header *header, const void *frame, size_t size);

#endif
