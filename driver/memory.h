/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memory.h: room for the domain that is to be built; and where Xen has not enough, and the
 * configuration lets it, dom0 gives what lacks (xl calls that autoballoon).
 *
 *   Idle --memory_ask--> Asking --done, from the loop--> Held --memory_give_back--> Idle
 *
 * Where dom0 may give, the workers of a host tell each other what they are about to fill, by a file
 * each: so none takes what another one has had freed, and none waits for another one's build.
 */
#ifndef DRIVER_MEMORY_H
#define DRIVER_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/uuid.h"
#include "eventloop/loop.h"
#include "xl.h"

/* What the configuration says; Borrowed by who is told. */
struct memory_rules {
    const char *autoballoon;  /* "on", "off", "auto": on unless Xen was told how much dom0 gets */
    uint64_t    dom0_min_kib; /* dom0 keeps so much */
    char       *promise;      /* this worker's file in the folder of all of them */
};

/* err NULL: there is room. */
typedef void memory_fn(void *arg, const struct err *err);

struct memory {
    struct xl                 *xl;
    const struct memory_rules *rules;
    const char                *name; /* of the domain, for errors */
    const uint8_t             *uuid;
    libxl_domain_config       *config;
    uint64_t                   need_kib; /* 0: not known yet */
    memory_fn                 *done;     /* NULL: not Asking */
    void                      *arg;

    struct loop_timer look;
    bool              promised; /* the others were told, or could not be */
    int               promise;  /* the file, locked while its worker lives; -1: none */
    uint64_t          lowered_kib, dom0_kib;
    uint64_t          begun_usec, progress_usec;
};

void memory_init(struct memory *m, struct xl *xl, const struct memory_rules *rules);

/**
 * Ask for room for the domain of this configuration.  name, uuid and config are Borrowed until
 * memory_give_back.  dom0 has 10 s for each bit that it gives, and five minutes for all.
 */
void memory_ask(struct memory *m, const char *name, const uint8_t *uuid,
                libxl_domain_config *config, memory_fn *done, void *arg);

static inline bool
memory_is_asking(const struct memory *m)
{
    return m->done;
}

/** The domain has its memory, or will not be.  While Asking: done does not come, and dom0 keeps
 * what it had. */
void memory_give_back(struct memory *m);

#endif
