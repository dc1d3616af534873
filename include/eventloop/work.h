/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * work.h: work that would hold the loop up: it is done by a thread beside the loop.
 *
 * The thread does one piece at a time.  Those of one owner are done in their order, those of
 * several owners in turns: whoever has much to be done holds up nobody else for longer than a piece
 * for each owner.  It is started by the first piece; where it cannot be, the loop does the work.
 * Its nice value is above the loop's: where both want a processor the loop has it.
 *
 * All functions are for the loop's own thread.
 */
#ifndef EVENTLOOP_WORK_H
#define EVENTLOOP_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "loop.h"

/**
 * ended: the work was done; else the loop's work was ended before (loop_end_work), and who waits
 * for it is to be told so.
 */
typedef void loop_work_fn(void *arg, bool ended);

/**
 * Have run(arg) called, and done(arg), from the loop, when it has returned.
 *
 * is_long: by the thread.  run may then use nothing that the loop's thread may change before done:
 * what arg holds, and what does not change.  It must not log, start processes, or touch the loop.
 * Else the loop calls both in its next turn.
 *
 * whose: any number for the owner of the work, who has his turns.
 */
void loop_work(struct loop *loop, uint64_t whose, bool is_long, loop_fn *run, loop_work_fn *done,
               void *arg);

/**
 * All work is answered, in the order in which it was begun or asked for: not ended.  Waits for the
 * piece that is under way.  To be called before loop_free where there was work; done must not ask
 * for more.
 */
void loop_end_work(struct loop *loop);

#endif
