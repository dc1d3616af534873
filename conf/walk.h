/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * walk.h: the walks over the tables of item.h.
 */
#ifndef CONF_WALK_H
#define CONF_WALK_H

#include "item.h"

struct row_index;

/* Of one document and one configuration. */
struct walk {
    libxl_domain_config *config;
    enum domain_type     type;
    struct domain_def   *def; /* takes the notes; NULL: there are none */
    bool                 validate;
    bool                 note_implied;
    bool                 keeps; /* what would be generated must be there: the UUID */
    bool                 runs;  /* what a row refuses is noted: the guest is there without it */
    bool                 whole; /* libxl's configuration is known: the XML says what is there */
    size_t               index; /* of the device among those of its kind */
    struct {
        uint64_t       order;
        char           letter; /* libxl's, of what boots */
        const xmlNode *node;
    } boot[32]; /* by <boot order='...'/> of the devices */
    size_t n_boot;

    /* Of the tables of devices, and of the domain's at the end; NULL: not made yet. */
    struct row_index *indexes[KINDS_MAX + 1];
};

/** Free what the walk has made for itself. */
void walk_end(struct walk *walk);

/**
 * Fill base by the rows of some tables; element is the domain's or the device's.
 *
 * tables ends with NULL.  *index is the walk's for just these, NULL while there is none.  Errors as
 * domain_def_parse.
 */
int walk_read(struct walk *walk, const struct rows *const *tables, struct row_index **index,
              const xmlNode *element, void *base, struct err *err);

/** All of <devices>. */
int walk_read_devices(struct walk *walk, const xmlNode *devices, struct err *err);

/** One of them into device, which has the size of the table's struct and is initialised here. */
int walk_read_device(struct walk *walk, const struct device *table, const xmlNode *node,
                     void *device, struct err *err);

/** Fill parent by the rows. */
void walk_write(struct walk *walk, const struct rows *rows, xmlNode *parent, const void *base);
void walk_write_devices(struct walk *walk, xmlNode *devices);

/** Put into the document what was read or generated and is not there. */
void walk_complete(struct walk *walk, xmlNode *root);
void walk_complete_device(struct walk *walk, const struct device *table, xmlNode *node,
                          const void *device);

/** Take away what is live, from the domain's or a device's element. */
void walk_strip_live(const struct rows *rows, xmlNode *element);

/** What is secret, wherever it stands: is there any?  Take it away. */
bool walk_has_secrets(xmlNode *node);
void walk_strip_secrets(xmlNode *node);

/** Is the walk's guest of one of these types? */
static inline bool
walk_is(const struct walk *walk, unsigned types)
{
    return types & (1u << walk->type);
}

/** Note that the element, or its attribute where name is not NULL, has no effect. */
void walk_note(struct walk *walk, const xmlNode *node, const char *name, bool implied,
               const char *reason);

/** The element that a row's path leads to, NULL where there is none. */
xmlNode *walk_find(const xmlNode *parent, const char *path);

/** The child element at a path such as "os/boot", made where there is none. */
xmlNode *walk_make(xmlNode *parent, const char *path);

/** NULL: it is none of the words. */
const struct word *walk_find_word(const struct word *words, const char *text);

/** The word for a value; NULL: none. */
const char *walk_word(const struct word *words, int value);

#endif
