/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host.c: the daemon's libxl context, and what it asks of it without waiting.  None of the libxl
 * functions used here for queries takes a lock that somebody else may hold for long: domain_info,
 * list_domain and get_physinfo are hypercalls, names come from our own xenstore connection.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/alloc.h"
#include "base/file.h"
#include "build.h"
#include "host-private.h"

/*----- open and close -----*/

int
host_open(struct loop *loop, const struct host_events *events, void *arg, struct host **host_out,
          struct err *err)
{
    struct host *host = xcalloc(1, sizeof *host);

    host->loop = loop;
    host->events = events;
    host->arg = arg;
    host->known_types = xcalloc(HOST_KNOWN_TYPES, sizeof *host->known_types);
    LIST_INIT(&host->calls);
    if (xl_open(&host->xl, loop, &host_xl_ops, host, err) < 0 || host_events_open(host, err) < 0) {
        xl_close(&host->xl);
        free(host->known_types);
        free(host);
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
    host_calls_close(host);
    host_events_close(host);
    xl_close(&host->xl);
    free(host->lost);
    free(host->known_types);
    free(host);
}

/* A lost context is not entered again. */
static int
check_there(const struct host *host, struct err *err)
{
    if (!host->xl.lost && !host->lost)
        return 0;
    return err_set(err, ERR_NO_CONNECT, "the connection to Xen is lost");
}

/*----- xenstore -----*/

char *
host_xs_read(struct host *host, const char *format, ...)
{
    char     path[256];
    unsigned size;
    va_list  ap;

    va_start(ap, format);
    vsnprintf(path, sizeof path, format, ap);
    va_end(ap);
    /* libxenstore puts a NUL behind what it read. */
    return xs_read(host->xs, XBT_NULL, path, &size);
}

char *
host_domain_name(struct host *host, uint32_t domid)
{
    char *name = host_xs_read(host, HOST_NAME_PATH, domid);

    if (name && !*name)
        free(take_ptr(name));
    return name;
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

    if (check_there(host, err) < 0)
        return -1;
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

static enum domain_type
read_type(struct host *host, uint32_t domid, bool *found_out)
{
    cleanup_free char *text = host_xs_read(host, "/libxl/%u/type", domid);

    *found_out = text != NULL;
    return text && strcmp(text, "pvh") == 0 ? DOMAIN_PVH : DOMAIN_HVM;
}

static enum domain_type
type_of(struct host *host, const libxl_dominfo *info)
{
    struct host_known_type *known = &host->known_types[info->domid % HOST_KNOWN_TYPES];
    const uint8_t          *uuid = libxl_uuid_bytearray_const(&info->uuid);
    enum domain_type        type;
    bool                    found;

    if (info->domain_type == LIBXL_DOMAIN_TYPE_PV)
        return DOMAIN_PV;
    if (known->domid == info->domid && uuid_equal(known->uuid, uuid))
        return known->type;
    type = read_type(host, info->domid, &found);
    if (found) {
        *known = (struct host_known_type){.domid = info->domid, .type = type};
        memcpy(known->uuid, uuid, UUID_SIZE);
    }
    return type;
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

int
host_list(struct host *host, struct host_dominfo **list_out, size_t *count_out, struct err *err)
{
    int                  count = 0;
    libxl_dominfo       *from;
    struct host_dominfo *list;

    if (check_there(host, err) < 0)
        return -1;
    from = libxl_list_domain(host->xl.ctx, &count);
    if (!from)
        return xl_err_set(err, &host->xl, ERROR_FAIL, "cannot list the domains");
    list = xcalloc((size_t)count, sizeof *list);
    for (int n = 0; n < count; n++)
        fill_dominfo(host, &from[n], &list[n]);
    libxl_dominfo_list_free(from, count);
    *list_out = list;
    *count_out = (size_t)count;
    return 0;
}

int
host_domain_info(struct host *host, uint32_t domid, struct host_dominfo *info_out, struct err *err)
{
    libxl_dominfo info;
    int           rc;

    if (check_there(host, err) < 0)
        return -1;
    libxl_dominfo_init(&info);
    rc = libxl_domain_info(host->xl.ctx, &info, domid);
    if (rc == 0)
        fill_dominfo(host, &info, info_out);
    libxl_dominfo_dispose(&info);
    return rc ? xl_err_set(err, &host->xl, rc, "domain %u", domid) : 0;
}

char *
host_domain_kept_xml(struct host *host, uint32_t domid)
{
    uint8_t *data = NULL;
    int      size = 0;
    char    *xml;

    if (libxl_userdata_retrieve(host->xl.ctx, domid, BUILD_USERDATA, &data, &size) || !size) {
        free(data);
        return NULL;
    }
    xml = xstrndup((const char *)data, (size_t)size);
    free(data);
    return xml;
}

/*----- what only a running domain has -----*/

static void
fill_interfaces(struct host *host, uint32_t domid, struct host_live *live)
{
    int               count = 0;
    libxl_device_nic *nics = libxl_device_nic_list(host->xl.ctx, domid, &count);

    if (!nics)
        return;
    live->interface_names = xcalloc((size_t)count + 1, sizeof *live->interface_names);
    for (int n = 0; n < count; n++)
        live->interface_names[n] =
            nics[n].ifname ? xstrdup(nics[n].ifname) : xasprintf("vif%u.%d", domid, nics[n].devid);
    live->live.n_interface_names = (size_t)count;
    libxl_device_nic_list_free(nics, count);
}

static int
vnc_port(struct host *host, uint32_t domid)
{
    cleanup_free char *text = host_xs_read(host, "/local/domain/%u/console/vnc-port", domid);
    int                port = text ? atoi(text) : 0;

    return port > 0 && port < 65536 ? port : 0;
}

void
host_domain_live(struct host *host, uint32_t domid, struct host_live *live_out)
{
    *live_out = (struct host_live){.live = {.domid = (int)domid}};
    /* A PV console; an HVM domain's is its serial port. */
    live_out->console_tty = host_xs_read(host, "/local/domain/%u/console/tty", domid);
    if (!live_out->console_tty)
        live_out->console_tty = host_xs_read(host, "/local/domain/%u/serial/0/tty", domid);
    fill_interfaces(host, domid, live_out);
    live_out->live.vnc_port = vnc_port(host, domid);
    live_out->live.console_tty = live_out->console_tty;
    live_out->live.interface_names = (const char *const *)live_out->interface_names;
}

void
host_live_free(struct host_live *live)
{
    for (size_t n = 0; n < live->live.n_interface_names; n++)
        free(live->interface_names[n]);
    free(live->interface_names);
    free(live->console_tty);
    *live = (struct host_live){.live = {.domid = -1}};
}
