/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * whole.h: libxl's configuration of a guest, kept in the document where the XML cannot say all of
 * it:
 *
 *   <metadata>
 *     <dom0d:libxl xmlns:dom0d='urn:dom0d:libxl' on_watchdog='restart'>
 *       <dom0d:only>on_watchdog</dom0d:only>               what only the configuration says: paths
 *       <dom0d:configuration>{...}</dom0d:configuration>   libxl's JSON; as secret as a password
 *     </dom0d:libxl>
 *   </metadata>
 */
#ifndef CONF_WHOLE_H
#define CONF_WHOLE_H

#include <libxml/tree.h>

#include "conf/domain.h"

/** Is it the namespace of all this? */
bool whole_is_namespace(const char *uri);

/** The configuration's element, NULL where there is none. */
xmlNode *whole_find(const xmlNode *root);

/** What the daemon has to obey of what only the configuration says: name is "on_watchdog" or
 *  "on_soft_reset"; NULL: nothing. */
const char *whole_action(const xmlNode *root, const char *name);

/** Note what only a configuration said that is not here. */
void whole_note(struct domain_def *def);

/** It goes; what only it said stays named. */
void whole_hide(const xmlNode *root);

#endif
