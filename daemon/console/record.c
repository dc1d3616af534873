/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * record.c: what is kept of consoles, from one daemon to the next.
 *
 * It is written when the daemon stops, into RUN_DIR, which is memory; a daemon that is killed loses
 * it.  What a guest says while there is no daemon is xenconsoled's to keep.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "private.h"
#include "wire/record.h"
#include "wire/state.h"

#define SUFFIX ".console"

static char *
record_output(const struct console *console, size_t *size_out)
{
    uint64_t       at = console->ring.begin;
    char          *output = xmalloc((size_t)(console->ring.end - at) + 1);
    const uint8_t *bytes;
    size_t         size, length = 0;

    while ((size = console_ring_peek(&console->ring, &at, &bytes))) {
        memcpy(output + length, bytes, size);
        length += size;
        at += size;
    }
    *size_out = length;
    return output;
}

static void
record_console(const struct console *console, const char *path)
{
    size_t             size;
    cleanup_free char *output = record_output(console, &size);
    known_console      record = {.guest = console->guest,
                                 .terminal = console->terminal,
                                 .ended = console->state == CONSOLE_ENDED,
                                 .output = {.output_len = (unsigned)size, .output_val = output}};
    struct err         err;

    memcpy(record.uuid, console->uuid, sizeof record.uuid);
    if (record_write(path, (xdrproc_t)xdr_known_console, &record, &err) < 0)
        log_warning("the last output of domain '%s' is lost: %s", console->guest, err.message);
}

void
consoles_remember(const struct consoles *consoles)
{
    const struct console *console;
    unsigned              number = 0;

    if (!consoles->limits->kept)
        return;
    for (size_t n = 0; n < CONSOLES_BUCKETS; n++)
        LIST_FOREACH (console, &consoles->buckets[n], link) {
            cleanup_free char *path =
                xasprintf("%s/consoles/%06u" SUFFIX, consoles->run_dir, ++number);

            if (console->is_kept && console->ring.end > console->ring.begin)
                record_console(console, path);
        }
}

static void
record_recall(struct consoles *consoles, const char *path)
{
    known_console record = {.guest = NULL};
    struct err    err;

    if (record_read(path, (xdrproc_t)xdr_known_console, &record, &err) < 0) {
        log_warning("the last output of a guest is lost: %s", err.message);
        return;
    }
    if (record.terminal < HOST_TERMINALS && consoles->limits->kept)
        console_recall(consoles, record.guest, (const uint8_t *)record.uuid,
                       (enum host_terminal)record.terminal, record.ended, record.output.output_val,
                       record.output.output_len);
    wire_body_free((xdrproc_t)xdr_known_console, &record);
}

void
consoles_recall(struct consoles *consoles)
{
    cleanup_free char  *folder = xasprintf("%s/consoles", consoles->run_dir);
    size_t              count;
    cleanup_free char **paths = records_find(folder, SUFFIX, &count);

    for (size_t n = 0; n < count; n++) {
        record_recall(consoles, paths[n]);
        unlink(paths[n]);
        free(paths[n]);
    }
}
