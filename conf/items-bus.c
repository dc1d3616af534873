/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * items-bus.c: the device model, controllers, the host's devices, and the devices that Xen's
 * machine does not have.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "hooks.h"
#include "xml.h"

/*----- emulator -----*/

/* A device model in a domain of its own is what Qubes writes as type 'stubdom-linux'. */
static const struct word emulators[] = {
    {"qemu", 0, NULL},    {"default", 0, NULL}, {"stubdom-linux", 1, NULL},
    {"stubdom", 2, NULL}, {NULL, 0, NULL},
};

static int
read_emulator(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
              struct err *err)
{
    libxl_domain_build_info *info = &walk->config->b_info;
    const char              *type = xml_attr(node, "type");
    const struct word       *word = type ? walk_find_word(emulators, type) : NULL;
    cleanup_free char       *path = xml_trimmed_text(node);

    (void)item, (void)base;
    if (walk->index)
        return xml_fail(node, err, "occurs twice");
    if (type && !word)
        return xml_fail(node, err, "type '%s' is not known", type);
    if (*path)
        info->device_model = take_ptr(path);
    if (word && word->value)
        libxl_defbool_set(&info->device_model_stubdomain, true);
    if (word && word->value == 2)
        info->device_model_version = LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN_TRADITIONAL;
    return 0;
}

static bool
has_stubdomain(const libxl_domain_build_info *info)
{
    return !libxl_defbool_is_default(info->device_model_stubdomain) &&
           libxl_defbool_val(info->device_model_stubdomain);
}

static bool
load_emulator(struct walk *walk, size_t index, void *device)
{
    const libxl_domain_build_info *info = &walk->config->b_info;

    (void)device;
    return !index &&
           ((info->device_model && *info->device_model) || has_stubdomain(info) ||
            info->stubdomain_cmdline || info->stubdomain_kernel || info->stubdomain_ramdisk ||
            (info->stubdomain_memkb && info->stubdomain_memkb != LIBXL_MEMKB_DEFAULT));
}

static void
write_emulator(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_build_info *info = &walk->config->b_info;

    (void)item, (void)base;
    if (has_stubdomain(info))
        xml_set_attr(parent, "type",
                     info->device_model_version == LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN_TRADITIONAL
                         ? "stubdom"
                         : "stubdom-linux");
    if (info->device_model && *info->device_model)
        xml_set_text(parent, info->device_model);
}

static const struct hook emulator_hook = {.read = read_emulator, .write = write_emulator};

static const struct item emulator_items[] = {
    {"", KIND_HOOK, NOWHERE, HVM, .hook = &emulator_hook},
    PART("@type"),
    {"@cmdline", KIND_STR, C(b_info.stubdomain_cmdline), HVM},
    {"@kernel", KIND_STR, C(b_info.stubdomain_kernel), HVM},
    {"@ramdisk", KIND_STR, C(b_info.stubdomain_ramdisk), HVM},
    {"@memory", KIND_U64, C(b_info.stubdomain_memkb), HVM, .max = UINT32_MAX},
};

const struct device emulator_table = {
    .element = "emulator",
    .rows = {emulator_items, array_size(emulator_items)},
    .types = HVM,
    .array = NOWHERE,
    .load = load_emulator,
};

/*----- limits of the Xen bus -----*/

static bool
is_controller(const xmlNode *node, const char *wanted)
{
    const char *type = xml_attr(node, "type");

    return type && strcmp(type, wanted) == 0;
}

static bool
is_xenbus(const xmlNode *node)
{
    return is_controller(node, "xenbus");
}

static bool
load_xenbus(struct walk *walk, size_t index, void *device)
{
    const libxl_domain_build_info *info = &walk->config->b_info;

    (void)device;
    return !index && (info->event_channels || (info->max_grant_frames != LIBXL_MAX_GRANT_DEFAULT));
}

static void
write_xenbus(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    (void)walk, (void)item, (void)base;
    xml_set_attr(parent, "type", "xenbus");
    xml_set_attr(parent, "index", "0");
}

static int
note_xenbus(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
            struct err *err)
{
    (void)item, (void)base;
    if (walk->index)
        return xml_unsupported(node, err, "only one is supported");
    if (!xml_attr(node, "maxGrantFrames") && !xml_attr(node, "maxEventChannels"))
        walk_note(walk, node, NULL, true, "there is one");
    return 0;
}

static const struct hook xenbus_hook = {.read = note_xenbus, .write = write_xenbus};

static const struct item xenbus_items[] = {
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &xenbus_hook},
    PART("@type"),
    SO("@index", "there is one"),
    SO("alias", "is given when the domain starts"),
    {"@maxGrantFrames", KIND_U32, C(b_info.max_grant_frames), ALL, .min = 1, .max = INT32_MAX},
    {"@maxEventChannels", KIND_U32, C(b_info.event_channels), ALL, .min = 1, .max = INT32_MAX},
};

const struct device xenbus_table = {
    .element = "controller",
    .rows = {xenbus_items, array_size(xenbus_items)},
    .array = NOWHERE,
    .is = is_xenbus,
    .load = load_xenbus,
};

/*----- USB controllers -----*/

#define U(member) offsetof(libxl_device_usbctrl, member)

/* Without a model it is libxl's, which comes with the first device that needs it. */
static bool
is_usb_controller(const xmlNode *node)
{
    const char *model = xml_attr(node, "model");

    return is_controller(node, "usb") && (model || xml_attr(node, "ports")) &&
           !(model && strcmp(model, "none") == 0);
}

static const struct {
    const char        *model;
    libxl_usbctrl_type type;
    int                version;
    unsigned           types;
} usb_models[] = {
    {"qusb1", LIBXL_USBCTRL_TYPE_QUSB, 1, ALL},
    {"qusb2", LIBXL_USBCTRL_TYPE_QUSB, 2, ALL},
    {"piix3-uhci", LIBXL_USBCTRL_TYPE_DEVICEMODEL, 1, HVM},
    {"ehci", LIBXL_USBCTRL_TYPE_DEVICEMODEL, 2, HVM},
    {"nec-xhci", LIBXL_USBCTRL_TYPE_DEVICEMODEL, 3, HVM},
    {"qemu-xhci", LIBXL_USBCTRL_TYPE_DEVICEMODEL, 3, HVM},
};

static int
read_usbctrl(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
             struct err *err)
{
    libxl_device_usbctrl *usbctrl = base;
    const char           *model = xml_attr(node, "model");
    uint64_t              index = walk->index;

    (void)item;
    if (xml_number_attr(node, "index", 255, &index, err))
        return -1;
    if (walk->config || xml_attr(node, "index"))
        usbctrl->devid = (int)index;
    if (!model)
        return 0;
    for (size_t i = 0; i < array_size(usb_models); i++) {
        if (strcmp(model, usb_models[i].model) != 0 || !walk_is(walk, usb_models[i].types))
            continue;
        usbctrl->type = usb_models[i].type;
        usbctrl->version = usb_models[i].version;
        return 0;
    }
    return xml_unsupported_attr(node, "model", err,
                                "only qusb1 and qusb2 are supported, and for "
                                "HVM guests piix3-uhci, ehci and nec-xhci");
}

static void
write_usbctrl(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_device_usbctrl *usbctrl = base;
    char                        text[16];

    (void)walk, (void)item;
    xml_set_attr(parent, "type", "usb");
    snprintf(text, sizeof text, "%d", usbctrl->devid < 0 ? (int)walk->index : usbctrl->devid);
    xml_set_attr(parent, "index", text);
    for (size_t i = 0; i < array_size(usb_models); i++) {
        if (usbctrl->type != usb_models[i].type || usbctrl->version != usb_models[i].version)
            continue;
        xml_set_attr(parent, "model", usb_models[i].model);
        break;
    }
    /* Without a model or ports it would be nobody's but libxl's; 8 are its default. */
    snprintf(text, sizeof text, "%d", usbctrl->ports ? usbctrl->ports : 8);
    if (usbctrl->ports || !xml_attr(parent, "model"))
        xml_set_attr(parent, "ports", text);
}

static const struct hook usbctrl_hook = {.read = read_usbctrl, .write = write_usbctrl};

static const struct item usbctrl_items[] = {
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &usbctrl_hook},
    PART("@type"),
    {.path = "@index", .types = ALL, .flags = KEY},
    PART("@model"),
    {"@ports", KIND_INT, U(ports), ALL, .min = 1, .max = 31},
    NO("master", "is not supported"),
    NO("driver", "is not supported"),
    SO("alias", "is given when the domain starts"),
    SO("address", "Xen's machine gives each device its place"),
};

const struct device usbctrl_table = {
    .element = "controller",
    .rows = {usbctrl_items, array_size(usbctrl_items)},
    .size = sizeof(libxl_device_usbctrl),
    .array = C(usbctrls),
    .count = C(num_usbctrls),
    .init = (void (*)(void *))libxl_device_usbctrl_init,
    .dispose = (void (*)(void *))libxl_device_usbctrl_dispose,
    .is = is_usb_controller,
};

/*----- the host's devices -----*/

static bool
is_hostdev(const xmlNode *node, const char *wanted)
{
    const char *type = xml_attr(node, "type"), *mode = xml_attr(node, "mode");

    return type && strcmp(type, wanted) == 0 && (!mode || strcmp(mode, "subsystem") == 0);
}

static bool
is_pci(const xmlNode *node)
{
    return is_hostdev(node, "pci");
}

static bool
is_usb(const xmlNode *node)
{
    return is_hostdev(node, "usb");
}

/* Hexadecimal after "0x", else decimal, as libvirt has it. */
static int
read_address(const xmlNode *address, const char *name, unsigned long max, unsigned *value_out,
             struct err *err)
{
    const char   *text = xml_attr(address, name);
    unsigned long value;
    char         *end;

    if (!text)
        return 0;
    value = strtoul(text, &end, 0);
    if (end == text || *end || *text == '-' || value > max)
        return xml_fail(address, err, "%s '%s' is not a number up to %lu", name, text, max);
    *value_out = (unsigned)value;
    return 0;
}

static int
read_pci(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
         struct err *err)
{
    libxl_device_pci *pci = base;
    const xmlNode    *source = xml_child(node, "source"), *address = xml_child(source, "address");
    const char       *driver = xml_child_attr(node, "driver", "name");
    unsigned          domain = 0, bus = 0, slot = 0, function = 0;
    bool              managed = false, filter = true;

    (void)item;
    if (!address)
        return xml_fail(node, err, "<source><address .../></source> is missing");
    if (read_address(address, "domain", 0xffff, &domain, err) ||
        read_address(address, "bus", 0xff, &bus, err) ||
        read_address(address, "slot", 0x1f, &slot, err) ||
        read_address(address, "function", 7, &function, err) ||
        xml_bool_attr(node, "managed", false, &managed, err) ||
        xml_bool_attr(source, "writeFiltering", true, &filter, err))
        return -1;
    if (driver && strcmp(driver, "xen") != 0)
        return xml_unsupported_attr(xml_child(node, "driver"), "name", err, "the driver is Xen's");
    if (!domain && !bus && !slot)
        return xml_fail(address, err, "domain, bus or slot is more than 0");
    for (size_t i = 0; walk->config && i < walk->index; i++)
        if (walk->config->pcidevs[i].domain == (int)domain && walk->config->pcidevs[i].bus == bus &&
            walk->config->pcidevs[i].dev == slot && walk->config->pcidevs[i].func == function)
            return xml_fail(address, err, "the device is passed through twice");
    pci->domain = (int)domain;
    pci->bus = (uint8_t)bus;
    pci->dev = (uint8_t)slot;
    pci->func = (uint8_t)function;
    pci->seize = managed;
    pci->permissive = !filter;
    return 0;
}

static void
set_hex(xmlNode *node, const char *name, int digits, unsigned value)
{
    char text[16];

    snprintf(text, sizeof text, "0x%0*x", digits, value);
    xml_set_attr(node, name, text);
}

static void
write_pci(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_device_pci *pci = base;
    xmlNode                *address;

    (void)walk, (void)item;
    xml_set_attr(parent, "mode", "subsystem");
    xml_set_attr(parent, "type", "pci");
    xml_set_attr(parent, "managed", pci->seize ? "yes" : "no");
    if (pci->permissive)
        xml_set_attr(walk_make(parent, "source"), "writeFiltering", "no");
    address = walk_make(parent, "source/address");
    set_hex(address, "domain", 4, (unsigned)pci->domain);
    set_hex(address, "bus", 2, pci->bus);
    set_hex(address, "slot", 2, pci->dev);
    set_hex(address, "function", 1, pci->func);
}

static const struct hook pci_hook = {.read = read_pci, .write = write_pci};

static const struct word no_only[] = {{"no", 0, NULL}, {NULL, 0, NULL}};

#define HOSTDEV_ROWS                                                                               \
    PART("@mode"), PART("@type"), PART("@managed"),                                                \
        MAY("boot", "Xen's boot order is of disks and interfaces"),                                \
        MAY("rom", "a card has its own"), MAY("acpi", "Xen's machine is its own"),                 \
        NO("teaming", "is not supported"), SO("alias", "is given when the domain starts"),         \
        SO("address", "Xen's machine gives each device its place")

static const struct item pci_items[] = {
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &pci_hook},
    HOSTDEV_ROWS,
    PART("source@writeFiltering"),
    {.path = "source/address@domain", .types = ALL, .flags = KEY},
    {.path = "source/address@bus", .types = ALL, .flags = KEY},
    {.path = "source/address@slot", .types = ALL, .flags = KEY},
    {.path = "source/address@function", .types = ALL, .flags = KEY},
    SO("source/address@type", "is PCI"),
    PART("driver@name"),
};

const struct device pci_table = {
    .element = "hostdev",
    .rows = {pci_items, array_size(pci_items)},
    .size = sizeof(libxl_device_pci),
    .array = C(pcidevs),
    .count = C(num_pcidevs),
    .init = (void (*)(void *))libxl_device_pci_init,
    .dispose = (void (*)(void *))libxl_device_pci_dispose,
    .is = is_pci,
};

static int
read_usbdev(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
            struct err *err)
{
    libxl_device_usbdev *usbdev = base;
    const xmlNode *source = xml_child(node, "source"), *address = xml_child(source, "address");
    unsigned       bus = 0, device = 0;

    (void)walk, (void)item;
    if (!address)
        return xml_unsupported(source ? source : node, err,
                               "a USB device is named by <address bus='...' device='...'/>");
    if (read_address(address, "bus", 0xff, &bus, err) ||
        read_address(address, "device", 0xff, &device, err))
        return -1;
    if (!bus || !device)
        return xml_fail(address, err, "bus and device are needed");
    libxl_device_usbdev_init_type(usbdev, LIBXL_USBDEV_TYPE_HOSTDEV);
    usbdev->u.hostdev.hostbus = (uint8_t)bus;
    usbdev->u.hostdev.hostaddr = (uint8_t)device;
    return 0;
}

static void
write_usbdev(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_device_usbdev *usbdev = base;
    xmlNode                   *address = walk_make(parent, "source/address");
    char                       text[16];

    (void)walk, (void)item;
    xml_set_attr(parent, "mode", "subsystem");
    xml_set_attr(parent, "type", "usb");
    snprintf(text, sizeof text, "%u", usbdev->u.hostdev.hostbus);
    xml_set_attr(address, "bus", text);
    snprintf(text, sizeof text, "%u", usbdev->u.hostdev.hostaddr);
    xml_set_attr(address, "device", text);
}

static const struct hook usbdev_hook = {.read = read_usbdev, .write = write_usbdev};

static const struct item usbdev_items[] = {
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &usbdev_hook},
    HOSTDEV_ROWS,
    {.path = "source/address@bus", .types = ALL, .flags = KEY},
    {.path = "source/address@device", .types = ALL, .flags = KEY},
    NO("source/vendor", "a USB device is named by <address bus='...' device='...'/>"),
    NO("source/product", "a USB device is named by <address bus='...' device='...'/>"),
    NO("source@startupPolicy", "is not supported"),
    {.path = "source@guestReset",
     .types = ALL,
     .flags = IMPLIED,
     .words = no_only,
     .reason = "is not supported"},
};

const struct device usbdev_table = {
    .element = "hostdev",
    .rows = {usbdev_items, array_size(usbdev_items)},
    .size = sizeof(libxl_device_usbdev),
    .array = C(usbdevs),
    .count = C(num_usbdevs),
    .init = (void (*)(void *))libxl_device_usbdev_init,
    .dispose = (void (*)(void *))libxl_device_usbdev_dispose,
    .is = is_usb,
};

/*----- as a whole -----*/

static const struct word controllers[] = {
    {"ide", 0, NULL},           {"fdc", 0, NULL},  {"scsi", 0, NULL}, {"sata", 0, NULL},
    {"virtio-serial", 0, NULL}, {"ccid", 0, NULL}, {"usb", 0, NULL},  {"pci", 0, NULL},
    {"isa", 0, NULL},           {NULL, 0, NULL},
};

static const struct item controller_items[] = {
    {.path = "@type",
     .types = ALL,
     .flags = IMPLIED,
     .words = controllers,
     .reason = "Xen's machine has those that its devices need"},
    SO("@index", "Xen's machine has those that its devices need"),
    SO("@model", "Xen's machine has those that its devices need"),
    SO("@ports", "Xen's machine has those that its devices need"),
    SO("@vectors", "Xen's machine has those that its devices need"),
    SO("@ioeventfd", "is KVM's"),
    SO("model", "Xen's machine has those that its devices need"),
    SO("target", "Xen's machine has those that its devices need"),
    SO("driver", "Xen's machine has those that its devices need"),
    SO("master", "Xen's machine has those that its devices need"),
    SO("pcihole64", "Xen's machine has those that its devices need"),
    SO("alias", "is given when the domain starts"),
    SO("address", "Xen's machine gives each device its place"),
};

static const struct device other_controller_table = {
    .element = "controller",
    .rows = {controller_items, array_size(controller_items)},
    .array = NOWHERE,
};

static const struct word xen_only[] = {{"xen", 0, NULL}, {NULL, 0, NULL}};

static const struct item memballoon_items[] = {
    {.path = "@model",
     .types = ALL,
     .flags = IMPLIED,
     .words = xen_only,
     .reason = "a guest's balloon is Xen's, and cannot be switched off"},
    SO("@autodeflate", "a guest's balloon is Xen's"),
    SO("@freePageReporting", "a guest's balloon is Xen's"),
    SO("stats", "a guest's balloon is Xen's"),
    SO("driver", "a guest's balloon is Xen's"),
    SO("alias", "is given when the domain starts"),
    SO("address", "a guest's balloon is Xen's"),
};

static const struct device memballoon_table = {
    .element = "memballoon",
    .rows = {memballoon_items, array_size(memballoon_items)},
    .array = NOWHERE,
};

#define WITHOUT(name, element_, flags_, why)                                                       \
    static const struct device name##_table = {                                                    \
        .element = element_, .array = NOWHERE, .flags = flags_, .reason = why}

static const char not_supported[] = "is not supported";

WITHOUT(other_channel, "channel", IGNORED, "only channels to a target of type 'xen' are supported");
WITHOUT(other_hostdev, "hostdev", REFUSED, "only PCI and USB devices of the host are supported");
WITHOUT(hub, "hub", IGNORED, "Xen's machine has no USB hub");
WITHOUT(rng, "rng", IGNORED, "Xen has no random number generator for guests");
WITHOUT(watchdog, "watchdog", IGNORED, "Xen's watchdog needs no device");
WITHOUT(panic, "panic", IGNORED, "a guest tells Xen of a crash without a device");
WITHOUT(nvram, "nvram", IGNORED, "is not x86's");
WITHOUT(redirdev, "redirdev", IGNORED, "USB is not redirected");
WITHOUT(redirfilter, "redirfilter", IGNORED, "USB is not redirected");
WITHOUT(audio, "audio", IGNORED, "sound is the host's");
WITHOUT(pstore, "pstore", IGNORED, "Xen has no persistent store");
WITHOUT(parallel, "parallel", REFUSED, not_supported);
WITHOUT(filesystem, "filesystem", REFUSED, not_supported);
WITHOUT(tpm, "tpm", REFUSED, not_supported);
WITHOUT(lease, "lease", REFUSED, not_supported);
WITHOUT(smartcard, "smartcard", REFUSED, not_supported);
WITHOUT(shmem, "shmem", REFUSED, not_supported);
WITHOUT(memory, "memory", REFUSED, "the memory of a guest is in <memory>");
WITHOUT(iommu, "iommu", REFUSED, not_supported);
WITHOUT(vsock, "vsock", REFUSED, not_supported);
WITHOUT(crypto, "crypto", REFUSED, not_supported);

/* In the order in which they are written. */
const struct device *const device_tables[] = {
    &emulator_table,
    &disk_table,
    &xenbus_table,
    &usbctrl_table,
    &nic_table,
    &serial_table,
    &console_table,
    &channel_table,
    &input_table,
    &graphics_table,
    &sound_table,
    &video_table,
    &pci_table,
    &usbdev_table,
    &other_channel_table,
    &other_hostdev_table,
    &other_controller_table,
    &memballoon_table,
    &hub_table,
    &rng_table,
    &watchdog_table,
    &panic_table,
    &nvram_table,
    &redirdev_table,
    &redirfilter_table,
    &audio_table,
    &pstore_table,
    &parallel_table,
    &filesystem_table,
    &tpm_table,
    &lease_table,
    &smartcard_table,
    &shmem_table,
    &memory_table,
    &iommu_table,
    &vsock_table,
    &crypto_table,
    NULL,
};
