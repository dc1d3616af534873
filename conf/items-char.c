/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * items-char.c: consoles, serial ports and channels.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "bits.h"
#include "hooks.h"
#include "text.h"
#include "xml.h"

/*----- libxl's words, which are QEMU's -----*/

static const char server[] = ",server,nowait";

static int
check_mode(const xmlNode *node, struct err *err)
{
    static const char *const modes[] = {"bind", "connect", NULL};
    int                      word;

    for (const xmlNode *source = xml_child(node, "source"); source;
         source = xml_next(source, "source")) {
        const char *mode = xml_attr(source, "mode");

        if (mode && xml_word(source, "mode", mode, modes, &word, err))
            return -1;
    }
    return 0;
}

/* A ',' would begin an option. */
static int
check_part(const xmlNode *node, const char *part, const char *name, struct err *err)
{
    if (!part || !*part)
        return xml_fail(node, err, "%s is missing", name);
    return strchr(part, ',') ? xml_unsupported(node, err, "',' cannot be in %s", name) : 0;
}

/* A host or a service: all else would be taken apart in other places. */
static int
check_end(const xmlNode *node, const char *part, const char *name, struct err *err)
{
    static const char characters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:_-%[]";

    if (!part || !*part)
        return xml_fail(node, err, "%s is missing", name);
    return part[strspn(part, characters)]
               ? xml_fail(node, err, "%s '%s' has characters of no such name", name, part)
               : 0;
}

static bool
is_bound(const xmlNode *source)
{
    const char *mode = xml_attr(source, "mode");

    return !mode || strcmp(mode, "bind") == 0;
}

static int
read_path(const xmlNode *node, const char *prefix, const char *suffix, char **text_out,
          struct err *err)
{
    const xmlNode *source = xml_child(node, "source");
    const char    *path = xml_attr(source, "path");

    if (check_part(source ? source : node, path, "the path of a <source>", err))
        return -1;
    *text_out = xasprintf("%s%s%s", prefix, path, suffix);
    return 0;
}

static int
read_tcp(const xmlNode *node, char **text_out, struct err *err)
{
    const xmlNode *source = xml_child(node, "source");
    const char    *protocol = xml_child_attr(node, "protocol", "type");
    const char    *host = xml_attr(source, "host"), *service = xml_attr(source, "service");

    if (protocol && strcmp(protocol, "raw") != 0 && strcmp(protocol, "telnet") != 0)
        return xml_unsupported_attr(xml_child(node, "protocol"), "type", err,
                                    "only raw and telnet are supported");
    if (check_end(source ? source : node, host, "the host of a <source>", err) ||
        check_end(source, service, "service", err))
        return -1;
    *text_out =
        xasprintf("%s:%s:%s%s", protocol && strcmp(protocol, "telnet") == 0 ? "telnet" : "tcp",
                  host, service, is_bound(source) ? server : "");
    return 0;
}

/* udp:HOST:PORT@BINDHOST:BINDPORT; all but the port may be left out. */
static int
read_udp(const xmlNode *node, char **text_out, struct err *err)
{
    const char *to[2] = {NULL, NULL}, *from[2] = {NULL, NULL};

    for (const xmlNode *source = xml_child(node, "source"); source;
         source = xml_next(source, "source")) {
        const char  *mode = xml_attr(source, "mode");
        const char **end = mode && strcmp(mode, "bind") == 0 ? from : to;

        end[0] = xml_attr(source, "host");
        end[1] = xml_attr(source, "service");
    }
    if (check_end(node, to[1], "the service of a <source mode='connect'>", err) ||
        (to[0] && check_end(node, to[0], "host", err)) ||
        (from[0] && check_end(node, from[0], "host", err)) ||
        (from[1] && check_end(node, from[1], "service", err)))
        return -1;
    *text_out = from[0] || from[1] ? xasprintf("udp:%s:%s@%s:%s", to[0] ? to[0] : "", to[1],
                                               from[0] ? from[0] : "", from[1] ? from[1] : "0")
                                   : xasprintf("udp:%s:%s", to[0] ? to[0] : "", to[1]);
    return 0;
}

/* It has no word before it, and QEMU would take what is no path for one. */
static int
read_device(const xmlNode *node, char **text_out, struct err *err)
{
    if (read_path(node, "", "", text_out, err))
        return -1;
    return **text_out == '/'
               ? 0
               : xml_fail(xml_child(node, "source"), err, "the path of a device begins with '/'");
}

int
chardev_read(const xmlNode *node, char **text_out, struct err *err)
{
    static const char *const plain[] = {"pty", "null", "vc", "stdio"};
    const char              *type = xml_attr(node, "type");
    const xmlNode           *source = xml_child(node, "source");

    if (!type)
        type = "pty";
    if (check_mode(node, err))
        return -1;
    if (strcmp(type, "udp") != 0 && source && xml_next(source, "source"))
        return xml_unsupported(xml_next(source, "source"), err, "only one is supported");
    for (size_t i = 0; i < array_size(plain); i++) {
        if (strcmp(type, plain[i]) != 0)
            continue;
        *text_out = xstrdup(type);
        return 0;
    }
    if (strcmp(type, "file") == 0)
        return read_path(node, "file:", "", text_out, err);
    if (strcmp(type, "pipe") == 0)
        return read_path(node, "pipe:", "", text_out, err);
    if (strcmp(type, "dev") == 0)
        return read_device(node, text_out, err);
    if (strcmp(type, "unix") == 0)
        return read_path(node, "unix:", is_bound(xml_child(node, "source")) ? server : "", text_out,
                         err);
    if (strcmp(type, "tcp") == 0)
        return read_tcp(node, text_out, err);
    if (strcmp(type, "udp") == 0)
        return read_udp(node, text_out, err);
    return xml_unsupported(node, err, "type '%s' is not supported", type);
}

/*----- the same, read -----*/

/* "host:port" */
static void
set_host(xmlNode *source, const char *text, size_t length)
{
    cleanup_free char *copy = xstrndup(text, length);
    char              *colon = strrchr(copy, ':');

    if (!colon)
        return;
    *colon = '\0';
    if (*copy)
        xml_set_attr(source, "host", copy);
    xml_set_attr(source, "service", colon + 1);
}

static bool
write_socket(xmlNode *node, const char *type, const char *rest)
{
    size_t   length = strcspn(rest, ",");
    bool     bound = strcmp(rest + length, server) == 0;
    xmlNode *source;

    if (rest[length] && !bound)
        return false;
    xml_set_attr(node, "type", strcmp(type, "unix") == 0 ? "unix" : "tcp");
    source = xml_add_child(node, "source", NULL);
    xml_set_attr(source, "mode", bound ? "bind" : "connect");
    if (strcmp(type, "unix") == 0) {
        cleanup_free char *path = xstrndup(rest, length);

        xml_set_attr(source, "path", path);
        return true;
    }
    set_host(source, rest, length);
    xml_set_attr(xml_add_child(node, "protocol", NULL), "type",
                 strcmp(type, "telnet") == 0 ? "telnet" : "raw");
    return true;
}

static bool
write_udp(xmlNode *node, const char *rest)
{
    size_t to = strcspn(rest, "@");

    if (strchr(rest, ','))
        return false;
    xml_set_attr(node, "type", "udp");
    if (rest[to]) {
        xmlNode *source = xml_add_child(node, "source", NULL);

        xml_set_attr(source, "mode", "bind");
        set_host(source, rest + to + 1, strlen(rest + to + 1));
    }
    xmlNode *source = xml_add_child(node, "source", NULL);

    xml_set_attr(source, "mode", "connect");
    set_host(source, rest, to);
    return true;
}

bool
chardev_write(xmlNode *node, const char *text)
{
    static const char *const plain[] = {"pty", "null", "vc", "stdio"};
    static const char *const paths[] = {"file", "pipe"};
    static const char *const sockets[] = {"unix", "tcp", "telnet"};
    const char              *colon = strchr(text, ':');
    size_t                   length = colon ? (size_t)(colon - text) : 0;

    for (size_t i = 0; i < array_size(plain); i++)
        if (strcmp(text, plain[i]) == 0) {
            xml_set_attr(node, "type", text);
            return true;
        }
    for (size_t i = 0; i < array_size(sockets); i++)
        if (length == strlen(sockets[i]) && strncmp(text, sockets[i], length) == 0)
            return write_socket(node, sockets[i], colon + 1);
    if (strncmp(text, "udp:", 4) == 0)
        return write_udp(node, text + 4);
    if (strchr(text, ','))
        return false;
    for (size_t i = 0; i < array_size(paths); i++)
        if (length == strlen(paths[i]) && strncmp(text, paths[i], length) == 0) {
            xml_set_attr(node, "type", paths[i]);
            xml_set_attr(xml_add_child(node, "source", NULL), "path", colon + 1);
            return true;
        }
    if (*text != '/')
        return false;
    xml_set_attr(node, "type", "dev");
    xml_set_attr(xml_add_child(node, "source", NULL), "path", text);
    return true;
}

/*----- terminals: what a running domain's console has -----*/

bool
is_pty(const xmlNode *node)
{
    const char *type = xml_attr(node, "type");

    return !type || strcmp(type, "pty") == 0;
}

static void
strip_terminal(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    xmlNode *source;

    (void)walk, (void)item, (void)base;
    xml_set_attr(parent, "tty", NULL);
    if (is_pty(parent))
        while ((source = xml_child(parent, "source")))
            xml_remove(source);
}

#define CHARDEV_ROWS                                                                               \
    PART("@type"), SO("@tty", "is true of a running domain only"),                                 \
        {.path = "source", .types = ALL, .flags = MANY},                                           \
        PART_WHEN("source@path", "@type=file|pipe|dev|unix|pty|"),                                 \
        PART_WHEN("source@mode", "@type=unix|tcp|udp"), PART_WHEN("source@host", "@type=tcp|udp"), \
        PART_WHEN("source@service", "@type=tcp|udp"), PART_WHEN("protocol@type", "@type=tcp"),     \
        MAY("source@append", "a log is begun anew"), NO("source@tls", "is not supported"),         \
        NO("source/reconnect", "is not supported"), MAY("source/seclabel", "Xen labels no files"), \
        NO("log", "is not supported"), SO("alias", "is given when the domain starts"),             \
        SO("address", "Xen's machine gives each device its place"), PART("target@port"),           \
        SO("target/model", "an HVM guest's are isa-serial"), NO("acpi", "is not supported")

/*----- serial ports -----*/

static int
read_serial(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
            struct err *err)
{
    libxl_domain_build_info *info = &walk->config->b_info;
    uint64_t                 port = walk->index;
    cleanup_free char       *text = NULL;

    (void)item, (void)base;
    if (xml_number_attr(xml_child(node, "target"), "port", UINT16_MAX, &port, err))
        return -1;
    if (port != walk->index)
        return xml_unsupported(xml_child(node, "target"), err,
                               "ports are numbered from 0 in their order");
    if (chardev_read(node, &text, err))
        return -1;
    if (is_pty(node) && xml_child(node, "source"))
        walk_note(walk, xml_child(node, "source"), NULL, true, "is true of a running domain only");
    if (!walk->index) {
        info->u.hvm.serial = take_ptr(text);
        return 0;
    }
    if (info->u.hvm.serial)
        list_add(&info->u.hvm.serial_list, info->u.hvm.serial);
    free(take_ptr(info->u.hvm.serial));
    list_add(&info->u.hvm.serial_list, text);
    return 0;
}

static const char *
serial_at(const libxl_domain_build_info *info, size_t index)
{
    const libxl_string_list list = info->u.hvm.serial_list;

    if (info->u.hvm.serial)
        return index ? NULL : info->u.hvm.serial;
    for (size_t i = 0; list && list[i]; i++)
        if (i == index)
            return list[i];
    return NULL;
}

/* Up to the first that has no words in XML: to leave one out would give the others new numbers. */
static bool
load_serial(struct walk *walk, size_t index, void *device)
{
    const char        *text = serial_at(&walk->config->b_info, index);
    cleanup_free char *again = NULL;
    xmlNode           *trial;
    struct err         err;
    bool               words;

    (void)device;
    if (!text)
        return false;
    trial = xmlNewNode(NULL, (const xmlChar *)"serial");
    words = chardev_write(trial, text) && !chardev_read(trial, &again, &err) &&
            strcmp(again, text) == 0;
    xmlFreeNode(trial);
    return words;
}

static void
write_serial(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    char port[16];

    (void)item, (void)base;
    chardev_write(parent, serial_at(&walk->config->b_info, walk->index));
    snprintf(port, sizeof port, "%zu", walk->index);
    xml_set_attr(xml_add_child(parent, "target", NULL), "port", port);
}

static const struct hook serial_hook = {read_serial, write_serial, strip_terminal};

static const struct word isa_only[] = {
    {"isa-serial", 0, NULL}, {"serial", 0, NULL}, {NULL, 0, NULL}};

static const struct item serial_items[] = {
    {"", KIND_HOOK, NOWHERE, HVM, .hook = &serial_hook},
    {.path = "target@type",
     .types = ALL,
     .flags = IMPLIED,
     .words = isa_only,
     .reason = "an HVM guest's are isa-serial"},
    CHARDEV_ROWS,
};

const struct device serial_table = {
    .element = "serial",
    .rows = {serial_items, array_size(serial_items)},
    .types = HVM,
    .array = NOWHERE,
    .load = load_serial,
};

/*----- the console -----*/

static int
read_console(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
             struct err *err)
{
    const char *type = xml_attr(node, "type");

    (void)item, (void)base;
    if (type && strcmp(type, "pty") != 0)
        return xml_unsupported(node, err, "type '%s' is not supported, only pty", type);
    walk_note(walk, node, NULL, true,
              walk->index ? "a guest has one console" : "is there without being named");
    return 0;
}

static const struct hook console_hook = {.read = read_console, .complete = strip_terminal};

static const struct item console_items[] = {
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &console_hook},
    PART("target@type"),
    CHARDEV_ROWS,
};

const struct device console_table = {
    .element = "console",
    .rows = {console_items, array_size(console_items)},
    .array = NOWHERE,
};

/* A PV or PVH guest always has a console, an HVM guest's is its serial port, if it has one. */
static void
complete_console(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    xmlNode *devices = walk_make(parent, "devices"), *console = xml_child(devices, "console");
    xmlNode *serial = xml_child(devices, "serial"), *target;
    bool     emulated = walk->type == DOMAIN_HVM && serial && is_pty(serial);

    (void)item, (void)base;
    if (!console && walk->type == DOMAIN_HVM && !emulated)
        return;
    if (!console)
        console = xml_add_child(devices, "console", NULL);
    if (!xml_attr(console, "type"))
        xml_set_attr(console, "type", "pty");
    target = walk_make(console, "target");
    if (!xml_attr(target, "type"))
        xml_set_attr(target, "type", emulated ? "serial" : "xen");
    if (!xml_attr(target, "port"))
        xml_set_attr(target, "port", "0");
}

const struct hook default_console_hook = {.complete = complete_console};

/*----- channels -----*/

#define H(member) offsetof(libxl_device_channel, member)

static bool
is_xen_channel(const xmlNode *node)
{
    const char *type = xml_child_attr(node, "target", "type");

    return type && strcmp(type, "xen") == 0;
}

static int
read_channel(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
             struct err *err)
{
    libxl_device_channel *channel = base;
    const char           *type = xml_attr(node, "type");
    const xmlNode        *source = xml_child(node, "source");

    (void)walk, (void)item;
    /* It has no number yet: libxl gives them from 1 on, for 0 is the console's. */
    if (!type || strcmp(type, "pty") == 0) {
        libxl_device_channel_init_connection(channel, LIBXL_CHANNEL_CONNECTION_PTY);
        return 0;
    }
    if (strcmp(type, "unix") != 0)
        return xml_unsupported(node, err, "type '%s' is not supported, only unix and pty", type);
    if (!is_bound(source))
        return xml_unsupported_attr(source, "mode", err, "a channel's socket is bound");
    if (!xml_attr(source, "path"))
        return xml_fail(node, err, "<source path='...'/> is missing");
    libxl_device_channel_init_connection(channel, LIBXL_CHANNEL_CONNECTION_SOCKET);
    channel->u.socket.path = xstrdup(xml_attr(source, "path"));
    return 0;
}

static void
write_channel(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_device_channel *channel = base;
    bool                        socket = channel->connection == LIBXL_CHANNEL_CONNECTION_SOCKET;
    xmlNode                    *source;

    (void)walk, (void)item;
    xml_set_attr(parent, "type", socket ? "unix" : "pty");
    if (socket) {
        source = walk_make(parent, "source");
        xml_set_attr(source, "mode", "bind");
        xml_set_attr(source, "path", channel->u.socket.path);
    }
    xml_set_attr(walk_make(parent, "target"), "type", "xen");
}

static const struct hook channel_hook = {read_channel, write_channel, strip_terminal};

static const struct item channel_items[] = {
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &channel_hook},
    PART("@type"),
    SO("@tty", "is true of a running domain only"),
    {.path = "source", .types = ALL},
    PART_WHEN("source@path", "@type=unix"),
    PART_WHEN("source@mode", "@type=unix"),
    PART("target@type"),
    {"target@name", KIND_STR, H(name), ALL, REQUIRED | KEY},
    SO("target@state", "is true of a running domain only"),
    NO("log", "is not supported"),
    NO("protocol", "is not supported"),
    SO("alias", "is given when the domain starts"),
    SO("address", "is Xen's"),
};

const struct device channel_table = {
    .element = "channel",
    .rows = {channel_items, array_size(channel_items)},
    .size = sizeof(libxl_device_channel),
    .array = C(channels),
    .count = C(num_channels),
    .init = (void (*)(void *))libxl_device_channel_init,
    .dispose = (void (*)(void *))libxl_device_channel_dispose,
    .is = is_xen_channel,
};
