/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ring.h: the last bytes of an output that goes on.  Each byte has its number in the whole output.
 */
#ifndef DAEMON_CONSOLE_RING_H
#define DAEMON_CONSOLE_RING_H

#include <stddef.h>
#include <stdint.h>

struct console_ring {
    size_t   max;   /* bytes that are kept */
    uint8_t *bytes; /* NULL: none yet */
    size_t   room;  /* of it: grows up to max */
    uint64_t begin; /* number of the first byte that is kept */
    uint64_t end;   /* of the next one to come */
};

/** Zeroed memory with a max is an empty ring.  Drops the oldest bytes where there is no room. */
void console_ring_add(struct console_ring *ring, const void *data, size_t size);

/**
 * The bytes from number `at` on, or from the first that is kept: as many as lie side by side.
 *
 * *at is set to the first one's number.  Returns how many there are, 0 at the end; borrowed until
 * the ring changes.
 */
size_t console_ring_peek(const struct console_ring *ring, uint64_t *at, const uint8_t **bytes_out);

/** The bytes are dropped; those to come go on with the numbers. */
void console_ring_clear(struct console_ring *ring);

#endif
