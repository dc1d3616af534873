/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * image.c: the two wrappers.  The layouts are libvirt's libxl_conf.h (libxlSavefileHeader) and xl's
 * xl.h (struct save_file_header); both are in the byte order of the host that wrote them.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "driver/image.h"

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

/* size bytes of text at offset, the NUL among them; *text_out gets it. */
static int
read_text(int fd, uint64_t offset, uint32_t size, const struct image *image, const char *what,
          char **text_out, struct err *err)
{
    cleanup_free char *text = NULL;

    if (size == 0 || size > IMAGE_CONFIG_MAX)
        return err_set(err, ERR_OPERATION_FAILED,
                       "the image is damaged: its %s is said to be %u bytes long (at most %u)",
                       what, size, IMAGE_CONFIG_MAX);
    if (offset + size > image->size)
        return err_set(
            err, ERR_OPERATION_FAILED,
            "the image is truncated: its %s needs %u bytes at offset %llu, the file ends "
            "at %llu",
            what, size, (unsigned long long)offset, (unsigned long long)image->size);
    text = xmalloc(size);
    if (read_at(fd, offset, text, size, what, err) < 0)
        return -1;
    if (strnlen(text, size) != size - 1)
        return err_set(err, ERR_OPERATION_FAILED,
                       "the image is damaged: its %s at offset %llu is not a NUL-terminated string",
                       what, (unsigned long long)offset);
    *text_out = take_ptr(text);
    return 0;
}

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
    return read_text(fd, sizeof header, header.xml_size, image, "XML", &image->config, err);
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
    return read_text(fd, offset + sizeof magic, size - (uint32_t)sizeof magic, image, "XML",
                     &image->xml, err);
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
    if (read_text(fd, sizeof header + sizeof config_size, config_size, image, "configuration",
                  &image->config, err) < 0 ||
        read_own(fd, sizeof header + sizeof config_size + config_size,
                 header.optional_size - (uint32_t)sizeof config_size - config_size, image,
                 err) < 0) {
        image_clear(image);
        return -1;
    }
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
    return r;
}

void
image_clear(struct image *image)
{
    free(take_ptr(image->config));
    free(take_ptr(image->xml));
}

static void
libvirt_header(uint32_t config_size, struct libvirt_header *header)
{
    *header = (struct libvirt_header){.version = LIBVIRT_VERSION, .xml_size = config_size};
    memcpy(header->magic, LIBVIRT_MAGIC, sizeof header->magic);
}

static void
xl_header(uint32_t optional_size, struct xl_header *header)
{
    *header = (struct xl_header){
        .byteorder = XL_BYTEORDER,
        .mandatory_flags = XL_FLAG_JSON | XL_FLAG_STREAM_V2,
        .optional_size = optional_size,
    };
    memcpy(header->magic, XL_MAGIC, sizeof header->magic);
}

/* The rest return 0, or -1 with errno. */
static int
write_libvirt(int fd, const char *config, uint32_t size)
{
    struct libvirt_header header;

    libvirt_header(size, &header);
    return file_write_all(fd, &header, sizeof header) || file_write_all(fd, config, size) ? -1 : 0;
}

static int
write_xl(int fd, const char *config, uint32_t size, const char *xml, uint32_t xml_size)
{
    struct xl_header header;

    xl_header((uint32_t)sizeof size + size + (xml ? (uint32_t)OWN_MAGIC_SIZE + xml_size : 0),
              &header);
    if (file_write_all(fd, &header, sizeof header) || file_write_all(fd, &size, sizeof size) ||
        file_write_all(fd, config, size))
        return -1;
    return xml && (file_write_all(fd, OWN_MAGIC, OWN_MAGIC_SIZE) ||
                   file_write_all(fd, xml, xml_size))
               ? -1
               : 0;
}

int
image_write(int fd, enum image_format format, const char *config, const char *xml, struct err *err)
{
    size_t size = strlen(config) + 1, xml_size = xml ? strlen(xml) + 1 : 0;
    int    r;

    if (size > IMAGE_CONFIG_MAX || xml_size > IMAGE_CONFIG_MAX)
        return err_set(err, ERR_INVALID_ARG, "the definition is too long for an image: %zu bytes",
                       size > xml_size ? size : xml_size);
    r = format == IMAGE_LIBVIRT ? write_libvirt(fd, config, (uint32_t)size)
                                : write_xl(fd, config, (uint32_t)size, xml, (uint32_t)xml_size);
    return r == 0 ? 0 : err_set_errno(err, errno, "cannot write the image");
}
