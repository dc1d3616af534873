/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * image.h: files that hold a saved domain.  Two wrappers around the same stream of libxl:
 *
 *   libvirt's   magic, version, the domain's XML              of guests of dom0d
 *   xl's        magic, flags, libxl's configuration as JSON   of guests that xl has made
 *
 * dom0d writes and reads both.  In xl's it puts the XML behind the JSON, where xl reads nothing;
 * and in both, behind the NUL of the XML, a note of its own (wire/image.x), where nobody else
 * reads.
 *
 * Nothing in a file is believed: every length is bounded before it is used.
 */
#ifndef DRIVER_IMAGE_H
#define DRIVER_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/image.h"

#define IMAGE_CONFIG_MAX 4194304u      /* bytes of XML or JSON, with the NUL */
#define IMAGE_BEHIND_MAX (1024u << 10) /* bytes between the XML's NUL and the stream */

/*
 * dom0d has the stream begin at a multiple of this: then another wrapper can be put around it by a
 * file system that shares blocks between files, without a copy.
 */
#define IMAGE_ALIGN 4096u
#define IMAGE_UNALIGNED UINT64_MAX

enum image_format { IMAGE_LIBVIRT, IMAGE_XL };

struct image {
    enum image_format format;
    char             *config;        /* XML or JSON */
    char             *xml;           /* beside JSON; NULL: none */
    image_note       *note;          /* NULL: none; only where there is XML */
    uint64_t          note_offset;   /* where it stands, where there is one */
    uint64_t          stream_offset; /* where libxl's stream begins */
    uint64_t          size;          /* of the file */
};

/** What the image says to clients and is read first: its XML; NULL: it has JSON only. */
static inline const char *
image_xml(const struct image *image)
{
    return image->format == IMAGE_LIBVIRT ? image->config : image->xml;
}

/**
 * Read the wrapper.  The file's position does not matter and is not changed.
 *
 * Err: ERR_OPERATION_FAILED where this is no image, is a kind that dom0d does not restore, or is
 * damaged; ERR_NO_SUPPORT where a newer dom0d has noted what this one does not understand;
 * ERR_SYSTEM.  image_clear frees what *image_out holds.
 */
int  image_read(int fd, struct image *image_out, struct err *err);
void image_clear(struct image *image);

/**
 * Write a wrapper at the file's position, which is its beginning; the stream is to follow, where
 * image->stream_offset and the file's position are then.
 *
 * like   the stream begins at an offset with this remainder by IMAGE_ALIGN; IMAGE_UNALIGNED: right
 *        behind what is there.
 */
int image_write(int fd, struct image *image, uint64_t like, struct err *err);

/** The note that was written or read is now this one, which must be as long: only its numbers have
 * changed.  The file's position is not changed. */
int image_write_note(int fd, const struct image *image, struct err *err);

/** Freed by image_clear with its image. */
void image_note_free(image_note *note);

/**
 * Walk over the records of the stream that begins at offset, libxl's and, inside, libxc's, to both
 * END records with nothing behind them.  Reads the records' headers only.
 *
 * Err: ERR_OPERATION_FAILED, with what is wrong and at which offset of the file; ERR_SYSTEM.
 */
int image_check_stream(int fd, uint64_t offset, struct err *err);

#endif
