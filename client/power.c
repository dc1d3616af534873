/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "power.h"
#include "wire/libvirt.h"

const struct option_spec power_options[] = {
    {"mode", 'm', "MODE", "acpi (the power button) or paravirt (the guest's kernel is asked)"},
    {0},
};

int
power_mode(struct client *client, const struct options *options, unsigned *flags_out,
           struct err *err)
{
    const char *mode = option_value(options, "mode");

    if (!mode)
        *flags_out = 0;
    else if (strcmp(mode, "acpi") == 0)
        *flags_out = POWER_ACPI_BUTTON;
    else if (strcmp(mode, "paravirt") == 0)
        *flags_out = POWER_PARAVIRT;
    else
        return client_misused(client, err, "--mode is acpi or paravirt, not \"%s\"", mode);
    return 0;
}
