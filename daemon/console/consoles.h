/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * consoles.h: the consoles of guests: who has them open, and what they said last.
 *
 *            +--------- the guest runs on: rebooted, restored ---------+
 *            v                                                         |
 *   --> Runs (has a pty, as a rule) --it reboots, is saved--> Awaited --nobody makes it anew--+
 *            |                                                                                v
 *            +--it has gone for good-------------------------------------------------------> Ended
 *
 * A console belongs to the guest, by its UUID, and not to a run of it: a session goes on where the
 * guest goes on, with another id and another pty, if that is within CONSOLE_GAP_USEC.  What a
 * client sends meanwhile nobody is there to read, and it is dropped.
 *
 * Those of guests of dom0d are read from their first pty on, and the last `kept` bytes are kept:
 * who opens one is sent these first.  Of guests of others, and where nothing is to be kept, a pty
 * is open only while a session has it: two readers of a pty would each get a part.
 *
 * What it may cost.  A pty is not read while the session's client does not read, until that has
 * been so for CONSOLE_PATIENCE_USEC; then, if the output is kept or goes to a file, it is read on
 * and the client loses what is not kept when it comes back.  (What is not read is not lost at once:
 * xenconsoled keeps the newest MiB of it.)  And each console may be read at CONSOLE_RATE, all of
 * them at CONSOLES_RATE (budget.h).
 *
 * Nothing here knows of streams and clients: who uses a console is told by its operations.
 */
#ifndef DAEMON_CONSOLE_CONSOLES_H
#define DAEMON_CONSOLE_CONSOLES_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/table.h"
#include "driver/host.h"
#include "limits.h"

struct console_user;
struct consoles;

/* How long a session waits for a guest that reboots, or was saved, to run again. */
#define CONSOLE_GAP_USEC 60000000u

/* How long the output waits for a client that does not read. */
#define CONSOLE_PATIENCE_USEC 10000000u

/* Of guests that have ended for good: so many consoles' last words are kept, the newest. */
#define CONSOLES_ENDED_MAX 64

/** limits, domains and what run_dir and worker_path point to must outlive it. */
struct consoles *consoles_new(struct loop *loop, const struct console_limits *limits,
                              const char *run_dir, const char *worker_path,
                              const struct domains *domains);

/** No console is in use any more; what is kept is left for the next daemon.  NULL is fine. */
void consoles_free(struct consoles *consoles);

/** What an earlier daemon has left.  Before the table is filled. */
void consoles_recall(struct consoles *consoles);

/*----- what the table of domains tells -----*/

/** The domain has an id, or it is known whose it is. */
void consoles_domain_identified(struct consoles *consoles, const struct domain *dom);

/** xenstore says anew what pty a terminal of it has. */
void consoles_terminal_told(struct consoles *consoles, const struct domain *dom,
                            enum host_terminal terminal);

/** It stops, to be started again. */
void consoles_domain_reboots(struct consoles *consoles, const struct domain *dom);

/** It had this id and does not run any more; detail: as for STOPPED, -1: not known. */
void consoles_domain_gone(struct consoles *consoles, const struct domain *dom, int domid,
                          int detail);

/*----- names -----*/

/** "console0", "serial0", ... */
const char *console_alias(enum host_terminal terminal);

/** The reverse.  Returns 0, or -1 where no guest has a console of this name. */
int console_find_alias(const char *alias, enum host_terminal *terminal_out);

/*----- use -----*/

/* Called from the loop, and from console_open, console_close and console_write of other users. */
struct console_user_ops {
    /** Bytes of the guest, borrowed.  Returns how many were taken; if not all, the rest comes after
     * console_resume.  Must not close the user. */
    size_t (*output)(void *arg, const void *data, size_t size);

    /** console_write takes something again.  NULL for who only listens. */
    void (*writable)(void *arg);

    /** The user is not there any more: err says why, or NULL: the guest has gone for good, or all
     * that was to be heard was; and output() has taken it. */
    void (*ended)(void *arg, const struct err *err);
};

/**
 * A session: to read and to write.  Its first output is what is kept, from the loop.  ops must
 * outlive it.
 *
 * force: a session that has the console ends, with an error; without it ERR_OPERATION_FAILED says
 * that there is one.  Err: ERR_OPERATION_INVALID where the domain does not run, ERR_INVALID_ARG
 * where it has no such console (as far as xenstore has told), and those of the pty.
 */
struct console_user *console_open(struct consoles *consoles, const struct domain *dom,
                                  enum host_terminal terminal, bool force,
                                  const struct console_user_ops *ops, void *arg, struct err *err);

/**
 * Listen to what is kept of a console's output, and, if follow, to what comes then; it never waits
 * for a listener: who is slow loses the oldest.
 *
 * guest: a name or a UUID, also of a guest that has ended.  alias NULL: the one that has
 * something to say, a serial port first.  Err: ERR_NO_DOMAIN, ERR_INVALID_ARG, or
 * ERR_OPERATION_INVALID where nothing is kept of it.
 */
struct console_user *console_listen(struct consoles *consoles, const char *guest, const char *alias,
                                    bool follow, const struct console_user_ops *ops, void *arg,
                                    struct err *err);

/** Nobody is told any more.  NULL is fine. */
void console_close(struct console_user *user);

/** Returns how many bytes were taken; if not all, writable() is called.  What cannot come to the
 * guest because that does not run is taken and dropped. */
size_t console_write(struct console_user *user, const void *data, size_t size);

/** output() can take something again: it is called from the loop. */
void console_resume(struct console_user *user);

#endif
