/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>

#include "base/alloc.h"
#include "conn.h"
#include "dispatch.h"
#include "procedure.h"
#include "request-private.h"
#include "server.h"
#include "stream.h"

static bool
dispatch_knows_program(const struct program *programs, const struct wire_header *call)
{
    if (call->version != WIRE_VERSION)
        return false;
    for (; programs->number; programs++)
        if (programs->number == call->program)
            return true;
    return false;
}

/* May it be made at all?  Nothing of what it carries is looked at. */
static int
dispatch_check(const struct conn *conn, const struct wire_header *call,
               const struct procedure *procedure, struct err *err)
{
    char name[PROCEDURE_API_NAME_SIZE];

    if (call->status != WIRE_OK)
        return err_set(err, ERR_RPC, "Unexpected message status %u", call->status);
    if (!dispatch_knows_program(conn->setup->programs, call))
        return err_set(err, ERR_RPC, "Cannot find program %d version %d", (int)call->program,
                       (int)call->version);
    if (!procedure)
        return err_set(err, ERR_RPC, "unknown procedure: %d", call->procedure);
    if (procedure->access != ACCESS_NONE && !conn->opened)
        return err_set_libvirt(err, ERR_INTERNAL, "hypervisor connection not open");
    if (procedure->access == ACCESS_WRITE && conn->read_only)
        return err_set_libvirt(err, ERR_OPERATION_DENIED, "read only access prevents %s",
                               procedure_api_name(procedure, name));
    return 0;
}

static void
dispatch_make_call(struct conn *conn, const struct wire_header *call,
                   const struct procedure *procedure, const void *frame, size_t size)
{
    struct request    *req = request_new(conn, call, procedure);
    cleanup_free void *args = xcalloc(1, procedure->args_size);
    struct err         err;

    if (wire_decode(frame, size, procedure->args, args, &err) < 0) {
        request_fail(req, &err);
        return;
    }
    procedure->call(req, args); /* it may have freed req */
    wire_body_free(procedure->args, args);
}

/* The descriptors come as bytes of their own behind the call, and nobody is there to take them. */
static void
dispatch_refuse_descriptors(struct conn *conn, const struct wire_header *call)
{
    struct err err;

    err_set(&err, ERR_RPC, "this connection carries no file descriptors");
    conn_send_error(conn, call, &err);
    conn_finish(conn);
}

static void
dispatch_call(struct conn *conn, const struct wire_header *call, const void *frame, size_t size)
{
    const struct procedure *procedure = procedure_find(conn->setup->programs, call);
    struct err              err;

    if (dispatch_check(conn, call, procedure, &err) < 0)
        conn_send_error(conn, call, &err);
    else
        dispatch_make_call(conn, call, procedure, frame, size);
}

void
dispatch(struct conn *conn, const struct wire_header *header, const void *frame, size_t size)
{
    switch (header->type) {
    case WIRE_CALL:
        dispatch_call(conn, header, frame, size);
        break;
    case WIRE_CALL_WITH_FDS:
        dispatch_refuse_descriptors(conn, header);
        break;
    case WIRE_STREAM:
    case WIRE_STREAM_HOLE:
        streams_receive(conn, header, frame, size);
        break;
    default:
        /* Replies and events belong to nothing that we asked for: as libvirt, we say nothing. */
        break;
    }
}
