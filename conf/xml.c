/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <libxml/parser.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "xml.h"

#define ATTRIBUTES_MAX 64  /* in one tag */
#define NAMESPACES_MAX 256 /* in the document */

/* libxml2 returns NULL when there is no memory; we end then, as everywhere. */
static void *
must(void *ptr)
{
    if (!ptr)
        abort();
    return ptr;
}

/*----- parsing -----*/

/*
 * Called at "<!DOCTYPE", before anything of it is read.  Entities can be declared nowhere else, so
 * none is ever expanded, here or where the document is read again.
 */
static void
refuse_doctype(void *ctx, const xmlChar *name, const xmlChar *external_id, const xmlChar *system_id)
{
    xmlParserCtxt *parser = ctx;

    (void)name, (void)external_id, (void)system_id;
    parser->_private = parser;
    xmlStopParser(parser);
}

static int
parse_failed(xmlParserCtxt *parser, struct err *err)
{
    const xmlError *error = xmlCtxtGetLastError(parser);
    const char     *reason = "this is no XML document";
    int             line = 1;

    if (parser->_private)
        return err_set(err, ERR_XML, "line %d: a document type is not accepted",
                       xmlSAX2GetLineNumber(parser));
    if (error && error->message) {
        reason = error->message;
        line = error->line;
    }
    return err_set(err, ERR_XML, "line %d: %.*s", line, (int)strcspn(reason, "\n"), reason);
}

/* Where a reader of tags is. */
struct tag_scan {
    int  line, attributes, namespaces;
    bool in_tag;
    char quote; /* 0: outside of a value */
};

/* rest begins with c.  '<' in a value is an error that libxml2 finds, so a tag begins at each. */
static void
scan_character(struct tag_scan *scan, const char *rest, size_t left)
{
    char c = *rest;

    scan->line += c == '\n';
    if (c == '<') {
        scan->in_tag = left > 1 && !strchr("!?/", rest[1]);
        scan->attributes = 0;
        scan->quote = '\0';
    } else if (!scan->in_tag) {
        return;
    } else if (scan->quote) {
        scan->quote = c == scan->quote ? '\0' : scan->quote;
    } else if (c == '\'' || c == '"') {
        scan->quote = c;
        scan->attributes++;
    } else if (c == '>') {
        scan->in_tag = false;
    } else if (left > 5 && memcmp(rest, "xmlns", 5) == 0) {
        scan->namespaces++;
    }
}

/*
 * libxml2 compares each attribute of a tag with each other one, and looks for a prefix in all the
 * namespaces around it: with very many of them that takes minutes.  So they are counted first.
 */
static int
check_tags(const char *xml, size_t size, struct err *err)
{
    struct tag_scan scan = {.line = 1};

    for (size_t i = 0; i < size; i++) {
        scan_character(&scan, xml + i, size - i);
        if (scan.attributes > ATTRIBUTES_MAX)
            return err_set(err, ERR_XML, "line %d: there are more than %d attributes in a tag",
                           scan.line, ATTRIBUTES_MAX);
        if (scan.namespaces > NAMESPACES_MAX)
            return err_set(err, ERR_XML, "line %d: there are more than %d namespaces", scan.line,
                           NAMESPACES_MAX);
    }
    return 0;
}

/* White space that only stood between elements goes; its depth is bounded by libxml2. */
static void
strip_blanks(xmlNode *node)
{
    bool     keep = xml_holds_text(node);
    xmlNode *child = node->children;

    while (child) {
        xmlNode *next = child->next;

        if (child->type == XML_ELEMENT_NODE)
            strip_blanks(child);
        else if (!keep && xml_is_blank(child))
            xml_remove(child);
        child = next;
    }
}

int
xml_parse(const char *xml, size_t size, xmlDoc **doc_out, struct err *err)
{
    const int options =
        XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
    xmlParserCtxt *parser;
    xmlDoc        *doc;
    int            r = 0;

    if (check_tags(xml, size, err))
        return -1;
    parser = must(xmlNewParserCtxt());
    parser->sax->internalSubset = refuse_doctype;
    /* XML_PARSE_NOERROR does not silence the one who looks at xml:id. */
    parser->vctxt.error = NULL;
    parser->vctxt.warning = NULL;
    doc = xmlCtxtReadMemory(parser, xml, (int)size, NULL, "UTF-8", options);
    if (!doc || !xmlDocGetRootElement(doc) || parser->_private) {
        r = parse_failed(parser, err);
        xmlFreeDoc(doc);
    } else {
        strip_blanks(xmlDocGetRootElement(doc));
        *doc_out = doc;
    }
    xmlFreeParserCtxt(parser);
    return r;
}

/*----- looking -----*/

bool
xml_is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && !node->ns &&
           (!name || strcmp((const char *)node->name, name) == 0);
}

static xmlNode *
first_of(xmlNode *node, const char *name)
{
    while (node && !xml_is(node, name))
        node = node->next;
    return node;
}

xmlNode *
xml_child(const xmlNode *node, const char *name)
{
    return node ? first_of(node->children, name) : NULL;
}

xmlNode *
xml_next(const xmlNode *node, const char *name)
{
    return first_of(node->next, name);
}

bool
xml_is_blank(const xmlNode *node)
{
    const char *content = (const char *)node->content;

    return node->type == XML_TEXT_NODE && (!content || !content[strspn(content, " \t\r\n")]);
}

bool
xml_holds_text(const xmlNode *node)
{
    if (node->children && !node->children->next)
        return node->children->type == XML_TEXT_NODE;
    for (const xmlNode *child = node->children; child; child = child->next)
        if (child->type == XML_TEXT_NODE && !xml_is_blank(child))
            return true;
    return false;
}

const char *
xml_attr_value(const xmlAttr *attr)
{
    /* Without entities the value is one piece of text, or none. */
    const xmlNode *text = attr->children;

    return text && text->content ? (const char *)text->content : "";
}

const char *
xml_attr(const xmlNode *node, const char *name)
{
    for (const xmlAttr *attr = node ? node->properties : NULL; attr; attr = attr->next) {
        if (attr->ns || strcmp((const char *)attr->name, name) != 0)
            continue;
        return xml_attr_value(attr);
    }
    return NULL;
}

const char *
xml_child_attr(const xmlNode *node, const char *child, const char *name)
{
    return xml_attr(xml_child(node, child), name);
}

char *
xml_text(const xmlNode *node)
{
    xmlChar *content;
    char    *text;

    if (!node)
        return NULL;
    content = must(xmlNodeGetContent(node));
    text = xstrdup((const char *)content);
    xmlFree(content);
    return text;
}

char *
xml_trimmed_text(const xmlNode *node)
{
    cleanup_free char *text = xml_text(node);
    const char        *start = text;
    size_t             length;

    if (!text)
        return NULL;
    while (isspace((unsigned char)*start))
        start++;
    length = strlen(start);
    while (length && isspace((unsigned char)start[length - 1]))
        length--;
    return xstrndup(start, length);
}

/*----- changing -----*/

void
xml_set_attr(xmlNode *node, const char *name, const char *value)
{
    if (value)
        must(xmlSetProp(node, (const xmlChar *)name, (const xmlChar *)value));
    else
        xmlUnsetProp(node, (const xmlChar *)name);
}

xmlNode *
xml_add_child(xmlNode *node, const char *name, const char *text)
{
    return must(xmlNewTextChild(node, NULL, (const xmlChar *)name, (const xmlChar *)text));
}

void
xml_set_text(xmlNode *node, const char *text)
{
    while (node->children)
        xml_remove(node->children);
    xmlNodeAddContent(node, (const xmlChar *)text);
}

void
xml_remove(xmlNode *node)
{
    xmlUnlinkNode(node);
    xmlFreeNode(node);
}

/*----- complaining -----*/

#define SHOWN_MAX 64 /* bytes of a name or a value in a message */

int
xml_shown_length(const char *s)
{
    size_t length = strnlen(s, SHOWN_MAX + 1);

    if (length <= SHOWN_MAX)
        return (int)length;
    for (length = SHOWN_MAX; length && ((unsigned char)s[length] & 0xc0) == 0x80; length--)
        continue;
    return (int)length;
}

static int __attribute__((format(printf, 4, 0)))
complain(const xmlNode *node, struct err *err, enum err_code code, const char *format, va_list ap)
{
    char reason[ERR_MESSAGE_SIZE];

    vsnprintf(reason, sizeof reason, format, ap);
    return err_set(err, code, "line %ld: <%.*s>: %s", xmlGetLineNo(node),
                   xml_shown_length((const char *)node->name), (const char *)node->name, reason);
}

int
xml_fail(const xmlNode *node, struct err *err, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    complain(node, err, ERR_XML, format, ap);
    va_end(ap);
    return -1;
}

int
xml_unsupported(const xmlNode *node, struct err *err, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    complain(node, err, ERR_CONFIG_UNSUPPORTED, format, ap);
    va_end(ap);
    return -1;
}

char *
xml_describe(const xmlNode *node, const char *name, const char *reason)
{
    const char *element = (const char *)node->name, *value = name ? xml_attr(node, name) : NULL;
    int         length = xml_shown_length(element);

    if (!name)
        return xasprintf("line %ld: <%.*s>: %s", xmlGetLineNo(node), length, element, reason);
    value = value ? value : "";
    return xasprintf("line %ld: <%.*s %s='%.*s'>: %s", xmlGetLineNo(node), length, element, name,
                     xml_shown_length(value), value, reason);
}

int
xml_unsupported_attr(const xmlNode *node, const char *name, struct err *err, const char *format,
                     ...)
{
    char               reason[ERR_MESSAGE_SIZE];
    cleanup_free char *message = NULL;
    va_list            ap;

    va_start(ap, format);
    vsnprintf(reason, sizeof reason, format, ap);
    va_end(ap);
    message = xml_describe(node, name, reason);
    return err_set(err, ERR_CONFIG_UNSUPPORTED, "%s", message);
}

/*----- values -----*/

int
xml_number(const xmlNode *node, const char *text, uint64_t max, uint64_t *value_out,
           struct err *err)
{
    const char *start = text + strspn(text, " \t\r\n");
    char       *end;
    uint64_t    value;

    errno = 0;
    value = strtoull(start, &end, 10);
    if (!isdigit((unsigned char)*start) || end[strspn(end, " \t\r\n")])
        return xml_fail(node, err, "'%s' is not a number", text);
    if (errno || value > max)
        return xml_fail(node, err, "%.*s is more than %" PRIu64, (int)(end - start), start, max);
    *value_out = value;
    return 0;
}

int
xml_number_attr(const xmlNode *node, const char *name, uint64_t max, uint64_t *value_out,
                struct err *err)
{
    const char *text = xml_attr(node, name);

    if (!text)
        return 0;
    if (xml_number(node, text, max, value_out, err)) {
        err_append(err, " (%s)", name);
        return -1;
    }
    return 0;
}

int
xml_bool_attr(const xmlNode *node, const char *name, bool absent, bool *value_out, struct err *err)
{
    static const char *const words[] = {"no", "yes", "off", "on", NULL};
    const char              *text = xml_attr(node, name);
    int                      word = absent;

    if (text && xml_word(node, name, text, words, &word, err))
        return -1;
    *value_out = word & 1;
    return 0;
}

int
xml_word(const xmlNode *node, const char *what, const char *text, const char *const *names,
         int *index_out, struct err *err)
{
    for (int i = 0; names[i]; i++) {
        if (strcmp(text, names[i]) != 0)
            continue;
        *index_out = i;
        return 0;
    }
    return xml_fail(node, err, "%s '%s' is not known", what, text);
}
