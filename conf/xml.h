/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xml.h: what conf/ asks of libxml2, in char * and struct err.
 *
 * An element in a namespace is never found by its name here: names are those of libvirt's XML,
 * and what others put beside them is theirs.  Strings that are returned as const are the tree's.
 */
#ifndef CONF_XML_H
#define CONF_XML_H

#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct text;

/**
 * UTF-8 only, no document type (so no entities), no network, no files.  *doc_out is freed by
 * xmlFreeDoc and has a root.  The caller bounds the size.
 *
 * Errors: ERR_XML with the line.
 */
int xml_parse(const char *xml, size_t size, xmlDoc **doc_out, struct err *err);

/** Indented, attributes in single quotes, with a newline at the end, as libvirt writes it. */
void xml_write(struct text *out, const xmlNode *node);

/*----- looking -----*/

bool xml_is(const xmlNode *node, const char *name);

/** The first child element of that name; any element where name is NULL.  node may be NULL. */
xmlNode *xml_child(const xmlNode *node, const char *name);

/** The next sibling element of that name. */
xmlNode *xml_next(const xmlNode *node, const char *name);

/** Is it text, and nothing but white space? */
bool xml_is_blank(const xmlNode *node);

/**
 * Is there text in the element, so that white space in it is text too?  Else it only stands
 * between elements.  libxml2's own rule (XML_PARSE_NOBLANKS) looks at what comes first, so that a
 * child that is put in would change it.
 */
bool xml_holds_text(const xmlNode *node);

/** The value, NULL where there is none.  node may be NULL. */
const char *xml_attr(const xmlNode *node, const char *name);

const char *xml_attr_value(const xmlAttr *attr);

/** The same of the first child element of that name. */
const char *xml_child_attr(const xmlNode *node, const char *child, const char *name);

/** All text in it, the caller's to free; NULL where node is NULL. */
char *xml_text(const xmlNode *node);

/** The same without white space around it. */
char *xml_trimmed_text(const xmlNode *node);

/*----- changing -----*/

/** value NULL removes it. */
void xml_set_attr(xmlNode *node, const char *name, const char *value);

/** text may be NULL.  Returns the new last child. */
xmlNode *xml_add_child(xmlNode *node, const char *name, const char *text);
void     xml_set_text(xmlNode *node, const char *text);
void     xml_remove(xmlNode *node);

/*----- complaining: "line 7: <memory>: reason" -----*/

/** Something is wrong here: ERR_XML.  Returns -1. */
int xml_fail(const xmlNode *node, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Something is asked for that dom0d cannot do: ERR_CONFIG_UNSUPPORTED.  Returns -1. */
int xml_unsupported(const xmlNode *node, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The same of an attribute: "line 7: <disk device='lun'>: reason". */
int xml_unsupported_attr(const xmlNode *node, const char *name, struct err *err, const char *format,
                         ...) __attribute__((format(printf, 4, 5)));

/** How much of a name or a value a message shows: in bytes, up to the end of a character. */
int xml_shown_length(const char *s);

/** "line 7: <disk device='lun'>: reason", the caller's to free; name may be NULL. */
char *xml_describe(const xmlNode *node, const char *name, const char *reason);

/*----- values -----*/

/**
 * A decimal number up to max in text, which stands in node; white space around it does not count.
 * *value_out is untouched on failure.
 */
int xml_number(const xmlNode *node, const char *text, uint64_t max, uint64_t *value_out,
               struct err *err);

/** The same for the attribute; where there is none, *value_out is left as it is. */
int xml_number_attr(const xmlNode *node, const char *name, uint64_t max, uint64_t *value_out,
                    struct err *err);

/** "yes" and "no", "on" and "off"; absent where there is no such attribute. */
int xml_bool_attr(const xmlNode *node, const char *name, bool absent, bool *value_out,
                  struct err *err);

/**
 * Which of the words is text?  names ends with NULL.  what names the thing in the message:
 * "type 'x' is not known".
 */
int xml_word(const xmlNode *node, const char *what, const char *text, const char *const *names,
             int *index_out, struct err *err);

#endif
