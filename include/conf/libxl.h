/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libxl.h: domain definitions to libxl's configuration and back.  The only header of conf/ that
 * knows libxl's types; for driver/.
 */
#ifndef CONF_LIBXL_H
#define CONF_LIBXL_H

#include <libxl.h>

#include "base/err.h"
#include "conf/device.h"
#include "conf/domain.h"

/**
 * What the XML says, and nothing else: of a definition that is whole, too.
 *
 * config_out must be initialised (libxl_domain_config_init) and is the caller's to dispose, also
 * on failure.  Copied: nothing of def is kept.  Works without Xen.
 */
int conf_to_libxl(const struct domain_def *def, libxl_domain_config *config_out, struct err *err);

/**
 * The definition, with a document, of a domain whose configuration libxl keeps: a guest that xl
 * made, or the JSON of an image that `xl save` wrote.
 *
 * *def_out is freed by domain_def_free.  Errors: as domain_def_parse; ERR_INTERNAL where the
 * configuration contradicts itself.
 */
int conf_from_libxl(const libxl_domain_config *config, struct domain_def **def_out,
                    struct err *err);

/**
 * The same with the configuration kept in the definition, which is whole then: the same guest can
 * be made of it again, whatever the XML has no words for.
 */
int conf_from_libxl_whole(const libxl_domain_config *config, struct domain_def **def_out,
                          struct err *err);

/**
 * The configuration of a domain that is to be made: the one that is kept in the definition, where
 * it is whole, with what the XML says otherwise by now; else as conf_to_libxl.
 *
 * ctx is used for libxl's JSON only.
 *
 * Errors: also ERR_CONFIG_UNSUPPORTED where the XML was changed in what it can say only in part.
 */
int conf_to_libxl_whole(libxl_ctx *ctx, const struct domain_def *def,
                        libxl_domain_config *config_out, struct err *err);

/**
 * What libxl is to be told of a device by itself; NULL: it is of another kind.  Borrowed.  Its
 * devid is libxl's to choose.
 */
const libxl_device_disk    *conf_device_disk(const struct domain_device *device);
const libxl_device_nic     *conf_device_nic(const struct domain_device *device);
const libxl_device_pci     *conf_device_pci(const struct domain_device *device);
const libxl_device_usbctrl *conf_device_usbctrl(const struct domain_device *device);
const libxl_device_usbdev  *conf_device_usbdev(const struct domain_device *device);

#define CONF_CFG_MAX (1u << 18) /* bytes of xl.cfg; longer is refused */

/**
 * What xl.cfg(5) says, with xl's parser and xl's defaults.
 *
 * config_out   as of conf_to_libxl.
 * unknown_out  gets the keys that xl, too, would pass over; the caller's to dispose.  NULL before.
 *
 * Errors: ERR_XML with the line where the parser knows it, and the key; ERR_CONFIG_UNSUPPORTED for
 * keys that xl obeys and dom0d does not.
 */
int conf_from_cfg(const char *text, size_t size, libxl_domain_config *config_out,
                  libxl_string_list *unknown_out, struct err *err);

/** The reverse, the caller's to free.  What it cannot say is in comments at the end. */
char *conf_to_cfg(const libxl_domain_config *config);

/**
 * What of a configuration the XML has no words for, so that a definition does not make the same
 * guest: paths in libxl's JSON, such as "b_info.type.hvm.usbdevice_list[1]".
 *
 * ctx       is used for libxl's JSON only.
 * list_out  ends with NULL; it and its strings are the caller's to free.
 */
int conf_unexpressed(libxl_ctx *ctx, libxl_domain_config *config, char ***list_out,
                     struct err *err);

#endif
