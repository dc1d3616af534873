/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * err.h: how a function says why it failed.
 *
 * A function that can fail returns 0, or -1 with *err filled; err is its last
 * parameter.  On success *err is not touched.  A struct err is a value: it owns
 * nothing, may be copied, kept in an operation, and is what a client is told.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

/*
 * The numbers are libvirt's (virErrorNumber), because that is what goes over the
 * wire: an error keeps its number from where it happened to the client.
 */
enum err_code {
    ERR_NONE = 0,
    ERR_INTERNAL = 1,
    ERR_NO_SUPPORT = 3,
    ERR_NO_CONNECT = 5,
    ERR_INVALID_ARG = 8,
    ERR_OPERATION_FAILED = 9,
    ERR_XML = 27,
    ERR_OPERATION_DENIED = 29,
    ERR_SYSTEM = 38, /* detail is an errno */
    ERR_RPC = 39,
    ERR_NO_DOMAIN = 42,
    ERR_OPERATION_INVALID = 55, /* not in this state */
    ERR_CONFIG_UNSUPPORTED = 67,
    ERR_OPERATION_TIMEOUT = 68,
    ERR_ARGUMENT_UNSUPPORTED = 74,
    ERR_OPERATION_ABORTED = 78,
    ERR_NO_DOMAIN_METADATA = 80,
    ERR_OPERATION_UNSUPPORTED = 84,
    ERR_RESOURCE_BUSY = 87,
};

/* A whole message with a few of libxl's lines; longer ones are cut. */
#define ERR_MESSAGE_SIZE 2048

struct err {
    enum err_code code;
    int           detail; /* errno or libxl's rc; 0: none */
    char          message[ERR_MESSAGE_SIZE];
};

/**
 * Fill *err.  The message names the thing and the reason, in the user's words, with no
 * full stop and no newline.  Whatever it quotes, it is UTF-8: see utf8_mend.
 *
 * Returns -1, so that failing is one statement.
 */
int err_set(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * The same with the words in front that libvirt puts before a message of this code, and that its
 * users grep for: "Requested operation is not valid: domain 'web' is not running".  A code for
 * which there are none leaves the message as it is.
 */
int err_set_libvirt(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * The same for a failed system call: ": " and the text of errnum follow the message.
 * The code is ERR_SYSTEM, the detail errnum.
 */
int err_set_errno(struct err *err, int errnum, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * Put words before the message of an error that is set: "format: old message".
 *
 * Returns -1.
 */
int err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Put words behind the message of an error that is set.  Returns -1. */
int err_append(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
