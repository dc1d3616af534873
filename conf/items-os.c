/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * items-os.c: how a guest boots, and the features of its machine.
 */
#include <libxl_utils.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "bits.h"
#include "hooks.h"
#include "names.h"
#include "xml.h"

/*----- type -----*/

static int
check_os(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
         struct err *err)
{
    const xmlNode *os = xml_child(node, "os");

    (void)walk, (void)item, (void)base;
    if (!os)
        return xml_fail(node, err, "<os> is missing");
    return xml_child(os, "type") ? 0 : xml_fail(os, err, "<type> is missing");
}

static const struct hook os_hook = {.read = check_os};

/* The type itself is known before anything is read. */
static int
check_machine(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
              struct err *err)
{
    const char        *machine = xml_attr(node, "machine");
    cleanup_free char *text = xml_trimmed_text(node);

    (void)item, (void)base;
    /* "linux" is what libvirt itself writes for "xen". */
    if (strcmp(text, type_names[walk->type]) != 0 && strcmp(text, "linux") != 0)
        return xml_fail(node, err, "type '%s' is not known", text);
    /* "pc" and its versions are what libvirt takes for an HVM guest of Xen too. */
    if (!machine || strcmp(machine, type_machines[walk->type]) == 0 ||
        (walk->type == DOMAIN_HVM && (!strncmp(machine, "xenfv", 5) || !strncmp(machine, "pc", 2))))
        return 0;
    return xml_unsupported(node, err, "machine '%s' does not go with type '%s'", machine, text);
}

static void
write_os_type(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    xmlNode *type = walk_make(parent, "os/type");

    (void)item, (void)base;
    xml_set_attr(type, "arch", "x86_64");
    xml_set_attr(type, "machine", type_machines[walk->type]);
    xml_set_text(type, type_names[walk->type]);
}

static void
complete_machine(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    xmlNode *type = walk_make(parent, "os/type");

    (void)item, (void)base;
    if (!xml_attr(type, "machine"))
        xml_set_attr(type, "machine", type_machines[walk->type]);
}

static const struct hook type_hook = {check_machine, write_os_type, complete_machine};

/*----- bootloader -----*/

static int
read_bootloader_args(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
                     struct err *err)
{
    libxl_domain_config *config = base;
    cleanup_free char   *text = xml_text(node);

    (void)walk, (void)item;
    if (text && !list_split(text, &config->b_info.bootloader_args))
        return xml_fail(node, err, "there are more than %d", LIST_MAX);
    return 0;
}

static void
write_bootloader_args(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_config *config = base;
    cleanup_free char         *text = list_join(config->b_info.bootloader_args);

    (void)walk, (void)item;
    if (*text)
        xml_set_text(walk_make(parent, "bootloader_args"), text);
}

static const struct hook bootloader_args_hook = {.read = read_bootloader_args,
                                                 .write = write_bootloader_args};

/* What else could a PV guest boot with?  So does libvirt. */
static int
default_bootloader(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
                   struct err *err)
{
    libxl_domain_build_info *info = &((libxl_domain_config *)base)->b_info;
    const xmlNode           *type = xml_child(xml_child(node, "os"), "type");

    (void)item;
    if (walk->type == DOMAIN_PVH && !info->kernel && !info->bootloader)
        return xml_unsupported(type, err, "a PVH guest needs a kernel or a bootloader");
    if (walk->type == DOMAIN_PV && !info->kernel && !info->bootloader)
        info->bootloader = xstrdup("pygrub");
    return 0;
}

static const struct hook default_bootloader_hook = {.read = default_bootloader};

/*----- kernel -----*/

/* xl's own "root=" before the rest. */
static int
read_root(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
          struct err *err)
{
    libxl_domain_build_info *info = &((libxl_domain_config *)base)->b_info;
    cleanup_free char       *root = xml_trimmed_text(node), *cmdline = NULL;

    (void)walk, (void)item;
    if (!root || !*root)
        return 0;
    if (!info->kernel)
        return xml_unsupported(node, err, "goes with a <kernel> only");
    cmdline = take_ptr(info->cmdline);
    info->cmdline = cmdline ? xasprintf("root=%s %s", root, cmdline) : xasprintf("root=%s", root);
    return 0;
}

static const struct hook root_hook = {.read = read_root};

/*----- firmware -----*/

/* The loader that libvirt names for every HVM guest is no firmware of the user's: its path bears
 * Xen's version, and libxl knows its own. */
static bool
is_hvmloader(const char *path)
{
    const char *slash = strrchr(path, '/');

    return strcmp(slash ? slash + 1 : path, "hvmloader") == 0;
}

static int
read_loader(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
            struct err *err)
{
    static const char *const types[] = {"rom", "pflash", NULL};
    libxl_domain_config     *config = base;
    cleanup_free char       *path = xml_trimmed_text(node);
    const char              *type = xml_attr(node, "type");
    int                      word = 0;

    (void)walk, (void)item;
    if (!node)
        return 0;
    if (type && xml_word(node, "type", type, types, &word, err))
        return -1;
    /* A pflash is how libvirt's XML spells a UEFI firmware. */
    if (word && config->b_info.u.hvm.bios == LIBXL_BIOS_TYPE_UNKNOWN)
        config->b_info.u.hvm.bios = LIBXL_BIOS_TYPE_OVMF;
    if (!*path || is_hvmloader(path))
        return 0;
    if (config->b_info.u.hvm.bios == LIBXL_BIOS_TYPE_OVMF)
        config->b_info.u.hvm.system_firmware = take_ptr(path);
    else
        config->b_info.u.hvm.firmware = take_ptr(path);
    return 0;
}

static void
write_loader(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_build_info *info = &((const libxl_domain_config *)base)->b_info;
    const char                    *path = info->u.hvm.firmware;

    (void)walk, (void)item;
    if (info->u.hvm.bios == LIBXL_BIOS_TYPE_OVMF)
        path = info->u.hvm.system_firmware;
    if (path && *path)
        xml_set_text(walk_make(parent, "os/loader"), path);
}

static const struct hook loader_hook = {.read = read_loader, .write = write_loader};

static int
check_firmware_feature(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
                       struct err *err)
{
    static const char *const names[] = {"secure-boot", "enrolled-keys", NULL};
    const char              *name = xml_attr(node, "name");
    bool                     enabled = false;
    int                      word;

    (void)item, (void)base;
    if (!node)
        return 0;
    if (xml_bool_attr(node, "enabled", false, &enabled, err))
        return -1;
    if (xml_word(node, "name", name ? name : "", names, &word, err))
        return -1;
    if (enabled)
        return xml_unsupported_attr(node, "name", err, "Xen's UEFI has no Secure Boot");
    walk_note(walk, node, NULL, true, "Xen's UEFI has no Secure Boot");
    return 0;
}

static const struct hook firmware_feature_hook = {.read = check_firmware_feature};

static const struct word firmwares[] = {
    {"bios", LIBXL_BIOS_TYPE_SEABIOS, NULL},
    {"efi", LIBXL_BIOS_TYPE_OVMF, NULL},
    {NULL, 0, NULL},
};

static int
check_table(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
            struct err *err)
{
    static const char *const types[] = {"slic", "raw", "rawset", NULL};
    libxl_domain_config     *config = base;
    const char              *type = xml_attr(node, "type");
    cleanup_free char       *path = xml_trimmed_text(node);
    int                      word;

    (void)walk, (void)item;
    if (!node)
        return 0;
    if (type && xml_word(node, "type", type, types, &word, err))
        return -1;
    if (!*path)
        return xml_fail(node, err, "the path is missing");
    if (config->b_info.u.hvm.acpi_firmware)
        return xml_unsupported(node, err, "only one is supported");
    config->b_info.u.hvm.acpi_firmware = take_ptr(path);
    return 0;
}

static void
write_table(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_config *config = base;
    xmlNode                   *node;

    (void)walk, (void)item;
    if (!config->b_info.u.hvm.acpi_firmware)
        return;
    node = walk_make(parent, "os/acpi/table");
    xml_set_attr(node, "type", "slic");
    xml_set_text(node, config->b_info.u.hvm.acpi_firmware);
}

static const struct hook table_hook = {.read = check_table, .write = write_table};

/*----- boot order -----*/

static const struct word boot_devices[] = {
    {"fd", 'a', NULL},      {"hd", 'c', NULL}, {"cdrom", 'd', NULL},
    {"network", 'n', NULL}, {NULL, 0, NULL},
};

#define BOOT_MAX 4

static int
read_boot(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
          struct err *err)
{
    static const char *const names[] = {"fd", "hd", "cdrom", "network", NULL};
    libxl_domain_config     *config = base;
    const char              *dev = xml_attr(node, "dev");
    cleanup_free char       *before = NULL;
    int                      device;

    (void)walk, (void)item;
    if (!node)
        return 0;
    if (!dev)
        return xml_fail(node, err, "dev is missing");
    if (xml_word(node, "dev", dev, names, &device, err))
        return -1;
    before = take_ptr(config->b_info.u.hvm.boot);
    if (before && strlen(before) == BOOT_MAX) {
        config->b_info.u.hvm.boot = take_ptr(before);
        return xml_fail(node, err, "there are more than %d", BOOT_MAX);
    }
    config->b_info.u.hvm.boot =
        xasprintf("%s%c", before ? before : "", (char)boot_devices[device].value);
    return 0;
}

static void
write_boot(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_config *config = base;
    int                        n = 0;

    (void)walk, (void)item;
    for (const char *boot = config->b_info.u.hvm.boot; boot && *boot && n < BOOT_MAX; boot++) {
        const char *dev = walk_word(boot_devices, *boot);

        if (!dev)
            continue;
        xml_set_attr(xml_add_child(walk_make(parent, "os"), "boot", NULL), "dev", dev);
        n++;
    }
}

static const struct hook boot_hook = {.read = read_boot, .write = write_boot};

/* libxl's, of the kind of a device. */
static char
boot_letter(const xmlNode *device)
{
    const char *kind = xml_attr(device, "device");

    return xml_is(device, "interface") ? 'n' : kind && strcmp(kind, "cdrom") == 0 ? 'd' : 'c';
}

static bool
is_first_of_its_kind(const xmlNode *device)
{
    for (const xmlNode *before = device->prev; before; before = before->prev)
        if (xml_is(before, (const char *)device->name) &&
            boot_letter(before) == boot_letter(device))
            return false;
    return true;
}

static int
read_boot_order(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
                struct err *err)
{
    const xmlNode *device = node ? node->parent : NULL;
    uint64_t       order = 0;

    (void)item, (void)base;
    if (!node)
        return 0;
    if (xml_number_attr(node, "order", UINT32_MAX, &order, err))
        return -1;
    if (!order)
        return xml_fail(node, err, "order is a number from 1");
    for (size_t i = 0; i < walk->n_boot; i++)
        if (walk->boot[i].order == order)
            return xml_fail(node, err, "order %llu is used twice", (unsigned long long)order);
    if (walk->n_boot == array_size(walk->boot))
        return xml_unsupported(node, err, "there are more than %zu", walk->n_boot);
    walk->boot[walk->n_boot].order = order;
    walk->boot[walk->n_boot].node = node;
    walk->boot[walk->n_boot++].letter = boot_letter(device);
    return 0;
}

const struct hook boot_order_hook = {.read = read_boot_order};

/* libxl's order is of kinds: the first of each counts. */
int
boot_order_finish(struct walk *walk, const xmlNode *root, struct err *err)
{
    char   letters[BOOT_MAX + 1] = "";
    size_t n = 0;

    if (!walk->n_boot)
        return 0;
    if (walk->config->b_info.u.hvm.boot)
        return xml_unsupported(xml_child(xml_child(root, "os"), "boot"), err,
                               "the devices have a boot order of their own");
    for (uint64_t last = 0;;) {
        size_t next = walk->n_boot;

        for (size_t i = 0; i < walk->n_boot; i++)
            if (walk->boot[i].order > last &&
                (next == walk->n_boot || walk->boot[i].order < walk->boot[next].order))
                next = i;
        if (next == walk->n_boot)
            break;
        last = walk->boot[next].order;
        if (strchr(letters, walk->boot[next].letter))
            continue;
        if (!is_first_of_its_kind(walk->boot[next].node->parent))
            return xml_unsupported(walk->boot[next].node, err,
                                   "libxl boots the first device of a kind: put it in front");
        letters[n++] = walk->boot[next].letter;
    }
    walk->config->b_info.u.hvm.boot = xstrdup(letters);
    return 0;
}

/*----- rows of <os> -----*/

static const struct word no_only[] = {{"no", 0, NULL}, {NULL, 0, NULL}};
static const struct word yes_only[] = {{"yes", 0, NULL}, {NULL, 0, NULL}};
static const struct word arches[] = {{"x86_64", 0, NULL}, {"i686", 0, NULL}, {NULL, 0, NULL}};
static const struct word raw_only[] = {{"raw", 0, NULL}, {NULL, 0, NULL}};
static const struct word emulate_only[] = {{"emulate", 0, NULL}, {NULL, 0, NULL}};

static const struct item items[] = {
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &os_hook},
    {"bootloader", KIND_STR, C(b_info.bootloader), PV | PVH},
    {"bootloader_args", KIND_HOOK, NOWHERE, PV | PVH, TEXT, .hook = &bootloader_args_hook},
    {"os@firmware", KIND_ENUM, C(b_info.u.hvm.bios), HVM, STRICT, .initial = NULL,
     .words = firmwares},
    {"os/type@arch", KIND_ENUM, NOWHERE, ALL, COMPLETE, "x86_64", .words = arches},
    {"os/type", KIND_HOOK, NOWHERE, ALL, TEXT, .hook = &type_hook},
    PART("os/type@machine"),
    {"os/loader", KIND_HOOK, NOWHERE, HVM, TEXT, .hook = &loader_hook},
    PART("os/loader@type"),
    {.path = "os/loader@readonly",
     .types = HVM,
     .flags = IMPLIED,
     .words = yes_only,
     .reason = "a guest cannot write to its firmware"},
    {.path = "os/loader@secure",
     .types = HVM,
     .flags = IMPLIED,
     .words = no_only,
     .reason = "Xen's UEFI has no Secure Boot"},
    {.path = "os/loader@stateless",
     .types = HVM,
     .flags = IMPLIED,
     .words = yes_only,
     .reason = "Xen's UEFI keeps no variables"},
    {.path = "os/loader@format",
     .types = HVM,
     .flags = IMPLIED,
     .words = raw_only,
     .reason = "a firmware is raw"},
    {"os/firmware/feature", KIND_HOOK, NOWHERE, ALL, MANY, .hook = &firmware_feature_hook},
    PART("os/firmware/feature@name"),
    PART("os/firmware/feature@enabled"),
    NO("os/varstore", "Xen's UEFI keeps no variables"),
    MAY("os/nvram", "Xen's UEFI keeps no variables from run to run"),
    {"os/kernel", KIND_STR, C(b_info.kernel), ALL},
    {"os/initrd", KIND_STR, C(b_info.ramdisk), ALL},
    {"os/cmdline", KIND_STR, C(b_info.cmdline), ALL},
    {"os/root", KIND_HOOK, NOWHERE, ALL, TEXT, .hook = &root_hook},
    {"os/acpi/table", KIND_HOOK, NOWHERE, HVM, MANY | STRICT | TEXT, .hook = &table_hook},
    PART("os/acpi/table@type"),
    {"os/boot", KIND_HOOK, NOWHERE, HVM, MANY, .hook = &boot_hook},
    PART("os/boot@dev"),
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &default_bootloader_hook},
    {.path = "os/bootmenu@enable",
     .types = ALL,
     .flags = IGNORED,
     .words = no_only,
     .reason = "a boot menu is not supported"},
    MAY("os/bootmenu@timeout", "a boot menu is not supported"),
    {.path = "os/smbios@mode",
     .types = ALL,
     .flags = IMPLIED,
     .words = emulate_only,
     .reason = "Xen makes a guest's SMBIOS tables itself"},
    {.path = "os/bios@useserial",
     .types = ALL,
     .flags = IMPLIED,
     .words = no_only,
     .reason = "the firmware has its screen only"},
    MAY("os/bios@rebootTimeout", "the firmware's own holds"),
    NO("os/shim", "is not supported"),
    NO("os/dtb", "x86 has no device tree"),
    NO("os/init", "is for containers"),
    NO("os/initarg", "is for containers"),
    NO("os/initenv", "is for containers"),
    NO("os/initdir", "is for containers"),
    NO("os/inituser", "is for containers"),
    NO("os/initgroup", "is for containers"),
};
const struct rows os_items = {items, array_size(items)};

/*----- features -----*/

void
viridian_enable(libxl_domain_build_info *info, libxl_viridian_enlightenment which)
{
    libxl_bitmap *map = &info->u.hvm.viridian_enable;

    if (!map->size)
        bits_alloc(map, LIBXL_BUILDINFO_HVM_VIRIDIAN_ENABLE_DISABLE_WIDTH);
    libxl_bitmap_set(map, (int)which);
}

/* libvirt's names of what libxl has; without libxl's number, those that Xen gives any guest. */
static const struct {
    const char *name;
    int         which;
} enlightenments[] = {
    {"vapic", LIBXL_VIRIDIAN_ENLIGHTENMENT_APIC_ASSIST},
    {"synic", LIBXL_VIRIDIAN_ENLIGHTENMENT_SYNIC},
    {"stimer", LIBXL_VIRIDIAN_ENLIGHTENMENT_STIMER},
    {"frequencies", LIBXL_VIRIDIAN_ENLIGHTENMENT_FREQ},
    {"tlbflush", LIBXL_VIRIDIAN_ENLIGHTENMENT_HCALL_REMOTE_TLB_FLUSH},
    {"ipi", LIBXL_VIRIDIAN_ENLIGHTENMENT_HCALL_IPI},
    {"vpindex", LIBXL_VIRIDIAN_ENLIGHTENMENT_BASE},
    {"relaxed", LIBXL_VIRIDIAN_ENLIGHTENMENT_BASE},
};

static int
read_enlightenment(struct walk *walk, const xmlNode *node, libxl_domain_build_info *info,
                   struct err *err)
{
    bool on = true;

    if (xml_bool_attr(node, "state", true, &on, err))
        return -1;
    if (on && xml_child(node, NULL))
        return xml_unsupported(xml_child(node, NULL), err, "is not supported");
    if (!on) {
        walk_note(walk, node, NULL, true, "is off where it is not asked for");
        return 0;
    }
    for (size_t i = 0; i < array_size(enlightenments); i++) {
        if (!xml_is(node, enlightenments[i].name))
            continue;
        viridian_enable(info, (libxl_viridian_enlightenment)enlightenments[i].which);
        viridian_enable(info, LIBXL_VIRIDIAN_ENLIGHTENMENT_BASE);
        return 0;
    }
    return xml_unsupported(node, err, "Xen has no such face for Windows");
}

static int
read_hyperv(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
            struct err *err)
{
    libxl_domain_config *config = base;
    const char          *mode = xml_attr(node, "mode");

    (void)item;
    if (mode && strcmp(mode, "custom") != 0)
        return xml_unsupported_attr(node, "mode", err, "each face for Windows is named");
    for (const xmlNode *child = xml_child(node, NULL); child; child = xml_next(child, NULL))
        if (read_enlightenment(walk, child, &config->b_info, err))
            return -1;
    return 0;
}

static bool
is_enabled(const libxl_domain_build_info *info, int which)
{
    return info->u.hvm.viridian_enable.size &&
           libxl_bitmap_test(&info->u.hvm.viridian_enable, which);
}

static void
write_hyperv(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_config *config = base;

    (void)walk, (void)item;
    for (size_t i = 0; i < array_size(enlightenments); i++) {
        xmlNode *hyperv;

        if (!is_enabled(&config->b_info, enlightenments[i].which) ||
            strcmp(enlightenments[i].name, "vpindex") == 0)
            continue;
        hyperv = walk_make(parent, "features/hyperv");
        xml_set_attr(xml_add_child(hyperv, enlightenments[i].name, NULL), "state", "on");
    }
    if (is_enabled(&config->b_info, LIBXL_VIRIDIAN_ENLIGHTENMENT_TIME_REF_COUNT) &&
        is_enabled(&config->b_info, LIBXL_VIRIDIAN_ENLIGHTENMENT_REFERENCE_TSC)) {
        xmlNode *timer = xml_add_child(walk_make(parent, "clock"), "timer", NULL);

        xml_set_attr(timer, "name", "hypervclock");
        xml_set_attr(timer, "present", "yes");
    }
}

static const struct hook hyperv_hook = {.read = read_hyperv, .write = write_hyperv};

static const struct word passthroughs[] = {
    {"sync_pt", LIBXL_PASSTHROUGH_SYNC_PT, NULL},
    {"share_pt", LIBXL_PASSTHROUGH_SHARE_PT, NULL},
    {NULL, 0, NULL},
};

static int
read_passthrough(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
                 struct err *err)
{
    libxl_domain_config *config = base;
    const char          *mode = xml_attr(node, "mode");
    bool                 on = true;

    (void)walk, (void)item;
    if (!node)
        return 0;
    if (xml_bool_attr(node, "state", true, &on, err))
        return -1;
    config->c_info.passthrough = on ? LIBXL_PASSTHROUGH_ENABLED : LIBXL_PASSTHROUGH_DISABLED;
    if (!mode || !on)
        return 0;
    for (const struct word *word = passthroughs; word->word; word++) {
        if (strcmp(word->word, mode) != 0)
            continue;
        config->c_info.passthrough = (libxl_passthrough)word->value;
        return 0;
    }
    return xml_fail(node, err, "mode '%s' is not known", mode);
}

static void
write_passthrough(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_config *config = base;
    libxl_passthrough          mode = config->c_info.passthrough;
    xmlNode                   *node;

    (void)walk, (void)item;
    if (mode == LIBXL_PASSTHROUGH_DEFAULT)
        return;
    node = walk_make(parent, "features/xen/passthrough");
    xml_set_attr(node, "state", mode == LIBXL_PASSTHROUGH_DISABLED ? "off" : "on");
    xml_set_attr(node, "mode", walk_word(passthroughs, (int)mode));
}

static const struct hook passthrough_hook = {.read = read_passthrough, .write = write_passthrough};

static int
read_genid(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
           struct err *err)
{
    libxl_domain_config *config = base;
    cleanup_free char   *text = xml_trimmed_text(node);

    (void)walk, (void)item;
    if (!text)
        return 0;
    if (!*text)
        uuid_generate(config->b_info.u.hvm.ms_vm_genid.bytes);
    else if (!uuid_parse(text, config->b_info.u.hvm.ms_vm_genid.bytes))
        return xml_fail(node, err, "'%s' is not a UUID", text);
    return 0;
}

static void
write_genid(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_config *config = base;
    char                       text[UUID_TEXT_SIZE];

    (void)walk, (void)item;
    if (!uuid_is_zero(config->b_info.u.hvm.ms_vm_genid.bytes))
        xml_set_text(walk_make(parent, "genid"),
                     uuid_format(config->b_info.u.hvm.ms_vm_genid.bytes, text));
}

static const struct hook genid_hook = {read_genid, write_genid, write_genid};

static const struct word msr_words[] = {{"ignore", 1, NULL}, {"fault", 0, NULL}, {NULL, 0, NULL}};

static int
read_msrs(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
          struct err *err)
{
    static const char *const words[] = {"fault", "ignore", NULL};
    libxl_domain_config     *config = base;
    const char              *unknown = xml_attr(node, "unknown");
    int                      word = 0;

    (void)walk, (void)item;
    if (!unknown)
        return 0;
    if (xml_word(node, "unknown", unknown, words, &word, err))
        return -1;
    libxl_defbool_set(&config->b_info.arch_x86.msr_relaxed, word);
    return 0;
}

static void
write_msrs(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_config *config = base;
    libxl_defbool              relaxed = config->b_info.arch_x86.msr_relaxed;

    (void)walk, (void)item;
    if (!libxl_defbool_is_default(relaxed))
        xml_set_attr(walk_make(parent, "features/msrs"), "unknown",
                     walk_word(msr_words, libxl_defbool_val(relaxed)));
}

static const struct hook msrs_hook = {.read = read_msrs, .write = write_msrs};

static int
check_off(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
          struct err *err)
{
    bool on = true;

    (void)item, (void)base;
    if (!node)
        return 0;
    if (xml_bool_attr(node, "state", true, &on, err))
        return -1;
    if (on)
        return xml_unsupported(node, err, "Xen's machine has none");
    walk_note(walk, node, NULL, true, "Xen's machine has none");
    return 0;
}

static const struct hook off_hook = {.read = check_off};

/* Xen takes long mode away together with PAE: nobody who leaves the element out means that. */
static const struct item features[] = {
    {"features/acpi", KIND_FEATURE, C(b_info.acpi), HVM, 0, "off", "on"},
    {"features/acpi", KIND_FEATURE, C(b_info.acpi), PVH, 0, "on", "on"},
    {"features/apic", KIND_FEATURE, C(b_info.apic), HVM, 0, "off", "on"},
    {"features/pae", KIND_FEATURE, C(b_info.u.hvm.pae), HVM, 0, "on", "on"},
    {"features/viridian", KIND_FEATURE, C(b_info.u.hvm.viridian), HVM},
    {"features/hap", KIND_FEATURE, C(c_info.hap), ALL, .unset = ""},
    PART("features/acpi@state"),
    PART("features/apic@state"),
    {.path = "features/apic@eoi", .types = HVM, .flags = IMPLIED, .reason = "is KVM's"},
    PART("features/pae@state"),
    PART("features/viridian@state"),
    PART("features/hap@state"),
    {"features/hyperv", KIND_HOOK, NOWHERE, HVM, STRICT | WHOLE, .hook = &hyperv_hook},
    {"features/xen/e820_host", KIND_FEATURE, C(b_info.u.pv.e820_host), PV},
    PART("features/xen/e820_host@state"),
    {"features/xen/passthrough", KIND_HOOK, NOWHERE, ALL, .hook = &passthrough_hook},
    PART("features/xen/passthrough@state"),
    PART("features/xen/passthrough@mode"),
    {"features/pmu", KIND_FEATURE, C(b_info.vpmu), ALL},
    PART("features/pmu@state"),
    {"features/msrs", KIND_HOOK, NOWHERE, ALL, .hook = &msrs_hook},
    PART("features/msrs@unknown"),
    {"genid", KIND_HOOK, NOWHERE, HVM, STRICT | TEXT, .hook = &genid_hook},
    SO("features/privnet", "is for containers"),
    MAY("features/kvm", "is KVM's"),
    MAY("features/pvspinlock", "a guest decides this itself"),
    MAY("features/vmport", "is KVM's"),
    MAY("features/vmcoreinfo", "is KVM's"),
    {"features/smm", KIND_HOOK, NOWHERE, ALL, .hook = &off_hook},
    PART("features/smm@state"),
    NO("features/ioapic", "Xen's is its own"),
    NO("features/gic", "x86 has none"),
    NO("features/hpt", "x86 has none"),
    NO("features/htm", "x86 has none"),
    NO("features/nested-hv", "x86 has <cpu>'s features vmx and svm"),
    NO("features/ccf-assist", "x86 has none"),
    NO("features/cfpc", "x86 has none"),
    NO("features/sbbc", "x86 has none"),
    NO("features/ibs", "x86 has none"),
    NO("features/ras", "x86 has none"),
    NO("features/aia", "x86 has none"),
    NO("features/tcg", "is QEMU's"),
    NO("features/async-teardown", "is KVM's"),
    NO("features/capabilities", "is for containers"),
    NO("features/ps2", "is not supported"),
};
const struct rows feature_items = {features, array_size(features)};
