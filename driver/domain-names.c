/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "domain-names.h"

struct domain_name *
domain_names_find(const struct domain_names *names, uint32_t domid)
{
    struct domain_name *entry;

    LIST_FOREACH (entry, &names->buckets[domid % DOMAIN_NAMES_BUCKETS], link)
        if (entry->domid == domid)
            return entry;
    return NULL;
}

struct domain_name *
domain_names_add(struct domain_names *names, uint32_t domid)
{
    struct domain_name *entry = xcalloc(1, sizeof *entry);

    entry->domid = domid;
    entry->pass = names->pass;
    LIST_INSERT_HEAD(&names->buckets[domid % DOMAIN_NAMES_BUCKETS], entry, link);
    return entry;
}

/* text "": NULL.  Returns whether it is another one. */
static bool
domain_name_set_text(char **text, const char *to)
{
    if (to && !*to)
        to = NULL;
    if (*text && to ? strcmp(*text, to) == 0 : *text == to)
        return false;
    free(*text);
    *text = xstrdup(to);
    return true;
}

bool
domain_name_set(struct domain_name *entry, const char *name, bool is_pvh)
{
    bool is_new = domain_name_set_text(&entry->name, name) || entry->is_pvh != is_pvh;

    entry->is_pvh = is_pvh;
    return is_new;
}

bool
domain_name_set_tty(struct domain_name *entry, enum host_terminal terminal, const char *tty)
{
    return domain_name_set_text(&entry->ttys[terminal], tty);
}

void
domain_names_remove(struct domain_name *entry)
{
    LIST_REMOVE(entry, link);
    free(entry->name);
    for (size_t n = 0; n < array_size(entry->ttys); n++)
        free(entry->ttys[n]);
    free(entry);
}

void
domain_names_sweep(struct domain_names *names, void (*fn)(void *arg, uint32_t domid), void *arg)
{
    for (size_t n = 0; n < DOMAIN_NAMES_BUCKETS; n++) {
        struct domain_name *entry = LIST_FIRST(&names->buckets[n]), *next;

        for (; entry; entry = next) {
            next = LIST_NEXT(entry, link);
            if (entry->pass == names->pass)
                continue;
            if (fn)
                fn(arg, entry->domid);
            domain_names_remove(entry);
        }
    }
}

void
domain_names_clear(struct domain_names *names)
{
    names->pass++;
    domain_names_sweep(names, NULL, NULL);
}
