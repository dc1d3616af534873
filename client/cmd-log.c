/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Print what a guest said last on its console. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/uuid.h"
#include "calls.h"
#include "command.h"
#include "domain.h"

struct log {
    struct stream stream;
    bool          is_terminal; /* the output */
};

/* For a terminal without what would move its cursor or more: guests say what they like.  "^[" for
 * an escape, as editors do. */
static void
log_print_byte(unsigned char byte)
{
    if (byte >= ' ' && byte != 0x7f)
        putchar(byte);
    else if (byte == '\n' || byte == '\t')
        putchar(byte);
    else if (byte != '\r')
        printf("^%c", byte ^ 0x40);
}

static void
log_output(void *arg, const void *data, size_t size)
{
    const struct log    *log = arg;
    const unsigned char *bytes = data;

    for (size_t n = 0; log->is_terminal && n < size; n++)
        log_print_byte(bytes[n]);
    if (!log->is_terminal)
        fwrite(data, 1, size, stdout);
    fflush(stdout);
}

/* To the end of the stream.  Whoever reads the output may go before. */
static int
log_read(struct log *log, struct connection *conn, struct err *err)
{
    while (!log->stream.ended && !ferror(stdout))
        if (connection_turn(conn, -1, -1, err) < 0)
            return -1;
    if (!log->stream.err.code)
        return 0;
    *err = log->stream.err;
    return -1;
}

static int
log_open(struct log *log, struct connection *conn, const struct dom0d_console_read_args *args,
         struct err *err)
{
    struct call call = {0};

    if (call_begin_console_read(conn, &call, args, err) < 0)
        return -1;
    stream_begin(&log->stream, &call, log_output, log);
    if (call_wait(&call, err) < 0) {
        call_forget(&call);
        return -1;
    }
    return call_end_console_read(&call, NULL, err);
}

static int
log_run(struct client *client, const struct options *options, struct err *err)
{
    struct log                                  log = {.is_terminal = isatty(STDOUT_FILENO)};
    cleanup_domain struct remote_nonnull_domain dom = {0};
    struct dom0d_console_read_args              args = {.guest = options->operands[0]};
    const char                                 *device = option_value(options, "device");
    char                                        uuid[UUID_TEXT_SIZE];
    char                                       *device_ptr = (char *)(uintptr_t)device;
    int                                         r;

    if (!client_connect(client, err))
        return -1;
    /* One that is not there may have ended: its name is left to the daemon. */
    if (domain_find(client->conn, args.guest, &dom, err) == 0)
        args.guest = uuid_format((const uint8_t *)dom.uuid, uuid);
    else if (err->code != ERR_NO_DOMAIN)
        return -1;
    args.device = device ? &device_ptr : NULL;
    args.flags = option_given(options, "follow") ? CONSOLE_READ_FOLLOW : 0;
    r = log_open(&log, client->conn, &args, err);
    if (r == 0)
        r = log_read(&log, client->conn, err);
    stream_forget(&log.stream);
    return r;
}

static const struct option_spec log_options[] = {
    {"follow", 'f', NULL, "go on with what comes, until the guest has ended"},
    {"device", 0, "ALIAS", "console0 (Xen's own) or serial0, ... of an HVM guest"},
    {0},
};

const struct command cmd_log = {
    .name = "log",
    .args = "DOMAIN",
    .help = "print what a guest said last on its console",
    .options = log_options,
    .run = log_run,
};
