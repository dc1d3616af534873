/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * private.h: what the files of this folder know of each other.
 *
 *   consoles.c   all consoles: by guest, by name; what happens to guests
 *   console.c    one console: its pty, and who uses it
 *   record.c     what is left for the next daemon
 */
#ifndef DAEMON_CONSOLE_PRIVATE_H
#define DAEMON_CONSOLE_PRIVATE_H

#include "budget.h"
#include "consoles.h"
#include "eventloop/loop.h"
#include "ring.h"

#define CONSOLES_BUCKETS 1024u

struct console;
struct console_log;

struct console_user {
    struct console                *console;
    const struct console_user_ops *ops;
    void                          *arg;
    uint64_t                       at;      /* number of the next byte that it is told */
    uint64_t                       end;     /* of the last one and 1; UINT64_MAX: no such */
    bool                           blocked; /* output() did not take all */
    struct loop_defer              go_on;
    TAILQ_ENTRY(console_user) link; /* in console's listeners, unless it is the session */
};

enum console_state { CONSOLE_RUNS, CONSOLE_AWAITED, CONSOLE_ENDED };

struct console {
    struct consoles   *consoles;
    uint8_t            uuid[UUID_SIZE];
    char              *guest; /* its name */
    enum host_terminal terminal;

    enum console_state state;
    int                domid;    /* Runs */
    bool               is_kept;  /* read also while there is no session */
    bool               reboots;  /* it stops, to be started again */
    uint64_t           end_usec; /* Awaited: when it is not any more; 0: while a job is at it */
    struct loop_timer  gap;      /* Awaited */

    int               fd;  /* of the pty; -1: none */
    char             *tty; /* its path */
    struct loop_io    io;
    bool              hung_up;     /* its pty did, and xenstore has not told of another one */
    bool              wants_write; /* console_write did not take all */
    bool              paused;      /* its budget is spent: it is in consoles->paused */
    bool              complained;  /* that its pty cannot be opened was logged */
    struct loop_timer patience;    /* while the session's client does not read */
    bool              skips;       /* ... and that is over */

    struct console_budget budget;
    struct console_ring   ring;

    struct console_user *session; /* or NULL */
    TAILQ_HEAD(, console_user) listeners;

    LIST_ENTRY(console) link; /* of those whose UUIDs fall together */
    TAILQ_ENTRY(console) in_paused;
    TAILQ_ENTRY(console) in_ended; /* Ended */
};

LIST_HEAD(console_list, console);
TAILQ_HEAD(console_queue, console);

struct consoles {
    struct loop                 *loop;
    const struct console_limits *limits;
    const char                  *run_dir;
    const struct domains        *domains;
    struct console_log          *log; /* NULL: nothing is written to files */

    struct console_list   buckets[CONSOLES_BUCKETS];
    struct console_queue  paused;
    struct console_queue  ended; /* the oldest first */
    unsigned              n_ended;
    struct console_budget budget;
    struct loop_timer     tick; /* while any is paused */
};

/*----- consoles.c -----*/

struct console_list *consoles_bucket(struct consoles *consoles, const uint8_t uuid[UUID_SIZE]);

/** Is its output read, and kept, also while there is no session? */
bool consoles_keep(const struct consoles *consoles, const struct domain *dom);

/*----- record.c -----*/

/** What is kept, for the next daemon. */
void consoles_remember(const struct consoles *consoles);

/*----- console.c -----*/

/** Runs, and has no pty yet.  It is in its bucket. */
struct console *console_new(struct consoles *consoles, const struct domain *dom,
                            enum host_terminal terminal);

/** One that an earlier daemon has left: Ended, or Awaited until it is known that its guest runs.
 * What it said is Copied. */
void console_recall(struct consoles *consoles, const char *guest, const uint8_t uuid[UUID_SIZE],
                    enum host_terminal terminal, bool ended, const void *output, size_t size);

/** Another user: the session, if there is none yet, or one who listens.  He is told from the loop,
 * from number `at` on. */
struct console_user *console_add_user(struct console *console, bool is_session,
                                      const struct console_user_ops *ops, void *arg);

/** The session, if there is one, ends. */
void console_take_session(struct console *console, const struct err *err);

/** Its users are told that it ended. */
void console_free(struct console *console);

/** The guest runs, with this id. */
void console_begin(struct console *console, const struct domain *dom);

/** The guest does not run.  awaited: it is made anew at once, or until end_usec (0: while a job is
 * at it).  May free console: must be last. */
void console_stop(struct console *console, bool awaited, uint64_t end_usec);

/** Open the pty that xenstore tells of, if somebody is to read it and it is not open. */
int console_open_tty(struct console *console, struct err *err);

/** The same where nobody waits for it: a failure is logged, once. */
void console_try_tty(struct console *console);

/** xenstore has told anew of it. */
void console_tty_told(struct console *console);

/** Read again, if there is somebody to read for. */
void console_look_again(struct console *console);

/** It is not read any more, nor kept: nobody uses it and the guest runs. */
void console_free_if_idle(struct console *console);

#endif
