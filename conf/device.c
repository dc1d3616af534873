/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * device.c: one device by itself, and which of a definition's it means.
 */
#include "conf/device.h"

#include <string.h>

#include "base/alloc.h"
#include "conf/libxl.h"
#include "def.h"
#include "hooks.h"
#include "text.h"
#include "walk.h"
#include "xml.h"

struct domain_device {
    const struct device *table;
    xmlDoc              *document;
    void                *libxl; /* of the table's struct */
};

/*----- reading and writing -----*/

static int
read_device(struct domain_device *device, struct walk *walk, struct err *err)
{
    xmlNode *root = xmlDocGetRootElement(device->document);

    device->table = device_tables[device_kind(root)];
    if (!device->table)
        return xml_unsupported(root, err, "is not a known device");
    if (device->table->flags & REFUSED)
        return xml_unsupported(root, err, "%s", device->table->reason);
    if (device->table->array == NOWHERE)
        return xml_unsupported(root, err, "cannot come or go while the guest runs");
    device->libxl = xcalloc(1, device->table->size);
    if (walk_read_device(walk, device->table, root, device->libxl, err))
        return -1;
    walk_complete_device(walk, device->table, root, device->libxl);
    return 0;
}

int
domain_device_parse(const char *xml, size_t size, enum domain_type type, unsigned flags,
                    struct domain_device **device_out, struct err *err)
{
    struct walk           walk = {.type = type, .validate = flags & DOMAIN_PARSE_VALIDATE};
    struct domain_device *device;
    xmlDoc               *document;
    int                   r;

    if (size > DOMAIN_XML_MAX)
        return err_set(err, ERR_XML, "device XML of %zu bytes is longer than %u", size,
                       DOMAIN_XML_MAX);
    if (xml_parse(xml, size, &document, err))
        return -1;
    device = xcalloc(1, sizeof *device);
    device->document = document;
    r = read_device(device, &walk, err);
    walk_end(&walk);
    if (r)
        domain_device_free(device);
    else
        *device_out = device;
    return r;
}

struct domain_device *
domain_device_free(struct domain_device *device)
{
    if (!device)
        return NULL;
    if (device->libxl)
        device->table->dispose(device->libxl);
    free(device->libxl);
    xmlFreeDoc(device->document);
    free(device);
    return NULL;
}

char *
domain_device_format(const struct domain_device *device, unsigned flags)
{
    xmlDoc     *copy = xmlCopyDoc(device->document, 1);
    xmlNode    *root = xmlDocGetRootElement(copy);
    struct text out = {0};

    if (!(flags & DOMAIN_XML_SECURE))
        walk_strip_secrets(root);
    xml_write(&out, root);
    xmlFreeDoc(copy);
    return text_take(&out);
}

const char *
domain_device_element(const struct domain_device *device)
{
    return device->table->element;
}

/*----- for libxl -----*/

static const void *
as_table(const struct domain_device *device, const struct device *table)
{
    return device->table == table ? device->libxl : NULL;
}

const libxl_device_disk *
conf_device_disk(const struct domain_device *device)
{
    return as_table(device, &disk_table);
}

const libxl_device_nic *
conf_device_nic(const struct domain_device *device)
{
    return as_table(device, &nic_table);
}

const libxl_device_pci *
conf_device_pci(const struct domain_device *device)
{
    return as_table(device, &pci_table);
}

const libxl_device_usbctrl *
conf_device_usbctrl(const struct domain_device *device)
{
    return as_table(device, &usbctrl_table);
}

const libxl_device_usbdev *
conf_device_usbdev(const struct domain_device *device)
{
    return as_table(device, &usbdev_table);
}

/*----- which one is meant -----*/

/* Numbers as numbers: 0x0a is 10, and what is not said is 0. */
static bool
same_value(const char *a, const char *b)
{
    char         *a_end, *b_end;
    unsigned long a_value = strtoul(a ? a : "0", &a_end, 0);
    unsigned long b_value = strtoul(b ? b : "0", &b_end, 0);

    if ((!a || (*a && !*a_end)) && (!b || (*b && !*b_end)))
        return a_value == b_value;
    return a && b && strcasecmp(a, b) == 0;
}

static bool
matches(const struct device *table, const xmlNode *a, const xmlNode *b)
{
    for (size_t i = 0; i < table->rows.n; i++) {
        const char *path = table->rows.items[i].path, *at = strchr(path, '@');

        if (table->rows.items[i].flags & KEY &&
            !same_value(xml_attr(walk_find(a, path), at + 1), xml_attr(walk_find(b, path), at + 1)))
            return false;
    }
    return true;
}

static xmlNode *
devices_of(const struct domain_def *def)
{
    return xml_child(xmlDocGetRootElement(def->document), "devices");
}

static xmlNode *
find_device(const struct domain_def *def, const struct domain_device *device, size_t *index_out)
{
    const xmlNode *wanted = xmlDocGetRootElement(device->document);

    *index_out = 0;
    for (xmlNode *node = xml_child(devices_of(def), device->table->element); node;
         node = xml_next(node, device->table->element)) {
        if (device_tables[device_kind(node)] != device->table)
            continue;
        if (matches(device->table, node, wanted))
            return node;
        ++*index_out;
    }
    return NULL;
}

bool
domain_def_find_device(const struct domain_def *def, const struct domain_device *device,
                       size_t *index_out)
{
    return find_device(def, device, index_out);
}

/*----- changing a definition -----*/

/* It may clash with others; what it was read as before says nothing of that. */
static int
check_whole(const struct domain_def *def, struct err *err)
{
    libxl_domain_config config;
    int                 r;

    libxl_domain_config_init(&config);
    r = conf_to_libxl(def, &config, err);
    libxl_domain_config_dispose(&config);
    return r;
}

static xmlNode *
copy_of(const struct domain_def *def, const struct domain_device *device)
{
    return xmlDocCopyNode(xmlDocGetRootElement(device->document), def->document, 1);
}

int
domain_def_add_device(struct domain_def *def, const struct domain_device *device, struct err *err)
{
    size_t   index;
    xmlNode *node;

    if (find_device(def, device, &index))
        return err_set(err, ERR_OPERATION_FAILED, "the domain has this %s already",
                       device->table->element);
    node = xmlAddChild(devices_of(def), copy_of(def, device));
    if (check_whole(def, err)) {
        xml_remove(node);
        return -1;
    }
    def_changed(def);
    return 0;
}

static int
no_such_device(const struct domain_device *device, struct err *err)
{
    return err_set(err, ERR_OPERATION_FAILED, "the domain has no such %s", device->table->element);
}

int
domain_def_remove_device(struct domain_def *def, const struct domain_device *device,
                         struct err *err)
{
    size_t   index;
    xmlNode *node = find_device(def, device, &index);

    if (!node)
        return no_such_device(device, err);
    xml_remove(node);
    def_changed(def);
    return 0;
}

int
domain_def_replace_device(struct domain_def *def, const struct domain_device *device,
                          struct err *err)
{
    size_t   index;
    xmlNode *old = find_device(def, device, &index), *node;

    if (!old)
        return no_such_device(device, err);
    node = copy_of(def, device);
    xmlReplaceNode(old, node);
    if (!check_whole(def, err)) {
        xmlFreeNode(old);
        def_changed(def);
        return 0;
    }
    xmlReplaceNode(node, old);
    xmlFreeNode(node);
    return -1;
}
