/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * notes.h: what a definition says and its guest does not get.
 */
#ifndef CONF_NOTES_H
#define CONF_NOTES_H

#include "conf/domain.h"

#define NOTES_MAX 512 /* nobody reads more */

/** message is Taken: "line 7: <rng>: reason". */
void note_add(struct domain_def *def, char *message, bool implied);

void notes_free(struct domain_def *def);

#endif
