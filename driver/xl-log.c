/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-log.c: what libxl and libxc say.  Each line goes to our log, to the lines of this operation,
 * and, if it tells why something failed, to the reasons that an error message carries.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "xl.h"

#define LINE_MAX_SIZE 1024

static enum log_level
level_of(xentoollog_level level)
{
    switch (level) {
    case XTL_CRITICAL:
    case XTL_ERROR:
        return LOG_LEVEL_ERROR;
    case XTL_WARN:
        return LOG_LEVEL_WARNING;
    case XTL_NOTICE:
        return LOG_LEVEL_INFO;
    case XTL_NONE:
    case XTL_DEBUG:
    case XTL_VERBOSE:
    case XTL_DETAIL:
    case XTL_PROGRESS:
    case XTL_INFO:
    case XTL_NUM_LEVELS:
        break;
    }
    return LOG_LEVEL_DEBUG;
}

/*
 * The part of a line that a user wants to read.  libxl's begin with where they come from,
 * "libxl_create.c:1032:initiate_domain_create: Domain 7:", see libxl_internal.c, libxl__logv;
 * libxc's with "panic: xg_dom_core.c:689: xc_dom_find_loader:".  *domid_out: -1 where it names
 * none.
 */
static const char *
reason_of(const char *line, int64_t *domid_out)
{
    int      place = 0, domain = 0;
    unsigned domid = 0;

    if (strncmp(line, "panic: ", 7) == 0)
        line += 7;
    (void)sscanf(line, "%*[a-z0-9_].c:%*d:%*[ A-Za-z0-9_]: %n", &place);
    line += place;
    (void)sscanf(line, "Domain %u:%n", &domid, &domain);
    *domid_out = domain ? (int64_t)domid : -1;
    line += domain;
    return line + strspn(line, " ");
}

void
xl_log_add_reason(char reasons[XL_LOG_REASONS], const char *reason)
{
    size_t used = strlen(reasons);

    if (used + strlen(reason) + 3 > XL_LOG_REASONS || strstr(reasons, reason))
        return;
    snprintf(reasons + used, XL_LOG_REASONS - used, "%s%s", used ? "; " : "", reason);
}

static void
keep_error(struct xl_log *log, const char *line, int errnum)
{
    int64_t     domid;
    const char *reason = reason_of(line, &domid);

    xl_log_add_reason(log->reasons, reason);
    if (log->attribute)
        log->attribute(log, domid, reason);
    if (log->error)
        log->error(log->arg, reason);
    if (errnum > 0 && !log->errnum)
        log->errnum = errnum;
}

static void
keep_line(struct xl_log *log, xentoollog_level level, const char *line)
{
    char   text[LINE_MAX_SIZE + 32];
    int    n = snprintf(text, sizeof text, "%s: %s\n", xtl_level_to_string(level), line);
    size_t length = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;

    if (log->size + length > XL_LOG_SIZE) {
        size_t      keep = XL_LOG_SIZE / 2;
        const char *cut = memchr(log->text + log->size - keep, '\n', keep);

        cut = cut ? cut + 1 : log->text + log->size;
        log->size -= (size_t)(cut - log->text);
        memmove(log->text, cut, log->size);
    }
    memcpy(log->text + log->size, text, length);
    log->size += length;
    log->text[log->size] = '\0';
}

static void __attribute__((format(printf, 5, 0)))
log_vmessage(xentoollog_logger *logger, xentoollog_level level, int errnum, const char *context,
             const char *format, va_list ap)
{
    struct xl_log *log = (struct xl_log *)logger;
    char           line[LINE_MAX_SIZE];
    size_t         used;

    vsnprintf(line, sizeof line, format, ap);
    used = strcspn(line, "\n");
    line[used] = '\0';
    if (errnum > 0)
        snprintf(line + used, sizeof line - used, ": %s", strerrordesc_np(errnum));
    utf8_mend_line(line, sizeof line);

    keep_line(log, level, line);
    if (level >= XTL_ERROR)
        keep_error(log, line, errnum);
    log_about(level_of(level), &log->about, "%s: %s", context ? context : "libxl", line);
}

static void
log_destroy(xentoollog_logger *logger)
{
    (void)logger;
}

void
xl_log_init(struct xl_log *log)
{
    *log = (struct xl_log){
        .vtable = {.vmessage = log_vmessage, .destroy = log_destroy},
        .text = xcalloc(1, XL_LOG_SIZE + 1),
    };
}

void
xl_log_free(struct xl_log *log)
{
    free(take_ptr(log->text));
}

void
xl_log_clear(struct xl_log *log)
{
    log->size = 0;
    log->text[0] = '\0';
    log->reasons[0] = '\0';
    log->errnum = 0;
}
