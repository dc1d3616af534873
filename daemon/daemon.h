/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * daemon.h: all that hangs together in one dom0d.  No globals: everything is reached from here.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "conf/capabilities.h"

struct config;
struct consoles;
struct domains;
struct events;
struct host;
struct jobs;
struct loop;
struct pool;
struct server;

struct daemon {
    struct loop     *loop;
    struct config   *config;
    struct server   *server;  /* sockets and connections */
    struct events   *events;  /* who wants to hear what */
    struct host     *host;    /* Xen; NULL while there is none */
    struct domains  *domains; /* the table */
    struct consoles *consoles;
    struct pool     *pool; /* of workers */
    struct jobs     *jobs;
    struct host_info host_info;
    bool  failed;       /* the loop was stopped for a reason that systemd should restart us for */
    char *capabilities; /* XML; NULL until somebody asked */
};

#endif
