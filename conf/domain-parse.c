/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * domain-parse.c: libvirt's domain XML to struct domain_def; the devices are in devices-parse.c.
 *
 * Elements that are not looked at stay in the document.  Those that would make another machine if
 * they were ignored are refused by name.
 */
#include <string.h>

#include "base/alloc.h"
#include "conf/domain.h"
#include "names.h"
#include "parse.h"
#include "xml.h"

#define MEMORY_BYTES_MAX (UINT64_C(1) << 50)
#define CLOCK_OFFSET_MAX INT32_MAX

/*----- name, UUID -----*/

static int
parse_name(struct domain_def *def, const xmlNode *root, struct err *err)
{
    const xmlNode *node = xml_child(root, "name");

    if (!node)
        return xml_fail(root, err, "<name> is missing");
    def->name = xml_text(node);
    if (!domain_name_is_valid(def->name))
        return xml_fail(node, err,
                        "a name is 1 to %d bytes, not '.' or '..', without '/' and control "
                        "characters",
                        DOMAIN_NAME_MAX);
    return 0;
}

static int
parse_uuid(struct domain_def *def, const xmlNode *root, struct err *err)
{
    const xmlNode     *node = xml_child(root, "uuid");
    cleanup_free char *text = xml_trimmed_text(node);

    if (!text)
        uuid_generate(def->uuid);
    else if (!uuid_parse(text, def->uuid))
        return xml_fail(node, err, "'%s' is not a UUID", text);
    return 0;
}

/*----- memory, vcpus -----*/

/* libvirt's units: K and KiB are 1024, KB is 1000. */
static int
parse_unit(const xmlNode *node, uint64_t *scale_out, struct err *err)
{
    const char *unit = xml_attr(node, "unit");
    const char *letters = "kMGTPE", *letter;
    uint64_t    base, scale = 1;

    if (!unit)
        unit = "KiB";
    letter = *unit == 'K' ? letters : strchr(letters, *unit);
    if (strcmp(unit, "b") == 0 || strcmp(unit, "bytes") == 0) {
        *scale_out = 1;
        return 0;
    }
    if (!*unit || !letter || !(!unit[1] || strcmp(unit + 1, "iB") == 0 || !strcmp(unit + 1, "B")))
        return xml_fail(node, err, "unit '%s' is not known", unit);
    base = unit[1] == 'B' ? 1000 : 1024;
    for (; letter >= letters; letter--)
        scale *= base;
    *scale_out = scale;
    return 0;
}

/* In KiB, rounded up. */
static int
parse_amount(const xmlNode *node, uint64_t *kib_out, struct err *err)
{
    cleanup_free char *text = xml_text(node);
    uint64_t           scale = 1, amount = 0;

    if (parse_unit(node, &scale, err) ||
        xml_number(node, text, MEMORY_BYTES_MAX / scale, &amount, err))
        return -1;
    *kib_out = (amount * scale + 1023) / 1024;
    return 0;
}

static int
parse_memory(struct domain_def *def, const xmlNode *root, struct err *err)
{
    /* libvirt rounds sizes of both, each its own way: so much more is no mistake. */
    const uint64_t rounding_kib = 4096;
    const xmlNode *memory = xml_child(root, "memory");
    const xmlNode *current = xml_child(root, "currentMemory");

    if (!memory)
        return xml_fail(root, err, "<memory> is missing");
    if (parse_amount(memory, &def->max_memory_kib, err))
        return -1;
    if (!def->max_memory_kib)
        return xml_fail(memory, err, "a domain needs memory");
    def->memory_kib = def->max_memory_kib;
    if (current && parse_amount(current, &def->memory_kib, err))
        return -1;
    if (def->memory_kib > def->max_memory_kib + rounding_kib)
        return xml_fail(current, err, "is more than <memory>");
    if (!def->memory_kib || def->memory_kib > def->max_memory_kib)
        def->memory_kib = def->max_memory_kib;
    return 0;
}

static int
parse_vcpu(struct domain_def *def, const xmlNode *root, struct err *err)
{
    const xmlNode     *node = xml_child(root, "vcpu");
    cleanup_free char *text = xml_text(node);
    uint64_t           max = 1, current;

    if (node && xml_number(node, text, DOMAIN_VCPUS_MAX, &max, err))
        return -1;
    current = max;
    if (xml_number_attr(node, "current", max, &current, err))
        return -1;
    if (!max || !current)
        return xml_fail(node, err, "a domain needs a virtual CPU");
    def->max_vcpus = (unsigned)max;
    def->vcpus = (unsigned)current;
    return 0;
}

/*----- os -----*/

static int
parse_type(struct domain_def *def, const xmlNode *os, struct err *err)
{
    static const char *const arches[] = {"x86_64", "i686", NULL};
    const xmlNode           *node = xml_child(os, "type");
    const char              *arch = xml_attr(node, "arch"), *machine = xml_attr(node, "machine");
    cleanup_free char       *text = xml_trimmed_text(node);
    int                      type = DOMAIN_PV, word;

    if (!node)
        return xml_fail(os, err, "<type> is missing");
    /* "linux" is what libvirt itself writes for "xen". */
    if (strcmp(text, "linux") != 0 && xml_word(node, "type", text, type_names, &type, err))
        return -1;
    def->type = (enum domain_type)type;
    if (arch && xml_word(node, "arch", arch, arches, &word, err))
        return -1;
    /* "pc" and its versions are what libvirt takes for an HVM guest of Xen too. */
    if (!machine || strcmp(machine, type_machines[type]) == 0 ||
        (type == DOMAIN_HVM && (!strncmp(machine, "xenfv", 5) || !strncmp(machine, "pc", 2))))
        return 0;
    return xml_unsupported(node, err, "machine '%s' does not go with type '%s'", machine, text);
}

static int
parse_boot(struct domain_def *def, const xmlNode *os, struct err *err)
{
    static const char *const names[] = {"fd", "hd", "cdrom", "network", NULL};
    size_t                   n = 0;

    for (const xmlNode *boot = xml_child(os, "boot"); boot; boot = xml_next(boot, "boot")) {
        const char *dev = xml_attr(boot, "dev");
        int         device;

        if (!dev)
            return xml_fail(boot, err, "dev is missing");
        if (xml_word(boot, "dev", dev, names, &device, err))
            return -1;
        if (n == sizeof def->boot - 1)
            return xml_fail(boot, err, "there are more than %zu", n);
        def->boot[n++] = "acdn"[device];
    }
    return 0;
}

/* NULL for an empty element too: <kernel/> says nothing. */
static char *
child_text(const xmlNode *node, const char *name)
{
    char *text = xml_text(xml_child(node, name));

    if (text && !*text)
        free(take_ptr(text));
    return text;
}

static int
parse_loader(struct domain_def *def, const xmlNode *os, struct err *err)
{
    static const char *const firmwares[] = {"bios", "efi", NULL};
    const xmlNode           *loader = xml_child(os, "loader");
    const char              *type = xml_attr(loader, "type");
    const char              *firmware = xml_attr(os, "firmware");
    int                      word;

    if (firmware && xml_word(os, "firmware", firmware, firmwares, &word, err))
        return -1;
    def->loader = child_text(os, "loader");
    /* A pflash is how libvirt's XML spells a UEFI firmware. */
    if (!firmware && type && strcmp(type, "pflash") == 0)
        firmware = "efi";
    def->firmware = xstrdup(firmware);
    return 0;
}

static int
parse_os(struct domain_def *def, const xmlNode *root, struct err *err)
{
    const xmlNode *os = xml_child(root, "os");

    if (!os)
        return xml_fail(root, err, "<os> is missing");
    if (parse_type(def, os, err) || parse_boot(def, os, err) || parse_loader(def, os, err))
        return -1;
    def->kernel = child_text(os, "kernel");
    def->ramdisk = child_text(os, "initrd");
    def->cmdline = child_text(os, "cmdline");
    def->bootloader = child_text(root, "bootloader");
    def->bootloader_args = child_text(root, "bootloader_args");
    return 0;
}

/*----- features, clock, actions -----*/

/* <acpi/> and <acpi state='on'/> switch it on. */
static int
parse_feature(const xmlNode *features, const char *name, bool absent, bool *value_out,
              struct err *err)
{
    const xmlNode *node = xml_child(features, name);

    *value_out = absent;
    return node ? xml_bool_attr(node, "state", true, value_out, err) : 0;
}

static int
parse_features(struct domain_def *def, const xmlNode *root, struct err *err)
{
    const xmlNode *features = xml_child(root, "features");

    def->hap_given = xml_child(features, "hap");
    if (parse_feature(features, "acpi", def->type == DOMAIN_PVH, &def->acpi, err) ||
        parse_feature(features, "apic", false, &def->apic, err) ||
        parse_feature(features, "hap", false, &def->hap, err) ||
        parse_feature(features, "viridian", false, &def->viridian, err))
        return -1;
    /* Xen takes long mode away together with PAE: nobody who leaves the element out means that. */
    return parse_feature(features, "pae", true, &def->pae, err);
}

static int
parse_adjustment(struct domain_def *def, const xmlNode *clock, struct err *err)
{
    static const char *const bases[] = {"utc", "localtime", NULL};
    const char *text = xml_attr(clock, "adjustment"), *basis = xml_attr(clock, "basis");
    uint64_t    seconds = 0;
    int         word = 0;
    bool        negative = text && *text == '-';

    if (basis && xml_word(clock, "basis", basis, bases, &word, err))
        return -1;
    if (text && xml_number(clock, text + negative, CLOCK_OFFSET_MAX, &seconds, err))
        return -1;
    def->clock_localtime = word;
    def->clock_offset_seconds = negative ? -(int)seconds : (int)seconds;
    return 0;
}

static int
parse_clock(struct domain_def *def, const xmlNode *root, struct err *err)
{
    const xmlNode *clock = xml_child(root, "clock");
    const char    *offset = xml_attr(clock, "offset");

    if (!offset || strcmp(offset, "utc") == 0)
        return 0;
    if (strcmp(offset, "localtime") == 0)
        def->clock_localtime = true;
    else if (strcmp(offset, "variable") == 0)
        return parse_adjustment(def, clock, err);
    else
        return xml_unsupported(clock, err, "offset '%s' is not supported", offset);
    return 0;
}

static int
parse_action(const xmlNode *root, const char *name, enum domain_action absent,
             enum domain_action *action_out, struct err *err)
{
    const xmlNode     *node = xml_child(root, name);
    cleanup_free char *text = xml_trimmed_text(node);
    int                word = (int)absent;

    if (text && xml_word(node, "action", text, action_names, &word, err))
        return -1;
    *action_out = (enum domain_action)word;
    return 0;
}

static int
parse_actions(struct domain_def *def, const xmlNode *root, struct err *err)
{
    if (parse_action(root, "on_poweroff", DOMAIN_ACTION_DESTROY, &def->on_poweroff, err) ||
        parse_action(root, "on_reboot", DOMAIN_ACTION_RESTART, &def->on_reboot, err))
        return -1;
    return parse_action(root, "on_crash", DOMAIN_ACTION_DESTROY, &def->on_crash, err);
}

/*----- the whole -----*/

/* Who asked for these would get a machine that is less safe or shaped otherwise. */
static int
refuse_unsupported(struct domain_def *def, const xmlNode *root, struct err *err)
{
    const xmlNode *security = xml_child(root, "launchSecurity");
    const xmlNode *numa = xml_child(xml_child(root, "cpu"), "numa");

    (void)def;
    if (security)
        return xml_unsupported(security, err, "is not supported");
    return numa ? xml_unsupported(numa, err, "is not supported") : 0;
}

static int
parse_all_devices(struct domain_def *def, const xmlNode *root, struct err *err)
{
    return parse_devices(def, xml_child(root, "devices"), err);
}

static int
parse_domain(struct domain_def *def, const xmlNode *root, struct err *err)
{
    typedef int            parse_fn(struct domain_def *, const xmlNode *, struct err *);
    static parse_fn *const parts[] = {
        parse_name,     parse_uuid,  parse_memory,  parse_vcpu,         parse_os,
        parse_features, parse_clock, parse_actions, refuse_unsupported, parse_all_devices};
    const char *type = xml_attr(root, "type");

    if (!xml_is(root, "domain"))
        return xml_fail(root, err, "<domain> is expected here");
    if (!type || strcmp(type, "xen") != 0)
        return xml_unsupported(root, err, "type must be 'xen'");
    for (size_t i = 0; i < array_size(parts); i++)
        if (parts[i](def, root, err))
            return -1;
    return 0;
}

int
domain_def_parse(const char *xml, size_t size, struct domain_def **def_out, struct err *err)
{
    struct domain_def *def;
    xmlDoc            *document;
    xmlNode           *root;

    if (size > DOMAIN_XML_MAX)
        return err_set(err, ERR_XML, "domain XML of %zu bytes is longer than %u", size,
                       DOMAIN_XML_MAX);
    if (xml_parse(xml, size, &document, err))
        return -1;
    def = xcalloc(1, sizeof *def);
    def->document = document;
    root = xmlDocGetRootElement(document);
    if (parse_domain(def, root, err)) {
        domain_def_free(def);
        return -1;
    }
    complete_document(def, root);
    *def_out = def;
    return 0;
}
