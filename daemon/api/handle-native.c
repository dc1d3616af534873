/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle-native.c: definitions from and to xl.cfg(5).  Nothing of them is kept.
 *
 * The client knows what secrets there are in what it sent: they are in what it gets.
 */
#include <string.h>

#include "base/alloc.h"
#include "conf/domain.h"
#include "config.h"
#include "daemon.h"
#include "handlers.h"

/* Whether the call can be obeyed; if not, it was answered. */
static bool
native_check(struct request *req, const char *format, const char *text)
{
    size_t size = strlen(text), max = request_daemon(req)->config->max_xml;

    if (strcmp(format, "xen-xl") != 0)
        request_fail_with(req, ERR_INVALID_ARG, "unsupported config type %s, only xen-xl", format);
    else if (size > max)
        request_fail_with(req, ERR_INVALID_ARG, "the text has %zu bytes, %zu are allowed", size,
                          max);
    else
        return true;
    return false;
}

/*----- from xl.cfg -----*/

static void
native_to_xml(struct request *req, void *text)
{
    remote_connect_domain_xml_from_native_ret ret;
    struct domain_def                        *def;
    struct err                                err;

    if (domain_def_from_native(text, strlen(text), &def, &err) < 0) {
        request_fail(req, &err);
        return;
    }
    ret.domainXml = domain_def_format(def, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE);
    reply_connect_domain_xml_from_native(req, &ret);
    free(ret.domainXml);
    domain_def_free(def);
}

void
handle_connect_domain_xml_from_native(struct request                                   *req,
                                      const remote_connect_domain_xml_from_native_args *args)
{
    if (native_check(req, args->nativeFormat, args->nativeConfig))
        request_in_turn(req, native_to_xml, xstrdup(args->nativeConfig));
}

/*----- to xl.cfg -----*/

static void
native_from_xml(struct request *req, void *xml)
{
    remote_connect_domain_xml_to_native_ret ret;
    struct domain_def                      *def;
    struct err                              err;
    int                                     r;

    if (domain_def_parse(xml, strlen(xml), &def, &err) < 0) {
        request_fail(req, &err);
        return;
    }
    r = domain_def_to_native(def, &ret.nativeConfig, &err);
    domain_def_free(def);
    if (r < 0) {
        request_fail(req, &err);
        return;
    }
    reply_connect_domain_xml_to_native(req, &ret);
    free(ret.nativeConfig);
}

void
handle_connect_domain_xml_to_native(struct request                                 *req,
                                    const remote_connect_domain_xml_to_native_args *args)
{
    if (native_check(req, args->nativeFormat, args->domainXml))
        request_in_turn(req, native_from_xml, xstrdup(args->domainXml));
}
