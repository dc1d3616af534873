/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle-native.c: definitions from and to xl.cfg(5).  Nothing of them is kept.  What is long a
 * thread converts (work.h).
 *
 * The client knows what secrets there are in what it sent: they are in what it gets.
 */
#include <string.h>

#include "base/alloc.h"
#include "conf/domain.h"
#include "config.h"
#include "daemon.h"
#include "domain/definition.h"
#include "eventloop/work.h"
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

struct conversion {
    struct request *req;
    char           *from;
    char           *to; /* NULL: it failed */
    struct err      err;
};

static void
native_convert(struct request *req, const char *from, loop_fn *run, loop_work_fn *done)
{
    struct conversion *conversion = xcalloc(1, sizeof *conversion);

    *conversion = (struct conversion){.req = req, .from = xstrdup(from)};
    loop_work(request_daemon(req)->loop, request_user(req), strlen(from) > DEFINITION_LONG, run,
              done, conversion);
}

/* Answers where it failed, or was not done.  Returns whether there is something to tell. */
static bool
native_check_converted(struct conversion *conversion, bool ended)
{
    if (!ended)
        request_fail_with(conversion->req, ERR_OPERATION_ABORTED, "aborted: the daemon stops");
    else if (!conversion->to)
        request_fail(conversion->req, &conversion->err);
    return ended && conversion->to;
}

static void
native_free(struct conversion *conversion)
{
    free(conversion->from);
    free(conversion->to);
    free(conversion);
}

/*----- from xl.cfg -----*/

static void
native_do_read(void *arg)
{
    struct conversion *conversion = arg;
    struct domain_def *def;

    if (domain_def_from_native(conversion->from, strlen(conversion->from), &def, &conversion->err) <
        0)
        return;
    conversion->to = domain_def_format(def, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE);
    domain_def_free(def);
}

static void
native_is_read(void *arg, bool ended)
{
    struct conversion                        *conversion = arg;
    remote_connect_domain_xml_from_native_ret ret = {.domainXml = conversion->to};

    if (native_check_converted(conversion, ended))
        reply_connect_domain_xml_from_native(conversion->req, &ret);
    native_free(conversion);
}

static void
native_to_xml(struct request *req, void *text)
{
    native_convert(req, text, native_do_read, native_is_read);
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
native_do_write(void *arg)
{
    struct conversion *conversion = arg;
    struct domain_def *def;

    if (domain_def_parse(conversion->from, strlen(conversion->from), &def, &conversion->err) < 0)
        return;
    (void)domain_def_to_native(def, &conversion->to, &conversion->err);
    domain_def_free(def);
}

static void
native_is_written(void *arg, bool ended)
{
    struct conversion                      *conversion = arg;
    remote_connect_domain_xml_to_native_ret ret = {.nativeConfig = conversion->to};

    if (native_check_converted(conversion, ended))
        reply_connect_domain_xml_to_native(conversion->req, &ret);
    native_free(conversion);
}

static void
native_from_xml(struct request *req, void *xml)
{
    native_convert(req, xml, native_do_write, native_is_written);
}

void
handle_connect_domain_xml_to_native(struct request                                 *req,
                                    const remote_connect_domain_xml_to_native_args *args)
{
    if (native_check(req, args->nativeFormat, args->domainXml))
        request_in_turn(req, native_from_xml, xstrdup(args->domainXml));
}
