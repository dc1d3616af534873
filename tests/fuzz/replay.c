/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * replay-X [FILE]...: feeds inputs to the fuzz target X without libFuzzer.  With no FILE, all of
 * its corpus, $top_srcdir/tests/fuzz/corpus/X.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "fuzz.h"

#define INPUT_MAX (64u << 20)

static void
replay_file(const char *path)
{
    cleanup_free char *data = NULL;
    cleanup_free void *exact = NULL;
    struct err         err;
    size_t             size;

    if (file_read(path, INPUT_MAX, &data, &size, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    fprintf(stderr, "%s\n", path); /* the last one named is the one that ends it */
    /* Without file_read's NUL behind it, so that a byte too far is seen. */
    exact = xmemdup(data, size);
    LLVMFuzzerTestOneInput(exact, size);
}

static int
no_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* In order of name.  Returns how many. */
static int
replay_folder(const char *folder)
{
    struct dirent **entries = NULL;
    int             n = scandir(folder, &entries, no_hidden, alphasort);

    if (n < 0)
        fprintf(stderr, "cannot read %s: %s\n", folder, strerrordesc_np(errno));
    for (int i = 0; i < n; i++) {
        cleanup_free char *path = xasprintf("%s/%s", folder, entries[i]->d_name);

        free(entries[i]);
        replay_file(path);
    }
    free(entries);
    return n;
}

int
main(int argc, char **argv)
{
    const char        *source = getenv("top_srcdir");
    const char        *target = strstr(argv[0], "replay-");
    cleanup_free char *folder = NULL;

    for (int i = 1; i < argc; i++)
        replay_file(argv[i]);
    if (argc > 1)
        return 0;
    folder = xasprintf("%s/tests/fuzz/corpus/%s", source ? source : ".",
                       target ? target + strlen("replay-") : "");
    return replay_folder(folder) > 0 ? 0 : 1;
}
