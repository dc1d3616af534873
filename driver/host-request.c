/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host-request.c: the daemon's own asynchronous calls, those that only wait.
 */
#include "base/alloc.h"
#include "conf/libxl.h"
#include "host-private.h"

struct host_call {
    struct xl_call      call; /* must be first */
    struct host        *host;
    enum host_request   what;
    uint32_t            domid;
    host_done_fn       *done;     /* of a request */
    host_def_fn        *done_def; /* of host_domain_def; then config is in use */
    void               *arg;
    libxl_domain_config config;
    LIST_ENTRY(host_call) link;
};

static const char *const words[] = {
    [HOST_PAUSE] = "cannot pause domain",
    [HOST_UNPAUSE] = "cannot unpause domain",
    [HOST_SHUTDOWN_PV] = "cannot shut down domain",
    [HOST_SHUTDOWN_ACPI] = "cannot press the power button of domain",
    [HOST_REBOOT_PV] = "cannot reboot domain",
    [HOST_RESUME] = "cannot resume domain",
};

static struct host_call *
call_new(struct host *host, uint32_t domid, void *arg)
{
    struct host_call *call = xcalloc(1, sizeof *call);

    call->host = host;
    call->domid = domid;
    call->arg = arg;
    xl_call_init(&call->call, &host->xl);
    libxl_domain_config_init(&call->config);
    LIST_INSERT_HEAD(&host->calls, call, link);
    /* libxl's reasons are those of the last call; calls side by side may share them. */
    xl_log_clear(&host->xl.log);
    return call;
}

static void
call_free(struct host_call *call)
{
    LIST_REMOVE(call, link);
    libxl_domain_config_dispose(&call->config);
    free(call);
}

/*----- requests -----*/

static void
request_done(struct xl_call *xl_call, int rc)
{
    struct host_call *call = container_of(xl_call, struct host_call, call);
    host_done_fn     *done = call->done;
    void             *arg = call->arg;
    struct err        err;

    if (rc)
        xl_err_set(&err, &call->host->xl, rc, "%s %u", words[call->what], call->domid);
    call_free(call);
    done(arg, rc ? &err : NULL);
}

static void
start_request(struct host_call *call)
{
    switch (call->what) {
    case HOST_PAUSE:
        xl_domain_pause(&call->call, call->domid, request_done);
        break;
    case HOST_UNPAUSE:
        xl_domain_unpause(&call->call, call->domid, request_done);
        break;
    case HOST_SHUTDOWN_PV:
        xl_domain_shutdown(&call->call, call->domid, request_done);
        break;
    case HOST_SHUTDOWN_ACPI:
        xl_domain_power_button(&call->call, call->domid, request_done);
        break;
    case HOST_REBOOT_PV:
        xl_domain_reboot(&call->call, call->domid, request_done);
        break;
    case HOST_RESUME:
        xl_domain_resume(&call->call, call->domid, request_done);
        break;
    }
}

struct host_call *
host_request(struct host *host, enum host_request what, uint32_t domid, host_done_fn *done,
             void *arg)
{
    struct host_call *call = call_new(host, domid, arg);

    call->what = what;
    call->done = done;
    start_request(call);
    return call;
}

/*----- definitions -----*/

static void
config_done(struct xl_call *xl_call, int rc)
{
    struct host_call  *call = container_of(xl_call, struct host_call, call);
    host_def_fn       *done = call->done_def;
    void              *arg = call->arg;
    struct domain_def *def = NULL;
    struct err         err;

    if (rc)
        xl_err_set(&err, &call->host->xl, rc, "cannot read the configuration of domain %u",
                   call->domid);
    else if (conf_from_libxl(&call->config, &def, &err) < 0)
        def = NULL;
    call_free(call);
    done(arg, def, def ? NULL : &err);
}

struct host_call *
host_domain_def(struct host *host, uint32_t domid, host_def_fn *done, void *arg)
{
    struct host_call *call = call_new(host, domid, arg);

    call->done_def = done;
    xl_domain_config(&call->call, domid, &call->config, config_done);
    return call;
}

/*----- the end of them -----*/

void
host_call_abort(struct host_call *call)
{
    xl_call_abort(&call->call);
}

/* Answer all of them now, also those that libxl does not let go of in time. */
void
host_calls_close(struct host *host)
{
    struct host_call *call;

    LIST_FOREACH (call, &host->calls, link) {
        host_call_abort(call);
    }
    while ((call = LIST_FIRST(&host->calls))) {
        host_def_fn  *done_def = call->done_def;
        host_done_fn *done = call->done;
        void         *arg = call->arg;
        struct err    err;

        xl_call_drop(&call->call);
        call_free(call);
        err_set(&err, ERR_OPERATION_ABORTED, "aborted: the connection to Xen is closed");
        if (done_def)
            done_def(arg, NULL, &err);
        else
            done(arg, &err);
    }
}
