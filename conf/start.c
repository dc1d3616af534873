/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * start.c: when a guest is started with the host, which is dom0d's own part of <metadata>.
 */
#include <string.h>

#include "base/alloc.h"
#include "conf/domain.h"
#include "def.h"
#include "xml.h"

static const char start_ns[] = "urn:dom0d:start";

static int
start_check_attributes(const xmlNode *node, struct err *err)
{
    for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
        const char *name = (const char *)attr->name;

        if (strcmp(name, "order") != 0 && strcmp(name, "delay") != 0 && strcmp(name, "after") != 0)
            return xml_fail(node, err, "attribute '%s' is not known", name);
    }
    return 0;
}

int
start_read(struct domain_def *def, const xmlNode *root, struct err *err)
{
    const xmlNode *node = metadata_find(root, start_ns);
    const char    *after = xml_attr(node, "after");
    uint64_t       order = DOMAIN_START_ORDER, delay = 0;

    free(take_ptr(def->start.after));
    def->start = (struct domain_start){.order = DOMAIN_START_ORDER};
    if (!node)
        return 0;
    if (strcmp((const char *)node->name, "start") != 0)
        return xml_fail(node, err, "only <start> is in the namespace %s", start_ns);
    if (start_check_attributes(node, err) < 0 ||
        xml_number_attr(node, "order", DOMAIN_START_ORDER_MAX, &order, err) < 0 ||
        xml_number_attr(node, "delay", DOMAIN_START_DELAY_MAX, &delay, err) < 0)
        return -1;
    if (after && !domain_name_is_valid(after))
        return xml_fail(node, err, "after '%s': no domain can have this name", after);
    if (after && strcmp(after, def->name) == 0)
        return xml_fail(node, err, "a domain cannot be started after itself");
    def->start.order = (unsigned)order;
    def->start.delay_sec = (unsigned)delay;
    def->start.after = after ? xstrdup(after) : NULL;
    return 0;
}
