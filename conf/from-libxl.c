/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * from-libxl.c: libxl's configuration of a domain as a definition.
 *
 * It is written as XML and parsed like everybody's, so there is one way in.  What the XML cannot
 * say (PCI devices, affinities, ...) is not in it: who restores an image of xl uses the
 * configuration itself, and this only to show it.
 */
#include <inttypes.h>
#include <libxl_utils.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/libxl.h"
#include "names.h"
#include "text.h"

/*----- pieces of XML -----*/

/* <name>value</name>, at a depth of depth; nothing for NULL and "". */
static void
add_element(struct text *out, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    text_addf(out, "<%s>", name);
    text_add_content(out, value);
    text_addf(out, "</%s>", name);
}

static void
add_attr(struct text *out, const char *name, const char *value)
{
    if (!value)
        return;
    text_addf(out, " %s='", name);
    text_add_attribute(out, value);
    text_add(out, "'");
}

/* <name attr='value'/>; nothing for NULL and "". */
static void
add_empty(struct text *out, const char *name, const char *attr, const char *value)
{
    if (!value || !*value)
        return;
    text_addf(out, "<%s", name);
    add_attr(out, attr, value);
    text_add(out, "/>");
}

static bool
is_true(libxl_defbool value, bool absent)
{
    return libxl_defbool_is_default(value) ? absent : libxl_defbool_val(value);
}

/*----- the domain -----*/

static int
domain_type_of(const libxl_domain_config *config, enum domain_type *type_out, struct err *err)
{
    switch (config->c_info.type) {
    case LIBXL_DOMAIN_TYPE_PV:
        *type_out = DOMAIN_PV;
        return 0;
    case LIBXL_DOMAIN_TYPE_PVH:
        *type_out = DOMAIN_PVH;
        return 0;
    case LIBXL_DOMAIN_TYPE_HVM:
        *type_out = DOMAIN_HVM;
        return 0;
    case LIBXL_DOMAIN_TYPE_INVALID:
        break;
    }
    return err_set(err, ERR_INTERNAL, "libxl's configuration of the domain does not say its type");
}

static void
add_identity(struct text *out, const libxl_domain_config *config)
{
    char uuid[UUID_TEXT_SIZE];

    add_element(out, "name", config->c_info.name);
    add_element(out, "uuid", uuid_format(config->c_info.uuid.uuid, uuid));
}

static void
add_memory(struct text *out, const libxl_domain_build_info *info)
{
    uint64_t max = info->max_memkb, target = info->target_memkb;

    /* LIBXL_MEMKB_DEFAULT: libxl was not told, and takes the other one. */
    if (max == LIBXL_MEMKB_DEFAULT)
        max = target == LIBXL_MEMKB_DEFAULT ? 0 : target;
    if (target == LIBXL_MEMKB_DEFAULT || target > max)
        target = max;
    text_addf(out, "<memory unit='KiB'>%" PRIu64 "</memory>", max);
    text_addf(out, "<currentMemory unit='KiB'>%" PRIu64 "</currentMemory>", target);
}

static void
add_vcpus(struct text *out, const libxl_domain_build_info *info)
{
    int max = info->max_vcpus > 0 ? info->max_vcpus : 1;
    int online = libxl_bitmap_count_set(&info->avail_vcpus);

    text_add(out, "<vcpu placement='static'");
    if (online > 0 && online < max)
        text_addf(out, " current='%d'", online);
    text_addf(out, ">%d</vcpu>", max);
}

static void
add_bootloader(struct text *out, const libxl_domain_build_info *info)
{
    struct text args = {0};
    char       *joined;

    for (int i = 0; info->bootloader_args && info->bootloader_args[i]; i++) {
        text_add(&args, i ? " " : "");
        text_add(&args, info->bootloader_args[i]);
    }
    joined = text_take(&args);
    add_element(out, "bootloader", info->bootloader);
    add_element(out, "bootloader_args", joined);
    free(joined);
}

static void
add_boot_devices(struct text *out, const char *boot)
{
    for (; boot && *boot; boot++) {
        const char *dev = *boot == 'a'   ? "fd"
                          : *boot == 'c' ? "hd"
                          : *boot == 'd' ? "cdrom"
                          : *boot == 'n' ? "network"
                                         : NULL;

        add_empty(out, "boot", "dev", dev);
    }
}

static void
add_firmware(struct text *out, const libxl_domain_build_info *info)
{
    const char *path = info->u.hvm.firmware;

    if (info->u.hvm.bios == LIBXL_BIOS_TYPE_OVMF)
        path = info->u.hvm.system_firmware;
    add_element(out, "loader", path);
}

static void
add_os(struct text *out, const libxl_domain_build_info *info, enum domain_type type)
{
    text_add(out, "<os");
    if (type == DOMAIN_HVM && info->u.hvm.bios == LIBXL_BIOS_TYPE_OVMF)
        add_attr(out, "firmware", "efi");
    text_addf(out, "><type arch='x86_64' machine='%s'>%s</type>", type_machines[type],
              type_names[type]);
    if (type == DOMAIN_HVM)
        add_firmware(out, info);
    add_element(out, "kernel", info->kernel);
    add_element(out, "initrd", info->ramdisk);
    add_element(out, "cmdline", info->cmdline);
    if (type == DOMAIN_HVM)
        add_boot_devices(out, info->u.hvm.boot);
    text_add(out, "</os>");
}

static void
add_feature(struct text *out, const char *name, bool on, bool absent)
{
    if (on != absent)
        text_addf(out, "<%s%s/>", name, on ? "" : " state='off'");
}

static void
list_features(struct text *out, const libxl_domain_config *config, enum domain_type type)
{
    const libxl_domain_build_info *info = &config->b_info;

    if (type == DOMAIN_HVM) {
        add_feature(out, "acpi", is_true(info->acpi, is_true(info->u.hvm.acpi, true)), false);
        add_feature(out, "apic", is_true(info->apic, is_true(info->u.hvm.apic, true)), false);
        add_feature(out, "pae", is_true(info->u.hvm.pae, true), true);
        add_feature(out, "viridian", is_true(info->u.hvm.viridian, false), false);
    }
    if (type == DOMAIN_PVH)
        add_feature(out, "acpi", is_true(info->acpi, true), true);
    if (!libxl_defbool_is_default(config->c_info.hap))
        text_addf(out, "<hap state='%s'/>", libxl_defbool_val(config->c_info.hap) ? "on" : "off");
}

static void
add_features(struct text *out, const libxl_domain_config *config, enum domain_type type)
{
    struct text        list = {0};
    cleanup_free char *features = NULL;

    list_features(&list, config, type);
    features = text_take(&list);
    if (*features)
        text_addf(out, "<features>%s</features>", features);
}

static void
add_clock(struct text *out, const libxl_domain_build_info *info)
{
    const char *basis = is_true(info->localtime, false) ? "localtime" : "utc";

    if (info->rtc_timeoffset)
        text_addf(out, "<clock offset='variable' adjustment='%" PRId32 "' basis='%s'/>",
                  (int32_t)info->rtc_timeoffset, basis);
    else
        add_empty(out, "clock", "offset", basis);
}

static void
add_action(struct text *out, const char *name, libxl_action_on_shutdown action)
{
    static const enum domain_action actions[] = {
        [LIBXL_ACTION_ON_SHUTDOWN_DESTROY] = DOMAIN_ACTION_DESTROY,
        [LIBXL_ACTION_ON_SHUTDOWN_RESTART] = DOMAIN_ACTION_RESTART,
        [LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME] = DOMAIN_ACTION_RENAME_RESTART,
        [LIBXL_ACTION_ON_SHUTDOWN_PRESERVE] = DOMAIN_ACTION_PRESERVE,
        [LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY] = DOMAIN_ACTION_COREDUMP_DESTROY,
        [LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART] = DOMAIN_ACTION_COREDUMP_RESTART,
    };

    /* 0: not said; a soft reset has no word in the XML. */
    if (action > 0 && action < array_size(actions))
        add_element(out, name, domain_action_name(actions[action]));
}

static void
add_actions(struct text *out, const libxl_domain_config *config)
{
    add_action(out, "on_poweroff", config->on_poweroff);
    add_action(out, "on_reboot", config->on_reboot);
    add_action(out, "on_crash", config->on_crash);
}

/*----- devices -----*/

/* The words of <driver>; NULL where libxl decides. */
static const char *
driver_name(libxl_disk_backend backend)
{
    return backend == LIBXL_DISK_BACKEND_PHY     ? "phy"
           : backend == LIBXL_DISK_BACKEND_QDISK ? "qemu"
                                                 : NULL;
}

static const char *
driver_type(libxl_disk_format format)
{
    switch (format) {
    case LIBXL_DISK_FORMAT_QCOW:
        return disk_format_names[DISK_QCOW];
    case LIBXL_DISK_FORMAT_QCOW2:
        return disk_format_names[DISK_QCOW2];
    case LIBXL_DISK_FORMAT_VHD:
        return disk_format_names[DISK_VHD];
    case LIBXL_DISK_FORMAT_QED:
        return disk_format_names[DISK_QED];
    case LIBXL_DISK_FORMAT_RAW:
    case LIBXL_DISK_FORMAT_EMPTY:
    case LIBXL_DISK_FORMAT_UNKNOWN:
        break;
    }
    return disk_format_names[DISK_RAW];
}

/* By its path: to look whether the file is a device could wait for a server that is not there. */
static bool
is_block(const libxl_device_disk *disk)
{
    const char *path = disk->pdev_path;

    return path && *path && (*path != '/' || strncmp(path, "/dev/", 5) == 0);
}

static void
add_disk(struct text *out, const libxl_device_disk *disk)
{
    bool block = is_block(disk);

    text_addf(out, "<disk type='%s' device='%s'><driver", block ? "block" : "file",
              disk->is_cdrom ? "cdrom" : "disk");
    add_attr(out, "name", driver_name(disk->backend));
    add_attr(out, "type", driver_type(disk->format));
    text_add(out, "/>");
    if (disk->format != LIBXL_DISK_FORMAT_EMPTY)
        add_empty(out, "source", block ? "dev" : "file", disk->pdev_path);
    add_empty(out, "backenddomain", "name", disk->backend_domname);
    add_empty(out, "target", "dev", disk->vdev);
    add_empty(out, "script", "path", disk->script);
    text_add(out, disk->readwrite ? "</disk>" : "<readonly/></disk>");
}

static void
add_ips(struct text *out, const char *ips)
{
    cleanup_free char *copy = xstrdup(ips);
    char              *rest = copy, *ip;

    while (copy && (ip = strsep(&rest, " ")))
        add_empty(out, "ip", "address", ip);
}

static void
add_rate(struct text *out, const libxl_device_nic *nic)
{
    uint64_t kib;

    if (!nic->rate_bytes_per_interval || !nic->rate_interval_usecs)
        return;
    kib = (uint64_t)((double)nic->rate_bytes_per_interval * 1e6 / nic->rate_interval_usecs / 1024);
    if (kib && kib <= UINT32_MAX)
        text_addf(out, "<bandwidth><outbound average='%" PRIu64 "'/></bandwidth>", kib);
}

static void
add_nic(struct text *out, const libxl_device_nic *nic, enum domain_type type)
{
    const uint8_t *m = nic->mac;
    const char    *model = nic->model;

    if (type == DOMAIN_HVM && nic->nictype == LIBXL_NIC_TYPE_VIF)
        model = "netfront";
    text_addf(out, "<interface type='%s'>", nic->bridge ? "bridge" : "ethernet");
    text_addf(out, "<mac address='%02x:%02x:%02x:%02x:%02x:%02x'/>", m[0], m[1], m[2], m[3], m[4],
              m[5]);
    add_empty(out, "source", "bridge", nic->bridge);
    add_empty(out, "script", "path", nic->script);
    add_empty(out, "backenddomain", "name", nic->backend_domname);
    add_empty(out, "target", "dev", nic->ifname);
    add_empty(out, "model", "type", model);
    add_ips(out, nic->ip);
    if (nic->mtu > 0)
        text_addf(out, "<mtu size='%d'/>", nic->mtu);
    add_rate(out, nic);
    text_add(out, "</interface>");
}

static void
add_vnc(struct text *out, const libxl_vnc_info *vnc, const char *keymap)
{
    /* libxl's default is a server, for a PV guest's screen too. */
    if (!is_true(vnc->enable, true))
        return;
    text_add(out, "<graphics type='vnc'");
    if (is_true(vnc->findunused, true))
        text_add(out, " port='-1' autoport='yes'");
    else
        text_addf(out, " port='%d' autoport='no'", vnc->display + DOMAIN_VNC_PORT_MIN);
    add_attr(out, "listen", vnc->listen);
    add_attr(out, "passwd", vnc->passwd);
    add_attr(out, "keymap", keymap);
    text_add(out, "/>");
}

static bool
is_tablet(const char *usb_device)
{
    return usb_device && strcmp(usb_device, "tablet") == 0;
}

static bool
has_tablet(const libxl_domain_build_info *info)
{
    const libxl_string_list list = info->u.hvm.usbdevice_list;

    if (is_tablet(info->u.hvm.usbdevice))
        return true;
    for (int i = 0; list && list[i]; i++)
        if (is_tablet(list[i]))
            return true;
    return false;
}

static enum domain_video
video_of(libxl_vga_interface_type kind)
{
    switch (kind) {
    case LIBXL_VGA_INTERFACE_TYPE_UNKNOWN:
        return VIDEO_DEFAULT;
    case LIBXL_VGA_INTERFACE_TYPE_CIRRUS:
        return VIDEO_CIRRUS;
    case LIBXL_VGA_INTERFACE_TYPE_STD:
        return VIDEO_VGA;
    case LIBXL_VGA_INTERFACE_TYPE_QXL:
        return VIDEO_QXL;
    case LIBXL_VGA_INTERFACE_TYPE_NONE:
        return VIDEO_NONE;
    }
    return VIDEO_DEFAULT;
}

static void
add_video(struct text *out, const libxl_domain_build_info *info)
{
    enum domain_video video = video_of(info->u.hvm.vga.kind);

    if (video == VIDEO_DEFAULT)
        return;
    text_addf(out, "<video><model type='%s'", video_names[video]);
    if (info->video_memkb != LIBXL_MEMKB_DEFAULT && info->video_memkb)
        text_addf(out, " vram='%" PRIu64 "'", info->video_memkb);
    text_add(out, "/></video>");
}

static void
add_hvm_devices(struct text *out, const libxl_domain_build_info *info)
{
    if (info->u.hvm.serial && strcmp(info->u.hvm.serial, "pty") == 0)
        text_add(out, "<serial type='pty'><target port='0'/></serial>");
    if (has_tablet(info))
        text_add(out, "<input type='tablet' bus='usb'/>");
    add_vnc(out, &info->u.hvm.vnc, info->u.hvm.keymap);
    add_video(out, info);
}

static void
add_devices(struct text *out, const libxl_domain_config *config, enum domain_type type)
{
    text_add(out, "<devices>");
    if (type == DOMAIN_HVM)
        add_element(out, "emulator", config->b_info.device_model);
    for (int i = 0; i < config->num_disks; i++)
        add_disk(out, &config->disks[i]);
    for (int i = 0; i < config->num_nics; i++)
        add_nic(out, &config->nics[i], type);
    if (type == DOMAIN_HVM)
        add_hvm_devices(out, &config->b_info);
    else if (config->num_vfbs)
        add_vnc(out, &config->vfbs[0].vnc, config->vfbs[0].keymap);
    text_add(out, "</devices>");
}

int
conf_from_libxl(const libxl_domain_config *config, struct domain_def **def_out, struct err *err)
{
    struct text        out = {0};
    cleanup_free char *xml = NULL;
    enum domain_type   type = DOMAIN_PV;

    if (domain_type_of(config, &type, err))
        return -1;
    text_add(&out, "<domain type='xen'>");
    add_identity(&out, config);
    add_memory(&out, &config->b_info);
    add_vcpus(&out, &config->b_info);
    add_bootloader(&out, &config->b_info);
    add_os(&out, &config->b_info, type);
    add_features(&out, config, type);
    add_clock(&out, &config->b_info);
    add_actions(&out, config);
    add_devices(&out, config, type);
    text_add(&out, "</domain>");
    xml = text_take(&out);
    return domain_def_parse(xml, strlen(xml), def_out, err);
}
