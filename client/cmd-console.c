/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Use a guest's console: what it says goes to the output, what is typed to the guest. */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "calls.h"
#include "command.h"
#include "domain.h"
#include "terminal.h"
#include "text.h"
#include "wire/libvirt.h"

/* What may wait for the daemon before more input is read. */
#define UNSENT_MAX 65536u

#define ESCAPE_DEFAULT "^]"

struct console {
    struct client *client;
    struct stream  stream;
    bool           is_terminal; /* the input */
    bool           input_ended;
    bool           detached;
    int            escape; /* the character that detaches, of a terminal */
    int            output_errno;
};

/* Output that nobody takes ends the session. */
static void
console_output(void *arg, const void *data, size_t size)
{
    struct console *console = arg;

    if (!console->detached && !console->output_errno &&
        file_write_all(STDOUT_FILENO, data, size) < 0)
        console->output_errno = errno;
}

/*----- input -----*/

/* "^]", or the character itself.  -1: neither. */
static int
console_parse_escape(const char *text)
{
    int key = toupper((unsigned char)text[0] == '^' ? (unsigned char)text[1] : 0);

    if (text[0] && !text[1])
        return (unsigned char)text[0];
    return text[0] == '^' && key >= '@' && key <= '_' && !text[2] ? key ^ 0x40 : -1;
}

/* What stands before the character that detaches is sent. */
static void
console_send(struct console *console, const char *data, size_t size)
{
    const char *escape = console->is_terminal ? memchr(data, console->escape, size) : NULL;

    if (escape) {
        console->detached = true;
        size = (size_t)(escape - data);
    }
    if (size)
        stream_send(&console->stream, data, size);
}

static int
console_read_input(struct console *console, struct err *err)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char          data[4096];
    ssize_t       n;

    if (console->input_ended || poll(&input, 1, 0) < 1)
        return 0;
    n = read(STDIN_FILENO, data, sizeof data);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    /* A terminal that has gone. */
    if (n <= 0 && console->is_terminal) {
        console->detached = true;
        return 0;
    }
    if (n < 0)
        return err_set_errno(err, errno, "cannot read the input");
    console->input_ended = n == 0;
    console_send(console, data, (size_t)n);
    return 0;
}

/*----- the session -----*/

static int
console_turn(struct console *console, struct err *err)
{
    struct connection *conn = console->client->conn;
    bool               room = connection_unsent(conn) < UNSENT_MAX;
    int                wake_fd = room && !console->input_ended ? STDIN_FILENO : -1;

    if (connection_turn(conn, wake_fd, -1, err) < 0)
        return -1;
    if (console->output_errno)
        return err_set_errno(err, console->output_errno, "cannot write the output");
    return wake_fd >= 0 ? console_read_input(console, err) : 0;
}

/* The daemon is told, and has confirmed: a next session is not in the way of this one. */
static int
console_finish(struct console *console, struct err *err)
{
    stream_finish(&console->stream);
    while (!console->stream.finished && !console->stream.err.code)
        if (connection_turn(console->client->conn, -1, -1, err) < 0)
            return -1;
    return 0;
}

static int
console_relay(struct console *console, struct err *err)
{
    while (!console->detached && !console->stream.ended)
        if (console_turn(console, err) < 0)
            return -1;
    if (!console->stream.err.code)
        return console_finish(console, err);
    *err = console->stream.err;
    return -1;
}

static int
console_use(struct console *console, const struct remote_domain_open_console_args *args,
            const char *escape, struct err *err)
{
    bool ended;
    int  r;

    if (console->is_terminal) {
        text_print_line(stderr, "Connected to domain '%s'; %s detaches", args->dom.name, escape);
        if (terminal_make_raw(err) < 0)
            return -1;
    }
    r = console_relay(console, err);
    ended = !console->detached;
    terminal_restore();
    if (r == 0 && console->is_terminal)
        fputs(ended ? "\nThe guest has ended.\n" : "\n", stderr);
    return r;
}

static int
console_open(struct console *console, const struct remote_domain_open_console_args *args,
             struct err *err)
{
    struct connection *conn = console->client->conn;
    struct call        call = {0};

    if (call_begin_domain_open_console(conn, &call, args, err) < 0)
        return -1;
    stream_begin(&console->stream, &call, console_output, console);
    if (call_wait(&call, err) < 0) {
        call_forget(&call);
        return -1;
    }
    return call_end_domain_open_console(&call, NULL, err);
}

static int
console_run(struct client *client, const struct options *options, struct err *err)
{
    struct console console = {.client = client, .is_terminal = isatty(STDIN_FILENO)};
    cleanup_domain struct remote_nonnull_domain dom = {0};
    struct remote_domain_open_console_args      args = {0};
    const char *device = option_value(options, "device"), *escape = option_value(options, "escape");
    char       *device_ptr = (char *)(uintptr_t)device;
    int         r;

    if (!escape)
        escape = ESCAPE_DEFAULT;
    console.escape = console_parse_escape(escape);
    if (console.escape < 0)
        return client_misused(client, err, "--escape is a character, or one like ^], not \"%s\"",
                              escape);
    if (!client_connect(client, err) ||
        domain_find(client->conn, options->operands[0], &dom, err) < 0)
        return -1;
    args.dom = dom;
    args.dev_name = device ? &device_ptr : NULL;
    args.flags = option_given(options, "force") ? CONSOLE_FORCE : 0;
    r = console_open(&console, &args, err);
    if (r == 0)
        r = console_use(&console, &args, escape, err);
    stream_forget(&console.stream);
    return r;
}

static const struct option_spec console_options[] = {
    {"device", 0, "ALIAS", "console0 (Xen's own) or serial0, ... of an HVM guest"},
    {"force", 0, NULL, "take over from whoever has it open"},
    {"escape", 0, "KEY", "the key that detaches [" ESCAPE_DEFAULT "]"},
    {0},
};

const struct command cmd_console = {
    .name = "console",
    .args = "DOMAIN",
    .help = "use a guest's console",
    .options = console_options,
    .run = console_run,
};
