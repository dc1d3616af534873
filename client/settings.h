/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * settings.h: what the configuration of a service that a shell reads says, as /etc/default/NAME.
 */
#ifndef CLIENT_SETTINGS_H
#define CLIENT_SETTINGS_H

#include "folder.h"

struct setting {
    const char *name;
    char       *value; /* before: the default */
};

/*
 * Those of the settings that the file gives get its value, also where this fails.
 *
 * Returns 1, 0 where there is no such file, or -1: ERR_CONFIG_UNSUPPORTED, with the line, where
 * only a shell could tell what one of them is.
 */
int settings_read(const struct root *root, const char *path, struct setting *settings, size_t count,
                  struct err *err);

#endif
