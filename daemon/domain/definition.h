/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * definition.h: definitions are read and written without holding the loop up.
 *
 * What is short the loop does itself; what is longer than DEFINITION_LONG a thread (work.h), in
 * turns for those who ask.  Either way the answer comes from the loop, later.
 */
#ifndef DAEMON_DOMAIN_DEFINITION_H
#define DAEMON_DOMAIN_DEFINITION_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "conf/domain.h"

struct loop;

/* Bytes: the worst that takes about a millisecond. */
#define DEFINITION_LONG 8192

/* Beside DOMAIN_PARSE_: what is read is packed. */
#define DEFINITION_PACK (1u << 16)

/* Whose work it is that the daemon does by itself. */
#define DEFINITION_OF_DAEMON UINT64_MAX

/** def: Taken, or NULL and the error: ERR_OPERATION_ABORTED from loop_end_work, else one of
 * domain_def_parse.  Comes from the loop. */
typedef void definition_read_fn(void *arg, struct domain_def *def, const struct err *err);

/** xml: Copied; whose: as of loop_work; flags: DOMAIN_PARSE_ and DEFINITION_PACK. */
void definition_read(struct loop *loop, uint64_t whose, const char *xml, unsigned flags,
                     definition_read_fn *done, void *arg);

/** The same at once: for a start, when there is no loop yet that could be held up. */
int definition_read_now(const char *xml, unsigned flags, struct domain_def **def_out,
                        struct err *err);

/** Is what needs its document for the thread beside the loop? */
bool definition_is_long(const struct domain_def *def);

/** Can dom0d do what it asks for when its guest ends?  Err: ERR_CONFIG_UNSUPPORTED. */
int definition_check(const struct domain_def *def, struct err *err);

/** xml: Taken, or NULL and the error.  Comes as the other one. */
typedef void definition_write_fn(void *arg, char *xml, const struct err *err);

/** def is shared meanwhile; live is Copied, NULL: not running; flags: DOMAIN_XML_. */
void definition_write(struct loop *loop, uint64_t whose, struct domain_def *def,
                      const struct domain_live *live, unsigned flags, definition_write_fn *done,
                      void *arg);

#endif
