/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>

#define UUID_SIZE 16
#define UUID_TEXT_SIZE 37 /* with the NUL */

/*
 * libxl's own uuid_parse and uuid_generate are libuuid's.  Were ours seen by shared libraries, they
 * would take their place there, and libxl would read every UUID as a bad one.
 */
#pragma GCC visibility push(hidden)

/** Accepts 32 hexadecimal digits with or without hyphens, as libvirt does.  Returns whether it was
 * one. */
bool uuid_parse(const char *text, uint8_t uuid_out[UUID_SIZE]);

/** Writes the usual form, lower case, 8-4-4-4-12.  Returns text_out. */
char *uuid_format(const uint8_t uuid[UUID_SIZE], char text_out[UUID_TEXT_SIZE]);

/** A new random one (version 4). */
void uuid_generate(uint8_t uuid_out[UUID_SIZE]);

/** Are both the same? */
bool uuid_equal(const uint8_t a[UUID_SIZE], const uint8_t b[UUID_SIZE]);

/** Are all its bytes 0: is no UUID known? */
bool uuid_is_zero(const uint8_t uuid[UUID_SIZE]);

#pragma GCC visibility pop

#endif
