/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The input is what comes over a socket: a frame, perhaps with more behind it.  Its body is
 * decoded as what the header says it is, as the daemon, the client and the worker do; what was
 * decoded is encoded and decoded again, and must then stay the same.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "fuzz.h"
#include "wire/dom0d.h"
#include "wire/frame.h"
#include "wire/remote.h"
#include "wire/worker.h"

struct body {
    xdrproc_t filter; /* NULL: nobody sends this */
    size_t    size;
};

#define BODY(type) ((struct body){(xdrproc_t)xdr_##type, sizeof(type)})

static struct body
body_of_call(const struct wire_header *header)
{
#define RPC(program_, nr, name, args_t, ret_t, access, flags)                                      \
    if (header->program == WIRE_PROGRAM_##program_ && header->procedure == (nr))                   \
        return BODY(args_t);
#define EVENT(program_, nr, name, msg_t)
#include "wire/procs.def"
#undef RPC
#undef EVENT
    return (struct body){NULL, 0};
}

static struct body
body_of_reply(const struct wire_header *header)
{
#define RPC(program_, nr, name, args_t, ret_t, access, flags)                                      \
    if (header->program == WIRE_PROGRAM_##program_ && header->procedure == (nr))                   \
        return BODY(ret_t);
#define EVENT(program_, nr, name, msg_t)
#include "wire/procs.def"
#undef RPC
#undef EVENT
    return (struct body){NULL, 0};
}

static struct body
body_of_message(const struct wire_header *header)
{
    /* The serial is 0 in truth; here it says which of the two is speaking. */
    if (header->program == WIRE_PROGRAM_WORKER)
        return header->serial & 1 ? BODY(worker_report) : BODY(worker_command);
#define RPC(program_, nr, name, args_t, ret_t, access, flags)
#define EVENT(program_, nr, name, msg_t)                                                           \
    if (header->program == WIRE_PROGRAM_##program_ && header->procedure == (nr))                   \
        return BODY(msg_t);
#include "wire/procs.def"
#undef RPC
#undef EVENT
    return (struct body){NULL, 0};
}

static struct body
body_of(const struct wire_header *header)
{
    switch (header->type) {
    case WIRE_CALL:
        return body_of_call(header);
    case WIRE_REPLY:
        return body_of_reply(header);
    case WIRE_MESSAGE:
        return body_of_message(header);
    default:
        return (struct body){NULL, 0};
    }
}

/* Encode it, decode that, encode it again: the two must be the same bytes. */
static void
check_round_trip(const struct wire_header *header, struct body body, void *value)
{
    cleanup_free void *frame = NULL, *again = NULL;
    cleanup_free void *back = xcalloc(1, body.size);
    size_t             size = 0, again_size = 0, length = 0;
    struct err         err;
    int                r;

    r = wire_encode(header, body.filter, value, &frame, &size, &err);
    assert(r == 0);
    r = wire_frame_size(frame, size, &length, &err);
    assert(r == 0 && length == size);
    r = wire_decode(frame, size, body.filter, back, &err);
    assert(r == 0);
    r = wire_encode(header, body.filter, back, &again, &again_size, &err);
    assert(r == 0 && again_size == size && memcmp(frame, again, size) == 0);
    wire_body_free(body.filter, back);
}

static void
fuzz_body(const struct wire_header *header, const uint8_t *frame, size_t size)
{
    struct body        body = body_of(header);
    cleanup_free void *value = body.size ? xcalloc(1, body.size) : NULL;
    struct err         err;

    if (!body.filter)
        return;
    if (wire_decode(frame, size, body.filter, value, &err) < 0) {
        assert(err.code == ERR_RPC);
        return;
    }
    check_round_trip(header, body, value);
    wire_body_free(body.filter, value);
}

/* Whatever is in it, the outcome is an error that can be sent on. */
static void
fuzz_error(const struct wire_header *header, const uint8_t *frame, size_t size)
{
    cleanup_free void *reply = NULL;
    size_t             reply_size;
    struct err         err, back;

    wire_decode_error(frame, size, &err);
    assert(err.code != ERR_NONE);
    wire_encode_error(header, &err, &reply, &reply_size);
    wire_decode_error(reply, reply_size, &back);
    assert(back.code == err.code && strcmp(back.message, err.message) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_header header;
    struct err         err;
    size_t             frame = 0;

    if (wire_frame_size(data, size, &frame, &err) < 0) {
        assert(err.code == ERR_RPC);
        return 0;
    }
    if (frame == 0 || frame > size)
        return 0; /* a reader waits for the rest */
    wire_header_decode(data, frame, &header);
    if (header.status == WIRE_ERROR)
        fuzz_error(&header, data, frame);
    else
        fuzz_body(&header, data, frame);
    return 0;
}
