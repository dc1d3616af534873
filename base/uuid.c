/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/uuid.h"

static int
uuid_hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
uuid_parse(const char *text, uint8_t uuid_out[UUID_SIZE])
{
    uint8_t uuid[UUID_SIZE];

    for (int i = 0; i < UUID_SIZE; i++) {
        int high, low;

        if (*text == '-' && i)
            text++;
        high = uuid_hex_value(text[0]);
        low = high < 0 ? -1 : uuid_hex_value(text[1]);
        if (low < 0)
            return false;
        uuid[i] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    if (*text)
        return false;
    memcpy(uuid_out, uuid, sizeof uuid);
    return true;
}

char *
uuid_format(const uint8_t u[UUID_SIZE], char text_out[UUID_TEXT_SIZE])
{
    snprintf(text_out, UUID_TEXT_SIZE,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1],
             u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14],
             u[15]);
    return text_out;
}

void
uuid_generate(uint8_t uuid_out[UUID_SIZE])
{
    /* 16 bytes come whole and at once, see getrandom(2). */
    while (getrandom(uuid_out, UUID_SIZE, 0) != UUID_SIZE)
        continue;
    uuid_out[6] = (uuid_out[6] & 0x0f) | 0x40;
    uuid_out[8] = (uuid_out[8] & 0x3f) | 0x80;
}

bool
uuid_equal(const uint8_t a[UUID_SIZE], const uint8_t b[UUID_SIZE])
{
    return memcmp(a, b, UUID_SIZE) == 0;
}

bool
uuid_is_zero(const uint8_t uuid[UUID_SIZE])
{
    static const uint8_t zero[UUID_SIZE];

    return uuid_equal(uuid, zero);
}
