/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The input is a file that is said to be an image.  What a restore does with it before it asks
 * anybody: the wrapper, the walk over the stream, the definition in xl's JSON.  A whole stream that
 * is one byte shorter must not be whole any more.
 */
#include <assert.h>
#include <libxl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "conf/libxl.h"
#include "driver/image.h"
#include "fake-xen.h"
#include "fuzz.h"

static void
quiet(struct xentoollog_logger *logger, xentoollog_level level, int errnum, const char *context,
      const char *format, va_list ap)
{
    (void)logger, (void)level, (void)errnum, (void)context, (void)format, (void)ap;
}

/* One for all inputs. */
static libxl_ctx *
context(void)
{
    static xentoollog_logger logger = {.vmessage = quiet};
    static libxl_ctx        *ctx;

    if (!ctx) {
        fake_xen_begin();
        atexit(fake_xen_end);
        assert(libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, &logger) == 0);
    }
    return ctx;
}

/* As a restore does: what is kept is read again. */
static void
read_definition(const char *xml)
{
    libxl_domain_config config;
    struct domain_def  *def = NULL;
    struct err          err;

    libxl_domain_config_init(&config);
    if (domain_def_parse(xml, strlen(xml), &def, &err) == 0 &&
        conf_to_libxl_whole(context(), def, &config, &err) < 0)
        assert(err.code && err.message[0]);
    domain_def_free(def);
    libxl_domain_config_dispose(&config);
}

static void
read_json(const char *json)
{
    libxl_domain_config config;
    struct domain_def  *def = NULL;
    struct err          err;

    libxl_domain_config_init(&config);
    if (libxl_domain_config_from_json(context(), &config, json) == 0 &&
        conf_from_libxl_whole(&config, &def, &err) == 0) {
        cleanup_free char *xml =
            domain_def_format(def, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE);

        domain_def_free(def);
        read_definition(xml);
    }
    libxl_domain_config_dispose(&config);
}

static void
check_stream(int fd, const struct image *image)
{
    struct err err;

    if (image_check_stream(fd, image->stream_offset, &err) < 0) {
        assert(err.code && err.message[0]);
        return;
    }
    assert(ftruncate(fd, (off_t)image->size - 1) == 0);
    assert(image_check_stream(fd, image->stream_offset, &err) < 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int          fd = memfd_create("image", MFD_CLOEXEC);
    struct image image;
    struct err   err;

    assert(fd >= 0 && file_write_all(fd, data, size) == 0);
    if (image_read(fd, &image, &err) == 0) {
        assert(image.size == size && image.stream_offset <= size);
        if (image.format == IMAGE_XL)
            read_json(image.config);
        if (image.xml)
            read_definition(image.xml);
        check_stream(fd, &image);
        image_clear(&image);
    } else {
        assert(err.code && err.message[0]);
    }
    close(fd);
    return 0;
}
