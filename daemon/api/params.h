/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * params.h: libvirt's typed parameters, put together one by one.
 *
 *   params_init(&params, max);
 *   params_add_ullong(&params, bytes, "net.%u.rx.bytes", n);
 *   ... params.list, params.count ...
 *   params_clear(&params);
 *
 * Names and strings are copied.  What is added beyond max is dropped, so that a list never breaks
 * the bound that the protocol has for it: a client that gets less than there is loses nothing else.
 */
#ifndef DAEMON_PARAMS_H
#define DAEMON_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/remote.h"

/* libvirt's VIR_TYPED_PARAM_FIELD_LENGTH: its clients refuse a name that does not fit. */
#define PARAMS_FIELD_SIZE 80

struct params {
    struct remote_typed_param *list; /* owned, and all it points to */
    unsigned                   count, max;
    unsigned                   room; /* private */
};

/** max: how many the procedure's list may have, see remote.x. */
void params_init(struct params *params, unsigned max);

/** It is empty then, and may be filled again. */
void params_clear(struct params *params);

/* The name is formatted; one that is too long is cut. */
void params_add_int(struct params *params, int value, const char *field, ...)
    __attribute__((format(printf, 3, 4)));
void params_add_uint(struct params *params, unsigned value, const char *field, ...)
    __attribute__((format(printf, 3, 4)));
void params_add_llong(struct params *params, int64_t value, const char *field, ...)
    __attribute__((format(printf, 3, 4)));
void params_add_ullong(struct params *params, uint64_t value, const char *field, ...)
    __attribute__((format(printf, 3, 4)));
void params_add_double(struct params *params, double value, const char *field, ...)
    __attribute__((format(printf, 3, 4)));
void params_add_boolean(struct params *params, bool value, const char *field, ...)
    __attribute__((format(printf, 3, 4)));

/** value: NULL is "".  For clients that said TYPED_PARAM_STRING_OKAY. */
void params_add_string(struct params *params, const char *value, const char *field, ...)
    __attribute__((format(printf, 3, 4)));

#endif
