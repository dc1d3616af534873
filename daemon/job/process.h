/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * process.h: processes that may be no children of ours, by /proc.
 *
 * A pid is given again some day; with the time when its process was started it is not taken for the
 * old one.
 */
#ifndef DAEMON_JOB_PROCESS_H
#define DAEMON_JOB_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/** When it was started, in clock ticks since boot; 0: it has ended, or there is none. */
uint64_t process_started(pid_t pid);

/**
 * SIGKILL to the leader of a session and to all that it has started and that has not left the
 * session, also where the leader has gone already.  started is the leader's; 0: not known, then
 * only the process group goes.  Nothing, where pid is another process by now.
 */
void process_kill_session(pid_t pid, uint64_t started);

#endif
