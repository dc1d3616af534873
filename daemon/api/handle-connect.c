/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle-connect.c: a connection opens, asks what we are and can, and closes.
 */
#include <limits.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/capabilities.h"
#include "daemon.h"
#include "handlers.h"
#include "rpc/conn.h"
#include "wire/libvirt.h"

#define URI "xen:///system"

/* As which libvirt we answer: the one whose protocol this is, 9.0.0. */
#define LIBVIRT_VERSION 9000000

static const char *
connect_optional_string(remote_string string)
{
    return string ? *string : NULL;
}

/*----- opening and closing -----*/

void
handle_auth_list(struct request *req, const rpc_void *args)
{
    remote_auth_type     none = REMOTE_AUTH_NONE;
    remote_auth_list_ret ret = {.types = {.types_len = 1, .types_val = &none}};

    (void)args;
    reply_auth_list(req, &ret);
}

/* NULL and "" are for the daemon to fill in; what follows a ? is not for us. */
static int
connect_check_uri(const char *uri, struct err *err)
{
    size_t length = strcspn(uri ? uri : "", "?#");

    if (length == 0)
        return 0;
    if (strncmp(uri, "xen:", 4) != 0 || (length > 4 && strncmp(uri, "xen:///", 7) != 0))
        return err_set(err, ERR_NO_CONNECT, "no connection driver available for %s", uri);
    if (length > 7 && (length != strlen(URI) || strncmp(uri, URI, length) != 0))
        return err_set_libvirt(err, ERR_INTERNAL, "unexpected Xen URI path '%.*s', try " URI,
                               (int)length - 6, uri + 6);
    return 0;
}

void
handle_connect_open(struct request *req, const remote_connect_open_args *args)
{
    struct conn *conn = request_conn(req);
    struct err   err;

    if (conn->opened) {
        request_fail_libvirt(req, ERR_INTERNAL, "connection already open");
    } else if (connect_check_uri(connect_optional_string(args->name), &err) < 0) {
        request_fail(req, &err);
    } else {
        conn_opened(conn, args->flags & OPEN_READ_ONLY);
        reply_connect_open(req, NULL);
    }
}

void
handle_connect_close(struct request *req, const rpc_void *args)
{
    struct conn *conn = request_conn(req);

    (void)args;
    reply_connect_close(req, NULL);
    conn_finish(conn);
}

/*
 * The client may close by itself when it hears that the daemon closes.  We have no reason to tell
 * but the end of the connection, which it sees anyway: so it is only counted that it asked once.
 */
void
handle_connect_register_close_callback(struct request *req, const rpc_void *args)
{
    struct conn *conn = request_conn(req);

    (void)args;
    if (conn->wants_close_reason) {
        request_fail_libvirt(req, ERR_OPERATION_FAILED, "a close callback is already registered");
        return;
    }
    conn->wants_close_reason = true;
    reply_connect_register_close_callback(req, NULL);
}

void
handle_connect_unregister_close_callback(struct request *req, const rpc_void *args)
{
    struct conn *conn = request_conn(req);

    (void)args;
    if (!conn->wants_close_reason) {
        request_fail_libvirt(req, ERR_OPERATION_FAILED, "no close callback is registered");
        return;
    }
    conn->wants_close_reason = false;
    reply_connect_unregister_close_callback(req, NULL);
}

/* What is not here we cannot do. */
static bool
connect_has_feature(int feature)
{
    switch (feature) {
    case FEATURE_TYPED_PARAM_STRING:
    case FEATURE_PROGRAM_KEEPALIVE:
    case FEATURE_REMOTE_EVENT_CALLBACK:
    case FEATURE_REMOTE_CLOSE_CALLBACK:
        return true;
    default:
        return false;
    }
}

void
handle_connect_supports_feature(struct request                             *req,
                                const remote_connect_supports_feature_args *args)
{
    remote_connect_supports_feature_ret ret = {.supported = connect_has_feature(args->feature)};

    /* Only who asks this knows what to do with a ping. */
    if (args->feature == FEATURE_PROGRAM_KEEPALIVE)
        conn_start_keepalive(request_conn(req));
    reply_connect_supports_feature(req, &ret);
}

/*----- what we are -----*/

void
handle_connect_get_type(struct request *req, const rpc_void *args)
{
    char                        type[] = "Xen";
    remote_connect_get_type_ret ret = {.type = type};

    (void)args;
    reply_connect_get_type(req, &ret);
}

void
handle_connect_get_version(struct request *req, const rpc_void *args)
{
    const struct host_info        *host = &request_daemon(req)->host_info;
    remote_connect_get_version_ret ret = {
        .hv_ver = host->xen_major * 1000000ul + host->xen_minor * 1000ul + host->xen_extra,
    };

    (void)args;
    reply_connect_get_version(req, &ret);
}

void
handle_connect_get_lib_version(struct request *req, const rpc_void *args)
{
    remote_connect_get_lib_version_ret ret = {.lib_ver = LIBVIRT_VERSION};

    (void)args;
    reply_connect_get_lib_version(req, &ret);
}

/* The name as the kernel has it: to look for a longer one could wait for a name server. */
void
handle_connect_get_hostname(struct request *req, const rpc_void *args)
{
    char                            hostname[HOST_NAME_MAX + 1] = "";
    remote_connect_get_hostname_ret ret = {.hostname = hostname};

    (void)args;
    gethostname(hostname, sizeof hostname - 1);
    reply_connect_get_hostname(req, &ret);
}

void
handle_connect_get_uri(struct request *req, const rpc_void *args)
{
    char                       uri[] = URI;
    remote_connect_get_uri_ret ret = {.uri = uri};

    (void)args;
    reply_connect_get_uri(req, &ret);
}

/* A Unix socket is. */
void
handle_connect_is_secure(struct request *req, const rpc_void *args)
{
    remote_connect_is_secure_ret ret = {.secure = 1};

    (void)args;
    reply_connect_is_secure(req, &ret);
}

/*----- what we can -----*/

void
handle_connect_get_max_vcpus(struct request *req, const remote_connect_get_max_vcpus_args *args)
{
    remote_connect_get_max_vcpus_ret ret = {
        .max_vcpus = (int)request_daemon(req)->host_info.max_cpus,
    };

    (void)args;
    reply_connect_get_max_vcpus(req, &ret);
}

void
handle_connect_get_capabilities(struct request *req, const rpc_void *args)
{
    struct daemon                      *daemon = request_daemon(req);
    remote_connect_get_capabilities_ret ret;

    (void)args;
    if (!daemon->capabilities)
        daemon->capabilities = capabilities_format(&daemon->host_info);
    ret.capabilities = daemon->capabilities;
    reply_connect_get_capabilities(req, &ret);
}

void
handle_connect_get_domain_capabilities(struct request                                    *req,
                                       const remote_connect_get_domain_capabilities_args *args)
{
    cleanup_free char *xml = domain_capabilities_format(
        &request_daemon(req)->host_info, connect_optional_string(args->emulatorbin),
        connect_optional_string(args->arch), connect_optional_string(args->machine),
        connect_optional_string(args->virttype));
    remote_connect_get_domain_capabilities_ret ret;

    if (!xml) {
        request_fail_libvirt(req, ERR_INVALID_ARG,
                             "this host has no such architecture, machine or "
                             "virtualisation type");
        return;
    }
    ret.capabilities = xml;
    reply_connect_get_domain_capabilities(req, &ret);
}
