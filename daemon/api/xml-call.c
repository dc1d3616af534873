/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/alloc.h"
#include "config.h"
#include "daemon.h"
#include "handlers.h"
#include "xml-call.h"

static void
xml_call_free(struct xml_call *call)
{
    free(call->xml);
    free(call->path);
    free(call);
}

static void
xml_call_is_read(void *arg, struct domain_def *def, const struct err *bad)
{
    struct xml_call *call = arg;
    struct err       err;

    if (bad)
        request_fail(call->req, bad);
    else if (definition_check(def, &err) < 0)
        request_fail(call->req, &err);
    else
        call->go_on(call, take_ptr(def));
    domain_def_free(def);
    xml_call_free(call);
}

void
xml_call_read(struct xml_call *call)
{
    const struct daemon *daemon = request_daemon(call->req);
    size_t               size = strlen(call->xml);

    if (size <= daemon->config->max_xml) {
        definition_read(daemon->loop, request_user(call->req), call->xml, call->parse,
                        xml_call_is_read, call);
        return;
    }
    request_fail_with(call->req, ERR_INVALID_ARG, "the domain XML has %zu bytes, %zu are allowed",
                      size, daemon->config->max_xml);
    xml_call_free(call);
}
