/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * items-disk.c: <disk>.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "bits.h"
#include "hooks.h"
#include "text.h"
#include "xml.h"

#define D(member) offsetof(libxl_device_disk, member)

/*----- target -----*/

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

/* The number itself: 51712, 0xca00. */
static bool
is_number(const char *target)
{
    size_t digits;

    if (target[0] == '0' && target[1] == 'x')
        digits = span(target += 2, DIGITS "abcdefABCDEF", 8);
    else
        digits = *target == '0' ? 0 : span(target, DIGITS, 9);
    return digits && !target[digits];
}

/* libxl's names of virtual disks, see Xen's xen-vbd-interface(7). */
static bool
is_disk_target(const char *target)
{
    return is_lettered_target(target, "xvd") || is_lettered_target(target, "hd") ||
           is_lettered_target(target, "sd") || is_numbered_target(target) || is_number(target);
}

static int
read_disk_target(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
                 struct err *err)
{
    const xmlNode     *target = xml_child(node, "target");
    const char        *dev = xml_attr(target, "dev");
    libxl_device_disk *disk = base;

    (void)item;
    if (!dev)
        return xml_fail(node, err, "<target dev='...'/> is missing");
    if (!is_disk_target(dev))
        return xml_unsupported(target, err,
                               "dev '%s' is not a disk name that Xen knows, such as xvda", dev);
    for (size_t i = 0; walk->config && i < walk->index; i++)
        if (strcmp(walk->config->disks[i].vdev, dev) == 0)
            return xml_fail(target, err, "dev '%s' is used twice", dev);
    disk->vdev = xstrdup(dev);
    return 0;
}

static void
write_disk_target(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_device_disk *disk = base;

    (void)walk, (void)item;
    xml_set_attr(walk_make(parent, "target"), "dev", disk->vdev);
}

/* The bus follows from the name, as libvirt has it; clients show it. */
static void
complete_bus(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    xmlNode *target = walk_make(parent, "target");
    char     first = *xml_attr(target, "dev");

    (void)walk, (void)item, (void)base;
    if (!xml_attr(target, "bus"))
        xml_set_attr(target, "bus", first == 'h' ? "ide" : first == 's' ? "scsi" : "xen");
}

static const struct hook target_hook = {.read = read_disk_target, .complete = complete_bus};
static const struct hook target_out_hook = {.write = write_disk_target};

/*----- driver -----*/

static const struct word formats[] = {
    {"raw", LIBXL_DISK_FORMAT_RAW, NULL},   {"qcow2", LIBXL_DISK_FORMAT_QCOW2, NULL},
    {"qcow", LIBXL_DISK_FORMAT_QCOW, NULL}, {"vhd", LIBXL_DISK_FORMAT_VHD, NULL},
    {"qed", LIBXL_DISK_FORMAT_QED, NULL},   {"vpc", LIBXL_DISK_FORMAT_VHD, NULL},
    {"aio", LIBXL_DISK_FORMAT_RAW, NULL},   {NULL, 0, NULL},
};

/* tap, tap2 and file are names of Xen's drivers of old: libxl picks what serves today. */
static const struct word drivers[] = {
    {"phy", LIBXL_DISK_BACKEND_PHY, NULL},      {"qemu", LIBXL_DISK_BACKEND_QDISK, NULL},
    {"file", LIBXL_DISK_BACKEND_UNKNOWN, NULL}, {"tap", LIBXL_DISK_BACKEND_UNKNOWN, NULL},
    {"tap2", LIBXL_DISK_BACKEND_UNKNOWN, NULL}, {NULL, 0, NULL},
};

static int
read_driver(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
            struct err *err)
{
    libxl_device_disk *disk = base;
    const xmlNode     *driver = xml_child(node, "driver");
    const char        *name = xml_attr(driver, "name"), *type = xml_attr(driver, "type");
    const struct word *word;

    (void)walk, (void)item;
    disk->format = LIBXL_DISK_FORMAT_RAW;
    if (type) {
        word = walk_find_word(formats, type);
        if (!word)
            return xml_fail(driver, err, "type '%s' is not known", type);
        disk->format = (libxl_disk_format)word->value;
    }
    if (!name)
        return 0;
    word = walk_find_word(drivers, name);
    if (!word)
        return xml_fail(driver, err, "name '%s' is not known", name);
    disk->backend = (libxl_disk_backend)word->value;
    if (disk->format != LIBXL_DISK_FORMAT_RAW &&
        (strcmp(name, "phy") == 0 || strcmp(name, "file") == 0))
        return xml_fail(driver, err, "driver '%s' supports only type raw", name);
    return 0;
}

/* libxl's default is a driver too: the element says raw. */
static void
write_driver(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_device_disk *disk = base;
    const char              *name = disk->backend ? walk_word(drivers, (int)disk->backend) : NULL;
    const char              *type = walk_word(formats, (int)disk->format);
    xmlNode                 *driver = walk_make(parent, "driver");

    (void)walk, (void)item;
    if (name)
        xml_set_attr(driver, "name", name);
    xml_set_attr(driver, "type", type ? type : "raw");
}

static const struct hook driver_hook = {.read = read_driver, .write = write_driver};

static const struct word discards[] = {{"unmap", 1, NULL}, {"ignore", 0, NULL}, {NULL, 0, NULL}};

static int
read_discard(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
             struct err *err)
{
    static const char *const words[] = {"ignore", "unmap", NULL};
    libxl_device_disk       *disk = base;
    const char              *discard = xml_attr(node, "discard");
    int                      word = 0;

    (void)walk, (void)item;
    if (!discard)
        return 0;
    if (xml_word(node, "discard", discard, words, &word, err))
        return -1;
    libxl_defbool_set(&disk->discard_enable, word);
    return 0;
}

static void
write_discard(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_device_disk *disk = base;

    (void)walk, (void)item;
    if (!libxl_defbool_is_default(disk->discard_enable))
        xml_set_attr(walk_make(parent, "driver"), "discard",
                     walk_word(discards, libxl_defbool_val(disk->discard_enable)));
}

static const struct hook discard_hook = {.read = read_discard, .write = write_discard};

/*----- source over the network, as QEMU names it -----*/

/* A part of such a name, with a backslash before what would end it. */
static void
add_disk_escaped(struct text *out, const char *s)
{
    for (; *s; s++)
        text_addf(out, strchr(":\\", *s) ? "\\%c" : "%c", *s);
}

static void
add_monitors(struct text *out, const xmlNode *source)
{
    const char *before = ":mon_host=";

    for (const xmlNode *host = xml_child(source, "host"); host; host = xml_next(host, "host")) {
        const char *name = xml_attr(host, "name"), *port = xml_attr(host, "port");

        text_add(out, before);
        before = "\\;";
        if (strchr(name, ':'))
            text_add(out, "[");
        add_disk_escaped(out, name);
        if (strchr(name, ':'))
            text_add(out, "]");
        if (port)
            text_addf(out, "\\:%s", port);
    }
}

/* A name or an address, and a number: all else would be taken apart in other places. */
static int
check_host(const xmlNode *host, struct err *err)
{
    static const char host_characters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS ".:_-%";
    const char *name = xml_attr(host, "name"), *port = xml_attr(host, "port");
    const char *socket = xml_attr(host, "socket"), *transport = xml_attr(host, "transport");

    if (name && (!*name || name[strspn(name, host_characters)]))
        return xml_fail(host, err, "name '%s' is no name of a host", name);
    if (port && (!*port || port[strspn(port, DIGITS)]))
        return xml_fail(host, err, "port '%s' is not a number", port);
    if (socket && (!*socket || strchr(socket, ':')))
        return xml_unsupported(host, err, "':' cannot be in the name of a socket");
    if (socket && (!transport || strcmp(transport, "unix") != 0))
        return xml_fail(host, err, "a socket goes with transport 'unix'");
    return 0;
}

static int
check_hosts(const xmlNode *source, struct err *err)
{
    for (const xmlNode *host = xml_child(source, "host"); host; host = xml_next(host, "host"))
        if (check_host(host, err))
            return -1;
    return 0;
}

/* rbd:POOL/IMAGE:id=USER:key=KEY:auth_supported=cephx\;none:mon_host=A\:6789\;B:conf=PATH */
static int
read_rbd(const xmlNode *node, const xmlNode *source, char **path_out, struct err *err)
{
    const xmlNode *auth =
        xml_child(source, "auth") ? xml_child(source, "auth") : xml_child(node, "auth");
    const char *name = xml_attr(source, "name"), *user = xml_attr(auth, "username");
    const char *key = xml_child_attr(auth, "secret", "passwd");
    const char *config = xml_child_attr(source, "config", "file");
    const char *snapshot = xml_child_attr(source, "snapshot", "name");
    const char *type = xml_child_attr(auth, "secret", "type");
    struct text out = {0};

    if (!name || !*name)
        return xml_fail(source, err, "name is missing");
    if (strpbrk(name, ":\\") || (snapshot && strpbrk(snapshot, ":\\")))
        return xml_unsupported(source, err,
                               "':' and '\\' cannot be in the name of an RBD image or snapshot");
    if (auth && (!user || !key))
        return xml_unsupported(auth, err,
                               "a username and <secret type='ceph' passwd='...'/> are "
                               "needed: dom0d keeps no secrets");
    if (type && strcmp(type, "ceph") != 0)
        return xml_unsupported_attr(xml_child(auth, "secret"), "type", err,
                                    "only ceph is "
                                    "supported");
    for (const xmlNode *host = xml_child(source, "host"); host; host = xml_next(host, "host"))
        if (!xml_attr(host, "name") ||
            (xml_attr(host, "transport") && strcmp(xml_attr(host, "transport"), "tcp") != 0))
            return xml_unsupported(host, err, "a monitor is named, and reached by transport 'tcp'");
    text_addf(&out, "rbd:%s", name);
    if (snapshot)
        text_addf(&out, "@%s", snapshot);
    if (auth) {
        text_add(&out, ":id=");
        add_disk_escaped(&out, user);
        text_add(&out, ":key=");
        add_disk_escaped(&out, key);
    }
    text_add(&out, auth ? ":auth_supported=cephx\\;none" : ":auth_supported=none");
    add_monitors(&out, source);
    if (config) {
        text_add(&out, ":conf=");
        add_disk_escaped(&out, config);
    }
    *path_out = text_take(&out);
    return 0;
}

/* nbd:HOST:PORT:exportname=NAME, nbd:unix:PATH:exportname=NAME */
static int
read_nbd(const xmlNode *source, char **path_out, struct err *err)
{
    const xmlNode *host = xml_child(source, "host");
    const char    *name = xml_attr(source, "name"), *transport = xml_attr(host, "transport");
    const char    *address = xml_attr(host, "name"), *port = xml_attr(host, "port");
    const char    *socket = xml_attr(host, "socket");
    struct text    out = {0};

    if (!host || xml_next(host, "host"))
        return xml_fail(source, err, "one <host> is needed");
    if (transport && strcmp(transport, "unix") == 0 && socket)
        text_addf(&out, "nbd:unix:%s", socket);
    else if (transport && strcmp(transport, "tcp") != 0)
        return xml_unsupported(host, err, "transport '%s' is not supported", transport);
    else if (!address)
        return xml_fail(host, err, "name is missing");
    else
        text_addf(&out, strchr(address, ':') ? "nbd:[%s]:%s" : "nbd:%s:%s", address,
                  port ? port : "10809");
    if (name && *name)
        text_addf(&out, ":exportname=%s", name);
    *path_out = text_take(&out);
    return 0;
}

static int
read_network(const xmlNode *node, const xmlNode *source, libxl_device_disk *disk, struct err *err)
{
    const char *protocol = xml_attr(source, "protocol");
    const char *driver = xml_child_attr(node, "driver", "name");

    if (!protocol)
        return xml_fail(source ? source : node, err, "<source protocol='...'/> is missing");
    if (driver && strcmp(driver, "qemu") != 0)
        return xml_unsupported(xml_child(node, "driver"), err,
                               "a disk of the network needs the driver 'qemu'");
    if (xml_child(node, "backenddomain") || xml_child(node, "script"))
        return xml_unsupported(node, err,
                               "a disk of the network is served by dom0, without a "
                               "script");
    if (check_hosts(source, err))
        return -1;
    disk->backend = LIBXL_DISK_BACKEND_QDISK;
    if (strcmp(protocol, "rbd") == 0)
        return read_rbd(node, source, &disk->pdev_path, err);
    if (strcmp(protocol, "nbd") == 0)
        return read_nbd(source, &disk->pdev_path, err);
    return xml_unsupported_attr(source, "protocol", err, "only rbd and nbd are supported");
}

/*----- the same, read -----*/

/* The next part of such a name up to a ':' that has no backslash, without backslashes; those before
 * ';' are kept where list is true.  *s goes behind it; NULL at its end. */
static char *
next_part(const char **s, bool list)
{
    struct text out = {0};

    if (!*s)
        return NULL;
    for (; **s && **s != ':'; ++*s) {
        if (**s == '\\' && (*s)[1] && !(list && (*s)[1] == ';'))
            ++*s;
        text_addf(&out, "%c", **s);
    }
    *s = **s ? *s + 1 : NULL;
    return text_take(&out);
}

/* host, host:port, [host]:port */
static void
write_host(xmlNode *source, const char *text)
{
    xmlNode    *host = xml_add_child(source, "host", NULL);
    const char *end = *text == '[' ? strchr(text, ']') : strrchr(text, ':');
    const char *name = text + (*text == '[');

    if (!end) {
        xml_set_attr(host, "name", text);
        return;
    }
    cleanup_free char *copy = xstrndup(name, (size_t)(end - name));

    xml_set_attr(host, "name", copy);
    end = strchr(end, ':');
    if (end && end[1])
        xml_set_attr(host, "port", end + 1);
}

static void
write_hosts(xmlNode *source, char *list)
{
    char *host, *rest = list;

    while (rest && *rest) {
        host = rest;
        rest = strstr(host, "\\;");
        if (!rest)
            rest = strchr(host, ';');
        if (rest) {
            size_t length = *rest == '\\' ? 2 : 1;

            *rest = '\0';
            rest += length;
        }
        write_host(source, host);
    }
}

static void
write_rbd(xmlNode *node, xmlNode *source, const char *path)
{
    const char        *rest = path + strlen("rbd:");
    cleanup_free char *name = next_part(&rest, false), *part = NULL;
    char              *at = strchr(name, '@');

    xml_set_attr(source, "protocol", "rbd");
    if (at)
        *at = '\0';
    xml_set_attr(source, "name", name);
    for (; (part = next_part(&rest, true)); free(part)) {
        if (strncmp(part, "id=", 3) == 0)
            xml_set_attr(walk_make(node, "auth"), "username", part + 3);
        if (strncmp(part, "key=", 4) == 0) {
            xmlNode *secret = walk_make(node, "auth/secret");

            xml_set_attr(secret, "type", "ceph");
            xml_set_attr(secret, "passwd", part + 4);
        }
        if (strncmp(part, "mon_host=", 9) == 0)
            write_hosts(source, part + 9);
        if (strncmp(part, "conf=", 5) == 0)
            xml_set_attr(walk_make(source, "config"), "file", part + 5);
    }
    if (at)
        xml_set_attr(walk_make(source, "snapshot"), "name", at + 1);
}

static void
write_nbd(xmlNode *source, const char *path)
{
    const char        *rest = path + strlen("nbd:"), *name = strstr(rest, ":exportname=");
    cleanup_free char *place = xstrndup(rest, name ? (size_t)(name - rest) : strlen(rest));
    xmlNode           *host;

    xml_set_attr(source, "protocol", "nbd");
    if (name)
        xml_set_attr(source, "name", name + strlen(":exportname="));
    if (strncmp(place, "unix:", 5) != 0) {
        write_host(source, place);
        return;
    }
    host = xml_add_child(source, "host", NULL);
    xml_set_attr(host, "transport", "unix");
    xml_set_attr(host, "socket", place + 5);
}

/*----- source -----*/

/* By its path: to look whether the file is a device could wait for a server that is not there. */
static const char *
type_by_path(const char *path)
{
    if (path && strncmp(path, "rbd:", 4) == 0)
        return "network";
    if (path && strncmp(path, "nbd:", 4) == 0)
        return "network";
    return path && *path && (*path != '/' || strncmp(path, "/dev/", 5) == 0) ? "block" : "file";
}

static void
write_disk_type(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_device_disk *disk = base;

    (void)walk, (void)item;
    xml_set_attr(parent, "type", type_by_path(disk->pdev_path));
    xml_set_attr(parent, "device", disk->is_cdrom ? "cdrom" : "disk");
}

static int
check_type(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
           struct err *err)
{
    const char *type = xml_attr(node, "type");

    (void)walk, (void)item, (void)base;
    if (!type || strcmp(type, "file") == 0 || strcmp(type, "block") == 0 ||
        strcmp(type, "network") == 0)
        return 0;
    return xml_unsupported(node, err, "type '%s' is not supported", type);
}

static const struct hook type_hook = {.read = check_type, .write = write_disk_type};

/* Unless a PV driver in the guest has it unplugged. */
static bool
is_emulated(const struct walk *walk, const libxl_device_disk *disk)
{
    return walk->type == DOMAIN_HVM &&
           (strncmp(disk->vdev, "hd", 2) == 0 || strncmp(disk->vdev, "sd", 2) == 0);
}

static int
read_source(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
            struct err *err)
{
    libxl_device_disk *disk = base;
    const xmlNode     *source = xml_child(node, "source");
    const char        *type = xml_attr(node, "type");
    const char        *name = type && strcmp(type, "block") == 0 ? "dev" : "file", *path;

    (void)item;
    if (type && strcmp(type, "network") == 0) {
        if (!is_emulated(walk, disk))
            walk_note(walk, node, NULL, false,
                      "QEMU 7.2 opens only files for a PV disk: the guest waits for this one");
        return read_network(node, source, disk, err);
    }
    path = xml_attr(source, name);
    if (path && *path) {
        disk->pdev_path = xstrdup(path);
        return 0;
    }
    if (!disk->is_cdrom)
        return xml_fail(node, err, "<source %s='...'/> is missing", name);
    disk->format = LIBXL_DISK_FORMAT_EMPTY;
    return 0;
}

static void
write_source(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_device_disk *disk = base;
    const char              *type = type_by_path(disk->pdev_path);
    xmlNode                 *source;

    (void)walk, (void)item;
    if (disk->format == LIBXL_DISK_FORMAT_EMPTY || !disk->pdev_path || !*disk->pdev_path)
        return;
    source = walk_make(parent, "source");
    if (strncmp(disk->pdev_path, "rbd:", 4) == 0)
        write_rbd(parent, source, disk->pdev_path);
    else if (strncmp(disk->pdev_path, "nbd:", 4) == 0)
        write_nbd(source, disk->pdev_path);
    else
        xml_set_attr(source, strcmp(type, "block") == 0 ? "dev" : "file", disk->pdev_path);
}

static const struct hook source_hook = {.read = read_source, .write = write_source};

/*----- what follows from others -----*/

static const struct word devices[] = {
    {"disk", 0, NULL}, {"cdrom", 1, NULL}, {"floppy", 0, ""}, {"lun", 0, ""}, {NULL, 0, NULL},
};

static int
read_readonly(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
              struct err *err)
{
    libxl_device_disk *disk = base;

    (void)item, (void)err;
    if (disk->is_cdrom && xml_child(node, "readonly"))
        walk_note(walk, xml_child(node, "readonly"), NULL, true, "a CD-ROM is read-only");
    disk->readwrite = !disk->is_cdrom && !xml_child(node, "readonly");
    disk->removable = disk->is_cdrom;
    return 0;
}

static void
write_readonly(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_device_disk *disk = base;

    (void)walk, (void)item;
    if (!disk->readwrite)
        walk_make(parent, "readonly");
}

static const struct hook readonly_hook = {.read = read_readonly, .write = write_readonly};

/*----- the rows -----*/

static const struct word caches[] = {
    {"default", 0, NULL},
    {"none", 0, NULL},
    {"writeback", 0, NULL},
    {"writethrough", 0, "is not supported"},
    {"directsync", 0, "is not supported"},
    {"unsafe", 0, "is not supported"},
    {NULL, 0, NULL},
};
static const struct word off_only[] = {{"off", 0, NULL}, {"no", 0, NULL}, {NULL, 0, NULL}};
static const struct word mandatory_only[] = {{"mandatory", 0, NULL}, {NULL, 0, NULL}};
static const struct word closed_only[] = {{"closed", 0, NULL}, {NULL, 0, NULL}};

static const struct item items[] = {
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &type_hook},
    {.path = "@type", .types = ALL, .flags = COMPLETE, .initial = "file"},
    {"@device", KIND_ENUM, D(is_cdrom), ALL, COMPLETE, "disk", .words = devices},
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &target_hook},
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &driver_hook},
    PART("driver@name"),
    PART("driver@type"),
    {"driver@discard", KIND_HOOK, NOWHERE, ALL, .hook = &discard_hook},
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &source_hook},
    {"backenddomain@name", KIND_STR, D(backend_domname), ALL},
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &target_out_hook},
    {"script@path", KIND_STR, D(script), ALL},
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &readonly_hook},
    {"boot", KIND_HOOK, NOWHERE, HVM, .hook = &boot_order_hook},
    {"readonly", KIND_PRESENT, NOWHERE, ALL},
    {.path = "target@dev", .types = ALL, .flags = KEY},
    SO("target@bus", "follows from the name"),
    {.path = "target@removable",
     .types = ALL,
     .flags = IMPLIED,
     .words = off_only,
     .reason = "is not supported"},
    {.path = "target@tray",
     .types = ALL,
     .flags = IMPLIED,
     .words = closed_only,
     .reason = "is not supported"},
    MAY("target@rotation_rate", "Xen's disks do not tell"),
    PART_ONLY_WHEN("source@file", "@type=file|"),
    PART_ONLY_WHEN("source@dev", "@type=block"),
    PART_ONLY_WHEN("source@protocol", "@type=network"),
    PART_ONLY_WHEN("source@name", "@type=network"),
    {.path = "source/host", .types = ALL, .flags = MANY | STRICT, .when = "@type=network"},
    PART("source/host@name"),
    PART("source/host@port"),
    PART("source/host@transport"),
    PART("source/host@socket"),
    PART_ONLY_WHEN("source/config@file", "source@protocol=rbd"),
    PART_ONLY_WHEN("source/snapshot@name", "source@protocol=rbd"),
    PART_ONLY_WHEN("source/auth@username", "source@protocol=rbd"),
    PART("source/auth/secret@type"),
    {.path = "source/auth/secret@passwd", .types = ALL, .flags = SECRET},
    NO("source/auth/secret@uuid", "dom0d keeps no secrets"),
    NO("source/auth/secret@usage", "dom0d keeps no secrets"),
    PART_ONLY_WHEN("auth@username", "source@protocol=rbd"),
    PART("auth/secret@type"),
    {.path = "auth/secret@passwd", .types = ALL, .flags = SECRET},
    NO("auth/secret@uuid", "dom0d keeps no secrets"),
    NO("auth/secret@usage", "dom0d keeps no secrets"),
    SO("source@index", "is given when the domain starts"),
    {.path = "source@startupPolicy",
     .types = ALL,
     .flags = IMPLIED,
     .words = mandatory_only,
     .reason = "is not supported"},
    {.path = "source@tls",
     .types = ALL,
     .flags = IMPLIED,
     .words = off_only,
     .reason = "is not supported"},
    MAY("source/seclabel", "Xen labels no files"),
    NO("source/reservations", "is not supported"),
    NO("source/slices", "is not supported"),
    NO("source/encryption", "is not supported"),
    NO("source/cookies", "is not supported"),
    NO("source/timeout", "is not supported"),
    NO("source/readahead", "is not supported"),
    NO("source/initiator", "is not supported"),
    {.path = "driver@cache",
     .types = ALL,
     .flags = IGNORED,
     .words = caches,
     .reason = "how a backend caches is its own; what a guest flushes is on the disk"},
    MAY("driver@io", "how a backend reads and writes is its own"),
    MAY("driver@error_policy", "an error goes to the guest"),
    MAY("driver@rerror_policy", "an error goes to the guest"),
    MAY("driver@ioeventfd", "is KVM's"),
    MAY("driver@event_idx", "is KVM's"),
    {.path = "driver@copy_on_read",
     .types = ALL,
     .flags = IMPLIED,
     .words = off_only,
     .reason = "is not supported"},
    {.path = "driver@detect_zeroes",
     .types = ALL,
     .flags = IMPLIED,
     .words = off_only,
     .reason = "is not supported"},
    NO("driver@queues", "a backend and its guest agree on the queues"),
    NO("driver@queue_size", "is not supported"),
    NO("driver@iothread", "Xen has no I/O threads"),
    NO("driver/iothreads", "Xen has no I/O threads"),
    NO("driver/metadata_cache", "is not supported"),
    NO("driver@discard_no_unref", "is not supported"),
    NO("driver@iommu", "is not supported"),
    NO("driver@ats", "is not supported"),
    NO("driver@packed", "is not supported"),
    SO("backingStore", "an image names what it is based on"),
    SO("mirror", "is true of a running domain only"),
    NO("encryption", "is not supported"),
    NO("transient", "is not supported"),
    NO("shareable", "is not supported: two guests would each write as if they were alone"),
    NO("iotune", "is not supported"),
    NO("throttlefilters", "is not supported"),
    NO("blockio", "is not supported"),
    NO("geometry", "is not supported"),
    {.path = "boot@loadparm", .types = HVM, .flags = REFUSED, .reason = "is not supported"},
    PART("boot@order"),
    MAY("serial", "Xen's disks have none"),
    MAY("wwn", "Xen's disks have none"),
    MAY("vendor", "Xen's disks have none"),
    MAY("product", "Xen's disks have none"),
    MAY("acpi", "Xen's machine is its own"),
    SO("alias", "is given when the domain starts"),
    SO("address", "follows from the name"),
    {.path = "@snapshot", .types = ALL, .flags = IMPLIED, .reason = "there are no snapshots"},
    {.path = "@rawio",
     .types = ALL,
     .flags = IMPLIED,
     .words = off_only,
     .reason = "is not supported"},
    NO("@sgio", "is not supported"),
    SO("@model", "follows from the name"),
};

const struct device disk_table = {
    .element = "disk",
    .rows = {items, array_size(items)},
    .size = sizeof(libxl_device_disk),
    .array = C(disks),
    .count = C(num_disks),
    .init = (void (*)(void *))libxl_device_disk_init,
    .dispose = (void (*)(void *))libxl_device_disk_dispose,
};
