/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

static void *
alloc_check(void *ptr)
{
    if (!ptr) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return ptr;
}

void *
xmalloc(size_t size)
{
    return alloc_check(malloc(size ? size : 1));
}

void *
xcalloc(size_t count, size_t size)
{
    return alloc_check(calloc(count ? count : 1, size ? size : 1));
}

void *
xrealloc(void *ptr, size_t size)
{
    return alloc_check(realloc(ptr, size ? size : 1));
}

void *
xreallocarray(void *ptr, size_t count, size_t size)
{
    return alloc_check(reallocarray(ptr, count ? count : 1, size ? size : 1));
}

void *
xmemdup(const void *ptr, size_t size)
{
    void *copy = xmalloc(size);

    if (size)
        memcpy(copy, ptr, size);
    return copy;
}

char *
xstrdup(const char *s)
{
    return s ? alloc_check(strdup(s)) : NULL;
}

char *
xstrndup(const char *s, size_t max)
{
    return alloc_check(strndup(s, max));
}

char *
xasprintf(const char *format, ...)
{
    va_list ap;
    char   *s;
    int     r;

    va_start(ap, format);
    r = vasprintf(&s, format, ap);
    va_end(ap);
    return alloc_check(r < 0 ? NULL : s);
}
