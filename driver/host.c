/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host.c: the daemon's libxl context, and what it asks of it without waiting.  domain_info,
 * list_domain and get_physinfo are hypercalls: they take no lock and ask no xenstored.
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "host-private.h"

/*----- open and close -----*/

void
host_lost(struct host *host, enum err_code code, const char *reason)
{
    if (host->lost)
        return;
    host->lost = xstrdup(reason);
    host->lost_code = code;
    if (!host->opening)
        loop_defer_start(&host->disaster);
}

static void
host_tell_disaster(void *arg)
{
    struct host *host = arg;

    host->events->disaster(host->arg, host->lost); /* may free host: must be last */
}

int
host_check(const struct host *host, struct err *err)
{
    return host->lost ? err_set(err, ERR_NO_CONNECT, "the connection to Xen is lost") : 0;
}

/* A callback may make new calls, and settle others. */
static void
host_answer_settled(void *arg)
{
    struct host      *host = arg;
    struct host_call *call;

    while ((call = TAILQ_FIRST(&host->settled))) {
        struct err err = call->err;

        host_call_fail(&host->settled, call, &err);
    }
}

void
host_await_xenstored(unsigned seconds)
{
    struct err err;
    int        fd;

    for (unsigned n = 0; (fd = xl_check_host(&err)) < 0; n++) {
        if (err.code != ERR_SYSTEM || n == seconds)
            return; /* host_open says what is wrong */
        if (n == 0)
            log_warning("%s; waiting for it", err.message);
        sleep(1);
    }
    close(fd);
}

int
host_open(struct loop *loop, const char *worker_path, const struct host_events *events, void *arg,
          struct host **host_out, struct err *err)
{
    struct host *host = xcalloc(1, sizeof *host);

    if (xl_open_for_hypercalls(&host->xl, err) < 0) {
        free(host);
        return -1;
    }
    host->loop = loop;
    host->worker_path = xstrdup(worker_path);
    host->events = events;
    host->arg = arg;
    LIST_INIT(&host->processes);
    TAILQ_INIT(&host->settled);
    loop_defer_init(&host->disaster, loop, host_tell_disaster, host);
    loop_defer_init(&host->answer_settled, loop, host_answer_settled, host);
    host_queries_init(host);
    if (host_helper_open(host, err) < 0) {
        host_close(host);
        return -1;
    }
    *host_out = host;
    return 0;
}

void
host_close(struct host *host)
{
    if (!host)
        return;
    /* Who is answered now may ask for something else: that fails, and is answered below. */
    if (!host->lost)
        host->lost = xstrdup("closed");
    host_helper_close(host);
    host_queries_close(host);
    host_answer_settled(host);
    loop_defer_stop(&host->answer_settled);
    loop_defer_stop(&host->disaster);
    host_processes_close(host);
    xl_close(&host->xl);
    free(host->worker_path);
    free(host->lost);
    free(host);
}

/*----- the host -----*/

static void
fill_version(struct host *host, struct host_info *info)
{
    const libxl_version_info *version = libxl_get_version_info(host->xl.ctx);
    unsigned                  extra = 0;

    if (!version)
        return;
    info->xen_major = (unsigned)version->xen_version_major;
    info->xen_minor = (unsigned)version->xen_version_minor;
    /* ".7" or ".7-pre" */
    if (version->xen_version_extra && sscanf(version->xen_version_extra, ".%u", &extra) == 1)
        info->xen_extra = extra;
}

static void
fill_machine(struct host_info *info)
{
    struct utsname     uts;
    cleanup_free char *uuid = NULL;
    struct err         err;

    if (uname(&uts) == 0)
        snprintf(info->cpu_model, sizeof info->cpu_model, "%.*s", (int)sizeof info->cpu_model - 1,
                 uts.machine);
    if (file_read("/sys/class/dmi/id/product_uuid", 4096, &uuid, NULL, &err) == 0) {
        uuid[strcspn(uuid, "\n")] = '\0';
        (void)uuid_parse(uuid, info->uuid);
    }
}

static unsigned
at_least_1(unsigned n)
{
    return n ? n : 1;
}

int
host_info(struct host *host, struct host_info *info_out, struct err *err)
{
    struct host_info info = {0};
    libxl_physinfo   phys;
    int              rc;

    if (host_check(host, err) < 0)
        return -1;
    xl_log_clear(&host->xl.log);
    libxl_physinfo_init(&phys);
    rc = libxl_get_physinfo(host->xl.ctx, &phys);
    if (rc)
        return xl_err_set(err, &host->xl, rc, "cannot ask the hypervisor about the host");
    info.memory_kib = phys.total_pages * 4;
    info.free_memory_kib = (phys.free_pages + phys.scrub_pages) * 4;
    info.cpus = phys.nr_cpus;
    info.mhz = phys.cpu_khz / 1000;
    info.nodes = at_least_1(phys.nr_nodes);
    info.threads = at_least_1(phys.threads_per_core);
    info.cores = at_least_1(phys.cores_per_socket);
    info.sockets = at_least_1(phys.nr_cpus / (info.threads * info.cores * info.nodes));
    info.max_cpus = phys.max_cpu_id + 1;
    info.cap_pv = phys.cap_pv;
    info.cap_hvm = phys.cap_hvm;
    info.cap_pvh = phys.cap_hvm;
    info.cap_hap = phys.cap_hap;
    libxl_physinfo_dispose(&phys);
    fill_version(host, &info);
    fill_machine(&info);
    *info_out = info;
    return 0;
}

/*----- domains -----*/

/* The hypervisor does not tell PVH from HVM, xenstore does.  Only what has a name there has a type.
 */
static enum domain_type
type_of(struct host *host, const libxl_dominfo *info)
{
    const struct domain_name *known = host_helper_known(host, info->domid);

    if (info->domain_type == LIBXL_DOMAIN_TYPE_PV)
        return DOMAIN_PV;
    return known->is_pvh ? DOMAIN_PVH : DOMAIN_HVM;
}

static enum host_shutdown
shutdown_reason(const libxl_dominfo *info)
{
    return info->shutdown ? (enum host_shutdown)info->shutdown_reason : HOST_SHUTDOWN_NONE;
}

static uint64_t
max_memory_kib(const libxl_dominfo *info)
{
    /* Xen keeps a number of pages, UINT64_MAX of them for no limit; libxl makes KiB of it. */
    return info->max_memkb >= UINT64_MAX / 4096 ? UINT64_MAX : info->max_memkb;
}

static void
fill_dominfo(struct host *host, const libxl_dominfo *from, struct host_dominfo *to)
{
    *to = (struct host_dominfo){
        .domid = from->domid,
        .paused = from->paused,
        .shutdown = from->shutdown,
        .dying = from->dying,
        .shutdown_reason = shutdown_reason(from),
        .type = type_of(host, from),
        .memory_kib = from->current_memkb + from->outstanding_memkb,
        .max_memory_kib = max_memory_kib(from),
        .cpu_time_nsec = from->cpu_time,
        .vcpus_online = from->vcpu_online,
        .max_vcpus = from->vcpu_max_id + 1,
    };
    memcpy(to->uuid, libxl_uuid_bytearray_const(&from->uuid), UUID_SIZE);
}

static int
compare_domids(const void *a, const void *b)
{
    const struct host_dominfo *x = a, *y = b;

    return (x->domid > y->domid) - (x->domid < y->domid);
}

/* Xen lists domains in this order, though nothing promises it. */
static void
host_sort(struct host_dominfo *list, size_t count)
{
    for (size_t n = 1; n < count; n++)
        if (list[n].domid < list[n - 1].domid) {
            qsort(list, count, sizeof *list, compare_domids);
            return;
        }
}

int
host_list(struct host *host, struct host_dominfo **list_out, size_t *count_out, struct err *err)
{
    int                  count = 0;
    libxl_dominfo       *from;
    struct host_dominfo *list;

    if (host_check(host, err) < 0)
        return -1;
    xl_log_clear(&host->xl.log);
    from = libxl_list_domain(host->xl.ctx, &count);
    if (!from)
        return xl_err_set(err, &host->xl, ERROR_FAIL, "cannot list the domains");
    list = xcalloc((size_t)count, sizeof *list);
    for (int n = 0; n < count; n++)
        fill_dominfo(host, &from[n], &list[n]);
    libxl_dominfo_list_free(from, count);
    host_sort(list, (size_t)count);
    *list_out = list;
    *count_out = (size_t)count;
    return 0;
}

int
host_domain_info(struct host *host, uint32_t domid, struct host_dominfo *info_out, struct err *err)
{
    libxl_dominfo info;
    int           rc;

    if (host_check(host, err) < 0)
        return -1;
    xl_log_clear(&host->xl.log);
    libxl_dominfo_init(&info);
    rc = libxl_domain_info(host->xl.ctx, &info, domid);
    if (rc == 0)
        fill_dominfo(host, &info, info_out);
    libxl_dominfo_dispose(&info);
    return rc ? xl_err_set(err, &host->xl, rc, "domain %u", domid) : 0;
}

const char *
host_domain_name(const struct host *host, uint32_t domid)
{
    const struct domain_name *known = domain_names_find(&host->names, domid);

    return known ? known->name : NULL;
}

const char *
host_domain_tty(const struct host *host, uint32_t domid, enum host_terminal terminal)
{
    const struct domain_name *known = domain_names_find(&host->names, domid);

    return known ? known->ttys[terminal] : NULL;
}
