/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libxml/tree.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/domain.h"
#include "names.h"
#include "xml.h"

const char *const action_names[] = {
    "destroy",          "restart", "rename-restart", "preserve", "coredump-destroy",
    "coredump-restart", NULL,
};
const char *const type_names[] = {"xen", "xenpvh", "hvm", NULL};
const char *const type_machines[] = {"xenpv", "xenpvh", "xenfv", NULL};
const char *const disk_format_names[] = {"raw", "qcow2", "qcow", "vhd", "qed", NULL};
const char *const interface_type_names[] = {"bridge", "ethernet", NULL};
const char *const video_names[] = {"", "cirrus", "vga", "qxl", "none", NULL};

const char *
domain_action_name(enum domain_action action)
{
    return action_names[action];
}

const char *
domain_type_name(enum domain_type type)
{
    return type_names[type];
}

bool
domain_name_is_valid(const char *name)
{
    size_t length = strlen(name);

    if (!length || length > DOMAIN_NAME_MAX || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        !xmlCheckUTF8((const xmlChar *)name))
        return false;
    for (; *name; name++)
        if (*name == '/' || (unsigned char)*name < ' ' || *name == 0x7f)
            return false;
    return true;
}

static void
free_disk(struct domain_disk *disk)
{
    free(disk->source);
    free(disk->target);
    free(disk->script);
    free(disk->backend_domain);
}

static void
free_interface(struct domain_interface *nic)
{
    free(nic->source);
    free(nic->script);
    free(nic->model);
    free(nic->target);
    free(nic->ip);
    free(nic->backend_domain);
}

static void
free_graphics(struct domain_graphics *graphics)
{
    free(graphics->listen);
    free(graphics->password);
    free(graphics->keymap);
}

static void
free_devices(struct domain_def *def)
{
    for (size_t i = 0; i < def->n_disks; i++)
        free_disk(&def->disks[i]);
    for (size_t i = 0; i < def->n_interfaces; i++)
        free_interface(&def->interfaces[i]);
    for (size_t i = 0; i < def->n_graphics; i++)
        free_graphics(&def->graphics[i]);
    free(def->disks);
    free(def->interfaces);
    free(def->graphics);
    free(def->emulator);
}

struct domain_def *
domain_def_free(struct domain_def *def)
{
    if (!def)
        return NULL;
    free_devices(def);
    free(def->name);
    free(def->kernel);
    free(def->ramdisk);
    free(def->cmdline);
    free(def->bootloader);
    free(def->bootloader_args);
    free(def->loader);
    free(def->firmware);
    xmlFreeDoc(def->document);
    free(def);
    return NULL;
}

void
domain_def_rename(struct domain_def *def, const char *name)
{
    free(def->name);
    def->name = xstrdup(name);
    xml_set_text(xml_child(xmlDocGetRootElement(def->document), "name"), name);
}
