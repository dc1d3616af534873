/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * frame.h: libvirt's message framing, bytes to messages and back.
 *
 *   offset  0  length   u32, big endian, counts itself
 *           4  program  8  version  12 procedure  16 type  20 serial  24 status
 *          28  body: XDR arguments or result, an error, or stream data
 *
 * No sockets and no loop here: all of it works on memory.
 */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <rpc/xdr.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define WIRE_HEADER_SIZE 28u     /* with the length */
#define WIRE_FRAME_MAX 33554436u /* libvirt's VIR_NET_MESSAGE_MAX and the length itself */

enum wire_program {
    WIRE_PROGRAM_REMOTE = 0x20008086,    /* libvirt's */
    WIRE_PROGRAM_KEEPALIVE = 0x6b656570, /* libvirt's */
    WIRE_PROGRAM_DOM0D = 0x64306430,     /* what dom0d adds, see dom0d.x */
    WIRE_PROGRAM_WORKER = 0x64306477,    /* between the daemon and a worker, see worker.x */
    WIRE_PROGRAM_HOST = 0x64306468, /* between the daemon and its helper processes, see host.x */
};
#define WIRE_VERSION 1u /* of all but WIRE_PROGRAM_WORKER: see worker.x, state.x */

/* Procedures of WIRE_PROGRAM_KEEPALIVE. */
enum { KEEPALIVE_PING = 1, KEEPALIVE_PONG = 2 };

enum wire_type {
    WIRE_CALL = 0,
    WIRE_REPLY = 1,
    WIRE_MESSAGE = 2,
    WIRE_STREAM = 3,
    WIRE_CALL_WITH_FDS = 4,
    WIRE_REPLY_WITH_FDS = 5,
    WIRE_STREAM_HOLE = 6,
};

enum wire_status { WIRE_OK = 0, WIRE_ERROR = 1, WIRE_CONTINUE = 2 };

struct wire_header {
    uint32_t program;
    uint32_t version;
    int32_t  procedure;
    uint32_t type;
    uint32_t serial;
    uint32_t status;
};

/**
 * How long is the frame that begins at data?  It is a struct framed_ops.size_of.
 *
 * Returns 0 with *frame_out (0: fewer than 4 bytes are there), or -1 with err where the length is
 * below WIRE_HEADER_SIZE or above WIRE_FRAME_MAX.
 */
int wire_frame_size(const void *data, size_t size, size_t *frame_out, struct err *err);

/** size must be a whole frame's, as wire_frame_size told. */
void wire_header_decode(const void *frame, size_t size, struct wire_header *header_out);

/**
 * Make a whole frame: header and the body that filter makes of *body (filter NULL: no body).
 *
 * *frame_out is the caller's to free.  Fails, ERR_RPC, where the result does not fit a frame or
 * breaks a bound of its .x file.
 */
int wire_encode(const struct wire_header *header, xdrproc_t filter, const void *body,
                void **frame_out, size_t *size_out, struct err *err);

/**
 * Decode the body of a whole frame into *body, which must be zeroed.  Bytes after the decoded
 * value are ignored, as libvirt does.  On failure *body holds nothing to free.
 * Free with wire_body_free(filter, body).
 */
int  wire_decode(const void *frame, size_t size, xdrproc_t filter, void *body, struct err *err);
void wire_body_free(xdrproc_t filter, void *body);

/* Stands in procs.def where a procedure has no arguments or no result: an empty body. */
typedef char rpc_void;
bool_t       xdr_rpc_void(XDR *xdrs, rpc_void *nothing);

/** A frame whose body is these bytes as they are: a stream's data.  *frame_out is the caller's to
 * free. */
void wire_encode_data(const struct wire_header *header, const void *data, size_t data_size,
                      void **frame_out, size_t *size_out);

/**
 * The frame of an error reply to the call with this header, or of a stream's error where its type
 * is WIRE_STREAM.  Never fails: a message is cut if it
 * must be.
 *
 * libvirt's clients turn an ERR_RPC whose message begins with "unknown procedure" into "not
 * supported"; other words there make some of them drop the connection.
 */
void wire_encode_error(const struct wire_header *call, const struct err *error, void **frame_out,
                       size_t *size_out);

/** Decode the body of a frame whose status is WIRE_ERROR.  What cannot be decoded is an error too.
 */
void wire_decode_error(const void *frame, size_t size, struct err *error_out);

#endif
