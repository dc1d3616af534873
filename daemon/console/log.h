/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * log.h: what consoles say, into files.
 *
 * The files are a process's, the writer (driver/writer.c): a disk that does not answer would hold
 * up whoever writes, be it the loop or the thread beside it, which others wait for.  What the
 * writer does not take in time is dropped, and said so in the daemon's log.
 */
#ifndef DAEMON_CONSOLE_LOG_H
#define DAEMON_CONSOLE_LOG_H

#include <stddef.h>

#include "base/uuid.h"
#include "driver/host.h"
#include "limits.h"

struct console_log;
struct loop;

/** limits, whose log_dir is not "", and worker_path must outlive it. */
struct console_log *console_log_new(struct loop *loop, const struct console_limits *limits,
                                    const char *worker_path);

/** What the writer was given it still writes.  NULL is fine. */
void console_log_free(struct console_log *log);

/** Into LOG_DIR/GUEST.ALIAS.log, where GUEST is its UUID if its name does not do for a file.  log
 * NULL: nothing is written. */
void console_log_add(struct console_log *log, const char *guest, const uint8_t uuid[UUID_SIZE],
                     enum host_terminal terminal, const void *data, size_t size);

#endif
