/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "command.h"
#include "connection.h"

#define PATIENCE_SEC 30
#define PATIENCE_SEC_MAX (7u * 24 * 3600)

static int
client_parse_patience(struct client *client, unsigned *seconds_out, struct err *err)
{
    const char   *text = client->patience;
    char         *end;
    unsigned long seconds = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || seconds > PATIENCE_SEC_MAX)
        return client_misused(client, err,
                              "DOM0CTL_RECONNECT is a number of seconds up to %u, not \"%s\"",
                              PATIENCE_SEC_MAX, text);
    *seconds_out = (unsigned)seconds;
    return 0;
}

struct connection *
client_connect(struct client *client, struct err *err)
{
    size_t             length = strlen(client->socket);
    bool               given = length > 3 && strcmp(client->socket + length - 3, "-ro") == 0;
    cleanup_free char *path =
        xasprintf("%s%s", client->socket, client->readonly && !given ? "-ro" : "");
    unsigned patience_sec = PATIENCE_SEC;

    if (client->patience && client_parse_patience(client, &patience_sec, err) < 0)
        return NULL;
    if (!client->conn)
        connection_open(path, client->readonly, patience_sec, &client->conn, err);
    return client->conn;
}

int
client_misused(struct client *client, struct err *err, const char *format, ...)
{
    va_list ap;

    client->failure = STATUS_USAGE;
    if (!format)
        return -1;
    err->code = ERR_INVALID_ARG;
    err->detail = 0;
    va_start(ap, format);
    vsnprintf(err->message, sizeof err->message, format, ap);
    va_end(ap);
    return -1;
}

int
client_number(struct client *client, const char *name, const char *text, unsigned max,
              unsigned *number_out, struct err *err)
{
    char         *end;
    unsigned long number = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || number < 1 || number > max)
        return client_misused(client, err, "--%s needs a number from 1 to %u, not \"%s\"", name,
                              max, text);
    *number_out = (unsigned)number;
    return 0;
}

int
client_job_id(struct client *client, const char *text, uint64_t *id_out, struct err *err)
{
    char              *end;
    unsigned long long id;

    errno = 0;
    id = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || id == 0)
        return client_misused(client, err, "a job is given by its number, not \"%s\"", text);
    *id_out = id;
    return 0;
}
