/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * domain-complete.c: the document that was given, made to say all that was understood.
 *
 * So a client reads the same from it whoever wrote it: memory in KiB, the UUID and the addresses
 * that were generated, the actions that are libvirt's defaults.  What a running domain once had
 * goes: people define what `virsh dumpxml` of another domain printed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "names.h"
#include "parse.h"
#include "xml.h"

/*----- what is left out -----*/

/* The order in which libvirt writes them; those not named here come between the actions' group
 * and the devices, or wherever they were. */
static const char *const root_order[] = {
    "name",          "uuid",  "title",       "description",     "metadata", "memory",
    "currentMemory", "vcpu",  "bootloader",  "bootloader_args", "os",       "features",
    "cpu",           "clock", "on_poweroff", "on_reboot",       "on_crash", "devices",
};

static int
rank_of(const xmlNode *node)
{
    for (size_t i = 0; i < array_size(root_order); i++)
        if (xml_is(node, root_order[i]))
            return (int)i;
    return -1;
}

/* A new child of the root, behind the last of those that libvirt writes before it. */
static xmlNode *
insert_in_order(xmlNode *root, const char *name)
{
    xmlNode *node = xml_add_child(root, name, NULL), *before = NULL;
    int      rank = rank_of(node);

    for (xmlNode *child = root->children; child != node; child = child->next)
        if (rank_of(child) >= 0 && rank_of(child) < rank)
            before = child;
    if (before)
        xmlAddNextSibling(before, node);
    return node;
}

static xmlNode *
child_or_new(xmlNode *root, const char *name)
{
    xmlNode *node = xml_child(root, name);

    return node ? node : insert_in_order(root, name);
}

static void
set_if_absent(xmlNode *node, const char *name, const char *value)
{
    if (!xml_attr(node, name))
        xml_set_attr(node, name, value);
}

static void
put_memory(xmlNode *root, const char *name, uint64_t kib)
{
    xmlNode *node = child_or_new(root, name);
    char     text[24];

    snprintf(text, sizeof text, "%" PRIu64, kib);
    xml_set_text(node, text);
    xml_set_attr(node, "unit", "KiB");
}

static void
put_text_if_absent(xmlNode *root, const char *name, const char *text)
{
    if (!xml_child(root, name))
        xml_set_text(insert_in_order(root, name), text);
}

static void
complete_root(const struct domain_def *def, xmlNode *root)
{
    char     uuid[UUID_TEXT_SIZE], vcpus[24];
    xmlNode *type = xml_child(xml_child(root, "os"), "type");

    xml_set_text(child_or_new(root, "uuid"), uuid_format(def->uuid, uuid));
    put_memory(root, "memory", def->max_memory_kib);
    put_memory(root, "currentMemory", def->memory_kib);
    snprintf(vcpus, sizeof vcpus, "%u", def->max_vcpus);
    put_text_if_absent(root, "vcpu", vcpus);
    set_if_absent(xml_child(root, "vcpu"), "placement", "static");
    set_if_absent(type, "arch", "x86_64");
    set_if_absent(type, "machine", type_machines[def->type]);
    set_if_absent(child_or_new(root, "clock"), "offset", "utc");
    put_text_if_absent(root, "on_poweroff", action_names[def->on_poweroff]);
    put_text_if_absent(root, "on_reboot", action_names[def->on_reboot]);
    put_text_if_absent(root, "on_crash", action_names[def->on_crash]);
}

/* The bus follows from the name, as libvirt has it; clients show it. */
static void
complete_disks(const struct domain_def *def, xmlNode *devices)
{
    xmlNode *node = xml_child(devices, "disk");

    for (size_t i = 0; i < def->n_disks; i++, node = xml_next(node, "disk")) {
        char first = def->disks[i].target[0];

        set_if_absent(node, "type", "file");
        set_if_absent(node, "device", "disk");
        set_if_absent(xml_child(node, "target"), "bus",
                      first == 'h'   ? "ide"
                      : first == 's' ? "scsi"
                                     : "xen");
    }
}

static void
complete_interfaces(const struct domain_def *def, xmlNode *devices)
{
    xmlNode *node = xml_child(devices, "interface");

    for (size_t i = 0; i < def->n_interfaces; i++, node = xml_next(node, "interface")) {
        const uint8_t *m = def->interfaces[i].mac;
        xmlNode       *mac = xml_child(node, "mac");
        char           text[18];

        snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
                 m[5]);
        if (!mac) {
            mac = xml_add_child(node, "mac", NULL);
            if (node->children != mac)
                xmlAddPrevSibling(node->children, mac);
        }
        xml_set_attr(mac, "address", text);
    }
}

/* A PV or PVH guest always has a console, an HVM guest's is its serial port, if it has one. */
static void
complete_console(const struct domain_def *def, xmlNode *devices)
{
    xmlNode *console = xml_child(devices, "console"), *target;

    if (!console && def->type == DOMAIN_HVM && !def->serial)
        return;
    if (!console)
        console = xml_add_child(devices, "console", NULL);
    set_if_absent(console, "type", "pty");
    target = xml_child(console, "target");
    if (!target)
        target = xml_add_child(console, "target", NULL);
    set_if_absent(target, "type", def->type == DOMAIN_HVM && def->serial ? "serial" : "xen");
    set_if_absent(target, "port", "0");
}

static void
complete_graphics(const struct domain_def *def, xmlNode *devices)
{
    xmlNode *node = xml_child(devices, "graphics");

    if (!node)
        return;
    /* -1 is also right where autoport='yes' stands beside the port that a domain once had. */
    if (def->graphics[0].port < 0) {
        xml_set_attr(node, "port", "-1");
        xml_set_attr(node, "autoport", "yes");
    }
    if (def->graphics[0].listen)
        set_if_absent(node, "listen", def->graphics[0].listen);
}

/*----- what was live -----*/

/* Each of these removes all that there are: one of two would be left for the next time. */

static void
strip_target(xmlNode *target)
{
    const char *dev = xml_attr(target, "dev");

    if (!dev || !is_generated_name(dev))
        return;
    xml_set_attr(target, "dev", NULL);
    if (!target->properties)
        xml_remove(target);
}

static void
strip_interface(xmlNode *node)
{
    xmlNode *target = xml_child(node, "target"), *next;

    for (; target; target = next) {
        next = xml_next(target, "target");
        strip_target(target);
    }
}

/* The terminal of a console or a serial port. */
static void
strip_terminal(xmlNode *node)
{
    xmlNode *source;

    xml_set_attr(node, "tty", NULL);
    while ((source = xml_child(node, "source")))
        xml_remove(source);
}

/* libvirt numbers devices anew at each start; names that begin with "ua-" are the user's. */
static void
strip_alias(xmlNode *node)
{
    xmlNode *alias = xml_child(node, "alias"), *next;

    for (; alias; alias = next) {
        const char *name = xml_attr(alias, "name");

        next = xml_next(alias, "alias");
        if (!name || strncmp(name, "ua-", 3) != 0)
            xml_remove(alias);
    }
}

static void
strip_devices(xmlNode *devices)
{
    for (xmlNode *node = xml_child(devices, NULL); node; node = xml_next(node, NULL)) {
        strip_alias(node);
        if (xml_is(node, "interface"))
            strip_interface(node);
        if (xml_is(node, "console") || xml_is(node, "serial"))
            strip_terminal(node);
    }
}

void
complete_document(const struct domain_def *def, xmlNode *root)
{
    xmlNode *devices = child_or_new(root, "devices");

    xml_set_attr(root, "id", NULL);
    strip_devices(devices);
    complete_root(def, root);
    complete_disks(def, devices);
    complete_interfaces(def, devices);
    complete_console(def, devices);
    complete_graphics(def, devices);
}
