/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * format.c: the document as text, with what is live in it and without what is secret.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/domain.h"
#include "def.h"
#include "hooks.h"
#include "text.h"
#include "whole.h"
#include "xml.h"

/* A domain has one console that counts: the first <console>, and the serial port behind it. */
static void
add_terminal(xmlNode *node, const char *path)
{
    xmlNode *source;

    xml_set_attr(node, "tty", path);
    source = xml_add_child(node, "source", NULL);
    xml_set_attr(source, "path", path);
    if (node->children != source)
        xmlAddPrevSibling(node->children, source);
}

static void
add_console(const struct domain_def *def, xmlNode *devices, const char *tty)
{
    xmlNode *console = xml_child(devices, "console"), *serial = xml_child(devices, "serial");

    if (!tty || !console)
        return;
    add_terminal(console, tty);
    if (def->type == DOMAIN_HVM && serial && is_pty(serial))
        add_terminal(serial, tty);
}

static void
add_interface_names(xmlNode *devices, const struct domain_live *live)
{
    xmlNode *node = xml_child(devices, "interface");

    for (size_t i = 0; node; i++, node = xml_next(node, "interface")) {
        xmlNode    *target = xml_child(node, "target");
        const char *dev = xml_attr(target, "dev");

        /* A name that the user gave is the one it has. */
        if ((dev && *dev) || i >= live->n_interface_names || !live->interface_names[i])
            continue;
        if (!target)
            target = xml_add_child(node, "target", NULL);
        xml_set_attr(target, "dev", live->interface_names[i]);
    }
}

static void
add_vnc_port(xmlNode *devices, int port)
{
    xmlNode *graphics = xml_child(devices, "graphics");
    char     text[16];

    while (graphics && strcmp(xml_attr(graphics, "type"), "vnc") != 0)
        graphics = xml_next(graphics, "graphics");
    if (!port || !graphics)
        return;
    snprintf(text, sizeof text, "%d", port);
    xml_set_attr(graphics, "port", text);
    /* Where libxl has its server listen when it is not told. */
    if (!xml_attr(graphics, "listen"))
        xml_set_attr(graphics, "listen", "127.0.0.1");
}

static void
add_live(const struct domain_def *def, xmlNode *root, const struct domain_live *live)
{
    xmlNode *devices = xml_child(root, "devices");
    char     id[16];

    snprintf(id, sizeof id, "%d", live->domid);
    xml_set_attr(root, "id", id);
    add_console(def, devices, live->console_tty);
    if (live->interface_names)
        add_interface_names(devices, live);
    add_vnc_port(devices, live->vnc_port);
}

int
domain_def_keep_text(struct domain_def *def, size_t longer, struct err *err)
{
    struct text out = {.max = DOMAIN_XML_MAX};

    free(take_ptr(def->text));
    xml_write(&out, xmlDocGetRootElement(def->document));
    if (!out.is_cut && out.length > longer)
        def->text = text_take(&out);
    free(out.data);
    return out.is_cut ? err_set(err, ERR_XML,
                                "domain XML that becomes longer than %u bytes when "
                                "each of its elements has a line",
                                DOMAIN_XML_MAX)
                      : 0;
}

static bool
has_hidden(const struct domain_def *def, xmlNode *root)
{
    return root ? walk_has_secrets(root) || whole_find(root) : def->hides;
}

char *
domain_def_format(const struct domain_def *def, const struct domain_live *live, unsigned flags)
{
    bool        runs = live && live->domid >= 0 && !(flags & DOMAIN_XML_INACTIVE);
    xmlNode    *root = xmlDocGetRootElement(def->document);
    bool        hide = !(flags & DOMAIN_XML_SECURE) && has_hidden(def, root);
    xmlDoc     *copy = NULL;
    struct text out = {0};

    if (def->text && !runs && !hide)
        return xstrdup(def->text);
    if (runs || hide) {
        copy = def_document(def);
        root = xmlDocGetRootElement(copy);
    }
    if (hide) {
        walk_strip_secrets(root);
        whole_hide(root);
    }
    if (runs)
        add_live(def, root, live);
    xml_write(&out, root);
    xmlFreeDoc(copy);
    return text_take(&out);
}

/*----- domains without a definition -----*/

static xmlNode *
add_number(xmlNode *parent, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, value);
    return xml_add_child(parent, name, text);
}

static void
set_number_attr(xmlNode *node, const char *name, int64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRId64, value);
    xml_set_attr(node, name, text);
}

static void
add_control_os(xmlNode *root)
{
    xmlNode *type = xml_add_child(xml_add_child(root, "os", NULL), "type", "linux");

    xml_set_attr(type, "arch", "x86_64");
    xml_set_attr(type, "machine", "xenpv");
}

char *
domain_control_format(int domid, const char *name, const uint8_t uuid[UUID_SIZE],
                      const char *description, uint64_t memory_kib, unsigned vcpus,
                      unsigned max_vcpus)
{
    xmlDoc     *document = xmlNewDoc((const xmlChar *)"1.0");
    xmlNode    *root = xmlNewDocNode(document, NULL, (const xmlChar *)"domain", NULL), *vcpu;
    struct text out = {0};
    char        uuid_text[UUID_TEXT_SIZE];

    xmlDocSetRootElement(document, root);
    xml_set_attr(root, "type", "xen");
    set_number_attr(root, "id", domid);
    xml_add_child(root, "name", name);
    xml_add_child(root, "uuid", uuid_format(uuid, uuid_text));
    if (description)
        xml_add_child(root, "description", description);
    xml_set_attr(add_number(root, "memory", memory_kib), "unit", "KiB");
    xml_set_attr(add_number(root, "currentMemory", memory_kib), "unit", "KiB");
    vcpu = add_number(root, "vcpu", max_vcpus);
    xml_set_attr(vcpu, "placement", "static");
    set_number_attr(vcpu, "current", vcpus);
    add_control_os(root);
    xml_write(&out, root);
    xmlFreeDoc(document);
    return text_take(&out);
}
