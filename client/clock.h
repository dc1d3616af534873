/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CLIENT_CLOCK_H
#define CLIENT_CLOCK_H

#include <stdint.h>
#include <time.h>

#define USEC_PER_SEC 1000000u
#define USEC_PER_MSEC 1000u

/* Of the clock that nobody sets. */
static inline uint64_t
clock_usec(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000u;
}

#endif
