/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DRIVER_LOG_JOURNAL_H
#define DRIVER_LOG_JOURNAL_H

/**
 * Log lines of this process go to where systemd reads them: to the journal, with the fields
 * DOM0D_DOMAIN, DOM0D_UUID, DOM0D_JOB and DOM0D_OPERATION, if stderr leads there; else to stderr
 * as they are (base/log.h).
 *
 * Nothing waits for journald: while it does not take lines they are dropped, and how many is said
 * before the next one that it takes.
 */
void log_to_journal(void);

/** The same to whoever has a datagram socket at path; for tests. */
void log_to_journal_at(const char *path);

#endif
