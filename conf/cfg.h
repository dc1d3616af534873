/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cfg.h: the rows of xl.cfg(5): one a key of which the value is plain.  Those of lists and the few
 * irregular ones are in cfg-read.c and cfg-write.c.
 */
#ifndef CONF_CFG_H
#define CONF_CFG_H

#include <libxl.h>
#include <stddef.h>

enum cfg_kind {
    CFG_STR,     /* char * */
    CFG_DEFBOOL, /* libxl_defbool */
    CFG_INT,     /* int */
    CFG_U32,     /* uint32_t */
    CFG_MIB,     /* uint64_t in KiB */
    CFG_WORD,    /* int, one of words */
    CFG_LIST,    /* libxl_string_list; one string is a list of one */
};

struct cfg_row {
    const char                    *key;
    enum cfg_kind                  kind;
    size_t                         at; /* in libxl_domain_config */
    unsigned                       types;
    const libxl_enum_string_table *words;
};

extern const struct cfg_row cfg_rows[];
extern const size_t         n_cfg_rows;

/* xl's words for what happens at a shutdown; ends with NULL. */
struct cfg_action {
    const char              *word;
    libxl_action_on_shutdown value;
};
extern const struct cfg_action cfg_actions[];

/* The masks of cpuid as xl.cfg has them, "1:ecx=xxx0...", one a register; NULL: none. */
libxl_string_list cpuid_registers(libxl_cpuid_policy_list cpuid);

#endif
