/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * print-protocol: each procedure with its number and what is on the wire for it, as a table that
 * can be compared.
 *
 * What is on the wire is found by decoding from a stream that has no end, in which each word is 1:
 * so optional values are there, lists have one element and strings one character.  The stream
 * notes what it is asked for: 4 is a word, oN is N bytes, AxN is A N times.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/dom0d.h"
#include "wire/frame.h"
#include "wire/remote.h"
#include "wire/worker.h"

#define MAX_ITEMS 1024
#define MAX_BODY 65536

/* 0: a word; else that many bytes. */
struct layout {
    unsigned items[MAX_ITEMS];
    u_int    n;
    long     first; /* what the first word is: it may choose an arm of a union */
};

/*----- the stream -----*/

static struct layout *
layout_of(XDR *xdrs)
{
    return xdrs->x_private;
}

static void
note(XDR *xdrs, unsigned item)
{
    struct layout *layout = layout_of(xdrs);

    if (layout->n == MAX_ITEMS)
        abort();
    layout->items[layout->n++] = item;
}

static bool_t
get_word(XDR *xdrs, long *word)
{
    *word = layout_of(xdrs)->n == 0 ? layout_of(xdrs)->first : 1;
    note(xdrs, 0);
    return TRUE;
}

static bool_t
get_bytes(XDR *xdrs, char *bytes, u_int n)
{
    memset(bytes, 'x', n);
    note(xdrs, n);
    return TRUE;
}

static u_int
get_position(XDR *xdrs)
{
    return layout_of(xdrs)->n;
}

/* Backwards: what was noted since is forgotten.  Forwards: there is always more. */
static bool_t
set_position(XDR *xdrs, u_int position)
{
    if (position < layout_of(xdrs)->n)
        layout_of(xdrs)->n = position;
    return TRUE;
}

/*----- the table -----*/

static void
print_layout(const struct layout *layout)
{
    for (u_int i = 0, same; i < layout->n; i += same) {
        for (same = 1; i + same < layout->n && layout->items[i + same] == layout->items[i];)
            same++;
        if (layout->items[i] == 0)
            printf(" 4");
        else
            printf(" o%u", layout->items[i]);
        if (same > 1)
            printf("x%u", same);
    }
}

static void
print_body(const char *what, xdrproc_t filter, long first)
{
    static const struct xdr_ops ops = {
        .x_getlong = get_word,
        .x_getbytes = get_bytes,
        .x_getpostn = get_position,
        .x_setpostn = set_position,
    };
    struct layout layout = {.first = first};
    void         *body = calloc(1, MAX_BODY);
    XDR           xdrs = {.x_op = XDR_DECODE, .x_ops = &ops, .x_private = &layout};

    printf(" %s", what);
    if (!body || !filter(&xdrs, body, 0))
        printf(" (fails)");
    else
        print_layout(&layout);
    xdr_free(filter, body);
    free(body);
}

#define BODY(what, type)                                                                           \
    _Static_assert(sizeof(type) <= MAX_BODY, #type);                                               \
    print_body(what, (xdrproc_t)xdr_##type, 1)

static void
print_procedures(void)
{
#define RPC(program, nr, name, args_t, ret_t, access, flags)                                       \
    printf("%-6s %3d %s %s", #program, nr, #name, #access);                                        \
    BODY("args", args_t);                                                                          \
    BODY("ret", ret_t);                                                                            \
    putchar('\n');
#define EVENT(program, nr, name, msg_t)                                                            \
    printf("%-6s %3d %s", #program, nr, #name);                                                    \
    BODY("msg", msg_t);                                                                            \
    putchar('\n');
#include "wire/procs.def"
#undef RPC
#undef EVENT
}

static void
print_arms(const char *name, xdrproc_t filter, long last)
{
    for (long arm = 1; arm <= last; arm++) {
        printf("%s %ld", name, arm);
        print_body("is", filter, arm);
        putchar('\n');
    }
}

int
main(void)
{
    print_procedures();
    printf("error");
    BODY("is", remote_error);
    putchar('\n');
    print_arms("typed_param_value", (xdrproc_t)xdr_remote_typed_param_value,
               REMOTE_TYPED_PARAM_STRING);
    print_arms("worker_command", (xdrproc_t)xdr_worker_command, WORKER_BYE);
    print_arms("worker_report", (xdrproc_t)xdr_worker_report, WORKER_DONE);
    return 0;
}
