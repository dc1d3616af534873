/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ask a guest to reboot; it may take its time, or refuse. */
#include "calls.h"
#include "command.h"
#include "domain.h"
#include "power.h"
#include "wire/libvirt.h"

/* There is no power button for it. */
static const struct option_spec reboot_options[] = {
    {"mode", 'm', "MODE", "paravirt (the guest's kernel is asked), the only one"},
    {0},
};

static int
reboot_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                          *conn;
    cleanup_domain struct remote_nonnull_domain dom = {0};
    struct remote_domain_reboot_args            args = {0};

    if (power_mode(client, options, &args.flags, err) < 0)
        return -1;
    if (args.flags & POWER_ACPI_BUTTON)
        return client_misused(client, err, "--mode is paravirt for a reboot, not \"acpi\"");
    if (!(conn = client_connect(client, err)) ||
        domain_find(conn, options->operands[0], &dom, err) < 0)
        return -1;
    args.dom = dom;
    return call_domain_reboot(conn, &args, NULL, err);
}

const struct command cmd_reboot = {
    .name = "reboot",
    .args = "DOMAIN",
    .help = "ask a guest to reboot",
    .options = reboot_options,
    .run = reboot_run,
};
