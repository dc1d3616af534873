/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "api/handlers.h"
#include "base/alloc.h"
#include "conn.h"
#include "dispatch.h"
#include "request-private.h"

/*----- the table -----*/

/* A typed step between the table and each handler: so no function pointer is cast but XDR's. */
#define RPC(program, nr, name, args_t, ret_t, access)                                              \
    static void call_##name(struct request *req, const void *args)                                 \
    {                                                                                              \
        handle_##name(req, args);                                                                  \
    }
#define EVENT(program, nr, name, msg_t)
#include "wire/procs.def"
#undef RPC

enum { IN_REMOTE, IN_DOM0D, N_PROGRAMS };

#define PROCEDURES_MAX 512

static const struct procedure procedures[N_PROGRAMS][PROCEDURES_MAX] = {
#define RPC(program, nr, name, args_t, ret_t, access)                                              \
    [IN_##program][nr] = {                                                                         \
        #name,         call_##name, access, (xdrproc_t)xdr_##args_t, (xdrproc_t)xdr_##ret_t,       \
        sizeof(args_t)},
#include "wire/procs.def"
#undef RPC
};

/* Room for the arguments of any call. */
union arguments {
#define RPC(program, nr, name, args_t, ret_t, access) args_t name;
#include "wire/procs.def"
#undef RPC
};
#undef EVENT

/* Returns N_PROGRAMS for one that nobody knows. */
static unsigned
find_program(const struct wire_header *call)
{
    if (call->version != WIRE_VERSION)
        return N_PROGRAMS;
    switch (call->program) {
    case WIRE_PROGRAM_REMOTE:
        return IN_REMOTE;
    case WIRE_PROGRAM_DOM0D:
        return IN_DOM0D;
    default:
        return N_PROGRAMS;
    }
}

const struct procedure *
dispatch_find(const struct wire_header *call)
{
    unsigned program = find_program(call);

    if (program == N_PROGRAMS || call->procedure < 0 || call->procedure >= PROCEDURES_MAX)
        return NULL;
    return procedures[program][call->procedure].name ? &procedures[program][call->procedure] : NULL;
}

/*----- names for people -----*/

/* The word at at, as libvirt's API has it: "Domain", but "XML".  Returns how much was written. */
static size_t
put_word(char *to, size_t room, const char *at, size_t length)
{
    static const char *const acronyms[] = {"xml", "uuid", "id", "cpu", "uri", "os", "pm", "nmi"};
    bool                     all = false;
    size_t                   n;

    for (size_t i = 0; i < array_size(acronyms); i++)
        all |= strlen(acronyms[i]) == length && !memcmp(acronyms[i], at, length);
    for (n = 0; n < length && n < room; n++)
        to[n] = all || n == 0 ? (char)toupper((unsigned char)at[n]) : at[n];
    return n;
}

char *
dispatch_api_name(const struct procedure *procedure, char name_out[DISPATCH_API_NAME_SIZE])
{
    size_t      used = 3;
    const char *at = procedure->name;

    memcpy(name_out, "vir", used);
    while (*at) {
        size_t length = strcspn(at, "_");

        used += put_word(name_out + used, DISPATCH_API_NAME_SIZE - 1 - used, at, length);
        at += length + (at[length] == '_');
    }
    name_out[used] = '\0';
    return name_out;
}

/*----- a call -----*/

/* May it be made at all?  Nothing of what it carries is looked at. */
static int
check_call(const struct conn *conn, const struct wire_header *call,
           const struct procedure *procedure, struct err *err)
{
    char name[DISPATCH_API_NAME_SIZE];

    if (call->status != WIRE_OK)
        return err_set(err, ERR_RPC, "Unexpected message status %u", call->status);
    if (find_program(call) == N_PROGRAMS)
        return err_set(err, ERR_RPC, "Cannot find program %d version %d", (int)call->program,
                       (int)call->version);
    if (!procedure)
        return err_set(err, ERR_RPC, "unknown procedure: %d", call->procedure);
    if (procedure->access != ACCESS_NONE && !conn->opened)
        return err_set(err, ERR_INTERNAL, "internal error: hypervisor connection not open");
    if (procedure->access == ACCESS_WRITE && conn->read_only)
        return err_set(err, ERR_OPERATION_DENIED,
                       "operation forbidden: read only access prevents %s",
                       dispatch_api_name(procedure, name));
    return 0;
}

static void
make_call(struct conn *conn, const struct wire_header *call, const struct procedure *procedure,
          const void *frame, size_t size)
{
    struct request *req = request_new(conn, call, procedure);
    union arguments args;
    struct err      err;

    memset(&args, 0, procedure->args_size);
    if (wire_decode(frame, size, procedure->args, &args, &err) < 0) {
        request_fail(req, &err);
        return;
    }
    procedure->call(req, &args); /* it may have freed req */
    wire_body_free(procedure->args, &args);
}

/* The descriptors come as bytes of their own behind the call, and nobody is there to take them. */
static void
refuse_descriptors(struct conn *conn, const struct wire_header *call)
{
    struct err err;

    err_set(&err, ERR_RPC, "this connection carries no file descriptors");
    conn_send_error(conn, call, &err);
    conn_finish(conn);
}

static void
dispatch_call(struct conn *conn, const struct wire_header *call, const void *frame, size_t size)
{
    const struct procedure *procedure = dispatch_find(call);
    struct err              err;

    if (check_call(conn, call, procedure, &err) < 0)
        conn_send_error(conn, call, &err);
    else
        make_call(conn, call, procedure, frame, size);
}

void
dispatch(struct conn *conn, const struct wire_header *header, const void *frame, size_t size)
{
    switch (header->type) {
    case WIRE_CALL:
        dispatch_call(conn, header, frame, size);
        break;
    case WIRE_CALL_WITH_FDS:
        refuse_descriptors(conn, header);
        break;
    default:
        /* Replies, events and stream data belong to nothing that we asked for: as libvirt, we
         * say nothing. */
        break;
    }
}
