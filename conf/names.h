/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * names.h: the words of the XML for the types of guests.
 */
#ifndef CONF_NAMES_H
#define CONF_NAMES_H

/* By enum domain_type; each ends with NULL. */
extern const char *const type_names[];
extern const char *const type_machines[];

#endif
