/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * item.h: the tables that say what libvirt's domain XML means to libxl.
 *
 * One row an element or attribute.  Five walks go over them: read (XML to libxl, walk-read.c),
 * write (libxl to XML, walk-write.c), complete, strip (walk-tree.c) and match (device.c).  What is
 * in no row is foreign where it has a namespace; else it is noted as ignored, and refused by
 * "validate".
 */
#ifndef CONF_ITEM_H
#define CONF_ITEM_H

#include <libxl.h>
#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "conf/domain.h"

/* How the text of an element or attribute becomes a value. */
enum kind {
    KIND_KNOWN,   /* nothing to read: a hook of another row does, or nobody needs to */
    KIND_STR,     /* char *; empty: not given */
    KIND_U64,     /* uint64_t */
    KIND_U32,     /* uint32_t */
    KIND_INT,     /* int */
    KIND_DEFBOOL, /* libxl_defbool: "yes", "no", "on", "off" */
    KIND_FEATURE, /* libxl_defbool: an element that is there, unless its state is "off" */
    KIND_PRESENT, /* int: 1 where the element is */
    KIND_ABSENT,  /* int: 0 where the element is */
    KIND_ENUM,    /* int: one of words */
    KIND_HOOK,    /* as its hook has it, which is called for an absent element too */
};

/* Types of guests. */
enum {
    PV = 1 << DOMAIN_PV,
    PVH = 1 << DOMAIN_PVH,
    HVM = 1 << DOMAIN_HVM,
    ALL = PV | PVH | HVM,
};

enum {
    REQUIRED = 1 << 0,
    KEY = 1 << 1,      /* of two devices, says which is meant */
    SECRET = 1 << 2,   /* only for those who may see it */
    LIVE = 1 << 3,     /* true of a running domain only: goes when it is defined */
    COMPLETE = 1 << 4, /* where absent, its initial value is put into the document */
    REFUSED = 1 << 5,  /* to ignore it would be another machine; with all that is in it */
    IGNORED = 1 << 6,  /* a guest boots as well; with all that is in it */
    IMPLIED = 1 << 7,  /* it is so anyway, or only kept and shown; with all that is in it */
    MANY = 1 << 8,     /* may be there more than once; a hook is called for each */
    STRICT = 1 << 9,   /* for a guest of another type it is refused, not ignored */
    WHOLE = 1 << 10,   /* its hook looks at all that is in it */
    TEXT = 1 << 11,    /* a hook reads the text of the element */
};

struct word {
    const char *word;
    int         value;
    const char *refused; /* the reason; NULL: it is not */
};

struct walk;
struct item;

struct hook {
    /* node: the element of the row, NULL where there is none. */
    int (*read)(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
                struct err *err);
    /* parent: the domain's or device's element. */
    void (*write)(struct walk *walk, const struct item *item, xmlNode *parent, const void *base);
    /* After all is read: make the document say it. */
    void (*complete)(struct walk *walk, const struct item *item, xmlNode *parent, const void *base);
};

/* at, where nothing is stored */
#define NOWHERE SIZE_MAX

struct item {
    const char *path; /* "os/kernel", "target@dev", "@type"; from the domain or device */
    enum kind   kind;
    size_t      at; /* in libxl_domain_config, or the device's struct */
    unsigned    types, flags;
    const char *initial; /* what it is when the XML does not say */
    const char *unset;   /* what libxl takes when it is not told; "": it decides, so that
                          * an element that switches on says so */
    uint64_t           min, max;
    const struct word *words; /* up to one without a word */
    const struct hook *hook;
    const char        *reason; /* of REFUSED, IGNORED and IMPLIED */

    /* "@type=tcp|udp", "@type=file|": it is read only where that attribute of the device is one of
     * these; "" is one that is absent.  Elsewhere it is noted, and refused where STRICT. */
    const char *when;
};

/* Offsets, so that a row is short. */
#define C(member) offsetof(libxl_domain_config, member)

/* Rows that read nothing.  Part of what another row's hook reads, always or only then; implied; a
 * guest boots as well; to ignore it would be another machine. */
#define PART(path_)                                                                                \
    {                                                                                              \
        .path = path_, .types = ALL                                                                \
    }
#define PART_WHEN(path_, when_)                                                                    \
    {                                                                                              \
        .path = path_, .types = ALL, .when = when_                                                 \
    }
#define PART_ONLY_WHEN(path_, when_)                                                               \
    {                                                                                              \
        .path = path_, .types = ALL, .flags = STRICT, .when = when_                                \
    }
#define SO(path_, why)                                                                             \
    {                                                                                              \
        .path = path_, .types = ALL, .flags = IMPLIED, .reason = why                               \
    }
#define MAY(path_, why)                                                                            \
    {                                                                                              \
        .path = path_, .types = ALL, .flags = IGNORED, .reason = why                               \
    }
#define NO(path_, why)                                                                             \
    {                                                                                              \
        .path = path_, .types = ALL, .flags = REFUSED, .reason = why                               \
    }

/* What a row does not say is zero: rows are read with the eye. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

struct rows {
    const struct item *items;
    size_t             n;
};

/* What can stand in <devices>. */
struct device {
    const char *element;
    struct rows rows;
    unsigned    types;        /* 0: as ALL */
    size_t      size;         /* of the struct that the rows fill; 0: the domain's own */
    size_t      array, count; /* in libxl_domain_config; NOWHERE: store and load do it */
    const char *reason;       /* REFUSED or IGNORED as a whole */
    unsigned    flags;
    void (*init)(void *device);
    void (*dispose)(void *device);
    /* Is this element one of this row's?  NULL: all of its name are. */
    bool (*is)(const xmlNode *node);
    /* After the rows: what concerns several, and for those without an array the domain. */
    int (*store)(struct walk *walk, const xmlNode *node, void *device, struct err *err);
    /* The index-th that the configuration has; false: there are no more.  Filled shallowly. */
    bool (*load)(struct walk *walk, size_t index, void *device);
};

extern const struct rows domain_items, os_items, feature_items, cpu_items;

extern const struct rows *const   domain_tables[]; /* both end with NULL */
extern const struct device *const device_tables[];

#define KINDS_MAX 64 /* tables, with the NULL */

/* Which of the tables a device's element belongs to; that of the NULL: none knows it. */
size_t device_kind(const xmlNode *node);

#endif
