/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "wire/frame.h"
#include "wire/libvirt.h"
#include "wire/remote.h"

/* Most replies are smaller than this: they are encoded on the stack, in one pass. */
#define SMALL_FRAME 4096

/*----- numbers -----*/

static uint32_t
get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint8_t *
put_u32(uint8_t *at, uint32_t value)
{
    *at++ = (uint8_t)(value >> 24);
    *at++ = (uint8_t)(value >> 16);
    *at++ = (uint8_t)(value >> 8);
    *at++ = (uint8_t)value;
    return at;
}

/*----- size and header -----*/

int
wire_frame_size(const void *data, size_t size, size_t *frame_out, struct err *err)
{
    uint32_t length;

    if (size < sizeof length) {
        *frame_out = 0;
        return 0;
    }
    length = get_u32(data);
    if (length < WIRE_HEADER_SIZE || length > WIRE_FRAME_MAX)
        return err_set(err, ERR_RPC, "a frame of %u bytes: it must have %u to %u", length,
                       WIRE_HEADER_SIZE, WIRE_FRAME_MAX);
    *frame_out = length;
    return 0;
}

void
wire_header_decode(const void *frame, size_t size, struct wire_header *header_out)
{
    const uint8_t *at = frame;

    assert(size >= WIRE_HEADER_SIZE);
    *header_out = (struct wire_header){
        .program = get_u32(at + 4),
        .version = get_u32(at + 8),
        .procedure = (int32_t)get_u32(at + 12),
        .type = get_u32(at + 16),
        .serial = get_u32(at + 20),
        .status = get_u32(at + 24),
    };
}

static void
header_encode(uint8_t *at, const struct wire_header *header, size_t size)
{
    at = put_u32(at, (uint32_t)size);
    at = put_u32(at, header->program);
    at = put_u32(at, header->version);
    at = put_u32(at, (uint32_t)header->procedure);
    at = put_u32(at, header->type);
    at = put_u32(at, header->serial);
    put_u32(at, header->status);
}

/*----- bodies -----*/

/* TI-RPC's type of a filter has a third argument, which no filter that rpcgen makes looks at. */
static bool
filter_run(xdrproc_t filter, XDR *xdrs, void *body)
{
    return filter == NULL || filter(xdrs, body, 0);
}

/* Fails where the body breaks a bound of its .x file or needs more than room. */
static bool
body_encode(uint8_t *to, size_t room, xdrproc_t filter, const void *body, size_t *size_out)
{
    XDR xdrs;

    xdrmem_create(&xdrs, (char *)to, (u_int)room, XDR_ENCODE);
    if (!filter_run(filter, &xdrs, (void *)body)) /* encoding only reads it */
        return false;
    *size_out = xdr_getpos(&xdrs);
    return true;
}

/* A frame that was too large for the stack. */
static int
encode_large(const struct wire_header *header, xdrproc_t filter, const void *body, void **frame_out,
             size_t *size_out, struct err *err)
{
    cleanup_free uint8_t *frame = NULL;
    size_t                body_size = xdr_sizeof(filter, (void *)body);

    if (body_size > WIRE_FRAME_MAX - WIRE_HEADER_SIZE)
        return err_set(err, ERR_RPC, "a message of %zu bytes is too large", body_size);
    frame = xmalloc(WIRE_HEADER_SIZE + body_size);
    /* xdr_sizeof says 0 where a bound is broken, and counts in 32 bits: this finds both. */
    if (!body_encode(frame + WIRE_HEADER_SIZE, body_size, filter, body, &body_size))
        return err_set(err, ERR_RPC, "Unable to encode message payload");
    header_encode(frame, header, WIRE_HEADER_SIZE + body_size);
    *size_out = WIRE_HEADER_SIZE + body_size;
    *frame_out = take_ptr(frame);
    return 0;
}

int
wire_encode(const struct wire_header *header, xdrproc_t filter, const void *body, void **frame_out,
            size_t *size_out, struct err *err)
{
    _Alignas(uint32_t) uint8_t small[SMALL_FRAME];
    size_t                     size;

    if (!body_encode(small + WIRE_HEADER_SIZE, sizeof small - WIRE_HEADER_SIZE, filter, body,
                     &size))
        return encode_large(header, filter, body, frame_out, size_out, err);
    size += WIRE_HEADER_SIZE;
    header_encode(small, header, size);
    *frame_out = xmemdup(small, size);
    *size_out = size;
    return 0;
}

void
wire_encode_data(const struct wire_header *header, const void *data, size_t data_size,
                 void **frame_out, size_t *size_out)
{
    uint8_t *frame = xmalloc(WIRE_HEADER_SIZE + data_size);

    assert(data_size <= WIRE_FRAME_MAX - WIRE_HEADER_SIZE);
    header_encode(frame, header, WIRE_HEADER_SIZE + data_size);
    if (data_size)
        memcpy(frame + WIRE_HEADER_SIZE, data, data_size);
    *frame_out = frame;
    *size_out = WIRE_HEADER_SIZE + data_size;
}

int
wire_decode(const void *frame, size_t size, xdrproc_t filter, void *body, struct err *err)
{
    XDR xdrs;

    assert(size >= WIRE_HEADER_SIZE && size <= WIRE_FRAME_MAX);
    xdrmem_create(&xdrs, (char *)frame + WIRE_HEADER_SIZE, (u_int)(size - WIRE_HEADER_SIZE),
                  XDR_DECODE);
    if (filter_run(filter, &xdrs, body))
        return 0;
    wire_body_free(filter, body);
    return err_set(err, ERR_RPC, "Unable to decode message payload");
}

void
wire_body_free(xdrproc_t filter, void *body)
{
    if (filter)
        xdr_free(filter, body);
}

bool_t
xdr_rpc_void(XDR *xdrs, rpc_void *nothing)
{
    (void)xdrs;
    (void)nothing;
    return TRUE;
}

/*----- errors -----*/

/* Clients go by the code; they look at this only to tell an unknown procedure, which must be RPC's.
 */
static int
error_domain(enum err_code code)
{
    switch (code) {
    case ERR_RPC:
        return FROM_RPC;
    case ERR_NO_CONNECT:
        return FROM_NONE;
    case ERR_NO_SUPPORT:
    case ERR_XML:
    case ERR_OPERATION_DENIED:
    case ERR_CONFIG_UNSUPPORTED:
    case ERR_NO_DOMAIN_METADATA:
        return FROM_DOMAIN;
    default:
        return FROM_LIBXL;
    }
}

void
wire_encode_error(const struct wire_header *call, const struct err *error, void **frame_out,
                  size_t *size_out)
{
    struct wire_header header = *call;
    char               text[ERR_MESSAGE_SIZE];
    char              *message = text;
    char *template = (char[]){"%s"};
    struct remote_error body = {
        .code = error->code,
        .domain = error_domain(error->code),
        .message = &message,
        .level = ERROR_LEVEL_ERROR,
        .str1 = &template,
        .str2 = &message,
        .int1 = error->code == ERR_SYSTEM ? error->detail : -1,
        .int2 = -1,
    };
    struct err unused;
    int        r;

    if (header.type != WIRE_STREAM)
        header.type = WIRE_REPLY;
    header.status = WIRE_ERROR;
    snprintf(text, sizeof text, "%s", error->message);
    r = wire_encode(&header, (xdrproc_t)xdr_remote_error, &body, frame_out, size_out, &unused);
    assert(r == 0); /* it is far below every bound */
    (void)r;
}

void
wire_decode_error(const void *frame, size_t size, struct err *error_out)
{
    struct remote_error body = {.code = 0};

    if (wire_decode(frame, size, (xdrproc_t)xdr_remote_error, &body, error_out) < 0)
        return;
    err_set(error_out, body.code > 0 ? (enum err_code)body.code : ERR_INTERNAL, "%s",
            body.message ? *body.message : "Unknown error");
    if (error_out->code == ERR_SYSTEM && body.int1 > 0)
        error_out->detail = body.int1;
    wire_body_free((xdrproc_t)xdr_remote_error, &body);
}
