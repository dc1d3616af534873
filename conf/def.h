/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CONF_DEF_H
#define CONF_DEF_H

#include <libxl.h>
#include <libxml/tree.h>

#include "conf/domain.h"

libxl_domain_type def_libxl_type(enum domain_type type);

/** What <os><type> says; DOMAIN_PV where it says nothing. */
enum domain_type def_type_of(const xmlNode *root);

/** Note what the comments say that domain_def_from_native has left: it is as true of the guest. */
void native_take_comments(struct domain_def *def, const xmlNode *root);

/** A copy that nobody shares, packed where def is. */
struct domain_def *def_copy(const struct domain_def *def);

/** A copy of its document; of a packed one it is read.  The caller frees it. */
xmlDoc *def_document(const struct domain_def *def);

/** Its document was changed: what else the definition keeps of it follows. */
void def_changed(struct domain_def *def);

/** As the XML has it; NULL where it has no word for it. */
const char *def_action_name(libxl_action_on_shutdown action);

/** The element of <metadata> that is in this namespace; NULL: there is none. */
xmlNode *metadata_find(const xmlNode *root, const char *uri);

/** def->start, by what its document says (start.c). */
int start_read(struct domain_def *def, const xmlNode *root, struct err *err);

/** Its action, once the document is complete. */
void def_fill_actions(struct domain_def *def);

/** conf_from_libxl with flags of domain_def_parse_flags. */
int def_from_libxl(const libxl_domain_config *config, unsigned flags, struct domain_def **def_out,
                   struct err *err);

/**
 * The paths in libxl's JSON of what here has and there has not, or has otherwise, without what
 * libxl works out itself; filled: here is of a domain that libxl has made, and has filled in more.
 * Strings must be UTF-8.  NULL-ended, the caller's to free.
 */
char **conf_difference(const libxl_domain_config *here, const libxl_domain_config *there,
                       bool filled);

/** Is that leaf of libxl's JSON one that libxl works out itself, or has when it is not told?
 * filled: as for conf_difference. */
bool conf_is_worked_out(const char *path, const char *value, size_t length, bool filled);

#endif
