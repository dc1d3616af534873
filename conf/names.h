/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * names.h: the words of the XML for what conf/domain.h has as enums, in their order.
 */
#ifndef CONF_NAMES_H
#define CONF_NAMES_H

/* Each ends with NULL. */
extern const char *const action_names[];         /* enum domain_action */
extern const char *const type_names[];           /* enum domain_type */
extern const char *const type_machines[];        /* enum domain_type */
extern const char *const disk_format_names[];    /* enum disk_format */
extern const char *const interface_type_names[]; /* enum interface_type */

extern const char *const video_names[]; /* enum domain_video; "" for the default */

#endif
