/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "params.h"

void
params_init(struct params *params, unsigned max)
{
    *params = (struct params){.max = max};
}

void
params_clear(struct params *params)
{
    for (unsigned n = 0; n < params->count; n++)
        xdr_free((xdrproc_t)xdr_remote_typed_param, &params->list[n]);
    free(params->list);
    params_init(params, params->max);
}

/* value is Taken. */
__attribute__((format(printf, 3, 0))) static void
params_add(struct params *params, struct remote_typed_param_value value, const char *format,
           va_list ap)
{
    char                       field[PARAMS_FIELD_SIZE];
    struct remote_typed_param *param;

    if (params->count == params->max) {
        xdr_free((xdrproc_t)xdr_remote_typed_param_value, &value);
        return;
    }
    if (params->count == params->room) {
        params->room = params->room ? 2 * params->room : 16;
        params->list = xreallocarray(params->list, params->room, sizeof *params->list);
    }
    vsnprintf(field, sizeof field, format, ap);
    param = &params->list[params->count++];
    param->field = xstrdup(field);
    param->value = value;
}

/* What differs is the type, its name on the wire and the member of the union. */
#define PARAMS_ADD(name, c_type, wire_type, member, stored)                                        \
    void params_add_##name(struct params *params, c_type value, const char *field, ...)            \
    {                                                                                              \
        struct remote_typed_param_value wire = {.type = REMOTE_TYPED_PARAM_##wire_type,            \
                                                .remote_typed_param_value_u.member = (stored)};    \
        va_list                         ap;                                                        \
                                                                                                   \
        va_start(ap, field);                                                                       \
        params_add(params, wire, field, ap);                                                       \
        va_end(ap);                                                                                \
    }

PARAMS_ADD(int, int, INT, i, value)
PARAMS_ADD(uint, unsigned, UINT, ui, value)
PARAMS_ADD(llong, int64_t, LLONG, l, value)
PARAMS_ADD(ullong, uint64_t, ULLONG, ul, value)
PARAMS_ADD(double, double, DOUBLE, d, value)
PARAMS_ADD(boolean, bool, BOOLEAN, b, value)
PARAMS_ADD(string, const char *, STRING, s, xstrdup(value ? value : ""))
