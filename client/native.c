/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/alloc.h"
#include "calls.h"
#include "files.h"
#include "native.h"

static char format[] = "xen-xl";

bool
native_is_xml(const char *text)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";

    if (strncmp(text, byte_order_mark, strlen(byte_order_mark)) == 0)
        text += strlen(byte_order_mark);
    return text[strspn(text, " \t\r\n")] == '<';
}

int
native_read(struct connection *conn, const char *path, char **xml_out, struct err *err)
{
    cleanup_free char *text = NULL;

    if (files_read_text(path, &text, err) < 0)
        return -1;
    if (!native_is_xml(text))
        return native_to_xml(conn, text, xml_out, err);
    *xml_out = take_ptr(text);
    return 0;
}

int
native_to_xml(struct connection *conn, const char *cfg, char **xml_out, struct err *err)
{
    struct remote_connect_domain_xml_from_native_args args = {
        .nativeFormat = format, .nativeConfig = (char *)(uintptr_t)cfg};
    struct remote_connect_domain_xml_from_native_ret ret = {0};

    if (call_connect_domain_xml_from_native(conn, &args, &ret, err) < 0)
        return -1;
    *xml_out = ret.domainXml;
    return 0;
}

int
native_from_xml(struct connection *conn, const char *xml, char **cfg_out, struct err *err)
{
    struct remote_connect_domain_xml_to_native_args args = {.nativeFormat = format,
                                                            .domainXml = (char *)(uintptr_t)xml};
    struct remote_connect_domain_xml_to_native_ret  ret = {0};

    if (call_connect_domain_xml_to_native(conn, &args, &ret, err) < 0)
        return -1;
    *cfg_out = ret.nativeConfig;
    return 0;
}
