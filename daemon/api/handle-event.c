/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle-event.c: who wants to hear what.
 */
#include "daemon.h"
#include "handlers.h"
#include "rpc/conn.h"
#include "rpc/events.h"

void
handle_connect_domain_event_callback_register_any(
    struct request *req, const remote_connect_domain_event_callback_register_any_args *args)
{
    remote_connect_domain_event_callback_register_any_ret ret;
    const uint8_t *uuid = args->dom ? (const uint8_t *)args->dom->uuid : NULL;
    struct err     err;

    if (events_register(request_daemon(req)->events, request_conn(req), args->eventID, uuid,
                        &ret.callbackID, &err) < 0)
        request_fail(req, &err);
    else
        reply_connect_domain_event_callback_register_any(req, &ret);
}

void
handle_connect_domain_event_callback_deregister_any(
    struct request *req, const remote_connect_domain_event_callback_deregister_any_args *args)
{
    struct err err;

    if (events_deregister(request_daemon(req)->events, request_conn(req), args->callbackID, &err) <
        0)
        request_fail(req, &err);
    else
        reply_connect_domain_event_callback_deregister_any(req, NULL);
}

/*----- without callback ids, for clients that do not ask for feature 14 -----*/

void
handle_connect_domain_event_register_any(struct request                                      *req,
                                         const remote_connect_domain_event_register_any_args *args)
{
    struct err err;

    if (events_register_legacy(request_daemon(req)->events, request_conn(req), args->eventID,
                               &err) < 0)
        request_fail(req, &err);
    else
        reply_connect_domain_event_register_any(req, NULL);
}

void
handle_connect_domain_event_deregister_any(
    struct request *req, const remote_connect_domain_event_deregister_any_args *args)
{
    struct err err;

    if (events_deregister_legacy(request_daemon(req)->events, request_conn(req), args->eventID,
                                 &err) < 0)
        request_fail(req, &err);
    else
        reply_connect_domain_event_deregister_any(req, NULL);
}

void
handle_connect_domain_event_register(struct request *req, const rpc_void *args)
{
    remote_connect_domain_event_register_ret ret = {.cb_registered = 1};
    struct err                               err;

    (void)args;
    if (events_register_legacy(request_daemon(req)->events, request_conn(req), EVENT_LIFECYCLE,
                               &err) < 0)
        request_fail(req, &err);
    else
        reply_connect_domain_event_register(req, &ret);
}

void
handle_connect_domain_event_deregister(struct request *req, const rpc_void *args)
{
    remote_connect_domain_event_deregister_ret ret = {.cb_registered = 0};
    struct err                                 err;

    (void)args;
    if (events_deregister_legacy(request_daemon(req)->events, request_conn(req), EVENT_LIFECYCLE,
                                 &err) < 0)
        request_fail(req, &err);
    else
        reply_connect_domain_event_deregister(req, &ret);
}
