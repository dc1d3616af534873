/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * devices-parse.c: what <devices> says.
 */
#include <ctype.h>
#include <string.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "conf/domain.h"
#include "names.h"
#include "parse.h"
#include "xml.h"

/* One more member at the end of an array, zeroed. */
#define array_add(array, count)                                                                    \
    ((array) = xreallocarray((array), (count) + 1, sizeof *(array)),                               \
     memset(&(array)[count], 0, sizeof *(array)), &(array)[(count)++])

/* A copy of the child's attribute; NULL where it says nothing. */
static char *
copy_child_attr(const xmlNode *node, const char *child, const char *name)
{
    const char *value = xml_child_attr(node, child, name);

    return value && *value ? xstrdup(value) : NULL;
}

/* An ignored firewall is worse than a refused one; so for the others. */
static int
refuse_children(const xmlNode *node, const char *const *names, struct err *err)
{
    for (; *names; names++) {
        const xmlNode *child = xml_child(node, *names);

        if (child)
            return xml_unsupported(child, err, "is not supported");
    }
    return 0;
}

/*----- disks -----*/

/* The number of characters of s that are in set, 0 if there are more than max. */
static size_t
span(const char *s, const char *set, size_t max)
{
    size_t length = strspn(s, set);

    return length <= max ? length : 0;
}

#define DIGITS "0123456789"

/* The prefix, one to three letters, perhaps the number of a partition: xvdb, hdc, sdaa15. */
static bool
is_lettered_target(const char *target, const char *prefix)
{
    size_t letters;

    if (strncmp(target, prefix, strlen(prefix)) != 0)
        return false;
    target += strlen(prefix);
    letters = span(target, "abcdefghijklmnopqrstuvwxyz", 3);
    target += letters;
    return letters && !target[span(target, DIGITS, 3)];
}

/* Disk and partition: d3p1. */
static bool
is_numbered_target(const char *target)
{
    size_t disk = *target == 'd' ? span(target + 1, DIGITS, 5) : 0, partition;

    if (!disk || target[1 + disk] != 'p')
        return false;
    target += 1 + disk + 1;
    partition = span(target, DIGITS, 3);
    return partition && !target[partition];
}

/* libxl's names of virtual disks, see Xen's xen-vbd-interface(7). */
static bool
is_disk_target(const char *target)
{
    return is_lettered_target(target, "xvd") || is_lettered_target(target, "hd") ||
           is_lettered_target(target, "sd") || is_numbered_target(target);
}

/* tap, tap2 and file are names of Xen's drivers of old: libxl picks what serves today. */
enum driver { DRIVER_PHY, DRIVER_QEMU, DRIVER_FILE, DRIVER_TAP, DRIVER_TAP2 };
static const char *const driver_names[] = {"phy", "qemu", "file", "tap", "tap2", NULL};

static int
parse_disk_driver(struct domain_disk *disk, const xmlNode *node, struct err *err)
{
    const char *name = xml_attr(node, "name"), *type = xml_attr(node, "type");
    int         driver, format = DISK_RAW;

    if (type && xml_word(node, "type", type, disk_format_names, &format, err))
        return -1;
    disk->format = (enum disk_format)format;
    if (!name)
        return 0;
    if (xml_word(node, "name", name, driver_names, &driver, err))
        return -1;
    if (driver == DRIVER_PHY)
        disk->backend = DISK_BACKEND_PHY;
    if (driver == DRIVER_QEMU)
        disk->backend = DISK_BACKEND_QDISK;
    if (format != DISK_RAW && (driver == DRIVER_PHY || driver == DRIVER_FILE))
        return xml_fail(node, err, "driver '%s' knows no type but raw", name);
    return 0;
}

static int
parse_disk_target(const struct domain_def *def, struct domain_disk *disk, const xmlNode *node,
                  struct err *err)
{
    const xmlNode *target = xml_child(node, "target");
    const char    *dev = xml_attr(target, "dev");

    if (!dev)
        return xml_fail(node, err, "<target dev='...'/> is missing");
    if (!is_disk_target(dev))
        return xml_unsupported(target, err, "dev '%s' is no name that Xen knows, like xvda", dev);
    for (const struct domain_disk *other = def->disks; other < disk; other++)
        if (strcmp(other->target, dev) == 0)
            return xml_fail(target, err, "dev '%s' is used twice", dev);
    disk->target = xstrdup(dev);
    return 0;
}

static int
parse_disk_kind(struct domain_disk *disk, const xmlNode *node, struct err *err)
{
    const char *type = xml_attr(node, "type"), *device = xml_attr(node, "device");

    if (type && strcmp(type, "block") == 0)
        disk->block = true;
    else if (type && strcmp(type, "file") != 0)
        return xml_unsupported(node, err, "type '%s' is not supported", type);
    if (device && strcmp(device, "cdrom") == 0)
        disk->cdrom = true;
    else if (device && strcmp(device, "disk") != 0)
        return xml_unsupported(node, err, "device '%s' is not supported", device);
    return 0;
}

static int
parse_disk(struct domain_def *def, const xmlNode *node, struct err *err)
{
    static const char *const refused[] = {"encryption", "transient", NULL};
    struct domain_disk      *disk = array_add(def->disks, def->n_disks);

    if (parse_disk_kind(disk, node, err) || refuse_children(node, refused, err) ||
        parse_disk_target(def, disk, node, err) ||
        parse_disk_driver(disk, xml_child(node, "driver"), err))
        return -1;
    disk->source = copy_child_attr(node, "source", disk->block ? "dev" : "file");
    if (!disk->source && !disk->cdrom)
        return xml_fail(node, err, "<source %s='...'/> is missing", disk->block ? "dev" : "file");
    disk->script = copy_child_attr(node, "script", "path");
    disk->backend_domain = copy_child_attr(node, "backenddomain", "name");
    disk->readonly = disk->cdrom || xml_child(node, "readonly");
    return 0;
}

/*----- interfaces -----*/

static bool
parse_mac_text(const char *text, uint8_t mac_out[6])
{
    for (int i = 0; i < 6; i++) {
        char byte[3] = {text[0], text[0] ? text[1] : '\0', '\0'};

        if (!isxdigit((unsigned char)byte[0]) || !isxdigit((unsigned char)byte[1]))
            return false;
        mac_out[i] = (uint8_t)strtoul(byte, NULL, 16);
        text += 2;
        if (*text++ != (i < 5 ? ':' : '\0'))
            return false;
    }
    return true;
}

/* Xen's own part of the world's addresses. */
static void
generate_mac(uint8_t mac_out[6])
{
    static const uint8_t oui[3] = {0x00, 0x16, 0x3e};

    memcpy(mac_out, oui, sizeof oui);
    while (getrandom(mac_out + 3, 3, 0) != 3)
        continue;
    mac_out[3] &= 0x7f;
}

static int
parse_mac(struct domain_interface *nic, const xmlNode *node, struct err *err)
{
    const xmlNode *mac = xml_child(node, "mac");
    const char    *address = xml_attr(mac, "address");

    if (!address) {
        generate_mac(nic->mac);
        return 0;
    }
    if (!parse_mac_text(address, nic->mac))
        return xml_fail(mac, err, "'%s' is not a MAC address", address);
    if (nic->mac[0] & 1)
        return xml_fail(mac, err, "'%s' is an address of many", address);
    return 0;
}

/* libxl has them in one string. */
static void
parse_ips(struct domain_interface *nic, const xmlNode *node)
{
    for (const xmlNode *ip = xml_child(node, "ip"); ip; ip = xml_next(ip, "ip")) {
        const char *address = xml_attr(ip, "address");
        char       *before = nic->ip;

        if (!address)
            continue;
        nic->ip = before ? xasprintf("%s %s", before, address) : xstrdup(address);
        free(before);
    }
}

static int
parse_interface_type(struct domain_interface *nic, const xmlNode *node, struct err *err)
{
    const char *type = xml_attr(node, "type");
    int         word = 0;

    if (!type)
        return xml_fail(node, err, "type is missing");
    while (interface_type_names[word] && strcmp(type, interface_type_names[word]) != 0)
        word++;
    if (!interface_type_names[word])
        return xml_unsupported(node, err, "type '%s' is not supported, only bridge and ethernet",
                               type);
    nic->type = (enum interface_type)word;
    if (nic->type == INTERFACE_ETHERNET)
        return 0;
    nic->source = copy_child_attr(node, "source", "bridge");
    return nic->source ? 0 : xml_fail(node, err, "<source bridge='...'/> is missing");
}

static int
parse_limits(struct domain_interface *nic, const xmlNode *node, struct err *err)
{
    const xmlNode *outbound = xml_child(xml_child(node, "bandwidth"), "outbound");
    uint64_t       mtu = 0;

    if (xml_number_attr(xml_child(node, "mtu"), "size", UINT16_MAX, &mtu, err))
        return -1;
    nic->mtu = (unsigned)mtu;
    return xml_number_attr(outbound, "average", UINT32_MAX, &nic->rate_kib_per_second, err);
}

bool
is_generated_name(const char *interface_name)
{
    return strncmp(interface_name, "vif", 3) == 0 && isdigit((unsigned char)interface_name[3]);
}

static int
parse_interface(struct domain_def *def, const xmlNode *node, struct err *err)
{
    static const char *const refused[] = {"filterref", "virtualport", "vlan", NULL};
    struct domain_interface *nic = array_add(def->interfaces, def->n_interfaces);
    const char              *target = xml_child_attr(node, "target", "dev");

    if (parse_interface_type(nic, node, err) || refuse_children(node, refused, err) ||
        parse_mac(nic, node, err) || parse_limits(nic, node, err))
        return -1;
    nic->script = copy_child_attr(node, "script", "path");
    nic->model = copy_child_attr(node, "model", "type");
    nic->backend_domain = copy_child_attr(node, "backenddomain", "name");
    /* A domain that ran once had that name; it is not to be had again. */
    if (target && *target && !is_generated_name(target))
        nic->target = xstrdup(target);
    parse_ips(nic, node);
    return 0;
}

/*----- graphics -----*/

/* The attribute is the older way to say it and may stand beside the element. */
static int
parse_listen(struct domain_graphics *graphics, const xmlNode *node, struct err *err)
{
    const xmlNode *listen = xml_child(node, "listen");
    const char    *type = xml_attr(listen, "type");
    const char    *address = xml_attr(listen, "address");

    if (type && strcmp(type, "address") != 0)
        return xml_unsupported(listen, err, "type '%s' is not supported", type);
    if (!address)
        address = xml_attr(node, "listen");
    if (address && *address)
        graphics->listen = xstrdup(address);
    return 0;
}

static int
parse_port(struct domain_graphics *graphics, const xmlNode *node, struct err *err)
{
    const char *text = xml_attr(node, "port");
    uint64_t    port;
    bool        automatic;

    if (xml_bool_attr(node, "autoport", false, &automatic, err))
        return -1;
    graphics->port = -1;
    if (!text || automatic || strcmp(text, "-1") == 0)
        return 0;
    if (xml_number_attr(node, "port", UINT16_MAX, &port, err))
        return -1;
    if (port < DOMAIN_VNC_PORT_MIN)
        return xml_fail(node, err, "port %s is less than %d", text, DOMAIN_VNC_PORT_MIN);
    graphics->port = (int)port;
    return 0;
}

static int
parse_graphics(struct domain_def *def, const xmlNode *node, struct err *err)
{
    const char             *type = xml_attr(node, "type");
    struct domain_graphics *graphics = array_add(def->graphics, def->n_graphics);

    if (!type || strcmp(type, "vnc") != 0)
        return xml_unsupported(node, err, "type '%s' is not supported, only vnc", type ? type : "");
    if (def->n_graphics > 1)
        return xml_unsupported(node, err, "one is as many as there can be");
    if (parse_port(graphics, node, err) || parse_listen(graphics, node, err))
        return -1;
    graphics->password = xstrdup(xml_attr(node, "passwd"));
    graphics->keymap = xstrdup(xml_attr(node, "keymap"));
    return 0;
}

/*----- the small ones -----*/

static int
parse_serial(struct domain_def *def, const xmlNode *node, struct err *err)
{
    const char *type = xml_attr(node, "type");

    /* PV and PVH guests have no such port. */
    if (def->type != DOMAIN_HVM)
        return 0;
    if (type && strcmp(type, "pty") != 0)
        return xml_unsupported(node, err, "type '%s' is not supported, only pty", type);
    if (def->serial)
        return xml_unsupported(node, err, "one is as many as there can be");
    def->serial = true;
    return 0;
}

static int
parse_console(struct domain_def *def, const xmlNode *node, struct err *err)
{
    const char *type = xml_attr(node, "type");

    (void)def;
    if (type && strcmp(type, "pty") != 0)
        return xml_unsupported(node, err, "type '%s' is not supported, only pty", type);
    return 0;
}

/* The first is the one that counts.  The screen of a PV or PVH guest has no card. */
static int
parse_video(struct domain_def *def, const xmlNode *node, struct err *err)
{
    const xmlNode *model = xml_child(node, "model");
    const char    *type = xml_attr(model, "type");
    int            video = VIDEO_DEFAULT;

    if (def->type != DOMAIN_HVM || def->video != VIDEO_DEFAULT || !type)
        return 0;
    /* "xen" is libvirt's word for what goes with a PV driver; the card beneath it is plain VGA. */
    if (strcmp(type, "xen") == 0)
        video = VIDEO_VGA;
    else if (xml_word(model, "type", type, video_names, &video, err))
        return -1;
    def->video = (enum domain_video)video;
    return xml_number_attr(model, "vram", UINT32_MAX, &def->video_vram_kib, err);
}

static int
parse_input(struct domain_def *def, const xmlNode *node, struct err *err)
{
    const char *type = xml_attr(node, "type"), *bus = xml_attr(node, "bus");

    (void)err;
    if (type && strcmp(type, "tablet") == 0 && (!bus || strcmp(bus, "usb") == 0))
        def->usb_tablet = true;
    return 0;
}

static int
parse_emulator(struct domain_def *def, const xmlNode *node, struct err *err)
{
    (void)err;
    if (!def->emulator)
        def->emulator = xml_trimmed_text(node);
    if (def->emulator && !*def->emulator)
        free(take_ptr(def->emulator));
    return 0;
}

static int
refuse(struct domain_def *def, const xmlNode *node, struct err *err)
{
    (void)def;
    return xml_unsupported(node, err, "is not supported");
}

/*----- the whole -----*/

/*
 * What is not in this list is kept and not given: controllers and buses, which follow from the
 * disks; a random number generator, a balloon, sound, a watchdog or a channel of an agent, without
 * which a guest boots as well.
 */
static const struct {
    const char *name;
    int (*parse)(struct domain_def *def, const xmlNode *node, struct err *err);
} kinds[] = {
    {"disk", parse_disk},
    {"interface", parse_interface},
    {"graphics", parse_graphics},
    {"serial", parse_serial},
    {"console", parse_console},
    {"video", parse_video},
    {"input", parse_input},
    {"emulator", parse_emulator},
    {"hostdev", refuse},
    {"filesystem", refuse},
    {"tpm", refuse},
    {"lease", refuse},
};

int
parse_devices(struct domain_def *def, const xmlNode *devices, struct err *err)
{
    for (size_t i = 0; i < array_size(kinds); i++) {
        const char *name = kinds[i].name;
        int         count = 0;

        for (const xmlNode *node = xml_child(devices, name); node; node = xml_next(node, name)) {
            if (++count > DOMAIN_DEVICES_MAX)
                return xml_fail(node, err, "there are more than %d", DOMAIN_DEVICES_MAX);
            if (kinds[i].parse(def, node, err))
                return -1;
        }
    }
    return 0;
}
