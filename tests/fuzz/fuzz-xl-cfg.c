/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The input is an xl.cfg, as a client sends it to be made a definition.  What is accepted must come
 * back from its own xl.cfg as the same configuration, but for what a comment says is lost.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/libxl.h"
#include "fuzz.h"

/* libxlutil's parser forgets the string that stands before an error of syntax. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
    return "leak:xlu__cfg";
}

static void
check_again(const char *cfg)
{
    struct domain_def *def = NULL;
    cleanup_free char *again = NULL;
    const char        *ignored = strstr(cfg, "# ignored: "); /* at its end, and no part of it */
    struct err         err;

    if (domain_def_from_native(cfg, strlen(cfg), &def, &err) < 0) {
        assert(strstr(cfg, "# This is not the whole"));
        return;
    }
    assert(domain_def_to_native(def, &again, &err) == 0);
    assert(strncmp(again, cfg, ignored ? (size_t)(ignored - cfg) : strlen(cfg) + 1) == 0 ||
           strstr(cfg, "# xl.cfg cannot "));
    domain_def_free(def);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct domain_def *def = NULL;
    cleanup_free char *cfg = NULL, *xml = NULL;
    struct err         err;

    if (domain_def_from_native((const char *)data, size, &def, &err) < 0) {
        assert(!def && err.message[0]);
        return 0;
    }
    xml = domain_def_format(def, NULL, DOMAIN_XML_SECURE);
    assert(domain_def_to_native(def, &cfg, &err) == 0);
    domain_def_free(def);
    check_again(cfg);
    return 0;
}
