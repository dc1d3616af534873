/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host-wire.h: the messages of wire/host.x, for both ends.
 */
#ifndef DRIVER_HOST_WIRE_H
#define DRIVER_HOST_WIRE_H

#include "base/err.h"
#include "eventloop/framed.h"
#include "wire/frame.h"
#include "wire/host.h"

/** Queues the message that filter makes of *body.  One that cannot be encoded is logged and
 * dropped: the values are bounded before. */
void host_wire_send(struct framed *framed, xdrproc_t filter, const void *body);

/** *body_out must be zeroed; it is freed by wire_body_free(filter, body_out).  Err: ERR_RPC where
 * it is no message of host.x. */
int host_wire_decode(const void *data, size_t size, xdrproc_t filter, void *body_out,
                     struct err *err);

/** err NULL: all is well.  The message is borrowed from err. */
helper_error host_wire_error(const struct err *err);

/** error->code is not 0. */
void host_wire_err(const helper_error *error, struct err *err_out);

/** For struct framed_ops. */
int host_wire_size_of(const void *data, size_t size, size_t *frame_out, struct err *err);

#endif
