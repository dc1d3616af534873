/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <systemd/sd-journal.h>

#include "base/alloc.h"
#include "base/log.h"
#include "driver/log-journal.h"

#define FIELDS_MAX 6

struct fields {
    struct iovec iov[FIELDS_MAX];
    int          count;
};

static void
add(struct fields *fields, char *field)
{
    fields->iov[fields->count++] = (struct iovec){.iov_base = field, .iov_len = strlen(field)};
}

static void
send_to_journal(enum log_level level, const struct log_about *about, const char *message)
{
    struct fields fields = {.count = 0};

    add(&fields, xasprintf("MESSAGE=%s%s%s", about->domain ? about->domain : "",
                           about->domain ? ": " : "", message));
    add(&fields, xasprintf("PRIORITY=%d", (int)level));
    if (about->domain)
        add(&fields, xasprintf("DOM0D_DOMAIN=%s", about->domain));
    if (about->uuid)
        add(&fields, xasprintf("DOM0D_UUID=%s", about->uuid));
    if (about->job)
        add(&fields, xasprintf("DOM0D_JOB=%llu", about->job));
    if (about->operation)
        add(&fields, xasprintf("DOM0D_OPERATION=%s", about->operation));
    sd_journal_sendv(fields.iov, fields.count);
    while (fields.count)
        free(fields.iov[--fields.count].iov_base);
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
log_to_journal(void)
{
    if (stderr_is_journal())
        log_set_sink(send_to_journal);
}
