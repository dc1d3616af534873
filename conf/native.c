/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * native.c: definitions from and to xl.cfg(5).
 */
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "conf/domain.h"
#include "conf/libxl.h"
#include "def.h"
#include "notes.h"
#include "text.h"
#include "xml.h"

/*----- what the XML cannot say -----*/

#define MARK "xl.cfg: "

/* Longer ones are somebody else's. */
#define COMMENT_MAX 256

void
native_take_comments(struct domain_def *def, const xmlNode *root)
{
    for (const xmlNode *node = root->children; node; node = node->next) {
        cleanup_free char *text = node->type == XML_COMMENT_NODE ? xml_trimmed_text(node) : NULL;

        if (!text || strncmp(text, MARK, strlen(MARK)) != 0 || strlen(text) > COMMENT_MAX)
            continue;
        utf8_mend_line(text, strlen(text) + 1);
        note_add(def, take_ptr(text), false);
    }
}

/* "--" may not be in a comment. */
static void
add_comment(struct domain_def *def, const char *text)
{
    xmlNode           *root = xmlDocGetRootElement(def->document);
    cleanup_free char *comment = xasprintf(" " MARK "%s ", text);

    for (char *dash = comment; (dash = strstr(dash, "--")); dash++)
        *dash = ' ';
    xmlAddChild(root, xmlNewDocComment(def->document, (const xmlChar *)comment));
}

/* In comments, where they stay with the XML, and as notes. */
static void
note_all(struct domain_def *def, const libxl_domain_config *config, libxl_string_list unknown)
{
    libxl_domain_config back;
    char              **lost = NULL;
    struct err          err;

    libxl_domain_config_init(&back);
    if (!conf_to_libxl(def, &back, &err))
        lost = conf_difference(config, &back, false);
    for (size_t i = 0; lost && lost[i]; i++) {
        cleanup_free char *text = xasprintf("the XML cannot say %s", lost[i]);

        add_comment(def, text);
        free(lost[i]);
    }
    free(lost);
    for (size_t i = 0; unknown && unknown[i]; i++) {
        cleanup_free char *text =
            xasprintf("%.*s is not known", xml_shown_length(unknown[i]), unknown[i]);

        add_comment(def, text);
    }
    native_take_comments(def, xmlDocGetRootElement(def->document));
    libxl_domain_config_dispose(&back);
}

/*----- both ways -----*/

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

/* What of the XML has no effect is in comments too.  cfg is Taken. */
static char *
add_notes(char *cfg, const struct domain_def *def)
{
    struct text out = {0};

    text_add(&out, cfg);
    free(cfg);
    for (size_t i = 0; i < def->n_notes; i++) {
        cleanup_free char *line = xstrdup(def->notes[i].message);

        utf8_mend_line(line, strlen(line) + 1);
        text_addf(&out, "# ignored: %s\n", line);
    }
    return text_take(&out);
}

int
domain_def_to_native(const struct domain_def *def, char **text_out, struct err *err)
{
    libxl_domain_config config;
    int                 r;

    libxl_domain_config_init(&config);
    r = conf_to_libxl(def, &config, err);
    if (!r)
        *text_out = add_notes(conf_to_cfg(&config), def);
    libxl_domain_config_dispose(&config);
    return r;
}
