/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * device.h: one device by itself, as a client sends it to attach, detach or update it.
 *
 * It is read and written by the same rows as those of a whole definition.  For what libxl is to be
 * told of it see conf/libxl.h, conf_device_disk and its like.
 */
#ifndef CONF_DEVICE_H
#define CONF_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "conf/domain.h"

struct domain_device;

/**
 * xml   one element that can stand in <devices>; as domain_def_parse has it.
 * type  of the guest that it is for.
 * flags DOMAIN_PARSE_VALIDATE
 *
 * *device_out is freed by domain_device_free.
 *
 * Errors: as domain_def_parse; ERR_CONFIG_UNSUPPORTED for a device that is part of the machine
 * itself, such as <video>: it cannot come or go.
 */
int domain_device_parse(const char *xml, size_t size, enum domain_type type, unsigned flags,
                        struct domain_device **device_out, struct err *err);

/** NULL is fine.  Returns NULL. */
struct domain_device *domain_device_free(struct domain_device *device);

/** Its XML, complete; secrets only with DOMAIN_XML_SECURE.  The caller's to free. */
char *domain_device_format(const struct domain_device *device, unsigned flags);

/** "disk", "interface", ... */
const char *domain_device_element(const struct domain_device *device);

/**
 * Which of the definition's devices is meant: the one with the same target, MAC address, name or
 * address.  *index_out counts the devices of its kind as libxl's configuration has them.  Returns
 * whether there is one.
 */
bool domain_def_find_device(const struct domain_def *def, const struct domain_device *device,
                            size_t *index_out);

/** Put it into the definition; Copied.  Errors: it is there already, or clashes with another. */
int domain_def_add_device(struct domain_def *def, const struct domain_device *device,
                          struct err *err);

/** Take the one that is meant out of it.  Errors: ERR_OPERATION_FAILED there is none. */
int domain_def_remove_device(struct domain_def *def, const struct domain_device *device,
                             struct err *err);

/** Put it where the one that is meant is; Copied.  Errors: there is none. */
int domain_def_replace_device(struct domain_def *def, const struct domain_device *device,
                              struct err *err);

#endif
