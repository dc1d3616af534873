/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * log-journal.c: see systemd.io/JOURNAL_NATIVE_PROTOCOL.  libsystemd's own function waits while
 * journald does not read; here a line is dropped, and counted.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/utf8.h"
#include "driver/log-journal.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define FIELDS_MAX 7

struct fields {
    struct iovec iov[FIELDS_MAX];
    int          count;
};

/* Belongs to the log's sink, which has no argument. */
static struct {
    int                fd;
    struct sockaddr_un address;
    unsigned           dropped; /* lines, since the last one that was taken */
} journal = {.fd = -1};

/* One line each; Taken. */
static void
fields_add(struct fields *fields, char *field)
{
    size_t length = strlen(field);

    utf8_mend_line(field, length + 1);
    length = strlen(field);
    field[length] = '\n'; /* the NUL is not sent */
    fields->iov[fields->count++] = (struct iovec){.iov_base = field, .iov_len = length + 1};
}

static void
fields_fill(struct fields *fields, enum log_level level, const struct log_about *about,
            const char *message)
{
    fields_add(fields, xasprintf("MESSAGE=%s%s%s", about->domain ? about->domain : "",
                                 about->domain ? ": " : "", message));
    fields_add(fields, xasprintf("PRIORITY=%d", (int)level));
    fields_add(fields, xasprintf("SYSLOG_IDENTIFIER=%s", program_invocation_short_name));
    if (about->domain)
        fields_add(fields, xasprintf("DOM0D_DOMAIN=%s", about->domain));
    if (about->uuid)
        fields_add(fields, xasprintf("DOM0D_UUID=%s", about->uuid));
    if (about->job)
        fields_add(fields, xasprintf("DOM0D_JOB=%llu", about->job));
    if (about->operation)
        fields_add(fields, xasprintf("DOM0D_OPERATION=%s", about->operation));
}

static bool
journal_send(enum log_level level, const struct log_about *about, const char *message)
{
    struct fields fields = {.count = 0};
    struct msghdr header = {.msg_name = &journal.address, .msg_namelen = sizeof journal.address};
    ssize_t       sent;

    fields_fill(&fields, level, about, message);
    header.msg_iov = fields.iov;
    header.msg_iovlen = (size_t)fields.count;
    sent = sendmsg(journal.fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (fields.count)
        free(fields.iov[--fields.count].iov_base);
    return sent >= 0;
}

static bool
journal_tell_dropped(void)
{
    static const struct log_about nothing;
    char                          message[64];

    snprintf(message, sizeof message, "%u lines were lost: journald did not take them",
             journal.dropped);
    return journal_send(LOG_LEVEL_WARNING, &nothing, message);
}

static void
journal_log(enum log_level level, const struct log_about *about, const char *message)
{
    if (journal.dropped && journal_tell_dropped())
        journal.dropped = 0;
    if (journal.dropped || !journal_send(level, about, message))
        journal.dropped++;
}

/* systemd says which file the journal's stream is, see systemd.exec(5), JOURNAL_STREAM. */
static bool
stderr_is_journal(void)
{
    const char        *text = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat        st;

    return text && sscanf(text, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void
log_to_journal_at(const char *path)
{
    if (journal.fd < 0)
        journal.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (journal.fd < 0)
        return;
    journal.address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(journal.address.sun_path, sizeof journal.address.sun_path, "%s", path);
    log_set_sink(journal_log);
}

void
log_to_journal(void)
{
    if (stderr_is_journal())
        log_to_journal_at(JOURNAL_SOCKET);
}
