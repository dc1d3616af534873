/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "eventloop/work.h"
#include "loop-private.h"

/* The thread is nicer than the loop by so much: where both want one processor, the loop's calls
 * take fractions of a millisecond, and the scheduler's slice for a piece is longer than that. */
#define WORK_NICER 10

struct work_piece {
    uint64_t      whose;
    uint64_t      round; /* an owner has one piece in each */
    loop_fn      *run;
    loop_work_fn *done;
    void         *arg;
    TAILQ_ENTRY(work_piece) link;
};

TAILQ_HEAD(work_list, work_piece);

struct loop_workshop {
    struct loop      *loop;
    struct work_list  here; /* what the loop does itself */
    struct loop_defer turn; /* active while there is such */

    bool           started;
    pthread_t      thread;
    int            told; /* an eventfd: something is finished */
    struct loop_io io;

    /* What both threads see. */
    pthread_mutex_t  lock;
    pthread_cond_t   changed;
    struct work_list waiting; /* in order of their rounds */
    struct work_list finished;
    uint64_t         round; /* of the piece that was begun last */
    bool             ending;
};

/*----- the thread -----*/

/* In Linux a thread has a nice value of its own. */
static void
work_give_precedence(void)
{
    (void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + WORK_NICER);
}

/* NULL: the end has come.  With the lock. */
static struct work_piece *
work_await(struct loop_workshop *shop)
{
    struct work_piece *piece;

    while (!shop->ending && TAILQ_EMPTY(&shop->waiting))
        pthread_cond_wait(&shop->changed, &shop->lock);
    if (shop->ending)
        return NULL;
    piece = TAILQ_FIRST(&shop->waiting);
    TAILQ_REMOVE(&shop->waiting, piece, link);
    shop->round = piece->round;
    return piece;
}

static void *
work_thread(void *arg)
{
    struct loop_workshop *shop = arg;
    struct work_piece    *piece;

    work_give_precedence();
    pthread_mutex_lock(&shop->lock);
    while ((piece = work_await(shop))) {
        pthread_mutex_unlock(&shop->lock);
        piece->run(piece->arg);
        pthread_mutex_lock(&shop->lock);
        TAILQ_INSERT_TAIL(&shop->finished, piece, link);
        eventfd_write(shop->told, 1);
    }
    pthread_mutex_unlock(&shop->lock);
    return NULL;
}

/*----- the loop -----*/

static void
work_answer(struct work_list *list, bool ended)
{
    struct work_piece *piece;

    while ((piece = TAILQ_FIRST(list))) {
        loop_work_fn *done = piece->done;
        void         *arg = piece->arg;

        TAILQ_REMOVE(list, piece, link);
        free(piece);
        done(arg, ended);
    }
}

static void
work_finished(void *arg)
{
    struct loop_workshop *shop = arg;
    struct work_list      finished = TAILQ_HEAD_INITIALIZER(finished);
    eventfd_t             count;

    pthread_mutex_lock(&shop->lock);
    (void)eventfd_read(shop->told, &count);
    TAILQ_CONCAT(&finished, &shop->finished, link);
    pthread_mutex_unlock(&shop->lock);
    work_answer(&finished, true);
}

static void
work_turn(void *arg)
{
    struct loop_workshop *shop = arg;
    struct work_list      now = TAILQ_HEAD_INITIALIZER(now);
    struct work_piece    *piece;

    TAILQ_CONCAT(&now, &shop->here, link);
    TAILQ_FOREACH (piece, &now, link)
        piece->run(piece->arg);
    work_answer(&now, true);
}

static struct loop_workshop *
workshop_of(struct loop *loop)
{
    struct loop_workshop *shop = loop->workshop;

    if (shop)
        return shop;
    shop = loop->workshop = xcalloc(1, sizeof *shop);
    shop->loop = loop;
    shop->told = -1;
    TAILQ_INIT(&shop->here);
    TAILQ_INIT(&shop->waiting);
    TAILQ_INIT(&shop->finished);
    pthread_mutex_init(&shop->lock, NULL);
    pthread_cond_init(&shop->changed, NULL);
    loop_defer_init(&shop->turn, loop, work_turn, shop);
    loop_io_init(&shop->io, loop, work_finished, shop);
    return shop;
}

/* Signals are the loop's. */
static bool
workshop_start_thread(struct loop_workshop *shop)
{
    sigset_t all, before;
    int      r;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r = pthread_create(&shop->thread, NULL, work_thread, shop);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r == 0;
}

/* Returns whether there is a thread. */
static bool
workshop_start(struct loop_workshop *shop)
{
    struct err err;

    if (shop->started)
        return true;
    shop->told = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (shop->told < 0)
        return false;
    shop->started =
        loop_io_start(&shop->io, shop->told, true, false, &err) == 0 && workshop_start_thread(shop);
    if (!shop->started) {
        loop_io_stop(&shop->io);
        close(take_fd(shop->told));
    }
    return shop->started;
}

/* In the round after its owner's last one, or after the one that was begun last.  With the lock. */
static void
work_queue(struct loop_workshop *shop, struct work_piece *piece)
{
    struct work_piece *before;

    piece->round = shop->round + 1;
    TAILQ_FOREACH (before, &shop->waiting, link)
        if (before->whose == piece->whose)
            piece->round = before->round + 1;
    TAILQ_FOREACH_REVERSE(before, &shop->waiting, work_list, link)
    if (before->round <= piece->round)
        break;
    if (before)
        TAILQ_INSERT_AFTER(&shop->waiting, before, piece, link);
    else
        TAILQ_INSERT_HEAD(&shop->waiting, piece, link);
}

void
loop_work(struct loop *loop, uint64_t whose, bool is_long, loop_fn *run, loop_work_fn *done,
          void *arg)
{
    struct loop_workshop *shop = workshop_of(loop);
    struct work_piece    *piece = xcalloc(1, sizeof *piece);

    *piece = (struct work_piece){.whose = whose, .run = run, .done = done, .arg = arg};
    if (!is_long || !workshop_start(shop)) {
        TAILQ_INSERT_TAIL(&shop->here, piece, link);
        loop_defer_start(&shop->turn);
        return;
    }
    pthread_mutex_lock(&shop->lock);
    work_queue(shop, piece);
    pthread_cond_signal(&shop->changed);
    pthread_mutex_unlock(&shop->lock);
}

static void
workshop_end_thread(struct loop_workshop *shop)
{
    pthread_mutex_lock(&shop->lock);
    shop->ending = true;
    pthread_cond_signal(&shop->changed);
    pthread_mutex_unlock(&shop->lock);
    pthread_join(shop->thread, NULL);
    loop_io_stop(&shop->io);
    close(take_fd(shop->told));
}

void
loop_end_work(struct loop *loop)
{
    struct loop_workshop *shop = loop->workshop;

    if (!shop)
        return;
    if (shop->started)
        workshop_end_thread(shop);
    loop_defer_stop(&shop->turn);
    work_answer(&shop->finished, false);
    work_answer(&shop->waiting, false);
    work_answer(&shop->here, false);
    loop->workshop = NULL;
    pthread_cond_destroy(&shop->changed);
    pthread_mutex_destroy(&shop->lock);
    free(shop);
}
