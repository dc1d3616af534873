/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * limits.h: what the configuration says of definitions.
 */
#ifndef DAEMON_DOMAIN_LIMITS_H
#define DAEMON_DOMAIN_LIMITS_H

struct domain_limits {
    char    *config_dir; /* definitions and autostart links are in folders of it */
    char    *save_dir;   /* managed saves */
    unsigned max_definitions;
};

#endif
