/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>
#include <stdio.h>

#include "base/log.h"
#include "base/utf8.h"

/* The level and the sink are the only global variables of the project: a log line may come from
 * anywhere. */
static enum log_level level_max = LOG_LEVEL_INFO;

static void
log_write_stderr(enum log_level level, const struct log_about *about, const char *message)
{
    static const char *const words[] = {
        [LOG_LEVEL_ERROR] = "error: ",
        [LOG_LEVEL_WARNING] = "warning: ",
        [LOG_LEVEL_INFO] = "",
        [LOG_LEVEL_DEBUG] = "debug: ",
    };

    fprintf(stderr, "%s%s%s%s\n", words[level], about->domain ? about->domain : "",
            about->domain ? ": " : "", message);
}

static log_sink_fn *sink = log_write_stderr;

void
log_set_level(enum log_level level)
{
    level_max = level;
}

enum log_level
log_get_level(void)
{
    return level_max;
}

void
log_set_sink(log_sink_fn *new_sink)
{
    sink = new_sink ? new_sink : log_write_stderr;
}

void
log_about(enum log_level level, const struct log_about *about, const char *format, ...)
{
    static const struct log_about nothing;
    char                          message[4096];
    va_list                       ap;

    if (level > level_max)
        return;
    va_start(ap, format);
    vsnprintf(message, sizeof message, format, ap);
    va_end(ap);
    utf8_mend_line(message, sizeof message);
    sink(level, about ? about : &nothing, message);
}
