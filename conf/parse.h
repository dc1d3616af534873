/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * parse.h: the parts of domain_def_parse, one after the other.
 */
#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include <libxml/tree.h>
#include <stdbool.h>

#include "base/err.h"
#include "conf/domain.h"

/** Fill in what <devices> says; devices may be NULL.  The type must be known. */
int parse_devices(struct domain_def *def, const xmlNode *devices, struct err *err);

/** "vif7.0": a name that libxl gave to an interface, not the user. */
bool is_generated_name(const char *interface_name);

/**
 * Make the document say what is now known: what was left out is filled in as libvirt does, memory
 * is in KiB, and what only a running domain has is taken out.
 */
void complete_document(const struct domain_def *def, xmlNode *root);

#endif
