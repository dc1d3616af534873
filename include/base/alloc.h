/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * alloc.h: memory that is always there, and variables that clean up themselves.
 *
 * Out of memory ends the process, as it does inside libxl; so every size that comes
 * from outside is bounded before it is allocated.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

/* None of them returns NULL (but where it says so); what they return is the caller's to free. */

void *xmalloc(size_t size);

/** All bytes are 0. */
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *ptr, size_t size);
void *xreallocarray(void *ptr, size_t count, size_t size);
void *xmemdup(const void *ptr, size_t size);

/** NULL gives NULL. */
char *xstrdup(const char *s);

/** At most max bytes of s. */
char *xstrndup(const char *s, size_t max);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline void
cleanup_freep(void *p)
{
    free(*(void **)p);
}

static inline void
cleanup_closep(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* A variable so marked is freed (closed) when it goes out of scope. */
#define cleanup_free __attribute__((cleanup(cleanup_freep)))
#define cleanup_close __attribute__((cleanup(cleanup_closep)))

/* The value of a variable that is emptied: the caller owns what it held. */
#define take_ptr(p)                                                                                \
    __extension__({                                                                                \
        __typeof__(p) taken_ = (p);                                                                \
        (p) = NULL;                                                                                \
        taken_;                                                                                    \
    })
#define take_fd(fd)                                                                                \
    __extension__({                                                                                \
        int taken_ = (fd);                                                                         \
        (fd) = -1;                                                                                 \
        taken_;                                                                                    \
    })

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define array_size(a) (sizeof(a) / sizeof((a)[0]))

#endif
