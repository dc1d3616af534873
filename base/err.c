/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"

__attribute__((format(printf, 4, 0))) static void
err_set_message(struct err *err, enum err_code code, int detail, const char *format, va_list ap)
{
    err->code = code;
    err->detail = detail;
    vsnprintf(err->message, sizeof err->message, format, ap);
    utf8_mend(err->message, sizeof err->message);
}

/* Behind what is there already. */
__attribute__((format(printf, 2, 0))) static void
err_add_message(struct err *err, const char *format, va_list ap)
{
    size_t length = strnlen(err->message, sizeof err->message - 1);

    vsnprintf(err->message + length, sizeof err->message - length, format, ap);
    utf8_mend(err->message, sizeof err->message);
}

int
err_set(struct err *err, enum err_code code, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    err_set_message(err, code, 0, format, ap);
    va_end(ap);
    return -1;
}

/* "": there are none. */
static const char *
err_words(enum err_code code)
{
    switch (code) {
    case ERR_INTERNAL:
        return "internal error: ";
    case ERR_INVALID_ARG:
        return "invalid argument: ";
    case ERR_OPERATION_FAILED:
        return "operation failed: ";
    case ERR_OPERATION_DENIED:
        return "operation forbidden: ";
    case ERR_NO_DOMAIN:
        return "Domain not found: ";
    case ERR_OPERATION_INVALID:
        return "Requested operation is not valid: ";
    case ERR_CONFIG_UNSUPPORTED:
        return "unsupported configuration: ";
    case ERR_NO_DOMAIN_METADATA:
        return "metadata not found: ";
    case ERR_OPERATION_UNSUPPORTED:
        return "Operation not supported: ";
    default:
        return "";
    }
}

int
err_set_libvirt(struct err *err, enum err_code code, const char *format, ...)
{
    va_list ap;

    err_set(err, code, "%s", err_words(code));
    va_start(ap, format);
    err_add_message(err, format, ap);
    va_end(ap);
    return -1;
}

int
err_set_errno(struct err *err, int errnum, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    err_set_message(err, ERR_SYSTEM, errnum, format, ap);
    va_end(ap);
    return err_append(err, ": %s", strerrordesc_np(errnum));
}

int
err_prefix(struct err *err, const char *format, ...)
{
    char    old[ERR_MESSAGE_SIZE];
    va_list ap;

    memcpy(old, err->message, sizeof old);
    va_start(ap, format);
    err_set_message(err, err->code, err->detail, format, ap);
    va_end(ap);
    return err_append(err, ": %s", old);
}

int
err_append(struct err *err, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    err_add_message(err, format, ap);
    va_end(ap);
    return -1;
}
