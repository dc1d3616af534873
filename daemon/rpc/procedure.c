/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "procedure.h"

const struct procedure *
procedure_find(const struct program *programs, const struct wire_header *call)
{
    if (call->version != WIRE_VERSION || call->procedure < 0)
        return NULL;
    for (const struct program *program = programs; program->number; program++) {
        if (program->number != call->program || (size_t)call->procedure >= program->count)
            continue;
        return program->procedures[call->procedure].name ? &program->procedures[call->procedure]
                                                         : NULL;
    }
    return NULL;
}

/*----- names for people -----*/

/* The word at at, as libvirt's API has it: "Domain", but "XML".  Returns how much was written. */
static size_t
procedure_put_word(char *to, size_t room, const char *at, size_t length)
{
    static const char *const acronyms[] = {"xml", "uuid", "id", "cpu", "uri", "os", "pm", "nmi"};
    bool                     all = false;
    size_t                   n;

    for (size_t i = 0; i < array_size(acronyms); i++)
        all |= strlen(acronyms[i]) == length && !memcmp(acronyms[i], at, length);
    for (n = 0; n < length && n < room; n++)
        to[n] = all || n == 0 ? (char)toupper((unsigned char)at[n]) : at[n];
    return n;
}

char *
procedure_api_name(const struct procedure *procedure, char name_out[PROCEDURE_API_NAME_SIZE])
{
    size_t      used = 3;
    const char *at = procedure->name;

    memcpy(name_out, "vir", used);
    while (*at) {
        size_t length = strcspn(at, "_");

        used += procedure_put_word(name_out + used, PROCEDURE_API_NAME_SIZE - 1 - used, at, length);
        at += length + (at[length] == '_');
    }
    name_out[used] = '\0';
    return name_out;
}
