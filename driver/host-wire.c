/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>

#include "base/alloc.h"
#include "base/log.h"
#include "host-wire.h"

void
host_wire_send(struct framed *framed, xdrproc_t filter, const void *body)
{
    const struct wire_header header = {
        .program = WIRE_PROGRAM_HOST, .version = WIRE_VERSION, .type = WIRE_MESSAGE};
    cleanup_free void *frame = NULL;
    size_t             size;
    struct err         err;

    if (wire_encode(&header, filter, body, &frame, &size, &err) < 0)
        log_error("a message between the daemon and its helper is lost: %s", err.message);
    else
        framed_send(framed, frame, size);
}

int
host_wire_decode(const void *data, size_t size, xdrproc_t filter, void *body_out, struct err *err)
{
    struct wire_header header;

    wire_header_decode(data, size, &header);
    if (header.program != WIRE_PROGRAM_HOST || header.version != WIRE_VERSION ||
        header.type != WIRE_MESSAGE)
        return err_set(err, ERR_RPC, "this is no message of host.x");
    return wire_decode(data, size, filter, body_out, err);
}

helper_error
host_wire_error(const struct err *err)
{
    static char nothing[1];

    if (!err)
        return (helper_error){.message = nothing};
    return (helper_error){
        .code = (int)err->code, .detail = err->detail, .message = (char *)(uintptr_t)err->message};
}

void
host_wire_err(const helper_error *error, struct err *err_out)
{
    err_set(err_out, (enum err_code)error->code, "%s", error->message);
    err_out->detail = error->detail;
}

int
host_wire_size_of(const void *data, size_t size, size_t *frame_out, struct err *err)
{
    return wire_frame_size(data, size, frame_out, err);
}
