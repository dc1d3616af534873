/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * image.h: files that hold a saved domain.  Two wrappers around the same stream of libxl:
 *
 *   libvirt's   magic, version, the domain's XML              of guests of dom0d
 *   xl's        magic, flags, libxl's configuration as JSON   of guests that xl has made
 *
 * dom0d writes and reads both.  In xl's it puts the XML behind the JSON, where xl reads nothing.
 *
 * Nothing in a file is believed: every length is bounded before it is used.
 */
#ifndef DRIVER_IMAGE_H
#define DRIVER_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define IMAGE_CONFIG_MAX 4194304u /* bytes of XML or JSON, with the NUL */

enum image_format { IMAGE_LIBVIRT, IMAGE_XL };

struct image {
    enum image_format format;
    char             *config;        /* XML or JSON */
    char             *xml;           /* beside JSON; NULL: none */
    uint64_t          stream_offset; /* where libxl's stream begins */
    uint64_t          size;          /* of the file */
};

/**
 * Read the wrapper.  The file's position does not matter and is not changed.
 *
 * Err: ERR_OPERATION_FAILED where this is no image, is a kind that dom0d does not restore, or is
 * damaged; ERR_SYSTEM.  image_clear frees what *image_out holds.
 */
int  image_read(int fd, struct image *image_out, struct err *err);
void image_clear(struct image *image);

/**
 * Write a wrapper at the file's position; the stream is to follow.  xml is put beside JSON; NULL:
 * nothing is.
 */
int image_write(int fd, enum image_format format, const char *config, const char *xml,
                struct err *err);

/**
 * Walk over the records of the stream that begins at offset, libxl's and, inside, libxc's, to both
 * END records with nothing behind them.  Reads the records' headers only.
 *
 * Err: ERR_OPERATION_FAILED, with what is wrong and at which offset of the file; ERR_SYSTEM.
 */
int image_check_stream(int fd, uint64_t offset, struct err *err);

#endif
