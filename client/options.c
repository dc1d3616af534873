/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <getopt.h>
#include <string.h>

#include "options.h"

/* getopt_long answers with this and the option's place in our list. */
#define ANSWER_BASE 256

void
options_init(struct options *options)
{
    *options = (struct options){0};
}

void
options_add(struct options *options, const struct option_spec *specs)
{
    for (; specs && specs->name; specs++) {
        assert(options->n_specs < OPTIONS_MAX);
        options->specs[options->n_specs++] = specs;
    }
}

/* getopt_long's two lists.  '+': the first operand ends the options; ':': we word the errors. */
static void
options_make_lists(const struct options *options, bool mixed, char *letters, struct option *names)
{
    if (!mixed)
        *letters++ = '+';
    *letters++ = ':';
    for (int i = 0; i < options->n_specs; i++) {
        const struct option_spec *spec = options->specs[i];

        *names++ = (struct option){.name = spec->name,
                                   .has_arg = spec->value ? required_argument : no_argument,
                                   .val = ANSWER_BASE + i};
        if (spec->letter)
            *letters++ = spec->letter;
        if (spec->letter && spec->value)
            *letters++ = ':';
    }
    *letters = '\0';
    *names = (struct option){0};
}

static int
options_find_letter(const struct options *options, int letter)
{
    for (int i = 0; i < options->n_specs; i++)
        if (options->specs[i]->letter == letter)
            return i;
    return -1;
}

/* optopt is 0 for a long option that is not known, else a letter or the place in our list. */
static int
options_refuse(int answer, char **argv, struct err *err)
{
    const char *problem = answer == ':' ? "needs a value" : "is not known here";

    if (optopt > 0 && optopt < ANSWER_BASE)
        return err_set(err, ERR_INVALID_ARG, "option -%c %s", optopt, problem);
    return err_set(err, ERR_INVALID_ARG, "option %s %s", argv[optind - 1], problem);
}

int
options_parse(struct options *options, int argc, char **argv, bool mixed, struct err *err)
{
    char          letters[2 * OPTIONS_MAX + 3];
    struct option names[OPTIONS_MAX + 1];
    int           answer;

    options_make_lists(options, mixed, letters, names);
    opterr = 0;
    optind = 0; /* glibc: forget all of an earlier parse */
    while ((answer = getopt_long(argc, argv, letters, names, NULL)) != -1) {
        int i = answer >= ANSWER_BASE ? answer - ANSWER_BASE : options_find_letter(options, answer);

        if (answer == '?' || answer == ':')
            return options_refuse(answer, argv, err);
        options->values[i] = optarg ? optarg : "";
    }
    options->operands = argv + optind;
    options->n_operands = argc - optind;
    return 0;
}

static int
options_find_name(const struct options *options, const char *name)
{
    for (int i = 0; i < options->n_specs; i++)
        if (strcmp(options->specs[i]->name, name) == 0)
            return i;
    assert(!"an option that no list has");
    return -1;
}

bool
option_given(const struct options *options, const char *name)
{
    return option_value(options, name) != NULL;
}

const char *
option_value(const struct options *options, const char *name)
{
    return options->values[options_find_name(options, name)];
}
