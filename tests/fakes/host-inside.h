/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host-inside.h: the helper and the query processes of driver/host.h inside the test's own process
 * and on its loop: a host_spawn for whoever refers to something of this file, in the place of
 * driver/host-spawn.c's.
 */
#ifndef TESTS_FAKES_HOST_INSIDE_H
#define TESTS_FAKES_HOST_INSIDE_H

#include <stdbool.h>

struct host_inside {
    int  helpers, queries; /* that were started */
    bool deaf;             /* those that are started from now on read and say nothing */
};
extern struct host_inside host_inside;

/** As a helper does that is killed. */
void host_inside_helper_dies(void);

/** All of them end, and the counts begin anew.  Before their loop is freed. */
void host_inside_end(void);

#endif
