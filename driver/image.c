/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * image.c: the two wrappers.  The layouts are libvirt's libxl_conf.h (libxlSavefileHeader) and xl's
 * xl.h (struct save_file_header); both are in the byte order of the host that wrote them.
 */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "driver/image.h"
#include "wire/frame.h"

#define LIBVIRT_MAGIC "libvirt-xml\n \0 \r"
#define LIBVIRT_VERSION 2u /* of the stream: libxl's v2 */

struct libvirt_header {
    char     magic[16];
    uint32_t version;
    uint32_t xml_size; /* with the NUL */
    uint32_t unused[10];
};
_Static_assert(sizeof(struct libvirt_header) == 64, "as libvirt writes it");
_Static_assert(sizeof LIBVIRT_MAGIC == 17, "its NUL is not part of the header");

#define XL_MAGIC "Xen saved domain, xl format\n \0 \r"
#define XL_BYTEORDER 0x01020304u
#define XL_FLAG_JSON 1u
#define XL_FLAG_STREAM_V2 2u

struct xl_header {
    char     magic[32];
    uint32_t byteorder;
    uint32_t mandatory_flags;
    uint32_t optional_flags;
    uint32_t optional_size; /* of what stands between this header and the stream */
};
_Static_assert(sizeof(struct xl_header) == 48, "as xl writes it");
_Static_assert(sizeof XL_MAGIC == 33, "its NUL is not part of the header");

/* What begins dom0d's own part of xl's optional data, behind the configuration. */
#define OWN_MAGIC "dom0d-domain-xml"
#define OWN_MAGIC_SIZE (sizeof OWN_MAGIC - 1)

/* Read exactly size bytes at offset.  Fails, naming what, where the file ends before. */
static int
read_at(int fd, uint64_t offset, void *data, size_t size, const char *what, struct err *err)
{
    size_t have = 0;

    while (have < size) {
        ssize_t n = pread(fd, (char *)data + have, size - have, (off_t)(offset + have));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(err, errno, "cannot read the image");
        if (n == 0)
            return err_set(err, ERR_OPERATION_FAILED,
                           "the image is truncated: %s at offset %llu ends with the file", what,
                           (unsigned long long)offset);
        have += (size_t)n;
    }
    return 0;
}

/* size bytes, at most max, at offset; *data_out is the caller's to free. */
static int
read_part(int fd, uint64_t offset, uint32_t size, uint32_t max, const struct image *image,
          const char *what, char **data_out, struct err *err)
{
    cleanup_free char *data = NULL;

    if (size == 0 || size > max)
        return err_set(err, ERR_OPERATION_FAILED,
                       "the image is damaged: its %s is said to be %u bytes long (at most %u)",
                       what, size, max);
    if (offset + size > image->size)
        return err_set(
            err, ERR_OPERATION_FAILED,
            "the image is truncated: its %s needs %u bytes at offset %llu, the file ends "
            "at %llu",
            what, size, (unsigned long long)offset, (unsigned long long)image->size);
    data = xmalloc(size);
    if (read_at(fd, offset, data, size, what, err) < 0)
        return -1;
    *data_out = take_ptr(data);
    return 0;
}

static int
no_string(const char *what, uint64_t offset, struct err *err)
{
    return err_set(err, ERR_OPERATION_FAILED,
                   "the image is damaged: its %s at offset %llu is not a NUL-terminated string",
                   what, (unsigned long long)offset);
}

/*----- the note -----*/

void
image_note_free(image_note *note)
{
    if (note)
        wire_body_free((xdrproc_t)xdr_image_note, note);
    free(note);
}

static int
decode_note(const char *frame, size_t size, struct image *image, struct err *err)
{
    struct wire_header header;
    image_note        *note;

    wire_header_decode(frame, size, &header);
    if (header.program != WIRE_PROGRAM_WORKER || header.procedure != IMAGE_NOTE)
        return err_set(err, ERR_RPC, "this is no note of dom0d's");
    if (header.version > IMAGE_NOTE_VERSION)
        return err_set(err, ERR_NO_SUPPORT,
                       "a newer dom0d wrote it: it has version %u, and %u is supported",
                       header.version, IMAGE_NOTE_VERSION);
    note = xcalloc(1, sizeof *note);
    if (wire_decode(frame, size, (xdrproc_t)xdr_image_note, note, err) < 0) {
        free(note);
        return -1;
    }
    image->note = note;
    return 0;
}

static bool
is_zero(const char *data, size_t size)
{
    return size == 0 || (data[0] == '\0' && memcmp(data, data + 1, size - 1) == 0);
}

/* What stands behind the XML's NUL, at offset: a note, or nothing but zeros. */
static int
read_note(const char *data, size_t size, uint64_t offset, struct image *image, struct err *err)
{
    size_t frame = 0;
    int    r;

    if (is_zero(data, size))
        return 0;
    r = wire_frame_size(data, size, &frame, err);
    if (r == 0 && (!frame || frame > size))
        r = err_set(err, ERR_RPC, "it does not end before the stream");
    if (r == 0)
        r = decode_note(data, frame, image, err);
    if (r == 0) {
        image->note_offset = offset;
        return 0;
    }
    if (err->code != ERR_NO_SUPPORT)
        err->code = ERR_OPERATION_FAILED;
    return err_prefix(err, "the image is damaged: what is noted at offset %llu",
                      (unsigned long long)offset);
}

/* XML, its NUL, and what dom0d has put behind it. */
static int
read_xml(int fd, uint64_t offset, uint32_t size, struct image *image, char **xml_out,
         struct err *err)
{
    cleanup_free char *data = NULL;
    size_t             length;

    if (read_part(fd, offset, size, IMAGE_CONFIG_MAX + IMAGE_BEHIND_MAX, image, "XML", &data, err) <
        0)
        return -1;
    length = strnlen(data, size);
    if (length == size || length >= IMAGE_CONFIG_MAX)
        return no_string("XML", offset, err);
    if (read_note(data + length + 1, size - length - 1, offset + length + 1, image, err) < 0)
        return -1;
    *xml_out = take_ptr(data);
    return 0;
}

/*----- reading -----*/

static int
read_libvirt(int fd, struct image *image, struct err *err)
{
    struct libvirt_header header;

    if (read_at(fd, 0, &header, sizeof header, "libvirt's header", err) < 0)
        return -1;
    if (header.version == LIBVIRT_VERSION - 1)
        return err_set(err, ERR_OPERATION_FAILED,
                       "the image is of version 1 (Xen before 4.6), which dom0d does not restore");
    if (header.version != LIBVIRT_VERSION)
        return err_set(err, ERR_OPERATION_FAILED, "the image is of version %u, dom0d knows 2",
                       header.version);
    image->format = IMAGE_LIBVIRT;
    image->stream_offset = sizeof header + (uint64_t)header.xml_size;
    return read_xml(fd, sizeof header, header.xml_size, image, &image->config, err);
}

static int
check_xl_flags(const struct xl_header *header, struct err *err)
{
    uint32_t unknown = header->mandatory_flags & ~(XL_FLAG_JSON | XL_FLAG_STREAM_V2);

    if (header->byteorder != XL_BYTEORDER)
        return err_set(err, ERR_OPERATION_FAILED,
                       "the image was written by a machine of another byte order");
    if (unknown)
        return err_set(err, ERR_OPERATION_FAILED,
                       "the image has features that dom0d does not know (flags 0x%x)", unknown);
    if (!(header->mandatory_flags & XL_FLAG_JSON) || !(header->mandatory_flags & XL_FLAG_STREAM_V2))
        return err_set(
            err, ERR_OPERATION_FAILED,
            "the image was written by an xl before Xen 4.6, which dom0d does not restore");
    return 0;
}

/* What another program has put there is left alone. */
static int
read_own(int fd, uint64_t offset, uint32_t size, struct image *image, struct err *err)
{
    char magic[OWN_MAGIC_SIZE];

    if (size < sizeof magic)
        return 0;
    if (read_at(fd, offset, magic, sizeof magic, "dom0d's part", err) < 0)
        return -1;
    if (memcmp(magic, OWN_MAGIC, sizeof magic) != 0)
        return 0;
    return read_xml(fd, offset + sizeof magic, size - (uint32_t)sizeof magic, image, &image->xml,
                    err);
}

static int
read_json(int fd, uint64_t offset, uint32_t size, struct image *image, struct err *err)
{
    if (read_part(fd, offset, size, IMAGE_CONFIG_MAX, image, "configuration", &image->config, err) <
        0)
        return -1;
    return strnlen(image->config, size) == size - 1 ? 0 : no_string("configuration", offset, err);
}

static int
read_xl(int fd, struct image *image, struct err *err)
{
    struct xl_header header;
    uint32_t         config_size;

    if (read_at(fd, 0, &header, sizeof header, "xl's header", err) < 0 ||
        check_xl_flags(&header, err) < 0)
        return -1;
    if (header.optional_size < sizeof config_size)
        return err_set(err, ERR_OPERATION_FAILED, "the image is damaged: it has no configuration");
    if (read_at(fd, sizeof header, &config_size, sizeof config_size, "the configuration", err) < 0)
        return -1;
    if (config_size > header.optional_size - sizeof config_size)
        return err_set(err, ERR_OPERATION_FAILED,
                       "the image is damaged: a configuration of %u bytes does not fit %u",
                       config_size, header.optional_size);
    image->format = IMAGE_XL;
    image->stream_offset = sizeof header + (uint64_t)header.optional_size;
    if (image->stream_offset > image->size)
        return err_set(err, ERR_OPERATION_FAILED,
                       "the image is truncated: its stream should begin at offset %llu, the file "
                       "ends at %llu",
                       (unsigned long long)image->stream_offset, (unsigned long long)image->size);
    if (read_json(fd, sizeof header + sizeof config_size, config_size, image, err) < 0 ||
        read_own(fd, sizeof header + sizeof config_size + config_size,
                 header.optional_size - (uint32_t)sizeof config_size - config_size, image, err) < 0)
        return -1;
    return 0;
}

int
image_read(int fd, struct image *image_out, struct err *err)
{
    struct image image = {0};
    struct stat  st;
    char         magic[32] = {0};
    int          r;

    if (fstat(fd, &st) < 0)
        return err_set_errno(err, errno, "cannot read the image");
    image.size = (uint64_t)st.st_size;
    if (pread(fd, magic, sizeof magic, 0) < 0)
        return err_set_errno(err, errno, "cannot read the image");
    if (memcmp(magic, LIBVIRT_MAGIC, sizeof LIBVIRT_MAGIC - 1) == 0)
        r = read_libvirt(fd, &image, err);
    else if (memcmp(magic, XL_MAGIC, sizeof XL_MAGIC - 1) == 0)
        r = read_xl(fd, &image, err);
    else
        r = err_set(err, ERR_OPERATION_FAILED,
                    "this is no image of a saved domain, neither libvirt's nor xl's");
    if (r == 0)
        *image_out = image;
    else
        image_clear(&image);
    return r;
}

void
image_clear(struct image *image)
{
    free(take_ptr(image->config));
    free(take_ptr(image->xml));
    image_note_free(take_ptr(image->note));
}

/*----- writing -----*/

/* A wrapper as it grows. */
struct wrapper {
    char  *data;
    size_t size;
};

static void
wrapper_add(struct wrapper *wrapper, const void *data, size_t size)
{
    wrapper->data = xreallocarray(wrapper->data, wrapper->size + size, 1);
    memcpy(wrapper->data + wrapper->size, data, size);
    wrapper->size += size;
}

static void
wrapper_fill(struct wrapper *wrapper, size_t size)
{
    wrapper->data = xreallocarray(wrapper->data, wrapper->size + size, 1);
    memset(wrapper->data + wrapper->size, 0, size);
    wrapper->size += size;
}

static int
encode_note(const image_note *note, void **frame_out, size_t *size_out, struct err *err)
{
    static const struct wire_header header = {.program = WIRE_PROGRAM_WORKER,
                                              .version = IMAGE_NOTE_VERSION,
                                              .procedure = IMAGE_NOTE,
                                              .type = WIRE_MESSAGE};

    if (wire_encode(&header, (xdrproc_t)xdr_image_note, note, frame_out, size_out, err) < 0)
        return -1;
    if (*size_out <= IMAGE_BEHIND_MAX - IMAGE_ALIGN)
        return 0;
    free(take_ptr(*frame_out));
    return err_set(err, ERR_INVALID_ARG, "what is to be noted of the disks is too long: %zu bytes",
                   *size_out);
}

/* Behind the XML: the note, and zeros up to where the stream is to begin. */
static int
wrapper_add_behind(struct wrapper *wrapper, struct image *image, uint64_t like, struct err *err)
{
    cleanup_free void *frame = NULL;
    size_t             size;

    if (image->note) {
        if (encode_note(image->note, &frame, &size, err) < 0)
            return -1;
        image->note_offset = wrapper->size;
        wrapper_add(wrapper, frame, size);
    }
    if (like != IMAGE_UNALIGNED)
        wrapper_fill(wrapper, (size_t)((like - wrapper->size) % IMAGE_ALIGN));
    return 0;
}

static int
make_libvirt(struct wrapper *wrapper, struct image *image, uint64_t like, struct err *err)
{
    struct libvirt_header header = {.version = LIBVIRT_VERSION};

    memcpy(header.magic, LIBVIRT_MAGIC, sizeof header.magic);
    wrapper_add(wrapper, &header, sizeof header);
    wrapper_add(wrapper, image->config, strlen(image->config) + 1);
    if (wrapper_add_behind(wrapper, image, like, err) < 0)
        return -1;
    header.xml_size = (uint32_t)(wrapper->size - sizeof header);
    memcpy(wrapper->data, &header, sizeof header);
    return 0;
}

static int
make_xl(struct wrapper *wrapper, struct image *image, uint64_t like, struct err *err)
{
    struct xl_header header = {.byteorder = XL_BYTEORDER,
                               .mandatory_flags = XL_FLAG_JSON | XL_FLAG_STREAM_V2};
    uint32_t         size = (uint32_t)strlen(image->config) + 1;

    memcpy(header.magic, XL_MAGIC, sizeof header.magic);
    wrapper_add(wrapper, &header, sizeof header);
    wrapper_add(wrapper, &size, sizeof size);
    wrapper_add(wrapper, image->config, size);
    if (image->xml) {
        wrapper_add(wrapper, OWN_MAGIC, OWN_MAGIC_SIZE);
        wrapper_add(wrapper, image->xml, strlen(image->xml) + 1);
    }
    if (wrapper_add_behind(wrapper, image, like, err) < 0)
        return -1;
    header.optional_size = (uint32_t)(wrapper->size - sizeof header);
    memcpy(wrapper->data, &header, sizeof header);
    return 0;
}

int
image_write(int fd, struct image *image, uint64_t like, struct err *err)
{
    struct wrapper wrapper = {.data = NULL};
    size_t         size = strlen(image->config) + 1;
    size_t         xml_size = image->xml ? strlen(image->xml) + 1 : 0;
    int            r;

    assert(!image->note || image_xml(image));
    if (size > IMAGE_CONFIG_MAX || xml_size > IMAGE_CONFIG_MAX)
        return err_set(err, ERR_INVALID_ARG, "the definition is too long for an image: %zu bytes",
                       size > xml_size ? size : xml_size);
    r = image->format == IMAGE_LIBVIRT ? make_libvirt(&wrapper, image, like, err)
                                       : make_xl(&wrapper, image, like, err);
    if (r == 0 && file_write_all(fd, wrapper.data, wrapper.size) < 0)
        r = err_set_errno(err, errno, "cannot write the image");
    image->stream_offset = wrapper.size;
    free(wrapper.data);
    return r;
}

int
image_write_note(int fd, const struct image *image, struct err *err)
{
    cleanup_free void *frame = NULL;
    size_t             size;
    ssize_t            n;

    if (encode_note(image->note, &frame, &size, err) < 0)
        return -1;
    assert(image->note_offset && image->note_offset + size <= image->stream_offset);
    n = pwrite(fd, frame, size, (off_t)image->note_offset);
    if (n == (ssize_t)size)
        return 0;
    return err_set_errno(err, n < 0 ? errno : ENOSPC, "cannot write the image");
}
