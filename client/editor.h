/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * editor.h: text that the user changes with an editor of his own.
 */
#ifndef CLIENT_EDITOR_H
#define CLIENT_EDITOR_H

#include <stdbool.h>

#include "base/err.h"

/* A file of the text, until editor_forget.  All zero: there is none. */
struct editor {
    char *path;
};

/*
 * Put text into a file that only the user can read, and have $VISUAL or $EDITOR (vi) change it.
 * *changed_out is what it is then, the caller's to free, or NULL where it is as it was.
 */
int editor_run(struct editor *editor, const char *text, char **changed_out, struct err *err);

/* keep: the file stays, for the user's work is in it. */
void editor_forget(struct editor *editor, bool keep);

#endif
