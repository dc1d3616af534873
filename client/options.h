/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * options.h: a command line, checked against a list of options.
 */
#ifndef CLIENT_OPTIONS_H
#define CLIENT_OPTIONS_H

#include <stdbool.h>

#include "base/err.h"

/* An element with a NULL name ends a list. */
struct option_spec {
    const char *name;   /* the long one, without hyphens */
    char        letter; /* the short one, or 0 */
    const char *value;  /* "FILE": what it takes; NULL: nothing */
    const char *help;
};

#define OPTIONS_MAX 16 /* of all lists together */

/* What was given; points into argv and the lists. */
struct options {
    const struct option_spec *specs[OPTIONS_MAX];
    const char               *values[OPTIONS_MAX]; /* NULL: not given; "" for one without a value */
    int                       n_specs;
    char                    **operands;
    int                       n_operands;
};

void options_init(struct options *options);

/* Accept the options of this list too. */
void options_add(struct options *options, const struct option_spec *specs);

/*
 * Parse argv[1] and on.  mixed: options may come after operands; else the first operand ends them.
 * Long names may be cut, as getopt_long does.  argv is put into another order.
 */
int options_parse(struct options *options, int argc, char **argv, bool mixed, struct err *err);

/* name must be in one of the lists. */
bool        option_given(const struct options *options, const char *name);
const char *option_value(const struct options *options, const char *name); /* NULL: not given */

#endif
