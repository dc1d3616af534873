/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * main.c: the program dom0d.
 */
#include <stdio.h>

#include "config.h"
#include "eventloop/loop.h"

int
main(void)
{
    struct config *config = config_new();
    struct loop   *loop = loop_new();

    printf("%s\n", config->socket);
    loop_free(loop);
    config_free(config);
    return 0;
}
