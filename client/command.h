/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * command.h: what a command of dom0ctl is, and what it works with.
 *
 * A command is one file, cmd-NAME.c, that ends with its struct command, and one line in commands.c.
 */
#ifndef CLIENT_COMMAND_H
#define CLIENT_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "options.h"

struct connection;

enum exit_status {
    STATUS_OK = 0,
    STATUS_FAILED = 1,
    STATUS_USAGE = 2,
    STATUS_UNKNOWN = 3, /* whether a job began, or how it ended, cannot be told */
};

/* One run of dom0ctl. */
struct client {
    const char        *socket;   /* the path */
    const char        *patience; /* seconds to try to connect again; NULL: as usual */
    bool               readonly;
    bool               json;
    enum exit_status   failure; /* how dom0ctl ends if the command fails */
    struct connection *conn;    /* NULL: not connected yet */
};

struct command {
    const char *name;
    const char
        *args; /* "DOMAIN [FILE]": a word for each operand, in brackets if it may be left out */
    const char               *help;    /* one line */
    const struct option_spec *options; /* its own; NULL: none */
    bool                      json;    /* --json is good for something */

    /* Operands are as many as args says.  The result is printed; err is for the caller to print. */
    int (*run)(struct client *client, const struct options *options, struct err *err);
};

/* Connects when first called.  The connection is the client's. */
struct connection *client_connect(struct client *client, struct err *err);

/* The user said what makes no sense: exit status 2.  Returns -1. */
int client_misused(struct client *client, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A whole number between 1 and max, that was given for an option. */
int client_number(struct client *client, const char *name, const char *text, unsigned max,
                  unsigned *number_out, struct err *err);

/* The number of a job, as `jobs` prints it. */
int client_job_id(struct client *client, const char *text, uint64_t *id_out, struct err *err);

#endif
