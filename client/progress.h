/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * progress.h: how far a long job is: a bar on a terminal, elsewhere a line now and then.
 */
#ifndef CLIENT_PROGRESS_H
#define CLIENT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum progress_state {
    PROGRESS_RUNNING,
    PROGRESS_QUEUED,
    PROGRESS_ABORTING,
    PROGRESS_AWAY, /* there is no daemon to ask */
};

struct progress {
    FILE               *out;
    bool                terminal;
    bool                drawn; /* the bar stands on the cursor's line */
    char               *label; /* "save web", safe to print */
    enum progress_state state;
    uint64_t            started_usec;
    uint64_t            measured_usec; /* since when the rate is measured; 0: never yet */
    uint64_t            updated_usec;  /* 0: never */
    uint64_t            line_due_usec; /* when the next line is due, off a terminal */
    uint64_t            done, total;   /* bytes; total 0: not known */
    double              rate;          /* bytes a second, the last seconds counting more */
};

void progress_init(struct progress *progress, FILE *out, const char *label, uint64_t now_usec);
void progress_update(struct progress *progress, enum progress_state state, uint64_t done,
                     uint64_t total, uint64_t now_usec);

/* How far it is is not known just now. */
void progress_set_state(struct progress *progress, enum progress_state state);

/* Draw the bar, or print a line if it is time for one. */
void progress_show(struct progress *progress, uint64_t now_usec);

/* Print a line of its own, above the bar. */
void progress_say(struct progress *progress, const char *line);

/* Erase the bar and free what is held. */
void progress_clear(struct progress *progress);

/* The text of the bar, as wide as columns at most; the caller frees it. */
char *progress_bar(const struct progress *progress, unsigned columns, uint64_t now_usec);

/* The text of the line. */
char *progress_line(const struct progress *progress, uint64_t now_usec);

#endif
