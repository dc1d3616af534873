/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DAEMON_DESCRIPTORS_H
#define DAEMON_DESCRIPTORS_H

struct config;

/**
 * Raise RLIMIT_NOFILE to what the configuration's clients and jobs need; never lower it.  Where it
 * cannot be raised so far, cut config->rpc.max_clients, and say so: no crowd of clients may take
 * the descriptors that jobs need.  At start only.
 */
void descriptors_prepare(struct config *config);

#endif
