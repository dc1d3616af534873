/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * from-libxl.c: libxl's configuration of a domain as a definition.
 *
 * It is written as XML by the tables and parsed like everybody's, so there is one way in.  What the
 * XML cannot say is not in it: see whole.c.
 */
#include <string.h>

#include "base/alloc.h"
#include "conf/libxl.h"
#include "def.h"
#include "text.h"
#include "walk.h"
#include "xml.h"

static int
domain_type_of(const libxl_domain_config *config, enum domain_type *type_out, struct err *err)
{
    if (config->b_info.type != LIBXL_DOMAIN_TYPE_INVALID &&
        config->b_info.type != config->c_info.type)
        return err_set(err, ERR_INTERNAL, "libxl's configuration gives two types for the domain");
    switch (config->c_info.type) {
    case LIBXL_DOMAIN_TYPE_PV:
        *type_out = DOMAIN_PV;
        return 0;
    case LIBXL_DOMAIN_TYPE_PVH:
        *type_out = DOMAIN_PVH;
        return 0;
    case LIBXL_DOMAIN_TYPE_HVM:
        *type_out = DOMAIN_HVM;
        return 0;
    case LIBXL_DOMAIN_TYPE_INVALID:
        break;
    }
    return err_set(err, ERR_INTERNAL, "libxl's configuration of the domain does not say its type");
}

/* Older toolstacks left these in the part for HVM guests. */
static void
take_deprecated(libxl_domain_build_info *info)
{
    if (libxl_defbool_is_default(info->acpi))
        info->acpi = info->u.hvm.acpi;
    if (libxl_defbool_is_default(info->apic))
        info->apic = info->u.hvm.apic;
    if (libxl_defbool_is_default(info->nested_hvm))
        info->nested_hvm = info->u.hvm.nested_hvm;
}

/* The caller's to free. */
static char *
write_document(libxl_domain_config *config, enum domain_type type)
{
    struct walk walk = {.config = config, .type = type};
    xmlDoc     *document = xmlNewDoc((const xmlChar *)"1.0");
    xmlNode    *root = xmlNewNode(NULL, (const xmlChar *)"domain");
    struct text out = {0};

    xmlDocSetRootElement(document, root);
    xml_set_attr(root, "type", "xen");
    for (size_t i = 0; domain_tables[i]; i++)
        walk_write(&walk, domain_tables[i], root, config);
    walk_write_devices(&walk, walk_make(root, "devices"));
    xml_write(&out, root);
    xmlFreeDoc(document);
    return text_take(&out);
}

int
def_from_libxl(const libxl_domain_config *config, unsigned flags, struct domain_def **def_out,
               struct err *err)
{
    libxl_domain_config shallow = *config; /* what it points to is not touched */
    cleanup_free char  *xml = NULL;
    enum domain_type    type = DOMAIN_PV;

    if (domain_type_of(config, &type, err))
        return -1;
    if (type == DOMAIN_HVM)
        take_deprecated(&shallow.b_info);
    xml = write_document(&shallow, type);
    return domain_def_parse_flags(xml, strlen(xml), flags, def_out, err);
}

int
conf_from_libxl(const libxl_domain_config *config, struct domain_def **def_out, struct err *err)
{
    return def_from_libxl(config, 0, def_out, err);
}
