/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Print the versions of dom0ctl, of the daemon's protocol, and of Xen. */
#include "build-config.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/alloc.h"
#include "calls.h"
#include "command.h"
#include "json.h"

/* libvirt writes a version as one number: 1,000,000 a major, 1,000 a minor one. */
static char *
version_format(uint64_t version)
{
    return xasprintf("%" PRIu64 ".%" PRIu64 ".%" PRIu64, version / 1000000, version / 1000 % 1000,
                     version % 1000);
}

static int
version_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                        *conn = client_connect(client, err);
    struct remote_connect_get_lib_version_ret libvirt = {0};
    struct remote_connect_get_version_ret     xen = {0};
    cleanup_free char                        *libvirt_text = NULL, *xen_text = NULL;
    struct json                               json;

    (void)options;
    if (!conn || call_connect_get_lib_version(conn, NULL, &libvirt, err) < 0 ||
        call_connect_get_version(conn, NULL, &xen, err) < 0)
        return -1;
    libvirt_text = version_format(libvirt.lib_ver);
    xen_text = version_format(xen.hv_ver);
    if (!client->json) {
        printf("dom0ctl:  %s\nlibvirt:  %s (what the daemon speaks)\nXen:      %s\n",
               PACKAGE_VERSION, libvirt_text, xen_text);
        return 0;
    }
    json_init(&json, stdout, false);
    json_object(&json, NULL);
    json_string(&json, "dom0ctl", PACKAGE_VERSION);
    json_string(&json, "libvirt", libvirt_text);
    json_string(&json, "xen", xen_text);
    json_object_end(&json);
    return 0;
}

const struct command cmd_version = {
    .name = "version",
    .args = "",
    .help = "print the versions of dom0ctl, of the daemon's protocol, and of Xen",
    .json = true,
    .run = version_run,
};
