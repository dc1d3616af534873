/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * domain.h: a domain's definition, libvirt's domain XML of type 'xen'.
 *
 * The XML document itself is kept: elements that dom0d does not know, and namespaced metadata,
 * survive every round trip.  What each element means to libxl stands in tables, conf/item.h.
 * Nothing here knows libxl; see conf/libxl.h.
 */
#ifndef CONF_DOMAIN_H
#define CONF_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/uuid.h"
#include "wire/libvirt.h"

#define DOMAIN_NAME_MAX 255
/* Longer XML is refused.  More than the daemon takes from clients (max_xml): what is left out is
 * filled in, and each element has its line. */
#define DOMAIN_XML_MAX (4u << 20)
#define DOMAIN_DEVICES_MAX 1024 /* of one kind */
#define DOMAIN_VCPUS_MAX 4096
#define DOMAIN_VNC_PORT_MIN 5900

enum domain_type { DOMAIN_PV, DOMAIN_PVH, DOMAIN_HVM };

/* What on_poweroff and its like may say; soft-reset only xl's own configuration.  In records, too
 * (state.x): another one goes to the end. */
enum domain_action {
    DOMAIN_ACTION_DESTROY,
    DOMAIN_ACTION_RESTART,
    DOMAIN_ACTION_RENAME_RESTART,
    DOMAIN_ACTION_PRESERVE,
    DOMAIN_ACTION_COREDUMP_DESTROY,
    DOMAIN_ACTION_COREDUMP_RESTART,
    DOMAIN_ACTION_SOFT_RESET,
};
#define DOMAIN_ACTION_COUNT (DOMAIN_ACTION_SOFT_RESET + 1)

/*
 * When it is started with the host, where several are:
 *
 *   <metadata>
 *     <start xmlns='urn:dom0d:start' order='10' delay='30' after='database'/>
 *   </metadata>
 */
struct domain_start {
    unsigned order;     /* before those with a higher one; DOMAIN_START_ORDER where none is given */
    unsigned delay_sec; /* for which those that come after it wait when it has been started */
    char    *after;     /* the name of one that must run before; NULL: none */
};

#define DOMAIN_START_ORDER 100u
#define DOMAIN_START_ORDER_MAX 1000000u
#define DOMAIN_START_DELAY_MAX 3600u

/*
 * The XML document, and of what it says the little that others than conf/ ask for.  All of it is
 * what conf_to_libxl makes of the document.
 */
struct domain_def {
    char   *name;
    uint8_t uuid[UUID_SIZE]; /* generated, and put into the document, where the XML has none */

    enum domain_type type;
    uint64_t         max_memory_kib; /* <memory> */
    uint64_t         memory_kib;     /* <currentMemory>, or the same */
    unsigned         max_vcpus;
    unsigned         vcpus;

    char *kernel, *ramdisk; /* direct kernel boot; NULL: not given */

    enum domain_action on_poweroff, on_reboot, on_crash;
    enum domain_action on_watchdog;   /* as on_crash, where no configuration of libxl's is kept */
    enum domain_action on_soft_reset; /* soft-reset, xl's default, where none is kept */

    struct domain_start start;

    void *document; /* xmlDoc *, owned; only conf/ looks inside; NULL: it is packed */
    char *text;     /* the whole of it as text (domain_def_keep_text); NULL: it is not kept */
    bool  hides;    /* of a packed one: something of it is shown with DOMAIN_XML_SECURE only */

    unsigned shares; /* how many more than one have it (domain_def_share) */

    /* What the XML says and the guest does not get. */
    struct domain_note *notes;
    size_t              n_notes;
};

struct domain_note {
    char *message; /* "line 12: <rng>: Xen has no random number generator for guests" */
    /* It is so anyway, is kept and shown, or is given when the domain starts: nobody misses it.
     * Only with DOMAIN_PARSE_NOTE_IMPLIED. */
    bool implied;
};

/* What is true of a running domain and not of its definition; all borrowed, NULL or 0: not known.
 */
struct domain_live {
    int                domid;           /* -1: not running */
    const char        *console_tty;     /* "/dev/pts/3" */
    const char *const *interface_names; /* "vif7.0", one per interface; may be NULL */
    size_t             n_interface_names;
    int                vnc_port; /* 0: none */
};

/**
 * Parse, check and fill in what is left out.
 *
 * xml may come from anybody: no entities, no network, no files, UTF-8 only, at most DOMAIN_XML_MAX
 * bytes.
 * *def_out is freed by domain_def_free.
 *
 * Errors: ERR_XML with line, element and reason; ERR_CONFIG_UNSUPPORTED for what libvirt's XML
 * can say and dom0d cannot do, where to ignore it would give another machine than was asked for.
 */
int domain_def_parse(const char *xml, size_t size, struct domain_def **def_out, struct err *err);

/* Of domain_def_parse_flags. */
enum {
    DOMAIN_PARSE_VALIDATE = 1, /* an element or attribute that is not known is an error */
    DOMAIN_PARSE_NOTE_IMPLIED = 2,
    /* Of a guest that runs already: an element or attribute that is refused as a whole is noted,
     * for an older version may have let it pass. */
    DOMAIN_PARSE_RUNS = 4,
    /* That there is none is an error: it would be another one each time. */
    DOMAIN_PARSE_HAS_UUID = 8,
};

/** The same with flags. */
int domain_def_parse_flags(const char *xml, size_t size, unsigned flags,
                           struct domain_def **def_out, struct err *err);

/** NULL is fine.  Returns NULL. */
struct domain_def *domain_def_free(struct domain_def *def);

/**
 * One more has it, and frees it: it is not changed until then, and may be read by another thread.
 * Shared and freed by one thread only.  Returns def.
 */
struct domain_def *domain_def_share(struct domain_def *def);

/**
 * The view's name and the document's.  name is valid (domain_name_is_valid); Copied.  def is Taken.
 * Returns the one with this name: def, or where that is shared another one.
 */
struct domain_def *domain_def_rename(struct domain_def *def, const char *name);

/**
 * Where the whole of it, with its secrets and without what is live, is a text of more than
 * `longer` bytes: keep that, so that it is not written anew whenever somebody asks for it.
 *
 * Err: ERR_XML where it has more than DOMAIN_XML_MAX.
 */
int domain_def_keep_text(struct domain_def *def, size_t longer, struct err *err);

/**
 * Keep it as text alone, which takes a tenth of the memory: a definition that is not used for long.
 * It can be formatted, renamed, changed (domain_def_with_) and given to libxl as before: what needs
 * the document reads it anew.  It must not be shared.
 *
 * Err: as domain_def_keep_text; def is then as it was.
 */
int domain_def_pack(struct domain_def *def, struct err *err);

/**
 * Is libxl's configuration kept in it (conf_from_libxl_whole), because the guest was made by xl or
 * another program, and the XML may not say all of it?
 */
bool domain_def_is_whole(const struct domain_def *def);

/** def takes the place of from: where from is whole, def is from now on, with the same
 * configuration; its XML is left as it is. */
void domain_def_inherit(struct domain_def *def, const struct domain_def *from);

/**
 * May now stand for then in the image of a saved guest?  What the guest does not see may differ, as
 * the source of a disk, the bridge of an interface, on_reboot or <metadata>; what it runs on may
 * not.
 *
 * Errors: ERR_CONFIG_UNSUPPORTED with the element that differs, or libxl's name for it.
 */
int domain_def_check_same_machine(const struct domain_def *then, const struct domain_def *now,
                                  struct err *err);

/**
 * The XML, with what is live in it where live is not NULL and DOMAIN_XML_INACTIVE is not in flags:
 * the id, the console's tty, the interfaces' names, the port.  Passwords, and libxl's
 * configuration, only with DOMAIN_XML_SECURE.  The result is the caller's to free.
 */
char *domain_def_format(const struct domain_def *def, const struct domain_live *live,
                        unsigned flags);

/**
 * The XML of a domain of which there is no definition, the control domain or a stubdomain: what
 * xenstore (its name) and the hypervisor say.  description: what it is; NULL: that is known.  The
 * result is the caller's to free.
 */
char *domain_control_format(int domid, const char *name, const uint8_t uuid[UUID_SIZE],
                            const char *description, uint64_t memory_kib, unsigned vcpus,
                            unsigned max_vcpus);

/**
 * What xl.cfg(5) says, as xl understands it.  What the XML cannot say, and keys that xl passes
 * over, are in comments of the document and in the notes, also of who parses it again.
 *
 * Errors: as conf_from_cfg, and domain_def_parse.
 */
int domain_def_from_native(const char *text, size_t size, struct domain_def **def_out,
                           struct err *err);

/** The reverse; *text_out is the caller's to free.  What xl.cfg cannot say is in its comments, and
 * what the notes say. */
int domain_def_to_native(const struct domain_def *def, char **text_out, struct err *err);

/*----- a definition with one thing changed: another one, packed where def is -----*/

/* What could not be read again, as the next daemon has to, is refused. */

/** name: valid.  Returns NULL where it becomes too long. */
struct domain_def *domain_def_with_name(const struct domain_def *def, const char *name,
                                        struct err *err);

/** which: ACTION_FOR_.  Returns NULL where it becomes too long. */
struct domain_def *domain_def_with_action(const struct domain_def *def, unsigned which,
                                          enum domain_action action, struct err *err);

/**
 * Title, description (value: text) or an element of <metadata> (value: XML, whose namespace becomes
 * uri with the prefix key) with this value; NULL or "": without one.  type: METADATA_.
 *
 * Returns NULL on failure: ERR_XML, or ERR_INVALID_ARG.
 */
struct domain_def *domain_def_with_metadata(const struct domain_def *def, int type,
                                            const char *value, const char *key, const char *uri,
                                            struct err *err);

/** The value, the caller's to free; an element is without the namespace that uri is.  NULL: there
 * is none.  Passwords, and libxl's configuration, are left out, as without DOMAIN_XML_SECURE. */
char *domain_def_metadata(const struct domain_def *def, int type, const char *uri);

/** "destroy", "restart", "rename-restart", ... */
const char *domain_action_name(enum domain_action action);

/** What libvirt calls the type of the operating system: "xen", "xenpvh" or "hvm". */
const char *domain_type_name(enum domain_type type);

/**
 * Does it do for a name?  UTF-8 that XML can say, not empty, not "." or "..", at most
 * DOMAIN_NAME_MAX bytes, no '/' and no control characters: it becomes a file name, and a line in
 * lists.
 */
bool domain_name_is_valid(const char *name);

#endif
