/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * image-stream.c: is a saved stream whole?  The layouts are
 * docs/specs/libxl-migration-stream.pandoc (v2) and libxc-migration-stream.pandoc (v2 and v3) of
 * Xen.
 *
 *   "LibxlFmt"  header of 16 bytes
 *   record ...  u32 type, u32 length, body padded to 8
 *   LIBXC_CONTEXT record, length 0, after which libxc's stream stands:
 *       ff..ff "XENF"  image header of 24 bytes, domain header of 16
 *       record ...     the same shape
 *       END
 *   record ...
 *   END, and the end of the file
 *
 * The kinds of records are not judged, only their lengths: a newer Xen may know more of them.
 */
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "driver/image.h"

#define LIBXL_IDENT 0x4c6962786c466d74u /* "LibxlFmt" */
#define LIBXL_VERSION_2 2u
#define LIBXL_OPTION_BIG_ENDIAN 1u
#define LIBXL_RECORD_END 0u
#define LIBXL_RECORD_LIBXC_CONTEXT 1u

#define LIBXC_MARKER 0xffffffffffffffffu
#define LIBXC_IDENT 0x58454e46u /* "XENF" */
#define LIBXC_OPTION_BIG_ENDIAN 1u
#define LIBXC_RECORD_END 0u
#define LIBXC_RECORD_MAX (128u << 20)

struct record {
    uint32_t type;
    uint32_t length;
};

/* Small reads come from one page; records of pages are skipped. */
struct walk {
    int        fd;
    uint64_t   size;   /* of the file */
    uint64_t   offset; /* where we stand */
    uint64_t   page_offset;
    size_t     page_size;
    char       page[4096];
    struct err err;
};

static int
truncated(struct walk *w, const char *what)
{
    return err_set(&w->err, ERR_OPERATION_FAILED,
                   "the image is truncated: %s at offset %llu is not there or not whole (the file "
                   "ends at %llu)",
                   what, (unsigned long long)w->offset, (unsigned long long)w->size);
}

static int
damaged(struct walk *w, const char *what)
{
    return err_set(&w->err, ERR_OPERATION_FAILED, "the image is damaged: %s at offset %llu", what,
                   (unsigned long long)w->offset);
}

static int
fill_page(struct walk *w)
{
    ssize_t n;

    do
        n = pread(w->fd, w->page, sizeof w->page, (off_t)w->offset);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_set_errno(&w->err, errno, "cannot read the image");
    w->page_offset = w->offset;
    w->page_size = (size_t)n;
    return 0;
}

/* The size bytes here, at most 24 of them; goes on behind them. */
static int
take(struct walk *w, void *data, size_t size, const char *what)
{
    if (w->size - w->offset < size)
        return truncated(w, what);
    if (w->offset < w->page_offset || w->offset + size > w->page_offset + w->page_size) {
        if (fill_page(w) < 0)
            return -1;
        if (w->page_size < size)
            return truncated(w, what);
    }
    memcpy(data, w->page + (w->offset - w->page_offset), size);
    w->offset += size;
    return 0;
}

/* A record's header here; goes on behind its body. */
static int
take_record(struct walk *w, struct record *record, const char *what)
{
    uint64_t start = w->offset, body;

    if (take(w, record, sizeof *record, what) < 0)
        return -1;
    record->type = le32toh(record->type);
    record->length = le32toh(record->length);
    body = ((uint64_t)record->length + 7) & ~7ull;
    if (w->size - w->offset < body) {
        w->offset = start;
        return truncated(w, what);
    }
    w->offset += body;
    return 0;
}

static int
check_libxc_headers(struct walk *w)
{
    struct {
        uint64_t marker;
        uint32_t ident, version;
        uint16_t options, reserved_1;
        uint32_t reserved_2;
    } image;
    char     domain[16];
    uint64_t start = w->offset;

    if (take(w, &image, sizeof image, "the header of libxc's stream") < 0)
        return -1;
    if (be64toh(image.marker) != LIBXC_MARKER || be32toh(image.ident) != LIBXC_IDENT) {
        w->offset = start;
        return damaged(w, "libxc's stream should begin");
    }
    if (be32toh(image.version) != 2 && be32toh(image.version) != 3) {
        w->offset = start;
        return damaged(w, "libxc's stream has a version that is not known");
    }
    if (be16toh(image.options) & LIBXC_OPTION_BIG_ENDIAN) {
        w->offset = start;
        return damaged(w, "libxc's stream is big endian");
    }
    return take(w, domain, sizeof domain, "the domain's header");
}

static int
walk_libxc(struct walk *w)
{
    struct record record;

    if (check_libxc_headers(w) < 0)
        return -1;
    do {
        uint64_t start = w->offset;

        if (take_record(w, &record, "a record of libxc") < 0)
            return -1;
        if (record.length > LIBXC_RECORD_MAX) {
            w->offset = start;
            return damaged(w, "a record of libxc is too long");
        }
    } while (record.type != LIBXC_RECORD_END);
    return 0;
}

static int
check_libxl_header(struct walk *w)
{
    struct {
        uint64_t ident;
        uint32_t version, options;
    } header;
    uint64_t start = w->offset;

    if (take(w, &header, sizeof header, "libxl's stream") < 0)
        return -1;
    if (be64toh(header.ident) != LIBXL_IDENT || be32toh(header.version) != LIBXL_VERSION_2 ||
        be32toh(header.options) & LIBXL_OPTION_BIG_ENDIAN) {
        w->offset = start;
        return damaged(w, "libxl's stream, version 2, should begin");
    }
    return 0;
}

static int
walk_libxl(struct walk *w)
{
    struct record record;
    bool          memory = false;

    if (check_libxl_header(w) < 0)
        return -1;
    do {
        if (take_record(w, &record, "a record of libxl") < 0)
            return -1;
        if (record.type == LIBXL_RECORD_LIBXC_CONTEXT) {
            if (walk_libxc(w) < 0)
                return -1;
            memory = true;
        }
    } while (record.type != LIBXL_RECORD_END);
    if (!memory)
        return damaged(w, "the stream ends without the domain's memory");
    if (w->offset != w->size)
        return damaged(w, "something stands behind the end of the stream");
    return 0;
}

int
image_check_stream(int fd, uint64_t offset, struct err *err)
{
    struct walk w = {.fd = fd, .offset = offset};
    struct stat st;

    if (fstat(fd, &st) < 0)
        return err_set_errno(err, errno, "cannot read the image");
    w.size = (uint64_t)st.st_size;
    if (w.offset > w.size)
        w.offset = w.size;
    if (walk_libxl(&w) < 0) {
        *err = w.err;
        return -1;
    }
    return 0;
}
