/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/log.h"
#include "conn.h"
#include "procedure.h"
#include "request-private.h"
#include "server.h"
#include "user.h"

struct request *
request_new(struct conn *conn, const struct wire_header *header, const struct procedure *procedure)
{
    struct request *req = xmalloc(sizeof *req);

    *req = (struct request){
        .context = conn->setup->context,
        .conn = conn,
        .conn_id = conn->id,
        .user = 2 * (uint64_t)conn->uid + conn->from_read_only_socket,
        .read_only = conn->read_only,
        .header = *header,
        .procedure = procedure,
    };
    conn_add_request(conn, req);
    return req;
}

void
request_orphaned(struct request *req)
{
    req->conn = NULL;
    if (req->gone)
        req->gone(req->gone_arg);
    free(req->make_arg);
    if (req->gone || req->make)
        free(req);
}

void
request_on_gone(struct request *req, void (*gone)(void *arg), void *arg)
{
    req->gone = gone;
    req->gone_arg = arg;
    if (req->conn)
        conn_request_waits(req->conn, req);
}

bool
request_check_waiting(struct request *req)
{
    if (!req->conn || !req->conn->from_read_only_socket ||
        req->conn->user->n_waiting < USER_WAITING_MAX)
        return true;
    request_fail_libvirt(req, ERR_OPERATION_FAILED,
                         "over the read-only socket a user may wait at most %u times",
                         USER_WAITING_MAX);
    return false;
}

void
request_in_turn(struct request *req, void (*make)(struct request *req, void *arg), void *arg)
{
    req->make = make;
    req->make_arg = arg;
    conn_make_later(req->conn, req);
}

void
request_make(struct request *req)
{
    void (*make)(struct request *, void *) = take_ptr(req->make);
    cleanup_free void *arg = take_ptr(req->make_arg);

    req->maker = req->conn->user;
    make(req, arg); /* it may have freed req */
}

static void
request_free(struct request *req)
{
    if (req->conn)
        conn_remove_request(req->conn, req);
    if (req->maker)
        user_made(req->maker);
    free(req);
}

void *
request_context(const struct request *req)
{
    return req->context;
}

struct conn *
request_conn(const struct request *req)
{
    return req->conn;
}

uint64_t
request_conn_id(const struct request *req)
{
    return req->conn_id;
}

uint32_t
request_serial(const struct request *req)
{
    return req->header.serial;
}

uint64_t
request_user(const struct request *req)
{
    return req->user;
}

bool
request_is_readonly(const struct request *req)
{
    return req->read_only;
}

/*----- answers -----*/

/* Fails where the result breaks a bound of the protocol. */
static int
request_send_result(struct request *req, const void *ret, struct err *err)
{
    struct wire_header header = req->header;
    cleanup_free void *frame = NULL;
    size_t             size;

    header.type = WIRE_REPLY;
    header.status = WIRE_OK;
    if (wire_encode(&header, req->procedure->ret, ret, &frame, &size, err) < 0)
        return -1;
    conn_send(req->conn, frame, size);
    return 0;
}

void
request_reply(struct request *req, const void *ret)
{
    struct err err;

    if (req->conn && request_send_result(req, ret, &err) < 0) {
        log_error("the result of %s cannot be sent: %s", req->procedure->name, err.message);
        conn_send_error(req->conn, &req->header, &err);
    }
    request_free(req);
}

void
request_fail(struct request *req, const struct err *err)
{
    log_debug("client %llu: call %u, %s: %s", (unsigned long long)req->conn_id, req->header.serial,
              req->procedure->name, err->message);
    if (req->conn)
        conn_send_error(req->conn, &req->header, err);
    request_free(req);
}

void
request_fail_with(struct request *req, enum err_code code, const char *format, ...)
{
    char       message[ERR_MESSAGE_SIZE];
    struct err err;
    va_list    ap;

    va_start(ap, format);
    vsnprintf(message, sizeof message, format, ap);
    va_end(ap);
    err_set(&err, code, "%s", message);
    request_fail(req, &err);
}

void
request_fail_libvirt(struct request *req, enum err_code code, const char *format, ...)
{
    char       message[ERR_MESSAGE_SIZE];
    struct err err;
    va_list    ap;

    va_start(ap, format);
    vsnprintf(message, sizeof message, format, ap);
    va_end(ap);
    err_set_libvirt(&err, code, "%s", message);
    request_fail(req, &err);
}

bool
request_check_flags(struct request *req, unsigned flags, unsigned known)
{
    char name[PROCEDURE_API_NAME_SIZE];

    if (!(flags & ~known))
        return true;
    request_fail_with(req, ERR_INVALID_ARG, "unsupported flags (0x%x) in function %s",
                      flags & ~known, procedure_api_name(req->procedure, name));
    return false;
}

bool
request_check_secure_flags(struct request *req, unsigned flags, unsigned secure)
{
    char name[PROCEDURE_API_NAME_SIZE];

    if (!(flags & secure) || !req->read_only)
        return true;
    request_fail_libvirt(req, ERR_OPERATION_DENIED, "%s with secure flag",
                         procedure_api_name(req->procedure, name));
    return false;
}
