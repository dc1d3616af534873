/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The input is a domain's XML, as a client sends it.  What is accepted must be written as XML that
 * is accepted again and then written the same; so must what libxl is told of it, which comes back
 * as a definition when the daemon finds the guest running.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/libxl.h"
#include "fuzz.h"

static const char *const        interface_names[] = {"vif7.0", "vif7.1"};
static const struct domain_live live = {.domid = 7,
                                        .console_tty = "/dev/pts/3",
                                        .interface_names = interface_names,
                                        .n_interface_names = 2,
                                        .vnc_port = 5901};

static struct domain_def *
parse_again(const char *xml)
{
    struct domain_def *def = NULL;
    struct err         err;
    int                r = domain_def_parse(xml, strlen(xml), &def, &err);

    assert(r == 0);
    return def;
}

static void
check_text(const struct domain_def *def)
{
    cleanup_free char *once = domain_def_format(def, NULL, DOMAIN_XML_SECURE);
    cleanup_free char *running = domain_def_format(def, &live, DOMAIN_XML_SECURE);
    cleanup_free char *hidden = domain_def_format(def, &live, 0);
    struct domain_def *again = parse_again(once);
    cleanup_free char *twice = domain_def_format(again, NULL, DOMAIN_XML_SECURE);

    assert(strcmp(once, twice) == 0 && *hidden);
    domain_def_free(again);
    domain_def_free(parse_again(running));
}

static void
check_libxl(const struct domain_def *def)
{
    libxl_domain_config config;
    struct domain_def  *back = NULL;
    cleanup_free char  *there = NULL, *again = NULL;
    struct err          err;
    int                 r;

    libxl_domain_config_init(&config);
    r = conf_to_libxl(def, &config, &err);
    assert(r == 0);
    r = conf_from_libxl(&config, &back, &err);
    assert(r == 0);
    there = libxl_domain_config_to_json(NULL, &config);
    libxl_domain_config_dispose(&config);
    libxl_domain_config_init(&config);
    r = conf_to_libxl(back, &config, &err);
    assert(r == 0);
    again = libxl_domain_config_to_json(NULL, &config);
    assert(strcmp(there, again) == 0);
    domain_def_free(back);
    libxl_domain_config_dispose(&config);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct domain_def *def = NULL;
    struct err         err;

    if (domain_def_parse((const char *)data, size, &def, &err) < 0) {
        assert(!def && err.message[0]);
        assert(err.code == ERR_XML || err.code == ERR_CONFIG_UNSUPPORTED);
        return 0;
    }
    assert(domain_name_is_valid(def->name));
    check_text(def);
    check_libxl(def);
    domain_def_free(def);
    return 0;
}
