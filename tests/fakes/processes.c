/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "processes.h"

/* The beginning of /proc/PID/FILE; 0: it has gone. */
static size_t
read_proc(const char *pid, const char *file, char *data, size_t size)
{
    cleanup_free char *path = xasprintf("/proc/%s/%s", pid, file);
    FILE              *stream = fopen(path, "re");
    size_t             n = stream ? fread(data, 1, size - 1, stream) : 0;

    if (stream)
        fclose(stream);
    data[n] = '\0';
    return n;
}

static bool
has_argument(const char *pid, const char *argument)
{
    char        line[1024];
    size_t      size = read_proc(pid, "cmdline", line, sizeof line);
    const char *first = line + strlen(line) + 1;

    return first < line + size && strcmp(first, argument) == 0;
}

/* Returns its parent; -1: it does not run. */
static pid_t
parent_of(const char *pid)
{
    char        line[1024], state = 'Z';
    int         parent = -1;
    const char *end;

    (void)read_proc(pid, "stat", line, sizeof line);
    end = strrchr(line, ')'); /* of its name, which may hold anything */
    if (!end || sscanf(end, ") %c %d", &state, &parent) != 2 || state == 'Z')
        return -1;
    return parent;
}

static bool
is_child_of(const char *pid, pid_t parent)
{
    pid_t its_parent = parent_of(pid);

    return its_parent >= 0 && (parent < 0 || its_parent == parent);
}

bool
process_runs(pid_t pid)
{
    cleanup_free char *text = xasprintf("%d", (int)pid);

    return parent_of(text) >= 0;
}

pid_t
find_process(pid_t parent, const char *argument)
{
    DIR           *proc = opendir("/proc");
    struct dirent *entry;
    pid_t          found = -1;

    assert(proc);
    while ((entry = readdir(proc)))
        if (has_argument(entry->d_name, argument) && is_child_of(entry->d_name, parent))
            found = atoi(entry->d_name);
    closedir(proc);
    return found;
}
