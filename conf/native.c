/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * native.c: definitions from and to xl.cfg(5).
 */
#include <string.h>

#include "base/alloc.h"
#include "conf/domain.h"
#include "conf/libxl.h"
#include "def.h"
#include "notes.h"
#include "text.h"
#include "xml.h"

/* A note, and a comment at the end of the document.  "--" may not be in one.  text is Taken. */
static void
note_lost(struct domain_def *def, char *text)
{
    xmlNode           *root = xmlDocGetRootElement(def->document);
    cleanup_free char *comment = xasprintf(" %s ", text);

    for (char *dash = comment; (dash = strstr(dash, "--")); dash++)
        *dash = ' ';
    xmlAddChild(root, xmlNewDocComment(def->document, (const xmlChar *)comment));
    note_add(def, text, false);
}

static void
note_all(struct domain_def *def, const libxl_domain_config *config, libxl_string_list unknown)
{
    libxl_domain_config back;
    char              **lost = NULL;
    struct err          err;

    libxl_domain_config_init(&back);
    if (!conf_to_libxl(def, &back, &err))
        lost = conf_difference(config, &back);
    for (size_t i = 0; lost && lost[i]; i++) {
        note_lost(def, xasprintf("xl.cfg: the XML cannot say %s", lost[i]));
        free(lost[i]);
    }
    free(lost);
    for (size_t i = 0; unknown && unknown[i]; i++)
        note_lost(def,
                  xasprintf("xl.cfg: %.*s is not known", xml_shown_length(unknown[i]), unknown[i]));
    libxl_domain_config_dispose(&back);
}

int
domain_def_from_native(const char *text, size_t size, struct domain_def **def_out, struct err *err)
{
    libxl_domain_config config;
    libxl_string_list   unknown = NULL;
    int                 r;

    libxl_domain_config_init(&config);
    r = conf_from_cfg(text, size, &config, &unknown, err);
    if (!r && conf_from_libxl(&config, def_out, err))
        r = err_prefix(err, "as domain XML");
    if (!r)
        note_all(*def_out, &config, unknown);
    libxl_string_list_dispose(&unknown);
    libxl_domain_config_dispose(&config);
    return r;
}

int
domain_def_to_native(const struct domain_def *def, char **text_out, struct err *err)
{
    libxl_domain_config config;
    int                 r;

    libxl_domain_config_init(&config);
    r = conf_to_libxl(def, &config, err);
    if (!r)
        *text_out = conf_to_cfg(&config);
    libxl_domain_config_dispose(&config);
    return r;
}
