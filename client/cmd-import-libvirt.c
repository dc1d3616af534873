/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Take over the guests of libvirt's Xen driver. */
#include <string.h>

#include "base/alloc.h"
#include "import.h"

#define LIBVIRT_DEFINITIONS "/etc/libvirt/libxl"
#define LIBVIRT_AUTOSTART "/etc/libvirt/libxl/autostart"
#define LIBVIRT_SAVE "/var/lib/libvirt/libxl/save"

struct libvirt_files {
    struct names definitions, autostart, saved;
};

static void
libvirt_clear(struct libvirt_files *files)
{
    names_clear(&files->definitions);
    names_clear(&files->autostart);
    names_clear(&files->saved);
}

#define cleanup_libvirt __attribute__((cleanup(libvirt_clear)))

static int
libvirt_list(const struct root *root, struct libvirt_files *files, struct err *err)
{
    if (root_list(root, LIBVIRT_DEFINITIONS, ".xml", false, &files->definitions, err) < 0 ||
        root_list(root, LIBVIRT_AUTOSTART, ".xml", true, &files->autostart, err) < 0)
        return -1;
    return root_list(root, LIBVIRT_SAVE, ".save", true, &files->saved, err);
}

/* libvirt knows a guest by the name of its file, and of its link and saved state too. */
static int
libvirt_import(struct import *import, const struct libvirt_files *files, const char *name,
               struct err *err)
{
    cleanup_free char  *path = xasprintf(LIBVIRT_DEFINITIONS "/%s.xml", name);
    cleanup_free char  *file = root_path(&import->root, path);
    cleanup_free char  *image = xasprintf("%s" LIBVIRT_SAVE "/%s.save", import->root.path, name);
    cleanup_free char  *xml = NULL;
    struct import_guest guest = {.file = file,
                                 .name = name,
                                 .image = names_have(&files->saved, name) ? image : NULL,
                                 .autostart = names_have(&files->autostart, name)};

    if (root_read(&import->root, path, &xml, NULL, err) < 0) {
        names_add(&import->seen, name);
        return import_refuse_err(import, name, "not defined", err);
    }
    guest.xml = xml;
    return import_guest(import, &guest, err);
}

static int
libvirt_run(struct client *client, const struct options *options, struct err *err)
{
    cleanup_import struct import         import;
    cleanup_libvirt struct libvirt_files files = {.saved = {.list = NULL}};

    if (import_begin(&import, client, options, err) < 0 ||
        libvirt_list(&import.root, &files, err) < 0)
        return -1;
    for (size_t n = 0; n < files.definitions.count; n++)
        if (libvirt_import(&import, &files, files.definitions.list[n], err) < 0)
            return -1;
    if (import_check_rest(&import, LIBVIRT_SAVE, ".save", err) < 0)
        return -1;
    return import_end(&import, err);
}

const struct command cmd_import_libvirt = {
    .name = "import-libvirt",
    .args = "",
    .help = "take over the guests of libvirt's Xen driver, which stay as they are there",
    .options = import_options,
    .run = libvirt_run,
};
