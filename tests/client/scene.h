/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * scene.h: the real dom0ctl, run against a daemon that a test plays.
 *
 * scene_start runs dom0ctl on a private socket; scene_play serves it in this same thread until it
 * ends.  What every scene needs (the opening of a connection, a small host of three domains) is
 * answered by scene.c; the test's on_call comes first and answers what the test is about.
 */
#ifndef TESTS_CLIENT_SCENE_H
#define TESTS_CLIENT_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "wire/dom0d.h"
#include "wire/frame.h"
#include "wire/remote.h"

#define SCENE_CALLS_MAX 256

/* Added to the procedures of other programs than libvirt's. */
#define SCENE_DOM0D 10000
#define SCENE_KEEPALIVE 20000

struct scene;

/* A call arrived.  Returns whether the test dealt with it (or means to leave it unanswered). */
typedef bool scene_call_fn(struct scene *scene, const struct wire_header *call, const void *frame,
                           size_t size);

/* Nothing came for a twentieth of a second: time to do something unasked. */
typedef void scene_idle_fn(struct scene *scene);

struct scene_text {
    char  *text; /* ends with NUL */
    size_t size;
};

struct scene {
    /* set by the test between scene_init and scene_start */
    scene_call_fn *on_call;
    scene_idle_fn *on_idle;
    bool           terminal; /* dom0ctl's stderr is one, of that many columns: */
    unsigned short columns;
    bool           ignore_interrupt; /* dom0ctl starts with SIGINT ignored */
    bool           full_output;      /* its stdout takes nothing */
    const char    *input;            /* what stands on its stdin; NULL: nothing */
    const char    *patience;         /* DOM0CTL_RECONNECT; NULL: not set */
    int            number;           /* the test's own */
    uint32_t       serial;           /* the test's own */

    /* results, once scene_play returned */
    int               status; /* as wait gives it */
    struct scene_text out, err;
    int32_t           calls[SCENE_CALLS_MAX]; /* procedures in the order they came */
    size_t            n_calls;
    unsigned          n_conns; /* connections so far */

    /* private */
    char              dir[64], path[80];
    int               listener, conn, out_fd, err_fd;
    pid_t             child;
    struct scene_text in, held;
    bool              hold;
};

void scene_init(struct scene *scene);
void scene_clear(struct scene *scene);

/* The arguments behind "dom0ctl -s PATH", separated by blanks. */
void scene_start(struct scene *scene, const char *arguments);

/* Fails the test if dom0ctl does not end within ten seconds. */
void scene_play(struct scene *scene);

/* Both. */
void scene_run(struct scene *scene, const char *arguments);

/* dom0ctl's exit status; fails the test if a signal ended it. */
int scene_exit_status(const struct scene *scene);

/* How often a procedure was called. */
size_t scene_count(const struct scene *scene, int32_t procedure);

/*----- what a daemon says -----*/

void scene_send(struct scene *scene, const void *data, size_t size);

/* What is sent between the two arrives at once. */
void scene_hold(struct scene *scene);
void scene_release(struct scene *scene);
void scene_hang_up(struct scene *scene);   /* another connection is taken */
void scene_go(struct scene *scene);        /* and none is, and the socket is gone ... */
void scene_come_back(struct scene *scene); /* ... until now */
void scene_answer(struct scene *scene, const struct wire_header *call, xdrproc_t filter,
                  const void *body);
void scene_refuse(struct scene *scene, const struct wire_header *call, enum err_code code,
                  const char *message);

/* A lifecycle event of the domain "web". */
void scene_event(struct scene *scene, int event, int detail);

/* Signal dom0ctl. */
void scene_interrupt(struct scene *scene);

/* Decode the arguments of a call; the test fails where that cannot be done. */
void scene_decode(const void *frame, size_t size, xdrproc_t filter, void *args);

#define SCENE_ANSWER(scene, call, type, ...)                                                       \
    scene_answer(scene, call, (xdrproc_t)xdr_##type, &(type){__VA_ARGS__})
#define SCENE_DECODE(frame, size, type, args) scene_decode(frame, size, (xdrproc_t)xdr_##type, args)

/* The three domains of the host: "web", running, id 7; "db", paused, id 8; "old", not running. */
extern const unsigned char scene_uuid[16];
remote_nonnull_domain      scene_domain(int n);

#endif
