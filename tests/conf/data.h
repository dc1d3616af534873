/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * data.h: what the tests of conf/ share: files of tests/conf/data, and libxl's JSON.
 */
#ifndef TESTS_CONF_DATA_H
#define TESTS_CONF_DATA_H

#include <libxl.h>

#include "conf/domain.h"

/** The text of data/NAME, the caller's to free. */
char *data_read(const char *name);

/** The test fails unless text is what data/NAME holds; with UPDATE_DATA=1 it is put there. */
void data_compare(const char *name, const char *text);

/** The definition in data/NAME, which must be one. */
struct domain_def *data_parse(const char *name);

/** What libxl's JSON functions take for a context. */
libxl_ctx *data_context(void);

/** What libxl is told of it; config_out is initialised here and the caller's to dispose. */
void data_config(const struct domain_def *def, libxl_domain_config *config_out);

/** As libxl writes it beside a domain, the caller's to free. */
char *data_json(libxl_domain_config *config);

/** The same of a definition, the caller's to free. */
char *data_json_of(const struct domain_def *def);

/** What the JSON says; config_out is initialised here and the caller's to dispose. */
void data_from_json(const char *json, libxl_domain_config *config_out);

#endif
