/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * native.h: definitions that are not libvirt's XML but xl.cfg(5); the daemon converts them.
 */
#ifndef CLIENT_NATIVE_H
#define CLIENT_NATIVE_H

#include <stdbool.h>

#include "base/err.h"

struct connection;

/* Whether a definition is XML: no xl.cfg begins with '<'. */
bool native_is_xml(const char *text);

/* The XML of the definition in a file, or in standard input ("-"), whichever form it has there. The
 * caller frees it. */
int native_read(struct connection *conn, const char *path, char **xml_out, struct err *err);

/* The caller frees the result. */
int native_to_xml(struct connection *conn, const char *cfg, char **xml_out, struct err *err);
int native_from_xml(struct connection *conn, const char *xml, char **cfg_out, struct err *err);

#endif
