/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* query.c: see query.h. */
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "build.h"
#include "conf/libxl.h"
#include "eventloop/framed.h"
#include "host-wire.h"
#include "query.h"
#include "xl.h"

struct query {
    struct loop        *loop;
    loop_fn            *ended;
    void               *arg;
    struct loop_defer   end;
    struct framed       daemon;
    struct xl           xl;
    struct err          xl_err; /* code 0: xl is open */
    bool                told_xl_err;
    struct xl_call      call;
    uint32_t            domid;
    libxl_domain_config config; /* while call is Active */
};

static void
query_end(void *arg)
{
    struct query *query = arg;

    query->ended(query->arg); /* may free query: must be last */
}

/* xml NULL: there is none. */
static void
query_say(struct query *query, const char *xml, const struct err *err)
{
    query_answer answer;
    struct err   too_long;

    if (!err && xml && strlen(xml) > HELPER_TEXT_MAX) {
        err_set(&too_long, ERR_XML, "the XML of domain %u is too long", query->domid);
        err = &too_long;
    }
    answer = (query_answer){.error = host_wire_error(err),
                            .xml = (char *)(uintptr_t)(xml && !err ? xml : "")};
    host_wire_send(&query->daemon, (xdrproc_t)xdr_query_answer, &answer);
}

/*----- the XML that dom0d kept -----*/

static void
query_kept_xml(struct query *query)
{
    uint8_t           *data = NULL;
    int                size = 0, rc;
    cleanup_free char *xml = NULL;
    struct err         err;

    xl_log_clear(&query->xl.log);
    rc = libxl_userdata_retrieve(query->xl.ctx, query->domid, BUILD_USERDATA, &data, &size);
    if (rc) {
        xl_err_set(&err, &query->xl, rc, "cannot read what is kept with domain %u", query->domid);
        query_say(query, NULL, &err);
    } else {
        xml = size > 0 ? xstrndup((const char *)data, (size_t)size) : NULL;
        query_say(query, xml, NULL);
    }
    free(data);
}

/*----- the configuration that libxl keeps -----*/

/* libxl keeps no configuration of a stubdomain.  NULL: it is none. */
static char *
query_stubdomain(struct query *query)
{
    cleanup_free char *guest = NULL, *name = NULL, *what = NULL;
    libxl_dominfo      info;
    uint32_t           domid;
    char              *xml = NULL;

    if (!xl_is_stubdomain(&query->xl, query->domid, &domid, &guest))
        return NULL;
    name = xl_domain_name(&query->xl, query->domid);
    what = xasprintf("The device model of domain %s (id %u), and a part of it.", guest, domid);
    libxl_dominfo_init(&info);
    if (libxl_domain_info(query->xl.ctx, &info, query->domid) == 0)
        xml =
            domain_control_format((int)query->domid, name, libxl_uuid_bytearray_const(&info.uuid),
                                  what, info.current_memkb, info.vcpu_online, info.vcpu_max_id + 1);
    libxl_dominfo_dispose(&info);
    return xml;
}

static void
query_config_read(struct xl_call *xl_call, int rc)
{
    struct query      *query = container_of(xl_call, struct query, call);
    struct domain_def *def = NULL;
    cleanup_free char *xml = NULL;
    struct err         err = {.code = ERR_NONE};

    if (rc) {
        xl_call_err_set(&err, &query->call, rc, "cannot read the configuration of domain %u",
                        query->domid);
        xml = query_stubdomain(query);
    } else if (conf_from_libxl_whole(&query->config, &def, &err) == 0) {
        xml = domain_def_format(def, NULL, DOMAIN_XML_SECURE);
    }
    domain_def_free(def);
    libxl_domain_config_dispose(&query->config);
    query_say(query, xml, xml ? NULL : &err);
}

static void
query_definition(struct query *query)
{
    libxl_domain_config_init(&query->config);
    xl_domain_config(&query->call, query->domid, &query->config, query_config_read);
}

/*----- what is heard -----*/

static void
query_daemon_closed(void *arg, const struct err *err)
{
    struct query *query = arg;

    if (err)
        log_error("the daemon's connection: protocol error: %s", err->message);
    loop_defer_start(&query->end);
}

static const struct xl_ops query_xl_ops;

static void
query_open_xl(struct query *query)
{
    query->xl_err.code = ERR_NONE;
    (void)xl_open(&query->xl, query->loop, &query_xl_ops, query, &query->xl_err);
}

static int
query_heard(struct query *query, const query_question *question, struct err *err)
{
    if (query->call.active)
        return err_set(err, ERR_RPC, "a second question before the first one is answered");
    query->domid = question->domid;
    /* What failed for the last question need not fail for this one. */
    if (query->told_xl_err)
        query_open_xl(query);
    query->told_xl_err = query->xl_err.code;
    if (query->xl_err.code)
        query_say(query, NULL, &query->xl_err);
    else if (question->kind == QUERY_KEPT_XML)
        query_kept_xml(query);
    else
        query_definition(query);
    return 0;
}

static void
query_frame(void *arg, const void *data, size_t size)
{
    struct query  *query = arg;
    query_question question = {0};
    struct err     err;

    if (host_wire_decode(data, size, (xdrproc_t)xdr_query_question, &question, &err) == 0 &&
        query_heard(query, &question, &err) == 0)
        return;
    framed_close(&query->daemon);
    query_daemon_closed(query, &err);
}

static const struct framed_ops query_framed_ops = {
    .size_of = host_wire_size_of,
    .frame = query_frame,
    .closed = query_daemon_closed,
};

/* The context is good for nothing more, and the question that is under way is answered by our end.
 */
static void
query_disaster(void *arg, const char *reason)
{
    struct query *query = arg;

    log_error("libxl gives up: %s", reason);
    framed_close(&query->daemon);
    loop_defer_start(&query->end);
}

static const struct xl_ops query_xl_ops = {.disaster = query_disaster};

/*----- its life -----*/

struct query *
query_new(struct loop *loop, int fd, loop_fn *ended, void *arg)
{
    struct query *query = xcalloc(1, sizeof *query);

    query->loop = loop;
    query->ended = ended;
    query->arg = arg;
    loop_defer_init(&query->end, loop, query_end, query);
    framed_init(&query->daemon, loop, fd, &query_framed_ops, query);
    query_open_xl(query);
    xl_call_init(&query->call, &query->xl);
    return query;
}

void
query_free(struct query *query)
{
    bool reads_config;

    if (!query)
        return;
    reads_config = query->call.active;
    loop_defer_stop(&query->end);
    framed_close(&query->daemon);
    xl_close(&query->xl); /* drops the call */
    if (reads_config)
        libxl_domain_config_dispose(&query->config);
    free(query);
}
