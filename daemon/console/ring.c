/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ring.h"

#define FIRST_ROOM 4096u /* most consoles say little */

/* The bytes of number n are at n % room. */
static void
ring_copy_in(struct console_ring *ring, const uint8_t *data, size_t size)
{
    while (size) {
        size_t at = ring->end % ring->room;
        size_t piece = size < ring->room - at ? size : ring->room - at;

        memcpy(ring->bytes + at, data, piece);
        ring->end += piece;
        data += piece;
        size -= piece;
    }
    if (ring->end - ring->begin > ring->room)
        ring->begin = ring->end - ring->room;
}

static void
ring_grow(struct console_ring *ring, size_t room)
{
    struct console_ring old = *ring;
    const uint8_t      *bytes;
    uint64_t            at = old.begin;
    size_t              size;

    ring->room = room;
    ring->bytes = xmalloc(room);
    ring->end = old.begin;
    while ((size = console_ring_peek(&old, &at, &bytes))) {
        ring_copy_in(ring, bytes, size);
        at += size;
    }
    free(old.bytes);
}

void
console_ring_add(struct console_ring *ring, const void *data, size_t size)
{
    size_t wanted = (size_t)(ring->end - ring->begin) + size;
    size_t room = ring->room ? ring->room : FIRST_ROOM;

    while (room < wanted && room < ring->max)
        room *= 2;
    if (room > ring->max)
        room = ring->max;
    if (room > ring->room)
        ring_grow(ring, room);
    ring_copy_in(ring, data, size);
}

size_t
console_ring_peek(const struct console_ring *ring, uint64_t *at, const uint8_t **bytes_out)
{
    size_t start, size;

    if (*at < ring->begin)
        *at = ring->begin;
    if (*at >= ring->end)
        return 0;
    start = *at % ring->room;
    size = (size_t)(ring->end - *at);
    *bytes_out = ring->bytes + start;
    return size < ring->room - start ? size : ring->room - start;
}

void
console_ring_clear(struct console_ring *ring)
{
    free(take_ptr(ring->bytes));
    ring->room = 0;
    ring->begin = ring->end;
}
