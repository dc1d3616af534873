/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * power.h: how a guest is asked to shut down or to reboot.
 */
#ifndef CLIENT_POWER_H
#define CLIENT_POWER_H

#include "command.h"

extern const struct option_spec power_options[];

/* The flag of the mode that was chosen; 0: the daemon chooses. */
int power_mode(struct client *client, const struct options *options, unsigned *flags_out,
               struct err *err);

#endif
