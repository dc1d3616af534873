/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * editor.h: text that the user changes with an editor of his own.
 */
#ifndef CLIENT_EDITOR_H
#define CLIENT_EDITOR_H

#include <stdbool.h>

#include "base/err.h"

struct client;

/* A file of the text, until editor_end.  All zero: there is none. */
struct editor {
    char *path;
};

/*
 * Put text into a file that only the user can read, for it may hold passwords, and have $VISUAL or
 * $EDITOR (vi) change it.  *changed_out is what it is then, the caller's to free, or NULL where it
 * is as it was.
 *
 * The user takes his time, in which the daemon would miss our answers and hang up: the client is
 * connected anew.
 */
int editor_run(struct editor *editor, struct client *client, const char *text, char **changed_out,
               struct err *err);

/* r: how it went, which is returned.  If it is below 0 the file, if there is one, stays, for the
 * user's work is in it, and err says where. */
int editor_end(struct editor *editor, int r, struct err *err);

#endif
