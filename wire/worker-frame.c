/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>

#include "version-1.h"
#include "wire/frame.h"
#include "wire/worker-frame.h"

static struct wire_header
worker_header(unsigned version)
{
    return (struct wire_header){
        .program = WIRE_PROGRAM_WORKER, .version = version, .type = WIRE_MESSAGE};
}

int
worker_command_encode(unsigned version, const worker_command *command, void **frame_out,
                      size_t *size_out, struct err *err)
{
    struct wire_header header = worker_header(version);

    /* The other commands are what they were. */
    assert(version == WORKER_VERSION || command->type != WORKER_START);
    return wire_encode(&header, (xdrproc_t)xdr_worker_command, command, frame_out, size_out, err);
}

int
worker_report_encode(const worker_report *report, void **frame_out, size_t *size_out,
                     struct err *err)
{
    struct wire_header header = worker_header(WORKER_VERSION);

    return wire_encode(&header, (xdrproc_t)xdr_worker_report, report, frame_out, size_out, err);
}

static int
worker_header_decode(const void *frame, size_t size, struct wire_header *header_out,
                     struct err *err)
{
    wire_header_decode(frame, size, header_out);
    if (header_out->program == WIRE_PROGRAM_WORKER && header_out->type == WIRE_MESSAGE)
        return 0;
    return err_set(err, ERR_RPC, "this is no message between the daemon and a worker");
}

static int
version_is_unknown(unsigned version, struct err *err)
{
    return err_set(err, ERR_RPC, "version %u of the workers' protocol is not supported", version);
}

int
worker_command_decode(const void *frame, size_t size, worker_command *command_out, struct err *err)
{
    struct wire_header header;

    if (worker_header_decode(frame, size, &header, err) < 0)
        return -1;
    if (header.version != WORKER_VERSION)
        return version_is_unknown(header.version, err);
    return wire_decode(frame, size, (xdrproc_t)xdr_worker_command, command_out, err);
}

static int
worker_report_decode_1(const void *frame, size_t size, worker_report *report_out, struct err *err)
{
    worker_report_1 old = {.type = 0};
    int             r;

    if (wire_decode(frame, size, (xdrproc_t)xdr_worker_report_1, &old, err) < 0)
        return -1;
    r = report_from_1(&old, report_out, err);
    wire_body_free((xdrproc_t)xdr_worker_report_1, &old);
    if (r < 0)
        wire_body_free((xdrproc_t)xdr_worker_report, report_out);
    return r;
}

int
worker_report_decode(const void *frame, size_t size, worker_report *report_out, struct err *err)
{
    struct wire_header header;

    if (worker_header_decode(frame, size, &header, err) < 0)
        return -1;
    switch (header.version) {
    case 1:
        return worker_report_decode_1(frame, size, report_out, err);
    case WORKER_VERSION:
        return wire_decode(frame, size, (xdrproc_t)xdr_worker_report, report_out, err);
    default:
        return version_is_unknown(header.version, err);
    }
}
