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

static bool
is_same_name(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool
domain_name_set(struct domain_name *entry, const char *name, bool is_pvh)
{
    if (name && !*name)
        name = NULL;
    if (is_same_name(entry->name, name) && entry->is_pvh == is_pvh)
        return false;
    free(entry->name);
    entry->name = xstrdup(name);
    entry->is_pvh = is_pvh;
    return true;
}

void
domain_names_remove(struct domain_name *entry)
{
    LIST_REMOVE(entry, link);
    free(entry->name);
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
