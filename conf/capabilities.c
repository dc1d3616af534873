/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * capabilities.c: what clients that make guests (virt-install, virt-manager, libvirt's TCK) ask
 * before they write a domain's XML.  It says what conf/ can parse, and no more.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "conf/capabilities.h"
#include "conf/domain.h"
#include "names.h"
#include "text.h"

#define ARCH "x86_64"

/* Xen's own limits; how many CPUs the host has is none.  See libvirt's libxl_capabilities.c. */
static const unsigned vcpus_max[] = {[DOMAIN_PV] = 512, [DOMAIN_PVH] = 128, [DOMAIN_HVM] = 128};

/*----- files of the host -----*/

static const char *
first_that_is_there(const char *const *paths, int mode)
{
    for (int i = 0; paths[i]; i++)
        if (access(paths[i], mode) == 0)
            return paths[i];
    return paths[0];
}

/* libxl does not tell which device model it was built with: the distributions' places. */
static const char *
default_emulator(void)
{
    static const char *const paths[] = {
        "/usr/libexec/xen-qemu-system-i386",     /* Debian */
        "/usr/lib/xen/bin/qemu-system-i386",     /* Xen's own, SUSE */
        "/usr/libexec/xen/bin/qemu-system-i386", /* Xen's own, 64-bit libexec */
        "/usr/local/lib/xen/bin/qemu-system-i386", "/usr/bin/qemu-system-i386", NULL,
    };

    return first_that_is_there(paths, X_OK);
}

static void
add_loader(struct text *out, const struct host_info *host, const char *before)
{
    char              debian[64];
    const char *const paths[] = {"/usr/lib/xen/boot/hvmloader", debian,
                                 "/usr/libexec/xen/boot/hvmloader",
                                 "/usr/local/lib/xen/boot/hvmloader", NULL};

    snprintf(debian, sizeof debian, "/usr/lib/xen-%u.%u/boot/hvmloader", host->xen_major,
             host->xen_minor);
    text_add(out, before);
    text_addf(out, "%s", first_that_is_there(paths, R_OK));
}

/*----- types of guests -----*/

static bool
can_run(const struct host_info *host, enum domain_type type)
{
    switch (type) {
    case DOMAIN_PV:
        return host->cap_pv;
    case DOMAIN_PVH:
        return host->cap_pvh;
    case DOMAIN_HVM:
        return host->cap_hvm;
    }
    return false;
}

static void
add_guest(struct text *out, const struct host_info *host, enum domain_type type)
{
    text_addf(out, "  <guest>\n    <os_type>%s</os_type>\n", type_names[type]);
    text_add(out, "    <arch name='" ARCH "'>\n      <wordsize>64</wordsize>\n");
    text_addf(out, "      <emulator>%s</emulator>\n", default_emulator());
    if (type == DOMAIN_HVM) {
        add_loader(out, host, "      <loader>");
        text_add(out, "</loader>\n");
    }
    text_addf(out, "      <machine>%s</machine>\n", type_machines[type]);
    text_add(out, "      <domain type='xen'/>\n    </arch>\n");
    if (type == DOMAIN_HVM)
        text_addf(out,
                  "    <features>\n      <pae/>\n      <nonpae/>\n"
                  "      <acpi default='on' toggle='yes'/>\n"
                  "      <apic default='on' toggle='yes'/>\n"
                  "%s    </features>\n",
                  host->cap_hap ? "      <hap default='on' toggle='yes'/>\n" : "");
    text_add(out, "  </guest>\n");
}

/*----- capabilities -----*/

static void
add_cpu(struct text *out, const struct host_info *host)
{
    text_add(out, "    <cpu>\n      <arch>" ARCH "</arch>\n");
    if (host->sockets && host->cores && host->threads)
        text_addf(out, "      <topology sockets='%u' dies='1' cores='%u' threads='%u'/>\n",
                  host->sockets, host->cores, host->threads);
    text_add(out, "    </cpu>\n");
}

/* Only a host of one node: which CPUs and how much memory others have is not known here. */
static void
add_topology(struct text *out, const struct host_info *host)
{
    if (host->nodes > 1)
        return;
    text_add(out, "    <topology>\n      <cells num='1'>\n        <cell id='0'>\n");
    text_addf(out, "          <memory unit='KiB'>%" PRIu64 "</memory>\n", host->memory_kib);
    text_addf(out, "          <cpus num='%u'>\n", host->cpus);
    for (unsigned i = 0; i < host->cpus; i++)
        text_addf(out, "            <cpu id='%u'/>\n", i);
    text_add(out, "          </cpus>\n        </cell>\n      </cells>\n    </topology>\n");
}

/* No <migration_features>: there is none yet. */
static void
add_host(struct text *out, const struct host_info *host)
{
    char uuid[UUID_TEXT_SIZE];

    text_add(out, "  <host>\n");
    if (!uuid_is_zero(host->uuid))
        text_addf(out, "    <uuid>%s</uuid>\n", uuid_format(host->uuid, uuid));
    add_cpu(out, host);
    text_add(out, "    <power_management/>\n");
    add_topology(out, host);
    text_add(out, "  </host>\n");
}

char *
capabilities_format(const struct host_info *host)
{
    struct text out = {0};

    text_add(&out, "<capabilities>\n");
    add_host(&out, host);
    for (int type = DOMAIN_PV; type <= DOMAIN_HVM; type++)
        if (can_run(host, (enum domain_type)type))
            add_guest(&out, host, (enum domain_type)type);
    text_add(&out, "</capabilities>\n");
    return text_take(&out);
}

/*----- domain capabilities -----*/

static void
add_enum(struct text *out, const char *indent, const char *name, const char *const *values)
{
    text_addf(out, "%s<enum name='%s'>\n", indent, name);
    for (; *values; values++)
        text_addf(out, "%s  <value>%s</value>\n", indent, *values);
    text_addf(out, "%s</enum>\n", indent);
}

static void
add_domain_os(struct text *out, const struct host_info *host, enum domain_type type)
{
    static const char *const types[] = {"rom", NULL};

    if (type != DOMAIN_HVM) {
        text_add(out, "  <os supported='yes'>\n    <loader supported='no'/>\n  </os>\n");
        return;
    }
    text_add(out, "  <os supported='yes'>\n");
    add_loader(out, host, "    <loader supported='yes'>\n      <value>");
    text_add(out, "</value>\n");
    add_enum(out, "      ", "type", types);
    text_add(out, "    </loader>\n  </os>\n");
}

static void
add_domain_devices(struct text *out, enum domain_type type)
{
    static const char *const devices[] = {"disk", "cdrom", NULL};
    static const char *const pv_buses[] = {"xen", NULL};
    static const char *const hvm_buses[] = {"ide", "scsi", "xen", NULL};
    static const char *const pv_graphics[] = {"vnc", "sdl", NULL};
    static const char *const hvm_graphics[] = {"vnc", "sdl", "spice", NULL};
    static const char *const pv_models[] = {"xen", NULL};
    static const char *const hvm_models[] = {"vga", "cirrus", "qxl", "xen", "none", NULL};
    static const char *const modes[] = {"subsystem", NULL};
    static const char *const subsystems[] = {"usb", "pci", NULL};
    bool                     hvm = type == DOMAIN_HVM;

    text_add(out, "  <devices>\n    <disk supported='yes'>\n");
    add_enum(out, "      ", "diskDevice", devices);
    add_enum(out, "      ", "bus", hvm ? hvm_buses : pv_buses);
    text_add(out, "    </disk>\n    <graphics supported='yes'>\n");
    add_enum(out, "      ", "type", hvm ? hvm_graphics : pv_graphics);
    text_add(out, "    </graphics>\n    <video supported='yes'>\n");
    add_enum(out, "      ", "modelType", hvm ? hvm_models : pv_models);
    text_add(out, "    </video>\n    <hostdev supported='yes'>\n");
    add_enum(out, "      ", "mode", modes);
    add_enum(out, "      ", "subsysType", subsystems);
    text_add(out, "    </hostdev>\n    <rng supported='no'/>\n"
                  "    <filesystem supported='no'/>\n    <tpm supported='no'/>\n  </devices>\n");
}

/* The type whose machine that is; where none is named, the first that the host can run. */
static bool
find_type(const struct host_info *host, const char *machine, enum domain_type *type_out)
{
    for (int type = DOMAIN_PV; type <= DOMAIN_HVM; type++) {
        if (!can_run(host, (enum domain_type)type) ||
            (machine && strcmp(machine, type_machines[type]) != 0))
            continue;
        *type_out = (enum domain_type)type;
        return true;
    }
    return false;
}

char *
domain_capabilities_format(const struct host_info *host, const char *emulator, const char *arch,
                           const char *machine, const char *virt_type)
{
    struct text      out = {0};
    enum domain_type type;

    if ((arch && strcmp(arch, ARCH) != 0) || (virt_type && strcmp(virt_type, "xen") != 0) ||
        !find_type(host, machine, &type))
        return NULL;
    text_add(&out, "<domainCapabilities>\n  <path>");
    text_add_content(&out, emulator ? emulator : default_emulator());
    text_addf(&out, "</path>\n  <domain>xen</domain>\n  <machine>%s</machine>\n",
              type_machines[type]);
    text_addf(&out, "  <arch>" ARCH "</arch>\n  <vcpu max='%u'/>\n", vcpus_max[type]);
    add_domain_os(&out, host, type);
    add_domain_devices(&out, type);
    text_add(&out, "  <features>\n    <gic supported='no'/>\n    <vmcoreinfo supported='no'/>\n"
                   "    <genid supported='no'/>\n  </features>\n</domainCapabilities>\n");
    return text_take(&out);
}
