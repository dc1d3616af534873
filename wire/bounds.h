/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bounds.h: decoding takes no more memory than the message has bytes to fill it with.
 *
 * libtirpc reads a count, allocates for all that is counted, and only then finds that the message
 * ends: four bytes cost megabytes.  The filters that rpcgen makes (each .x includes this) call the
 * ones below instead, which look first.
 */
#ifndef WIRE_BOUNDS_H
#define WIRE_BOUNDS_H

#include <rpc/xdr.h>

/** As xdr_array, xdr_bytes and xdr_string, for memory streams.  Encoding a string that is NULL
 * fails. */
bool_t bounded_array(XDR *xdrs, char **elements, u_int *count, u_int max, u_int size,
                     xdrproc_t filter);
bool_t bounded_bytes(XDR *xdrs, char **bytes, u_int *count, u_int max);
bool_t bounded_string(XDR *xdrs, char **string, u_int max);

#ifndef WIRE_BOUNDS_C
#define xdr_array bounded_array
#define xdr_bytes bounded_bytes
#define xdr_string bounded_string
#endif

#endif
