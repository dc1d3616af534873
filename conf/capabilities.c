/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/capabilities.h"
#include "base/alloc.h"

char *
capabilities_format(const struct host_info *host)
{
    (void)host;
    return xstrdup("<capabilities/>\n");
}

char *
domain_capabilities_format(const struct host_info *host, const char *emulator, const char *arch,
                           const char *machine, const char *virt_type)
{
    (void)host, (void)emulator, (void)arch, (void)machine, (void)virt_type;
    return NULL;
}
