/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * same-machine.c: may one definition stand for another of a guest that is saved?
 *
 * Its memory knows the machine that it ran on.  What libxl makes of the two is compared, leaf by
 * leaf of its JSON, so that whatever is not known here is refused; a leaf may differ where the
 * guest does not see it, or only when it boots again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/libxl.h"
#include "def.h"

/* Paths without indexes; one that ends with '.' stands for all below. */
static const char *const may_differ[] = {
    /* what becomes of it when it stops, and how it boots then */
    "on_poweroff",
    "on_reboot",
    "on_crash",
    "on_watchdog",
    "on_soft_reset",
    "b_info.kernel",
    "b_info.ramdisk",
    "b_info.cmdline",
    "b_info.bootloader",
    "b_info.bootloader_args",
    "b_info.type.hvm.boot",
    /* where it runs, and how much of that it gets */
    "c_info.pool_name",
    "c_info.ssid_label",
    "b_info.exec_ssid_label",
    "b_info.device_model",
    "b_info.sched_params.",
    "b_info.vcpu_hard_affinity",
    "b_info.vcpu_soft_affinity",
    "b_info.cpumap",
    "b_info.nodemap",
    "b_info.numa_placement",
    /* the host's side of its devices */
    "disks.pdev_path",
    "disks.format",
    "disks.backend",
    "disks.backend_domname",
    "disks.script",
    "disks.direct_io_safe",
    "disks.discard_enable",
    "nics.bridge",
    "nics.ifname",
    "nics.script",
    "nics.gatewaydev",
    "nics.ip",
    "nics.mtu",
    "nics.backend_domname",
    "nics.rate_bytes_per_interval",
    "nics.rate_interval_usecs",
    "vfbs.vnc.",
    "vfbs.sdl.",
    "vfbs.keymap",
    "b_info.type.hvm.vnc.",
    "b_info.type.hvm.sdl.",
    "b_info.type.hvm.spice.",
    "b_info.type.hvm.keymap",
    "b_info.type.hvm.serial",
    "b_info.type.hvm.serial_list",
    "channels.connection",
    "channels.connection.",
};

/* What the XML calls it. */
static const struct {
    const char *prefix, *element;
} elements[] = {
    {"c_info.name", "<name>"},
    {"c_info.uuid", "<uuid>"},
    {"c_info.type", "<os><type>"},
    {"b_info.type", "<os><type>"},
    {"b_info.max_memkb", "<memory>"},
    {"b_info.target_memkb", "<currentMemory>"},
    {"b_info.max_vcpus", "<vcpu>"},
    {"b_info.avail_vcpus", "<vcpu current='...'>"},
    {"b_info.tsc_mode", "<timer name='tsc'>"},
    {"b_info.cpuid", "<cpu>"},
    {"b_info.extra", "<xen:commandline>"},
    {"disks", "<disk>"},
    {"nics", "<interface>"},
    {"vfbs", "<graphics>"},
    {"vkbs", "<input>"},
    {"pcidevs", "<hostdev>"},
    {"usbctrls", "<controller>"},
    {"usbdevs", "<hostdev>"},
    {"channels", "<channel>"},
};

static bool
machine_may_differ(const char *path)
{
    size_t             length = 0;
    cleanup_free char *plain = xstrdup(path);

    for (const char *from = path; *from; from++) {
        if (*from == '[')
            from = strchr(from, ']');
        else
            plain[length++] = *from;
    }
    plain[length] = '\0';
    for (size_t n = 0; n < array_size(may_differ); n++) {
        size_t size = strlen(may_differ[n]);

        if (may_differ[n][size - 1] == '.' ? strncmp(plain, may_differ[n], size) == 0
                                           : strcmp(plain, may_differ[n]) == 0)
            return true;
    }
    return false;
}

static const char *
machine_element(const char *path)
{
    for (size_t n = 0; n < array_size(elements); n++)
        if (strncmp(path, elements[n].prefix, strlen(elements[n].prefix)) == 0)
            return elements[n].element;
    return NULL;
}

static int
machine_refuse(const char *path, struct err *err)
{
    const char *element = machine_element(path);

    if (element)
        return err_set(err, ERR_CONFIG_UNSUPPORTED,
                       "%s cannot be another than that of the saved guest (libxl's %s)", element,
                       path);
    return err_set(err, ERR_CONFIG_UNSUPPORTED,
                   "libxl's %s cannot be another than that of the saved guest", path);
}

/* Of what here has and there has not. */
static int
machine_check_leaves(const libxl_domain_config *here, const libxl_domain_config *there,
                     struct err *err)
{
    char **list = conf_difference(here, there, false);
    int    r = 0;

    if (!list)
        return err_set(err, ERR_INTERNAL, "libxl cannot write its configuration of the domain");
    for (size_t n = 0; list[n]; n++) {
        if (r == 0 && !machine_may_differ(list[n]))
            r = machine_refuse(list[n], err);
        free(list[n]);
    }
    free(list);
    return r;
}

static int
machine_check_count(const char *element, int then, int now, struct err *err)
{
    if (then == now)
        return 0;
    return err_set(err, ERR_CONFIG_UNSUPPORTED,
                   "%s: the saved guest has %d of them, and cannot have %d", element, then, now);
}

static int
machine_count_serials(const libxl_domain_config *config)
{
    const libxl_domain_build_info *info = &config->b_info;

    if (info->type != LIBXL_DOMAIN_TYPE_HVM)
        return 0;
    return (info->u.hvm.serial != NULL) + libxl_string_list_length(&info->u.hvm.serial_list);
}

/* Devices of which all that is said may differ. */
static int
machine_check_counts(const libxl_domain_config *then, const libxl_domain_config *now,
                     struct err *err)
{
    return machine_check_count("<disk>", then->num_disks, now->num_disks, err) ||
                   machine_check_count("<interface>", then->num_nics, now->num_nics, err) ||
                   machine_check_count("<graphics>", then->num_vfbs, now->num_vfbs, err) ||
                   machine_check_count("<channel>", then->num_channels, now->num_channels, err) ||
                   machine_check_count("<serial>", machine_count_serials(then),
                                       machine_count_serials(now), err)
               ? -1
               : 0;
}

int
domain_def_check_same_machine(const struct domain_def *then, const struct domain_def *now,
                              struct err *err)
{
    libxl_domain_config a, b;
    int                 r;

    if (then->type != now->type)
        return machine_refuse("c_info.type", err);
    libxl_domain_config_init(&a);
    libxl_domain_config_init(&b);
    r = conf_to_libxl(then, &a, err) || conf_to_libxl(now, &b, err) ||
                machine_check_counts(&a, &b, err) || machine_check_leaves(&a, &b, err) ||
                machine_check_leaves(&b, &a, err)
            ? -1
            : 0;
    libxl_domain_config_dispose(&a);
    libxl_domain_config_dispose(&b);
    return r;
}
