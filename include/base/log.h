/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * log.h: one line for the administrator.
 *
 * Lines go to stderr, or to the sink that the program sets (the daemon's and the worker's
 * write journal fields).  base, eventloop, wire and conf do not log above debug: they return
 * errors, and an error is logged once, by whoever drops it.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>

/* syslog's numbers. */
enum log_level {
    LOG_LEVEL_ERROR = 3,
    LOG_LEVEL_WARNING = 4,
    LOG_LEVEL_INFO = 6,
    LOG_LEVEL_DEBUG = 7,
};

/* What a line is about; a NULL or 0 is left out.  All borrowed. */
struct log_about {
    const char        *domain;    /* the name */
    const char        *uuid;      /* as text */
    unsigned long long job;       /* 0: none */
    const char        *operation; /* "save", ... */
};

typedef void log_sink_fn(enum log_level level, const struct log_about *about, const char *message);

/** Lines above this level are dropped.  At first LOG_LEVEL_INFO. */
void           log_set_level(enum log_level level);
enum log_level log_get_level(void);

/** NULL: back to stderr.  The sink gets a message with no newline; about is never NULL. */
void log_set_sink(log_sink_fn *sink);

/**
 * One line, made valid UTF-8 without control characters, and cut where it is too long.  about may
 * be NULL; both are Borrowed.  Does not wait for journald.  For the loop's thread only: the sink
 * has no lock.
 */
void log_about(enum log_level level, const struct log_about *about, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(...) log_about(LOG_LEVEL_ERROR, NULL, __VA_ARGS__)
#define log_warning(...) log_about(LOG_LEVEL_WARNING, NULL, __VA_ARGS__)
#define log_info(...) log_about(LOG_LEVEL_INFO, NULL, __VA_ARGS__)
#define log_debug(...) log_about(LOG_LEVEL_DEBUG, NULL, __VA_ARGS__)

#endif
