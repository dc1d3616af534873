/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fake-stream.c: libxl's stream v2 with libxc's v3 inside, as small as it can be and still be one.
 */
#include <assert.h>
#include <endian.h>
#include <string.h>

#include "base/alloc.h"
#include "fake-xen.h"

#define PAGES 4

struct record {
    uint32_t type, length;
};

struct libxc_start {
    uint64_t marker;
    uint32_t ident, version;
    uint16_t options, reserved_1;
    uint32_t reserved_2;
    uint32_t type;
    uint16_t page_shift, reserved_3;
    uint32_t xen_major, xen_minor;
};
_Static_assert(sizeof(struct libxc_start) == 40, "an image header and a domain header");

/* PAGE_DATA: a count, the frames' numbers, the frames. */
struct pages {
    uint32_t count, reserved;
    uint64_t numbers[PAGES];
    uint8_t  data[PAGES][FAKE_PAGE];
};

struct body {
    struct libxc_start start;
    struct record      static_end;
    struct record      pages_record;
    struct pages       pages;
    struct record      libxc_end;
};

struct emulator {
    struct record record;
    uint32_t      id, index;
    char          xenstore[8];
};

void
fake_stream_start(uint8_t start_out[FAKE_STREAM_START])
{
    struct {
        uint64_t      ident;
        uint32_t      version, options;
        struct record libxc;
    } start = {
        .ident = htobe64(0x4c6962786c466d74),
        .version = htobe32(2),
        .libxc = {.type = htole32(1)},
    };

    _Static_assert(sizeof start == FAKE_STREAM_START, "the header and the first record");
    memcpy(start_out, &start, sizeof start);
}

static struct body
make_body(uint64_t counter)
{
    struct body body = {
        .start = {.marker = UINT64_MAX,
                  .ident = htobe32(0x58454e46),
                  .version = htobe32(3),
                  .type = htole32(1),
                  .page_shift = htole16(12),
                  .xen_major = htole32(4),
                  .xen_minor = htole32(17)},
        .static_end = {.type = htole32(0x10)},
        .pages_record = {.type = htole32(1), .length = htole32(sizeof(struct pages))},
        .pages = {.count = htole32(PAGES)},
    };

    for (unsigned n = 0; n < PAGES; n++) {
        body.pages.numbers[n] = htole64(n);
        memset(body.pages.data[n], (int)n, FAKE_PAGE);
    }
    memcpy(body.pages.data[0], &counter, sizeof counter);
    return body;
}

void *
fake_stream_body(uint64_t counter, bool emulator, size_t *size_out)
{
    static const struct record end;
    struct emulator            record = {
                   .record = {.type = htole32(2), .length = htole32(13)},
                   .id = htole32(2),
                   .xenstore = "a=b",
    };
    struct body body = make_body(counter);
    size_t      size = sizeof body + (emulator ? sizeof record : 0) + sizeof end;
    char       *data = xmalloc(size), *here = data;

    memcpy(here, &body, sizeof body);
    here += sizeof body;
    if (emulator) {
        memcpy(here, &record, sizeof record);
        here += sizeof record;
    }
    memcpy(here, &end, sizeof end);
    *size_out = size;
    return data;
}

bool
fake_stream_counter(const void *data, size_t size, uint64_t *counter_out)
{
    const struct body *body = data;

    if (size < sizeof *body || be32toh(body->start.ident) != 0x58454e46)
        return false;
    memcpy(counter_out, body->pages.data[0], sizeof *counter_out);
    return true;
}
