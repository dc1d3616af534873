/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * to-libxl.c: a definition as libxl wants to have it.
 *
 * What the XML does not say is left to libxl's defaults, so a guest is the same machine as one that
 * `xl create` makes from as short a file.
 */
#include <libxl.h>
#include <libxl_utils.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/libxl.h"

/* libxl's own interval for network rates, see xl-network-configuration(5). */
#define RATE_INTERVAL_USEC 50000

static libxl_domain_type
type_to_libxl(enum domain_type type)
{
    switch (type) {
    case DOMAIN_PV:
        return LIBXL_DOMAIN_TYPE_PV;
    case DOMAIN_PVH:
        return LIBXL_DOMAIN_TYPE_PVH;
    case DOMAIN_HVM:
        return LIBXL_DOMAIN_TYPE_HVM;
    }
    abort();
}

/*----- create info -----*/

static void
set_create_info(const struct domain_def *def, libxl_domain_create_info *info)
{
    info->type = type_to_libxl(def->type);
    info->name = xstrdup(def->name);
    memcpy(info->uuid.uuid, def->uuid, UUID_SIZE);
    if (def->hap_given)
        libxl_defbool_set(&info->hap, def->hap);
}

/*----- build info -----*/

/* libxl_bitmap_alloc wants a context, for nothing but its out-of-memory message. */
static void
set_vcpus(const struct domain_def *def, libxl_domain_build_info *info)
{
    info->max_vcpus = (int)def->max_vcpus;
    info->avail_vcpus.size = (def->max_vcpus + 7) / 8;
    info->avail_vcpus.map = xcalloc(info->avail_vcpus.size, 1);
    for (unsigned i = 0; i < def->vcpus; i++)
        libxl_bitmap_set(&info->avail_vcpus, (int)i);
}

static void
set_memory(const struct domain_def *def, libxl_domain_build_info *info)
{
    info->max_memkb = def->max_memory_kib;
    info->target_memkb = def->memory_kib;
    if (def->type == DOMAIN_HVM && def->video_vram_kib)
        info->video_memkb = def->video_vram_kib;
    /* Memory is claimed before the build, as xl does: two creates do not race for it. */
    libxl_defbool_set(&info->claim_mode, true);
}

/* The words of s, which are separated by white space; NULL for none. */
static libxl_string_list
split_words(const char *s)
{
    static const char white[] = " \t\r\n";
    libxl_string_list words = NULL;
    size_t            count = 0;

    for (s = s ? s + strspn(s, white) : ""; *s; s += strspn(s, white)) {
        size_t length = strcspn(s, white);

        words = xreallocarray(words, count + 2, sizeof *words);
        words[count++] = xstrndup(s, length);
        words[count] = NULL;
        s += length;
    }
    return words;
}

static void
set_boot(const struct domain_def *def, libxl_domain_build_info *info)
{
    info->kernel = xstrdup(def->kernel);
    info->ramdisk = xstrdup(def->ramdisk);
    info->cmdline = xstrdup(def->cmdline);
    info->bootloader = xstrdup(def->bootloader);
    info->bootloader_args = split_words(def->bootloader_args);
    /* What else could a PV guest boot with?  So does libvirt. */
    if (def->type == DOMAIN_PV && !info->kernel && !info->bootloader)
        info->bootloader = xstrdup("pygrub");
}

static void
set_clock(const struct domain_def *def, libxl_domain_build_info *info)
{
    if (def->clock_localtime)
        libxl_defbool_set(&info->localtime, true);
    /* libxl has a signed number of seconds in an unsigned field. */
    info->rtc_timeoffset = (uint32_t)def->clock_offset_seconds;
}

static void
set_vnc(const struct domain_graphics *graphics, libxl_vnc_info *vnc)
{
    libxl_defbool_set(&vnc->enable, true);
    vnc->listen = xstrdup(graphics->listen);
    vnc->passwd = xstrdup(graphics->password);
    libxl_defbool_set(&vnc->findunused, graphics->port < 0);
    if (graphics->port >= 0)
        vnc->display = graphics->port - DOMAIN_VNC_PORT_MIN;
}

/*----- HVM -----*/

static libxl_vga_interface_type
video_to_libxl(enum domain_video video)
{
    switch (video) {
    case VIDEO_DEFAULT:
        return LIBXL_VGA_INTERFACE_TYPE_UNKNOWN;
    case VIDEO_CIRRUS:
        return LIBXL_VGA_INTERFACE_TYPE_CIRRUS;
    case VIDEO_VGA:
        return LIBXL_VGA_INTERFACE_TYPE_STD;
    case VIDEO_QXL:
        return LIBXL_VGA_INTERFACE_TYPE_QXL;
    case VIDEO_NONE:
        return LIBXL_VGA_INTERFACE_TYPE_NONE;
    }
    abort();
}

/* The loader that libvirt names for every HVM guest is no firmware of the user's: its path bears
 * Xen's version, and libxl knows its own. */
static bool
is_hvmloader(const char *path)
{
    const char *slash = strrchr(path, '/');

    return strcmp(slash ? slash + 1 : path, "hvmloader") == 0;
}

static void
set_firmware(const struct domain_def *def, libxl_domain_build_info *info)
{
    bool efi = def->firmware && strcmp(def->firmware, "efi") == 0;

    if (def->firmware)
        info->u.hvm.bios = efi ? LIBXL_BIOS_TYPE_OVMF : LIBXL_BIOS_TYPE_SEABIOS;
    if (!def->loader || is_hvmloader(def->loader))
        return;
    if (efi)
        info->u.hvm.system_firmware = xstrdup(def->loader);
    else
        info->u.hvm.firmware = xstrdup(def->loader);
}

static void
set_hvm_graphics(const struct domain_def *def, libxl_domain_build_info *info)
{
    /* libxl's default is a VNC server; nobody asked for one. */
    libxl_defbool_set(&info->u.hvm.vnc.enable, false);
    if (!def->n_graphics)
        return;
    set_vnc(&def->graphics[0], &info->u.hvm.vnc);
    info->u.hvm.keymap = xstrdup(def->graphics[0].keymap);
}

static void
set_hvm_devices(const struct domain_def *def, libxl_domain_build_info *info)
{
    info->device_model_version = LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN;
    info->device_model = xstrdup(def->emulator);
    if (def->boot[0])
        info->u.hvm.boot = xstrdup(def->boot);
    if (def->serial)
        info->u.hvm.serial = xstrdup("pty");
    if (def->usb_tablet) {
        libxl_defbool_set(&info->u.hvm.usb, true);
        info->u.hvm.usbdevice_list = split_words("tablet");
    }
}

static void
set_hvm(const struct domain_def *def, libxl_domain_build_info *info)
{
    libxl_defbool_set(&info->acpi, def->acpi);
    libxl_defbool_set(&info->apic, def->apic);
    libxl_defbool_set(&info->u.hvm.pae, def->pae);
    if (def->viridian)
        libxl_defbool_set(&info->u.hvm.viridian, true);
    set_firmware(def, info);
    set_hvm_graphics(def, info);
    set_hvm_devices(def, info);
    info->u.hvm.vga.kind = video_to_libxl(def->video);
}

static void
set_build_info(const struct domain_def *def, libxl_domain_build_info *info)
{
    libxl_domain_build_info_init_type(info, type_to_libxl(def->type));
    set_vcpus(def, info);
    set_memory(def, info);
    set_boot(def, info);
    set_clock(def, info);
    if (def->type == DOMAIN_PVH)
        libxl_defbool_set(&info->acpi, def->acpi);
    if (def->type == DOMAIN_HVM)
        set_hvm(def, info);
}

/*----- devices -----*/

static libxl_disk_format
format_to_libxl(enum disk_format format)
{
    switch (format) {
    case DISK_RAW:
        return LIBXL_DISK_FORMAT_RAW;
    case DISK_QCOW2:
        return LIBXL_DISK_FORMAT_QCOW2;
    case DISK_QCOW:
        return LIBXL_DISK_FORMAT_QCOW;
    case DISK_VHD:
        return LIBXL_DISK_FORMAT_VHD;
    case DISK_QED:
        return LIBXL_DISK_FORMAT_QED;
    }
    abort();
}

static libxl_disk_backend
backend_to_libxl(enum disk_backend backend)
{
    switch (backend) {
    case DISK_BACKEND_DEFAULT:
        return LIBXL_DISK_BACKEND_UNKNOWN;
    case DISK_BACKEND_PHY:
        return LIBXL_DISK_BACKEND_PHY;
    case DISK_BACKEND_QDISK:
        return LIBXL_DISK_BACKEND_QDISK;
    }
    abort();
}

static void
set_disk(const struct domain_disk *disk, libxl_device_disk *xdisk)
{
    libxl_device_disk_init(xdisk);
    xdisk->pdev_path = xstrdup(disk->source);
    xdisk->vdev = xstrdup(disk->target);
    xdisk->script = xstrdup(disk->script);
    xdisk->backend_domname = xstrdup(disk->backend_domain);
    xdisk->format = disk->source ? format_to_libxl(disk->format) : LIBXL_DISK_FORMAT_EMPTY;
    xdisk->backend = backend_to_libxl(disk->backend);
    xdisk->readwrite = !disk->readonly;
    xdisk->is_cdrom = disk->cdrom;
    xdisk->removable = disk->cdrom;
}

static void
set_nic_type(const struct domain_interface *nic, enum domain_type type, libxl_device_nic *xnic)
{
    bool netfront = nic->model && strcmp(nic->model, "netfront") == 0;

    /* Only an HVM guest can have an emulated card; libxl gives it one unless told otherwise. */
    if (netfront || type != DOMAIN_HVM)
        xnic->nictype = LIBXL_NIC_TYPE_VIF;
    else if (nic->model)
        xnic->nictype = LIBXL_NIC_TYPE_VIF_IOEMU;
    if (!netfront)
        xnic->model = xstrdup(nic->model);
}

static void
set_nic(const struct domain_interface *nic, enum domain_type type, int devid,
        libxl_device_nic *xnic)
{
    libxl_device_nic_init(xnic);
    /* So the n-th interface of the XML is vifDOMID.N. */
    xnic->devid = devid;
    memcpy(xnic->mac, nic->mac, sizeof xnic->mac);
    set_nic_type(nic, type, xnic);
    xnic->bridge = xstrdup(nic->source);
    xnic->script = xstrdup(nic->script);
    xnic->ifname = xstrdup(nic->target);
    xnic->ip = xstrdup(nic->ip);
    xnic->backend_domname = xstrdup(nic->backend_domain);
    if (nic->mtu)
        xnic->mtu = (int)nic->mtu;
    if (nic->rate_kib_per_second) {
        xnic->rate_interval_usecs = RATE_INTERVAL_USEC;
        xnic->rate_bytes_per_interval =
            nic->rate_kib_per_second * 1024 / (1000000 / RATE_INTERVAL_USEC);
    }
}

/* The screen and keyboard of a PV guest. */
static void
set_framebuffer(const struct domain_graphics *graphics, libxl_domain_config *config)
{
    config->vfbs = xcalloc(1, sizeof *config->vfbs);
    config->vkbs = xcalloc(1, sizeof *config->vkbs);
    config->num_vfbs = config->num_vkbs = 1;
    libxl_device_vfb_init(config->vfbs);
    libxl_device_vkb_init(config->vkbs);
    config->vfbs->devid = config->vkbs->devid = 0;
    set_vnc(graphics, &config->vfbs->vnc);
    config->vfbs->keymap = xstrdup(graphics->keymap);
}

static void
set_devices(const struct domain_def *def, libxl_domain_config *config)
{
    config->disks = xcalloc(def->n_disks, sizeof *config->disks);
    config->num_disks = (int)def->n_disks;
    for (size_t i = 0; i < def->n_disks; i++)
        set_disk(&def->disks[i], &config->disks[i]);

    config->nics = xcalloc(def->n_interfaces, sizeof *config->nics);
    config->num_nics = (int)def->n_interfaces;
    for (size_t i = 0; i < def->n_interfaces; i++)
        set_nic(&def->interfaces[i], def->type, (int)i, &config->nics[i]);

    if (def->n_graphics && def->type != DOMAIN_HVM)
        set_framebuffer(&def->graphics[0], config);
}

/*----- actions -----*/

static libxl_action_on_shutdown
action_to_libxl(enum domain_action action)
{
    switch (action) {
    case DOMAIN_ACTION_DESTROY:
        return LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
    case DOMAIN_ACTION_RESTART:
        return LIBXL_ACTION_ON_SHUTDOWN_RESTART;
    case DOMAIN_ACTION_RENAME_RESTART:
        return LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME;
    case DOMAIN_ACTION_PRESERVE:
        return LIBXL_ACTION_ON_SHUTDOWN_PRESERVE;
    case DOMAIN_ACTION_COREDUMP_DESTROY:
        return LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY;
    case DOMAIN_ACTION_COREDUMP_RESTART:
        return LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART;
    }
    abort();
}

/* libxl only keeps them; whoever started the domain obeys them. */
static void
set_actions(const struct domain_def *def, libxl_domain_config *config)
{
    config->on_poweroff = action_to_libxl(def->on_poweroff);
    config->on_reboot = action_to_libxl(def->on_reboot);
    config->on_crash = action_to_libxl(def->on_crash);
    /* xl's defaults for what the XML does not name. */
    config->on_watchdog = LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
    config->on_soft_reset = LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET;
}

int
conf_to_libxl(const struct domain_def *def, libxl_domain_config *config_out, struct err *err)
{
    (void)err; /* what libxl cannot do, domain_def_parse has refused */
    set_create_info(def, &config_out->c_info);
    set_build_info(def, &config_out->b_info);
    set_devices(def, config_out);
    set_actions(def, config_out);
    return 0;
}
