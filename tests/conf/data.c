/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "conf/libxl.h"
#include "data.h"

/*
 * No context can be opened where there is no Xen.  libxl's JSON functions look into it only for
 * the logger, when they fail, and for the list that strings are put on; zeroes do for both.
 */
static char no_context[1 << 16] __attribute__((aligned(16)));

static char *
path_of(const char *name)
{
    return xasprintf("%s/%s", DATA_FOLDER, name);
}

char *
data_read(const char *name)
{
    cleanup_free char *path = path_of(name);
    char              *text;
    struct err         err;

    ck_assert_msg(file_read(path, DOMAIN_XML_MAX, &text, NULL, &err) == 0, "%s", err.message);
    return text;
}

/* The line that the n-th character of text is in, as much as fits a message. */
static char *
line_at(const char *text, size_t n)
{
    while (n && text[n - 1] != '\n')
        n--;
    return xstrndup(text + n, strcspn(text + n, "\n"));
}

void
data_compare(const char *name, const char *text)
{
    cleanup_free char *path = path_of(name), *expected = NULL, *is = NULL, *should = NULL;
    size_t             same = 0;
    struct err         err;

    if (getenv("UPDATE_DATA"))
        ck_assert_int_eq(file_replace(path, text, strlen(text), 0644, &err), 0);
    expected = data_read(name);
    while (text[same] && text[same] == expected[same])
        same++;
    is = line_at(text, same);
    should = line_at(expected, same);
    ck_assert_msg(text[same] == expected[same], "%s: \"%s\" should be \"%s\"", name, is, should);
}

struct domain_def *
data_parse(const char *name)
{
    cleanup_free char *xml = data_read(name);
    struct domain_def *def;
    struct err         err;

    ck_assert_msg(domain_def_parse(xml, strlen(xml), &def, &err) == 0, "%s: %s", name, err.message);
    return def;
}

libxl_ctx *
data_context(void)
{
    return (libxl_ctx *)(void *)no_context;
}

void
data_config(const struct domain_def *def, libxl_domain_config *config_out)
{
    struct err err;

    libxl_domain_config_init(config_out);
    ck_assert_msg(conf_to_libxl(def, config_out, &err) == 0, "%s", err.message);
}

char *
data_json(libxl_domain_config *config)
{
    char *json = libxl_domain_config_to_json(data_context(), config);

    ck_assert_ptr_nonnull(json);
    return json;
}

char *
data_json_of(const struct domain_def *def)
{
    libxl_domain_config config;
    char               *json;

    data_config(def, &config);
    json = data_json(&config);
    libxl_domain_config_dispose(&config);
    return json;
}

void
data_from_json(const char *json, libxl_domain_config *config_out)
{
    libxl_domain_config_init(config_out);
    ck_assert_int_eq(libxl_domain_config_from_json(data_context(), config_out, json), 0);
}
