/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CONF_DEF_H
#define CONF_DEF_H

#include <libxl.h>
#include <libxml/tree.h>

#include "conf/domain.h"

libxl_domain_type def_libxl_type(enum domain_type type);

/** What <os><type> says; DOMAIN_PV where it says nothing. */
enum domain_type def_type_of(const xmlNode *root);

#endif
