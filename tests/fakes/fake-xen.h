/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fake-xen.h: a Xen host in a file, and how it is to behave.
 *
 * The fakes stand at link time where libxl and libxenstore would (their asynchronous calls, queries
 * and events; types and JSON are the real libxl's).  The host is a table in a shared mapping of
 * $DOM0D_FAKE_DIR/world, so that a daemon and its workers, each linked with the fakes, see the same
 * domains, and a test changes it beside them.
 *
 * As the real libxl does, the fakes end the process (assert, abort) where they are called in a way
 * that libxl cannot bear: from inside a hook, without an ao_how, an abort before a stream's helper
 * runs, a context that is freed with a call under way.
 */
#ifndef TESTS_FAKES_FAKE_XEN_H
#define TESTS_FAKES_FAKE_XEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_DOMAINS_MAX 8192
#define FAKE_RULES_MAX 16
#define FAKE_PAGE 4096
#define FAKE_TERMINALS 5 /* Xen's console, and four serial ports */

/* How an asynchronous call ends. */
enum fake_when {
    FAKE_LATER,   /* from the loop */
    FAKE_AT_ONCE, /* its callback runs before the function returns 0 */
    FAKE_REFUSED, /* the function returns an error */
    FAKE_WHENS
};

/* What libxl_ao_abort does with it. */
enum fake_abort {
    FAKE_ABORT_INSIDE,  /* the callback runs before libxl_ao_abort returns */
    FAKE_ABORT_LATER,   /* from the loop */
    FAKE_ABORT_IGNORED, /* nobody was interested: it succeeds */
    FAKE_ABORTS
};

struct fake_rule {
    char     call[24]; /* "suspend"; "": free */
    unsigned nth;      /* the n-th call of it from here on, counted down to 1; 0: each */
    int      rc;       /* it fails with this; 0: it says that all is well */
    bool     half;     /* but does half of what it should */
};

struct fake_domain {
    bool     used;
    uint32_t domid;
    uint8_t  uuid[16];
    char     name[4096]; /* what xenstore takes; "": it has none yet */
    int      type;       /* LIBXL_DOMAIN_TYPE_* */
    bool     paused, shutdown, dying;
    int      reason;           /* LIBXL_SHUTDOWN_REASON_* */
    bool     frozen;           /* its kernel answers nothing */
    bool     asked_to_suspend; /* in xenstore, and it has not taken that up */
    bool     locked;           /* somebody holds the lock of its userdata */
    bool     has_backend;
    uint32_t target;    /* it is that domain's device model; 0: none's */
    int      model_pid; /* its device model; 0: it has none */
    uint64_t memory_kib;
    unsigned vcpus;
    uint64_t counter; /* its memory: what a save writes and a restore brings back */
    char     ttys[FAKE_TERMINALS][32]; /* "": none */
};

struct fake_world {
    bool               off;               /* this is no Xen host */
    bool               xenstore_broken;   /* the connections that are open do not answer any more */
    bool               xenstored_away;    /* nobody listens at its socket */
    bool               xenstored_stopped; /* whoever asks it waits until it goes on */
    bool               libxl_broken;      /* libxl gives up where a call under way would go on */
    uint32_t           last_domid;
    uint32_t           unlisted; /* a domain that xenstore does not list (yet); 0: none */
    uint64_t           memory_kib;
    uint64_t           dom0_target_kib; /* 0: none was set */
    uint64_t           dom0_gives_kib;  /* each time that it is looked at, down to its target */
    char               commandline[64]; /* Xen's */
    enum fake_when     when;
    enum fake_abort    abort;
    unsigned           delay_msec;  /* how long a call takes that ends later */
    bool               forks;       /* it waits for a child of libxl's instead, as for a script */
    unsigned           fail_at;     /* the n-th call of all from here on fails; 0: none */
    unsigned           calls;       /* since fake_xen_forget */
    char               blocked[24]; /* this asynchronous call does not return for now */
    struct fake_rule   rules[FAKE_RULES_MAX];
    char               log[4096];                 /* the asynchronous calls, "suspend destroy" */
    char               said[256];                 /* libxl's last error line */
    unsigned           ttys_set;                  /* how often a domain's tty was set */
    uint32_t           slots;                     /* of domains that were ever used */
    struct fake_domain domains[FAKE_DOMAINS_MAX]; /* in the order of their making */
};

/*----- for tests -----*/

/** A new host with nothing but dom0, in a folder of its own; $DOM0D_FAKE_DIR is set to it. */
struct fake_world *fake_xen_begin(void);
void               fake_xen_end(void);

/** The host of $DOM0D_FAKE_DIR, which is made if it is not there. */
struct fake_world *fake_world(void);

/** Forget the log, the rules, the counts. */
void fake_xen_forget(void);

/** The n-th (0: each) call from here on fails with rc, half done if half. */
void fake_xen_rule(const char *call, unsigned nth, int rc, bool half);

/** A running domain, as if xl had made it.  Its uuid is made of letter. */
struct fake_domain *fake_domain_add(const char *name, char letter);
struct fake_domain *fake_domain_find(uint32_t domid);
struct fake_domain *fake_domain_named(const char *name);

/** How many there are beside dom0. */
size_t fake_domain_count(void);

/** Its kernel stops; xenstore tells. */
void fake_domain_shuts_down(struct fake_domain *dom, int reason);
void fake_domain_goes(struct fake_domain *dom);
void fake_domain_rename(struct fake_domain *dom, const char *name);

/** A terminal of it has this pty from now on; xenstore tells. */
void fake_domain_set_tty(struct fake_domain *dom, unsigned terminal, const char *tty);

/** xenstore tells that domains came or went, to all processes. */
void fake_xen_changed(void);

/** xenstored is stopped, and goes on: what has changed meanwhile is told then. */
void fake_xenstored_stops(void);
void fake_xenstored_goes_on(void);

/** xenstored ends, and with it the connections that this process has. */
void fake_xenstored_goes(void);

/*----- for the fakes -----*/

/** Free the contexts that were left where they were. */
void fake_libxl_end(void);

void fake_lock(void);
void fake_unlock(void);

/** What libxl keeps with it goes. */
void fake_domain_forget(struct fake_domain *dom);

/** Waits while xenstored is stopped, or while the domain's lock is held. */
void fake_xenstored_await(void);
void fake_domain_await_lock(uint32_t domid);

/* What becomes of a call. */
struct fake_fate {
    int  rc;
    bool half;
};
struct fake_fate fake_call(const char *call, bool asynchronous);

/** A descriptor that is readable after fake_xen_changed. */
int  fake_changes_open(void);
bool fake_changes_drain(int fd);

/** $DOM0D_FAKE_DIR/WHAT-DOMID, the caller's to free. */
char *fake_path(const char *what, uint32_t domid);

/** A new domain in the table; NULL: it is full.  Call locked. */
struct fake_domain *fake_domain_new(void);

/*----- streams: small ones, of the shape of real ones -----*/

#define FAKE_STREAM_START 24 /* what libxl writes before its helper runs */

/** What comes behind the first FAKE_STREAM_START bytes, with *size_out; the caller's to free. */
void *fake_stream_body(uint64_t counter, bool emulator, size_t *size_out);
void  fake_stream_start(uint8_t start_out[FAKE_STREAM_START]);

/** The counter that a body holds.  Returns whether it is one. */
bool fake_stream_counter(const void *body, size_t size, uint64_t *counter_out);

#endif
