/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hooks.h: what the files of rows share.
 */
#ifndef CONF_HOOKS_H
#define CONF_HOOKS_H

#include "walk.h"

/** One more of the hypervisor's faces for Windows. */
void viridian_enable(libxl_domain_build_info *info, libxl_viridian_enlightenment which);

/** <boot order='...'/> of a disk or an interface. */
extern const struct hook boot_order_hook;

/** What the devices' boot orders make, after all of them; os: where the element is. */
int boot_order_finish(struct walk *walk, const xmlNode *root, struct err *err);

/** The <console> that a guest has without its being named. */
extern const struct hook default_console_hook;

/** "vif7.0", "vnet3": a name that was given to an interface when it started, not by the user. */
bool is_generated_name(const char *interface_name);

/**
 * A character device as libxl has it, from the <serial> or <console> in node: "pty",
 * "file:/path", "tcp:host:port,server,nowait".  *text_out is the caller's to free.
 */
int chardev_read(const xmlNode *node, char **text_out, struct err *err);

/** The reverse, into a new element without a target.  false: that has no words in XML. */
bool chardev_write(xmlNode *node, const char *text);

/** A terminal, as is one that does not say what it is. */
bool is_pty(const xmlNode *node);

extern const struct device disk_table, nic_table, graphics_table, video_table, input_table,
    sound_table, serial_table, console_table, channel_table, emulator_table, xenbus_table,
    usbctrl_table, pci_table, usbdev_table;

#endif
