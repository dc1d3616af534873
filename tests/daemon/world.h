/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * world.h: a host, workers, clients and listeners in memory, for tests of the daemon's domain
 * half.  They stand at link time where driver/, job/pool.c, rpc/request.c and rpc/events.c would.
 */
#ifndef TESTS_DAEMON_WORLD_H
#define TESTS_DAEMON_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "driver/host.h"
#include "job/pool.h"

struct daemon;
struct request;

/** A fresh world with dom0 in it; its daemon has started. */
struct daemon *world_new(void);
void           world_free(struct daemon *daemon);

/** Only the daemon goes, and another one comes: the world stays as it is. */
void           world_stop(struct daemon *daemon);
struct daemon *world_start(void);

/** Let everything happen that is due. */
void world_turn(void);

/*----- Xen -----*/

/** Its UUID is made of letter; name NULL: none in xenstore. */
struct host_dominfo *world_domain(uint32_t domid, char letter, const char *name);
struct host_dominfo *world_find(uint32_t domid);
void                 world_domain_goes(uint32_t domid);

/** Its name in xenstore, of which the daemon does not hear. */
void world_rename(uint32_t domid, const char *name);

/** Of this it hears, by the watch on the name. */
void world_renamed(uint32_t domid, const char *name);

/** Its kernel stops.  The daemon hears of it. */
void world_domain_shuts_down(uint32_t domid, enum host_shutdown reason);

/** Its device model lives, or has ended so long ago; the table is looked at again. */
void world_model(uint32_t domid, bool lives, uint64_t ended_usec);

/** xenstore's watch fires. */
void world_changed(void);

/** The same, and the loop has not turned yet. */
void world_tells_changed(void);

/** What dom0d left with a domain when it started it. */
void world_keep_xml(uint32_t domid, const char *xml);

/** How the next requests (pause, ...) end. */
void world_requests_fail(enum err_code code);

/*----- workers -----*/

#define WORLD_PAUSED 1u /* the new domain is to be left paused */

/* The task that was given last and has not ended; operation 0: none. */
struct world_task {
    worker_operation operation;
    uint64_t         job;
    char            *name, *path, *xml; /* "" where the task has none; of an import the image */
    int              domid;
    unsigned         flags; /* WORKER_UNDO, WORLD_PAUSED */
    unsigned         more;  /* WORKER_SAVE_, WORKER_RESTORE_ */
};
extern struct world_task world_task;
extern bool              world_aborted, world_killed, world_proceeds, world_refused;

/* Whose files a worker beside that of world_task removes; "": none is at it. */
extern char     world_cleans[64];
extern unsigned world_cleans_flags;
void            world_cleaner_ends(void);

/* A worker was told that what it had done was dealt with. */
extern bool world_dismissed;

/* No process can be made; there is no room for a task's record. */
extern bool world_no_workers, world_no_records;

/** The task's worker is found by the next daemon; else that finds only its record. */
void world_worker_lives_on(void);

/** Until world_stop: the daemon is killed before it can remove the record of a task that ended. */
void world_records_stay(void);

void world_worker_progress(uint64_t processed, uint64_t total);
void world_worker_commits(void);
void world_worker_identifies(const char *xml);

/** It ends well; what its operation does to Xen is done: a domain made, or gone. */
void world_worker_succeeds(void);
void world_worker_fails(enum err_code code, const char *message);
void world_worker_leaves_domain(const char *message);

/** A guest that is soft reset from here on stops at once again; NONE: it does not. */
void world_resets_to(enum host_shutdown reason);
void world_worker_dies(void);

/** Another worker than that of world_task changes files. */
extern bool world_files;
void        world_filer_succeeds(void);

/** What a worker that changes files has done of it, before it succeeds or dies: so many changes. */
void world_worker_changes_files(unsigned count);

/** The path of a file in the daemon's config_dir, until the next call. */
const char *world_path(const char *name);

/** For the daemons that start from here on; 0: the default. */
extern unsigned world_max_definitions;

/*----- clients -----*/

/** For what a call is answered, where the test wants to see it; NULL: nobody does. */
extern void (*world_keeps)(const char *procedure, const void *ret);

struct request *world_request(void);

/** A call of program REMOTE with a request of its own: args are those of the procedure. */
void        world_call(int procedure, const void *args);
void        world_call_dom0d(int procedure, const void *args); /* the same of program DOM0D */
void        world_client_goes(struct request *req);
extern bool world_read_only; /* the client that asks may only ask */

/** For job_wait: world_waited is what it is answered. */
struct request   *world_waiter(void);
extern struct err world_waited;

/* How the last answered request ended: ERR_NONE or its error; n counts answers. */
extern struct err world_answer;
extern int        world_answers;

/*----- listeners -----*/

/* What the last domain_get_messages was answered, a line each. */
extern char world_messages[1024];

/* What the last call for XML or the like was answered; "": an error. */
extern char world_text[8192];

/* "STARTED web 1 0;" for each event: word, name, domid, detail. */
extern char world_events[1024];

/* The daemon that started last has said that its clients come back. */
extern bool world_events_kept;

/** A definition with this name and the UUID of letter; extra goes into <domain>. */
const char *world_xml(const char *name, char letter, const char *extra);

#endif
