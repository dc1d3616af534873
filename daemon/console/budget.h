/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * budget.h: how much may be read from consoles, so that one that floods slows nobody.
 *
 * Time is cut into ticks; in each there is so much for one console, and so much for all.  Small
 * reads cost as much as CONSOLE_READ_LEAST bytes: what costs is the call.
 */
#ifndef DAEMON_CONSOLE_BUDGET_H
#define DAEMON_CONSOLE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSOLE_TICK_USEC 20000u
#define CONSOLE_RATE (8u << 20) /* bytes in a second: of one console */
#define CONSOLES_RATE (16u << 20)
#define CONSOLE_READ_LEAST 2048u

/* Zeroed memory is one of which nothing is spent. */
struct console_budget {
    uint64_t tick; /* the number of the tick for which `spent` counts */
    size_t   spent;
};

/** rate: bytes in a second. */
static inline bool
console_budget_is_spent(const struct console_budget *budget, size_t rate, uint64_t now_usec)
{
    return budget->tick == now_usec / CONSOLE_TICK_USEC &&
           budget->spent >= rate / (1000000u / CONSOLE_TICK_USEC);
}

static inline void
console_budget_spend(struct console_budget *budget, size_t bytes, uint64_t now_usec)
{
    uint64_t tick = now_usec / CONSOLE_TICK_USEC;

    if (budget->tick != tick)
        *budget = (struct console_budget){.tick = tick};
    budget->spent += bytes < CONSOLE_READ_LEAST ? CONSOLE_READ_LEAST : bytes;
}

/** Until the next tick. */
static inline uint64_t
console_budget_wait_usec(uint64_t now_usec)
{
    return CONSOLE_TICK_USEC - now_usec % CONSOLE_TICK_USEC;
}

#endif
