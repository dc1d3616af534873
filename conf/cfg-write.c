/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cfg-write.c: libxl's configuration as xl.cfg(5).
 */
#include <ctype.h>
#include <inttypes.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "bits.h"
#include "cfg.h"
#include "conf/libxl.h"
#include "def.h"
#include "item.h"
#include "text.h"

/*----- values -----*/

/* In double quotes, as xl's parser takes it apart.  That knows numbers after a backslash, but
 * refuses all of them. */
static void
cfg_add_string(struct text *out, const char *s)
{
    static const char special[] = "\"\\\a\b\t\n\v\f\r", letters[] = "\"\\abtnvfr";

    text_add(out, "\"");
    for (; *s; s++) {
        const char *at = strchr(special, *s);

        if (at)
            text_addf(out, "\\%c", letters[at - special]);
        else
            text_addf(out, "%c", *s);
    }
    text_add(out, "\"");
}

static void
cfg_add_key(struct text *out, const char *key, const char *value)
{
    text_addf(out, "%s = ", key);
    cfg_add_string(out, value);
    text_add(out, "\n");
}

static void
cfg_add_list(struct text *out, const char *key, const libxl_string_list list)
{
    if (!list || !list[0])
        return;
    text_addf(out, "%s = [", key);
    for (size_t i = 0; list[i]; i++) {
        text_add(out, i ? ", " : " ");
        cfg_add_string(out, list[i]);
    }
    text_add(out, " ]\n");
}

static const char *
cfg_word_of(const libxl_enum_string_table *words, int value)
{
    for (; words->s; words++)
        if (words->v == value)
            return words->s;
    return NULL;
}

static void
cfg_add_row(struct text *out, const struct cfg_row *row, const libxl_domain_config *config,
            const libxl_domain_config *fresh)
{
    const void *at = (const char *)config + row->at, *initial = (const char *)fresh + row->at;

    switch (row->kind) {
    case CFG_STR:
        if (*(char *const *)at)
            cfg_add_key(out, row->key, *(char *const *)at);
        break;
    case CFG_LIST:
        cfg_add_list(out, row->key, *(const libxl_string_list *)at);
        break;
    case CFG_DEFBOOL:
        if (!libxl_defbool_is_default(*(const libxl_defbool *)at))
            text_addf(out, "%s = %d\n", row->key, libxl_defbool_val(*(const libxl_defbool *)at));
        break;
    case CFG_MIB:
        if (*(const uint64_t *)at != *(const uint64_t *)initial &&
            *(const uint64_t *)at % 1024 == 0)
            text_addf(out, "%s = %" PRIu64 "\n", row->key, *(const uint64_t *)at / 1024);
        break;
    case CFG_INT:
    case CFG_U32:
        if (*(const uint32_t *)at != *(const uint32_t *)initial)
            text_addf(out, "%s = %" PRIu32 "\n", row->key, *(const uint32_t *)at);
        break;
    case CFG_WORD:
        if (*(const int *)at != *(const int *)initial && cfg_word_of(row->words, *(const int *)at))
            cfg_add_key(out, row->key, cfg_word_of(row->words, *(const int *)at));
        break;
    }
}

/*----- the machine -----*/

static void
cfg_add_affinity(struct text *out, const char *key, const libxl_bitmap *maps, int n)
{
    libxl_string_list list = NULL;

    for (int i = 0; i < n; i++) {
        cleanup_free char *text = bits_format(&maps[i]);

        (void)list_add(&list, *text && strcmp(text, CPU_ALL) != 0 ? text : "all");
    }
    cfg_add_list(out, key, list);
    libxl_string_list_dispose(&list);
}

static void
cfg_add_machine(struct text *out, const libxl_domain_config *config)
{
    const libxl_domain_build_info *info = &config->b_info;
    int                            online = libxl_bitmap_count_set(&info->avail_vcpus);
    char                           uuid[UUID_TEXT_SIZE];
    libxl_string_list              masks = cpuid_registers(info->cpuid);

    cfg_add_key(out, "type", libxl_domain_type_to_string(config->c_info.type));
    cfg_add_key(out, "uuid", uuid_format(config->c_info.uuid.uuid, uuid));
    if (config->c_info.ssid_label)
        cfg_add_key(out, info->exec_ssid_label ? "init_seclabel" : "seclabel",
                    config->c_info.ssid_label);
    if (info->exec_ssid_label)
        cfg_add_key(out, "seclabel", info->exec_ssid_label);
    text_addf(out, "memory = %" PRIu64 "\n", (info->target_memkb + 1023) / 1024);
    if (info->max_memkb != info->target_memkb)
        text_addf(out, "maxmem = %" PRIu64 "\n", (info->max_memkb + 1023) / 1024);
    text_addf(out, "vcpus = %d\n", online > 0 ? online : info->max_vcpus);
    if (online > 0 && online != info->max_vcpus)
        text_addf(out, "maxvcpus = %d\n", info->max_vcpus);
    cfg_add_affinity(out, "cpus", info->vcpu_hard_affinity, info->num_vcpu_hard_affinity);
    cfg_add_affinity(out, "cpus_soft", info->vcpu_soft_affinity, info->num_vcpu_soft_affinity);
    cfg_add_list(out, "bootloader_args", info->bootloader_args);
    if (info->device_model_version == LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN)
        cfg_add_key(out, "device_model_version", "qemu-xen");
    if (info->device_model_version == LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN_TRADITIONAL)
        cfg_add_key(out, "device_model_version", "qemu-xen-traditional");
    if (info->cmdline)
        cfg_add_key(out, "cmdline", info->cmdline);
    if (info->rtc_timeoffset)
        text_addf(out, "rtc_timeoffset = \"%" PRId32 "\"\n", (int32_t)info->rtc_timeoffset);
    cfg_add_list(out, "cpuid", masks);
    libxl_string_list_dispose(&masks);
}

static void
cfg_add_actions(struct text *out, const libxl_domain_config *config)
{
    const struct {
        const char              *key;
        libxl_action_on_shutdown value;
    } keys[] = {
        {"on_poweroff", config->on_poweroff},     {"on_reboot", config->on_reboot},
        {"on_watchdog", config->on_watchdog},     {"on_crash", config->on_crash},
        {"on_soft_reset", config->on_soft_reset},
    };

    for (size_t i = 0; i < array_size(keys); i++)
        for (const struct cfg_action *action = cfg_actions; action->word; action++)
            if (action->value == keys[i].value)
                cfg_add_key(out, keys[i].key, action->word);
}

static void
cfg_add_enlightenments(struct text *out, const libxl_domain_build_info *info)
{
    libxl_string_list list = NULL;
    bool              given = !libxl_defbool_is_default(info->u.hvm.viridian);
    bool              on = given && libxl_defbool_val(info->u.hvm.viridian);

    if (given &&
        (!on || !(info->u.hvm.viridian_enable.size || info->u.hvm.viridian_disable.size))) {
        text_addf(out, "viridian = %d\n", on);
        return;
    }
    if (on)
        (void)list_add(&list, "defaults");
    for (const libxl_enum_string_table *word = libxl_viridian_enlightenment_string_table; word->s;
         word++) {
        cleanup_free char *off = xasprintf("!%s", word->s);

        if (info->u.hvm.viridian_enable.size &&
            libxl_bitmap_test(&info->u.hvm.viridian_enable, word->v))
            (void)list_add(&list, word->s);
        if (info->u.hvm.viridian_disable.size &&
            libxl_bitmap_test(&info->u.hvm.viridian_disable, word->v))
            (void)list_add(&list, off);
    }
    cfg_add_list(out, "viridian", list);
    libxl_string_list_dispose(&list);
}

static void
cfg_add_hvm(struct text *out, const libxl_domain_build_info *info)
{
    const char *vga = cfg_word_of(libxl_vga_interface_type_string_table, (int)info->u.hvm.vga.kind);

    if (info->u.hvm.vga.kind != LIBXL_VGA_INTERFACE_TYPE_UNKNOWN && vga)
        cfg_add_key(out, "vga", strcmp(vga, "std") == 0 ? "stdvga" : vga);
    if (info->u.hvm.vnc.listen)
        cfg_add_key(out, "vnclisten", info->u.hvm.vnc.listen);
    if (info->u.hvm.serial)
        cfg_add_key(out, "serial", info->u.hvm.serial);
    cfg_add_list(out, "serial", info->u.hvm.serial_list);
    cfg_add_enlightenments(out, info);
}

/*----- devices -----*/

/* A comma ends an option, and blanks around it are no part of it. */
static bool
cfg_can_be_option(const char *value)
{
    return !strpbrk(value, ",\n") && !isspace((unsigned char)*value) &&
           !isspace((unsigned char)value[strlen(value) - 1]);
}

/* What would be another value, or options of their own, is left out: conf_to_cfg names it. */
static void
cfg_add_option(struct text *spec, const char *key, const char *value)
{
    if (value && *value && cfg_can_be_option(value))
        text_addf(spec, "%s%s=%s", spec->length ? "," : "", key, value);
}

static void
cfg_add_number(struct text *spec, const char *key, int value)
{
    if (value > 0)
        text_addf(spec, "%s%s=%d", spec->length ? "," : "", key, value);
}

static void
cfg_add_bool(struct text *spec, const char *key, libxl_defbool value)
{
    if (!libxl_defbool_is_default(value))
        text_addf(spec, "%s%s=%d", spec->length ? "," : "", key, libxl_defbool_val(value));
}

static void
cfg_add_disk(struct text *spec, const libxl_device_disk *disk)
{
    cfg_add_option(spec, "format", cfg_word_of(libxl_disk_format_string_table, (int)disk->format));
    cfg_add_option(spec, "vdev", disk->vdev);
    cfg_add_option(spec, "access", disk->readwrite ? "rw" : "ro");
    if (disk->backend != LIBXL_DISK_BACKEND_UNKNOWN)
        cfg_add_option(spec, "backendtype",
                       cfg_word_of(libxl_disk_backend_string_table, (int)disk->backend));
    cfg_add_option(spec, "backend", disk->backend_domname);
    cfg_add_option(spec, "script", disk->script);
    if (disk->is_cdrom)
        text_add(spec, ",cdrom");
    if (disk->direct_io_safe)
        text_add(spec, ",direct-io-safe");
    if (!libxl_defbool_is_default(disk->discard_enable))
        text_add(spec, libxl_defbool_val(disk->discard_enable) ? ",discard" : ",no-discard");
    /* All that follows is the path, whatever is in it. */
    if (disk->pdev_path && *disk->pdev_path)
        text_addf(spec, "%starget=%s", spec->length ? "," : "", disk->pdev_path);
}

/* In bytes; what fits the interval exactly. */
static void
cfg_add_rate(struct text *spec, const libxl_device_nic *nic)
{
    if (nic->rate_bytes_per_interval && nic->rate_interval_usecs)
        text_addf(spec, ",rate=%" PRIu64 "B/s@%" PRIu32 "us",
                  nic->rate_bytes_per_interval * 1000000 / nic->rate_interval_usecs,
                  nic->rate_interval_usecs);
}

static void
cfg_add_nic(struct text *spec, const libxl_device_nic *nic)
{
    static const uint8_t none[6];
    const uint8_t       *m = nic->mac;

    if (memcmp(m, none, sizeof none) != 0)
        text_addf(spec, "mac=%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
    if (nic->nictype != LIBXL_NIC_TYPE_UNKNOWN)
        cfg_add_option(spec, "type", nic->nictype == LIBXL_NIC_TYPE_VIF ? "vif" : "ioemu");
    cfg_add_option(spec, "bridge", nic->bridge);
    cfg_add_option(spec, "model", nic->model);
    cfg_add_option(spec, "script", nic->script);
    cfg_add_option(spec, "ip", nic->ip);
    cfg_add_option(spec, "vifname", nic->ifname);
    cfg_add_option(spec, "backend", nic->backend_domname);
    cfg_add_option(spec, "gatewaydev", nic->gatewaydev);
    cfg_add_number(spec, "mtu", nic->mtu);
    cfg_add_rate(spec, nic);
}

static void
cfg_add_vfb(struct text *spec, const libxl_device_vfb *vfb)
{
    cfg_add_bool(spec, "vnc", vfb->vnc.enable);
    cfg_add_option(spec, "vnclisten", vfb->vnc.listen);
    cfg_add_number(spec, "vncdisplay", vfb->vnc.display);
    cfg_add_bool(spec, "vncunused", vfb->vnc.findunused);
    cfg_add_option(spec, "vncpasswd", vfb->vnc.passwd);
    cfg_add_bool(spec, "sdl", vfb->sdl.enable);
    cfg_add_bool(spec, "opengl", vfb->sdl.opengl);
    cfg_add_option(spec, "display", vfb->sdl.display);
    cfg_add_option(spec, "xauthority", vfb->sdl.xauthority);
    cfg_add_option(spec, "keymap", vfb->keymap);
}

static void
cfg_add_channel(struct text *spec, const libxl_device_channel *channel)
{
    cfg_add_option(spec, "name", channel->name);
    cfg_add_option(spec, "connection", libxl_channel_connection_to_string(channel->connection));
    if (channel->connection == LIBXL_CHANNEL_CONNECTION_SOCKET)
        cfg_add_option(spec, "path", channel->u.socket.path);
    cfg_add_option(spec, "backend", channel->backend_domname);
}

static void
cfg_add_usbctrl(struct text *spec, const libxl_device_usbctrl *usbctrl)
{
    cfg_add_option(spec, "type", libxl_usbctrl_type_to_string(usbctrl->type));
    cfg_add_number(spec, "version", usbctrl->version);
    cfg_add_number(spec, "ports", usbctrl->ports);
    cfg_add_option(spec, "backend", usbctrl->backend_domname);
}

static void
cfg_add_usbdev(struct text *spec, const libxl_device_usbdev *usbdev)
{
    cfg_add_option(spec, "type", "hostdev");
    cfg_add_number(spec, "hostbus", usbdev->u.hostdev.hostbus);
    cfg_add_number(spec, "hostaddr", usbdev->u.hostdev.hostaddr);
    if (usbdev->port)
        text_addf(spec, ",controller=%d,port=%d", usbdev->ctrl, usbdev->port);
}

static void
cfg_add_pci(struct text *spec, const libxl_device_pci *pci)
{
    text_addf(spec, "%04x:%02x:%02x.%x", (unsigned)pci->domain, pci->bus, pci->dev, pci->func);
    if (pci->permissive)
        text_add(spec, ",permissive=1");
    if (pci->seize)
        text_add(spec, ",seize=1");
    if (pci->msitranslate)
        text_add(spec, ",msitranslate=1");
    if (pci->power_mgmt)
        text_add(spec, ",power_mgmt=1");
}

static void
cfg_add_spec(struct text *out, struct text *spec, int i)
{
    cleanup_free char *text = text_take(spec);

    text_add(out, i ? ", " : "[ ");
    cfg_add_string(out, text);
}

#define ADD_DEVICES(key, array, count, add)                                                        \
    for (int i = 0; i < (count); i++) {                                                            \
        struct text spec = {0};                                                                    \
                                                                                                   \
        if (!i)                                                                                    \
            text_add(out, key " = ");                                                              \
        add(&spec, &(array)[i]);                                                                   \
        cfg_add_spec(out, &spec, i);                                                               \
        if (i + 1 == (count))                                                                      \
            text_add(out, " ]\n");                                                                 \
    }

static void
cfg_add_devices(struct text *out, const libxl_domain_config *config)
{
    ADD_DEVICES("disk", config->disks, config->num_disks, cfg_add_disk)
    ADD_DEVICES("vif", config->nics, config->num_nics, cfg_add_nic)
    ADD_DEVICES("channel", config->channels, config->num_channels, cfg_add_channel)
    ADD_DEVICES("usbctrl", config->usbctrls, config->num_usbctrls, cfg_add_usbctrl)
    ADD_DEVICES("usbdev", config->usbdevs, config->num_usbdevs, cfg_add_usbdev)
    ADD_DEVICES("pci", config->pcidevs, config->num_pcidevs, cfg_add_pci)
    if (config->c_info.type != LIBXL_DOMAIN_TYPE_HVM)
        ADD_DEVICES("vfb", config->vfbs, config->num_vfbs, cfg_add_vfb)
}

/*----- the whole -----*/

static unsigned
cfg_types_of(const libxl_domain_config *config)
{
    return config->c_info.type == LIBXL_DOMAIN_TYPE_HVM   ? HVM
           : config->c_info.type == LIBXL_DOMAIN_TYPE_PVH ? PVH
                                                          : PV;
}

static char *
cfg_write_cfg(const libxl_domain_config *config)
{
    libxl_domain_config fresh;
    struct text         out = {0};

    libxl_domain_config_init(&fresh);
    libxl_domain_build_info_init_type(&fresh.b_info, config->c_info.type);
    cfg_add_machine(&out, config);
    for (size_t i = 0; i < n_cfg_rows; i++) {
        /* Two names of one thing stand together. */
        if (!(cfg_rows[i].types & cfg_types_of(config)) ||
            (i && cfg_rows[i].at == cfg_rows[i - 1].at))
            continue;
        cfg_add_row(&out, &cfg_rows[i], config, &fresh);
    }
    cfg_add_actions(&out, config);
    if (config->c_info.type == LIBXL_DOMAIN_TYPE_HVM)
        cfg_add_hvm(&out, &config->b_info);
    cfg_add_devices(&out, config);
    libxl_domain_config_dispose(&fresh);
    return text_take(&out);
}

static bool
cfg_is_in(char *const *list, size_t n, const char *path)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], path) == 0)
            return true;
    return false;
}

/* lost and added are Taken.  What has another value is in both. */
static void
cfg_add_comments(struct text *out, char **lost, char **added)
{
    size_t n_lost = 0;

    for (; lost && lost[n_lost]; n_lost++)
        text_addf(out, "# xl.cfg cannot say: %s\n", lost[n_lost]);
    for (size_t i = 0; added && added[i]; i++) {
        if (!cfg_is_in(lost, n_lost, added[i]))
            text_addf(out, "# xl.cfg cannot leave out: %s\n", added[i]);
        free(added[i]);
    }
    for (size_t i = 0; i < n_lost; i++)
        free(lost[i]);
    free(lost);
    free(added);
}

char *
conf_to_cfg(const libxl_domain_config *config)
{
    libxl_domain_config back;
    libxl_string_list   unknown = NULL;
    cleanup_free char  *text = cfg_write_cfg(config);
    struct text         out = {0};
    struct err          err;
    char              **lost = NULL, **added = NULL;

    libxl_domain_config_init(&back);
    text_add(&out, text);
    if (conf_from_cfg(text, strlen(text), &back, &unknown, &err))
        text_addf(&out, "# This is not the whole: %s\n", err.message);
    else {
        lost = conf_difference(config, &back, false);
        added = conf_difference(&back, config, false);
    }
    cfg_add_comments(&out, lost, added);
    libxl_string_list_dispose(&unknown);
    libxl_domain_config_dispose(&back);
    return text_take(&out);
}
