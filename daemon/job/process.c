/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process.c: see process.h. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"

struct process {
    pid_t    session;
    uint64_t started; /* 0: there is no such process */
};

static struct process
process_read(pid_t pid)
{
    unsigned long long started = 0;
    int                session = 0;
    char               letter;
    char               path[32], line[1024] = "";
    const char        *state;
    FILE              *file;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (!file)
        return (struct process){.started = 0};
    (void)!fgets(line, sizeof line, file);
    fclose(file);
    /* The second field is a name in parentheses, with anything in it; these are the 6th, 22nd. */
    state = strrchr(line, ')');
    if (!state || sscanf(state + 1,
                         " %c %*s %*s %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                         "%*s %llu",
                         &letter, &session, &started) != 3)
        return (struct process){.started = 0};
    if (letter == 'Z' || letter == 'X')
        return (struct process){.started = 0};
    return (struct process){.session = (pid_t)session, .started = started};
}

uint64_t
process_started(pid_t pid)
{
    return process_read(pid).started;
}

/* Those too that have a process group of their own.  Nobody is in it who is older than its leader.
 */
static void
process_kill_members(pid_t session, uint64_t since)
{
    DIR                 *folder = opendir("/proc");
    const struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        pid_t          pid = (pid_t)atoi(entry->d_name);
        struct process process = {.started = 0};

        if (pid > 1)
            process = process_read(pid);
        if (process.started >= since && process.session == session)
            kill(pid, SIGKILL);
    }
    if (folder)
        closedir(folder);
}

void
process_kill_session(pid_t pid, uint64_t started)
{
    uint64_t present;

    if (pid <= 1)
        return;
    present = process_started(pid);
    if (started && present && present != started)
        return;
    /* The number of a group that has members is not given to anybody else. */
    kill(-pid, SIGKILL);
    if (present)
        kill(pid, SIGKILL);
    if (started)
        process_kill_members(pid, started);
}
