/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define WIRE_BOUNDS_C
#include <limits.h>
#include <stdbool.h>

#include "bounds.h"

/* Does the stream hold what the count that comes next promises: so many times this many bytes? */
static bool
count_is_covered(XDR *xdrs, u_int each)
{
    u_int start = xdr_getpos(xdrs);
    u_int count, data;
    bool  covered;

    if (!xdr_u_int(xdrs, &count))
        return false;
    data = xdr_getpos(xdrs);
    /* A position behind the end is refused. */
    covered = count <= (UINT_MAX - data) / each && xdr_setpos(xdrs, data + count * each);
    xdr_setpos(xdrs, start);
    return covered;
}

bool_t
bounded_array(XDR *xdrs, char **elements, u_int *count, u_int max, u_int size, xdrproc_t filter)
{
    /* No type takes less than one unit on the wire. */
    if (xdrs->x_op == XDR_DECODE && !count_is_covered(xdrs, BYTES_PER_XDR_UNIT))
        return FALSE;
    return xdr_array(xdrs, elements, count, max, size, filter);
}

bool_t
bounded_bytes(XDR *xdrs, char **bytes, u_int *count, u_int max)
{
    if (xdrs->x_op == XDR_DECODE && !count_is_covered(xdrs, 1))
        return FALSE;
    return xdr_bytes(xdrs, bytes, count, max);
}

bool_t
bounded_string(XDR *xdrs, char **string, u_int max)
{
    if (xdrs->x_op == XDR_DECODE && !count_is_covered(xdrs, 1))
        return FALSE;
    if (xdrs->x_op == XDR_ENCODE && *string == NULL)
        return FALSE;
    return xdr_string(xdrs, string, max);
}
