/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xml-write.c: a tree as text, the way libvirt writes it.
 *
 * libxml2 could do it, but with double quotes, and scripts all over the world cut libvirt's XML at
 * its single ones.
 */
#include "text.h"
#include "xml.h"

static void write_children(struct text *out, const xmlNode *node, bool text, int depth);

static void
write_name(struct text *out, const xmlNs *ns, const xmlChar *name)
{
    if (ns && ns->prefix) {
        text_add(out, (const char *)ns->prefix);
        text_add(out, ":");
    }
    text_add(out, (const char *)name);
}

static void
write_value(struct text *out, const char *value)
{
    text_add(out, "='");
    text_add_attribute(out, value);
    text_add(out, "'");
}

static void
write_namespaces(struct text *out, const xmlNode *node)
{
    for (const xmlNs *ns = node->nsDef; ns; ns = ns->next) {
        text_add(out, ns->prefix ? " xmlns:" : " xmlns");
        if (ns->prefix)
            text_add(out, (const char *)ns->prefix);
        write_value(out, ns->href ? (const char *)ns->href : "");
    }
}

static void
write_attributes(struct text *out, const xmlNode *node)
{
    for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
        text_add(out, " ");
        write_name(out, attr->ns, attr->name);
        write_value(out, xml_attr_value(attr));
    }
}

static void
new_line(struct text *out, int depth)
{
    text_add(out, "\n");
    while (depth--)
        text_add(out, "  ");
}

static void
write_element(struct text *out, const xmlNode *node, int depth)
{
    bool text = xml_holds_text(node), indent = depth >= 0 && !text;

    text_add(out, "<");
    write_name(out, node->ns, node->name);
    write_namespaces(out, node);
    write_attributes(out, node);
    if (!node->children) {
        text_add(out, "/>");
        return;
    }
    text_add(out, ">");
    write_children(out, node, text, indent ? depth + 1 : -1);
    if (indent)
        new_line(out, depth);
    text_add(out, "</");
    write_name(out, node->ns, node->name);
    text_add(out, ">");
}

static void
write_node(struct text *out, const xmlNode *node, int depth)
{
    const char *content = (const char *)node->content;

    switch (node->type) {
    case XML_ELEMENT_NODE:
        write_element(out, node, depth);
        break;
    case XML_TEXT_NODE:
        text_add_content(out, content ? content : "");
        break;
    case XML_COMMENT_NODE:
        text_addf(out, "<!--%s-->", content ? content : "");
        break;
    case XML_PI_NODE:
        text_addf(out, "<?%s%s%s?>", (const char *)node->name, content ? " " : "",
                  content ? content : "");
        break;
    default: /* libxml2's other kinds come with a document type, which was refused */
        break;
    }
}

/* depth -1: everything on one line. */
static void
write_children(struct text *out, const xmlNode *node, bool text, int depth)
{
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (!text && xml_is_blank(child))
            continue;
        if (depth >= 0)
            new_line(out, depth);
        write_node(out, child, depth);
    }
}

void
xml_write(struct text *out, const xmlNode *node)
{
    write_node(out, node, 0);
    text_add(out, "\n");
}
